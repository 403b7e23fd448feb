"""What senders have to report, written together: "the channel took it", "it was sent", "it failed".

Losing a line does no harm: its lease runs out, and the channel is asked what became of the request.
"""

import logging
import queue
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from alarms import claims
from alarms.claims import Placed
from alarms.events import CallReport
from alarms.service import AlarmService
from core.db import Database
from core.errors import CarebellError, TryAgain

AT_ONCE = 200
GATHER_S = 0.1  # Nothing waits for these lines, so they may wait for each other.
RETRY_S = 0.5
log = logging.getLogger(__name__)

Entry = CallReport | Placed


class Ledger:
    """Collects what comes while the last commit runs and commits it in one transaction.

    `hang_up` ends a call that was cancelled while the channel was still being asked for it.
    """

    def __init__(self, db: Database, service: AlarmService, hang_up: Callable[[Placed], None]) -> None:
        self._db, self._service, self._hang_up = db, service, hang_up
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def put(self, entry: Entry) -> None:
        if self._thread is None:
            self._write([entry])
        else:
            self._waiting.put(entry)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(5)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            entries = [self._waiting.get()]
            self._stop.wait(GATHER_S)
            while len(entries) < AT_ONCE and not self._waiting.empty():
                entries.append(self._waiting.get())
            self._write([e for e in entries if e is not None])

    def _write(self, entries: list[Entry]) -> None:
        placed = [e for e in entries if isinstance(e, Placed)]
        reports = [e for e in entries if isinstance(e, CallReport)]
        while placed or reports:
            try:
                if placed:
                    with self._db.write() as session:
                        unwanted = claims.mark_placed(session, placed)
                    placed = []
                    for call in unwanted:
                        self._hang_up(call)
                for outcome in self._service.handle_all(reports) if reports else ():
                    if isinstance(outcome, CarebellError):
                        log.info("a report was refused: %s", type(outcome).__name__)
                return
            except (TryAgain, SQLAlchemyError):
                if self._stop.wait(RETRY_S):
                    return
            except Exception:
                log.exception("%d reports could not be written", len(reports))
                return
