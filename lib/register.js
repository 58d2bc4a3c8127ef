// A notebook says `import … from "runbook"` and gets this folder's TypeScript.
require("./register-typescript");
module.exports = require("./index.ts");
