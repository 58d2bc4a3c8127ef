"use strict";
// Loaded into the kernel's process before tslab, by the headless runner alone.
const { Publisher, Router, Socket } = require(require.resolve("zeromq", { paths: [require.resolve("tslab/package.json")] }));

// tslab does not wait for one send before the next. After 512 of them in one tick zeromq makes it wait, refuses all further
// ones, and the cell's answer is lost with them. A socket that never waits has no such limit, and without a high water mark it has room.
for (const kind of [Publisher, Router]) {
  Object.defineProperty(kind.prototype, "bind", {
    value(address) {
      Object.assign(this, { sendTimeout: 0, sendHighWaterMark: 0 });
      return Socket.prototype.bind.call(this, address);
    },
  });
}

// A runner that is gone, however it went, takes its kernel with it.
process.on("disconnect", () => process.exit());
process.channel?.unref();
