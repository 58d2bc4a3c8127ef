#!/usr/bin/env node
require("./register-typescript");
require("./cli.ts").main(process.argv.slice(2));
