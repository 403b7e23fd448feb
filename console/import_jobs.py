"""Imports that somebody started over HTTP: one at a time in the background of this process, looked at while they run.

A job and its file are kept in memory until KEPT later ones, or until the process ends: run again, an import finds what
it wrote before by its natural keys.
"""

import csv
import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.clock import Clock
from core.errors import CarebellError, Conflict
from core.ids import new_id
from registry import import_result, importing
from registry.audit import Actor
from registry.importing import Options, Outcome
from registry.service import RegistryService

KEPT = 10
MOST_WAITING = 4
log = logging.getLogger(__name__)
State = Literal["waiting", "running", "done", "failed"]


@dataclass(slots=True)
class Job:
    """`what`, `done` and `total` are how far it is; `problem` says why nothing could be read or written."""

    id: str
    kind: str
    file_name: str
    options: Options
    by: Actor
    started_at: datetime
    data: bytes = field(repr=False)
    state: State = "waiting"
    what: str = ""
    done: int = 0
    total: int = 0
    outcome: Outcome | None = None
    problem: str | None = None
    secrets: list[tuple[str, str]] = field(default_factory=list, repr=False)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")

    def result(self, words: import_result.Words = str) -> tuple[bytes, str]:
        """What became of each row in the file's own format, and how such a file ends. Raises Conflict before."""
        if self.outcome is None:
            raise Conflict("there is no result yet")
        return import_result.result_file(self.data, self.outcome, words), import_result.suffix_of(self.data)

    def secrets_file(self) -> bytes:
        """The secrets of new devices, this once. Raises Conflict when there are none, or none any more."""
        if not self.is_over or not self.secrets:
            raise Conflict("there are no secrets to be had")
        out = io.StringIO()
        csv.writer(out).writerows([("uid", "secret"), *self.secrets])
        self.secrets.clear()
        return out.getvalue().encode()


class ImportJobs:
    """Safe to use from any thread."""

    def __init__(self, registry: RegistryService, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")

    def start(self, kind: str, file_name: str, data: bytes, options: Options, by: Actor) -> Job:
        """Raises Conflict while too many wait."""
        job = Job(new_id(), kind, file_name[:120], options, by, self._clock.now(), data)
        with self._lock:
            if sum(not one.is_over for one in self._jobs.values()) >= MOST_WAITING:
                raise Conflict("other imports are waiting: try again when they are through")
            self._jobs[job.id] = job
            for old in [one for one in self._jobs.values() if one.is_over][: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old.id]
        self._worker.submit(self._run, job)
        return job

    def of(self, by: Actor) -> list[Job]:
        """Somebody's own, the newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if job.by.id == by.id]

    def get(self, job_id: str, by: Actor) -> Job | None:
        """One of somebody's own."""
        with self._lock:
            job = self._jobs.get(job_id)
        return job if job is not None and job.by.id == by.id else None

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job) -> None:
        def say(what: str, done: int, total: int) -> None:
            job.what, job.done, job.total = what, done, total

        def take(secrets: Sequence[tuple[str, str]]) -> None:
            job.secrets += secrets

        job.state = "running"
        try:
            job.outcome = importing.run(
                self._registry, job.kind, job.data, job.options, by=job.by, take_secrets=take, say=say
            )
            job.state = "done"
        except CarebellError as problem:
            job.problem, job.state = str(problem), "failed"
        except Exception as failure:  # noqa: BLE001  # the thread's end would be nobody's; the text may name people
            log.error("import %s failed: %s", job.id, type(failure).__name__)
            job.problem, job.state = "the import failed unexpectedly: look into the log", "failed"
        finally:
            if not job.outcome or not job.outcome.is_written:
                job.secrets.clear()
