"""Restrict CME rules to sources

Revision ID: 20260112_0100
Revises: 20260111_0100
Create Date: 2026-01-12 01:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260112_0100"
down_revision = "20260111_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_rules", sa.Column("allowed_sources", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("cme_rules", sa.Column("max_credits_per_source", sa.Numeric(precision=5, scale=2), nullable=True))


def downgrade() -> None:
    op.drop_column("cme_rules", "max_credits_per_source")
    op.drop_column("cme_rules", "allowed_sources")
