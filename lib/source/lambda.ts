import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import { requireSeal, writeCanary, type Connection, type Endpoint, type Read } from "./connection";
import { explainAws, explainFunction, isThrottled } from "./trouble";
import { sessionSettings } from "./wire";

/** PostgreSQL behind the SQL Lambda. The payload has the key `query` and no other: with `sql` the function would write. */
export function connectLambda(side: Side, functionName: string, timeoutSeconds: number, endpoint?: Endpoint): Connection {
  const client = new LambdaClient({ ...endpoint, maxAttempts: 1, requestHandler: { connectionTimeout: 5_000, requestTimeout: 330_000, throwOnRequestTimeout: true } });
  client.middlewareStack.add(
    (next) => (args) => {
      requireQueryAlone((args.input as { Payload?: Uint8Array }).Payload);
      return next(args);
    },
    { step: "initialize", name: "requireQueryAlone" },
  );
  const settings = settingsText(timeoutSeconds);

  async function invoke(text: string): Promise<{ rows: unknown; requestId?: string }> {
    const response = await patiently(() => client.send(new InvokeCommand({ FunctionName: functionName, Payload: payload(`${settings} ${text}`), LogType: "Tail" }))).catch(
      (error: unknown) => {
        throw explainAws(side, functionName, error);
      },
    );
    const body = readBody(side, response.Payload?.transformToString() ?? "");
    if (response.FunctionError || "errorMessage" in body || "error" in body) throw explainFunction(side, body);
    return { rows: body.rows, requestId: response.$metadata.requestId };
  }

  return {
    binds: false,
    async send(read: Read) {
      requireSeal(read, side);
      const { rows, requestId } = await invoke(read.text);
      return { rows: listRows(side, rows), requestId };
    },
    async proveReadOnly() {
      const refused = await invoke(writeCanary).then(() => undefined, (error: unknown) => error as QueryError);
      if (refused?.condition === "read_only_sql_transaction") return refused.message;
      throw refused ?? new QueryError(side, "a write was not refused: the Lambda's session is not read-only. Do not go on; ask for a role that can only read.");
    },
    async route() {
      const identity = await callerIdentity(side, functionName, endpoint);
      const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })).catch((error: unknown) => {
        throw explainAws(side, functionName, error);
      });
      // only what is named here is shown: the configuration also holds the function's environment, and the database's password with it
      return [
        ["account", identity],
        ["region", await client.config.region()],
        ["endpoint", await endpointShown(client)],
        ["function", configuration.FunctionArn ?? functionName],
        ["state", configuration.State ?? ""],
        ["last update", configuration.LastUpdateStatus ?? ""],
        ["runtime", configuration.Runtime ?? ""],
        ["timeout", `${configuration.Timeout} s`],
        ["memory", `${configuration.MemorySize} MB`],
        ["VPC", configuration.VpcConfig?.VpcId || "none"],
        ["subnets", configuration.VpcConfig?.SubnetIds?.join(", ") ?? ""],
        ["security groups", configuration.VpcConfig?.SecurityGroupIds?.join(", ") ?? ""],
      ];
    },
    async close() {
      client.destroy();
    },
  };
}

/** The AWS account that the credentials belong to. */
export async function callerIdentity(side: Side, functionName: string, endpoint?: Endpoint): Promise<string> {
  const client = new STSClient({ ...endpoint, maxAttempts: 2 });
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Account ?? "";
  } catch (error) {
    throw explainAws(side, functionName, error);
  } finally {
    client.destroy();
  }
}

/** One transaction, one text: the settings stand before the read, and hold for it alone. */
function settingsText(timeoutSeconds: number): string {
  const settings = { ...sessionSettings, statement_timeout: `${timeoutSeconds}s` };
  return ["set transaction read only;", ...Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}';`)].join(" ");
}

function payload(query: string): Uint8Array {
  return Buffer.from(JSON.stringify({ query }));
}

/** The last line of defence: an invocation whose payload holds any key but `query` does not leave. */
function requireQueryAlone(payload?: Uint8Array): void {
  if (payload && Object.keys(JSON.parse(Buffer.from(payload).toString())).join() !== "query")
    throw new RunbookError("A payload with another key than `query` was stopped: with `sql` the Lambda would write.");
}

/** A read that was throttled, or sent before the function's network was ready, is asked again twice, later. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await send();
    } catch (error) {
      if (attempt === 3 || !isThrottled(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** attempt * (0.5 + Math.random())));
    }
}

interface Body extends Record<string, unknown> {
  rows?: unknown;
}

/** The function's answer, bare or in an API Gateway envelope. */
function readBody(side: Side, text: string): Body {
  const body = parse(side, text);
  return typeof body.body === "string" ? parse(side, body.body) : body;
}

function parse(side: Side, text: string): Body {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return body as Body;
  } catch {
    // said below
  }
  throw new QueryError(side, `the Lambda's answer (${text.length} characters) is not the JSON object that it was expected to be.`);
}

/** The answer's rows as lists, in the order in which they were asked for, whether the function gives lists or objects. */
function listRows(side: Side, rows: unknown): unknown[][] {
  if (Array.isArray(rows) && rows.every((row) => typeof row === "object" && row !== null)) return rows.map((row: object) => (Array.isArray(row) ? row : Object.values(row)));
  throw new QueryError(side, "the Lambda's answer has no rows in a shape that is known: check that it is the SQL Lambda.");
}

async function endpointShown(client: LambdaClient): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  return endpoint ? `${endpoint.protocol}//${endpoint.hostname}${endpoint.port ? `:${endpoint.port}` : ""}` : "AWS";
}
