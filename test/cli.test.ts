import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanNotebooks, copyNotebooks } from "../lib/run/clean";
import { startDemo, type Demo } from "../lib/demo";

let demo: Demo;
let empty: string;
beforeAll(async () => {
  demo = await startDemo();
  empty = mkdtempSync(join(tmpdir(), "runbook-test-"));
});
afterAll(async () => {
  rmSync(empty, { recursive: true });
  await demo?.stop();
});

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs the command line as a shell would, with no setting but those given. */
function runbook(words: string[], settings: Record<string, string> = {}, input = ""): Promise<Outcome> {
  const environment = { PATH: process.env.PATH, HOME: empty, AWS_EC2_METADATA_DISABLED: "true", ...settings };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(__dirname, "..", "lib", "cli.js"), ...words],
      { env: environment },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

const lambda = () => ({
  RUNBOOK_PRODUCTION: `lambda:${demo.function}`,
  RUNBOOK_LOCAL: demo.local,
  AWS_REGION: demo.region,
  AWS_ENDPOINT_URL: demo.endpoint,
  AWS_ACCESS_KEY_ID: demo.accessKeyId,
  AWS_SECRET_ACCESS_KEY: demo.secretAccessKey,
});

describe("bad input ends in one sentence that names what to change", () => {
  const cases: Record<string, { settings: () => Record<string, string>; words?: string[]; says: RegExp }> = {
    "an address that cannot be parsed": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: "mysql://somewhere" }),
      says: /RUNBOOK_LOCAL is not an address: write lambda:/,
    },
    "a PostgreSQL address without a database": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: "postgres://localhost" }),
      says: /RUNBOOK_LOCAL names no database/,
    },
    "production set and local not": {
      settings: () => ({ RUNBOOK_PRODUCTION: "lambda:x" }),
      says: /RUNBOOK_LOCAL is not: set RUNBOOK_LOCAL/,
    },
    "local set and production not": {
      settings: () => ({ RUNBOOK_LOCAL: demo.local }),
      says: /RUNBOOK_PRODUCTION is not: set RUNBOOK_PRODUCTION/,
    },
    "no region": { settings: () => without(lambda(), "AWS_REGION"), says: /no AWS region is set: set AWS_REGION/ },
    "no credentials": {
      settings: () => without(lambda(), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
      says: /no AWS credentials were found: set AWS_PROFILE/,
    },
    "credentials that AWS does not know": {
      settings: () => ({ ...lambda(), AWS_ACCESS_KEY_ID: "AKIAUNKNOWN" }),
      says: /does not know these credentials: check AWS_PROFILE/,
    },
    "a wrong secret": {
      settings: () => ({ ...lambda(), AWS_SECRET_ACCESS_KEY: "wrong" }),
      says: /did not accept the signature: check AWS_SECRET_ACCESS_KEY/,
    },
    "the wrong account": {
      settings: () => ({ ...lambda(), RUNBOOK_ACCOUNT: "111111111111" }),
      says: /account 051826703172, and RUNBOOK_ACCOUNT expects 111111111111/,
    },
    "a function that is not there": {
      settings: () => ({ ...lambda(), RUNBOOK_PRODUCTION: "lambda:nothing-here" }),
      says: /no Lambda function nothing-here/,
    },
    "no AWS endpoint": {
      settings: () => ({ ...lambda(), AWS_ENDPOINT_URL: "http://127.0.0.1:9" }),
      says: /nothing answers at the AWS endpoint/,
    },
    "a connection refused": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: "postgres://me@127.0.0.1:9/db" }),
      says: /nothing answers at 127.0.0.1:9: start PostgreSQL/,
    },
    "a wrong password": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: demo.local.replace("credmate_local_pass", "hunter2") }),
      says: /password of credmate_user was not accepted: set PGPASSWORD/,
    },
    "no password": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: demo.local.replace(":credmate_local_pass", "") }),
      says: /password of credmate_user was not accepted: set PGPASSWORD/,
    },
    "a database that is not there": {
      settings: () => ({ ...lambda(), RUNBOOK_LOCAL: demo.local.replace("/credmate_local", "/nowhere") }),
      says: /no database nowhere/,
    },
    "a revisions folder that is not there": {
      settings: () => ({ ...lambda(), RUNBOOK_MIGRATIONS: "/nowhere/versions" }),
      says: /no folder \/nowhere\/versions: set RUNBOOK_MIGRATIONS/,
    },
    "a revisions folder without revisions": {
      settings: () => ({ ...lambda(), RUNBOOK_MIGRATIONS: empty }),
      says: /holds no Alembic revision: set RUNBOOK_MIGRATIONS/,
    },
    "a severity that is none": {
      settings: lambda,
      words: ["run", "--fail-on", "terrible"],
      says: /--fail-on takes critical, high, medium or info/,
    },
    "a phase that is none": {
      settings: lambda,
      words: ["run", "12"],
      says: /There is no phase "12": name one of 00-setup/,
    },
    "a parameter that is none": {
      settings: () => ({}),
      words: ["run", "4", "-p", "bye=status"],
      says: /declares the parameter bye; perhaps by is meant\. There are providersBy \("organization" or "specialty"\), by/,
    },
    "a parameter of another type": {
      settings: () => ({}),
      words: ["run", "-p", "by=stat"],
      says: /The parameter by of 04-overview takes "state", .* or "month", not stat; perhaps state is meant\.$/m,
    },
    "a verb that is none": { settings: lambda, words: ["compare"], says: /There is no verb "compare": write one of/ },
    "nothing to ask": { settings: lambda, words: ["query"], says: /There is nothing to ask/ },
    "a statement that writes": {
      settings: lambda,
      words: ["query", "update users set role = 'admin'"],
      says: /UPDATE is not a read/,
    },
  };
  for (const [what, { settings, words = ["run", "--quick", "--out", "unused"], says }] of Object.entries(cases))
    test.concurrent(what, async () => {
      const { status, stdout, stderr } = await runbook(words, settings());
      expect(stderr).toMatch(says);
      expect(status).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).not.toMatch(/^ {4}at |hunter2|credmate_local_pass/m);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    });
});

describe("query", () => {
  test("gives the same JSON from both sides", async () => {
    const types = `select 1 as i, 9007199254740993::bigint as big, 1.10::numeric as n, 0.1::float8 as f, true as b, cast('2026-02-02' as date) as d,
      timestamptz '2026-02-02 20:30:00.123456+05:30' as t, cast('{"a": 1.10}' as json) as j, array[1, null, 3] as l, null::text as nothing, 'x' as i`;
    const { status, stdout } = await runbook(["query", "--on", "both", "--json", types]);
    const { production, local } = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(production).toEqual(local);
    expect(production.rows).toEqual([
      [
        1,
        "9007199254740993",
        "1.10",
        0.1,
        true,
        "2026-02-02",
        "2026-02-02T15:00:00.123456Z",
        { a: 1.1 },
        [1, null, 3],
        null,
        "x",
      ],
    ]);
    expect(stdout).toContain('{"a": 1.10}');
  });

  test("is JSON where something in it is withheld, which is said on stderr", async () => {
    const { status, stdout, stderr } = await runbook(
      [
        "query",
        "--on",
        "both",
        "--json",
        `select jsonb_build_object('exp', n, 'to', 'jane' || chr(64) || 'example.com') as j,
        array['jane' || chr(64) || 'example.com', null, 'a "b", c'] as l
        from (select a * 10 + b as n from (values (123456789, 3), (199399999, 8), (100300012, 6), (0, 7)) as parts (a, b)) as list order by n desc`,
      ],
      lambda(),
    );
    expect([status, stderr]).toEqual([0, expect.stringContaining("e-mail address")]);
    const { production, local } = JSON.parse(stdout);
    expect(production).toEqual(local);
    expect(production.rows).toHaveLength(4);
    expect(production.rows[3]).toEqual([{ to: "•••", exp: 7 }, ["•••", null, 'a "b", c']]);
    expect(stdout).not.toMatch(/jane|1234567893|1993999998/);
  });

  test("a column that one side lacks is said, the other side's answer is given, and the status says that it could not tell", async () => {
    const { status, stdout, stderr } = await runbook([
      "query",
      "--on",
      "both",
      "--csv",
      "select count(portal_pin) as pins from licenses",
    ]);
    expect(stderr).toMatch(/production: .*portal_pin/);
    expect(stdout).toBe("pins\r\n162\r\n");
    expect(status).toBe(2);
  });

  test("gives all rows in the order of a key, as one ordered query does", async () => {
    const kinds = "select distinct state, license_type from licenses";
    const paged = await runbook(["query", "--on", "both", "--csv", "--key", "state,license_type", kinds]);
    const ordered = await runbook(["query", "--on", "both", "--csv", `${kinds} order by state, license_type`]);
    expect(paged.stdout.split("\r\n").length).toBeGreaterThan(20);
    expect(paged.stdout).toBe(ordered.stdout);
    expect(paged.status).toBe(0);
  });

  test("offers what the team's rds-query offers", async () => {
    expect((await runbook(["query", "--version"])).stdout).toContain("PostgreSQL 15");
    expect((await runbook(["query", "--count", "users", "--on", "both", "--csv"])).stdout).toBe(
      "source,rows\r\nproduction,163\r\nlocal,1\r\n",
    );
    expect((await runbook(["query", "--tables", "--csv"])).stdout.split("\r\n")).toHaveLength(55 + 2);
    expect((await runbook(["query", "--schema", "public.licenses"])).stdout).toContain("is_imlc");
  });
});

test("drift explains all 14 tables, 25 columns and the enum value, as JSON", async () => {
  const { status, stdout } = await runbook(["drift", "--json", "--fail-on", "critical"]);
  const { drift, coverage, production } = JSON.parse(stdout) as {
    drift: { kind: string; status: string; explanation: { state: string } }[];
    coverage: object[];
    production: object;
  };
  const states = (kind: string) =>
    drift
      .filter((one) => one.kind === kind)
      .map(({ explanation }) => explanation.state)
      .sort();
  expect(states("table")).toEqual([
    ...Array(2).fill("pending"),
    ...Array(9).fill("phantom"),
    ...Array(2).fill("unexplained"),
    "unrecorded",
  ]);
  expect(states("column")).toEqual([...Array(3).fill("phantom"), ...Array(22).fill("unrecorded")]);
  expect(states("enum")).toEqual(["pending"]);
  expect(coverage.length).toBeGreaterThan(10);
  expect(production).toMatchObject({ database: "credmate", revision: ["20260115_0200"] });
  expect(status).toBe(1);
});

test("diff says what is new, worse and resolved between two results folders", async () => {
  const results = (folder: string, findings: object[], parameters?: object) => {
    mkdirSync(join(empty, folder));
    writeFileSync(
      join(empty, folder, "results.json"),
      JSON.stringify({ checks: [{ id: "columns", phase: 1, status: "drift" }], findings, parameters }),
    );
    return join(empty, folder);
  };
  const finding = (id: string, severity: string) => ({ id, severity, phase: 1, title: id });
  const before = results("before", [finding("a", "medium"), finding("b", "medium")]);
  const after = results("after", [finding("a", "high"), finding("c", "info")]);
  const { stdout, status } = await runbook(["diff", before, after, "--json"]);
  const told = JSON.parse(stdout);
  expect([told.new, told.worse, told.resolved].map(([{ id }]) => id)).toEqual(["c", "a", "b"]);
  expect(status).toBe(0);
  const set = results("set", [], { "07-quality": { longDays: 7 } });
  expect((await runbook(["diff", after, set])).stdout).toMatch(
    /^\S*after was run with the parameters of the notebooks\.\n\S*set was run with longDays = 7 in 07-quality\.\n\n/,
  );
  expect((await runbook(["diff", before, after])).stdout).not.toContain("was run with");
  expect((await runbook(["diff", before, "nowhere"])).stderr).toContain("nowhere holds no results.json");
});

test("a person's data is refused, with what to write instead", async () => {
  const { status, stdout, stderr } = await runbook(["query", "select email from users"]);
  expect(stderr).toContain("users.email is personal and would be shown: leave it out, count it");
  expect([stdout, status]).toEqual(["", 2]);
});

test("a statement that is wrong is answered with its line, a caret and what was probably meant", async () => {
  const { status, stdout, stderr } = await runbook(
    ["query", "--on", "both", "select state,\n  count(*) from licences group by 1"],
    lambda(),
  );
  expect(stderr).toMatch(
    /^runbook: production and local: .*licences.* Perhaps licenses is meant\.\n\nline 2: {3}count\(\*\) from licences group by 1\n {24}\^\n$/,
  );
  expect([stdout, status]).toEqual(["", 2]);
});

test("what is personal is masked where one asks for it, small groups are hidden where the setting says so, and a DBA is told what to grant", async () => {
  const local = (words: string[], settings = {}) =>
    runbook(["query", "--on", "local", "--csv", ...words], { ...lambda(), ...settings });
  expect((await local(["--mask", "select id, email, role from users order by id limit 1"])).stdout).toMatch(
    /^id,email,role\r\n\d+,•••,\w+\r\n$/,
  );
  const small = await runbook(
    ["query", "--csv", "select state, count(*) as n from licenses group by state having count(*) < 12 order by 1"],
    { ...lambda(), RUNBOOK_SMALL_GROUPS: "hide" },
  );
  expect(small.stdout).toContain(",<11");
  expect(small.stdout).not.toMatch(/,([1-9]|10)\r/);
  const { stdout } = await runbook(["check", "--grants", "credmate_user", "--on", "local"], lambda());
  expect(stdout).toContain("grant select on public.cme_topics to runbook_safe;");
  expect(stdout).toMatch(/grant select \(id, role,[^)]*\) on public\.users to runbook_safe;/);
  expect(stdout).not.toContain("email,");
});

test("check says of each line whether it would be let through, and runs nothing", async () => {
  const lines = ['{"sql": "select count(*) from users"}', '{"sql": "drop table users"}', "not json"];
  const { stdout, status } = await runbook(["check"], {}, lines.join("\n"));
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).verdict),
  ).toEqual(["allow", "deny", "deny"]);
  expect(status).toBe(0);
});

function without(settings: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
}

test("an operator's copies follow the project until they are edited, what was saved is taken out, and notebooks are linted without being run", async () => {
  const [project, own] = [join(empty, "project"), join(empty, "own")];
  mkdirSync(project);
  const written = (sources: string[], extra: object = {}) =>
    `${JSON.stringify({ cells: sources.map((source, index) => ({ cell_type: "code", execution_count: null, id: `c${index}`, metadata: {}, outputs: [], source: source.split(/(?<=\n)/), ...extra })), metadata: {}, nbformat: 4, nbformat_minor: 5 })}\n`;
  const file = (folder: string) => join(folder, "01-a.ipynb");
  const ran = { execution_count: 7, outputs: [{ output_type: "stream" }], metadata: { trusted: true, tags: ["kept"] } };
  writeFileSync(file(project), written(["1"]));
  expect(cleanNotebooks(project)).toEqual(["01-a.ipynb"]); // written as the project's are
  const original = readFileSync(file(project), "utf8");
  expect(cleanNotebooks(project)).toEqual([]);
  writeFileSync(file(project), written(["1"], { ...ran, metadata: { trusted: true } }));
  expect(cleanNotebooks(project)).toEqual(["01-a.ipynb"]);
  expect(readFileSync(file(project), "utf8")).toBe(original);

  expect(copyNotebooks(project, own)).toEqual([]);
  writeFileSync(file(own), written(["1"], { ...ran, metadata: { trusted: true } }));
  writeFileSync(file(project), written(["2"]));
  expect(copyNotebooks(project, own)).toEqual([]);
  expect(readFileSync(file(own), "utf8")).toContain('"2"');
  writeFileSync(file(own), written(["mine"]));
  expect(copyNotebooks(project, own)).toEqual([]);
  writeFileSync(file(project), written(["3"]));
  expect(copyNotebooks(project, own)).toEqual(["01-a.ipynb"]);
  expect(readFileSync(file(own), "utf8")).toContain("mine");

  writeFileSync(
    file(own),
    written([
      'await open("a");',
      "await both(sql`select email from users where id = ${1}`);\nawait both(sql`select state from licenses`);",
      "await both(sql`select count(*) from ${table}`);",
    ]).replace('"id":"c2","metadata":{}', '"id":"c2","metadata":{"tags":["parameters"]}'),
  );
  const linted = await runbook(["check", file(own)]);
  expect([linted.status, linted.stdout.replaceAll(/^\S+01-a/gm, "01-a")]).toEqual([
    1,
    "01-a.ipynb: cell 3, line 1: The last cell does not close: write await close().\n01-a.ipynb: cell 3, line 1: A parameters cell declares parameters and nothing else: move this elsewhere.\n01-a.ipynb: cell 2, line 1: users.email is personal and would be shown: leave it out, count it, or ask for it masked.\n1 notebook, 3 problems.\n",
  ]);
});
