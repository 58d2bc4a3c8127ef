import type { Client } from "pg";
import { startServer } from "../lib/demo/postgres";
import type { SafeColumns } from "../lib/guard/safe-columns";
import { openSource, type Source } from "../lib/source/guarded";
import type { QueryRecord, Side } from "../lib/ledger";
import { makeBudget } from "../lib/source/budget";
import type { Endpoint } from "../lib/source/connection";
import { newDatabase } from "./databases";
import { account, startLambda } from "./lambda";

/** Two databases of one server, one behind a Lambda and one over the wire, and a superuser in each. */
export interface Sides {
  sources: Record<Side, Source>;
  clients: Record<Side, Client>;
  /** Every query that was sent. */
  queries: QueryRecord[];
  /** The bodies that the Lambda answered with. */
  answers: string[];
  /** What another process needs to ask the same two. */
  addresses: Addresses;
  close(): Promise<void>;
}

export interface Addresses {
  function: string;
  endpoint: Endpoint;
  production: string;
  local: string;
}

/** `local` says how local's database is made: `encoding LATIN1 template template0`; `binaries`, of which version its server is, if not of production's. */
export async function openSides(columns: SafeColumns, settings = "", local = "", binaries?: string): Promise<Sides> {
  const server = await startServer();
  const other = binaries === undefined ? server : await startServer({ binaries });
  const { host, port, user, password } = server;
  const clients = {
    production: await newDatabase(server, "production"),
    local: await newDatabase(other, "local", "", local),
  };
  const answers: string[] = [];
  const lambda = await startLambda(
    { host, port, user, password, database: "production" },
    (handler) => async (event) => {
      const answer = await handler(event);
      answers.push(answer);
      return answer;
    },
  );
  const queries: QueryRecord[] = [];
  const onQuery = (query: QueryRecord) => void queries.push(query);
  const address = `${other.address("local")}${settings && `?options=${encodeURIComponent(settings)}`}`;
  const addresses = {
    function: account.function,
    endpoint: lambda.endpoint,
    production: server.address("production"),
    local: address,
  };
  const sources = await openBoth(addresses, columns, onQuery);
  const close = async () => {
    await Promise.all([
      sources.production.close(),
      sources.local.close(),
      lambda.stop(),
      clients.production.end(),
      clients.local.end(),
    ]);
    await server.stop();
    if (other !== server) await other.stop();
  };
  return { sources, clients, queries, answers, addresses, close };
}

/** The two sources of these addresses: production through the Lambda, local over the wire. */
export async function openBoth(
  { function: name, endpoint, local }: Addresses,
  columns: SafeColumns,
  onQuery?: (query: QueryRecord) => void,
): Promise<Record<Side, Source>> {
  return {
    production: await openSource(
      "production",
      { kind: "lambda", function: name },
      { columns, onQuery, endpoint, budget: makeBudget({ invocations: 1_000_000, bytes: 1e12 }) },
    ),
    local: await openSource("local", { kind: "postgres", url: local }, { columns, onQuery }),
  };
}
