"""Offers and questions among officers, who looks at what, and missed calls among the to-dos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("alarms", sa.Column("offered_to", sa.String(36), nullable=True))
    op.add_column("alarms", sa.Column("offer", json, nullable=True))
    op.add_column("alarms", sa.Column("offer_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarms", sa.Column("question", json, nullable=True))
    op.add_column("alarms", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_alarms_offer_due_at", "alarms", ["offer_due_at"])
    op.add_column("todos", sa.Column("kind", sa.String(20), server_default="parked", nullable=False))
    op.add_column("todos", sa.Column("phone", sa.String(40), nullable=True))
    op.add_column("todos", sa.Column("contact_id", sa.String(36), nullable=True))
    op.add_column("todos", sa.Column("calls", sa.Integer(), server_default="1", nullable=False))
    op.add_column("todos", sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "open_consoles",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("process_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("alarm_id", sa.String(36), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("open_consoles")
    for name in ("assigned_at", "calls", "contact_id", "phone", "kind"):
        op.drop_column("todos", name)
    op.drop_index("ix_alarms_offer_due_at", "alarms")
    for name in ("asked_at", "question", "offer_due_at", "offer", "offered_to"):
        op.drop_column("alarms", name)
