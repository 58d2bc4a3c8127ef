import type { DataFrame } from "nodejs-polars";
import { records } from "../frame";
import type { Finding, Severity } from "../ledger";
import { bySide, finding } from "./finding";

/**
 * A finding where the two servers are of different major versions. `servers` is what `sql.identity` answered.
 *
 * @example await conclude("identity", versionFindings(identity, "medium"), describeVersions(identity));
 */
export function versionFindings(servers: DataFrame, severity: Severity): Finding[] {
  const rows = records(servers);
  if (new Set(rows.map(getMajor)).size < 2) return [];
  const advice = "Run production's version locally: what passes here should pass there.";
  const title = `The major versions differ: ${describeVersions(servers)}`;
  return [finding("version/major", severity, title.replace(/\.$/, ""), advice, bySide(rows, getMajor))];
}

/**
 * The version of each server in one sentence.
 *
 * @example describeVersions(await both(sql.identity)) // "production is PostgreSQL 15.18; local is PostgreSQL 15.18."
 */
export function describeVersions(servers: DataFrame): string {
  const sides = records(servers).map(({ source, version }) => `${source} is ${String(version).split(" on ")[0]}`);
  return `${sides.join("; ") || "Neither side said its version"}.`;
}

/**
 * A finding for each Lambda that is not active, and for each that is not reached at AWS' own endpoint. `ways` is what
 * `routes` answered.
 *
 * @example await conclude("route", routeFindings(await routes(), "high"));
 */
export function routeFindings(ways: DataFrame, severity: Severity): Finding[] {
  const rows = records(ways);
  const wake = "Look at the function in the AWS console: it may be updating, or have lost its VPC.";
  const unset = "Unset AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_LAMBDA, unless what answers there is meant.";
  const idle = rows.filter(({ fact, value }) => fact === "state" && value !== "Active");
  const elsewhere = rows.filter(({ fact, value }) => fact === "endpoint" && value.includes("AWS_ENDPOINT_URL"));
  return [
    ...idle.map(({ source, value }) =>
      finding(`route/${source}`, severity, `The Lambda of ${source} is ${value}, not Active`, wake),
    ),
    ...elsewhere.map(({ source, value }) =>
      finding(`endpoint/${source}`, severity, `What answers for ${source} is not AWS: ${value}`, unset),
    ),
  ];
}

function getMajor({ server_version_num }: Record<string, number>): number {
  return Math.floor(server_version_num / 10_000);
}
