import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Guard from "../lib/guard/judge";
import { attacks, costly, hidden, implicit, leaks, small } from "./guard/attacks";
import { library, openHostile, type Hostile } from "./guard/hostile";

let hostile: Hostile;
beforeAll(async () => void (hostile = await openHostile()));
afterAll(() => hostile?.close());

const folder = join(library, "guard");

/** What a rule is turned into when it is taken out: a refusal that does not refuse, a check that lets through. */
const without: Record<string, string> = {
  refuse: "ignored",
  hide: "ignored",
  keepPersonal: "letThrough",
  requireClean: "first",
  requireNotMade: "first",
  checkDeciding: "traceValue",
  checkOperand: "traceValue",
  checkEqual: "letThrough",
  requireNotOverloaded: "ignored",
  requireNotOverloadedJoin: "ignored",
  requireReadable: "first",
};
const stand = `const ignored = () => undefined; const first = (it) => it; const letThrough = () => ({ taint: "clean", of: "", counted: false });\n`;

/** Refusals that no text can reach, because the grammar or another step comes first; they stand for the day on which that changes. */
const spare: [file: string, line: RegExp][] = [
  // The grammar lists no expression, entry of FROM or part of a list that these do not know.
  ["lineage/expressions.ts", /cannot follow/],
  ["lineage/expressions.ts", /A subquery must be/],
  ["lineage/query.ts", /of a kind that|cannot be read: write|must be a SELECT|may only name a SELECT/],
  ["lineage/scope.ts", /A bare \* stands/],
  ["ast.ts", /types\.length > 1|isPart\(statement\)|part that the runbook does not know/],
  ["judge.ts", /unwrap\(tree\) \?\?/],
  ["relations.ts", /not a SELECT|other columns than it shows/],
  // The walk refuses the same statements, in the same words.
  ["judge.ts", /kinds\.get\(asked\.type\)/],
  // A function that takes personal values apart is refused as a function.
  ["lineage/expressions.ts", /taken apart"\), \.\.\.traceIndices\(steps\.slice\(1\)/],
  // These keep the guard from being kept busy, or from breaking; guard.test.ts has statements for them.
  ["lineage/query.ts", /work\.left/],
  ["ast.ts", /grammar could not read/],
];

interface Site {
  file: string;
  at: number;
  call: string;
  line: string;
}

test("taking out any one rule lets an attack through, or leaves it to another rule that gives another reason", async () => {
  const usual = await verdicts(undefined);
  const [survivors, through] = [[] as string[], [] as string[]];
  for (const site of sites()) {
    const expected = spare.find(([file, line]) => file === site.file && line.test(site.line));
    const seen = await differs(site, usual);
    if (seen === "let through") through.push(site.line);
    if (seen === "unseen" && expected === undefined) survivors.push(`${site.file}: ${site.call}: ${site.line}`);
  }
  expect(survivors).toEqual([]);
  expect(through.length).toBeGreaterThan(70);
}, 600_000);

function sites(): Site[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) =>
      /^(ast|walk|rules|sizes|relations|limits|overloads|keyed-hash|judge|qualify|small-groups|forms|definitions|lineage\/(scope|query|expressions|links|traits))\.ts$/.test(
        name,
      ),
    )
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      return [...text.matchAll(new RegExp(`(?<!function |\\.)\\b(${Object.keys(without).join("|")})\\(`, "g"))].map(
        (match) => ({
          file,
          at: match.index as number,
          call: match[1],
          line: statementAt(text, match.index),
        }),
      );
    });
}

/** The lines from the one that holds the call to the end of its statement, as one. */
function statementAt(text: string, at: number): string {
  return text
    .slice(text.lastIndexOf("\n", at) + 1, text.indexOf(";", at) + 1 || undefined)
    .replace(/\s+/g, " ")
    .trim();
}

/** What the guard says of every attack; "" where it lets it through. */
async function verdicts(site: Site | undefined): Promise<string[]> {
  const judge = await judgeWithout(site);
  return cases().map(([statement, context]) => judge(statement, context));
}

/** Whether the attacks notice that a rule is gone: guard.test.ts holds each to its reason. */
async function differs(site: Site, usual: string[]): Promise<"let through" | "another reason" | "unseen"> {
  const judge = await judgeWithout(site);
  let other = false;
  for (const [index, [statement, context]] of cases().entries()) {
    const reason = judge(statement, context);
    if (reason === "" && usual[index] !== "") return "let through";
    other ||= reason !== usual[index];
  }
  return other ? "another reason" : "unseen";
}

async function judgeWithout(site: Site | undefined): Promise<(statement: string, context: Guard.Context) => string> {
  const { judge, loadGuard } = load(site);
  await loadGuard();
  return (statement, context) => {
    try {
      return judge(statement, context).reason;
    } catch {
      return "broken";
    }
  };
}

let all: [string, Guard.Context][] | undefined;

function cases(): [string, Guard.Context][] {
  const { catalog, columns } = hostile;
  const each = (groups: Record<string, string[]>, contexts: Guard.Context[]) =>
    Object.values(groups)
      .flat()
      .flatMap((statement) => contexts.map((context): [string, Guard.Context] => [statement, context]));
  // An operator = of somebody's own: nearly every statement would be in doubt, so the hostile database has none.
  const equals = {
    columns,
    catalog: {
      ...catalog,
      operators: [
        { name: "=", left: "N", right: "S", shadows: false },
        { name: "=", left: "S", right: "S", shadows: true },
      ],
    },
  };
  const doubtful = [
    "select count(*) from licenses where id = state",
    "select id = any (select status from licenses) from licenses",
    "select count(*) from licenses join dea_registrations using (state)",
    "select (state, status) is distinct from (status, state) from licenses",
    `select ${"case ".repeat(13)}1${" when 1 then 1 when 2 then 2 end".repeat(13)}`,
  ];
  // The operator = of an extension's type beside one of somebody's own.
  const citext = {
    columns,
    catalog: {
      ...equals.catalog,
      extensionOperators: ["="],
      relations: catalog.relations.map((relation) => ({
        ...relation,
        columns: relation.columns.map((column) => ({ ...column, extension: column.name === "state" })),
      })),
    },
  };
  // An implicit cast of somebody's own needs a superuser, and would leave little to ask: the hostile database has none.
  const casting = { columns, catalog: { ...catalog, implicitCasts: 1 } };
  return (all ??= [
    ...implicit.map((statement): [string, Guard.Context] => [statement, casting]),
    ...Object.values(costly).map(({ most, statement }): [string, Guard.Context] => [statement(most + 1), { columns }]),
    ...doubtful.map((statement): [string, Guard.Context] => [statement, equals]),
    ...small.map((statement): [string, Guard.Context] => [
      statement.replaceAll("sizes_counted", "license_summary").replaceAll("sizes", "licenses"),
      { catalog, columns, hideSmall: true },
    ]),
    ["select id from licenses where state = 'CA'", citext],
    ["select 1 from pg_class join pg_type using (oid)", { trust: "catalogue" }],
    ...each(attacks, [{ columns }, { catalog, columns }]),
    ...each(leaks, [{ columns }, { catalog, columns }]),
    ...each(hidden, [{ catalog, columns }]),
    ["select id, unnest(string_to_array(email, '.')) from users", { catalog, columns, mask: true }],
    ["select * from pg_authid", { trust: "catalogue" }],
    ["select 1 as " + "x".repeat(20_001), {}],
    [7 as unknown as string, {}],
  ]);
}

/** The guard's own sources, compiled anew with one rule taken out. */
function load(site: Site | undefined): typeof Guard {
  const loaded = new Map<string, { exports: unknown }>();
  const requireFile = (path: string): unknown => {
    const known = loaded.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const mutated = site !== undefined && path === join(folder, site.file);
    const native = createRequire(path);
    const requireFrom = (name: string) =>
      name.startsWith(".") ? requireFile(`${join(dirname(path), name)}.ts`) : native(name);
    new Function("exports", "require", "module", "__dirname", mutated ? compiled(path, site) : compiled(path))(
      module.exports,
      requireFrom,
      module,
      dirname(path),
    );
    return module.exports;
  };
  return requireFile(join(folder, "judge.ts")) as typeof Guard;
}

const cache = new Map<string, string>();

function compiled(path: string, site?: Site): string {
  const known = site === undefined ? cache.get(path) : undefined;
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  const changed =
    site === undefined
      ? text
      : stand + text.slice(0, site.at) + without[site.call] + text.slice(site.at + site.call.length);
  const script = ts.transpileModule(changed, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
  }).outputText;
  if (site === undefined) cache.set(path, script);
  return script;
}
