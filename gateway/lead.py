"""Which one of several gateways on one broker speaks to the devices: two voices would say everything twice."""

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from core.db import Database

_LOCK_KEY = 0x63622F646F776E  # "cb/down"
log = logging.getLogger(__name__)


class Lead:
    """Held by a database connection (an advisory lock of PostgreSQL), so that it passes on when its holder dies.

    One thread only. On SQLite there is one gateway, which always leads.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: Connection | None = None

    def is_mine(self) -> bool:
        """False also when the database cannot be asked."""
        if self._db.is_sqlite:
            return True
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try()
        except SQLAlchemyError as problem:
            log.warning("no longer the one who speaks to devices: %s", type(problem).__name__)
            self.release()
            return False

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # Closed, not pooled: with it goes the lock.
            connection.close()

    def _try(self) -> bool:
        connection = self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False
