"""What Alembic runs; the connection comes from `migrations.upgrade` or `migrations.revise`, never from a file."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Enum, String, Text
from sqlalchemy.types import TypeDecorator

from migrations import is_of_the_models

_STAND_INS = {
    "UtcDateTime": "sa.DateTime(timezone=True)",
    "JSON": 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
}


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as plain ones: an old revision must not need today's code."""
    if kind != "type":
        return False
    name = type(item).__name__
    if name == "JSON":
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
    if isinstance(item, TypeDecorator) and isinstance(item.impl, Text):
        return "sa.Text()"
    if isinstance(item, TypeDecorator) and isinstance(item.impl, String) and not isinstance(item.impl, Enum):
        return f"sa.String(length={item.impl.length})" if item.impl.length else "sa.String()"
    return _STAND_INS.get(name, False)


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        render_item=render_item,
        render_as_batch=context.config.attributes.get("batch", False),
        compare_type=True,
        include_name=is_of_the_models,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
