"""Create coordinator notification preferences

Revision ID: 7702d353e5b8
Revises: 20260127_0100
Create Date: 2026-01-28 16:42:07.318245

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "7702d353e5b8"
down_revision = "20260127_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coordinator_notification_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coordinator_user_id", sa.Integer(), nullable=False),
        sa.Column("email_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sms_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("digest_hour", sa.SmallInteger(), server_default=sa.text("8"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="coordinator_notification_preferences_pkey"),
        sa.ForeignKeyConstraint(["coordinator_user_id"], ["users.id"], name="coordinator_notification_preferences_coordinator_user_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("coordinator_user_id", name="uq_coordinator_notification_preferences_user"),
    )


def downgrade() -> None:
    op.drop_table("coordinator_notification_preferences")
