import { guardOutput } from "./sieve";

guardOutput();

// The names that a notebook may use, in the order in which it needs them.
export { open, close, routes, proveReadOnly, unlisted } from "./session";
export { both, available, production, local } from "./session";
export { sql } from "./sql";
export { identifier, join, raw } from "./sql/statement";
export { masked } from "./sql/masked";
export { hashed } from "./sql/content";
export { among, is, records, unanswered } from "./frame";

export { compare, differing, tally, beside } from "./compare/compare";
export { schemas, revisions } from "./session";
export { behind, explained } from "./compare/migration";
export { compareTable, compareTables } from "./session";
export { distance, distanceOfNumbers, shares, widest, thresholds, fewestRows } from "./compare/distribution";
export { slice, largest, leading, told } from "./compare/cube";
export { referenceTables, referenceRows } from "./compare/reference";
export { classified, profile, completenessChart, implausible, repeated, newest, faults } from "./compare/profile";
export { impossible, states } from "./compare/impossible";
export { gaps, gapFindings, gapChart } from "./compare/gap";
export { orphanFindings } from "./compare/orphan";
export { unlistedFindings } from "./compare/unlisted";

export { advice, bySide, driftFindings, finding, findings, grouped, troubleFindings, withStatements } from "./finding";
export { show, draw, say, conclude, incomplete, save, outcome, changedSince } from "./session";
export { bars, heat, timeline, targets, sourceColours } from "./show/chart";
export { count } from "./show/show";
export { findingsFrame, groupOf } from "./outcome";
export { RunbookError, QueryError } from "./errors";
export type { Finding, Severity } from "./ledger";
