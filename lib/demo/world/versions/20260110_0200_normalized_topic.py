"""Add normalized topic to CME activities

Revision ID: 20260110_0200
Revises: 20260110_0100
Create Date: 2026-01-10 02:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260110_0200"
down_revision = "20260110_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_activities", sa.Column("normalized_topic", sa.String(length=100), nullable=True))


def downgrade() -> None:
    op.drop_column("cme_activities", "normalized_topic")
