"""Each of an elder's addresses has notes of its own, and says whether it is the one in force."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("elder_addresses", sa.Column("access_notes", sa.Text(), nullable=True))
    op.add_column("elder_addresses", sa.Column("access_confirmed_on", sa.Date(), nullable=True))
    op.add_column("elder_addresses", sa.Column("is_current", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for name in ("is_current", "access_confirmed_on", "access_notes"):
        op.drop_column("elder_addresses", name)
