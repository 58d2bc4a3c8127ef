import type { Side } from "../../ledger";

/** Something that the demo has on purpose, so that tests can ask: is it found, and is nothing else? */
export interface Planted {
  id: string;
  side: Side | "both";
  about: string;
  /** The phase of the plan that finds it. */
  foundBy: 1 | 2 | 3 | 4 | 5 | 6 | 7;
  /** How many rows it concerns, where it is about rows. */
  rows?: number;
}

/** Columns that the plan's queries name and neither side has: they were guesses. */
export const guesses: string[] = [
  "campaigns.campaign_name",
  "documents.uploaded_at",
  "extraction_results.is_verified",
  "event_log.event_category",
  "providers.subspecialty",
];

const phantomTables = [
  "threads",
  "thread_messages",
  "channels",
  "duplicate_events",
  "duplicate_review_queue",
  "accuracy_test_runs",
  "accuracy_test_results",
  "ground_truth_documents",
  "report_access_logs",
];

const unrecordedColumns = [
  ...[
    "home_address",
    "home_city",
    "home_state",
    "home_zip",
    "place_of_birth",
    "height",
    "weight",
    "gender",
    "race",
    "previous_names",
    "name_change_documents",
    "citizenship_status",
    "green_card_uscis_number",
    "employer_start_date",
    "references",
    "fcvs_fid",
    "aoa_number",
    "disclosure_notes",
    "renewal_preferences",
    "cv_reference",
  ].map((column) => `providers.${column}`),
  "licenses.portal_pin",
  "licenses.renewal_notes",
];

const phantomColumns = ["licenses.portal_access_notes", "licenses.portal_username", "licenses.portal_password"];
const pendingTables = ["provider_credentials", "coordinator_notification_preferences"];
const productionTables = ["session", "team_channels"];
const unindexedKeys = ["credential_history.changed_by_id", "documents.uploaded_by_id", "campaigns.created_by_id"];

/** Every drift and every fault of the demo. `side` is the side that is at fault: that lacks a table, holds the rows, has the older record. */
export const planted: Planted[] = [
  // Phase 1: tables, columns, enum, revisions
  ...phantomTables.map((table) =>
    drift(
      `table/${table}`,
      "production",
      "phantom: its revision is an ancestor of the recorded one, yet it is not there",
    ),
  ),
  ...pendingTables.map((table) => drift(`table/${table}`, "production", "pending: only local has it")),
  drift(
    "table/payment_methods",
    "production",
    "only local has it; pending in production, unrecorded in local (20260131_0000)",
  ),
  ...productionTables.map((table) => drift(`table/${table}`, "local", "only production has it; in no revision")),
  ...unrecordedColumns.map((column) =>
    drift(
      `column/${column}`,
      "production",
      "only local has it; pending in production, unrecorded in local (20260131_0000)",
    ),
  ),
  ...phantomColumns.map((column) =>
    drift(`column/${column}`, "production", "phantom: dropped by hand after 20260115_0100"),
  ),
  drift("enum/coordinator_action_type", "production", "pending: lacks stage_changed (20260127_0100)"),
  ...["20260115_0300", "20260127_0100", "7702d353e5b8"].map((id) =>
    drift(`revision/${id}`, "production", "pending in production"),
  ),
  drift(
    "revision/20260131_0000",
    "both",
    "pending on both sides, though local holds what it adds: upgrade will collide",
  ),

  // Phase 3: indexes, constraints, and states that break things
  fault(
    "index/credential_history.ix_credential_history_license_created",
    "production",
    3,
    "phantom: of 20260114_0100, dropped from the largest table",
  ),
  fault("index/licenses.ix_licenses_renewal_hotfix", "local", 3, "only production has it; in no revision"),
  fault(
    "index/notifications.notifications_unread_idx",
    "both",
    3,
    "equal but for its name, which is ix_notifications_unread in local: information, no drift",
  ),
  fault(
    "foreign key/document_classifications.document_classifications_document_id_fkey",
    "local",
    3,
    "only production has it; the base revision creates it",
  ),
  fault(
    "foreign key/cme_activities.cme_activities_provider_id_fkey",
    "both",
    3,
    "ON DELETE RESTRICT in production, CASCADE in local and in the base revision",
  ),
  fault(
    "check constraint/cme_activities.ck_cme_activities_credits_not_negative",
    "production",
    3,
    "only local has it; the base revision creates it",
  ),
  fault(
    "check constraint/licenses.ck_licenses_expiration_after_issue",
    "production",
    3,
    "NOT VALID in production, validated in local",
  ),
  fault("trigger/licenses.set_updated_at", "production", 3, "disabled in production"),
  fault(
    "state/sequence/licenses_id_seq",
    "local",
    3,
    "stands at 200 while licenses.id reaches 270: the next insert fails",
  ),
  ...unindexedKeys.map((key) =>
    fault(`foreign key without index/${key}`, "both", 3, "no index begins with the column"),
  ),
  fault(
    "unused index/credential_versions.ix_credential_versions_snapshot",
    "both",
    3,
    "a GIN index that no query ever read",
  ),

  // Phase 4: the data overview and integrity
  fault(
    "pipeline/documents.processing_status",
    "production",
    4,
    "every document is still at uploaded, and extraction_results is empty",
    180,
  ),
  fault("quality/licenses.active-though-expired", "production", 4, "status active, expiration_date in the past", 37),
  fault("orphan/providers.organization_id", "production", 4, "providers without an organization (null)", 6),
  fault("orphan/audit_logs.user_id", "production", 4, "no foreign key, and the users are gone", 3),
  fault("orphan/document_classifications.document_id", "local", 4, "no foreign key, and the documents were purged", 84),

  // Phase 5: content
  fault("distribution/licenses.state", "both", 5, "local is licensed in eight states, mostly Florida and Ohio"),
  fault("distribution/licenses.status", "both", 5, "nearly half of local's licences have expired"),
  fault(
    "distribution/licenses.license_type",
    "both",
    5,
    "local's few people hold ten licences each, so DEA and CSR weigh more",
  ),
  fault(
    "distribution/licenses.expiration_date",
    "both",
    5,
    "follows from the status: local's licences expire half a year earlier",
  ),
  fault("match/organizations.name", "both", 5, "Lakeside Physician Group is on both sides", 1),
  fault("match/users.email", "both", 5, "one user is on both sides", 1),
  fault("reference/cme_requirements", "local", 5, "lacks Wyoming's four, and has three with other credits", 7),
  fault("reference/cme_topics", "local", 5, "empty: only production has topics", 49),
  fault("reference/cme_rule_packs", "local", 5, "empty: only production has rule packs", 67),
  fault("reference/cme_rules", "local", 5, "empty: only production has rules", 304),

  // Phase 7: quality
  fault("quality/licenses.expiration_date-before-issue_date", "production", 7, "expires before it was issued", 4),
  fault("quality/licenses.expiration_date-far-future", "production", 7, "expires in the year 2204", 2),
  fault("quality/licenses.state-unknown", "production", 7, "ZZ is no state", 2),
  fault(
    "quality/licenses.natural-key-duplicated",
    "production",
    7,
    "provider, state and licence number occur twice",
    3,
  ),
  fault("quality/licenses.license_number-null", "production", 7, "no licence number", 5),
  fault("quality/licenses.expiration_date-null", "production", 7, "no expiry", 3),
  fault("quality/licenses.license_type-null", "production", 7, "no type", 2),
  fault("quality/providers.npi-check-digit", "production", 7, "NPI that fails its check digit", 4),
  fault("quality/providers.npi-null", "production", 7, "no NPI", 11),
  fault("quality/providers.email-null", "production", 7, "no e-mail address", 7),
  fault("quality/providers.specialty-null", "production", 7, "no specialty", 5),
  fault("quality/providers.practice_state-null", "production", 7, "no practice state", 4),
  fault("quality/cme_activities.credits_earned-negative", "production", 7, "negative credits", 3),
  fault("timeline/documents.created_at", "production", 7, "no document was uploaded for 45 days"),
];

/** How many rows a planted fault concerns: the seed makes as many as the list says. */
export function plantedRows(id: string): number {
  const rows = planted.find((entry) => entry.id === id)?.rows;
  if (rows === undefined) throw new Error(`the list of what is planted has no rows for ${id}`);
  return rows;
}

function drift(id: string, side: Planted["side"], about: string): Planted {
  return { id, side, about, foundBy: 1 };
}

function fault(id: string, side: Planted["side"], foundBy: Planted["foundBy"], about: string, rows?: number): Planted {
  return rows === undefined ? { id, side, about, foundBy } : { id, side, about, foundBy, rows };
}
