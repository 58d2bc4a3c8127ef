import { RunbookError } from "../errors";
import { projectFolder, readSettings, surroundings, type Flags, type Settings } from "../settings";
import { broken, type Diagnosis } from "./check";
import { frontendChecks } from "./frontends";
import { packageChecks, thisInstallation } from "./packages";

export type { Diagnosis } from "./check";

/** Looks at everything that is known to go wrong. `ask` also asks both sides one question, which starts the demo where it is compared. */
export async function examine(flags: Flags, ask: boolean): Promise<Diagnosis[]> {
  const found = await packageChecks(thisInstallation(projectFolder));
  found.push(...frontendChecks(projectFolder, surroundings(), process.getuid?.() === 0));
  const settings = trySettings(flags);
  if (!("production" in settings)) return [...found, settings];
  if (isBroken(found)) return found;
  // what follows needs the packages that were looked at above
  const { surroundingChecks } = await import("./surroundings");
  const { answerChecks, serverCheck } = await import("./databases");
  found.push(...(await surroundingChecks(settings, surroundings())), await serverCheck(settings));
  return ask && !isBroken(found) ? [...found, ...(await answerChecks(settings))] : found;
}

function isBroken(found: Diagnosis[]): boolean {
  return found.some(({ state }) => state === "broken");
}

function trySettings(flags: Flags): Settings | Diagnosis {
  try {
    return readSettings(flags);
  } catch (error) {
    if (error instanceof RunbookError)
      return broken("settings", error.message, "unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL");
    throw error;
  }
}
