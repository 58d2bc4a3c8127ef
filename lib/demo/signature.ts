import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface Credentials {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** The name is Lambda's for such an error. */
export interface Refusal {
  name: "MissingAuthenticationTokenException" | "UnrecognizedClientException" | "InvalidSignatureException";
  message: string;
}

/** Why AWS would turn this request away; undefined where its signature is right. */
export function refusal(request: IncomingMessage, body: Buffer, credentials: Credentials): Refusal | undefined {
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/(\w+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      request.headers.authorization ?? "",
    );
  if (!authorization) return { name: "MissingAuthenticationTokenException", message: "Missing Authentication Token" };
  const [, accessKeyId, day, region, service, signedHeaders, signature] = authorization;
  if (accessKeyId !== credentials.accessKeyId)
    return { name: "UnrecognizedClientException", message: "The security token included in the request is invalid." };
  if (region !== credentials.region)
    return {
      name: "InvalidSignatureException",
      message: `Credential should be scoped to a valid region, not '${region}'.`,
    };
  const key = [day, region, service, "aws4_request"].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = [
    "AWS4-HMAC-SHA256",
    request.headers["x-amz-date"],
    scope,
    sha256(canonical(request, signedHeaders, body)),
  ].join("\n");
  if (hmac(key, text).toString("hex") === signature) return undefined;
  return {
    name: "InvalidSignatureException",
    message:
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret " +
      "Access Key and signing method. Consult the service documentation for details.",
  };
}

function canonical(request: IncomingMessage, signedHeaders: string, body: Buffer): string {
  const [path, query = ""] = (request.url ?? "/").split("?");
  const headers = signedHeaders
    .split(";")
    .map((name) => `${name}:${String(request.headers[name]).trim().replace(/\s+/g, " ")}\n`);
  const twiceEncoded = path.split("/").map(encodeURIComponent).join("/");
  return [
    request.method,
    twiceEncoded,
    query.split("&").sort().join("&"),
    headers.join(""),
    signedHeaders,
    sha256(body),
  ].join("\n");
}

function sha256(text: Buffer | string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
