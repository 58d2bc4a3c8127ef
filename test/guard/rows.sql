-- A few rows in each table that the tests ask about. Every personal value holds a canary that occurs nowhere else: "canary", 7700…, or a day of 1907.
INSERT INTO organizations (name, slug, organization_type, contact_email, contact_phone, settings)
  SELECT 'Group ' || i, 'canary-slug-' || i, 'practice', 'canary-org-' || i, 'canary' || i, '{"k": "canary-setting"}' FROM generate_series(1, 4) i;
INSERT INTO users (email, password_hash, first_name, last_name, phone, role, is_active, created_at)
  SELECT 'canary-mail-' || i, 'canary-hash-' || i, 'canary-first-' || i % 5, 'canary-last-' || i % 7, nullif('canary-phone-' || i, 'canary-phone-3'), (ARRAY['viewer', 'provider', 'coordinator'])[1 + i % 3]::user_role, i % 4 > 0, timestamptz '2025-01-01' + i * interval '9 days' FROM generate_series(1, 30) i;
INSERT INTO organization_memberships (organization_id, user_id, role) SELECT 1 + i % 4, i, 'member' FROM generate_series(1, 20) i;
INSERT INTO providers (organization_id, user_id, first_name, last_name, email, phone, npi, ssn_encrypted, provider_type, specialty, practice_state, home_state, weight, gender, employer_start_date, "references")
  SELECT 1 + i % 4, i, 'canary-f-' || i % 5, 'canary-l-' || i % 6, CASE WHEN i % 9 > 0 THEN 'canary-mail-' || i END, 'canary' || i, 'canary' || i, 'canary-ssn-' || i, 'MD', (ARRAY['Cardiology', 'Surgery', 'Family'])[1 + i % 3], 'CA', 'cn', 770012300 + i, 'canary', date '1907-03-01' + i, jsonb_build_object('a', 'canary-ref')
  FROM generate_series(1, 25) i;
INSERT INTO licenses (provider_id, state, license_type, license_number, status, issue_date, expiration_date, portal_password, portal_pin)
  SELECT 1 + i % 25, (ARRAY['CA', 'NY', 'TX', 'FL'])[1 + i % 4], (ARRAY['MD', 'DO'])[1 + i % 2], 'canary-lic-' || i / 2, (ARRAY['active', 'expired', 'pending'])[1 + i % 3], date '2024-01-01' + i, date '2026-01-01' + i, 'canary-pw-' || i, 'canary' || i FROM generate_series(1, 40) i;
INSERT INTO dea_registrations (provider_id, dea_number, state, schedules, status) SELECT i, 'canary' || i, 'CA', '{II,III}', 'active' FROM generate_series(1, 9) i;
INSERT INTO sessions (user_id, refresh_token_hash, ip_address, device, expires_at) SELECT 1 + i % 30, 'canary-token-' || i, '10.0.0.7', 'canary-device', now() FROM generate_series(1, 8) i;
INSERT INTO token_blacklist (token, token_type, expires_at) SELECT 'canary-token-' || i, 'refresh', now() FROM generate_series(1, 5) i;
INSERT INTO documents (provider_id, file_name, storage_key, content_sha256, mime_type, size_bytes) SELECT 1 + i % 25, 'canary-file-' || i, 'canary-key-' || i, 'canary', 'application/pdf', 1000 + i FROM generate_series(1, 12) i;
INSERT INTO cme_topics (code, name, category) SELECT 'T' || i, 'Topic ' || i, 'core' FROM generate_series(1, 6) i;
INSERT INTO cme_rule_packs (pack_code, state, license_type, board_name, version, effective_from) VALUES ('P1', 'CA', 'MD', 'Board', '1', '2025-01-01');
INSERT INTO cme_rules (rule_pack_id, topic_id, rule_code, rule_kind, required_credits, applicability) SELECT 1, i, 'R' || i, 'hours', 5, '{"kind": "all", "states": ["CA", "NY"]}' FROM generate_series(1, 4) i;
INSERT INTO cme_requirements (state, license_type, required_credits, cycle_years, effective_from) VALUES ('CA', 'MD', 50, 2, '2025-01-01'), ('NY', 'DO', 40, 3, '2025-01-01');
INSERT INTO cme_activities (provider_id, title, topic, activity_type, credits_earned, credit_category, course_sponsor, certificate_number, completion_date)
  SELECT 1 + i % 25, 'canary-title-' || i, 'Topic ' || i % 6, 'online', 1 + i % 9, 'AMA', 'canary-sponsor', 'canary' || i, date '2025-02-01' + i FROM generate_series(1, 60) i;
INSERT INTO audit_logs (user_id, event_type, entity_type, entity_key, details, ip_address, created_at)
  SELECT 1 + i % 30, (ARRAY['login', 'view', 'edit'])[1 + i % 3], 'user', 'canary-' || i, jsonb_build_object('email', 'canary-mail-' || i), '10.0.0.8', now() - i * interval '5 hours' FROM generate_series(1, 50) i;
INSERT INTO event_log (category, event_name, payload) SELECT 'auth', 'login', '{"who": "canary"}' FROM generate_series(1, 5) i;
INSERT INTO campaigns (organization_id, name, status, subject, template) VALUES (1, 'Spring', 'draft', 'canary', 'canary');
INSERT INTO campaign_recipients (campaign_id, user_id, email, status) SELECT 1, i, 'canary-mail-' || i, 'sent' FROM generate_series(1, 10) i;
INSERT INTO notifications (user_id, notification_type, channel, title, body, delivery_status) SELECT 1 + i % 30, 'expiry', 'email', 'canary-title', 'canary-body', 'delivered' FROM generate_series(1, 10) i;
INSERT INTO practices (organization_id, name, state, phone) SELECT 1, 'canary-practice-' || i, 'CA', 'canary' FROM generate_series(1, 3) i;
INSERT INTO visits VALUES (1, '2025-05-05', 'canary-ssn');
INSERT INTO attributes VALUES (1, 'ssn', 'canary-ssn'), (1, 'shoe', 'canary-shoe');
INSERT INTO x1 (c1, c2, c4, c5, c7, c8, c9, c10) SELECT i, 'canary-' || i, 770098700 + i, date '1907-04-01' + i, to_tsvector('simple', 'canary-' || i), ARRAY['canary'], 'canary', '{"a": "canary"}' FROM generate_series(1, 6) i;
INSERT INTO archive.licenses VALUES (1, 'canary', 'canary');
INSERT INTO guarded VALUES (1, 'canary');
INSERT INTO flags SELECT i, i % 3 = 0 FROM generate_series(1, 9) i;
INSERT INTO moods VALUES (1, 'calm');
REFRESH MATERIALIZED VIEW provider_cache;
SELECT lo_from_bytea(0, 'canary');
ANALYZE;
