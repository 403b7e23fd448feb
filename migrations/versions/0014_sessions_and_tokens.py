"""Sessions and tokens are told apart, and passwords of before are known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_sessions", sa.Column("kind", sa.String(10), server_default="session", nullable=False))
    op.add_column("user_sessions", sa.Column("name", sa.String(120), nullable=True))
    op.add_column("user_sessions", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("past_hashes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "past_hashes")
    for name in ("last_used_at", "name", "kind"):
        op.drop_column("user_sessions", name)
