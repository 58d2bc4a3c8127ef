"""Initial schema

Revision ID: 20260101_0000
Revises:
Create Date: 2026-01-01 00:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260101_0000"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TYPE user_role AS ENUM ('super_admin', 'org_admin', 'coordinator', 'provider', 'viewer')")
    op.execute("CREATE TYPE processing_status AS ENUM ('uploaded', 'pending', 'processing', 'completed', 'failed')")
    op.execute("CREATE TYPE notification_channel AS ENUM ('email', 'sms', 'in_app')")
    op.execute("CREATE TYPE coordinator_action_type AS ENUM ('note_added', 'document_requested', 'license_renewed', 'reminder_sent', 'access_granted')")

    op.create_table(
        "organizations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("organization_type", sa.String(length=50), nullable=False),
        sa.Column("contact_email", sa.String(length=255), nullable=True),
        sa.Column("contact_phone", sa.String(length=30), nullable=True),
        sa.Column("billing_state", sa.String(length=2), nullable=True),
        sa.Column("timezone", sa.String(length=50), server_default=sa.text("'America/New_York'"), nullable=False),
        sa.Column("plan", sa.String(length=30), server_default=sa.text("'standard'"), nullable=False),
        sa.Column("settings", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="organizations_pkey"),
        sa.UniqueConstraint("slug", name="organizations_slug_key"),
    )

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("role", postgresql.ENUM(name="user_role", create_type=False), server_default=sa.text("'viewer'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("mfa_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failed_login_count", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
    )
    op.create_index("uq_users_email_lower", "users", [sa.text("lower(email)")], unique=True)

    op.create_table(
        "organization_memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=50), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="organization_memberships_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="organization_memberships_organization_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="organization_memberships_user_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invited_by_id"], ["users.id"], name="organization_memberships_invited_by_id_fkey", ondelete="SET NULL"),
        sa.UniqueConstraint("organization_id", "user_id", name="organization_memberships_organization_id_user_id_key"),
    )
    op.create_index("ix_organization_memberships_invited_by_id", "organization_memberships", ["invited_by_id"])
    op.create_index("ix_organization_memberships_user_id", "organization_memberships", ["user_id"])

    op.create_table(
        "practices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("practice_type", sa.String(length=50), nullable=True),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("address_line", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="practices_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="practices_organization_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("organization_id", "name", name="practices_organization_id_name_key"),
    )

    op.create_table(
        "providers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("npi", sa.String(length=10), nullable=True),
        sa.Column("ssn_encrypted", sa.Text(), nullable=True),
        sa.Column("date_of_birth_encrypted", sa.Text(), nullable=True),
        sa.Column("provider_type", sa.String(length=10), nullable=False),
        sa.Column("specialty", sa.String(length=100), nullable=True),
        sa.Column("practice_state", sa.String(length=2), nullable=True),
        sa.Column("onboarding_stage", sa.String(length=30), server_default=sa.text("'complete'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="providers_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="providers_organization_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="providers_user_id_fkey", ondelete="SET NULL"),
        sa.UniqueConstraint("user_id", name="providers_user_id_key"),
    )
    op.create_index("uq_providers_npi", "providers", ["npi"], unique=True, postgresql_where=sa.text("NOT is_deleted"))
    op.create_index("ix_providers_specialty", "providers", ["specialty"])
    op.create_index("ix_providers_organization_id", "providers", ["organization_id"])

    op.create_table(
        "provider_practice_profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("job_title", sa.String(length=100), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("hours_per_week", sa.Numeric(precision=4, scale=1), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="provider_practice_profiles_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="provider_practice_profiles_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name="provider_practice_profiles_practice_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("provider_id", "practice_id", name="provider_practice_profiles_provider_id_practice_id_key"),
        sa.CheckConstraint("end_date IS NULL OR end_date >= start_date", name="ck_provider_practice_profiles_dates"),
    )
    op.create_index("ix_provider_practice_profiles_practice_id", "provider_practice_profiles", ["practice_id"])

    op.create_table(
        "provider_coordinator_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("coordinator_user_id", sa.Integer(), nullable=False),
        sa.Column("access_level", sa.String(length=20), server_default=sa.text("'read'"), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="provider_coordinator_access_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="provider_coordinator_access_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["coordinator_user_id"], ["users.id"], name="provider_coordinator_access_coordinator_user_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("provider_id", "coordinator_user_id", name="provider_coordinator_access_provider_id_coordinator_user_id_key"),
    )
    op.create_index("ix_provider_coordinator_access_coordinator_user_id", "provider_coordinator_access", ["coordinator_user_id"])

    op.create_table(
        "sessions",
        sa.Column("id", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("refresh_token_hash", sa.String(length=64), nullable=False),
        sa.Column("ip_address", postgresql.INET(), nullable=True),
        sa.Column("device", sa.String(length=50), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="sessions_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="sessions_user_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("refresh_token_hash", name="sessions_refresh_token_hash_key"),
    )
    op.create_index("ix_sessions_expires_at_active", "sessions", ["expires_at"], postgresql_where=sa.text("is_active"))
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "token_blacklist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("token_type", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="token_blacklist_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="token_blacklist_user_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_token_blacklist_user_id", "token_blacklist", ["user_id"])

    op.create_table(
        "mfa_devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("device_type", sa.String(length=20), nullable=False),
        sa.Column("secret_encrypted", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="mfa_devices_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="mfa_devices_user_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_mfa_devices_user_id", "mfa_devices", ["user_id"])

    op.create_table(
        "user_notification_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(postgresql.ENUM(name="notification_channel", create_type=False)), server_default=sa.text("'{email}'"), nullable=False),
        sa.Column("digest", sa.String(length=20), server_default=sa.text("'daily'"), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="user_notification_preferences_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="user_notification_preferences_user_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", name="user_notification_preferences_user_id_key"),
    )

    op.create_table(
        "user_interactions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("context", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="user_interactions_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="user_interactions_user_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_user_interactions_user_id", "user_interactions", ["user_id"])

    op.create_table(
        "licenses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("license_type", sa.String(length=20), nullable=True),
        sa.Column("license_number", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=20), server_default=sa.text("'active'"), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("board_name", sa.String(length=150), nullable=True),
        sa.Column("renewal_cycle_months", sa.SmallInteger(), server_default=sa.text("24"), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("verification_source", sa.String(length=50), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="licenses_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="licenses_provider_id_fkey", ondelete="CASCADE"),
        sa.CheckConstraint("status IN ('active', 'expired', 'pending', 'inactive')", name="ck_licenses_status"),
        sa.CheckConstraint("expiration_date >= issue_date", name="ck_licenses_expiration_after_issue"),
    )
    op.create_index("ix_licenses_state", "licenses", ["state"])
    op.create_index("ix_licenses_expiration_date", "licenses", ["expiration_date"], postgresql_where=sa.text("NOT is_deleted"))
    op.create_index("ix_licenses_provider_id", "licenses", ["provider_id"])

    op.create_table(
        "dea_registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("dea_number", sa.String(length=9), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("schedules", postgresql.ARRAY(sa.String(length=5)), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="dea_registrations_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="dea_registrations_provider_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("dea_number", name="dea_registrations_dea_number_key"),
        sa.CheckConstraint("expiration_date > issue_date", name="ck_dea_registrations_dates"),
    )
    op.create_index("ix_dea_registrations_provider_id", "dea_registrations", ["provider_id"])

    op.create_table(
        "controlled_substance_registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("registration_number", sa.String(length=50), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="controlled_substance_registrations_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="controlled_substance_registrations_provider_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("state", "registration_number", name="controlled_substance_registration_state_registration_number_key"),
    )
    op.create_index("ix_controlled_substance_registrations_provider_id", "controlled_substance_registrations", ["provider_id"])

    op.create_table(
        "license_attestations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("license_id", sa.Integer(), nullable=False),
        sa.Column("attested_by_id", sa.Integer(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("attested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="license_attestations_pkey"),
        sa.ForeignKeyConstraint(["license_id"], ["licenses.id"], name="license_attestations_license_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["attested_by_id"], ["users.id"], name="license_attestations_attested_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_license_attestations_attested_by_id", "license_attestations", ["attested_by_id"])
    op.create_index("ix_license_attestations_license_id", "license_attestations", ["license_id"])

    op.create_table(
        "credential_history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("license_id", sa.Integer(), nullable=True),
        sa.Column("event_type", sa.String(length=50), nullable=False),
        sa.Column("field_name", sa.String(length=50), nullable=True),
        sa.Column("old_value", sa.String(length=100), nullable=True),
        sa.Column("new_value", sa.String(length=100), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="credential_history_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="credential_history_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["license_id"], ["licenses.id"], name="credential_history_license_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name="credential_history_changed_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_credential_history_license_id", "credential_history", ["license_id"])
    op.create_index("ix_credential_history_provider_id", "credential_history", ["provider_id"])

    op.create_table(
        "credential_versions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("license_id", sa.Integer(), nullable=False),
        sa.Column("version_number", sa.SmallInteger(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(), nullable=False),
        sa.Column("change_source", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="credential_versions_pkey"),
        sa.ForeignKeyConstraint(["license_id"], ["licenses.id"], name="credential_versions_license_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("license_id", "version_number", name="credential_versions_license_id_version_number_key"),
        sa.CheckConstraint("version_number > 0", name="ck_credential_versions_version_number"),
    )
    op.create_index("ix_credential_versions_snapshot", "credential_versions", ["snapshot"], postgresql_using="gin")

    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("storage_key", sa.String(length=500), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("mime_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("page_count", sa.SmallInteger(), nullable=True),
        sa.Column("document_type", sa.String(length=50), nullable=True),
        sa.Column("processing_status", postgresql.ENUM(name="processing_status", create_type=False), server_default=sa.text("'uploaded'"), nullable=False),
        sa.Column("processing_error", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="documents_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="documents_provider_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="documents_organization_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["users.id"], name="documents_uploaded_by_id_fkey", ondelete="SET NULL"),
        sa.UniqueConstraint("storage_key", name="documents_storage_key_key"),
        sa.CheckConstraint("size_bytes > 0", name="ck_documents_size_bytes"),
    )
    op.create_index("ix_documents_unprocessed", "documents", ["created_at"], postgresql_where=sa.text("processing_status = 'uploaded'"))
    op.create_index("ix_documents_organization_id", "documents", ["organization_id"])
    op.create_index("ix_documents_provider_id", "documents", ["provider_id"])

    op.create_table(
        "document_classifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("classification", sa.String(length=50), nullable=False),
        sa.Column("confidence_score", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("model_name", sa.String(length=100), nullable=True),
        sa.Column("alternatives", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="document_classifications_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="document_classifications_document_id_fkey", ondelete="CASCADE"),
        sa.CheckConstraint("confidence_score BETWEEN 0 AND 1", name="ck_document_classifications_confidence"),
    )
    op.create_index("ix_document_classifications_document_id", "document_classifications", ["document_id"])

    op.create_table(
        "extraction_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("classification_id", sa.Integer(), nullable=True),
        sa.Column("extraction_type", sa.String(length=50), nullable=False),
        sa.Column("confidence_score", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("extracted_data", postgresql.JSONB(), nullable=False),
        sa.Column("strategy", sa.String(length=50), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="extraction_results_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="extraction_results_document_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["classification_id"], ["document_classifications.id"], name="extraction_results_classification_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_extraction_results_classification_id", "extraction_results", ["classification_id"])
    op.create_index("ix_extraction_results_document_id", "extraction_results", ["document_id"])

    op.create_table(
        "extraction_strategy_stats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(length=50), nullable=False),
        sa.Column("document_type", sa.String(length=50), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("successes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("average_confidence", postgresql.DOUBLE_PRECISION(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="extraction_strategy_stats_pkey"),
        sa.UniqueConstraint("strategy", "document_type", name="extraction_strategy_stats_strategy_document_type_key"),
    )

    op.create_table(
        "document_patterns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pattern_name", sa.String(length=100), nullable=False),
        sa.Column("document_type", sa.String(length=50), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="document_patterns_pkey"),
        sa.UniqueConstraint("pattern_name", name="document_patterns_pattern_name_key"),
    )

    op.create_table(
        "partner_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("partner", sa.String(length=100), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default=sa.text("'received'"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="partner_files_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="partner_files_organization_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_partner_files_organization_id", "partner_files", ["organization_id"])

    op.create_table(
        "report_jobs",
        sa.Column("id", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("report_type", sa.String(length=50), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="report_jobs_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="report_jobs_organization_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name="report_jobs_requested_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_report_jobs_organization_id", "report_jobs", ["organization_id"])
    op.create_index("ix_report_jobs_requested_by_id", "report_jobs", ["requested_by_id"])

    op.create_table(
        "cme_topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("category", sa.String(length=50), nullable=False),
        sa.Column("is_mandatory_anywhere", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_topics_pkey"),
        sa.UniqueConstraint("code", name="cme_topics_code_key"),
    )

    op.create_table(
        "cme_topic_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(length=150), nullable=False),
        sa.Column("source", sa.String(length=30), server_default=sa.text("'manual'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_topic_aliases_pkey"),
        sa.ForeignKeyConstraint(["topic_id"], ["cme_topics.id"], name="cme_topic_aliases_topic_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("alias", name="cme_topic_aliases_alias_key"),
    )
    op.create_index("ix_cme_topic_aliases_topic_id", "cme_topic_aliases", ["topic_id"])

    op.create_table(
        "cme_rule_packs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_code", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("license_type", sa.String(length=20), nullable=False),
        sa.Column("board_name", sa.String(length=150), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_rule_packs_pkey"),
        sa.UniqueConstraint("pack_code", name="cme_rule_packs_pack_code_key"),
    )

    op.create_table(
        "cme_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_pack_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("rule_code", sa.String(length=60), nullable=False),
        sa.Column("rule_kind", sa.String(length=30), nullable=False),
        sa.Column("required_credits", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("every_cycles", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_one_time", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_rules_pkey"),
        sa.ForeignKeyConstraint(["rule_pack_id"], ["cme_rule_packs.id"], name="cme_rules_rule_pack_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["topic_id"], ["cme_topics.id"], name="cme_rules_topic_id_fkey", ondelete="RESTRICT"),
        sa.UniqueConstraint("rule_code", name="cme_rules_rule_code_key"),
    )
    op.create_index("ix_cme_rules_rule_pack_id", "cme_rules", ["rule_pack_id"])
    op.create_index("ix_cme_rules_topic_id", "cme_rules", ["topic_id"])

    op.create_table(
        "cme_requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("license_type", sa.String(length=20), nullable=False),
        sa.Column("required_credits", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("category_1_credits", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("cycle_years", sa.SmallInteger(), nullable=False),
        sa.Column("source_url", sa.String(length=300), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_requirements_pkey"),
        sa.UniqueConstraint("state", "license_type", name="cme_requirements_state_license_type_key"),
        sa.CheckConstraint("cycle_years BETWEEN 1 AND 5", name="ck_cme_requirements_cycle_years"),
    )

    op.create_table(
        "cme_requirement_attributes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("attribute", sa.String(length=50), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_requirement_attributes_pkey"),
        sa.ForeignKeyConstraint(["requirement_id"], ["cme_requirements.id"], name="cme_requirement_attributes_requirement_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("requirement_id", "attribute", name="cme_requirement_attributes_requirement_id_attribute_key"),
    )

    op.create_table(
        "cme_cycles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("license_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("required_credits", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_cycles_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="cme_cycles_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["license_id"], ["licenses.id"], name="cme_cycles_license_id_fkey", ondelete="CASCADE"),
        sa.CheckConstraint("ends_on > starts_on", name="ck_cme_cycles_dates"),
    )
    op.create_index("ix_cme_cycles_license_id", "cme_cycles", ["license_id"])
    op.create_index("ix_cme_cycles_provider_id", "cme_cycles", ["provider_id"])

    op.create_table(
        "cme_activities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("topic", sa.String(length=150), nullable=True),
        sa.Column("activity_type", sa.String(length=50), nullable=False),
        sa.Column("credits_earned", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("credit_category", sa.String(length=30), nullable=False),
        sa.Column("course_sponsor", sa.String(length=150), nullable=True),
        sa.Column("certificate_number", sa.String(length=50), nullable=True),
        sa.Column("completion_date", sa.Date(), nullable=False),
        sa.Column("completion_year", sa.Integer(), sa.Computed("(EXTRACT(year FROM completion_date))::integer", persisted=True), nullable=True),
        sa.Column("is_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_activities_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="cme_activities_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="cme_activities_document_id_fkey", ondelete="SET NULL"),
        sa.CheckConstraint("credits_earned >= 0", name="ck_cme_activities_credits_not_negative"),
    )
    op.create_index("ix_cme_activities_completion_date", "cme_activities", ["completion_date"])
    op.create_index("ix_cme_activities_document_id", "cme_activities", ["document_id"])
    op.create_index("ix_cme_activities_provider_id", "cme_activities", ["provider_id"])

    op.create_table(
        "cme_activity_topics",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("credits", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("confidence", sa.REAL(), nullable=True),
        sa.Column("assigned_by", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", "topic_id", name="cme_activity_topics_pkey"),
        sa.ForeignKeyConstraint(["activity_id"], ["cme_activities.id"], name="cme_activity_topics_activity_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["topic_id"], ["cme_topics.id"], name="cme_activity_topics_topic_id_fkey", ondelete="RESTRICT"),
    )
    op.create_index("ix_cme_activity_topics_topic_id", "cme_activity_topics", ["topic_id"])

    op.create_table(
        "cme_activity_cycles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("credits_applied", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="cme_activity_cycles_pkey"),
        sa.ForeignKeyConstraint(["activity_id"], ["cme_activities.id"], name="cme_activity_cycles_activity_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["cycle_id"], ["cme_cycles.id"], name="cme_activity_cycles_cycle_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("activity_id", "cycle_id", name="cme_activity_cycles_activity_id_cycle_id_key"),
    )
    op.create_index("ix_cme_activity_cycles_cycle_id", "cme_activity_cycles", ["cycle_id"])

    op.create_table(
        "provider_one_time_requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="provider_one_time_requirements_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="provider_one_time_requirements_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["rule_id"], ["cme_rules.id"], name="provider_one_time_requirements_rule_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["activity_id"], ["cme_activities.id"], name="provider_one_time_requirements_activity_id_fkey", ondelete="SET NULL"),
        sa.UniqueConstraint("provider_id", "rule_id", name="provider_one_time_requirements_provider_id_rule_id_key"),
    )
    op.create_index("ix_provider_one_time_requirements_activity_id", "provider_one_time_requirements", ["activity_id"])
    op.create_index("ix_provider_one_time_requirements_rule_id", "provider_one_time_requirements", ["rule_id"])

    op.create_table(
        "provider_topic_cme_history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("credits", sa.Numeric(precision=6, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="provider_topic_cme_history_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="provider_topic_cme_history_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["topic_id"], ["cme_topics.id"], name="provider_topic_cme_history_topic_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("provider_id", "topic_id", "year", name="provider_topic_cme_history_provider_id_topic_id_year_key"),
    )
    op.create_index("ix_provider_topic_cme_history_topic_id", "provider_topic_cme_history", ["topic_id"])

    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("license_id", sa.Integer(), nullable=True),
        sa.Column("notification_type", sa.String(length=50), nullable=False),
        sa.Column("channel", postgresql.ENUM(name="notification_channel", create_type=False), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_status", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="notifications_pkey"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="notifications_user_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["license_id"], ["licenses.id"], name="notifications_license_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_notifications_unread", "notifications", ["user_id", "created_at"], postgresql_where=sa.text("NOT is_read"))
    op.create_index("ix_notifications_license_id", "notifications", ["license_id"])
    op.create_index("ix_notifications_user_id", "notifications", ["user_id"])

    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="conversations_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="conversations_organization_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["started_by_id"], ["users.id"], name="conversations_started_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_conversations_organization_id", "conversations", ["organization_id"])
    op.create_index("ix_conversations_started_by_id", "conversations", ["started_by_id"])

    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("sender_user_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=True),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="messages_pkey"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="messages_conversation_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sender_user_id"], ["users.id"], name="messages_sender_user_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_messages_conversation_id", "messages", ["conversation_id"])
    op.create_index("ix_messages_sender_user_id", "messages", ["sender_user_id"])

    op.create_table(
        "audience_segments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("criteria", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("estimated_size", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audience_segments_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="audience_segments_organization_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("organization_id", "name", name="audience_segments_organization_id_name_key"),
    )

    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("segment_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="campaigns_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="campaigns_organization_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["segment_id"], ["audience_segments.id"], name="campaigns_segment_id_fkey", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="campaigns_created_by_id_fkey", ondelete="SET NULL"),
        sa.CheckConstraint("status IN ('draft', 'scheduled', 'running', 'completed', 'cancelled')", name="ck_campaigns_status"),
    )
    op.create_index("ix_campaigns_organization_id", "campaigns", ["organization_id"])
    op.create_index("ix_campaigns_segment_id", "campaigns", ["segment_id"])

    op.create_table(
        "campaign_recipients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="campaign_recipients_pkey"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="campaign_recipients_campaign_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="campaign_recipients_user_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("campaign_id", "email", name="campaign_recipients_campaign_id_email_key"),
    )
    op.create_index("ix_campaign_recipients_user_id", "campaign_recipients", ["user_id"])

    op.create_table(
        "email_tracking_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("event_type", sa.String(length=20), nullable=False),
        sa.Column("link_url", sa.String(length=500), nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=True),
        sa.Column("ip_address", postgresql.INET(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="email_tracking_events_pkey"),
        sa.ForeignKeyConstraint(["recipient_id"], ["campaign_recipients.id"], name="email_tracking_events_recipient_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_email_tracking_events_recipient_id", "email_tracking_events", ["recipient_id"])

    op.create_table(
        "audit_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("event_type", sa.String(length=50), nullable=False),
        sa.Column("entity_type", sa.String(length=50), nullable=True),
        sa.Column("entity_key", sa.String(length=50), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.Column("ip_address", postgresql.INET(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_logs_pkey"),
    )
    op.create_index("ix_audit_logs_created_at", "audit_logs", [sa.text("created_at DESC")])

    op.create_table(
        "event_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("category", sa.String(length=50), nullable=False),
        sa.Column("event_name", sa.String(length=100), nullable=False),
        sa.Column("payload", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("correlation_key", postgresql.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="event_log_pkey"),
    )

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.String(length=50), nullable=False),
        sa.Column("aggregate_type", sa.String(length=50), nullable=False),
        sa.Column("aggregate_key", sa.String(length=50), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
    )

    op.create_table(
        "ris_events",
        sa.Column("id", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="ris_events_pkey"),
    )

    op.create_table(
        "coordinator_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coordinator_user_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("action_type", postgresql.ENUM(name="coordinator_action_type", create_type=False), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="coordinator_actions_pkey"),
        sa.ForeignKeyConstraint(["coordinator_user_id"], ["users.id"], name="coordinator_actions_coordinator_user_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="coordinator_actions_provider_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_coordinator_actions_coordinator_user_id", "coordinator_actions", ["coordinator_user_id"])
    op.create_index("ix_coordinator_actions_provider_id", "coordinator_actions", ["provider_id"])

    op.create_table(
        "agent_registry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("capabilities", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="agent_registry_pkey"),
        sa.UniqueConstraint("agent_name", name="agent_registry_agent_name_key"),
    )

    op.create_table(
        "agent_activity_log",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("activity", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("input", postgresql.JSONB(), nullable=True),
        sa.Column("output", postgresql.JSONB(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="agent_activity_log_pkey"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent_registry.id"], name="agent_activity_log_agent_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_agent_activity_log_agent_id", "agent_activity_log", ["agent_id"])

    op.create_table(
        "ai_model_executions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("model_name", sa.String(length=100), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Numeric(precision=10, scale=6), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="ai_model_executions_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="ai_model_executions_document_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_ai_model_executions_document_id", "ai_model_executions", ["document_id"])

    op.execute(
        """
        CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.updated_at = now();
          RETURN NEW;
        END
        $$
        """
    )
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON organizations FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON providers FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON licenses FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION set_updated_at()")


def downgrade() -> None:
    op.drop_table("ai_model_executions")
    op.drop_table("agent_activity_log")
    op.drop_table("agent_registry")
    op.drop_table("coordinator_actions")
    op.drop_table("ris_events")
    op.drop_table("events")
    op.drop_table("event_log")
    op.drop_table("audit_logs")
    op.drop_table("email_tracking_events")
    op.drop_table("campaign_recipients")
    op.drop_table("campaigns")
    op.drop_table("audience_segments")
    op.drop_table("messages")
    op.drop_table("conversations")
    op.drop_table("notifications")
    op.drop_table("provider_topic_cme_history")
    op.drop_table("provider_one_time_requirements")
    op.drop_table("cme_activity_cycles")
    op.drop_table("cme_activity_topics")
    op.drop_table("cme_activities")
    op.drop_table("cme_cycles")
    op.drop_table("cme_requirement_attributes")
    op.drop_table("cme_requirements")
    op.drop_table("cme_rules")
    op.drop_table("cme_rule_packs")
    op.drop_table("cme_topic_aliases")
    op.drop_table("cme_topics")
    op.drop_table("report_jobs")
    op.drop_table("partner_files")
    op.drop_table("document_patterns")
    op.drop_table("extraction_strategy_stats")
    op.drop_table("extraction_results")
    op.drop_table("document_classifications")
    op.drop_table("documents")
    op.drop_table("credential_versions")
    op.drop_table("credential_history")
    op.drop_table("license_attestations")
    op.drop_table("controlled_substance_registrations")
    op.drop_table("dea_registrations")
    op.drop_table("licenses")
    op.drop_table("user_interactions")
    op.drop_table("user_notification_preferences")
    op.drop_table("mfa_devices")
    op.drop_table("token_blacklist")
    op.drop_table("sessions")
    op.drop_table("provider_coordinator_access")
    op.drop_table("provider_practice_profiles")
    op.drop_table("providers")
    op.drop_table("practices")
    op.drop_table("organization_memberships")
    op.drop_table("users")
    op.drop_table("organizations")
    op.execute("DROP FUNCTION set_updated_at()")
    op.execute("DROP TYPE coordinator_action_type")
    op.execute("DROP TYPE notification_channel")
    op.execute("DROP TYPE processing_status")
    op.execute("DROP TYPE user_role")
