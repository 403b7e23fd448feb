"""`carebell import`: a file's rows become files of the registry, and what became of them stands beside the file."""

import csv
import os
import stat
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from carebell import import_large
from core.processes import present
from registry import import_result, importing
from registry.bulk import Say, nobody_listens
from registry.import_columns import KINDS
from registry.import_grid import UnreadableFile
from registry.importing import MAX_FILE_BYTES, MOST_BESIDE_PRESSES, TOO_MANY_AT_WORK, Options, Outcome, too_large
from registry.service import RegistryService

__all__ = ["KINDS", "Report", "UnreadableFile", "import_file"]

SHOWN_REFUSALS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file, and the files in which that is told in full."""

    outcome: Outcome
    report_file: Path | None = None
    secrets_file: Path | None = None
    result_file: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        return self.outcome.refused

    @property
    def read(self) -> int:
        return self.outcome.read

    @property
    def unit(self) -> str:
        return self.outcome.unit

    @property
    def good(self) -> int:
        return self.outcome.good

    @property
    def written(self) -> int:
        return self.outcome.added

    @property
    def refusals(self) -> tuple[tuple[int, str, str], ...]:
        return self.outcome.refusals

    def lines(self) -> list[str]:
        """The report for a terminal: refusals, then what was done."""
        told, unit = self.refusals, self.outcome.unit
        shown = told if self.report_file is None else told[:SHOWN_REFUSALS]
        lines = [f"{unit} {row}{f', {column}' if column else ''}: {reason}" for row, column, reason in shown]
        if len(shown) < len(told):
            lines.append(f"… and {len(told) - len(shown)} more")
        if self.report_file is not None:
            lines.append(f"Everything that was refused is in {self.report_file}.")
        if self.result_file is not None:
            lines.append(f"What became of each {unit} is in {self.result_file}: mend it there and import it again.")
        if self.secrets_file is not None:
            lines.append(f"The secrets of the new devices are in {self.secrets_file}, and nowhere else: keep it safe.")
        return [*lines, *self.notes, self.outcome.sum]


def import_file(
    registry: RegistryService,
    kind: str,
    file: Path,
    options: Options = Options(),  # noqa: B008  # frozen
    *,
    say: Say = nobody_listens,
    most_bytes: int = MAX_FILE_BYTES,
) -> Report:
    """Check every row and write what the options say; a CSV of more than `most_bytes` goes piece by piece.

    What is refused is also written to `<file>.report.csv`, what became of each row to `<file>.result.csv` (.xlsx,
    .json: as the file is), and the secrets of new devices to a new `<file>.secrets.csv`; only this user can read the
    last two. Raises UnreadableFile for a file that cannot be read at all, Conflict for too many rows in one piece while
    a centre is at work on SQLite, Conflict and TryAgain as `registry.bulk_write` does; then nothing was written.
    """
    secrets = _Secrets(file.with_name(f"{file.name}.secrets.csv")) if kind == "devices" else None
    if import_large.is_large_csv(file, most_bytes):
        return _import_large(registry, kind, file, options, secrets, say)
    at_work = TOO_MANY_AT_WORK if _a_centre_is_at_work(registry) else None
    too_many = None if options.dry_run else at_work  # A dry run keeps nobody waiting.
    try:
        data = content_of(file)
        if secrets is None:
            outcome = importing.run(registry, kind, data, options, too_many=too_many, say=say)
        else:
            with secrets:
                outcome = importing.run(
                    registry, kind, data, options, too_many=too_many, say=say, before_writing=secrets.open,
                    take_secrets=secrets.take,
                )  # fmt: skip
    except UnreadableFile as problem:
        raise UnreadableFile(f"{file}: {problem}") from problem.__cause__
    report_file, notes = _keep_report(file, outcome)
    result_file, more = _keep_result(file, data, outcome)
    kept = secrets.path if secrets is not None and secrets.is_kept else None
    if at_work and options.dry_run and options.rows == "all" and outcome.good > MOST_BESIDE_PRESSES:
        more = (*more, f"This would be refused now: {at_work}.")
    return Report(outcome, report_file, kept, result_file, (*outcome.notes, *notes, *more))


def _a_centre_is_at_work(registry: RegistryService) -> bool:
    """Whether somebody's press could have to wait for this database."""
    desk = registry.desk
    if not desk.db.is_sqlite:
        return False
    with desk.db.read() as session:
        return bool(present(session, desk.clock.now()))


def _import_large(
    registry: RegistryService, kind: str, file: Path, options: Options, secrets: "_Secrets | None", say: Say
) -> Report:
    report_path, result_path = (file.with_name(f"{file.name}.{what}.csv") for what in ("report", "result"))
    try:
        with secrets or nullcontext():
            done = import_large.run(
                registry, kind, file, options, report_path, result_path, say=say,
                before_writing=secrets.open_once if secrets else nothing,
                take_secrets=secrets.take if secrets else None,
            )  # fmt: skip
    except UnreadableFile as problem:
        raise UnreadableFile(f"{file}: {problem}") from problem.__cause__
    kept = secrets.path if secrets is not None and secrets.is_kept else None
    report = report_path if done.refusals else None
    return Report(done, report, kept, result_path if result_path.exists() else None, done.notes)


def nothing() -> None:
    """Before writing kinds that have no secrets."""


def content_of(file: Path) -> bytes:
    """Raises UnreadableFile."""
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableFile("this is not a file")
        if found.st_size > MAX_FILE_BYTES:
            raise UnreadableFile(too_large(found.st_size))
        return file.read_bytes()
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read") from None


class _Secrets:
    """Secrets are on the disk before their devices are in the registry, and gone again when those did not get there."""

    def __init__(self, path: Path) -> None:
        self.path, self.is_kept, self._descriptor = path, False, -1

    def __enter__(self) -> "_Secrets":
        return self

    def __exit__(self, *_fault: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            if not self.is_kept:  # Once they are, a commit is under way, and nobody knows whether it came through.
                self.path.unlink(missing_ok=True)

    def open_once(self) -> None:
        if self._descriptor < 0:
            self.open()

    def open(self) -> None:
        try:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            text = f"{self.path} is there already and is not overwritten: move it away first"
            raise UnreadableFile(text) from None
        except OSError as problem:
            raise UnreadableFile(f"{self.path}: {problem.strerror}") from None

    def take(self, _session: Session, secrets: Sequence[tuple[str, str]]) -> None:
        with os.fdopen(self._descriptor, "w", encoding="utf-8", newline="", closefd=False) as out:
            csv.writer(out).writerows([*([] if self.is_kept else [("uid", "secret")]), *secrets])
            out.flush()
            os.fsync(self._descriptor)
        self.is_kept = True


# -- the reports


def _keep_report(file: Path, outcome: Outcome) -> tuple[Path | None, tuple[str, ...]]:
    """The file with all refusals, or a note why there is none: the report on the terminal is whole then."""
    if not outcome.refusals:
        return None, ()
    report = file.with_name(f"{file.name}.report.csv")
    try:
        with report.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([(outcome.unit, "column", "reason"), *outcome.refusals])
    except OSError as problem:
        return None, (f"The report could not be written to {report}: {problem.strerror}.",)
    return report, ()


def _keep_result(file: Path, data: bytes, outcome: Outcome) -> tuple[Path | None, tuple[str, ...]]:
    """The file again with what became of each row, where that is more than that all are written."""
    if not (outcome.refusals or outcome.skipped or outcome.same or outcome.changed):
        return None, ()
    path = file.with_name(f"{file.name}.result{import_result.suffix_of(data)}")
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(import_result.result_file(data, outcome))
    except OSError as problem:
        return None, (f"What became of each {outcome.unit} could not be written to {path}: {problem.strerror}.",)
    return path, ()
