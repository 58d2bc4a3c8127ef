import { guardOutput } from "./sieve";

guardOutput();

// The names that a notebook may use.
export { open, close, both, production, local, routes, proveReadOnly, revisions, schemas, outcome, changedSince, save, show, draw, say, conclude } from "./session";
export { sql } from "./sql";
export { identifier, join, raw } from "./sql/statement";
export { among, is, records, unanswered } from "./frame";
export { compare, differing, tally, beside } from "./compare";
export { behind, explained } from "./migration";
export { advice, bySide, driftFindings, finding, findings, grouped, troubleFindings, withStatements } from "./finding";
export { bars, sourceColours } from "./chart";
export { RunbookError, QueryError } from "./errors";
export { findingsFrame, groupOf } from "./outcome";
export type { Finding, Severity } from "./ledger";
export { available } from "./session";
export { slice, largest, leading, told } from "./cube";
export { orphanFindings } from "./orphan";
export { count } from "./show";
export { heat, timeline, targets } from "./chart";
export { classified, profile, completenessChart, implausible, repeated, newest, faults } from "./profile";
export { impossible, states } from "./impossible";
export { gaps, gapFindings, gapChart } from "./gap";
export { distance, distanceOfNumbers, shares, widest, thresholds, fewestRows } from "./distribution";
export { referenceTables, referenceRows } from "./reference";
export { hashed } from "./sql/content";
export { masked } from "./sql/masked";
export { unlisted } from "./session";
export { unlistedFindings } from "./unlisted";
export { compareTable, compareTables, incomplete } from "./session";
