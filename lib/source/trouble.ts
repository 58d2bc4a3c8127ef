import { QueryError, RunbookError } from "../errors";
import type { Side } from "../ledger";
import { conditions, tellCondition } from "./conditions";

/** What went wrong on the way to PostgreSQL, in one sentence with what to try. */
export function explainPostgres(side: Side, url: string, error: unknown): Error {
  if (error instanceof RunbookError) return error;
  const setting = `RUNBOOK_${side.toUpperCase()}`;
  const { code = "", message = "", hostname } = (error ?? {}) as { code?: string; message?: string; hostname?: string };
  const { host, pathname, username } = new URL(url);
  const database = pathname.slice(1);
  const sentences: Record<string, string> = {
    ECONNREFUSED: `nothing answers at ${host || "the local socket"}: start PostgreSQL there (docker compose up -d postgres), or change ${setting}.`,
    ENOTFOUND: `the host ${hostname ?? host} is not known: check ${setting}.`,
    EAI_AGAIN: `the host ${hostname ?? host} could not be looked up: check the network and ${setting}.`,
    ETIMEDOUT: `${host} did not answer in time: check the network, a VPN or firewall, and ${setting}.`,
    ECONNRESET: `the connection to ${host} was cut: check that PostgreSQL still runs, and ask again.`,
    "28P01": `the password of ${username || "this user"} was not accepted: set PGPASSWORD or a .pgpass file, or correct ${setting}.`,
    "28000": `${username || "this user"} may not connect to ${database}: check pg_hba.conf, sslmode and ${setting}.`,
    "3D000": `there is no database ${database} at ${host}: create it, or correct ${setting}.`,
    "53300": `the server has no connection left: close some, or ask again later.`,
    "57014": `the query ran longer than it may (statement timeout): aggregate, filter, or add a LIMIT.`,
    "57P01": `the server ended the connection: check that PostgreSQL at ${host} is running, and ask again.`,
    "57P03": `PostgreSQL at ${host} is starting or stopping: ask again in a moment.`,
    "42501": `${tellCondition("insufficient_privilege", message)}: grant SELECT to ${username || "this role"}.`,
  };
  const reason =
    sentences[code] ??
    (/timeout expired|timed? ?out/i.test(message) ? sentences.ETIMEDOUT : undefined) ??
    (/Connection terminated|not queryable/.test(message) ? sentences["57P01"].replace("ended", "closed") : undefined) ??
    (/password must be a string|SASL/.test(message) ? sentences["28P01"] : undefined) ??
    (/SSL/.test(message) ? `${message}: set sslmode in ${setting}.` : undefined) ??
    (/^[0-9A-Z]{5}$/.test(code) ? tellCondition(conditions[code] ?? `SQLSTATE ${code}`, message) : `PostgreSQL could not be asked (${code || (error as Error).name}): check ${setting}.`);
  return new QueryError(side, reason, conditions[code], { cause: withoutDetails(error) });
}

/** What AWS said instead of invoking the function, in one sentence with what to try. */
export function explainAws(side: Side, functionName: string, error: unknown): Error {
  if (error instanceof RunbookError) return error;
  const { name = "", message = "", code = "" } = (error ?? {}) as { name?: string; message?: string; code?: string };
  const expired = "the AWS credentials have expired: sign in again (aws sso login), or set AWS_PROFILE.";
  const sentences: Record<string, string> = {
    CredentialsProviderError: `no AWS credentials were found: set AWS_PROFILE, or run aws configure (aws sso login for single sign-on).`,
    ResourceNotFoundException: `there is no Lambda function ${functionName} in this account and region: check AWS_PROFILE, AWS_REGION and RUNBOOK_${side.toUpperCase()}.`,
    AccessDeniedException: `AWS denies the call to ${functionName}: ask for lambda:InvokeFunction and lambda:GetFunctionConfiguration, or set AWS_PROFILE.`,
    AccessDenied: `AWS denies the call: check AWS_PROFILE and its permissions.`,
    UnrecognizedClientException: `AWS does not know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.`,
    InvalidClientTokenId: `AWS does not know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.`,
    MissingAuthenticationTokenException: `the call carried no AWS credentials: set AWS_PROFILE.`,
    InvalidSignatureException: `AWS did not accept the signature: check AWS_SECRET_ACCESS_KEY and this machine's clock.`,
    ExpiredTokenException: expired,
    ExpiredToken: expired,
    TooManyRequestsException: `the Lambda is throttled: other callers use up its concurrency; ask again later.`,
    RequestEntityTooLargeException: `the statement is larger than the 6 MB that Lambda takes: shorten it.`,
    RequestTooLargeException: `the statement is larger than the 6 MB that Lambda takes: shorten it.`,
    ResourceConflictException: `the Lambda is being updated: ask again in a minute.`,
    ENILimitReachedException: `the Lambda cannot get a network interface: check its VPC's limits and subnets.`,
    EC2AccessDeniedException: `the Lambda may not manage network interfaces: check its role and VPC configuration.`,
    TimeoutError: `AWS did not answer in time: check the network, a VPN or proxy.`,
  };
  const network: Record<string, string> = {
    ECONNREFUSED: `nothing answers at the AWS endpoint: check AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL and the network.`,
    ENOTFOUND: `the AWS endpoint is not known: check AWS_REGION, AWS_ENDPOINT_URL_LAMBDA and the network.`,
    EAI_AGAIN: `the AWS endpoint could not be looked up: check the network.`,
    ECONNRESET: `the connection to AWS was cut: ask again.`,
  };
  const reason =
    (/Region is missing/.test(message) ? "no AWS region is set: set AWS_REGION (CredentialMate's is us-east-1)." : undefined) ??
    (/SSO session|sso login/.test(message) ? expired : undefined) ??
    network[code] ??
    sentences[name] ??
    `AWS answered ${name || "with an error"}: check the function's state with phase 0, and ask again.`;
  return new QueryError(side, reason, undefined, { cause: withoutDetails(error) });
}

/** What the function itself said, in one sentence with what to try. */
export function explainFunction(side: Side, body: Record<string, unknown>): QueryError {
  const type = String(body.errorType ?? "");
  const message = String(body.errorMessage ?? body.error ?? "");
  const timeout = /Task timed out after ([\d.]+) seconds/.exec(message);
  if (timeout) return new QueryError(side, `the Lambda was cut off after ${timeout[1]} s: aggregate, filter, or add a LIMIT.`, "query_canceled");
  if (type === "Function.ResponseSizeTooLarge" || /Response payload size/.test(message))
    return new QueryError(side, "the answer is larger than a Lambda may give (6 MB): aggregate, or add a LIMIT.");
  if (/^Runtime\./.test(type)) return new QueryError(side, `the Lambda's own program failed (${type}): look at its log in CloudWatch.`);
  if (/^OperationalError$|could not connect|Connection refused|timeout expired/.test(`${type} ${message}`))
    return new QueryError(side, "the Lambda could not reach its database: check its VPC configuration and security groups (phase 0 shows them).", "connection_failure");
  const condition = type.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  if (condition === "query_canceled") return new QueryError(side, "the query ran longer than it may (statement timeout): aggregate, filter, or add a LIMIT.", condition);
  return new QueryError(side, tellCondition(condition || "unknown error", message), condition);
}

/** Not a refusal but a full house: worth asking again. */
export function isThrottled(error: unknown): boolean {
  const { name = "" } = error as Error;
  return ["TooManyRequestsException", "EC2ThrottledException", "ENINotReadyException", "ResourceNotReadyException"].includes(name);
}

/** An error's name and code, without the message and detail, which can hold a row's values or a secret. */
function withoutDetails(error: unknown): Error {
  const { name = "Error", code = "" } = (error ?? {}) as { name?: string; code?: string };
  const bare = new Error(code || name);
  bare.stack = undefined;
  return bare;
}

