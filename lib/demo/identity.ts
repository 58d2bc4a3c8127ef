import { randomUUID } from "node:crypto";
import { Account, Answer, userOf } from "./account";
import type { Refusal } from "./signature";

/** STS' GetCallerIdentity: whose keys signed this request. */
export function identity(account: Account, body: Buffer, refused: Refusal | undefined): Answer {
  const requestId = randomUUID();
  const headers = { "Content-Type": "text/xml", "x-amzn-RequestId": requestId };
  if (refused) {
    const code = codes[refused.name];
    return { status: 403, headers, body: stsError(code, refused.message, requestId) };
  }
  if (new URLSearchParams(body.toString()).get("Action") !== "GetCallerIdentity")
    return { status: 400, headers, body: stsError("InvalidAction", "Could not find operation", requestId) };
  const result = `<Arn>${userOf(account)}</Arn><UserId>AIDAQY3RUNBOOKDEMO24K</UserId><Account>${account.account}</Account>`;
  const response = `<GetCallerIdentityResult>${result}</GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return {
    status: 200,
    headers,
    body:
      `<GetCallerIdentityResponse ` +
      `xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${response}</GetCallerIdentityResponse>`,
  };
}

// STS has names of its own for what Lambda calls otherwise.
const codes = {
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
  UnrecognizedClientException: "InvalidClientTokenId",
  InvalidSignatureException: "SignatureDoesNotMatch",
};

function stsError(code: string, message: string, requestId: string): string {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return (
    `<ErrorResponse ` +
    `xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}
