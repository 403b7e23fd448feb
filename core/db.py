"""One database behind two doors: `write()` is a transaction, `read()` a look that changes nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from core.vault import Vault, give_vault, vault_of

BUSY_TIMEOUT_MS = 10_000  # Another process (a command line beside `up`) may hold SQLite's write lock for a moment.
WAL_PAGES = 20_000  # `tidy` copies the log back in quiet moments; this many pages (80 MB) only if it never gets to it.
POOL_SIZE = 16  # Connections a role holds at most; sized for the console's thread pool.


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out, on databases with and without time zones; a naive value is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A column of JSON: `sa_type=Json` (jsonb on PostgreSQL)."""


def sqlite_url(data_dir: Path) -> str:
    """The default database: one file in the data folder."""
    return f"sqlite:///{(data_dir / 'carebell.db').resolve()}"


class Database:
    """The engine and its two doors.

    On SQLite every writer of this process queues on one lock and begins with BEGIN IMMEDIATE, so that nobody meets
    SQLITE_BUSY half-way; `synchronous=FULL` keeps the last commit over a power cut. Sealed columns can be used only
    with a `vault`.
    """

    def __init__(self, url: str, vault: Vault | None = None) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._server_engine()
        if vault is not None:
            give_vault(self.engine.dialect, vault)
        self._writing = self.engine.execution_options(carebell_write=True)
        self._joined: Session | None = None
        self._finish: tuple[Callable[[Session], None], ...] = ()
        self._lock: AbstractContextManager[Any] = threading.RLock() if self.is_sqlite else nullcontext()

    def _sqlite_engine(self) -> Engine:
        engine = create_engine(
            self.url, connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=POOL_SIZE,
            hide_parameters=True,  # An error's text must not carry names and numbers into the log.
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _server_engine(self) -> Engine:
        return create_engine(
            self.url,
            pool_size=POOL_SIZE,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 5, "options": "-c lock_timeout=10000 -c statement_timeout=60000"},
        )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; commits at the end, rolls back on any exception."""
        if self._joined is not None:
            yield self._joined
            return
        with self._lock, Session(self._writing, autoflush=False) as session:
            yield session
            for finish in self._finish:
                session.flush()
                finish(session)
            session.commit()

    def joined(self, session: Session) -> "Database":
        """The same database, whose doors both lead into this transaction: what is done there is committed with it."""
        view = copy(self)
        view._joined = session
        return view

    def ending_with(self, finish: Callable[[Session], None]) -> "Database":
        """The same database; its `write` does this last in each transaction, before the commit."""
        view = copy(self)
        view._finish = (*self._finish, finish)
        return view

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look; whatever is changed in it is forgotten."""
        if self._joined is not None:
            yield self._joined
            return
        with Session(self.engine, autoflush=False) as session:
            yield session

    def tidy(self) -> None:
        """On SQLite, copy what was committed from the log into the file, beside all readers and writers.

        Left to itself SQLite does it within somebody's commit, and a press would wait for it.
        """
        if self.is_sqlite:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()

    @property
    def vault(self) -> Vault:
        """What the sealed columns are sealed with. Raises Locked where the database was opened without keys."""
        return vault_of(self.engine.dialect)

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself, or BEGIN IMMEDIATE comes too late.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON",
        f"wal_autocheckpoint={WAL_PAGES}", "secure_delete=ON",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("carebell_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
