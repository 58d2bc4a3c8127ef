import { guardOutput } from "./privacy/redaction";

guardOutput();

// The names that a notebook may use, in the order in which it needs them.
export { open, close } from "./notebook/session";
export { both, available, production, local, routes, proveReadOnly, unlisted } from "./notebook/query";
export { sql } from "./sql";
export { identifier, join, raw } from "./sql/template";
export { masked } from "./sql/masked";
export { hashed } from "./sql/queries/content";
export { among, is, records, unanswered } from "./frame";

export { compare, differing, tally, beside } from "./compare/compare";
export { schemas, revisions } from "./notebook/schema";
export { behind, explained } from "./alembic/frames";
export { compareTable, compareTables } from "./notebook/rows";
export { distance, distanceOfNumbers, shares, widest, thresholds, fewestRows } from "./compare/distribution";
export { slice, largest, leading, describeRows } from "./compare/cube";
export { describeRows as told } from "./compare/cube";
export { groupRows as grouped } from "./checks/finding";
export { referenceTables, referenceRows } from "./compare/reference";
export { classified, profile, completenessChart, implausible, repeated, newest, faults } from "./checks/profile";
export { impossible, states } from "./checks/impossible";
export { gaps, gapFindings, gapChart } from "./checks/gap";
export { orphanFindings } from "./checks/orphan";
export { unlistedFindings } from "./checks/unlisted";
export { behindFindings, describeStanding, historyFindings, pendingFindings } from "./checks/migrations";
export { coverageFindings, describeObjects, expectedFindings, proofFindings } from "./checks/schema";
export { unindexedFindings, unusedFindings } from "./checks/schema";
export { describeVersions, routeFindings, versionFindings } from "./checks/server";

export { advice, bySide, driftFindings, finding, findings, groupRows, troubleFindings } from "./checks/finding";
export { show, draw, say, save } from "./notebook/output";
export { conclude, incomplete, outcome, changedSince } from "./notebook/conclude";
export { bars, heat, timeline, targets, sourceColours } from "./show/chart";
export { count } from "./text";
export { causesFrame, findingsFrame, groupOf } from "./run/outcome";
export { RunbookError, QueryError } from "./errors";
export type { Finding, Severity } from "./ledger";
