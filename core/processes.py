"""Which processes of the centre are at work: each signs in every few seconds, so that any of them can speak for all."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, Session, SQLModel

from core.clock import Clock
from core.db import Database, Json, UtcDateTime

SIGN_EVERY_S = 2.0
PRESENT_FOR = timedelta(seconds=10)  # Longer than a commit that waits for a lock; clocks may differ by a second or two.
FORGOTTEN_AFTER = timedelta(hours=1)
PROBLEM_CHARS, NAME_CHARS = 200, 120
log = logging.getLogger(__name__)


class ProcessRow(SQLModel, table=True):
    """One running process; `problem` is what keeps it from doing its part, `figures` what it has counted."""

    __tablename__ = "processes"

    id: str = Field(primary_key=True, max_length=36)
    roles: str = Field(max_length=60)
    host: str = Field(max_length=NAME_CHARS)
    pid: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    problem: str | None = Field(default=None, max_length=PROBLEM_CHARS)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)


_TABLE = SQLModel.metadata.tables["processes"]


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is at work now. `instance` is `host:pid`."""

    roles: frozenset[str]
    instance: str
    problem: str | None
    figures: Mapping[str, float]

    @property
    def role(self) -> str:
        """Its roles as one label."""
        return "+".join(sorted(self.roles))


def present(session: Session, now: datetime) -> list[Process]:
    """Who has signed in lately; whoever was killed on this very machine is not waited for."""
    rows = session.execute(select(_TABLE).where(_TABLE.c.seen_at > now - PRESENT_FOR).order_by(_TABLE.c.id))
    return [
        Process(frozenset(row.roles.split(",")), f"{row.host}:{row.pid}", row.problem, row.figures)
        for row in rows
        if not _is_dead(row.host, row.pid)
    ]


def missing(processes: Collection[Process], role: str) -> str | None:
    """What stands in the way of this role being done by somebody; None when nothing does."""
    found = [process for process in processes if role in process.roles]
    if any(process.problem is None for process in found):
        return None
    return found[0].problem if found else f"no {role} is at work"


def _host() -> str:
    return socket.gethostname()[:NAME_CHARS]


def _is_dead(host: str, pid: int) -> bool:
    if host != _host():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # Somebody else's: it lives.
    return False


class Attendance:
    """Signs one process in, from `start` to `stop`; it never keeps the process from its work."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        process_id: str,
        roles: Collection[str],
        *,
        problem: Callable[[], str | None],
        figures: Callable[[], Mapping[str, float]],
    ) -> None:
        self._db, self._clock, self._id = db, clock, process_id
        self._roles, self._problem, self._figures = ",".join(sorted(roles)), problem, figures
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="attendance", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Sign out."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        try:
            with self._db.write() as session:
                session.execute(delete(_TABLE).where(_TABLE.c.id == self._id))
        except SQLAlchemyError as problem:
            log.warning("could not sign out: %s", type(problem).__name__)

    def sign(self) -> None:
        """Say that this process is at work, and what it has counted."""
        now = self._clock.now()
        problem = self._problem()
        told: dict[str, Any] = {
            "seen_at": now, "problem": None if problem is None else problem[:PROBLEM_CHARS],
            "figures": dict(self._figures()),
        }  # fmt: skip
        with self._db.write() as session:
            known = session.connection().execute(update(_TABLE).where(_TABLE.c.id == self._id).values(told))
            if known.rowcount:
                return
            session.execute(delete(_TABLE).where(_TABLE.c.seen_at < now - FORGOTTEN_AFTER))
            fixed = {"id": self._id, "roles": self._roles, "host": _host(), "pid": os.getpid(), "started_at": now}
            session.execute(insert(_TABLE).values(fixed | told))

    def _run(self) -> None:
        while True:
            try:
                self.sign()
            except SQLAlchemyError as problem:
                log.warning("could not sign in: %s", type(problem).__name__)
            if self._stop.wait(SIGN_EVERY_S):
                return
