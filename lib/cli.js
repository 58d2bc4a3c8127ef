#!/usr/bin/env node
// an older Node cannot load packages that are modules, and would say so in a stack trace
var version = process.versions.node.split(".").map(Number);
if (
  version[0] < 20 ||
  (version[0] === 20 && version[1] < 19) ||
  version[0] === 21 ||
  (version[0] === 22 && version[1] < 12)
) {
  process.stderr.write(
    "runbook: this is Node " +
      process.versions.node +
      ", and the runbook needs 20.19, 22.12 or newer: install one from https://nodejs.org.\n",
  );
  process.exit(2);
}
try {
  require("./register-typescript");
} catch {
  process.stderr.write("runbook: the project's packages are not installed, or not whole: run npm ci in its folder.\n");
  process.exit(2);
}
require("./cli.ts").main(process.argv.slice(2));
