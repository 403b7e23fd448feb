"""Where the log of who did what ends, sealed."""

import json

import sqlalchemy as sa
from alembic import op

from core.vault import vault_of

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    end = op.create_table(
        "audit_end",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    connection = op.get_bind()
    log = sa.table("audit_log", sa.column("seq"), sa.column("entry_hash"))
    last = connection.execute(sa.select(log.c.seq, log.c.entry_hash).order_by(log.c.seq.desc()).limit(1)).one_or_none()
    if last is not None:
        state = json.dumps({"seq": last.seq, "hash": last.entry_hash})
        connection.execute(sa.insert(end).values(id=1, state=vault_of(connection.dialect).seal(state)))


def downgrade() -> None:
    op.drop_table("audit_end")
