import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Account, Answer, failure, limits } from "./account";
import { jsonString, PythonError } from "./python";

/** Lambda's Invoke: runs the function once, and answers in the words of the service. */
export async function invocation(account: Account, body: Buffer, headers: IncomingHttpHeaders): Promise<Answer> {
  if (body.length > limits.request)
    return failure(
      "RequestEntityTooLargeException",
      `Request must be smaller than ${limits.request} bytes for the InvokeFunction operation`,
    );
  let event: Record<string, unknown>;
  try {
    event = (JSON.parse(body.toString() || "{}") ?? {}) as Record<string, unknown>;
  } catch (error) {
    return failure(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  const requestId = randomUUID();
  const executed = { "x-amzn-RequestId": requestId, "X-Amz-Executed-Version": "$LATEST" };
  if (headers["x-amz-invocation-type"] === "DryRun") return { status: 204, headers: executed };
  await sleep(account.latency ?? 0);
  const running = execution(account, event, requestId);
  if (headers["x-amz-invocation-type"] === "Event") return { status: 202, headers: executed };
  const { payload, failed, log } = await running;
  return {
    status: 200,
    body: payload,
    headers: {
      ...executed,
      ...(failed && { "X-Amz-Function-Error": "Unhandled" }),
      ...(headers["x-amz-log-type"] === "Tail" && {
        "X-Amz-Log-Result": Buffer.from(log).subarray(-4096).toString("base64"),
      }),
    },
  };
}

/** One run of the function: what it answers, and what CloudWatch would keep of it. */
async function execution(
  { handler }: Account,
  event: Record<string, unknown>,
  requestId: string,
): Promise<{ payload: string; failed: boolean; log: string }> {
  const begun = performance.now();
  let said = "";
  const limit = new AbortController();
  const outcome = await Promise.race([
    handler(event),
    sleep(limits.seconds * 1000, undefined, { signal: limit.signal, ref: false }).then(timedOut(requestId)),
  ])
    .then(fitting)
    .catch((error: unknown) => {
      said = `[ERROR] ${(error as PythonError).type}: ${(error as Error).message}\n`;
      return { payload: exception(error, requestId), failed: true };
    });
  limit.abort();
  const milliseconds = performance.now() - begun;
  const report = [
    `Duration: ${milliseconds.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(milliseconds)} ms`,
    `Memory Size: ${limits.megabytes} MB`,
    "Max Memory Used: 87 MB",
  ];
  const log =
    `START RequestId: ${requestId} Version: $LATEST\n${said}END RequestId: ${requestId}\nREPORT RequestId: ` +
    `${requestId}\t${report.join("\t")}\t\n`;
  return { ...outcome, log };
}

function timedOut(requestId: string) {
  return (): never => {
    throw new PythonError(
      "Sandbox.Timedout",
      `RequestId: ${requestId} Error: Task timed out after ${limits.seconds.toFixed(2)} seconds`,
    );
  };
}

function fitting(payload: string): { payload: string; failed: boolean } {
  if (payload.length <= limits.response) return { payload, failed: false };
  throw new PythonError(
    "Function.ResponseSizeTooLarge",
    `Response payload size exceeded maximum allowed payload size (${limits.response} bytes).`,
  );
}

function exception(error: unknown, requestId: string): string {
  const { type, message } = error instanceof PythonError ? error : new PythonError("RuntimeError", String(error));
  // What Lambda itself says of a function has no stack.
  if (type.includes(".")) return `{"errorType":${jsonString(type)},"errorMessage":${jsonString(message)}}`;
  const stack = [
    '  File "/var/task/lambda_function.py", line 41, in lambda_handler\n    return run(event)\n',
    '  File "/var/task/lambda_function.py", line 63, in run\n    cursor.execute(statement)\n',
  ];
  return (
    `{"errorMessage": ${jsonString(message)}, "errorType": ${jsonString(type)}, "requestId": "${requestId}", ` +
    `"stackTrace": [${stack.map(jsonString).join(", ")}]}`
  );
}
