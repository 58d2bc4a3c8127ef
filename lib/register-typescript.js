// Lets Node run this folder's TypeScript as it stands; types are checked by the tests, not at every start.
if (!process[Symbol.for("ts-node.register.instance")])
  require("ts-node").register({ transpileOnly: true, skipProject: true, compilerOptions: { target: "ES2022", module: "CommonJS", esModuleInterop: true } });
