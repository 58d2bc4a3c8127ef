// A notebook says `import … from "runbook"` and gets this folder's TypeScript.
try {
  require("./register-typescript");
  module.exports = require("./notebook/arguments").explainArguments(require("./index.ts"));
} catch (error) {
  console.error(require("./first-aid").firstAid());
  throw error;
}
