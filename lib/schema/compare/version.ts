import { isSchema } from "../../kinds";
import type { Verdict } from "./equivalence";
import type { SchemaObject } from "../read/snapshot";

/** An object of both sides, and the versions of their servers, as `server_version_num`. */
export interface Pair {
  production: SchemaObject;
  local: SchemaObject;
  versions: [number, number];
}

/**
 * What two servers of different versions make different by themselves; nothing where the versions have no part in it.
 */
export function judgeByVersions(attribute: string, pair: Pair): Verdict | undefined {
  return RULES.find((rule) => rule.attribute === attribute && isBetween(pair.versions, rule.since) && rule.fits(pair))
    ?.verdict;
}

/** Whether only one of the two servers is as new as that. */
function isBetween(versions: [number, number], since: number): boolean {
  return Math.min(...versions) < since && Math.max(...versions) >= since;
}

interface Rule {
  attribute: string;
  since: number;
  verdict: Verdict;
  fits(pair: Pair): boolean;
}

const RULES: Rule[] = [
  // every range type has a multirange
  { attribute: "multirange", since: 140000, verdict: "identical", fits: () => true },
  // a part of a date is a numeric, and no double precision
  {
    attribute: "columns",
    since: 140000,
    verdict: "information",
    fits: ({ production, local }) => listPlainColumns(production) === listPlainColumns(local),
  },
  // the schema public belongs to the database's owner, and not everyone may create in it
  {
    attribute: "owner",
    since: 150000,
    verdict: "identical",
    fits: ({ production }) => isSchema(production.kind) && production.name === "public",
  },
  {
    attribute: "privileges",
    since: 150000,
    verdict: "information",
    fits: ({ production, local }) =>
      [production, local].every(({ attributes }) => attributes["as the server gives it"]),
  },
  // there is the privilege to maintain, and ALL holds it
  {
    attribute: "privileges",
    since: 170000,
    verdict: "identical",
    fits: ({ production, local }) => removeMaintain(production) === removeMaintain(local),
  },
];

function listPlainColumns({ attributes }: SchemaObject): string {
  return JSON.stringify(attributes.columns).replace(/ (numeric|double precision)/g, " number");
}

function removeMaintain({ attributes }: SchemaObject): string {
  return JSON.stringify((attributes.privileges as string[]).filter((privilege) => !privilege.startsWith("maintain")));
}
