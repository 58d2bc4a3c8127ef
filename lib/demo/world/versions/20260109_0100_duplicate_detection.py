"""Create duplicate events and their review queue

Revision ID: 20260109_0100
Revises: 20260108_0500
Create Date: 2026-01-09 01:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = "20260109_0100"
down_revision = "20260108_0500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duplicate_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity_type", sa.String(length=50), nullable=False),
        sa.Column("first_entity_key", sa.String(length=50), nullable=False),
        sa.Column("second_entity_key", sa.String(length=50), nullable=False),
        sa.Column("similarity", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("detected_by", sa.String(length=50), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="duplicate_events_pkey"),
        sa.CheckConstraint("similarity >= 0 AND similarity <= 1", name="ck_duplicate_events_similarity"),
    )
    op.create_index("ix_duplicate_events_entity_type", "duplicate_events", ["entity_type"])

    op.create_table(
        "duplicate_review_queue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("duplicate_event_id", sa.Integer(), nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="duplicate_review_queue_pkey"),
        sa.ForeignKeyConstraint(["duplicate_event_id"], ["duplicate_events.id"], name="duplicate_review_queue_duplicate_event_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["users.id"], name="duplicate_review_queue_assigned_to_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_duplicate_review_queue_duplicate_event_id", "duplicate_review_queue", ["duplicate_event_id"])
    op.create_index("ix_duplicate_review_queue_assigned_to_id", "duplicate_review_queue", ["assigned_to_id"])


def downgrade() -> None:
    op.drop_table("duplicate_review_queue")
    op.drop_table("duplicate_events")
