import { QueryError, RunbookError, type Fault } from "../errors";
import type { Side } from "../ledger";
import type { Read } from "./connection";
import { readPlace, showPlace } from "./address";
import { conditions, explainCondition, tellCondition, type Complaint } from "./sqlstate";
import { stripDetails } from "./retry";

/** What went wrong on the way to PostgreSQL, in one sentence with what to try. */
export function explainPostgres(
  side: Side,
  url: string,
  error: unknown,
  { text: statement, names }: Asked = { text: "" },
): Error {
  if (error instanceof RunbookError) return error;
  const { code = "", message = "", hostname, position, where } = (error ?? {}) as Failure;
  const complaint = { message, placed: position !== undefined && where === undefined, statement, names };
  const address = readPlace(url);
  const { host, database, user } = address;
  const place: Place = {
    setting: `RUNBOOK_${side.toUpperCase()}`,
    host: showPlace(address),
    hostname: hostname ?? host,
    database,
    user: user || "this user",
  };
  const [fault, reason] = explainPostgresCondition(code, complaint, place) ?? [
    code === "" || !/^[0-9A-Z]{5}$/.test(code) ? "server gone" : "refused by the server",
    /^[0-9A-Z]{5}$/.test(code)
      ? tellCondition(conditions[code] ?? `SQLSTATE ${code}`, complaint)
      : `PostgreSQL could not be asked (${code || (error as Error).name}): check ${place.setting}.`,
  ];
  return new QueryError(side, reason, conditions[code], { cause: stripDetails(error), fault });
}

/** What was asked when it went wrong. */
type Asked = Pick<Read, "text" | "names">;

/** What node-postgres makes of an error: of the server, or of the way to it. */
interface Failure {
  code?: string;
  message?: string;
  hostname?: string;
  position?: string;
  where?: string;
}

interface Place {
  setting: string;
  host: string;
  hostname: string;
  database: string;
  user: string;
}

function explainPostgresCondition(
  code: string,
  complaint: Complaint,
  { setting, host, hostname, database, user }: Place,
): [Fault, string] | undefined {
  const { message } = complaint;
  const late: [Fault, string] = [
    "no answer in time",
    `${host} did not answer in time: check the network, a VPN or firewall, and ${setting}.`,
  ];
  const gone: [Fault, string] = [
    "server gone",
    `the server ended the connection: check that PostgreSQL at ${host} is running, and ask again.`,
  ];
  const password: [Fault, string] = [
    "login refused",
    `the password of ${user} was not accepted: set PGPASSWORD or a .pgpass file, or correct ${setting}.`,
  ];
  const explanations: Record<string, [Fault, string]> = {
    ECONNREFUSED: [
      "not reached",
      `nothing answers at ${host}: start PostgreSQL there (docker compose up -d postgres), or change ${setting}.`,
    ],
    ENOTFOUND: ["not reached", `the host ${hostname} is not known: check ${setting}.`],
    EAI_AGAIN: ["not reached", `the host ${hostname} could not be looked up: check the network and ${setting}.`],
    ETIMEDOUT: late,
    ECONNRESET: [
      "connection cut",
      `the connection to ${host} was cut: check that PostgreSQL still runs, and ask again.`,
    ],
    EPIPE: ["connection cut", `the connection to ${host} was cut: check that PostgreSQL still runs, and ask again.`],
    "28P01": password,
    "28000": ["login refused", `${user} may not connect to ${database}: check pg_hba.conf, sslmode and ${setting}.`],
    "3D000": ["login refused", `there is no database ${database} at ${host}: create it, or correct ${setting}.`],
    "57P01": gone,
    "57P02": [
      "server gone",
      `PostgreSQL at ${host} ended after a crash of one of its processes: look at its log, and ask again.`,
    ],
    "42501": [
      "refused by the server",
      `${tellCondition("insufficient_privilege", complaint)}: grant SELECT to ` +
        `${user === "this user" ? "this role" : user}.`,
    ],
  };
  return (
    explanations[code] ??
    explainCondition(conditions[code] ?? "", message) ??
    (/timeout expired|timed? ?out/i.test(message) ? late : undefined) ??
    (/Connection terminated|not queryable|Connection ended/.test(message)
      ? [gone[0], gone[1].replace("ended", "closed")]
      : undefined) ??
    (/password must be a string|SASL/.test(message) ? password : undefined) ??
    explainCertificate(code, host, setting) ??
    (/SSL/.test(message) ? ["login refused", `${message}: set sslmode in ${setting}.`] : undefined)
  );
}

/**
 * Whether a certificate is refused because nobody that this machine trusts has signed it (the codes of Node's manual,
 * "X509 certificate error codes").
 */
export function isUntrusted(code: string): boolean {
  return /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/.test(
    code,
  );
}

function explainCertificate(code: string, host: string, setting: string): [Fault, string] | undefined {
  if (isUntrusted(code))
    return [
      "login refused",
      `the certificate of ${host} is signed by a CA that this machine does not trust: name the CA's file in ` +
        `${setting} (…?sslmode=verify-full&sslrootcert=/path/to/ca.pem; Amazon RDS offers global-bundle.pem).`,
    ];
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return [
      "login refused",
      `the certificate of ${host} is for another host: write the host that it names in ${setting}, or ` +
        `sslmode=verify-ca where that is known to be right.`,
    ];
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return [
      "login refused",
      `the certificate of ${host} is not valid today: renew it there, or check this machine's clock.`,
    ];
  return undefined;
}
