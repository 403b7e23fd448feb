"""An import from the bytes of a file to what became of each of its rows; where the file comes from is the caller's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlmodel import Session

from core.errors import Conflict
from registry import bulk_write, code_tables
from registry.audit import Actor
from registry.bulk import Entry, OnExisting, Plan, Refusal, Say, TakeSecrets, nobody_listens
from registry.bulk_write import SYSTEM, Written
from registry.import_columns import Table, table_of
from registry.import_fhir import bundle_table
from registry.import_grid import UnreadableFile, read_grid
from registry.service import RegistryService

Known = Mapping[str, Mapping[str, str]]
RowsWanted = Literal["all", "good"]
Result = Literal["added", "changed", "same", "skipped", "refused", "not_written"]
MOST_BESIDE_PRESSES = 2000  # `bench/import_elders.py --rows 2000` says for how long a press may have to wait.
TOO_MANY_IN_ONE = (
    "SQLite can store no press while rows are written in one piece, so that 2000 are the most: "
    "take in every row that is right, or split the file"
)
TOO_MANY_AT_WORK = (
    "a centre is at work on this database, and SQLite could store no press while more than 2000 rows are written in "
    "one piece: give --rows good, or stop the centre first"
)
MAX_FILE_BYTES = 64 * 2**20  # A million short rows; more is read into memory than a small server has.


@dataclass(frozen=True, slots=True)
class Options:
    """`rows`: every row or none of the file, or each that is right. `on_existing`: what becomes of a row whose file is
    there already. A dry run changes nothing."""

    dry_run: bool = False
    rows: RowsWanted = "all"
    on_existing: OnExisting = "refuse"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file, or would become of it. `refusals` are (row, the column's name in the file, reason);
    `results` tells of each row (an entry, in a bundle)."""

    kind: str
    unit: str
    options: Options
    read: int
    good: int
    added: int = 0
    changed: int = 0
    same: int = 0
    skipped: int = 0
    refusals: tuple[tuple[int, str, str], ...] = ()
    results: Mapping[int, Result] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    refused_besides: int = 0

    @property
    def refused(self) -> int:
        """How many rows were refused, those whose refusals are not kept here included."""
        return len({row for row, _, _ in self.refusals}) + self.refused_besides

    @property
    def is_written(self) -> bool:
        return bool(self.added or self.changed)

    @property
    def sum(self) -> str:
        """What was done, in one line."""
        counted = f"{self.read} read, {self.refused} refused"
        left = [f"{self.skipped} there already"] if self.skipped else []
        left += [f"{self.same} with nothing new"] if self.same else []
        more = "".join(f", {text}" for text in left)
        if self.options.dry_run:
            return f"Dry run: {counted}{more}, {self.good} could be written; nothing was."
        if not self.is_written and (self.refusals or left):
            return f"{counted}{more}: nothing was written."
        changed = f", {self.changed} changed" if self.options.on_existing == "update" else ""
        return f"{counted}{more}: {self.added} {self.kind} written{changed}."


def _forget(_session: Session, _secrets: Iterable[tuple[str, str]]) -> None:
    """For kinds that have no secrets."""


def read(kind: str, data: bytes, known: Known | None = None) -> tuple[Table, list[Entry]]:
    """`known` are codes by the words that mean them, as `registry.code_tables.readings` gives them. Raises
    UnreadableFile."""
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(too_large(len(data)))
    if not data.strip():
        raise UnreadableFile("the file is empty")
    table = bundle_table(kind, data) if is_json(data) else table_of(kind, read_grid(data))
    entries = [replace(entry, values=code_tables.translated(entry.values, known or {})) for entry in table.entries]
    if not entries:
        raise UnreadableFile("there is nothing below the names of the columns")
    return table, entries


def too_large(size: int) -> str:
    most = MAX_FILE_BYTES // 2**20
    return f"{size / 2**20:.0f} MB are too much at once, {most} MB is the most: split it"


def is_json(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def run(
    registry: RegistryService,
    kind: str,
    data: bytes,
    options: Options = Options(),  # frozen
    *,
    by: Actor = SYSTEM,
    too_many: str | None = None,
    before_writing: Callable[[], None] = lambda: None,
    take_secrets: TakeSecrets = _forget,
    say: Say = nobody_listens,
) -> Outcome:
    """Check every row, and write what the options say.

    `too_many` is given where a centre is at work on this database: what is said of too many rows in one piece beside
    its presses. `before_writing` is called once, when there are new files to write. Raises UnreadableFile for a file
    that cannot be read at all, Conflict with `too_many` on SQLite, Conflict and TryAgain as `registry.bulk_write` does.
    """
    with registry.desk.db.read() as session:
        known = code_tables.readings(session)
    table, entries = read(kind, data, known)
    plan = registry.bulk.plan(kind, entries, say, on_existing=options.on_existing, by=by)
    held = len(plan.rows) + len(plan.changes) if options.rows == "all" else 0
    if too_many is not None and registry.desk.db.is_sqlite and held > MOST_BESIDE_PRESSES:
        raise Conflict(too_many)
    done = Written()
    if plan.changes and (options.dry_run or options.rows == "all"):
        tried = bulk_write.rehearse(registry.bulk, plan, say, by=by)
    else:
        tried = Written()
    refusals = [*plan.refusals, *tried.refusals]
    may_write = not options.dry_run and (options.rows == "good" or not refusals) and (plan.rows or plan.changes)
    if may_write:
        if plan.rows:
            before_writing()
        act = bulk_write.write if options.rows == "all" else bulk_write.write_good
        done = act(registry.bulk, plan, take_secrets, say, by=by)
        registry.bulk.tell_secrets(plan)
        refusals += done.refusals
    return _outcome(plan, table, len(entries), options, tried if options.dry_run else done, refusals)


def _outcome(plan: Plan, table: Table, count: int, options: Options, done: Written, refusals: list[Refusal]) -> Outcome:
    told = tuple(
        (one.row, table.labels.get(one.member, one.member), one.reason) for one in sorted(refusals, key=lambda r: r.row)
    )
    refused = {one.row for one in refusals}
    good = sum(row not in refused for row in plan.numbers) + len(done.changed)
    is_done = bool(done.added or done.changed or done.same)
    results: dict[int, Result] = {}
    for row in plan.numbers:
        results[row] = "added" if is_done or options.dry_run else "not_written"
    for row in (change.row for change in plan.changes):
        results[row] = "not_written"
    results |= dict.fromkeys(done.changed, "changed")
    results |= dict.fromkeys(done.same, "same")
    results |= dict.fromkeys(plan.skipped, "skipped")
    results |= dict.fromkeys(refused, "refused")
    counted = {} if options.dry_run else {"added": done.added, "changed": len(done.changed)}
    return Outcome(
        plan.kind, table.unit, options, count, good, **counted, same=len(done.same), skipped=len(plan.skipped),
        refusals=told, results=results, notes=table.notes,
    )  # fmt: skip
