"""Add portal access to licenses

Revision ID: 20260115_0100
Revises: 20260114_1830
Create Date: 2026-01-15 01:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260115_0100"
down_revision = "20260114_1830"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("licenses", sa.Column("portal_access_notes", sa.Text(), nullable=True))
    op.add_column("licenses", sa.Column("portal_username", sa.String(length=500), nullable=True))
    op.add_column("licenses", sa.Column("portal_password", sa.String(length=500), nullable=True))


def downgrade() -> None:
    op.drop_column("licenses", "portal_password")
    op.drop_column("licenses", "portal_username")
    op.drop_column("licenses", "portal_access_notes")
