import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startDemo, type Demo } from "./demo";
import { openSource, type Source, type SourceOptions } from "./guard/door";
import { loadColumns } from "./guard/guard";
import type { Side } from "./ledger";
import type { Revisions } from "./alembic/history";
import { readRevisions } from "./alembic/revision";
import type { Settings } from "./settings";
import { parseAddress, type Address } from "./source/address";
import type { Endpoint } from "./source/connection";

/** Both sides, ready to be asked, and what was started for them. */
export interface Sources {
  production: Source;
  local: Source;
  close(): Promise<void>;
}

/** Opens both sides. A demo address starts the demo's servers, and hands over to the same sources as every other address. */
export async function openSources(settings: Settings, onQuery?: SourceOptions["onQuery"], onAlarm?: SourceOptions["onAlarm"]): Promise<Sources> {
  const addresses = { production: parseAddress(settings.production, "RUNBOOK_PRODUCTION"), local: parseAddress(settings.local, "RUNBOOK_LOCAL") };
  const columns = loadColumns(settings.columns);
  const demo = await demoFor(settings);
  // in no file and no environment: hashes of one opening say nothing in another
  const shared = { columns, key: randomBytes(24).toString("hex"), safeRole: settings.safeRole, hidesSmall: settings.smallGroups === "hide", account: settings.account, onQuery, onAlarm };
  const open = async (side: Side) => {
    const { address, endpoint, shownAs } = resolve(addresses[side], demo);
    return openSource(side, address, { ...shared, endpoint, shownAs });
  };
  try {
    const production = await open("production");
    const local = await open("local");
    return {
      production,
      local,
      async close() {
        await Promise.all([production.close(), local.close()]);
        await demo?.stop();
      },
    };
  } catch (error) {
    await demo?.stop();
    throw error;
  }
}

/** The demo, where one of the two addresses is the demo's: the one that runs already, or one that is started now and that the caller stops. */
export async function demoFor({ production, local, demo }: Settings): Promise<Demo | undefined> {
  const asked = parseAddress(production, "RUNBOOK_PRODUCTION").kind === "demo" || parseAddress(local, "RUNBOOK_LOCAL").kind === "demo";
  return asked ? startDemo(demo) : undefined;
}

/** The Alembic revisions of the settings' folder; the demo's, where none is set. */
export async function openRevisions({ migrations }: Pick<Settings, "migrations">): Promise<Revisions> {
  return readRevisions(migrations ?? join(__dirname, "demo", "world", "versions"));
}

function resolve(address: Address, demo?: Demo): { address: Exclude<Address, { kind: "demo" }>; endpoint?: Endpoint; shownAs?: string } {
  if (address.kind !== "demo") return { address };
  const { local, function: name, endpoint, region, accessKeyId, secretAccessKey } = demo!;
  const shownAs = `demo:${address.side}`;
  if (address.side === "local") return { address: { kind: "postgres", url: local }, shownAs };
  return { address: { kind: "lambda", function: name }, endpoint: { endpoint, region, credentials: { accessKeyId, secretAccessKey } }, shownAs };
}
