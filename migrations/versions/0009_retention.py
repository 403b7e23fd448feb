"""How long personal data is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("is_set", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("done_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind"),
    )


def downgrade() -> None:
    op.drop_table("retention")
