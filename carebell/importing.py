"""`carebell import`: a file's rows, checked one by one, become files of the registry, all together or not at all."""

import csv
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carebell.import_columns import KINDS, Table, table_of
from carebell.import_fhir import bundle_table
from carebell.import_grid import UnreadableFile, read_grid
from registry.bulk import Entry, Plan, Refusal, Say, nobody_listens
from registry.service import RegistryService

__all__ = ["KINDS", "Report", "UnreadableFile", "import_file"]

MAX_FILE_BYTES = 64 * 2**20  # A million short rows; more is read into memory than a small server has.
SHOWN_REFUSALS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. `written` is 0 after a dry run and whenever anything was refused and not skipped."""

    kind: str
    unit: str
    read: int
    good: int
    written: int
    is_dry_run: bool
    refusals: tuple[tuple[int, str, str], ...] = ()
    report_file: Path | None = None
    secrets_file: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return len({row for row, _, _ in self.refusals})

    def lines(self) -> list[str]:
        """The report for a terminal: refusals, then what was done."""
        shown = self.refusals if self.report_file is None else self.refusals[:SHOWN_REFUSALS]
        lines = [f"{self.unit} {row}{f', {column}' if column else ''}: {reason}" for row, column, reason in shown]
        if len(shown) < len(self.refusals):
            lines.append(f"… and {len(self.refusals) - len(shown)} more")
        if self.report_file is not None:
            lines.append(f"Everything that was refused is in {self.report_file}.")
        if self.secrets_file is not None:
            lines.append(f"The secrets of the new devices are in {self.secrets_file}, and nowhere else: keep it safe.")
        return [*lines, *self.notes, self._sum()]

    def _sum(self) -> str:
        counted = f"{self.read} read, {self.refused} refused"
        if self.is_dry_run:
            return f"Dry run: {counted}, {self.good} could be written; nothing was."
        if self.refusals and not self.written:
            return f"{counted}: nothing was written."
        return f"{counted}: {self.written} {self.kind} written."


def import_file(
    registry: RegistryService,
    kind: str,
    file: Path,
    *,
    dry_run: bool = False,
    skip_refused: bool = False,
    say: Say = nobody_listens,
) -> Report:
    """Check every row and, when all of them are right, write them in one transaction.

    With `skip_refused` the rows that are right are written though others are not. What is refused is also written to
    `<file>.report.csv`, and the secrets of new devices to a new `<file>.secrets.csv` that only this user can read.
    Raises UnreadableFile for a file that cannot be read at all, Conflict and TryAgain as `Bulk.write` does; then
    nothing was written.
    """
    table, entries = _read(kind, file)
    plan = registry.bulk.plan(kind, entries, say)
    is_written = bool(plan.rows) and not dry_run and (skip_refused or not plan.refusals)
    secrets_file = _secrets_file(file) if is_written and kind == "devices" else None
    if is_written:
        _write(registry, plan, secrets_file, say)
    refusals = _labelled(plan.refusals, table)
    report_file, notes = _keep_report(file, table.unit, refusals)
    return Report(
        kind, table.unit, len(entries), len(plan.rows), len(plan.rows) if is_written else 0, dry_run, refusals,
        report_file, secrets_file, (*table.notes, *notes),
    )  # fmt: skip


def _read(kind: str, file: Path) -> tuple[Table, list[Entry]]:
    try:
        data = _content(file)
        is_json = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
        table = bundle_table(kind, data) if is_json else table_of(kind, read_grid(data))
        entries = list(table.entries)
    except UnreadableFile as problem:
        raise UnreadableFile(f"{file}: {problem}") from problem.__cause__
    if not entries:
        raise UnreadableFile(f"{file}: there is nothing below the names of the columns")
    return table, entries


def _content(file: Path) -> bytes:
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableFile("this is not a file")
        if found.st_size > MAX_FILE_BYTES:
            size = found.st_size / 2**20
            raise UnreadableFile(
                f"{size:.0f} MB are too much at once, {MAX_FILE_BYTES // 2**20} MB is the most: split it"
            )
        data = file.read_bytes()
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read") from None
    if not data.strip():
        raise UnreadableFile("the file is empty")
    return data


# -- writing


def _write(registry: RegistryService, plan: Plan, secrets_file: Path | None, say: Say) -> None:
    """Secrets are on the disk before their devices are in the registry, and gone again when those did not get there."""
    if secrets_file is None:
        registry.bulk.write(plan, say=say)
        return
    try:
        descriptor = os.open(secrets_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UnreadableFile(f"{secrets_file} is there already and is not overwritten: move it away first") from None
    except OSError as problem:
        raise UnreadableFile(f"{secrets_file}: {problem.strerror}") from None

    is_kept = False

    def take(secrets: Sequence[tuple[str, str]]) -> None:
        nonlocal is_kept
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="", closefd=False) as out:
            csv.writer(out).writerows([("uid", "secret"), *secrets])
            out.flush()
            os.fsync(descriptor)
        is_kept = True

    try:
        registry.bulk.write(plan, take, say)
    finally:
        os.close(descriptor)
        if not is_kept:  # Once they are, the commit is under way, and nobody knows whether it came through.
            secrets_file.unlink(missing_ok=True)
    registry.bulk.tell_secrets(plan)


def _secrets_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.secrets.csv")


# -- the report


def _labelled(refusals: Iterable[Refusal], table: Table) -> tuple[tuple[int, str, str], ...]:
    """(row, the column's name in the file, reason)."""
    return tuple((r.row, table.labels.get(r.member, r.member), r.reason) for r in refusals)


def _keep_report(
    file: Path, unit: str, refusals: Sequence[tuple[int, str, str]]
) -> tuple[Path | None, tuple[str, ...]]:
    """The file with all refusals, or a note why there is none: the report on the terminal is whole then."""
    if not refusals:
        return None, ()
    report = file.with_name(f"{file.name}.report.csv")
    try:
        with report.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([(unit, "column", "reason"), *refusals])
    except OSError as problem:
        return None, (f"The report could not be written to {report}: {problem.strerror}.",)
    return report, ()
