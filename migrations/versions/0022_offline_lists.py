"""Lists for the day without the system: who made one, when, of what and why."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offline_lists",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.String(length=36), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=True),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("elders", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("offline_lists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offline_lists_made_at"), ["made_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("offline_lists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offline_lists_made_at"))

    op.drop_table("offline_lists")
