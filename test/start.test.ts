import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verbs } from "../lib/command/verbs";
import { canMount, withSmallDisk } from "./full-disk";

vi.setConfig({ testTimeout: 180_000 });

/** What the command line loads before it answers. A copy of the project, whose cache a test can change. */
const project = mkdtempSync(join(realpathSync(tmpdir()), "runbook-start-"));
const root = join(__dirname, "..");
const cache = join(project, "node_modules", ".cache");

beforeAll(() => {
  cpSync(join(root, "lib"), join(project, "lib"), { recursive: true });
  for (const folder of ["node_modules", "notebooks"]) mkdirSync(join(project, folder));
  for (const name of readdirSync(join(root, "node_modules")).filter((name) => !/^\.|^runbook$/.test(name)))
    symlinkSync(realpathSync(join(root, "node_modules", name)), join(project, "node_modules", name));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Runs a file of the project, and tells which packages it has loaded the code of, and which files of lib. */
function load(file: string[], words: string[] = [], input = "") {
  const program = `
    process.argv = [process.execPath, "runbook", ...${JSON.stringify(words)}];
    require(${JSON.stringify(join(project, "lib", "register-typescript.js"))});
    require(${JSON.stringify(join(project, "lib", ...file))});
    process.on("exit", () => {
      const files = Object.keys(require.cache).filter((file) => !file.endsWith("package.json"));
      const names = files.map((file) => /.*node_modules.((?:@[^\\\\/]+.)?[^\\\\/]+)/.exec(file)?.[1]);
      const own = files.map((file) => /.*runbook-start-[^\\\\/]*.lib.(.*)$/.exec(file)?.[1].replaceAll("\\\\", "/"));
      // Node's own part that is loaded for fetch
      if (process.moduleLoadList.some((name) => name.includes("undici"))) names.push("fetch");
      const told = [names, own].map((all) => [...new Set(all.filter(Boolean))].sort());
      process.stderr.write("\\nloaded " + JSON.stringify(told));
    });`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", input });
  const [said, told] = stderr.split("\nloaded ");
  const [loaded, own] = JSON.parse(told) as string[][];
  return { stdout, said, status, loaded, own };
}

/** Runs the command line. */
function start(words: string[], input = "") {
  return load(["cli.js"], words, input);
}

test("--help and a word that is no verb load no package, once they were translated", () => {
  for (const words of [["--help"], ["nonsense"]]) {
    expect(start(words).said).not.toContain("Error");
    expect(start(words).loaded).toEqual([]);
  }
  expect(start(["--help"]).stdout).toContain("is production the same as what I have here?");
  expect(start(["nonsense"])).toMatchObject({ status: 2, said: expect.stringContaining('no verb "nonsense"') });
});

let overview: string[] | undefined;

test.each(Object.keys(verbs))(
  "%s --help, and a wrong flag, load what says how it is called, and nothing else",
  (verb) => {
    overview ??= start(["--help"]).own;
    start([verb, "--help"]); // translates it
    const [help, wrong] = [start([verb, "--help"]), start([verb, "--no-such-flag"])];
    expect(help).toMatchObject({ status: 0, stdout: expect.stringMatching(`^runbook ${verb}\\b`) });
    expect(wrong).toMatchObject({ status: 2, said: expect.stringContaining("'--no-such-flag'") });
    const limits = /^(command\/usage\/\w+|settings|ledger|file|source\/budget|rows\/(finding|limits))\.ts$/;
    for (const { loaded, own } of [help, wrong]) {
      expect(loaded).toEqual([]);
      expect(own.filter((file) => !overview!.includes(file) && !limits.test(file))).toEqual([]);
      expect(own.filter((file) => file.startsWith("command/usage/"))).toEqual([`command/usage/${verb}.ts`]);
    }
  },
);

test.each([
  [["query"], "There is nothing to ask"],
  [["query", "select 1", "--version"], "One question at a time"],
  [["query", "select 1", "--on", "nowhere"], "--on takes production, local or both"],
  [["rows"], "Name one table"],
  [["rows", "licenses", "--sample", "many"], "--sample takes a whole number"],
  [["diff", "one"], "Name two results folders"],
  [["drift", "--fail-on", "low"], "--fail-on takes critical, high, medium or info"],
  [["run", "no-phase"], 'no phase "no-phase"'],
  [["lab", "word"], "'word'"],
] as const)("%s is refused before anything is loaded to do it", (words, sentence) => {
  const { status, said, own } = start([...words]);
  expect([status, said]).toEqual([2, expect.stringContaining(sentence)]);
  expect(own).not.toContain(`command/${words[0]}.ts`);
});

test("a statement is judged without TypeScript, polars, the AWS SDK, Vega and tslab", () => {
  const ask = () => start(["check"], '{"sql": "select 1 as one"}\n');
  expect(JSON.parse(ask().stdout)).toMatchObject({ verdict: "allow" });
  const { loaded } = ask();
  expect(loaded).toContain("libpg-query");
  expect(loaded.filter((name) => /typescript|sucrase|polars|aws-sdk|vega|tslab|zeromq/.test(name))).toEqual([]);
});

test("a verb that asks two servers loads no polars, AWS SDK, Vega, tslab, and no reader of migrations", () => {
  for (const verb of ["query", "drift", "rows", "migrations"]) {
    const { loaded } = load(["command", `${verb}.ts`]);
    expect(loaded).toContain("pg");
    expect(loaded.filter((name) => /polars|aws-sdk|vega|tslab|zeromq|lezer/.test(name))).toEqual([]);
  }
});

test("nothing that loads pg loads fetch, and a global that was there for it is gone", () => {
  const files = ["command/query.ts", "command/run.ts", "index.ts", "demo/scratch.ts", "demo/function.ts"];
  for (const file of files) {
    const { loaded } = load(file.split("/"));
    expect(loaded).toContain("pg");
    expect(loaded).not.toContain("fetch");
  }
  const [register, loading] = ["register-typescript.js", "load-pg.ts"].map((file) => join(root, "lib", file));
  const look = `const had = "navigator" in globalThis;
    for (const file of ${JSON.stringify([register, loading])}) require(file);
    process.stdout.write(String(had === "navigator" in globalThis))`;
  expect(spawnSync(process.execPath, ["-e", look], { encoding: "utf8" }).stdout).toBe("true");
});

test("what was cut off in the cache of lib is translated anew, and a full disk costs time and nothing else", () => {
  const folder = join(cache, "runbook");
  const list = () => readdirSync(folder).filter((name) => !/^(cells|compile)$/.test(name));
  start(["--help"]);
  for (const [index, name] of list().entries()) {
    const whole = readFileSync(join(folder, name), "utf8");
    writeFileSync(join(folder, name), [whole.slice(0, whole.length / 2), "", "// of another version\n"][index % 3]);
  }
  const again = start(["--help"]);
  expect([again.status, again.said, again.stdout]).toEqual([0, "", expect.stringContaining("is production the same")]);
  rmSync(folder, { recursive: true });
  const command = [process.execPath, join(project, "lib", "cli.js")];
  // no file may grow over one block: the write ends in its middle, as on a full disk
  const cut = spawnSync("sh", ["-c", 'ulimit -f 1; exec "$@"', "sh", ...command], { encoding: "utf8" });
  expect([cut.status, cut.stderr, cut.stdout]).toEqual([2, "", again.stdout]);
  if (canMount()) {
    const full = spawnSync(...withSmallDisk(folder, "16k", command), { encoding: "utf8" });
    expect([full.status, full.stdout]).toEqual([2, again.stdout]);
    // what fitted is whole, and nothing was said
    expect(full.stderr).toMatch(/^(left [0-9a-f]+\.js\n)+$/);
  }
  expect(list().filter((name) => !name.endsWith(".js"))).toEqual([]);
});

test("an edit of lib is seen at the next start, and an unwritable cache costs time and nothing else", () => {
  const file = join(project, "lib", "cli.ts");
  const edit = (from: string, to: string) => writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
  start(["--help"]);
  const count = () => readdirSync(join(cache, "runbook")).length;
  const before = count();
  edit("is production the same", "is it the same");
  expect(start(["--help"]).stdout).toContain("is it the same");
  // what was kept of the file as it was is gone
  expect(count()).toBe(before);
  edit("is it the same", "is production the same");
  rmSync(cache, { recursive: true, force: true });
  writeFileSync(cache, "a file where the folder should be");
  const { stdout, status, loaded } = start(["--help"]);
  expect([status, stdout]).toEqual([0, expect.stringContaining("is production the same")]);
  expect(loaded).toContain("sucrase");
  expect(loaded).not.toContain("typescript");
});

test("each file of lib can be loaded first, and holds all that it exports", () => {
  const program = `
    require(${JSON.stringify(join(project, "lib", "register-typescript.js"))});
    const { readdirSync } = require("node:fs");
    const { join } = require("node:path");
    const lib = ${JSON.stringify(join(project, "lib"))};
    const faults = [];
    const files = readdirSync(lib, { recursive: true }).filter((name) => /[.]ts$/.test(name));
    for (const name of files.filter((name) => !/demo.serve[.]ts$/.test(name))) {
      for (const file of Object.keys(require.cache)) if (file.startsWith(lib)) delete require.cache[file];
      try {
        for (const [key, value] of Object.entries(require(join(lib, name))))
          if (value === undefined) faults.push(name + " exports no " + key);
      } catch (error) {
        faults.push(name + ": " + error.message);
      }
    }
    process.stdout.write(JSON.stringify({ files: files.length, faults }), () => process.exit());`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
  expect({ stderr, ...(JSON.parse(stdout) as object) }).toEqual({ stderr: "", files: expect.any(Number), faults: [] });
});

test("WebAssembly is not compiled a second time beside a command, and without us it would be", () => {
  // (func (export "f") (param i32) loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end)
  const loop = "0061736d0100000001050160017f0003020100070501016600000a10010e000340200041016b22000d000b0b";
  const program = `
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from("${loop}", "hex"))).exports;
    f(1e8);
    let looks = 0;
    const clock = setInterval(() => {
      f(1e6);
      if (%IsLiftoffFunction(f) && ++looks < 20) return;
      clearInterval(clock);
      process.stdout.write(%IsLiftoffFunction(f) ? "as it was" : "made faster");
    }, 50);`;
  const run = (before: string[]) =>
    spawnSync(process.execPath, ["--allow-natives-syntax", ...before, "-e", program], { encoding: "utf8" }).stdout;
  expect(run(["--require", join(root, "lib", "register-typescript.js")])).toBe("as it was");
  expect(run([])).toBe("made faster");
});

const nodes = (process.env.NODE_VERSIONS ?? "").split(":").filter(Boolean);

test.skipIf(nodes.length > 0)(
  "no other Node is named: NODE_VERSIONS=/path/node:/path/node names some, and .ci/nodes fetches them",
  ({ skip }) => skip(),
);

test.each(nodes)("the quick start runs on %s", (node) => {
  const out = mkdtempSync(join(realpathSync(tmpdir()), "runbook-node-"));
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  const { status, stderr } = spawnSync(node, [join(root, "lib", "cli.js"), "run", "--quick", "--out", out], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, expect.stringMatching(/✓ quick-start/)]);
  const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { provenance: { node: string } };
  expect(JSON.stringify(results.provenance)).toContain(version);
  rmSync(out, { recursive: true, force: true });
});
