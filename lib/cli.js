#!/usr/bin/env node
try {
  require("./register-typescript");
} catch {
  process.stderr.write("runbook: the project's packages are not installed, or not whole: run npm ci in its folder.\n");
  process.exit(2);
}
require("./cli.ts").main(process.argv.slice(2));
