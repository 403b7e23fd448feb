"""Who looks at what, as the open consoles say every few seconds.

What is said again costs nothing but memory: the database hears of a console when it opens, shows another alarm or is
gone, and once in a while that all of this process are still there.
"""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alarms.sight import sees_brief
from core.clock import Clock
from core.db import Database
from core.ids import new_id
from core.wake import Wake
from duty import consoles
from registry.sessions import SignedIn

SILENT_FOR = timedelta(seconds=15)  # Two and a half times as long as a page waits between two words.
LEASE = timedelta(seconds=15)
LEASE_ALONE = timedelta(minutes=10)  # One process on SQLite: whoever else could take over is this one, started anew.
MOST_CONSOLES = 2_000
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Open:
    """An open console of this process."""

    user_id: str
    alarm_id: str | None
    since: datetime
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody with an alarm before them."""

    alarm_id: str
    user_id: str
    name: str
    brief: dict[str, Any]


class Looks:
    """The consoles that talk to this process. Safe for many threads."""

    def __init__(self, db: Database, clock: Clock, wake: Wake) -> None:
        self._db, self._clock, self._wake, self._id = db, clock, wake, new_id()
        self._lease = LEASE_ALONE if db.is_sqlite else LEASE
        self._open: dict[str, Open] = {}
        self._prolonged_at: datetime | None = None
        self._lock = threading.Lock()

    def heard(self, console_id: str, user: SignedIn, alarm_id: str | None) -> None:
        """A console says what is on it, again or anew."""
        now = self._clock.now()
        with self._lock:
            known = self._open.get(console_id)
            if known is not None and (known.user_id, known.alarm_id) == (user.id, alarm_id):
                self._open[console_id] = replace(known, heard_at=now)
                return
            if known is None and len(self._open) >= MOST_CONSOLES:
                return
            self._open[console_id] = Open(user.id, alarm_id, now, now)
        row = {
            "id": console_id, "process_id": self._id, "user_id": user.id, "alarm_id": alarm_id, "since": now,
            "until": now + self._lease,
        }  # fmt: skip
        with self._db.write() as session:
            consoles.put(session, row)
            self._wake.with_commit(session, "looks")
        self._wake.here("looks")

    def gone(self, *console_ids: str) -> None:
        """These consoles were closed, or have fallen silent."""
        with self._lock:
            known = [one for one in console_ids if self._open.pop(one, None) is not None]
        if known:
            with self._db.write() as session:
                consoles.drop(session, known, self._id)
                self._wake.with_commit(session, "looks")
            self._wake.here("looks")

    def begin(self) -> None:
        """On a database of this process alone, nobody can be there yet."""
        if self._db.is_sqlite:
            with self._db.write() as session:
                consoles.forget_older(session, self._clock.now() + 2 * LEASE_ALONE)

    def tidy(self) -> None:
        """Let go of who has fallen silent, and vouch for the others."""
        now = self._clock.now()
        with self._lock:
            silent = [key for key, one in self._open.items() if now - one.heard_at > SILENT_FOR]
        self.gone(*silent)
        if self._open and (self._prolonged_at is None or now - self._prolonged_at > self._lease / 3):
            self._prolonged_at = now
            with self._db.write() as session:
                consoles.prolong(session, self._id, now + self._lease)
                consoles.forget_older(session, now - self._lease)


def who_looks(db: Database, now: datetime) -> tuple[Looking, ...]:
    """Everybody who has an alarm before them, who has longest first."""
    with db.read() as session:
        rows = consoles.looking(session, now)
    found: dict[tuple[str, str], Looking] = {}
    for row in rows:
        brief = {
            "elder": {"area_path": row.area_path}, "officers_wanted": row.officers_wanted,
            "claimed_by": {"id": row.claimed_by}, "offer": {"to": row.offered_to},
        }  # fmt: skip
        found.setdefault((row.alarm_id, row.user_id), Looking(row.alarm_id, row.user_id, row.name, brief))
    return tuple(found.values())


def told_to(reader: SignedIn | None, looking: tuple[Looking, ...]) -> dict[str, list[dict[str, str]]]:
    """Alarm → who looks at it, of what this reader may see."""
    told: dict[str, list[dict[str, str]]] = {}
    for one in looking:
        if reader is None or sees_brief(reader, one.brief):
            told.setdefault(one.alarm_id, []).append({"id": one.user_id, "name": one.name})
    return told
