"""Add specialty conditional fields to CME rules

Revision ID: 20260108_0200
Revises: 20260101_0000
Create Date: 2026-01-08 02:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260108_0200"
down_revision = "20260101_0000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_rules", sa.Column("applies_to_specialties", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("cme_rules", sa.Column("excludes_specialties", postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("cme_rules", "excludes_specialties")
    op.drop_column("cme_rules", "applies_to_specialties")
