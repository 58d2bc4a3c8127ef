import type { Fault } from "../../lib/errors";
import {
  anotherAnswer,
  aws,
  changed,
  cutBeforeAnswer,
  cutInAnswer,
  functionError,
  late,
  raw,
  type HttpFault,
} from "./http";
import type { WireFault } from "./wire";

interface Expected {
  /** What the error is called where the fault stays. Absent where it is no error. */
  fault?: Fault;
  /** Whether the question is asked again, so that a fault that passes is not noticed. */
  passes: boolean;
}

const again = (fault: Fault): Expected => ({ fault, passes: true });
const never = (fault: Fault): Expected => ({ fault, passes: false });
const notAnError: Expected = { passes: true };

const user = (Message: string) => ({ Type: "User", Message });
const throttled = (Reason: string) =>
  aws("TooManyRequestsException", 429, { Reason, Type: "User", message: "Rate Exceeded." });
const service502 = (name: string) => aws(name, 502, user("The function could not be run."));
const python = (errorType: string, errorMessage: string) =>
  functionError({
    errorMessage,
    errorType,
    requestId: "0",
    stackTrace: ['  File "/var/task/lambda_function.py", line 63, in run\n'],
  });
const connection = 'connection to server at "db.internal" (10.0.3.7), port 5432 failed: ';

/** The faults of the way through the Lambda, each with what must come of it. Bodies are AWS' and psycopg2's own, as far as they are published. */
export const lambdaFaults: Record<string, [HttpFault, Expected]> = {
  "throttled: reserved concurrency": [
    throttled("ReservedFunctionConcurrentInvocationLimitExceeded"),
    again("throttled"),
  ],
  "throttled: the account's concurrency": [throttled("ConcurrentInvocationLimitExceeded"), again("throttled")],
  "throttled: the rate of calls": [throttled("FunctionInvocationRateLimitExceeded"), again("throttled")],
  "throttled, with Retry-After": [
    aws(
      "TooManyRequestsException",
      429,
      { Reason: "CallerRateLimitExceeded", Type: "User", message: "Rate Exceeded." },
      { "retry-after": "0" },
    ),
    again("throttled"),
  ],
  "a cold start": [late(1500), notAnError],
  "a cut before the answer": [cutBeforeAnswer, again("connection cut")],
  "a cut in mid-answer": [cutInAnswer, again("connection cut")],
  "a time-out after 300 s": [
    functionError({
      errorType: "Sandbox.Timedout",
      errorMessage: "RequestId: 7 Error: Task timed out after 300.00 seconds",
    }),
    never("function timed out"),
  ],
  "a time-out, in the older words": [
    functionError({ errorMessage: "2020-11-10T05:46:57.874Z 7 Task timed out after 3.07 seconds" }),
    never("function timed out"),
  ],
  "out of memory": [
    functionError({
      errorType: "Runtime.OutOfMemory",
      errorMessage: "RequestId: 7 Error: Runtime exited with error: signal: killed",
    }),
    never("function out of memory"),
  ],
  "out of memory, by the log": [
    functionError(
      { errorType: "Runtime.ExitError", errorMessage: "RequestId: 7 Error: Runtime exited without providing a reason" },
      "REPORT RequestId: 7\tDuration: 10 ms\tMemory Size: 512 MB\tMax Memory Used: 512 MB\tStatus: error\n",
    ),
    never("function out of memory"),
  ],
  "a crash of the runtime": [
    functionError({
      errorType: "Runtime.ExitError",
      errorMessage: "RequestId: 7 Error: Runtime exited with error: exit status 1",
    }),
    again("function crashed"),
  ],
  "an import error": [
    functionError({
      errorType: "Runtime.ImportModuleError",
      errorMessage: "Unable to import module 'lambda_function': No module named 'psycopg2._psycopg'",
    }),
    never("function not importable"),
  ],
  "a handler that is not there": [
    functionError({
      errorType: "Runtime.HandlerNotFound",
      errorMessage: "Handler 'lambda_handler' missing on module 'lambda_function'",
    }),
    never("function not importable"),
  ],
  "an answer that Python cannot write": [
    functionError({
      errorType: "Runtime.MarshalError",
      errorMessage: "Unable to marshal response: Object of type datetime is not JSON serializable",
    }),
    never("function failed"),
  ],
  "an unhandled exception": [python("KeyError", "'query'"), never("function failed")],
  "a handled exception": [
    raw(JSON.stringify({ statusCode: 500, body: JSON.stringify({ error: 'relation "nowhere" does not exist' }) })),
    never("refused by the server"),
  ],
  "an answer too large for Lambda": [
    functionError({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }),
    again("answer too large"),
  ],
  "a request too large": [
    aws("RequestEntityTooLargeException", 413, {
      Message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    }),
    never("request too large"),
  ],
  "access denied": [
    aws("AccessDeniedException", 403, {
      Message: "User: arn:aws:iam::1:user/x is not authorized to perform: lambda:InvokeFunction",
    }),
    never("access denied"),
  ],
  "an expired token": [
    aws("ExpiredTokenException", 403, { message: "The security token included in the request is expired" }),
    never("credentials expired"),
  ],
  "keys that AWS does not know": [
    aws("UnrecognizedClientException", 403, { message: "The security token included in the request is invalid." }),
    never("credentials refused"),
  ],
  "a wrong signature": [
    aws("InvalidSignatureException", 403, { message: "Signature expired" }),
    never("credentials refused"),
  ],
  "a function that is not there": [
    aws("ResourceNotFoundException", 404, user("Function not found: arn:aws:lambda:us-east-1:1:function:x")),
    never("function absent"),
  ],
  "a function that is being updated": [
    aws(
      "ResourceConflictException",
      409,
      user("The operation cannot be performed at this time. The function is currently in the following state: Pending"),
    ),
    again("function changing"),
  ],
  "an inactive function": [service502("ResourceNotReadyException"), again("function changing")],
  "a network interface that is not ready": [service502("ENINotReadyException"), again("function changing")],
  "no network interface left": [service502("ENILimitReachedException"), again("function's network")],
  "no address left in the subnet": [service502("SubnetIPAddressLimitReachedException"), again("function's network")],
  "a network that is throttled": [service502("EC2ThrottledException"), again("throttled")],
  "a role without network rights": [service502("EC2AccessDeniedException"), again("function's network")],
  "a security group that is gone": [service502("InvalidSecurityGroupIDException"), again("function's network")],
  "a key that is denied": [service502("KMSAccessDeniedException"), never("function unusable")],
  "a package that cannot be unpacked": [service502("InvalidZipFileException"), never("function unusable")],
  "a failure of the service": [
    aws("ServiceException", 500, { Type: "Service", Message: "Internal" }),
    again("service failed"),
  ],
  "an outage behind a proxy": [
    (response) =>
      void response
        .writeHead(503, { "content-type": "text/html" })
        .end("<html><body>503 Service Temporarily Unavailable</body></html>"),
    again("service failed"),
  ],
  "malformed JSON": [changed((body) => body.slice(0, -20)), again("answer unreadable")],
  "an empty answer": [raw(""), again("answer unreadable")],
  "an answer of an unknown shape": [
    raw('{"ok": true, "payload": {"cols": ["a"], "values": [["secret of a row"]]}}'),
    never("answer of an unknown shape"),
  ],
  "the answer to another question": [anotherAnswer, again("answer to another question")],
  "a database that refuses the Lambda": [
    python(
      "OperationalError",
      `${connection}Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n`,
    ),
    again("server gone"),
  ],
  "a database that the Lambda cannot reach": [
    python("OperationalError", `${connection}timeout expired\n`),
    again("server gone"),
  ],
  "too many connections": [
    python("OperationalError", `${connection}FATAL:  sorry, too many clients already\n`),
    again("too many connections"),
  ],
  "a database that starts up": [
    python("OperationalError", `${connection}FATAL:  the database system is starting up\n`),
    again("server starting"),
  ],
  "an idle disconnect": [
    python(
      "OperationalError",
      "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n",
    ),
    again("server gone"),
  ],
  "a connection ended by an administrator": [
    python(
      "AdminShutdown",
      "terminating connection due to administrator command\nSSL connection has been closed unexpectedly\n",
    ),
    again("server gone"),
  ],
  "a statement time-out": [
    python("QueryCanceled", "canceling statement due to statement timeout\n"),
    never("statement timeout"),
  ],
  "a query cancelled by an administrator": [
    python("QueryCanceled", "canceling statement due to user request\n"),
    never("cancelled"),
  ],
  "a deadlock": [
    python("DeadlockDetected", "deadlock detected\nDETAIL:  Process 1 waits for AccessShareLock\n"),
    again("deadlock"),
  ],
  "out of shared memory": [
    python("OutOfMemory", "out of shared memory\nHINT:  You might need to increase max_locks_per_transaction.\n"),
    again("out of shared memory"),
  ],
  "a serialization failure": [
    python("SerializationFailure", "could not serialize access due to concurrent update\n"),
    again("serialization failure"),
  ],
  "a locked table": [python("LockNotAvailable", "canceling statement due to lock timeout\n"), again("locked")],
};

const server = (code: string, message: string, expected: Expected): [WireFault, Expected] => [
  { kind: "error", code, message },
  expected,
];

/** The faults of the way to PostgreSQL over the wire. */
export const wireFaults: Record<string, [WireFault, Expected]> = {
  "a cut before the statement": [{ kind: "cut", when: "before" }, again("server gone")],
  "a cut in mid-answer": [{ kind: "cut", when: "in the answer" }, again("server gone")],
  "a restart": [{ kind: "away", milliseconds: 400 }, again("server gone")],
  "too many connections at login": [
    { kind: "login", code: "53300", message: "sorry, too many clients already" },
    again("too many connections"),
  ],
  "a server that starts up": [
    { kind: "login", code: "57P03", message: "the database system is starting up" },
    again("server starting"),
  ],
  "a connection ended by an administrator": [
    { kind: "error", code: "57P01", message: "terminating connection due to administrator command", fatal: true },
    again("server gone"),
  ],
  "a crash of another process": [
    {
      kind: "error",
      code: "57P02",
      message: "terminating connection because of crash of another server process",
      fatal: true,
    },
    again("server gone"),
  ],
  "a statement time-out": server("57014", "canceling statement due to statement timeout", never("statement timeout")),
  "a query cancelled by an administrator": server(
    "57014",
    "canceling statement due to user request",
    never("cancelled"),
  ),
  "a deadlock": server("40P01", "deadlock detected", again("deadlock")),
  "a serialization failure": server(
    "40001",
    "could not serialize access due to read/write dependencies among transactions",
    again("serialization failure"),
  ),
  "out of shared memory": server("53200", "out of shared memory", again("out of shared memory")),
  "a locked table": server("55P03", "canceling statement due to lock timeout", again("locked")),
  "a full disk": server("53100", "could not write to file: No space left on device", never("refused by the server")),
  "a right taken away": server("42501", "permission denied for table users", never("refused by the server")),
  "a damaged page": server("XX001", "invalid page in block 7 of relation base/1/2", never("refused by the server")),
};
