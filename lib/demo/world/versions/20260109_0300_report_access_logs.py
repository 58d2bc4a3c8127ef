"""Create report access logs

Revision ID: 20260109_0300
Revises: 20260109_0200
Create Date: 2026-01-09 03:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260109_0300"
down_revision = "20260109_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_access_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("report_job_id", postgresql.UUID(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("ip_address", postgresql.INET(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="report_access_logs_pkey"),
        sa.ForeignKeyConstraint(["report_job_id"], ["report_jobs.id"], name="report_access_logs_report_job_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="report_access_logs_user_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_report_access_logs_report_job_id", "report_access_logs", ["report_job_id"])
    op.create_index("ix_report_access_logs_user_id", "report_access_logs", ["user_id"])


def downgrade() -> None:
    op.drop_table("report_access_logs")
