"""Create threads, thread messages and channels

Revision ID: 20260108_0400
Revises: 20260108_0200
Create Date: 2026-01-08 04:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260108_0400"
down_revision = "20260108_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=True),
        sa.Column("is_private", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="channels_pkey"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="channels_organization_id_fkey", ondelete="CASCADE"),
        sa.UniqueConstraint("organization_id", "name", name="uq_channels_organization_name"),
    )

    op.create_table(
        "threads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("is_resolved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="threads_pkey"),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="threads_channel_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="threads_created_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_threads_channel_id", "threads", ["channel_id"])
    op.create_index("ix_threads_created_by_id", "threads", ["created_by_id"])

    op.create_table(
        "thread_messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("author_user_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="thread_messages_pkey"),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="thread_messages_thread_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_user_id"], ["users.id"], name="thread_messages_author_user_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_thread_messages_thread_id_created_at", "thread_messages", ["thread_id", "created_at"])
    op.create_index("ix_thread_messages_author_user_id", "thread_messages", ["author_user_id"])


def downgrade() -> None:
    op.drop_table("thread_messages")
    op.drop_table("threads")
    op.drop_table("channels")
