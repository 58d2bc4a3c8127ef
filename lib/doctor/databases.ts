import { RunbookError } from "../errors";
import { sides } from "../ledger";
import { openSources, tryServer } from "../open";
import type { Settings } from "../settings";
import { sql } from "../sql";
import { tryCheck, reportBroken, note, type Diagnosis } from "./check";

/** The demo's PostgreSQL; where no demo is compared it is only worth a note. */
export async function checkServer({ production, local }: Settings): Promise<Diagnosis> {
  const found = await tryCheck("demo", "npm ci --include=optional", () => tryServer());
  const needed = [production, local].some((address) => address.startsWith("demo:"));
  return found.state === "broken" && !needed
    ? note(found.about, `${found.says} (Neither side is the demo.)`, found.mend)
    : found;
}

/**
 * One question to each side; of a Lambda also how it writes its answers, found out with a probe whose answer is
 * known.
 */
export async function checkAnswers(settings: Settings): Promise<Diagnosis[]> {
  const mend = (side: string) => `npx runbook query --on ${side} --version`;
  try {
    const sources = await openSources(settings);
    try {
      return await Promise.all(
        sides.map((side) =>
          tryCheck(`${side} answers`, mend(side), async () => {
            const { columns, cells, milliseconds } = await sources[side].ask(sql.identity);
            const value = (name: string) =>
              cells[0]?.[columns.findIndex((column) => column.name === name)] ?? "nothing";
            const [, shape] = (await sources[side].probe()).find(([fact]) => fact === "answers") ?? [];
            return (
              `database ${value("database")} as ${value("role")}, after ${milliseconds} ` +
              `ms${shape ? `; ${shape}` : ""}`
            );
          }),
        ),
      );
    } finally {
      await sources.close();
    }
  } catch (error) {
    if (error instanceof RunbookError)
      return [reportBroken("both sides", error.message, "npx runbook query --on both --version")];
    throw error;
  }
}
