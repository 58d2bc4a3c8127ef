"""Add onboarding fields to providers, pins to licenses, and payment methods

Revision ID: 20260131_0000
Revises: 7702d353e5b8
Create Date: 2026-01-31 00:00:00.000000

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "20260131_0000"
down_revision = "7702d353e5b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("providers", sa.Column("home_address", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("home_city", sa.String(length=100), nullable=True))
    op.add_column("providers", sa.Column("home_state", sa.String(length=2), nullable=True))
    op.add_column("providers", sa.Column("home_zip", sa.String(length=10), nullable=True))
    op.add_column("providers", sa.Column("place_of_birth", sa.String(length=255), nullable=True))
    op.add_column("providers", sa.Column("height", sa.String(length=50), nullable=True))
    op.add_column("providers", sa.Column("weight", sa.Integer(), nullable=True))
    op.add_column("providers", sa.Column("gender", sa.String(length=20), nullable=True))
    op.add_column("providers", sa.Column("race", sa.String(length=100), nullable=True))
    op.add_column("providers", sa.Column("previous_names", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("name_change_documents", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("citizenship_status", sa.String(length=100), nullable=True))
    op.add_column("providers", sa.Column("green_card_uscis_number", sa.String(length=50), nullable=True))
    op.add_column("providers", sa.Column("employer_start_date", sa.Date(), nullable=True))
    op.add_column("providers", sa.Column("references", postgresql.JSONB(), nullable=True))
    op.add_column("providers", sa.Column("fcvs_fid", sa.String(length=50), nullable=True))
    op.add_column("providers", sa.Column("aoa_number", sa.String(length=50), nullable=True))
    op.add_column("providers", sa.Column("disclosure_notes", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("renewal_preferences", sa.Text(), nullable=True))
    op.add_column("providers", sa.Column("cv_reference", sa.String(length=500), nullable=True))
    op.add_column("licenses", sa.Column("portal_pin", sa.String(length=50), nullable=True))
    op.add_column("licenses", sa.Column("renewal_notes", sa.Text(), nullable=True))

    op.create_table(
        "payment_methods",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("card_brand", sa.String(length=20), nullable=True),
        sa.Column("card_number_encrypted", sa.Text(), nullable=False),
        sa.Column("card_expiry_encrypted", sa.Text(), nullable=False),
        sa.Column("card_cvv_encrypted", sa.Text(), nullable=True),
        sa.Column("cardholder_name", sa.String(length=200), nullable=False),
        sa.Column("billing_address", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="payment_methods_pkey"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="payment_methods_provider_id_fkey", ondelete="CASCADE"),
    )
    op.create_index("ix_payment_methods_provider_id", "payment_methods", ["provider_id"])
    op.create_index("uq_payment_methods_default", "payment_methods", ["provider_id"], unique=True, postgresql_where=sa.text("is_default"))


def downgrade() -> None:
    op.drop_table("payment_methods")
    op.drop_column("licenses", "renewal_notes")
    op.drop_column("licenses", "portal_pin")
    op.drop_column("providers", "cv_reference")
    op.drop_column("providers", "renewal_preferences")
    op.drop_column("providers", "disclosure_notes")
    op.drop_column("providers", "aoa_number")
    op.drop_column("providers", "fcvs_fid")
    op.drop_column("providers", "references")
    op.drop_column("providers", "employer_start_date")
    op.drop_column("providers", "green_card_uscis_number")
    op.drop_column("providers", "citizenship_status")
    op.drop_column("providers", "name_change_documents")
    op.drop_column("providers", "previous_names")
    op.drop_column("providers", "race")
    op.drop_column("providers", "gender")
    op.drop_column("providers", "weight")
    op.drop_column("providers", "height")
    op.drop_column("providers", "place_of_birth")
    op.drop_column("providers", "home_zip")
    op.drop_column("providers", "home_state")
    op.drop_column("providers", "home_city")
    op.drop_column("providers", "home_address")
