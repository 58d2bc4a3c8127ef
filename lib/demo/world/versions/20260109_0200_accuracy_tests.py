"""Create accuracy test runs, results and ground truth documents

Revision ID: 20260109_0200
Revises: 20260109_0100
Create Date: 2026-01-09 02:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260109_0200"
down_revision = "20260109_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ground_truth_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("document_type", sa.String(length=50), nullable=False),
        sa.Column("expected_fields", postgresql.JSONB(), nullable=False),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="ground_truth_documents_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="ground_truth_documents_document_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["verified_by_id"], ["users.id"], name="ground_truth_documents_verified_by_id_fkey", ondelete="SET NULL"),
    )
    op.create_index("ix_ground_truth_documents_document_id", "ground_truth_documents", ["document_id"])
    op.create_index("ix_ground_truth_documents_verified_by_id", "ground_truth_documents", ["verified_by_id"])

    op.create_table(
        "accuracy_test_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("model_name", sa.String(length=100), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overall_accuracy", sa.Numeric(precision=5, scale=4), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="accuracy_test_runs_pkey"),
    )

    op.create_table(
        "accuracy_test_results",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("ground_truth_document_id", sa.Integer(), nullable=False),
        sa.Column("field_name", sa.String(length=100), nullable=False),
        sa.Column("is_correct", sa.Boolean(), nullable=False),
        sa.Column("expected_value", sa.Text(), nullable=True),
        sa.Column("actual_value", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="accuracy_test_results_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["accuracy_test_runs.id"], name="accuracy_test_results_run_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ground_truth_document_id"], ["ground_truth_documents.id"], name="accuracy_test_results_ground_truth_document_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_accuracy_test_results_run_id", "accuracy_test_results", ["run_id"])
    op.create_index("ix_accuracy_test_results_ground_truth_document_id", "accuracy_test_results", ["ground_truth_document_id"])


def downgrade() -> None:
    op.drop_table("accuracy_test_results")
    op.drop_table("accuracy_test_runs")
    op.drop_table("ground_truth_documents")
