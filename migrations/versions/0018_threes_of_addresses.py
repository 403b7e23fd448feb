"""Addresses are found by threes of characters: every file waits to be indexed once more."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO search_due (elder_id) SELECT elder_id FROM search_files WHERE true ORDER BY seq "
        "ON CONFLICT (elder_id) DO NOTHING"
    )


def downgrade() -> None:
    pass  # An older version finds what the newer one indexed: the pairs are still there.
