"""The schema's history (Alembic), carried in the package so that an installed wheel can bring a database to head.

A new revision is written by `python -m migrations.revise "what changes"`.
"""

import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from core.db import Database
from core.errors import TryAgain

_TRIES, _PAUSE_S = 100, 0.05
_LOCK_KEY = 0x63617265  # "care": any number that nothing else in the database locks.


def upgrade(target: Database | str) -> None:
    """Bring a database to head; several roles may call it at once, each in its own process.

    All revisions run in one transaction: on PostgreSQL under an advisory lock, on SQLite under its write lock.
    """
    db = Database(target) if isinstance(target, str) else target
    try:
        for _ in range(_TRIES):
            with suppress(_Busy):
                _upgrade(db)
                return
            time.sleep(_PAUSE_S)
        _upgrade(db)
    finally:
        if db is not target:
            db.close()


class _Busy(TryAgain):
    """Somebody else is making the same new SQLite file: while it becomes a WAL file nobody's time limit is heeded."""


def _upgrade(db: Database) -> None:
    try:
        with db.write() as session:
            connection = session.connection()
            if not db.is_sqlite:
                # The one who waits for another's migration may wait for longer than a request may.
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            command.upgrade(configuration(connection=connection), "head")
    except OperationalError as failure:
        if db.is_sqlite and "locked" in str(failure.orig):
            raise _Busy("the database is locked") from failure
        raise


def problem(db: Database) -> str | None:
    """What is wrong with the schema, in one line; None when it is at head. Raises what the driver raises."""
    with db.read() as session:
        found = current(session.connection())
    if found == head():
        return None
    return f"the schema is at {found or 'nothing'}, not at {head()}"


def is_of_the_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the models know of it: what the search keeps for itself is made by the revisions alone."""
    return not (kind in ("table", "index") and name is not None and name.startswith(("search_", "ix_search_")))


def configuration(**attributes: Any) -> Config:
    """Alembic's configuration without a file; `attributes` reach env.py (connection, metadata)."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(attributes)
    return config


@cache
def head() -> str | None:
    """The newest revision of this code."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision that a database is at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
