import { RunbookError } from "../errors";
import { projectFolder, readSettings, readSurroundings, type Flags, type Settings } from "../settings";
import { reportBroken, type Diagnosis } from "./check";
import { checkFrontends } from "./frontends";
import { checkPackages, readInstallation } from "./packages";

export type { Diagnosis } from "./check";

/**
 * Looks at everything that is known to go wrong. `ask` also asks both sides one question, which starts the demo where
 * it is compared.
 */
export async function runChecks(flags: Flags, ask: boolean): Promise<Diagnosis[]> {
  const found = await checkPackages(readInstallation(projectFolder));
  found.push(...checkFrontends(projectFolder, readSurroundings(), process.getuid?.() === 0));
  const settings = trySettings(flags);
  if (!("production" in settings)) return [...found, settings];
  if (isBroken(found)) return found;
  // what follows needs the packages that were looked at above
  const { checkSurroundings: surroundingChecks } = await import("./surroundings");
  const { checkAnswers: answerChecks, checkServer: serverCheck } = await import("./databases");
  found.push(...(await surroundingChecks(settings, readSurroundings())), await serverCheck(settings));
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
      return reportBroken("settings", error.message, "unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL");
    throw error;
  }
}
