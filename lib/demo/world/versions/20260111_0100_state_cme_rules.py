"""Add state-specific fields to CME rules

Revision ID: 20260111_0100
Revises: 20260110_0200
Create Date: 2026-01-11 01:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260111_0100"
down_revision = "20260110_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_rules", sa.Column("state_rule_reference", sa.String(length=100), nullable=True))
    op.add_column("cme_rules", sa.Column("allows_carry_over", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("cme_rules", "allows_carry_over")
    op.drop_column("cme_rules", "state_rule_reference")
