"""Add indexes for batch state coverage

Revision ID: 20260114_0100
Revises: 20260112_0100
Create Date: 2026-01-14 01:00:00.000000

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = "20260114_0100"
down_revision = "20260112_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_licenses_state_type_status", "licenses", ["state", "license_type", "status"])
    op.create_index("ix_cme_rule_packs_state_type", "cme_rule_packs", ["state", "license_type"])
    op.create_index("ix_credential_history_license_created", "credential_history", ["license_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_credential_history_license_created", table_name="credential_history")
    op.drop_index("ix_cme_rule_packs_state_type", table_name="cme_rule_packs")
    op.drop_index("ix_licenses_state_type_status", table_name="licenses")
