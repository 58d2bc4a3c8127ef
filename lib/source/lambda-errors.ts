import { QueryError, RunbookError, type Fault } from "../errors";
import type { Side } from "../ledger";
import { readSurroundings } from "../settings";
import { explainCondition, tellCondition } from "./sqlstate";
import type { Read } from "./connection";
import { stripDetails } from "./retry";
import { isUntrusted } from "./postgres-errors";

/** What AWS said instead of invoking the function, in one sentence with what to try. */
export function explainAws(side: Side, functionName: string, error: unknown): Error {
  if (error instanceof RunbookError) return error;
  const {
    name = "",
    message = "",
    code = "",
    retryAfterSeconds,
  } = (error ?? {}) as { name?: string; message?: string; code?: string; retryAfterSeconds?: string };
  const [fault, reason] = explainByMessage(message) ??
    explainByCertificate(code, message) ??
    network[code] ??
    listRefusals(functionName, `RUNBOOK_${side.toUpperCase()}`)[name] ??
    (name === "SyntaxError"
      ? [
          "service failed",
          "what answered at the AWS endpoint is not AWS's own answer (a proxy, or an outage): ask again, " +
            "and check AWS_ENDPOINT_URL and HTTPS_PROXY.",
        ]
      : undefined) ?? [
      "service failed",
      `AWS answered ${name || "with an error"}: check the function's state with phase 0, and ask again.`,
    ];
  return new QueryError(side, reason, undefined, {
    cause: stripDetails(error),
    fault,
    retryAfter: Number(retryAfterSeconds) || undefined,
  });
}

type Told = [fault: Fault, reason: string];

const expired: Told = [
  "credentials expired",
  "the AWS credentials have expired: sign in again (aws sso login), or set AWS_PROFILE.",
];
const unknownKeys: Told = [
  "credentials refused",
  "AWS does not know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.",
];
const tooLarge: Told = ["request too large", "the statement is larger than the 6 MB that Lambda takes: shorten it."];
const cut: Told = ["connection cut", "the connection to AWS was cut: ask again."];

function explainByMessage(message: string): Told | undefined {
  if (/Region is missing/.test(message))
    return ["no region", "no AWS region is set: set AWS_REGION (CredentialMate's is us-east-1)."];
  if (/SSO session|sso login|SSO token/i.test(message)) return expired;
  return undefined;
}

/**
 * A certificate that this machine does not trust: a proxy of the company, most likely, which puts its own in AWS's
 * place.
 */
function explainByCertificate(code: string, message: string): Told | undefined {
  if (isUntrusted(code))
    return [
      "not reached",
      "the certificate at the AWS endpoint is not one that this machine trusts (a company's proxy?): name " +
        "its CA's file in NODE_EXTRA_CA_CERTS.",
    ];
  if (/CERT|certificate/.test(`${code} ${message}`))
    return [
      "not reached",
      "the certificate at the AWS endpoint is not valid for it: check AWS_ENDPOINT_URL and HTTPS_PROXY.",
    ];
  return undefined;
}

const network: Record<string, Told> = {
  ECONNREFUSED: [
    "not reached",
    "nothing answers at the AWS endpoint: check AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL and the network.",
  ],
  ENOTFOUND: [
    "not reached",
    "the AWS endpoint is not known: check AWS_REGION, AWS_ENDPOINT_URL_LAMBDA and the network.",
  ],
  EAI_AGAIN: ["not reached", "the AWS endpoint could not be looked up: check the network."],
  ETIMEDOUT: ["no answer in time", "AWS did not answer in time: check the network, a VPN or proxy."],
  ECONNRESET: cut,
  EPIPE: cut,
};

function listRefusals(functionName: string, setting: string): Record<string, Told> {
  const profile = readSurroundings().AWS_PROFILE;
  const vpc = (what: string): Told => [
    "function's network",
    `the Lambda ${what}: check its VPC's subnets, security groups and limits (phase 0 shows them), then ask again.`,
  ];
  const key = (what: string): Told => [
    "function unusable",
    `the Lambda cannot decrypt its environment (${what}): check its KMS key and its role's kms:Decrypt.`,
  ];
  const broken = (what: string): Told => [
    "function unusable",
    `the Lambda cannot be run (${what}): deploy it again, or look at its state in the AWS console.`,
  ];
  return {
    CredentialsProviderError: [
      "no credentials",
      profile
        ? `the AWS configuration has no profile ${profile} with credentials: correct AWS_PROFILE (aws ` +
          `configure list-profiles names those that are there).`
        : "no AWS credentials were found: set AWS_PROFILE, or run aws configure (aws sso login for single sign-on).",
    ],
    ResourceNotFoundException: [
      "function absent",
      `there is no Lambda function ${functionName} in this account and region: check AWS_PROFILE, ` +
        `AWS_REGION and ${setting}.`,
    ],
    AccessDeniedException: [
      "access denied",
      `AWS denies the call to ${functionName}: ask for lambda:InvokeFunction and ` +
        `lambda:GetFunctionConfiguration, or set AWS_PROFILE.`,
    ],
    AccessDenied: ["access denied", "AWS denies the call: check AWS_PROFILE and its permissions."],
    UnrecognizedClientException: unknownKeys,
    InvalidClientTokenId: unknownKeys,
    MissingAuthenticationTokenException: ["no credentials", "the call carried no AWS credentials: set AWS_PROFILE."],
    InvalidSignatureException: [
      "credentials refused",
      "AWS did not accept the signature: check AWS_SECRET_ACCESS_KEY and this machine's clock.",
    ],
    SignatureDoesNotMatch: [
      "credentials refused",
      "AWS did not accept the signature: check AWS_SECRET_ACCESS_KEY and this machine's clock.",
    ],
    ExpiredTokenException: expired,
    ExpiredToken: expired,
    TooManyRequestsException: [
      "throttled",
      "the Lambda is throttled: other callers use up its concurrency; ask again later.",
    ],
    ThrottlingException: ["throttled", "AWS throttles these calls: ask again later."],
    EC2ThrottledException: ["throttled", "the Lambda's network was throttled while it started: ask again later."],
    RequestEntityTooLargeException: tooLarge,
    RequestTooLargeException: tooLarge,
    InvalidRequestContentException: [
      "request refused",
      "AWS did not take the request's content: check what stands between here and AWS (a proxy).",
    ],
    ResourceConflictException: ["function changing", "the Lambda is being updated: ask again in a minute."],
    ResourceNotReadyException: [
      "function changing",
      "the Lambda is inactive, or about to become active again: ask again in a minute.",
    ],
    ENINotReadyException: [
      "function changing",
      "the Lambda's network interface is not ready yet: ask again in a minute.",
    ],
    ENILimitReachedException: vpc("cannot get a network interface"),
    SubnetIPAddressLimitReachedException: vpc("cannot get an address: its subnets have none left"),
    InvalidSubnetIDException: vpc("names a subnet that is not there"),
    InvalidSecurityGroupIDException: vpc("names a security group that is not there"),
    EC2AccessDeniedException: vpc("may not manage network interfaces: its role lacks ec2:CreateNetworkInterface"),
    EC2UnexpectedException: vpc("could not get its network ready"),
    KMSAccessDeniedException: key("access to the key is denied"),
    KMSDisabledException: key("the key is disabled"),
    KMSInvalidStateException: key("the key is in a state that does not allow it"),
    KMSNotFoundException: key("the key is not there"),
    InvalidRuntimeException: broken("its runtime is not supported"),
    InvalidZipFileException: broken("its package cannot be unpacked"),
    ServiceException: [
      "service failed",
      "AWS Lambda failed for reasons of its own: ask again; its health is shown at health.aws.amazon.com.",
    ],
    TimeoutError: ["no answer in time", "AWS did not answer in time: check the network, a VPN or proxy."],
  };
}

/** What the function itself said, in one sentence with what to try. `log` is the last of its log. */
export function explainFunction(
  side: Side,
  body: Record<string, unknown>,
  log = "",
  { text: statement, names }: Pick<Read, "text" | "names"> = { text: "" },
): QueryError {
  const type = String(body.errorType ?? "");
  const message = String(body.errorMessage ?? body.error ?? body.message ?? "");
  const [fault, reason] = explainSandbox(type, message, log) ?? [];
  if (fault)
    return new QueryError(side, reason!, fault === "function timed out" ? "query_canceled" : undefined, { fault });
  const condition = chooseCondition(type, message);
  const told = explainCondition(condition, message);
  if (told) return new QueryError(side, told[1], condition, { fault: told[0] });
  if (condition === "connection_failure")
    return new QueryError(
      side,
      "the Lambda could not reach its database: check its VPC configuration and security groups (phase 0 shows them).",
      condition,
      { fault: "server gone" },
    );
  const python = [
    "Exception",
    "ValueError",
    "KeyError",
    "TypeError",
    "IndexError",
    "AttributeError",
    "RuntimeError",
    "OverflowError",
    "MemoryError",
    "NameError",
  ].includes(type);
  // psycopg2 writes the place below the message, and what a function was doing
  const complaint = {
    message,
    placed: /\nLINE \d+: /.test(message) && !/\n(CONTEXT|QUERY):/.test(message),
    statement,
    names,
  };
  if (python)
    return new QueryError(
      side,
      `the Lambda's own program failed (${type}): look at its log in CloudWatch.`,
      undefined,
      { fault: type === "MemoryError" ? "function out of memory" : "function failed" },
    );
  return new QueryError(side, tellCondition(condition || "unknown error", complaint), condition || undefined);
}

/** What Lambda says where the function did not come to its end. */
function explainSandbox(type: string, message: string, log: string): Told | undefined {
  const timeout = /Task timed out after ([\d.]+) seconds/.exec(message);
  if (timeout)
    return ["function timed out", `the Lambda was cut off after ${timeout[1]} s: aggregate, filter, or add a LIMIT.`];
  if (type === "Function.ResponseSizeTooLarge" || /Response payload size/.test(message))
    return ["answer too large", "the answer is larger than a Lambda may give (6 MB): aggregate, or add a LIMIT."];
  if (/^Runtime\.OutOfMemory/.test(type) || /signal: killed/.test(message) || isOutOfMemory(log))
    return [
      "function out of memory",
      "the Lambda ran out of memory: aggregate, add a LIMIT, or give the function more.",
    ];
  if (/ImportModuleError|HandlerNotFound|UserCodeSyntaxError/.test(type))
    return [
      "function not importable",
      `the Lambda's own program could not be loaded (${type}): deploy it again with its packages.`,
    ];
  if (/^Runtime\.MarshalError/.test(type))
    return [
      "function failed",
      "the Lambda could not write its answer as JSON: cast the columns to text, or look at its log in CloudWatch.",
    ];
  if (/^(Runtime|Sandbox|Extension)\./.test(type))
    return ["function crashed", `the Lambda's own program failed (${type}): look at its log in CloudWatch.`];
  return undefined;
}

function isOutOfMemory(log: string): boolean {
  const [, size, used] = /Memory Size: (\d+) MB\tMax Memory Used: (\d+) MB/.exec(log) ?? [];
  return size !== undefined && size === used && /Status: error|Runtime exited/.test(log);
}

/**
 * PostgreSQL's name of an error from psycopg2's class of it, or from the message where a handler has caught the class
 * away.
 */
function chooseCondition(type: string, message: string): string {
  const lost =
    /could not connect|Connection refused|timeout expired|closed the connection unexpectedly|closed unexpectedly|connection already closed/;
  const known = inferred.find(([pattern]) => pattern.test(message))?.[1];
  const named = /^(OperationalError|ProgrammingError|DatabaseError|InternalError|InterfaceError|Exception|)$/.test(type)
    ? ""
    : type.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  if (named) return named;
  return known ?? (/^(OperationalError|InterfaceError)$/.test(type) || lost.test(message) ? "connection_failure" : "");
}

const inferred: [RegExp, string][] = [
  [/^relation "[^"]*" does not exist/, "undefined_table"],
  [/^column \S+ does not exist/, "undefined_column"],
  [/^function .* does not exist/, "undefined_function"],
  [/^permission denied/, "insufficient_privilege"],
  [/^cannot execute .* in a read-only transaction/, "read_only_sql_transaction"],
  [/^canceling statement due to (statement timeout|user request)/, "query_canceled"],
  [/too many (clients|connections)|remaining connection slots/, "too_many_connections"],
  [/the database system is (starting up|shutting down|in recovery)/, "cannot_connect_now"],
  [/terminating connection due to administrator command/, "admin_shutdown"],
  [/^deadlock detected/, "deadlock_detected"],
  [/^could not serialize access|due to conflict with recovery/, "serialization_failure"],
  [/^out of shared memory/, "out_of_memory"],
];
