"""Add applicability constraints to CME rules

Revision ID: 20260108_0500
Revises: 20260108_0400
Create Date: 2026-01-08 05:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260108_0500"
down_revision = "20260108_0400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_rules", sa.Column("applicability", postgresql.JSONB(), nullable=True))
    op.add_column("cme_rules", sa.Column("applies_from", sa.Date(), nullable=True))
    op.add_column("cme_rules", sa.Column("applies_until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("cme_rules", "applies_until")
    op.drop_column("cme_rules", "applies_from")
    op.drop_column("cme_rules", "applicability")
