/** Every query of the plan, once. `refused`: the notebook writes it in another way. `guessed`: it names a column that neither database has. */
export const plan: { sql: string; refused?: RegExp; guessed?: boolean }[] = [
  { sql: "SELECT version()" },
  { sql: "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name" },
  { sql: "SELECT * FROM alembic_version ORDER BY version_num DESC LIMIT 10" },
  { sql: "SELECT version_num FROM alembic_version ORDER BY version_num DESC LIMIT 10" },
  {
    sql: "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'users' ORDER BY ordinal_position",
    refused: /column_default/,
  },
  { sql: "SELECT COUNT(*) FROM users" },
  {
    sql: "SELECT schemaname || '.' || tablename as table_name, n_live_tup as row_count FROM pg_stat_user_tables ORDER BY n_live_tup DESC LIMIT 10",
  },
  {
    sql: "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY tablename, indexname",
    refused: /indexdef/,
  },
  {
    sql: "SELECT tc.table_name, kcu.column_name, ccu.table_name AS foreign_table_name, ccu.column_name AS foreign_column_name, tc.constraint_name FROM information_schema.table_constraints AS tc JOIN information_schema.key_column_usage AS kcu ON tc.constraint_name = kcu.constraint_name JOIN information_schema.constraint_column_usage AS ccu ON ccu.constraint_name = tc.constraint_name WHERE tc.constraint_type = 'FOREIGN KEY' AND tc.table_schema = 'public' ORDER BY tc.table_name, tc.constraint_name",
  },
  {
    sql: "SELECT role, COUNT(*) as count, COUNT(*) FILTER (WHERE is_active = true) as active_count, COUNT(*) FILTER (WHERE mfa_enabled = true) as mfa_enabled_count FROM users WHERE is_deleted = false GROUP BY role ORDER BY count DESC",
  },
  {
    sql: "SELECT COUNT(*) as total_sessions, COUNT(*) FILTER (WHERE is_active = true) as active_sessions, COUNT(DISTINCT user_id) as unique_users_with_sessions FROM sessions",
  },
  {
    sql: "SELECT COUNT(*) as total_organizations, COUNT(*) FILTER (WHERE is_deleted = false) as active_organizations FROM organizations",
  },
  {
    sql: "SELECT o.name as organization_name, COUNT(om.user_id) as member_count, COUNT(*) FILTER (WHERE om.is_active = true) as active_members FROM organizations o LEFT JOIN organization_memberships om ON o.id = om.organization_id WHERE o.is_deleted = false GROUP BY o.id, o.name ORDER BY member_count DESC LIMIT 20",
  },
  {
    sql: "SELECT o.name as organization_name, COUNT(DISTINCT p.id) as provider_count, COUNT(DISTINCT p.specialty) as unique_specialties FROM organizations o LEFT JOIN providers p ON o.id = p.organization_id WHERE o.is_deleted = false AND (p.is_deleted = false OR p.is_deleted IS NULL) GROUP BY o.id, o.name ORDER BY provider_count DESC LIMIT 20",
  },
  {
    sql: "SELECT state, COUNT(*) as total_licenses, COUNT(*) FILTER (WHERE status = 'active') as active_licenses, COUNT(*) FILTER (WHERE expiration_date < CURRENT_DATE) as expired_licenses, COUNT(*) FILTER (WHERE expiration_date BETWEEN CURRENT_DATE AND CURRENT_DATE + INTERVAL '90 days') as expiring_soon FROM licenses WHERE is_deleted = false GROUP BY state ORDER BY total_licenses DESC",
  },
  {
    sql: "SELECT license_type, COUNT(*) as count FROM licenses WHERE is_deleted = false GROUP BY license_type ORDER BY count DESC LIMIT 20",
  },
  {
    sql: "SELECT COUNT(*) as total_documents, COUNT(*) FILTER (WHERE processing_status = 'completed') as processed_count, COUNT(*) FILTER (WHERE processing_status = 'failed') as failed_count, COUNT(*) FILTER (WHERE processing_status = 'pending') as pending_count FROM documents WHERE is_deleted = false",
  },
  {
    sql: "SELECT dc.classification, COUNT(*) as document_count, AVG(dc.confidence_score) as avg_confidence FROM document_classifications dc JOIN documents d ON dc.document_id = d.id WHERE d.is_deleted = false GROUP BY dc.classification ORDER BY document_count DESC",
  },
  {
    sql: "SELECT extraction_type, COUNT(*) as count, AVG(confidence_score) as avg_confidence, COUNT(*) FILTER (WHERE is_verified = true) as verified_count FROM extraction_results GROUP BY extraction_type ORDER BY count DESC",
    guessed: true,
  },
  {
    sql: "SELECT COUNT(DISTINCT provider_id) as providers_with_cme, COUNT(*) as total_activities, SUM(credits_earned) as total_credits, AVG(credits_earned) as avg_credits_per_activity FROM cme_activities WHERE is_deleted = false",
  },
  {
    sql: "SELECT topic, COUNT(*) as activity_count, SUM(credits_earned) as total_credits FROM cme_activities WHERE is_deleted = false AND topic IS NOT NULL GROUP BY topic ORDER BY activity_count DESC LIMIT 20",
  },
  {
    sql: "SELECT state, license_type, required_credits, cycle_years FROM cme_requirements ORDER BY state, license_type LIMIT 50",
  },
  {
    sql: "SELECT event_type, COUNT(*) as event_count, MAX(created_at) as most_recent_event FROM audit_logs GROUP BY event_type ORDER BY event_count DESC LIMIT 30",
  },
  {
    sql: "SELECT event_type, COUNT(*) as count_24h FROM audit_logs WHERE created_at > CURRENT_TIMESTAMP - INTERVAL '24 hours' GROUP BY event_type ORDER BY count_24h DESC",
  },
  {
    sql: "SELECT event_category, COUNT(*) as event_count FROM event_log GROUP BY event_category ORDER BY event_count DESC",
    guessed: true,
  },
  {
    sql: "SELECT notification_type, COUNT(*) as total_sent, COUNT(*) FILTER (WHERE is_read = true) as read_count, COUNT(*) FILTER (WHERE delivery_status = 'delivered') as delivered_count FROM notifications GROUP BY notification_type ORDER BY total_sent DESC",
  },
  {
    sql: "SELECT campaign_name, status, COUNT(*) as recipient_count FROM campaigns GROUP BY campaign_name, status ORDER BY recipient_count DESC LIMIT 20",
    guessed: true,
  },
  {
    sql: "SELECT COUNT(*) as orphaned_providers FROM providers p LEFT JOIN organizations o ON p.organization_id = o.id WHERE o.id IS NULL AND p.is_deleted = false",
  },
  {
    sql: "SELECT COUNT(*) as orphaned_licenses FROM licenses l LEFT JOIN providers p ON l.provider_id = p.id WHERE p.id IS NULL AND l.is_deleted = false",
  },
  {
    sql: "SELECT COUNT(*) as expired_licenses, COUNT(DISTINCT provider_id) as providers_affected FROM licenses WHERE expiration_date < CURRENT_DATE AND status = 'active' AND is_deleted = false",
  },
  { sql: "SELECT id, name, is_deleted, created_at FROM organizations WHERE is_deleted = false ORDER BY id LIMIT 10" },
  {
    sql: "SELECT id, role, MD5(email) as email_hash, is_active FROM users WHERE is_deleted = false ORDER BY id LIMIT 10",
    refused: /keyed_hash/,
  },
  {
    sql: "SELECT state, COUNT(*) as count FROM licenses WHERE is_deleted = false GROUP BY state ORDER BY count DESC LIMIT 10",
  },
  { sql: "SELECT COUNT(*) as user_count FROM users WHERE is_deleted = false" },
  { sql: "SELECT COUNT(*) FROM users WHERE is_deleted = false" },
  {
    sql: "SELECT id, role, is_active, mfa_enabled, created_at FROM users WHERE is_deleted = false ORDER BY created_at DESC LIMIT 5",
  },
  {
    sql: "SELECT id, organization_id, specialty, subspecialty, practice_state, created_at FROM providers WHERE is_deleted = false ORDER BY created_at DESC LIMIT 10",
    guessed: true,
  },
  {
    sql: "SELECT id, provider_id, state, license_type, status, issue_date, expiration_date FROM licenses WHERE is_deleted = false ORDER BY created_at DESC LIMIT 10",
  },
  {
    sql: "SELECT COUNT(*) FILTER (WHERE npi IS NULL) as missing_npi, COUNT(*) FILTER (WHERE email IS NULL) as missing_email, COUNT(*) FILTER (WHERE specialty IS NULL) as missing_specialty, COUNT(*) FILTER (WHERE practice_state IS NULL) as missing_state FROM providers WHERE is_deleted = false",
  },
  {
    sql: "SELECT COUNT(*) FILTER (WHERE license_number IS NULL) as missing_license_number, COUNT(*) FILTER (WHERE expiration_date IS NULL) as missing_expiration, COUNT(*) FILTER (WHERE license_type IS NULL) as missing_type FROM licenses WHERE is_deleted = false",
  },
  {
    sql: "SELECT DATE(created_at) as creation_date, COUNT(*) as users_created FROM users WHERE is_deleted = false GROUP BY DATE(created_at) ORDER BY creation_date DESC LIMIT 30",
  },
  {
    sql: "SELECT DATE(uploaded_at) as upload_date, COUNT(*) as documents_uploaded FROM documents WHERE is_deleted = false GROUP BY DATE(uploaded_at) ORDER BY upload_date DESC LIMIT 30",
    guessed: true,
  },
  { sql: "SELECT * FROM organizations WHERE is_deleted = false", refused: /personal/ },
  { sql: "SELECT state, COUNT(*) as count FROM licenses GROUP BY state" },
  { sql: "SELECT version_num FROM alembic_version" },
  { sql: "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'" },
];
