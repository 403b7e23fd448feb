"""Whether the alarm was heard at the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sound_checks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("checked_by", sa.String(length=120), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_heard", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sound_checks", schema=None) as batch_op:
        batch_op.create_index("ix_sound_checks_user", ["user_id", "checked_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sound_checks", schema=None) as batch_op:
        batch_op.drop_index("ix_sound_checks_user")

    op.drop_table("sound_checks")
