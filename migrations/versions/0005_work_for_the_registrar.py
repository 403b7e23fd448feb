"""Work for the registrar in its order, and test calls to contacts' numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    op.add_column("findings", sa.Column("gravity", sa.Integer(), server_default="2", nullable=False))
    op.add_column("findings", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_findings_open", "findings", ["gravity", "id"], unique=False, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN
    )
    op.create_table(
        "phone_checks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("provider_ref", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_phone_checks_contact_id"), "phone_checks", ["contact_id"], unique=False)
    op.create_index(op.f("ix_phone_checks_phone"), "phone_checks", ["phone"], unique=False)


def downgrade() -> None:
    op.drop_table("phone_checks")
    op.drop_index("ix_findings_open", "findings")
    op.drop_column("findings", "snoozed_until")
    op.drop_column("findings", "gravity")
