"""Imports that somebody started over HTTP: one at a time in the background of each console, looked at from any.

A job is a row and its file sealed pieces, so that it can be told of after its console has ended: run again, an import
finds what it wrote before by its natural keys. Secrets of new devices are stored
with them, sealed.
"""

import csv
import io
import json
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.clock import Clock
from core.errors import CarebellError, Conflict
from core.ids import new_id
from registry import import_result, import_store, importing
from registry.audit import Actor
from registry.importing import Options, Outcome
from registry.service import RegistryService
from registry.store import Row

KEPT = 10  # Of one user's, besides those that are not over.
KEPT_FOR = timedelta(days=7)
MOST_WAITING = 4
TELL_EVERY_S = 2.0
LOST_AFTER = timedelta(minutes=2)  # Longer than one transaction of a large import keeps SQLite to itself.
log = logging.getLogger(__name__)
State = Literal["waiting", "running", "done", "failed", "interrupted"]


@dataclass(slots=True)
class Job:
    """`what`, `done` and `total` are how far it is; `problem` says why nothing could be read or written."""

    id: str
    kind: str
    file_name: str
    options: Options
    by: Actor
    started_at: datetime
    data: bytes = field(default=b"", repr=False)
    state: State = "waiting"
    what: str = ""
    done: int = 0
    total: int = 0
    outcome: Outcome | None = None
    problem: str | None = None
    has_secrets: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed", "interrupted")

    @property
    def has_written(self) -> bool:
        """Whether anything was written; where the outcome is not at hand, whether it came to writing."""
        return self.outcome.is_written if self.outcome else self.what in ("written", "changed")

    def result(self, words: import_result.Words = str) -> tuple[bytes, str]:
        """What became of each row in the file's own format, and how such a file ends. Raises Conflict before."""
        if self.outcome is None or not self.data:
            raise Conflict("there is no result yet")
        return import_result.result_file(self.data, self.outcome, words), import_result.suffix_of(self.data)


class ImportJobs:
    """Safe to use from any thread."""

    def __init__(self, registry: RegistryService, clock: Clock) -> None:
        self._registry, self._clock, self._db = registry, clock, registry.desk.db
        self._live: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._teller: threading.Thread | None = None
        self._closed = threading.Event()

    def start(
        self, kind: str, file_name: str, data: bytes, options: Options, by: Actor, *, follows: str | None = None
    ) -> Job:
        """`follows` is the interrupted job whose place this one takes. Raises Conflict while too many wait."""
        job = Job(new_id(), kind, file_name[:120], options, by, self._clock.now(), data)
        with self._lock:
            if len(self._live) >= MOST_WAITING:
                raise Conflict("other imports are waiting: try again when they are through")
            self._live[job.id] = job
        try:
            self._keep(job)
            if follows is not None:
                with self._db.write() as session:
                    import_store.hand_secrets_on(session, follows, job.id)
                    import_store.forget(session, [follows])
        except BaseException:
            with self._lock:
                del self._live[job.id]
            raise
        self._worker.submit(self._run, job)
        self._tell_on()
        return job

    def go_on(self, job_id: str, by: Actor) -> Job:
        """Run once more what was interrupted; what it wrote before is there already. Raises Conflict."""
        job = self.get(job_id, by)
        if job is None or job.state != "interrupted":
            raise Conflict("this import was not interrupted")
        if not job.data:
            raise Conflict("the file did not come in whole: take it in again")
        skips = job.options.rows == "good" and job.options.on_existing == "refuse" and not job.options.dry_run
        options = replace(job.options, on_existing="skip") if skips else job.options
        return self.start(job.kind, job.file_name, job.data, options, by, follows=job_id)

    def of(self, by: Actor) -> list[Job]:
        """Somebody's own, the newest first."""
        with self._db.read() as session:
            rows = import_store.of(session, by.id, KEPT + MOST_WAITING)
        return [self._live.get(row["id"]) or self._from(row, by) for row in rows]

    def get(self, job_id: str, by: Actor) -> Job | None:
        """One of somebody's own."""
        live = self._live.get(job_id)
        if live is not None:
            return live if live.by.id == by.id else None
        with self._db.read() as session:
            row = import_store.find(session, job_id, by.id)
            if row is None:
                return None
            job = self._from(row, by)
            if job.is_over:
                job.data = import_store.content(session, job_id, "file") or b""
                job.outcome = _outcome(import_store.content(session, job_id, "outcome"))
                job.has_secrets = import_store.has_secrets(session, job_id)
        return job

    def secrets_file(self, job: Job) -> bytes:
        """The secrets of new devices as CSV, this once. Raises Conflict when there are none, or none any more."""
        if not job.is_over:
            raise Conflict("there are no secrets to be had")
        with self._db.write() as session:
            secrets = import_store.take_secrets(session, job.id)
        if not secrets:
            raise Conflict("there are no secrets to be had")
        out = io.StringIO()
        csv.writer(out).writerows([("uid", "secret"), *secrets])
        return out.getvalue().encode()

    def close(self) -> None:
        self._closed.set()
        self._worker.shutdown(wait=False, cancel_futures=True)
        waiting = [job.id for job in list(self._live.values()) if job.state == "waiting"]
        with suppress(CarebellError, SQLAlchemyError):
            self._tell(waiting, seen_at=self._clock.now() - 2 * LOST_AFTER)

    # -- what is kept

    def _keep(self, job: Job) -> None:
        with self._db.write() as session:
            import_store.forget(session, import_store.old(session, job.by.id, KEPT - 1, job.started_at - KEPT_FOR))
            row = {"id": job.id, "kind": job.kind, "file_name": job.file_name, "options": asdict(job.options),
                   "user_id": job.by.id, "user_name": job.by.name, "state": job.state, "what": "", "done": 0,
                   "total": 0, "problem": None, "started_at": job.started_at, "seen_at": job.started_at}  # fmt: skip
            import_store.add(session, row)
        self._add_parts(job.id, "file", job.data)

    def _add_parts(self, job_id: str, what: str, data: bytes) -> None:
        for part in import_store.packed(job_id, what, data):
            with self._db.write() as session:
                import_store.add_part(session, part)

    def _from(self, row: Row, by: Actor) -> Job:
        state: State = row["state"]
        if state in ("waiting", "running") and self._clock.now() - row["seen_at"] > LOST_AFTER:
            state = "interrupted"
        return Job(
            row["id"], row["kind"], row["file_name"], Options(**row["options"]), by, row["started_at"], state=state,
            what=row["what"], done=row["done"], total=row["total"], problem=row["problem"],
        )  # fmt: skip

    def _tell(self, ids: Sequence[str], **news: object) -> None:
        for job_id in ids:
            with self._db.write() as session:
                import_store.tell(session, job_id, **news)

    def _tell_on(self) -> None:
        """Let the others know from time to time how far the jobs of this console are."""
        with self._lock:
            if self._teller is None or not self._teller.is_alive():
                self._teller = threading.Thread(target=self._keep_telling, name="import-teller", daemon=True)
                self._teller.start()

    def _keep_telling(self) -> None:
        while not self._closed.wait(TELL_EVERY_S) and self._live:
            for job in list(self._live.values()):
                # The database may be busy with the import itself; the next time tells it.
                with suppress(CarebellError, SQLAlchemyError):
                    if not job.is_over:
                        far = {"what": job.what[:20], "done": job.done, "total": job.total}
                        self._tell([job.id], seen_at=self._clock.now(), state=job.state, **far)

    # -- the work

    def _run(self, job: Job) -> None:
        def say(what: str, done: int, total: int) -> None:
            job.what, job.done, job.total = what, done, total

        def take(session: Session, secrets: Sequence[tuple[str, str]]) -> None:
            import_store.add_secrets(session, job.id, secrets)

        state: State = "failed"
        job.state = "running"
        try:
            job.outcome = importing.run(
                self._registry, job.kind, job.data, job.options, by=job.by,
                too_many=importing.TOO_MANY_IN_ONE, take_secrets=take, say=say,
            )  # fmt: skip
            state = "done"
        except CarebellError as problem:
            job.problem = str(problem)
        except Exception as failure:  # noqa: BLE001  # the thread's end would be nobody's; the text may name people
            log.error("import %s failed: %s", job.id, type(failure).__name__)
            job.problem = "the import failed unexpectedly: look into the log"
        finally:
            self._finish(job, state)

    def _finish(self, job: Job, state: State) -> None:
        try:
            if job.outcome is not None:
                self._add_parts(job.id, "outcome", _written(job.outcome))
            job.state = state
            far = {"what": job.what[:20], "done": job.done, "total": job.total}
            problem = job.problem[:500] if job.problem else None
            self._tell([job.id], state=state, problem=problem, seen_at=self._clock.now(), **far)
        except (CarebellError, SQLAlchemyError) as failure:
            # Until this process ends it tells of the job from memory; afterwards it counts as interrupted.
            log.error("what became of import %s could not be stored: %s", job.id, type(failure).__name__)
            job.state = state
            return
        with self._lock:
            self._live.pop(job.id, None)


def _written(outcome: Outcome) -> bytes:
    return json.dumps(asdict(outcome), ensure_ascii=False).encode()


def _outcome(kept: bytes | None) -> Outcome | None:
    if kept is None:
        return None
    said = json.loads(kept)
    return Outcome(
        **said | {
            "options": Options(**said["options"]), "refusals": tuple((*each,) for each in said["refusals"]),
            "results": {int(row): result for row, result in said["results"].items()}, "notes": tuple(said["notes"]),
        }
    )  # fmt: skip
