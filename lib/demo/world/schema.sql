-- The 67 tables of the demo in the shape of the head revision. What a side lacks or has otherwise stands in production.sql and local.sql.
-- Columns that a revision added stand last, under that revision's id.

CREATE TYPE user_role AS ENUM ('super_admin', 'org_admin', 'coordinator', 'provider', 'viewer');
CREATE TYPE processing_status AS ENUM ('uploaded', 'pending', 'processing', 'completed', 'failed');
CREATE TYPE notification_channel AS ENUM ('email', 'sms', 'in_app');
CREATE TYPE coordinator_action_type AS ENUM ('note_added', 'document_requested', 'license_renewed', 'reminder_sent', 'access_granted', 'stage_changed');

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at = now();
  RETURN NEW;
END
$$;

CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY);

-- People and organizations

CREATE TABLE organizations (
  id serial PRIMARY KEY, name varchar(200) NOT NULL, slug varchar(100) NOT NULL UNIQUE, organization_type varchar(50) NOT NULL,
  contact_email varchar(255), contact_phone varchar(30), billing_state varchar(2), timezone varchar(50) NOT NULL DEFAULT 'America/New_York',
  plan varchar(30) NOT NULL DEFAULT 'standard', settings jsonb NOT NULL DEFAULT '{}',
  is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE users (
  id serial PRIMARY KEY, email varchar(255) NOT NULL, password_hash varchar(255) NOT NULL, first_name varchar(100), last_name varchar(100), phone varchar(30),
  role user_role NOT NULL DEFAULT 'viewer', is_active boolean NOT NULL DEFAULT true, mfa_enabled boolean NOT NULL DEFAULT false,
  failed_login_count smallint NOT NULL DEFAULT 0, email_verified_at timestamptz, last_login_at timestamptz,
  is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_users_email_lower ON users (lower(email));
CREATE TABLE organization_memberships (
  id serial PRIMARY KEY, organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE, user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,
  role varchar(50) NOT NULL, is_active boolean NOT NULL DEFAULT true, invited_by_id integer REFERENCES users ON DELETE SET NULL,
  joined_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (organization_id, user_id)
);
CREATE TABLE practices (
  id serial PRIMARY KEY, organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE, name varchar(200) NOT NULL, practice_type varchar(50),
  state varchar(2), address_line varchar(200), phone varchar(30), is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, name)
);
CREATE TABLE providers (
  id serial PRIMARY KEY, organization_id integer REFERENCES organizations ON DELETE SET NULL, user_id integer UNIQUE REFERENCES users ON DELETE SET NULL,
  first_name varchar(100) NOT NULL, last_name varchar(100) NOT NULL, email varchar(255), phone varchar(30), npi varchar(10),
  ssn_encrypted text, date_of_birth_encrypted text, provider_type varchar(10) NOT NULL, specialty varchar(100), practice_state varchar(2),
  onboarding_stage varchar(30) NOT NULL DEFAULT 'complete', is_active boolean NOT NULL DEFAULT true,
  is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  -- 20260131_0000
  home_address text, home_city varchar(100), home_state varchar(2), home_zip varchar(10), place_of_birth varchar(255), height varchar(50), weight integer,
  gender varchar(20), race varchar(100), previous_names text, name_change_documents text, citizenship_status varchar(100),
  green_card_uscis_number varchar(50), employer_start_date date, "references" jsonb, fcvs_fid varchar(50), aoa_number varchar(50),
  disclosure_notes text, renewal_preferences text, cv_reference varchar(500)
);
CREATE UNIQUE INDEX uq_providers_npi ON providers (npi) WHERE NOT is_deleted;
CREATE INDEX ix_providers_specialty ON providers (specialty);
CREATE TABLE provider_practice_profiles (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, practice_id integer NOT NULL REFERENCES practices ON DELETE CASCADE,
  job_title varchar(100), start_date date, end_date date, hours_per_week numeric(4,1), created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider_id, practice_id), CONSTRAINT ck_provider_practice_profiles_dates CHECK (end_date IS NULL OR end_date >= start_date)
);
CREATE TABLE provider_coordinator_access (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, coordinator_user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,
  access_level varchar(20) NOT NULL DEFAULT 'read', granted_at timestamptz NOT NULL DEFAULT now(), revoked_at timestamptz, UNIQUE (provider_id, coordinator_user_id)
);
CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, refresh_token_hash varchar(64) NOT NULL UNIQUE,
  ip_address inet, device varchar(50), is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL, last_seen_at timestamptz
);
CREATE INDEX ix_sessions_expires_at_active ON sessions (expires_at) WHERE is_active;
CREATE TABLE token_blacklist (
  id serial PRIMARY KEY, token text NOT NULL, token_type varchar(20) NOT NULL, user_id integer REFERENCES users ON DELETE CASCADE, reason varchar(50),
  expires_at timestamptz NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mfa_devices (
  id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, device_type varchar(20) NOT NULL, secret_encrypted text NOT NULL,
  label varchar(100), confirmed_at timestamptz, last_used_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE user_notification_preferences (
  id serial PRIMARY KEY, user_id integer NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE, channels notification_channel[] NOT NULL DEFAULT '{email}',
  digest varchar(20) NOT NULL DEFAULT 'daily', quiet_from time, quiet_until time, updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE user_interactions (
  id bigserial PRIMARY KEY, user_id integer REFERENCES users ON DELETE SET NULL, page varchar(200) NOT NULL, action varchar(50) NOT NULL,
  duration_ms integer, context jsonb, created_at timestamptz NOT NULL DEFAULT now()
);

-- Licences and credentials

CREATE TABLE licenses (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, state varchar(2) NOT NULL, license_type varchar(20),
  license_number varchar(50), status varchar(20) NOT NULL DEFAULT 'active', issue_date date, expiration_date date, board_name varchar(150),
  renewal_cycle_months smallint NOT NULL DEFAULT 24, is_primary boolean NOT NULL DEFAULT false, verification_source varchar(50), verified_at timestamptz,
  is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_licenses_status CHECK (status IN ('active', 'expired', 'pending', 'inactive')),
  CONSTRAINT ck_licenses_expiration_after_issue CHECK (expiration_date >= issue_date),
  -- 20260115_0100, 20260115_0200, 20260131_0000
  portal_access_notes text, portal_username varchar(500), portal_password varchar(500), is_imlc boolean NOT NULL DEFAULT false,
  portal_pin varchar(50), renewal_notes text
);
CREATE INDEX ix_licenses_state ON licenses (state);
CREATE INDEX ix_licenses_expiration_date ON licenses (expiration_date) WHERE NOT is_deleted;
CREATE TABLE dea_registrations (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, dea_number varchar(9) NOT NULL UNIQUE, state varchar(2) NOT NULL,
  schedules varchar(5)[] NOT NULL, status varchar(20) NOT NULL, issue_date date, expiration_date date, is_deleted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT ck_dea_registrations_dates CHECK (expiration_date > issue_date)
);
CREATE TABLE controlled_substance_registrations (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, state varchar(2) NOT NULL, registration_number varchar(50) NOT NULL,
  status varchar(20) NOT NULL, issue_date date, expiration_date date, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (state, registration_number)
);
CREATE TABLE license_attestations (
  id serial PRIMARY KEY, license_id integer NOT NULL REFERENCES licenses ON DELETE CASCADE, attested_by_id integer REFERENCES users ON DELETE SET NULL,
  statement text NOT NULL, signature text, attested_at timestamptz NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE credential_history (
  id bigserial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, license_id integer REFERENCES licenses ON DELETE SET NULL,
  event_type varchar(50) NOT NULL, field_name varchar(50), old_value varchar(100), new_value varchar(100),
  changed_by_id integer REFERENCES users ON DELETE SET NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE credential_versions (
  id bigserial PRIMARY KEY, license_id integer NOT NULL REFERENCES licenses ON DELETE CASCADE, version_number smallint NOT NULL, snapshot jsonb NOT NULL,
  change_source varchar(30) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (license_id, version_number),
  CONSTRAINT ck_credential_versions_version_number CHECK (version_number > 0)
);
CREATE INDEX ix_credential_versions_snapshot ON credential_versions USING gin (snapshot);

-- Documents

CREATE TABLE documents (
  id serial PRIMARY KEY, provider_id integer REFERENCES providers ON DELETE SET NULL, organization_id integer REFERENCES organizations ON DELETE SET NULL,
  uploaded_by_id integer REFERENCES users ON DELETE SET NULL, file_name varchar(255) NOT NULL, storage_key varchar(500) NOT NULL UNIQUE,
  content_sha256 varchar(64) NOT NULL, mime_type varchar(100) NOT NULL, size_bytes bigint NOT NULL, page_count smallint,
  document_type varchar(50), processing_status processing_status NOT NULL DEFAULT 'uploaded', processing_error text,
  is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_documents_size_bytes CHECK (size_bytes > 0)
);
CREATE INDEX ix_documents_unprocessed ON documents (created_at) WHERE processing_status = 'uploaded';
CREATE TABLE document_classifications (
  id serial PRIMARY KEY, document_id integer NOT NULL CONSTRAINT document_classifications_document_id_fkey REFERENCES documents ON DELETE CASCADE,
  classification varchar(50) NOT NULL, confidence_score numeric(5,4) NOT NULL, model_name varchar(100), alternatives jsonb,
  created_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT ck_document_classifications_confidence CHECK (confidence_score BETWEEN 0 AND 1)
);
CREATE TABLE extraction_results (
  id serial PRIMARY KEY, document_id integer REFERENCES documents ON DELETE SET NULL, classification_id integer REFERENCES document_classifications ON DELETE CASCADE,
  extraction_type varchar(50) NOT NULL, confidence_score numeric(5,4) NOT NULL, extracted_data jsonb NOT NULL, strategy varchar(50),
  duration_ms integer, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE extraction_strategy_stats (
  id serial PRIMARY KEY, strategy varchar(50) NOT NULL, document_type varchar(50) NOT NULL, attempts integer NOT NULL DEFAULT 0, successes integer NOT NULL DEFAULT 0,
  average_confidence double precision, updated_at timestamptz NOT NULL DEFAULT now(), UNIQUE (strategy, document_type)
);
CREATE TABLE document_patterns (
  id serial PRIMARY KEY, pattern_name varchar(100) NOT NULL UNIQUE, document_type varchar(50) NOT NULL, expression text NOT NULL, priority smallint NOT NULL DEFAULT 0,
  is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE partner_files (
  id serial PRIMARY KEY, organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE, file_name varchar(255) NOT NULL, partner varchar(100) NOT NULL,
  row_count integer, status varchar(20) NOT NULL DEFAULT 'received', received_at timestamptz NOT NULL DEFAULT now(), imported_at timestamptz
);
CREATE TABLE report_jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id integer REFERENCES organizations ON DELETE CASCADE, requested_by_id integer REFERENCES users ON DELETE SET NULL,
  report_type varchar(50) NOT NULL, parameters jsonb NOT NULL DEFAULT '{}', status varchar(20) NOT NULL DEFAULT 'queued', finished_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Continuing medical education

CREATE TABLE cme_topics (
  id serial PRIMARY KEY, code varchar(50) NOT NULL UNIQUE, name varchar(150) NOT NULL, category varchar(50) NOT NULL, is_mandatory_anywhere boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE cme_topic_aliases (
  id serial PRIMARY KEY, topic_id integer NOT NULL REFERENCES cme_topics ON DELETE CASCADE, alias varchar(150) NOT NULL UNIQUE, source varchar(30) NOT NULL DEFAULT 'manual',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE cme_rule_packs (
  id serial PRIMARY KEY, pack_code varchar(30) NOT NULL UNIQUE, state varchar(2) NOT NULL, license_type varchar(20) NOT NULL, board_name varchar(150) NOT NULL,
  version varchar(20) NOT NULL, effective_from date NOT NULL, is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE cme_rules (
  id serial PRIMARY KEY, rule_pack_id integer NOT NULL REFERENCES cme_rule_packs ON DELETE CASCADE, topic_id integer REFERENCES cme_topics ON DELETE RESTRICT,
  rule_code varchar(60) NOT NULL UNIQUE, rule_kind varchar(30) NOT NULL, required_credits numeric(5,2), every_cycles smallint NOT NULL DEFAULT 1,
  is_one_time boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(),
  -- 20260108_0200, 20260108_0500, 20260111_0100, 20260112_0100
  applies_to_specialties text[], excludes_specialties text[], applicability jsonb, applies_from date, applies_until date,
  state_rule_reference varchar(100), allows_carry_over boolean NOT NULL DEFAULT false, allowed_sources text[], max_credits_per_source numeric(5,2)
);
CREATE TABLE cme_requirements (
  id serial PRIMARY KEY, state varchar(2) NOT NULL, license_type varchar(20) NOT NULL, required_credits numeric(5,2) NOT NULL, category_1_credits numeric(5,2),
  cycle_years smallint NOT NULL, source_url varchar(300), effective_from date NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (state, license_type),
  CONSTRAINT ck_cme_requirements_cycle_years CHECK (cycle_years BETWEEN 1 AND 5)
);
CREATE TABLE cme_requirement_attributes (
  id serial PRIMARY KEY, requirement_id integer NOT NULL REFERENCES cme_requirements ON DELETE CASCADE, attribute varchar(50) NOT NULL, value text,
  created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (requirement_id, attribute)
);
CREATE TABLE cme_cycles (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, license_id integer REFERENCES licenses ON DELETE CASCADE,
  state varchar(2) NOT NULL, starts_on date NOT NULL, ends_on date NOT NULL, required_credits numeric(5,2) NOT NULL, status varchar(20) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT ck_cme_cycles_dates CHECK (ends_on > starts_on)
);
CREATE TABLE cme_activities (
  id serial PRIMARY KEY, provider_id integer NOT NULL CONSTRAINT cme_activities_provider_id_fkey REFERENCES providers ON DELETE CASCADE,
  document_id integer REFERENCES documents ON DELETE SET NULL, title varchar(255) NOT NULL, topic varchar(150), activity_type varchar(50) NOT NULL,
  credits_earned numeric(5,2) NOT NULL, credit_category varchar(30) NOT NULL, course_sponsor varchar(150), certificate_number varchar(50),
  completion_date date NOT NULL, completion_year integer GENERATED ALWAYS AS (extract(year FROM completion_date)::integer) STORED,
  is_verified boolean NOT NULL DEFAULT false, is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_cme_activities_credits_not_negative CHECK (credits_earned >= 0),
  -- 20260110_0100, 20260110_0200
  board_code varchar(20), board_course_code varchar(50), normalized_topic varchar(100)
);
CREATE INDEX ix_cme_activities_completion_date ON cme_activities (completion_date);
CREATE TABLE cme_activity_topics (
  activity_id integer NOT NULL REFERENCES cme_activities ON DELETE CASCADE, topic_id integer NOT NULL REFERENCES cme_topics ON DELETE RESTRICT,
  credits numeric(5,2), confidence real, assigned_by varchar(30) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (activity_id, topic_id)
);
CREATE TABLE cme_activity_cycles (
  id serial PRIMARY KEY, activity_id integer NOT NULL REFERENCES cme_activities ON DELETE CASCADE, cycle_id integer NOT NULL REFERENCES cme_cycles ON DELETE CASCADE,
  credits_applied numeric(5,2) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (activity_id, cycle_id)
);
CREATE TABLE provider_one_time_requirements (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, rule_id integer NOT NULL REFERENCES cme_rules ON DELETE CASCADE,
  completed_on date, activity_id integer REFERENCES cme_activities ON DELETE SET NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (provider_id, rule_id)
);
CREATE TABLE provider_topic_cme_history (
  id bigserial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, topic_id integer NOT NULL REFERENCES cme_topics ON DELETE CASCADE,
  year smallint NOT NULL, credits numeric(6,2) NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now(), UNIQUE (provider_id, topic_id, year)
);

-- Messages and campaigns

CREATE TABLE notifications (
  id bigserial PRIMARY KEY, user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, license_id integer REFERENCES licenses ON DELETE SET NULL,
  notification_type varchar(50) NOT NULL, channel notification_channel NOT NULL, title varchar(200) NOT NULL, body text,
  is_read boolean NOT NULL DEFAULT false, read_at timestamptz, delivery_status varchar(20) NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_notifications_unread ON notifications (user_id, created_at) WHERE NOT is_read;
CREATE TABLE conversations (
  id serial PRIMARY KEY, organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE, started_by_id integer REFERENCES users ON DELETE SET NULL,
  subject varchar(200), is_closed boolean NOT NULL DEFAULT false, last_message_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE messages (
  id bigserial PRIMARY KEY, conversation_id integer NOT NULL REFERENCES conversations ON DELETE CASCADE, sender_user_id integer REFERENCES users ON DELETE SET NULL,
  body text NOT NULL, attachments jsonb, is_system boolean NOT NULL DEFAULT false, edited_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audience_segments (
  id serial PRIMARY KEY, organization_id integer REFERENCES organizations ON DELETE CASCADE, name varchar(150) NOT NULL, criteria jsonb NOT NULL DEFAULT '{}',
  estimated_size integer, is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (organization_id, name)
);
CREATE TABLE campaigns (
  id serial PRIMARY KEY, organization_id integer REFERENCES organizations ON DELETE CASCADE, segment_id integer REFERENCES audience_segments ON DELETE SET NULL,
  name varchar(200) NOT NULL, status varchar(20) NOT NULL DEFAULT 'draft', subject varchar(200), template text, created_by_id integer REFERENCES users ON DELETE SET NULL,
  scheduled_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_campaigns_status CHECK (status IN ('draft', 'scheduled', 'running', 'completed', 'cancelled')),
  started_at timestamptz -- 20260114_1830
);
CREATE TABLE campaign_recipients (
  id serial PRIMARY KEY, campaign_id integer NOT NULL REFERENCES campaigns ON DELETE CASCADE, user_id integer REFERENCES users ON DELETE CASCADE,
  email varchar(255) NOT NULL, status varchar(20) NOT NULL, sent_at timestamptz, opened_at timestamptz, UNIQUE (campaign_id, email)
);
CREATE TABLE email_tracking_events (
  id bigserial PRIMARY KEY, recipient_id integer NOT NULL REFERENCES campaign_recipients ON DELETE CASCADE, event_type varchar(20) NOT NULL, link_url varchar(500),
  user_agent varchar(300), ip_address inet, created_at timestamptz NOT NULL DEFAULT now()
);

-- Events, audit, agents

CREATE TABLE audit_logs (
  id bigserial PRIMARY KEY, user_id integer, event_type varchar(50) NOT NULL, entity_type varchar(50), entity_key varchar(50), details jsonb, ip_address inet,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_audit_logs_created_at ON audit_logs (created_at DESC);
CREATE TABLE event_log (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, category varchar(50) NOT NULL, event_name varchar(100) NOT NULL, payload jsonb NOT NULL DEFAULT '{}',
  correlation_key uuid, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE events (
  id bigserial PRIMARY KEY, event_type varchar(50) NOT NULL, aggregate_type varchar(50) NOT NULL, aggregate_key varchar(50) NOT NULL, payload jsonb NOT NULL,
  published_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE ris_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), severity varchar(20) NOT NULL, title varchar(200) NOT NULL, description text, resolution text,
  detected_at timestamptz NOT NULL, resolved_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE coordinator_actions (
  id serial PRIMARY KEY, coordinator_user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE,
  action_type coordinator_action_type NOT NULL, note text, due_date date, completed_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE agent_registry (
  id serial PRIMARY KEY, agent_name varchar(100) NOT NULL UNIQUE, version varchar(20) NOT NULL, capabilities text[] NOT NULL DEFAULT '{}',
  is_enabled boolean NOT NULL DEFAULT true, last_heartbeat_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE agent_activity_log (
  id bigserial PRIMARY KEY, agent_id integer NOT NULL REFERENCES agent_registry ON DELETE CASCADE, activity varchar(100) NOT NULL, status varchar(20) NOT NULL,
  input jsonb, output jsonb, duration_ms integer, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE ai_model_executions (
  id bigserial PRIMARY KEY, document_id integer REFERENCES documents ON DELETE SET NULL, model_name varchar(100) NOT NULL, prompt_tokens integer, completion_tokens integer,
  cost_usd numeric(10,6), latency_ms integer, error text, created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON organizations FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON providers FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON licenses FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Every foreign key has an index that begins with its column, but for three that were forgotten.
DO $$
DECLARE
  key record;
BEGIN
  FOR key IN
    SELECT t.relname AS "table", a.attname AS "column"
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f'
      AND (t.relname, a.attname) NOT IN (('credential_history', 'changed_by_id'), ('documents', 'uploaded_by_id'), ('campaigns', 'created_by_id'))
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL)
    ORDER BY 1, 2
  LOOP
    EXECUTE format('CREATE INDEX %I ON %I (%I)', 'ix_' || key."table" || '_' || key."column", key."table", key."column");
  END LOOP;
END
$$;

-- 20260114_0100
CREATE INDEX ix_licenses_state_type_status ON licenses (state, license_type, status);
CREATE INDEX ix_cme_rule_packs_state_type ON cme_rule_packs (state, license_type);
CREATE INDEX ix_credential_history_license_created ON credential_history (license_id, created_at);

-- 20260108_0400
CREATE TABLE channels (
  id serial PRIMARY KEY, organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE, name varchar(100) NOT NULL, topic varchar(255),
  is_private boolean NOT NULL DEFAULT false, is_archived boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT uq_channels_organization_name UNIQUE (organization_id, name)
);
CREATE TABLE threads (
  id serial PRIMARY KEY, channel_id integer REFERENCES channels ON DELETE CASCADE, created_by_id integer REFERENCES users ON DELETE SET NULL, subject varchar(255) NOT NULL,
  is_resolved boolean NOT NULL DEFAULT false, last_message_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_threads_channel_id ON threads (channel_id);
CREATE INDEX ix_threads_created_by_id ON threads (created_by_id);
CREATE TABLE thread_messages (
  id bigserial PRIMARY KEY, thread_id integer NOT NULL REFERENCES threads ON DELETE CASCADE, author_user_id integer REFERENCES users ON DELETE SET NULL,
  body text NOT NULL, attachments jsonb, edited_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_thread_messages_thread_id_created_at ON thread_messages (thread_id, created_at);
CREATE INDEX ix_thread_messages_author_user_id ON thread_messages (author_user_id);

-- 20260109_0100
CREATE TABLE duplicate_events (
  id serial PRIMARY KEY, entity_type varchar(50) NOT NULL, first_entity_key varchar(50) NOT NULL, second_entity_key varchar(50) NOT NULL,
  similarity numeric(5,4) NOT NULL, detected_by varchar(50) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ck_duplicate_events_similarity CHECK (similarity >= 0 AND similarity <= 1)
);
CREATE INDEX ix_duplicate_events_entity_type ON duplicate_events (entity_type);
CREATE TABLE duplicate_review_queue (
  id serial PRIMARY KEY, duplicate_event_id integer NOT NULL REFERENCES duplicate_events ON DELETE CASCADE, assigned_to_id integer REFERENCES users ON DELETE SET NULL,
  decision varchar(20), decided_at timestamptz, notes text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_duplicate_review_queue_duplicate_event_id ON duplicate_review_queue (duplicate_event_id);
CREATE INDEX ix_duplicate_review_queue_assigned_to_id ON duplicate_review_queue (assigned_to_id);

-- 20260109_0200
CREATE TABLE ground_truth_documents (
  id serial PRIMARY KEY, document_id integer REFERENCES documents ON DELETE CASCADE, document_type varchar(50) NOT NULL, expected_fields jsonb NOT NULL,
  verified_by_id integer REFERENCES users ON DELETE SET NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_ground_truth_documents_document_id ON ground_truth_documents (document_id);
CREATE INDEX ix_ground_truth_documents_verified_by_id ON ground_truth_documents (verified_by_id);
CREATE TABLE accuracy_test_runs (
  id serial PRIMARY KEY, name varchar(150) NOT NULL, model_name varchar(100) NOT NULL, started_at timestamptz, finished_at timestamptz,
  overall_accuracy numeric(5,4), created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE accuracy_test_results (
  id bigserial PRIMARY KEY, run_id integer NOT NULL REFERENCES accuracy_test_runs ON DELETE CASCADE,
  ground_truth_document_id integer NOT NULL REFERENCES ground_truth_documents ON DELETE CASCADE, field_name varchar(100) NOT NULL,
  is_correct boolean NOT NULL, expected_value text, actual_value text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_accuracy_test_results_run_id ON accuracy_test_results (run_id);
CREATE INDEX ix_accuracy_test_results_ground_truth_document_id ON accuracy_test_results (ground_truth_document_id);

-- 20260109_0300
CREATE TABLE report_access_logs (
  id bigserial PRIMARY KEY, report_job_id uuid REFERENCES report_jobs ON DELETE CASCADE, user_id integer REFERENCES users ON DELETE SET NULL,
  action varchar(20) NOT NULL, ip_address inet, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_report_access_logs_report_job_id ON report_access_logs (report_job_id);
CREATE INDEX ix_report_access_logs_user_id ON report_access_logs (user_id);

-- 20260115_0300
CREATE TABLE provider_credentials (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, organization_id integer REFERENCES organizations ON DELETE CASCADE,
  created_by_id integer REFERENCES users ON DELETE SET NULL, portal_name varchar(150) NOT NULL, portal_url varchar(500), username_encrypted text, password_encrypted text,
  notes text, is_deleted boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_provider_credentials_provider_id ON provider_credentials (provider_id);
CREATE INDEX ix_provider_credentials_organization_id ON provider_credentials (organization_id);
CREATE INDEX ix_provider_credentials_created_by_id ON provider_credentials (created_by_id);
CREATE UNIQUE INDEX uq_provider_credentials_portal ON provider_credentials (provider_id, portal_name) WHERE NOT is_deleted;

-- 7702d353e5b8
CREATE TABLE coordinator_notification_preferences (
  id serial PRIMARY KEY, coordinator_user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, email_enabled boolean NOT NULL DEFAULT true,
  sms_enabled boolean NOT NULL DEFAULT false, digest_hour smallint NOT NULL DEFAULT 8, created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT uq_coordinator_notification_preferences_user UNIQUE (coordinator_user_id)
);

-- 20260131_0000
CREATE TABLE payment_methods (
  id serial PRIMARY KEY, provider_id integer NOT NULL REFERENCES providers ON DELETE CASCADE, card_brand varchar(20), card_number_encrypted text NOT NULL,
  card_expiry_encrypted text NOT NULL, card_cvv_encrypted text, cardholder_name varchar(200) NOT NULL, billing_address text,
  is_default boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_payment_methods_provider_id ON payment_methods (provider_id);
CREATE UNIQUE INDEX uq_payment_methods_default ON payment_methods (provider_id) WHERE is_default;

-- In no revision
CREATE TABLE session (
  id serial PRIMARY KEY, session_key varchar(100) NOT NULL UNIQUE, user_email varchar(255), data text, expires_at timestamptz, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE team_channels (
  id serial PRIMARY KEY, organization_id integer REFERENCES organizations ON DELETE CASCADE, name varchar(100) NOT NULL, description text,
  is_archived boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_team_channels_organization_id ON team_channels (organization_id);
