import { guardOutput } from "./privacy/redaction";

guardOutput();

// The names that a notebook may use, in the order in which it needs them.
export { open, close } from "./notebook/session";
export { both, available, production, local, routes, proveReadOnly, unlisted } from "./notebook/query";
export { sql } from "./sql";
export { identifier, join, raw } from "./sql/template";
export { masked } from "./sql/masked";
export { hashed } from "./sql/queries/content";
export { among, betweenYears, is, unanswered } from "./frame";
export { records, type Frame } from "./notebook/records";

export { compare, differing, tally, beside, besideColumns } from "./compare/compare";
export { schemas, revisions } from "./notebook/schema";
export { behind, explained } from "./alembic/frames";
export { compareTable, compareTables } from "./notebook/rows";
export {
  describeThresholds,
  distance,
  distances,
  distanceOfNumbers,
  shares,
  widest,
  thresholds,
  fewestRows,
} from "./compare/distribution";
export { countRows, slice, largest, leading, nameLargest, describeRows } from "./compare/cube";
export { referenceTables } from "./compare/reference";
export { classified, profile, implausible, repeated, newest } from "./checks/profile";
export { profileColumns, describeProfile, explainSample, describePersonal } from "./checks/profile";
export { chartCompleteness, describeEmpty, missingShares } from "./checks/completeness";
export {
  checkDigitFindings,
  faultFindings,
  implausibleFindings,
  missingFindings,
  repeatedFindings,
} from "./checks/quality";
export { changedFindings, countFindings, describeMatches, matchFindings, pipelineFindings } from "./checks/count";
export { estimateFindings, surplusFindings } from "./checks/count";
export { addSubject, contentFindings, describeDistances, describeReferences, distanceFindings } from "./checks/content";
export { readReferences, referenceFindings } from "./checks/content";
export { impossible, states } from "./checks/impossible";
export { describeGaps, gaps, gapFindings, gapChart } from "./checks/gap";
export { describeOrphans, describeUntargeted, orphanFindings } from "./checks/orphan";
export { unlistedFindings } from "./checks/unlisted";
export { behindFindings, describeStanding, historyFindings, pendingFindings } from "./checks/migrations";
export { coverageFindings, describeObjects, expectedFindings, proofFindings, selectDrift } from "./checks/schema";
export { unindexedFindings, unusedFindings } from "./checks/schema";
export { describeVersions, routeFindings, versionFindings } from "./checks/server";

export {
  advice,
  bySide,
  driftFindings,
  finding,
  findings,
  groupRows,
  setSeverity,
  troubleFindings,
} from "./checks/finding";
export { show, draw, say, save } from "./notebook/output";
export { plans } from "./notebook/plan";
export { conclude, incomplete, outcome, changedSince } from "./notebook/conclude";
export { chartBars, chartHeat, chartShares, chartTargets, chartTimeline } from "./show/cube-chart";
export { bars, heat, timeline, targets, sourceColours } from "./show/chart";
export { count } from "./text";
export {
  causesFrame,
  checksFrame,
  costsFrame,
  findingsFrame,
  groupOf,
  selectFindings,
  sourcesFrame,
} from "./run/outcome";
export { RunbookError, QueryError } from "./errors";
export type { Finding, Severity } from "./ledger";
