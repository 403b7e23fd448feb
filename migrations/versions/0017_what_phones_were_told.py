"""What the sandbox phones were told is sealed: an officer's words and illnesses are among it."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from core.vault import vault_of

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CHUNK = 500
OPEN = sa.table(
    "sandbox_calls",
    sa.column("id"),
    sa.column("prompt", sa.JSON().with_variant(JSONB(), "postgresql")),
    sa.column("said"),
)
SEALED = sa.table("sandbox_calls", sa.column("id"), sa.column("sealed_prompt"), sa.column("sealed_said"))


def upgrade() -> None:
    for name in ("sealed_prompt", "sealed_said"):
        op.add_column("sandbox_calls", sa.Column(name, sa.Text(), nullable=True))
    _seal(op.get_bind())
    for name in ("prompt", "said"):
        op.drop_column("sandbox_calls", name)
        op.alter_column("sandbox_calls", f"sealed_{name}", new_column_name=name)


def _seal(connection: sa.Connection) -> None:
    change = (
        sa.update(SEALED)
        .where(SEALED.c.id == sa.bindparam("key"))
        .values(sealed_prompt=sa.bindparam("new_prompt"), sealed_said=sa.bindparam("new_said"))
    )
    last = ""
    while True:
        rows = connection.execute(sa.select(OPEN).where(OPEN.c.id > last).order_by(OPEN.c.id).limit(CHUNK)).all()
        if not rows:
            return
        vault = vault_of(connection.dialect)

        def sealed(value: Any, vault: Any = vault) -> str | None:
            return (
                vault.seal(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
                if value
                else None
            )

        connection.execute(
            change, [{"key": row.id, "new_prompt": sealed(row.prompt), "new_said": sealed(row.said)} for row in rows]
        )
        last = rows[-1].id


def downgrade() -> None:
    raise RuntimeError("what was sealed is not laid open again: restore the backup made before the upgrade")
