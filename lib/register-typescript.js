// Lets Node run this folder's TypeScript as it stands; types are checked by the tests, not at every start.
// Where Node can, it keeps what it compiled of packages too.
require("node:module").enableCompileCache?.(
  require("node:path").join(__dirname, "..", "node_modules", ".cache", "runbook", "compile"),
);

const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

if (!process[Symbol.for("ts-node.register.instance")]) {
  const service = require("ts-node").register({
    transpileOnly: true,
    skipProject: true,
    compilerOptions: { target: "ES2022", module: "CommonJS", esModuleInterop: true },
  });
  const compile = service.compile;
  service.compile = (code, file) =>
    kept(createHash("sha256").update(`${service.ts.version}\0${file}\0${code}`).digest("hex"), () =>
      compile(code, file),
    );
}

/** What was translated before is not translated again: nine tenths of a start went into it. ts-node has kept nothing since its version 8. */
function kept(name, translate) {
  const folder = join(__dirname, "..", "node_modules", ".cache", "runbook");
  const path = join(folder, `${name}.js`);
  try {
    return readFileSync(path, "utf8");
  } catch {
    // not there yet
  }
  const translated = translate();
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, translated);
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // a folder that cannot be written to costs time, and nothing else
  }
  return translated;
}
