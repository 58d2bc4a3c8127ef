import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo, type Demo } from "../lib/demo";
import { writeJunit } from "../lib/run/junit";
import type { Results } from "../lib/run/results";
import { findProgramOnPath } from "../lib/settings";
import { displayAddress, parseAddress, readPlace } from "../lib/source/address";

const program = join(__dirname, "..", "lib", "cli.js");
let demo: Demo;
let home: string;
beforeAll(async () => {
  demo = await startDemo();
  home = mkdtempSync(join(tmpdir(), "runbook-test-"));
});
afterAll(async () => {
  rmSync(home, { recursive: true });
  await demo?.stop();
});

/** Runs the command line as a shell would, with no setting but those given. */
function runbook(words: string[], settings: Record<string, string | undefined> = {}) {
  const env = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...settings };
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) =>
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );
}

const aws = () => ({
  AWS_REGION: demo.region,
  AWS_ENDPOINT_URL: demo.endpoint,
  AWS_ACCESS_KEY_ID: demo.accessKeyId,
  AWS_SECRET_ACCESS_KEY: demo.secretAccessKey,
});
const both = () => ({ RUNBOOK_PRODUCTION: `lambda:${demo.function}`, RUNBOOK_LOCAL: demo.local, ...aws() });
const arn = () => `arn:aws:lambda:${demo.region}:051826703172:function:${demo.function}`;

test("--version says which runbook and which Node this is", async () =>
  expect(await runbook(["--version"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^runbook \d+\.\d+\.\d+, Node \d+\./),
  }));

describe("query", () => {
  test("needs the address of the side that it asks, and of no other", async () => {
    const local = await runbook(["query", "--on", "local", "--csv", "select 1 as one"], { RUNBOOK_LOCAL: demo.local });
    expect(local).toEqual({ status: 0, stdout: "one\r\n1\r\n", stderr: "" });
    const settings = { ...aws(), RUNBOOK_PRODUCTION: `lambda:${demo.function}` };
    expect(await runbook(["query", "--csv", "select 1 as one"], settings)).toMatchObject({ status: 0, stderr: "" });
    expect(await runbook(["query", "select 1"], { RUNBOOK_LOCAL: demo.local })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/RUNBOOK_PRODUCTION is not: set RUNBOOK_PRODUCTION \(or --production\), so that/),
    });
  });

  test("on both says which side failed, gives the other's answer, and could not tell", async () => {
    const broken = { ...both(), RUNBOOK_LOCAL: "postgres://me@127.0.0.1:9/db" };
    const { status, stdout, stderr } = await runbook(["query", "--on", "both", "select 1 as one"], broken);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^runbook: local: nothing answers at 127.0.0.1:9/);
    expect(stdout).toMatch(/one/);
  });

  test("writes a line for each value with --expanded, and in a terminal that is too narrow", async () => {
    const { stdout } = await runbook(["query", "-x", "--on", "local", "select 1 as one, null as nothing"], both());
    expect(stdout).toBe("─ row 1 ─────\none      1\nnothing  ∅\n(1 row)\n");
    const script = findProgramOnPath(["script"]);
    if (!script || process.platform !== "linux") return console.warn("There is no script(1): terminals are not tried.");
    const wide = (columns: number) =>
      execFileSync(
        script,
        [
          "-qec",
          `stty cols ${columns} rows 9; "${process.execPath}" "${program}" query --on local "select 1 as first, 2 as second"`,
          "/dev/null",
        ],
        { env: { PATH: process.env.PATH, HOME: home, PAGER: "cat", RUNBOOK_LOCAL: demo.local }, encoding: "utf8" },
      );
    expect(wide(80)).toMatch(/first {2}second/);
    expect(wide(10)).toMatch(/row 1 /);
  });

  test("in a terminal gives an answer that is longer than the screen to the pager", () => {
    const script = findProgramOnPath(["script"]);
    if (!script || process.platform !== "linux") return console.warn("There is no script(1): terminals are not tried.");
    const ask = (rows: number) =>
      execFileSync(
        script,
        [
          "-qec",
          `stty cols 80 rows ${rows}; "${process.execPath}" "${program}" query --on local "select id from licenses order by id limit 20"`,
          "/dev/null",
        ],
        {
          env: { PATH: process.env.PATH, HOME: home, PAGER: "sed s/^/paged:/", RUNBOOK_LOCAL: demo.local },
          encoding: "utf8",
        },
      );
    expect(ask(10)).toMatch(/paged:/);
    expect(ask(60)).not.toMatch(/paged:/);
  });
});

describe("drift", () => {
  test("groups differences by cause, the gravest first, and counts both", async () => {
    const { status, stdout } = await runbook(["drift"], {});
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Production records 20260108_0400 as applied and has none of it: tables channels/);
    expect(stdout).toMatch(/\d+ differences of \d+ causes, and \d+ that are information only/);
    const severities = [...stdout.matchAll(/\n\n[^\n]+\n[^\n]+\n {2}(critical|high|medium)/g)].map(([, one]) => one);
    const order = ["critical", "high", "medium"];
    expect(severities).toEqual([...severities].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(new Set(severities).size).toBeGreaterThan(1);
  });
});

describe("reports for a CI server", () => {
  const python = findProgramOnPath(["python3"]);
  if (!python) console.warn("python3 is not installed: no XML parser reads the JUnit file.");
  /** What a parser of the standard reads: of each test case its suite, its name, and its children. */
  const readCases = (file: string): [string, string, string[]][] => {
    const script = `import json, sys, xml.etree.ElementTree as E
print(json.dumps([[s.get("name"), c.get("name"), [k.tag + ": " + k.get("message") for k in c]] for s in E.parse(sys.argv[1]).getroot() for c in s]))`;
    return JSON.parse(execFileSync(python!, ["-c", script, file], { encoding: "utf8" })) as never;
  };

  test.skipIf(!python)("JUnit fails exactly where the exit status does, whatever a name holds", () => {
    const results = {
      ...{ started: "2026-02-02T20:30:00Z", seconds: 1 },
      checks: [
        { id: "tables", phase: 1, status: "drift", milliseconds: 84 },
        { id: "a\u0001b", phase: 2, status: "incomplete", why: 'no "answer" <&> ]]>', milliseconds: 0 },
      ],
      findings: [
        { id: "column/a.b", severity: "high", phase: 1, title: "one", production: 1, local: null },
        { id: "column/a.c", severity: "medium", phase: 1, title: "two", production: 1, local: null },
        { id: "quality/a.d", severity: "high", phase: 3, title: "on both sides", production: 1, local: 1 },
      ],
    } as never as Results;
    const file = join(home, "junit.xml");
    writeFileSync(file, writeJunit(results, "high"));
    expect(readCases(file)).toEqual([
      ["phase 1", "tables", []],
      ["phase 1", "column/a.b", ["failure: one"]],
      ["phase 2", "a\ufffdb", ['error: no "answer" <&> ]]>']],
    ]);
    writeFileSync(file, writeJunit(results));
    expect(readCases(file).filter(([, , children]) => children.some((child) => child.startsWith("failure")))).toEqual(
      [],
    );
  });

  test.skipIf(!python)(
    "run writes them beside its results, and a file that cannot be written loses nothing",
    async () => {
      const [out, junit, summary] = ["results", "junit.xml", "summary.md"].map((name) => join(home, "ci", name));
      mkdirSync(join(home, "ci"));
      writeFileSync(summary, "what was there\n");
      const words = ["run", "1", "--out", out, "--fail-on", "high"];
      const { status, stdout } = await runbook([...words, "--junit", junit, "--summary", summary]);
      const { verdict, checks } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
      expect(status).toBe(1);
      expect(stdout).toContain(verdict);
      const cases = readCases(junit);
      expect(cases.filter(([, , children]) => children.length === 0).map(([, name]) => name)).toEqual(
        checks.map(({ id }) => id),
      );
      expect(cases.some(([, , [child]]) => child?.startsWith("failure: "))).toBe(true);
      expect(readFileSync(summary, "utf8")).toMatch(
        /^what was there\n## Is production the same as local\?\n[^]*\| ● critical \|/,
      );
      const failed = await runbook([
        "run",
        "--replay",
        out,
        "0",
        "--out",
        join(home, "ci", "again"),
        "--junit",
        "/nowhere/j.xml",
      ]);
      expect(failed.status).toBe(2);
      expect(failed.stderr).toMatch(
        /--junit \/nowhere\/j.xml could not be written \(ENOENT\): name a file in a folder that is there/,
      );
      expect(existsSync(join(home, "ci", "again", "results.html"))).toBe(true);
    },
  );
}, 240_000);

describe("the ways to a Lambda that AWS's own tools know", () => {
  const asked = async (settings: Record<string, string | undefined>) => {
    const { status, stdout, stderr } = await runbook(["query", "--csv", "select 1 as one"], settings);
    return status === 0 ? stdout : stderr;
  };
  test("AWS_DEFAULT_REGION names the region where AWS_REGION does not", async () => {
    const { AWS_REGION: region, ...others } = both();
    expect(await asked({ ...others, AWS_DEFAULT_REGION: region })).toBe("one\r\n1\r\n");
    expect(await asked({ ...both(), AWS_DEFAULT_REGION: "eu-west-1" })).toBe("one\r\n1\r\n");
  });
  test("an ARN is called in its own region, with an alias, a version or neither", async () => {
    for (const name of [arn(), `${arn()}:live`, `${demo.function}:7`, `${demo.function}:$LATEST`])
      expect(await asked({ ...both(), RUNBOOK_PRODUCTION: `lambda:${name}` }), name).toBe("one\r\n1\r\n");
    expect(await asked({ ...both(), RUNBOOK_PRODUCTION: `lambda:${arn()}`, AWS_REGION: "eu-west-1" })).toBe(
      "one\r\n1\r\n",
    );
  });
  test("a profile that does not exist is named, and an expired single sign-on says how to sign in", async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = both();
    expect(await asked({ ...others, AWS_PROFILE: "nobody" })).toMatch(
      /no profile nobody with credentials: correct AWS_PROFILE/,
    );
    const folder = join(home, ".aws");
    mkdirSync(join(folder, "sso", "cache"), { recursive: true });
    writeFileSync(
      join(folder, "config"),
      `[profile team]\nsso_session = work\nsso_account_id = 051826703172\nsso_role_name = reader\nregion = us-east-1
[sso-session work]\nsso_start_url = https://example.com/start\nsso_region = us-east-1\n`,
    );
    expect(await asked({ ...others, AWS_PROFILE: "team" })).toMatch(
      /credentials have expired: sign in again \(aws sso login\)/,
    );
    const token = {
      accessToken: "x",
      expiresAt: "2020-01-01T00:00:00Z",
      region: "us-east-1",
      startUrl: "https://example.com/start",
    };
    writeFileSync(
      join(folder, "sso", "cache", `${createHash("sha1").update("work").digest("hex")}.json`),
      JSON.stringify(token),
    );
    expect(await asked({ ...others, AWS_PROFILE: "team" })).toMatch(
      /credentials have expired: sign in again \(aws sso login\)/,
    );
  });
});

test("an address is shown as libpq reads it, and its password never", () => {
  const shown = {
    "postgres://me:secret@h:1/db?host=/tmp&port=5555": "postgres://me@/tmp:5555/db",
    "postgres://me@/db?host=other": "postgres://me@other/db",
    "postgres:///?dbname=x&user=me": "postgres://me@/x",
    "postgresql://h/db": "postgres://h/db",
  };
  for (const [written, expected] of Object.entries(shown))
    expect(displayAddress(parseAddress(written, "RUNBOOK_LOCAL"))).toBe(expected);
  const address = parseAddress("postgres://me@h/a?dbname=b", "RUNBOOK_LOCAL") as { url: string };
  expect(readPlace(address.url)).toMatchObject({ database: "b", host: "h" });
});

describe("completion", () => {
  /** The words that a shell offers for a line whose last word is the one to complete. */
  const shells: Record<string, (line: string) => string[]> = {
    bash: (line) => {
      const words = line.split(" ").map((word) => `'${word}'`);
      const script = `source <("${process.execPath}" "${program}" completion bash)
COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _runbook; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8" }).split("\n").filter(Boolean);
    },
    fish: (line) => {
      const script = `"${process.execPath}" "${program}" completion fish | source; complete -C '${line}'`;
      return execFileSync("fish", ["-c", script], { encoding: "utf8" })
        .split("\n")
        .filter(Boolean)
        .map((one) => one.split("\t")[0]);
    },
  };
  for (const [shell, offered] of Object.entries(shells)) {
    const isThere = findProgramOnPath([shell]) !== undefined;
    if (!isThere) console.warn(`${shell} is not installed: its completion is not tried.`);
    test.skipIf(!isThere)(`of verbs, flags, their words and phases in ${shell}`, () => {
      expect(offered("runbook dri")).toEqual(["drift"]);
      expect(offered("runbook query --exp")).toEqual(["--expanded"]);
      expect(offered("runbook run --fail-on h")).toEqual(["high"]);
      expect(offered("runbook run 03")).toEqual(["03-indexes"]);
      expect(offered("runbook completion z")).toEqual(["zsh"]);
    });
  }
  const zsh = findProgramOnPath(["zsh"]);
  if (!zsh) console.warn("zsh is not installed: its completion is not tried.");
  test.skipIf(!zsh)("in zsh", () => {
    const script = `autoload -U compinit; compinit -D; eval "$("${process.execPath}" "${program}" completion zsh)"
whence -w _runbook; print $_comps[runbook]`;
    expect(execFileSync(zsh!, ["-f", "-c", script], { encoding: "utf8" })).toMatch(/_runbook: function\n_runbook/);
  });
  test("a shell that is none is told in a sentence", async () =>
    expect(await runbook(["completion", "tcsh"])).toMatchObject({
      status: 2,
      stderr: "runbook: Name one shell: runbook completion bash, zsh or fish.\n",
    }));
});
