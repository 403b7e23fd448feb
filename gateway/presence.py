"""Heartbeats, positions and connections, gathered in memory and written every few seconds.

A heartbeat a minute from each of 100,000 devices would be 1,700 commits a second; gathered it is one sweep of sorted
rows. What a kill loses comes again with the next heartbeat.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from gateway import store
from gateway.counts import Counts
from gateway.intake import MAY_PASS
from gateway.wire import FixMsg, Vitals
from geo.position import read_fix

FLUSH_S = 5.0
MAX_DEVICES = 200_000  # Some 200 MB; reached only when the database is away and a broker makes up names.
ROWS_PER_COMMIT = 1000  # A few milliseconds: a press must not wait behind a sweep.
log = logging.getLogger(__name__)

Row = dict[str, Any]
Save = Callable[[Session, list[Row]], None]


class Presence:
    """Call it from any thread; it never blocks on the database."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        counts: Counts,
        flush_s: float = FLUSH_S,
        max_devices: int = MAX_DEVICES,
        on_fixes: Callable[[Sequence[Row]], None] = lambda rows: None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._counts = counts
        self._flush_s = flush_s
        self._max_devices = max_devices
        self._on_fixes = on_fixes
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._seen: dict[str, Row] = {}
        self._gone: dict[str, Row] = {}
        self._fixes: dict[str, Row] = {}
        self._moved: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        self.flush()

    def alive(self, uid: str, vitals: Vitals | None = None) -> None:
        """The device gave a sign of life now; of `vitals`, what is None was not said."""
        row = {"uid": uid, "last_seen_at": self._clock.now(), "is_online": True} | asdict(vitals or Vitals())
        with self._lock:
            if self._has_room(uid, self._seen):
                self._seen[uid] = _merged(self._seen.get(uid), row)
                self._gone.pop(uid, None)

    def gone(self, uid: str) -> None:
        """The device's connection has ended."""
        row = {"uid": uid, "at": self._clock.now()}
        with self._lock:
            if self._has_room(uid, self._gone):
                self._gone[uid] = row

    def place(self, uid: str, said: FixMsg, *, is_with_press: bool = False) -> None:
        """The device told where it is; a fix whose time is missing or cannot be true is of now.

        The alarm knows a fix that came with its press.
        """
        fix = read_fix(said.as_json())
        if fix is None:
            return
        now = self._clock.now()
        row = {
            "uid": uid,
            "lat": fix.wgs84_lat,
            "lon": fix.wgs84_lon,
            "accuracy_m": fix.accuracy_m,
            "fix_at": now if fix.age_s(now) is None else fix.fix_at,
            "source": fix.source,
            "given": fix.as_json(),
        }
        with self._lock:
            if self._has_room(uid, self._fixes):
                self._fixes[uid] = _newer(self._fixes.get(uid), row)
                if not is_with_press:
                    self._moved.add(uid)

    def _has_room(self, uid: str, kept: dict[str, Row]) -> bool:
        if uid in kept or len(kept) < self._max_devices:
            return True
        self._counts.add("presence_full")
        return False

    def _run(self) -> None:
        while not self._stop.wait(self._flush_s):
            try:
                self.flush()
            except Exception as problem:  # noqa: BLE001 - the next sweep is worth more than this one
                log.error("a sweep of signs of life failed: %s", type(problem).__name__)
                self._counts.add("presence_writes_failed")

    def flush(self) -> None:
        """Write what has gathered; what cannot be written now stays."""
        with self._flushing:
            with self._lock:
                seen, self._seen = self._seen, {}
                gone, self._gone = self._gone, {}
                fixes, self._fixes = self._fixes, {}
                moved, self._moved = self._moved, set()
            left = [self._write(seen, store.save_seen), self._write(gone, store.save_gone)]
            left.append(self._write(fixes, store.save_fixes))
            self._tell([row for uid, row in fixes.items() if uid in moved])
            with self._lock:
                self._seen = _under(left[0], self._seen, _merged)
                self._gone = _under(left[1], self._gone, _later)
                self._fixes = _under(left[2], self._fixes, _newer)

    def _tell(self, moved: list[Row]) -> None:
        """Whoever waits for a fix."""
        try:
            if moved:
                self._on_fixes(moved)
        except Exception as problem:  # noqa: BLE001 - the fixes are kept; the next one is told of as well
            log.error("%d fixes could not be told of: %s", len(moved), type(problem).__name__)

    def _write(self, rows: dict[str, Row], save: Save) -> list[Row]:
        """The rows that could not be written now; sorted, because that is how pages and locks like it."""
        ordered = [rows[uid] for uid in sorted(rows)]
        for start in range(0, len(ordered), ROWS_PER_COMMIT):
            part = ordered[start : start + ROWS_PER_COMMIT]
            try:
                self._commit(part, save)
            except MAY_PASS as problem:
                log.warning("%d signs of life wait: %s", len(ordered) - start, type(problem).__name__)
                self._counts.add("presence_writes_failed")
                return ordered[start:]
            except Exception as problem:  # noqa: BLE001 - one bad row must not silence the heartbeats of all
                log.error("%d signs of life could not be written together: %s", len(part), type(problem).__name__)
                self._one_by_one(part, save)
        return []

    def _commit(self, rows: list[Row], save: Save) -> None:
        with self._db.write() as session:
            save(session, rows)

    def _one_by_one(self, rows: list[Row], save: Save) -> None:
        for row in rows:
            try:
                self._commit([row], save)
            except SQLAlchemyError as problem:
                log.error("a sign of life of %s is dropped: %s", row["uid"], type(problem).__name__)
                self._counts.add("presence_rows_dropped")


def _merged(known: Row | None, news: Row) -> Row:
    return news if known is None else known | {name: value for name, value in news.items() if value is not None}


def _later(_known: Row | None, news: Row) -> Row:
    return news


def _newer(known: Row | None, news: Row) -> Row:
    return known if known is not None and known["fix_at"] > news["fix_at"] else news


def _under(left: list[Row], news: dict[str, Row], join: Callable[[Row | None, Row], Row]) -> dict[str, Row]:
    """What is left of the last sweep, with the news on top."""
    if not left:
        return news
    kept = {row["uid"]: row for row in left}
    return kept | {uid: join(kept.get(uid), row) for uid, row in news.items()}
