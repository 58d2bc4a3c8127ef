// The names that a notebook may use.
export { open, close, both, production, local, routes, proveReadOnly, revisions, show, draw, say, conclude } from "./session";
export { sql } from "./sql";
export { identifier, join, raw } from "./sql/statement";
export { is, records, unanswered } from "./frame";
export { compare, differing, tally, beside } from "./compare";
export { behind, explained } from "./migration";
export { advice, finding, findings } from "./finding";
export { bars, sourceColours } from "./chart";
export { RunbookError, QueryError } from "./errors";
export type { Finding, Severity } from "./ledger";
