"""Create provider credentials for third-party portals

Revision ID: 20260115_0300
Revises: 20260115_0200
Create Date: 2026-01-15 03:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260115_0300"
down_revision = "20260115_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("portal_name", sa.String(length=150), nullable=False),
        sa.Column("portal_url", sa.String(length=500), nullable=True),
        sa.Column("username_encrypted", sa.Text(), nullable=True),
        sa.Column("password_encrypted", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="provider_credentials_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="provider_credentials_provider_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="provider_credentials_organization_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="provider_credentials_created_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_provider_credentials_provider_id", "provider_credentials", ["provider_id"])
    op.create_index("ix_provider_credentials_organization_id", "provider_credentials", ["organization_id"])
    op.create_index("ix_provider_credentials_created_by_id", "provider_credentials", ["created_by_id"])
    op.create_index("uq_provider_credentials_portal", "provider_credentials", ["provider_id", "portal_name"], unique=True, postgresql_where=sa.text("NOT is_deleted"))


def downgrade() -> None:
    op.drop_table("provider_credentials")
