"use strict";
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

let given = false;

/** What a cell is told that could not load something: what `runbook doctor` finds on this machine. Once in a process's life. */
exports.firstAid = function firstAid() {
  if (given) return "";
  given = true;
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, "cli.js"), "doctor", "--offline"], {
    cwd: join(__dirname, ".."),
    encoding: "utf8",
    timeout: 60_000,
  });
  const found = `${stdout ?? ""}${stderr ?? ""}`
    .split("\n")
    .filter((line) => !line.startsWith("✓"))
    .join("\n")
    .trim();
  return `Something could not be loaded. npx runbook doctor says:\n\n${found || "nothing"}\n`;
};
