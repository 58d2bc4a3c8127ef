-- What production lacks of schema.sql, and what it has otherwise.

DROP TABLE threads, thread_messages, channels, duplicate_events, duplicate_review_queue, accuracy_test_runs, accuracy_test_results,
  ground_truth_documents, report_access_logs, provider_credentials, coordinator_notification_preferences, payment_methods;

ALTER TABLE providers
  DROP home_address, DROP home_city, DROP home_state, DROP home_zip, DROP place_of_birth, DROP height, DROP weight, DROP gender, DROP race, DROP previous_names,
  DROP name_change_documents, DROP citizenship_status, DROP green_card_uscis_number, DROP employer_start_date, DROP "references", DROP fcvs_fid, DROP aoa_number,
  DROP disclosure_notes, DROP renewal_preferences, DROP cv_reference;
ALTER TABLE licenses DROP portal_access_notes, DROP portal_username, DROP portal_password, DROP portal_pin, DROP renewal_notes;

-- An enum cannot lose a value, so the type is made anew without it.
ALTER TYPE coordinator_action_type RENAME TO coordinator_action_type_head;
CREATE TYPE coordinator_action_type AS ENUM ('note_added', 'document_requested', 'license_renewed', 'reminder_sent', 'access_granted');
ALTER TABLE coordinator_actions ALTER action_type TYPE coordinator_action_type USING action_type::text::coordinator_action_type;
DROP TYPE coordinator_action_type_head;

-- By hand, at some time: an index dropped, one added, one made under another name, a check taken away, a foreign key tightened.
DROP INDEX ix_credential_history_license_created;
CREATE INDEX ix_licenses_renewal_hotfix ON licenses (expiration_date, provider_id) WHERE status = 'active';
ALTER INDEX ix_notifications_unread RENAME TO notifications_unread_idx;
ALTER TABLE cme_activities DROP CONSTRAINT ck_cme_activities_credits_not_negative;
ALTER TABLE cme_activities DROP CONSTRAINT cme_activities_provider_id_fkey,
  ADD CONSTRAINT cme_activities_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES providers ON DELETE RESTRICT;
ALTER TABLE licenses DROP CONSTRAINT ck_licenses_expiration_after_issue;
