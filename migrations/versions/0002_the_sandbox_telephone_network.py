"""The sandbox telephone network."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sandbox_calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("is_inbound", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("then", sa.String(length=20), nullable=False),
        sa.Column("answer_after_s", sa.Float(), nullable=True),
        sa.Column("sms_reply", sa.String(length=200), nullable=True),
        sa.Column("ring_s", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("keys", sa.String(length=200), nullable=False),
        sa.Column("times_asked", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("untold", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sandbox_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sandbox_calls_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index("ix_sandbox_calls_due_at", ["due_at"], unique=False)
        batch_op.create_index("ix_sandbox_calls_number", ["number", "state"], unique=False)
        batch_op.create_index("ix_sandbox_calls_tell_at", ["tell_at"], unique=False)

    op.create_table(
        "sandbox_phones",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("answer_after_s", sa.Float(), nullable=True),
        sa.Column("then", sa.String(length=20), nullable=False),
        sa.Column("sms_reply", sa.String(length=200), nullable=True),
        sa.Column("is_set", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempts_provider"))
        batch_op.create_index("ix_attempts_phone", ["phone", "state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_phone")
        batch_op.create_index(batch_op.f("ix_attempts_provider"), ["provider_ref"], unique=False)

    op.drop_table("sandbox_phones")
    with op.batch_alter_table("sandbox_calls", schema=None) as batch_op:
        batch_op.drop_index("ix_sandbox_calls_tell_at")
        batch_op.drop_index("ix_sandbox_calls_number")
        batch_op.drop_index("ix_sandbox_calls_due_at")
        batch_op.drop_index(batch_op.f("ix_sandbox_calls_attempt_id"))

    op.drop_table("sandbox_calls")
