"""Add board-specific course fields to CME activities

Revision ID: 20260110_0100
Revises: 20260109_0300
Create Date: 2026-01-10 01:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260110_0100"
down_revision = "20260109_0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cme_activities", sa.Column("board_code", sa.String(length=20), nullable=True))
    op.add_column("cme_activities", sa.Column("board_course_code", sa.String(length=50), nullable=True))


def downgrade() -> None:
    op.drop_column("cme_activities", "board_course_code")
    op.drop_column("cme_activities", "board_code")
