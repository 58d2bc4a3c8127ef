import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Diagnosis } from "../lib/doctor";
import { checkFrontends } from "../lib/doctor/frontends";
import { checkPackages, readInstallation, type Installation } from "../lib/doctor/packages";
import { checkSurroundings } from "../lib/doctor/surroundings";
import { registerKernel } from "../lib/command/lab";
import { startKernel } from "../lib/run/jupyter/kernel";
import { findJupyterDataFolder, readSettings } from "../lib/settings";

const project = join(__dirname, "..");
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "runbook-doctor-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** `runbook doctor --offline --json` with these variables alone. */
async function doctor(
  variables: Record<string, string> = {},
  words = ["--offline"],
): Promise<{ status: number; found: Record<string, Diagnosis> }> {
  const environment = { PATH: process.env.PATH, HOME: home, ...variables };
  const { stdout, code = 0 } = await promisify(execFile)(
    process.execPath,
    [join(project, "lib", "cli.js"), "doctor", "--json", ...words],
    { env: environment },
  )
    .then((done) => ({ ...done, code: 0 }))
    .catch((error: { stdout: string; code: number }) => error);
  return {
    status: code,
    found: Object.fromEntries((JSON.parse(stdout) as Diagnosis[]).map((one) => [one.about, one])),
  };
}

test("a machine where all is well ends with 0, after asking both sides of the demo", async () => {
  const { status, found } = await doctor({}, []);
  expect(Object.values(found).filter(({ state }) => state === "broken")).toEqual([]);
  expect(found["production answers"].says).toMatch(/^database credmate as credmate_lambda, after \d+ ms; .+/);
  expect(found["local answers"].state).toBe("fine");
  expect(status).toBe(0);
});

const lambda = {
  RUNBOOK_PRODUCTION: "lambda:credmate-rds-sql-api",
  RUNBOOK_LOCAL: "postgres://somebody@localhost:5432/credmate_local",
};

/** What is found where these are the only variables, asking nobody. */
async function surrounded(variables: Record<string, string>): Promise<Diagnosis[]> {
  return checkSurroundings(readSettings({}, { RUNBOOK_RESULTS: join(home, "results"), ...variables }), variables);
}

test.each<[what: string, variables: Record<string, string>, about: string, state: string, mend: string]>([
  [
    "an address is of no known kind",
    { ...lambda, RUNBOOK_PRODUCTION: "mysql://x" },
    "RUNBOOK_PRODUCTION",
    "broken",
    "unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL",
  ],
  [
    "the columns' file is not there",
    { RUNBOOK_COLUMNS: "/nowhere.json" },
    "RUNBOOK_COLUMNS",
    "broken",
    "unset RUNBOOK_COLUMNS",
  ],
  [
    "the migrations' folder is not there",
    { RUNBOOK_MIGRATIONS: "/nowhere" },
    "RUNBOOK_MIGRATIONS",
    "broken",
    "unset RUNBOOK_MIGRATIONS",
  ],
  [
    "the folder of alembic.ini is not there",
    { RUNBOOK_ALEMBIC: "/nowhere" },
    "alembic",
    "broken",
    "unset RUNBOOK_ALEMBIC",
  ],
  [
    "an endpoint leads elsewhere",
    { ...lambda, AWS_ENDPOINT_URL: "http://localhost:4566" },
    "AWS_ENDPOINT_URL",
    "note",
    "unset AWS_ENDPOINT_URL",
  ],
  [
    "half a key is set",
    { ...lambda, AWS_ACCESS_KEY_ID: "AKIA", AWS_REGION: "us-east-1" },
    "AWS credentials",
    "broken",
    "unset AWS_ACCESS_KEY_ID",
  ],
  [
    "there are no AWS credentials",
    { ...lambda, AWS_REGION: "us-east-1" },
    "AWS credentials",
    "note",
    "aws configure sso",
  ],
  [
    "there is no AWS region",
    { ...lambda, AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "secret" },
    "AWS region",
    "broken",
    "export AWS_REGION=us-east-1",
  ],
  [
    "the region is in the command line's variable",
    { ...lambda, AWS_DEFAULT_REGION: "eu-west-1" },
    "AWS region",
    "note",
    "export AWS_REGION=eu-west-1",
  ],
  [
    "certificates are not checked",
    { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "note",
    "unset NODE_TLS_REJECT_UNAUTHORIZED",
  ],
  [
    "Node is started with little memory",
    { NODE_OPTIONS: "--max-old-space-size=512" },
    "NODE_OPTIONS",
    "note",
    "unset NODE_OPTIONS",
  ],
  [
    "a variable changes every PostgreSQL address",
    { PGOPTIONS: "-c search_path=x" },
    "PGOPTIONS",
    "note",
    "unset PGOPTIONS",
  ],
])("says so where %s", async (_, variables, about, state, mend) => {
  expect((await surrounded({ HOME: home, ...variables })).find((one) => one.about === about)).toMatchObject({
    state,
    mend,
  });
});

test("says so where the results cannot be written", async () => {
  writeFileSync(join(home, "file"), "");
  expect(
    (await surrounded({ RUNBOOK_RESULTS: join(home, "file", "results") })).find(
      ({ about }) => about === "results folder",
    ),
  ).toMatchObject({ state: "broken", mend: expect.stringContaining("chown") });
});

test("says so where no front end, no kernel and no browser are there, and that Jupyter refuses root", () => {
  const found = (environment: Record<string, string>, root = false) =>
    Object.fromEntries(checkFrontends(project, environment, root).map((one) => [one.about, one]));
  const bare = found({ PATH: "/nowhere", JUPYTER_DATA_DIR: home });
  expect(bare.kernel).toMatchObject({ state: "note", mend: "npx runbook lab --register" });
  expect(bare["front end"]).toMatchObject({ state: "note", mend: "pip install jupyterlab" });
  expect(bare.browser.state).toBe(process.platform === "linux" ? "note" : bare.browser.state);
  expect(found({ PATH: "/nowhere", RUNBOOK_BROWSER: "/nowhere/chrome" }).browser).toMatchObject({
    state: "broken",
    mend: "unset RUNBOOK_BROWSER",
  });
  const jupyter = join(home, "jupyter");
  writeFileSync(jupyter, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  expect(found({ PATH: home }, true)["front end"]).toMatchObject({
    state: "note",
    mend: "npx runbook lab -- --allow-root",
  });
  expect(found({ PATH: home })["front end"].state).toBe("fine");
});

test("one side that is set alone keeps the runbook from running: status 2", async () => {
  const { status, found } = await doctor({ RUNBOOK_LOCAL: lambda.RUNBOOK_LOCAL });
  expect(found.settings).toMatchObject({ state: "broken", mend: "unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL" });
  expect(status).toBe(2);
});

test("the kernel is registered where Jupyter looks: an empty XDG_DATA_HOME is none", () => {
  const shared = join(homedir(), ".local", "share", "jupyter");
  expect(findJupyterDataFolder({ XDG_DATA_HOME: "" }, "linux")).toBe(shared);
  expect(findJupyterDataFolder({ XDG_DATA_HOME: "/data" }, "linux")).toBe(join("/data", "jupyter"));
  expect(findJupyterDataFolder({ XDG_DATA_HOME: "", JUPYTER_DATA_DIR: "/jupyter" }, "linux")).toBe("/jupyter");
});

test("a kernel that names what is gone is broken; one of this project is fine", () => {
  const data = join(home, "data");
  const kernel = () =>
    checkFrontends(project, { JUPYTER_DATA_DIR: data, PATH: "/nowhere" }, false).find(
      ({ about }) => about === "kernel",
    );
  const own = process.env.JUPYTER_DATA_DIR;
  process.env.JUPYTER_DATA_DIR = data;
  registerKernel();
  if (own === undefined) delete process.env.JUPYTER_DATA_DIR;
  else process.env.JUPYTER_DATA_DIR = own;
  expect(kernel()).toMatchObject({ state: "fine" });
  writeFileSync(
    join(data, "kernels", "tslab", "kernel.json"),
    JSON.stringify({ argv: ["/nowhere/node", "/nowhere/tslab"] }),
  );
  expect(kernel()).toMatchObject({
    state: "broken",
    says: "The registered kernel names /nowhere/node, which is not there (any more).",
    mend: "npx runbook lab --register",
  });
});

describe("an installation", () => {
  const missing = (name: string) => (wanted: string) => {
    if (wanted === name) throw new Error(`Cannot find module '${name}-linux-x64-gnu'\nRequire stack:\n- somewhere`);
  };
  const cases: [what: string, changed: Partial<Installation>, about: string, state: string, mend: string][] = [
    ["an old Node", { node: "18.20.0" }, "Node", "broken", "nvm install 22 && npm ci"],
    ["a Node that is no long-term release", { node: "23.1.0" }, "Node", "note", "nvm install 22 && npm ci"],
    [
      "musl",
      { platform: "linux", glibc: undefined },
      "C library",
      "note",
      'docker run --rm -it -v "$PWD":/runbook -w /runbook node:22-bookworm bash',
    ],
    ["no native polars", { require: missing("nodejs-polars") }, "nodejs-polars", "broken", "npm ci --include=optional"],
    [
      "install scripts that were not run",
      { require: missing("zeromq") },
      "zeromq",
      "broken",
      "npm rebuild zeromq --ignore-scripts=false",
    ],
    ["no native canvas", { require: missing("canvas") }, "canvas", "broken", "npm ci --include=optional"],
  ];
  test.each(cases)("with %s is told", async (_, changed, about, state, mend) => {
    const found = await checkPackages({ ...readInstallation(project), require: () => undefined, ...changed });
    expect(found.find((one) => one.about === about)).toMatchObject({ state, mend });
  });

  test("with another version of a package, or lib linked elsewhere, is told", async () => {
    const other = join(home, "project");
    mkdirSync(join(other, "node_modules", "tslab"), { recursive: true });
    mkdirSync(join(other, "lib"));
    symlinkSync(project, join(other, "node_modules", "runbook"));
    writeFileSync(join(other, "package.json"), JSON.stringify({ dependencies: { tslab: "1.0.22", vega: "5.33.1" } }));
    writeFileSync(join(other, "node_modules", "tslab", "package.json"), JSON.stringify({ version: "1.0.21" }));
    const found = await checkPackages({ ...readInstallation(other), require: () => undefined });
    expect(found.find(({ about }) => about === "packages")).toMatchObject({
      state: "broken",
      says: "tslab is 1.0.21, not 1.0.22; vega is missing.",
      mend: "npm ci",
    });
    expect(found.find(({ about }) => about === "the package runbook")).toMatchObject({
      state: "broken",
      mend: "npm ci",
    });
  });
});

test("a cell that cannot load a package is told what the doctor finds", async () => {
  const folder = mkdtempSync(join(project, "test", ".tmp-doctor-"));
  try {
    mkdirSync(join(folder, "node_modules", "broken-part"), { recursive: true });
    writeFileSync(join(folder, "node_modules", "broken-part", "index.js"), `require("broken-part-linux-x64");`);
    writeFileSync(join(folder, "node_modules", "broken-part", "index.d.ts"), "export const part: number;");
    const kernel = await startKernel(folder, { ...process.env, RUNBOOK_LOCAL: lambda.RUNBOOK_LOCAL });
    const { status, outputs } = await kernel.execute(`import { part } from "broken-part";\npart;`);
    await kernel.shutdown();
    const said = outputs.map((output) => (output.output_type === "stream" ? output.text : "")).join("");
    expect(status).toBe("error");
    expect(said).toContain("npx runbook doctor says:");
    expect(said).toContain("✗ settings: RUNBOOK_LOCAL is set and RUNBOOK_PRODUCTION is not");
    expect(said).toContain("unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
