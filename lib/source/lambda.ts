import { randomBytes } from "node:crypto";
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import type { Budget, Cost } from "./budget";
import { extractRegion } from "./address";
import {
  requireAnswer,
  requireSeal,
  writeCanary,
  type Connection,
  type Endpoint,
  type LambdaModule,
  type Read,
} from "./connection";
import { makeInterruptedError, retryTransient } from "./retry";
import { readReply, tellShape, type Reply, type Shape } from "./reply";
import { explainAws, explainFunction } from "./lambda-errors";
import { catalogFirst, sessionSettings } from "./envelope";
import { writeSalt } from "../sql/salt";

/**
 * What a synchronous call of up to five minutes needs: no attempt that the runbook does not know of, a time limit
 * that throws, and a connection that a NAT does not forget.
 */
const agent = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 8 };
const transport = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: 330_000,
    throwOnRequestTimeout: true,
    httpsAgent: agent,
    httpAgent: agent,
  },
};

/**
 * PostgreSQL behind the SQL Lambda. The payload has the key `query` and no other: with `sql` the function would
 * write.
 */
export function connectLambda(
  side: Side,
  functionName: string,
  timeoutSeconds: number,
  budget: Budget,
  endpoint?: Endpoint,
): Connection {
  const client = new LambdaClient({ ...findRegion(functionName), ...endpoint, ...transport });
  client.middlewareStack.add(
    (next) => (args) => {
      requireQueryAlone((args.input as { Payload?: Uint8Array }).Payload);
      return next(args);
    },
    { step: "initialize", name: "requireQueryAlone" },
  );
  // the client's configuration does not know what AWS_ENDPOINT_URL has made of it, but each request does
  let called: Called | undefined;
  client.middlewareStack.add(
    (next) => (args) => {
      called = args.request as Called;
      return next(args);
    },
    { step: "finalizeRequest", name: "noteEndpoint" },
  );
  const settings = writeSettings(timeoutSeconds);
  let stop = new AbortController();
  let failures = 0;
  let underWay = 0;

  /** One invocation. What it cost is counted whether or not it answered. */
  async function invoke(
    read: Pick<Read, "text" | "columns" | "secret" | "names">,
    signal = stop.signal,
  ): Promise<Reply & Cost & { requestId?: string }> {
    const { text, columns, secret } = read;
    const command = new InvokeCommand({
      FunctionName: functionName,
      Payload: makePayload(`${settings} ${secret === undefined ? "" : `${writeSalt(secret)}; `}${text}`),
      LogType: "Tail",
    });
    const cost = { received: 0, inFunction: 0 };
    await budget.take(side);
    underWay++;
    const { response, body, log } = await call(command, signal, cost).finally(() => {
      underWay--;
      budget.give(cost);
    });
    const reply = readReply(side, body, response.FunctionError !== undefined, columns);
    if ("complaint" in reply) throw explainFunction(side, reply.complaint, log, read);
    return { ...reply, ...cost, invocations: 1, requestId: response.$metadata.requestId };
  }

  async function call(command: InvokeCommand, signal: AbortSignal, cost: Required<Omit<Cost, "invocations">>) {
    // whoever was stopped while it waited for its turn sends nothing
    if (signal.aborted) throw makeInterruptedError(side);
    const response = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      throw signal.aborted ? makeInterruptedError(side) : explainAws(side, functionName, error);
    });
    const body = response.Payload?.transformToString() ?? "";
    const log = Buffer.from(response.LogResult ?? "", "base64").toString();
    cost.received = Buffer.byteLength(body);
    cost.inFunction = Number(/\tDuration: ([\d.]+) ms/.exec(log)?.[1] ?? 0);
    return { response, body, log };
  }

  /** The same, asked again where that is worth it. */
  async function ask(read: Pick<Read, "text" | "columns" | "nonce" | "secret" | "names">) {
    const { signal } = stop;
    let invocations = 0;
    const once = async () => {
      if (signal.aborted) throw makeInterruptedError(side);
      invocations++;
      const answer = await invoke(read, signal);
      requireAnswer(read, answer.rows, side);
      return answer;
    };
    try {
      const answer = await retryTransient(once, signal, () => failures > 1);
      failures = 0;
      return { ...answer, invocations };
    } catch (error) {
      if (error instanceof QueryError && !error.condition) failures++;
      throw error;
    }
  }

  return {
    binds: false,
    room: { bytes: 4_000_000 },
    async send(read: Read) {
      requireSeal(read, side);
      return ask(read);
    },
    async probe() {
      return [["answers", tellShape(await probeShape(side, ask))]];
    },
    async proveReadOnly() {
      // were the write not refused, the nonce would come back: anything else is the answer to another question, and proves
      // nothing
      const nonce = `q${randomBytes(9).toString("hex")}`;
      const canary = { text: `${writeCanary}; select '${nonce}' as nonce`, columns: ["nonce"], nonce };
      const refused = await ask(canary).then(
        () => undefined,
        (error: unknown) => error as QueryError,
      );
      if (refused?.condition === "read_only_sql_transaction") return refused.message;
      throw (
        refused ??
        new QueryError(
          side,
          "a write was not refused: the Lambda's session is not read-only. Do not go on; ask for a role " +
            "that can only read.",
        )
      );
    },
    async route() {
      const [identity, configuration, shape] = await Promise.all([
        readCallerIdentity(side, functionName, endpoint),
        client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })).catch((error: unknown) => {
          throw explainAws(side, functionName, error);
        }),
        probeShape(side, ask).then(tellShape),
      ]);
      // only what is named here is shown: the configuration also holds the function's environment, and the database's
      // password with it
      return [
        ["account", identity],
        ["region", await client.config.region()],
        ["endpoint", describeEndpoint(called, endpoint)],
        ["function", configuration.FunctionArn ?? functionName],
        ["state", configuration.State ?? ""],
        ["last update", configuration.LastUpdateStatus ?? ""],
        ["runtime", configuration.Runtime ?? ""],
        ["timeout", `${configuration.Timeout} s`],
        ["memory", `${configuration.MemorySize} MB`],
        ["VPC", configuration.VpcConfig?.VpcId || "none"],
        ["subnets", configuration.VpcConfig?.SubnetIds?.join(", ") ?? ""],
        ["security groups", configuration.VpcConfig?.SecurityGroupIds?.join(", ") ?? ""],
        ["answers", shape],
      ];
    },
    cancel() {
      // the function goes on without us, until the statement timeout that was sent along ends its query
      stop.abort();
      stop = new AbortController();
      return underWay
        ? `${side}: a Lambda that was called cannot be stopped; its query goes on there for at most ` +
            `${timeoutSeconds} s (statement timeout), unheard.`
        : undefined;
    },
    async close() {
      client.destroy();
    },
  };
}

/** An ARN is called in its own region, whatever AWS_REGION says. */
function findRegion(functionName: string): { region?: string } {
  const region = extractRegion(functionName);
  return region === undefined ? {} : { region };
}

/** The AWS account that the credentials belong to. */
export async function readCallerIdentity(side: Side, functionName: string, endpoint?: Endpoint): Promise<string> {
  const client = new STSClient({ ...findRegion(functionName), ...endpoint, maxAttempts: 3 });
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Account ?? "";
  } catch (error) {
    throw explainAws(side, functionName, error);
  } finally {
    client.destroy();
  }
}

/** A question whose answer is known, and every kind of value in it that functions write differently. */
const probe = {
  nonce: "q-probe",
  columns: ["kind", "nonce", "whole", "exact", "truth", "nothing", "float", "percent", "text"],
};
const probeText =
  `select 'probe' as kind, '${probe.nonce}' as nonce, 42 as whole, 1.10::numeric as exact, true as truth, ` +
  `null::pg_catalog.text as nothing, 'NaN'::pg_catalog.float8 as float, '%%' as percent, U&'\\00e9\\+01f600' ` +
  `as text`;

/**
 * The shape of the function's answers. Throws a QueryError where the probe's answer is not the known one, and names
 * what is wrong with it.
 */
async function probeShape(
  side: Side,
  ask: (read: Pick<Read, "text" | "columns" | "nonce">) => Promise<Reply>,
): Promise<Shape> {
  const { shape, rows } = await ask({ text: probeText, ...probe });
  const [, , whole, exact, truth, nothing, float, percent, text] = rows[0];
  const known: Record<string, boolean> = {
    "a whole number": Number(whole) === 42,
    "a numeric": Number(exact) === 1.1,
    "a boolean": /^t(rue)?$/i.test(String(truth)),
    "a null": nothing === null || nothing === "None",
    "not a number": float === null || /^nan$/i.test(String(float)),
    "a per cent sign": percent === "%%",
    "text beyond ASCII": text === "é😀",
  };
  const wrong = Object.keys(known).filter((what) => !known[what]);
  if (wrong.length)
    throw new QueryError(
      side,
      `the Lambda does not give back what it was asked for (${wrong.join(", ")}): look at how it writes its ` +
        `answers before trusting one.`,
      undefined,
      { fault: "answer of an unknown shape" },
    );
  return { ...shape, numerics: typeof exact === "number" ? "numbers" : "text" };
}

/** One transaction, one text: the settings stand before the read, and hold for it alone. */
function writeSettings(timeoutSeconds: number): string {
  const settings = { ...sessionSettings, statement_timeout: `${timeoutSeconds}s` };
  return [
    "set transaction read only;",
    ...Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}';`),
    `${catalogFirst};`,
  ].join(" ");
}

function makePayload(query: string): Uint8Array {
  return Buffer.from(JSON.stringify({ query }));
}

/** The last line of defence: an invocation whose payload holds any key but `query` does not leave. */
function requireQueryAlone(payload?: Uint8Array): void {
  if (payload && Object.keys(JSON.parse(Buffer.from(payload).toString())).join() !== "query")
    throw new RunbookError("A payload with another key than `query` was stopped: with `sql` the Lambda would write.");
}

interface Called {
  protocol: string;
  hostname: string;
  port?: number;
}

/**
 * Where the calls really go: AWS, or what AWS_ENDPOINT_URL or a configuration file has put in its place without a
 * word.
 */
function describeEndpoint(called?: Called, own?: Endpoint): string {
  if (!called || /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(called.hostname)) return "AWS";
  const url = `${called.protocol}//${called.hostname}${called.port ? `:${called.port}` : ""}`;
  return own ? url : `${url}, as AWS_ENDPOINT_URL or the AWS configuration has it`;
}

// `guarded.ts` loads this module by a path that TypeScript does not follow: here it sees that the names are right
({ connectLambda, readCallerIdentity }) satisfies LambdaModule;
