import type { Side } from "../../ledger";

/** Rows of a table on either side; `null` where the table does not exist. */
export type RowCount = Record<Side, number | null>;

/**
 * The tables whose rows depart from the published counts, so that there is something to draw:
 * the plan asks about them, and the published world leaves them nearly empty.
 */
export const exceptions: Record<string, Record<Side, number>> = {
  cme_activities: { production: 3640, local: 320 },
  cme_requirements: { production: 204, local: 200 },
  notifications: { production: 640, local: 48 },
  document_classifications: { production: 0, local: 84 },
  extraction_results: { production: 0, local: 84 },
};

const onlyLocal = [
  "accuracy_test_results",
  "accuracy_test_runs",
  "channels",
  "coordinator_notification_preferences",
  "duplicate_events",
  "duplicate_review_queue",
  "ground_truth_documents",
  "payment_methods",
  "provider_credentials",
  "report_access_logs",
  "thread_messages",
  "threads",
];

const emptyOnBoth = [
  "agent_activity_log",
  "agent_registry",
  "ai_model_executions",
  "audience_segments",
  "cme_activity_topics",
  "cme_requirement_attributes",
  "controlled_substance_registrations",
  "conversations",
  "coordinator_actions",
  "document_patterns",
  "email_tracking_events",
  "events",
  "extraction_strategy_stats",
  "license_attestations",
  "messages",
  "mfa_devices",
  "partner_files",
  "provider_coordinator_access",
  "provider_one_time_requirements",
  "provider_practice_profiles",
  "provider_topic_cme_history",
  "report_jobs",
  "ris_events",
  "user_interactions",
  "user_notification_preferences",
];

/** What every table of the demo holds: the counts published on 2026-02-02, and the exceptions. */
export const rowCounts: Record<string, RowCount> = {
  ...Object.fromEntries(onlyLocal.map((table) => [table, { production: null, local: 0 }])),
  ...Object.fromEntries(emptyOnBoth.map((table) => [table, { production: 0, local: 0 }])),
  session: { production: 4, local: null },
  team_channels: { production: 0, local: null },
  alembic_version: { production: 1, local: 1 },
  audit_logs: { production: 19, local: 0 },
  campaign_recipients: { production: 21, local: 0 },
  campaigns: { production: 9, local: 0 },
  cme_activity_cycles: { production: 599, local: 0 },
  cme_cycles: { production: 26, local: 0 },
  cme_rule_packs: { production: 67, local: 0 },
  cme_rules: { production: 304, local: 0 },
  cme_topic_aliases: { production: 130, local: 0 },
  cme_topics: { production: 49, local: 0 },
  credential_history: { production: 9614, local: 270 },
  credential_versions: { production: 1172, local: 0 },
  dea_registrations: { production: 154, local: 0 },
  documents: { production: 180, local: 0 },
  event_log: { production: 4, local: 0 },
  licenses: { production: 4509, local: 270 },
  organization_memberships: { production: 18, local: 0 },
  organizations: { production: 12, local: 1 },
  practices: { production: 8, local: 0 },
  providers: { production: 852, local: 27 },
  sessions: { production: 76, local: 0 },
  token_blacklist: { production: 23, local: 0 },
  users: { production: 163, local: 1 },
  ...exceptions,
};
