import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Account, Answer, arnOf, failure, limits, userOf } from "./account";
import { identity } from "./identity";
import { invocation } from "./invocation";
import { refusal } from "./signature";

/** Answers on loopback as AWS does: Lambda's Invoke and GetFunctionConfiguration, and STS' GetCallerIdentity. */
export async function serveAccount(account: Account): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    respond(account, request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else send(response, failure("ServiceException", error.message));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function respond(account: Account, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const refused = refusal(request, body, account);
  const path = (request.url ?? "").split("?")[0];
  if (request.method === "POST" && path === "/") return send(response, identity(account, body, refused));
  if (refused) return send(response, failure(refused.name, refused.message));
  const [, name, operation] = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/.exec(path) ?? [];
  if (!name) return send(response, failure("UnknownOperationException", "Unknown operation"));
  const absent = unknownFunction(account, decodeURIComponent(name));
  if (absent) return send(response, absent);
  if (request.method === "GET" && operation === "configuration") return send(response, configuration(account));
  send(response, await invocation(account, body, request.headers));
}

function send(response: ServerResponse, { status, body = "", headers = {} }: Answer): void {
  const requestId = headers["x-amzn-RequestId"] ?? randomUUID();
  response
    .writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      ...headers,
      "x-amzn-RequestId": requestId,
    })
    .end(body);
}

function unknownFunction(account: Account, name: string): Answer | undefined {
  const [region, owner, plain] =
    /^(?:arn:aws:lambda:([^:]+):(\d+):function:|(?:\d+:function:)?)([\w-]+)(?::[\w$-]+)?$/.exec(name)?.slice(1) ?? [];
  const arn = arnOf({
    ...account,
    account: owner ?? account.account,
    region: region ?? account.region,
    function: plain ?? name,
  });
  if (region && region !== account.region)
    return failure(
      "ResourceNotFoundException",
      `Functions from '${region}' are not reachable in this region ('${account.region}')`,
    );
  if (owner && owner !== account.account)
    return failure(
      "AccessDeniedException",
      `User: ${userOf(account)} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} ` +
        `because no resource-based policy allows the lambda:InvokeFunction action`,
    );
  return plain === account.function ? undefined : failure("ResourceNotFoundException", `Function not found: ${arn}`);
}

function configuration(account: Account): Answer {
  const body = {
    FunctionName: account.function,
    FunctionArn: arnOf(account),
    Runtime: "python3.11",
    Role: `arn:aws:iam::${account.account}:role/${account.function}-role`,
    Handler: "lambda_function.lambda_handler",
    CodeSize: 3_184_211,
    Description: "SQL access to the RDS database inside the VPC",
    Timeout: limits.seconds,
    MemorySize: limits.megabytes,
    LastModified: "2026-01-12T18:04:51.000+0000",
    Version: "$LATEST",
    VpcConfig: {
      SubnetIds: ["subnet-0a3d51c07be4f9281", "subnet-0f6b2279d14c8e035"],
      SecurityGroupIds: ["sg-04c19d8ab27e60f53"],
      VpcId: "vpc-09be4f26c1d7530a8",
    },
    Environment: { Variables: account.variables },
    TracingConfig: { Mode: "PassThrough" },
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
  };
  return { status: 200, body: JSON.stringify(body) };
}
