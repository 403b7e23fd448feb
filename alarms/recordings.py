"""Recordings of an alarm's calls: taken down when a channel tells of them, fetched and sealed beside everything else,
heard, and let go of.

The work is rows that fall due; a lease keeps two engines from fetching one recording twice. The ring comes first: all
of this happens on a calendar's thread, after the calls.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from alarms import recording_store as store
from alarms.recording_store import Row
from core import sealed_file
from core.clock import Clock
from core.db import Database
from core.errors import Rejected, TryAgain
from core.ids import new_id
from core.wake import Wake
from notifier.recording import Source, Told

MOST_BYTES = 64 * 1024 * 1024  # More than an hour of what telephones send.
LEASE_S = 600
FIRST_PAUSE_S, LONGEST_PAUSE_S = 15, 6 * 3600
MOST_TRIES = 14  # Some two days.
AT_ONCE = 20
log = logging.getLogger(__name__)


class Recordings:
    """`told` may be called from any thread; `step` is one look at what is due, by one thread of a process.

    `sources` are the channels that record, by name.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        folder: Path,
        wake: Wake,
        sources: Mapping[str, Source],
        *,
        records_calls: bool,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._db, self._clock, self._folder, self._wake, self._sources = db, clock, folder, wake, sources
        self._records_calls, self._new_id = records_calls, make_id

    def told(self, told: Told) -> bool:
        """Take down what a channel tells; False when it cannot be stored just now. What is known already, or belongs
        to no call of ours, changes nothing."""
        try:
            with self._db.write() as session:
                call = store.call_of(session, told.attempt_id)
                if call is None:
                    log.info("a recording of a call that there is not")
                    return True
                now = self._clock.now()
                is_ready = told.status == "completed"
                values = {
                    "id": self._new_id(), "alarm_id": call["alarm_id"], "attempt_id": call["id"],
                    "channel": told.channel, "provider_ref": told.ref, "made_at": told.made_at, "tries": 0,
                    "duration_s": told.duration_s, "state": "due" if is_ready else told.status,
                    "due_at": now if is_ready else None,
                }  # fmt: skip
                store.add(session, values)
        except (TryAgain, SQLAlchemyError) as problem:
            log.warning("a recording could not be taken down: %s", type(problem).__name__)
            return False
        return True

    def step(self) -> int:
        """Do what is due; how many recordings were touched."""
        self._find_in_the_sandbox()
        now, done = self._clock.now(), 0
        with self._db.read() as session:
            rows = store.due(session, now, AT_ONCE)
        for row in rows:
            with self._db.write() as session:
                is_mine = store.claim(session, row, now, now + timedelta(seconds=LEASE_S))
            if is_mine:
                {"due": self._fetch, "kept": self._take_from_provider, "gone": self._remove}[row["state"]](row)
                done += 1
        return done

    def read(self, row: Row, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The sound of a kept recording, or a part of it. Raises Locked, and OSError where the file is not here."""
        return sealed_file.read(self._path(row), row["file_key"], row["size_bytes"], start, end)

    def is_here(self, row: Row) -> bool:
        """Whether this machine has the file: several machines need one folder."""
        return self._path(row).is_file()

    def _fetch(self, row: Row) -> None:
        source = self._sources.get(row["channel"])
        key, now = sealed_file.new_key(), self._clock.now()
        try:
            if source is None:
                raise TryAgain("its channel is switched off")
            audio = source.fetch(row["provider_ref"])
            written = sealed_file.write(self._path(row), key, audio.chunks, most=MOST_BYTES)
        except Rejected as never:
            self._put(row, state="failed", due_at=None, detail=str(never)[:200])
            return
        except (TryAgain, OSError) as later:
            self._later(row, str(later) if isinstance(later, TryAgain) else f"the disc: {later.strerror}", now)
            return
        kept = {
            "state": "kept", "due_at": now, "file_key": key, "media_type": audio.media_type, "kept_at": now,
            "size_bytes": written.size, "sha256": written.sha256, "transcript": audio.transcript, "detail": None,
            "tries": 0,
        }  # fmt: skip
        with self._db.write() as session:
            is_kept = store.change(session, row["id"], "due", **kept)
            call = store.call_of(session, row["attempt_id"])
            if is_kept and call is not None:
                data = {"name": call["name"], "role": call["role"], "duration_s": row["duration_s"]}
                store.tell(session, row["alarm_id"], now, data)
                self._wake.with_commit(session, "live")
        if is_kept:
            self._wake.here("live")
        else:  # Let go of meanwhile: nobody has the key, and the file goes too.
            self._path(row).unlink(missing_ok=True)

    def _later(self, row: Row, why: str, now: datetime) -> None:
        tries = row["tries"] + 1
        if tries >= MOST_TRIES:
            self._put(row, state="failed", due_at=None, tries=tries, detail=why[:200])
            log.warning("a recording could not be fetched: given up")
            return
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** row["tries"])
        self._put(row, due_at=now + timedelta(seconds=pause_s), tries=tries, detail=why[:200])

    def _take_from_provider(self, row: Row) -> None:
        """What we keep ourselves need not lie on another's machines as well."""
        source = self._sources.get(row["channel"])
        try:
            if source is not None:
                source.forget(row["provider_ref"])
        except Rejected:
            pass
        except TryAgain as later:
            if row["tries"] + 1 < MOST_TRIES:
                self._later(row, str(later), self._clock.now())
                return
            log.warning("a recording could not be taken from the provider: given up")
        self._put(row, due_at=None, detail=None)

    def _remove(self, row: Row) -> None:
        """The file first, which without its key is noise already; then whatever the provider still has."""
        source = self._sources.get(row["channel"])
        try:
            self._path(row).unlink(missing_ok=True)
            if source is not None:
                source.forget(row["provider_ref"])
        except Rejected:
            pass
        except (TryAgain, OSError) as later:
            if row["tries"] + 1 < MOST_TRIES:
                self._later(row, type(later).__name__, self._clock.now())
                return
        with self._db.write() as session:
            store.forget(session, row["id"])

    def _put(self, row: Row, **values: object) -> None:
        with self._db.write() as session:
            store.change(session, row["id"], row["state"], **values)

    def _find_in_the_sandbox(self) -> None:
        """The sandbox calls nobody back: its calls are rows beside ours."""
        if not self._records_calls or "sandbox" not in self._sources:
            return
        with self._db.read() as session:
            found = store.new_sandbox_calls(session, self._clock.now(), AT_ONCE)
        for call in found:
            length_s = round((call["ended_at"] - call["answered_at"]).total_seconds())
            self.told(Told(call["attempt_id"], "sandbox", call["id"], "completed", length_s, call["answered_at"]))

    def _path(self, row: Row) -> Path:
        return self._folder / f"{row['id']}.sealed"
