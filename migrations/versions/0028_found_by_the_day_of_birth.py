"""Files are found by the day of birth: every file is indexed anew."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Whoever runs next catches up; an upgrade of a city's files does not wait for it.
    op.execute(
        "INSERT INTO search_due (elder_id) SELECT id FROM elders e WHERE deleted_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM search_due d WHERE d.elder_id = e.id) ORDER BY id"
    )


def downgrade() -> None:
    """A token more than an older version asks for does no harm."""
