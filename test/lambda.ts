import { serveAccount } from "../lib/demo/endpoint";
import { sqlFunction, type Handler, type Login } from "../lib/demo/function";
import type { Endpoint } from "../lib/source/connection";
import { openSource, type Source, type SourceOptions } from "../lib/source/guarded";

/** The account of the tests' Lambda. */
export const account = {
  region: "us-east-1",
  accessKeyId: "DEMOKEY",
  secretAccessKey: "demo",
  account: "051826703172",
  function: "credmate-rds-sql-api",
};

/** A Lambda over one database, at an endpoint on loopback. */
export interface TestLambda {
  /** The address of the endpoint. */
  url: string;
  endpoint: Endpoint;
  /** Production's source through it. */
  open(options: Omit<SourceOptions, "endpoint">): Promise<Source>;
  stop(): Promise<void>;
}

/** `around` wraps the function's handler: to count, to keep, to wait. */
export async function startLambda(
  login: Login,
  around: (handler: Handler) => Handler = (handler) => handler,
  variables: Record<string, string> = {},
): Promise<TestLambda> {
  const { handler, stop: stopFunction } = sqlFunction(login);
  const { endpoint: url, stop: stopEndpoint } = await serveAccount({
    ...account,
    handler: around(handler),
    variables,
    latency: 0,
  });
  const endpoint = { endpoint: url, region: account.region, credentials: account };
  return {
    url,
    endpoint,
    open: (options) =>
      openSource("production", { kind: "lambda", function: account.function }, { ...options, endpoint }),
    stop: async () => void (await Promise.all([stopEndpoint(), stopFunction()])),
  };
}
