import type { Handler } from "./function";
import type { Credentials } from "./signature";

/** One Lambda function in one AWS account, as far as the runbook asks about it. */
export interface Account extends Credentials {
  account: string;
  function: string;
  handler: Handler;
  /** The function's environment, where a real one keeps its database's password. */
  variables: Record<string, string>;
  /** Milliseconds that each invocation is away, for benches. */
  latency?: number;
}

/** What goes back over HTTP. */
export interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** An error of the Lambda API's, by its name. */
export function failure(name: string, message: string): Answer {
  const { status, key, type } = failures[name];
  return { status, headers: { "X-Amzn-Errortype": name }, body: JSON.stringify({ Type: type, [key]: message }) };
}

// Lambda writes "Message" where the request is at fault and "message" where it is not; the SDK reads both.
const failures: Record<string, { status: number; key: "Message" | "message"; type?: string }> = {
  ResourceNotFoundException: { status: 404, key: "Message", type: "User" },
  AccessDeniedException: { status: 403, key: "Message" },
  MissingAuthenticationTokenException: { status: 403, key: "message" },
  UnrecognizedClientException: { status: 403, key: "message" },
  InvalidSignatureException: { status: 403, key: "message" },
  InvalidRequestContentException: { status: 400, key: "message", type: "User" },
  RequestEntityTooLargeException: { status: 413, key: "Message", type: "User" },
  UnknownOperationException: { status: 404, key: "Message" },
  ServiceException: { status: 500, key: "Message", type: "Service" },
};

/** The function's full name. */
export function arnOf({ region, account, function: name }: Account): string {
  return `arn:aws:lambda:${region}:${account}:function:${name}`;
}

/** The full name of the user whose keys the demo hands out. */
export function userOf({ account }: Account): string {
  return `arn:aws:iam::${account}:user/runbook-demo`;
}

/** The function's limits. */
export const limits = { seconds: 300, megabytes: 512, request: 6_291_456, response: 6_291_556 };
