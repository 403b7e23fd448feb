"""Small reports that can be written together: "it rings", "it was sent". Losing one does no harm, a lease runs out."""

import logging
import queue
import threading

from alarms.events import CallReport
from alarms.service import AlarmService
from core.errors import CarebellError, TryAgain

AT_ONCE = 200
RETRY_S = 0.5
log = logging.getLogger(__name__)


class Ledger:
    """Collects what comes while the last commit runs and commits it in one transaction."""

    def __init__(self, service: AlarmService) -> None:
        self._service = service
        self._waiting: queue.SimpleQueue[CallReport | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def put(self, report: CallReport) -> None:
        if self._thread is None:
            self._write([report])
        else:
            self._waiting.put(report)

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
            reports = [self._waiting.get()]
            while len(reports) < AT_ONCE and not self._waiting.empty():
                reports.append(self._waiting.get())
            self._write([r for r in reports if r is not None])

    def _write(self, reports: list[CallReport]) -> None:
        while reports:
            try:
                for outcome in self._service.handle_all(reports):
                    if isinstance(outcome, CarebellError):
                        log.info("a report was refused: %s", type(outcome).__name__)
                return
            except TryAgain:
                if self._stop.wait(RETRY_S):
                    return
            except Exception:
                log.exception("%d reports could not be written", len(reports))
                return
