import { family } from "../alembic/effect";
import type { Side } from "../ledger";
import { recommend, type Recommendation } from "../schema/ddl/recommend";
import { makeDriftKey } from "../schema/drift";
import { writeAdoption } from "./adoption";
import type { PlanInput } from "./context";
import { describeLocks } from "./locks";
import { order } from "./repair";
import type { Plan, Sizes, Step } from "./step";

/**
 * What no revision explains: take it back (a comment, unless chosen), or adopt it in a migration whose text is
 * written out.
 */
export async function makeChoiceSteps(
  side: Side,
  choices: Recommendation[],
  { snapshots, revisions }: PlanInput,
  sizes: Sizes,
): Promise<{ steps: Step[]; migrations: Plan["migrations"] }> {
  if (choices.length === 0) return { steps: [], migrations: [] };
  const other = side === "production" ? "local" : "production";
  const theirs = await recommend(other, snapshots.production, snapshots.local);
  const groups = new Map<string, Recommendation[]>();
  for (const one of choices) {
    const key = one.table ?? one.name;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const steps: Step[] = [];
  const migrations: Plan["migrations"] = [];
  let heads = revisions.heads;
  for (const [name, group] of groups) {
    const keys = new Set(group.map(makeDriftKey));
    const isTable = group.some(({ kind }) => family(kind) === "table");
    const adopting = order(
      theirs
        .filter(
          (one) =>
            keys.has(makeDriftKey(one)) ||
            (isTable && (one.table === name || (one.kind === "sequence" && one.sql.includes(`."${name}".`)))),
        )
        .flatMap((one) => one.statements),
    ).map((sql) => sql.replace(/^-- (?!Perhaps)/gm, "").replace(/ INDEX CONCURRENTLY /, " INDEX "));
    const back = group.flatMap(({ statements }) => statements);
    const migration = writeAdoption(name, adopting, back, heads);
    heads = [migration.id];
    migrations.push(migration);
    steps.push({
      id: `choice/${name}`,
      kind: "choice",
      title: `Choose: adopt ${name} in a migration, or take it back`,
      why:
        `No revision explains ${group.map(({ about }) => about).join(", ")}: somebody made it by hand in ` +
        `${side}. To adopt it, put plan/migrations/${migration.file} among the revisions, stamp it in ${side} ` +
        `and upgrade ${other}. To take it back, remove the comment signs here.`,
      statements: back.map((sql) => sql.replace(/^-- (?!Perhaps)/gm, "")),
      locks: describeLocks(
        back.map((sql) => sql.replace(/^-- /gm, "")),
        sizes,
      ),
      couldFail: [...new Set(group.map(({ hazard }) => hazard))].join(" "),
      verify: "npx runbook drift no longer lists it.",
      undo: isTable
        ? "-- there is none for the rows: keep a dump of the table first"
        : `-- the statements of plan/migrations/${migration.file}`,
      isOptional: true,
    });
  }
  return { steps, migrations };
}
