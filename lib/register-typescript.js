// Lets Node run this folder's TypeScript as it stands; types are checked by the tests, not at every start.
// Where Node can, it keeps what it compiled of packages too.
require("node:module").enableCompileCache?.(
  require("node:path").join(__dirname, "..", "node_modules", ".cache", "runbook", "compile"),
);

// PostgreSQL's grammar is WebAssembly. To make its code fast V8 works for 0.7 s beside us, in every process; as it is
// first compiled it reads 30 statements in a millisecond, and what was saved by more speed would need 40,000 of them.
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) require("node:v8").setFlagsFromString(flag);

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { digestOf, writeWhole } = require("./disk-cache");

// Types are stripped and imports made requires, and nothing else is changed: each line stays where it was. TypeScript
// itself would take seven times as long for it.
const options = { transforms: ["typescript", "imports"], disableESTransforms: true };
const { version } = require("sucrase/package.json");
const registered = Symbol.for("runbook.register-typescript");
const checksum = "\n//# sha256=";

// sucrase is loaded for what was not translated before, and for nothing else.
const translate = (code, filePath) => require("sucrase").transform(code, { ...options, filePath }).code;

if (!process[registered]) {
  process[registered] = true;
  require.extensions[".ts"] = (module, file) => {
    const code = readFileSync(file, "utf8");
    const asked = `${version} ${JSON.stringify(options)}\0${code}`;
    module._compile(
      kept(file, asked, () => translate(code, file)),
      file,
    );
  };
}

/**
 * What was translated before is not translated again. One translation is kept of each file; its last line is the
 * checksum of what was asked and what is before it, so that one that was cut off, or of an earlier text, is written
 * anew.
 */
function kept(file, asked, translateNow) {
  const path = join(__dirname, "..", "node_modules", ".cache", "runbook", `${digestOf(file)}.js`);
  const sign = (text) => digestOf(`${asked}\0${text}`);
  try {
    const text = readFileSync(path, "utf8");
    const end = text.lastIndexOf(checksum);
    if (text.slice(end + checksum.length) === sign(text.slice(0, end))) return text;
  } catch {
    // not there yet
  }
  const translated = translateNow();
  writeWhole(path, `${translated}${checksum}${sign(translated)}`);
  return translated;
}
