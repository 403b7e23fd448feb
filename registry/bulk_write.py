"""Doing what a plan says: all of it in one transaction, or whatever is right, a few rows to a transaction.

A new file is inserted as the plan has it; a file that is there is changed by the service of its kind, so that every
rule, every finding and every line of a history is as if somebody had typed it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from core.errors import Conflict, Rejected, TryAgain
from registry import audit, bulk_store, code_tables, device_history, findings, search, store
from registry.audit import Actor, Deed
from registry.bulk import Bulk, Change, Plan, Refusal, Say, TakeSecrets, nobody_listens
from registry.bulk_match import KEY_MEMBER, Register, TwoFiles
from registry.contact_intake import ContactPatch
from registry.device_intake import DevicePatch
from registry.devices import keep
from registry.elder_intake import ElderPatch
from registry.intake import BadMember
from registry.profile import CALL_ORDER
from registry.resource_intake import ResourcePatch
from registry.store import CONTACTS, DEVICES, ELDERS, RESOURCES, Row

FEW = 50  # Rows to a transaction where each stands for itself; on SQLite a press waits for as long as that takes.
SYSTEM = Actor()
_TABLES = {"elders": ELDERS, "contacts": CONTACTS, "devices": DEVICES, "resources": RESOURCES}
_PARTLY = ("health", "access")
"""Members of members: what the file does not name of them stays."""


def _forget(_session: Session, _secrets: Sequence[tuple[str, str]]) -> None:
    """For kinds that have no secrets."""


@dataclass(slots=True)
class Written:
    """What was done: how many files are new, and the rows that changed one, found nothing to change, were refused."""

    added: int = 0
    changed: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def write(
    bulk: Bulk, plan: Plan, take_secrets: TakeSecrets = _forget, say: Say = nobody_listens, *, by: Actor = SYSTEM
) -> Written:
    """Do all of it in one transaction.

    Raises Conflict when the registry is not what the plan saw any more and nothing was written, TryAgain when the
    database cannot be reached.
    """
    done = Written(len(plan.rows))
    try:
        with bulk.desk.db.write() as session:
            _add(bulk, session, plan.kind, plan.rows, by, say)
            for count, change in enumerate(plan.changes, 1):
                (done.changed if _change(bulk, session, plan.kind, change, by) else done.same).append(change.row)
                say("changed", count, len(plan.changes))
            if plan.secrets:
                take_secrets(session, plan.secrets)
    except IntegrityError as clash:
        raise Conflict(_CHANGED) from clash
    except OperationalError as broken:
        raise TryAgain(_NO_DATABASE) from broken
    except BadMember as wrong:  # `rehearse` has tried it: it was right a moment ago.
        raise Conflict(_CHANGED) from wrong
    search.catch_up(bulk.desk.db)
    return done


def rehearse(bulk: Bulk, plan: Plan, say: Say = nobody_listens, *, by: Actor = SYSTEM) -> Written:
    """Try every change and take it back, to know what would be refused."""
    return _each(bulk, plan.kind, plan.changes, by, lambda done: say("tried", done, len(plan.changes)), is_real=False)


def write_good(
    bulk: Bulk, plan: Plan, take_secrets: TakeSecrets = _forget, say: Say = nobody_listens, *, by: Actor = SYSTEM
) -> Written:
    """Do what can be done, a few rows to a transaction: what is written stays, whatever becomes of the rest.

    Run again after it was interrupted, it finds what is there already. Raises TryAgain as `write` does.
    """
    secrets = dict(plan.secrets)
    done = Written()
    try:
        for chunk in _few(tuple(zip(plan.numbers, plan.rows, strict=True))):
            done.added += _add_few(bulk, plan.kind, chunk, secrets, take_secrets, by, done.refusals)
            say("written", done.added, len(plan.rows))
        changed = _each(
            bulk, plan.kind, plan.changes, by, lambda count: say("changed", count, len(plan.changes)), is_real=True
        )
    except OperationalError as broken:
        raise TryAgain(_NO_DATABASE) from broken
    return replace(changed, added=done.added, refusals=[*done.refusals, *changed.refusals])


# -- new files


def _add(bulk: Bulk, session: Session, kind: str, rows: Sequence[Row], by: Actor, say: Say = nobody_listens) -> None:
    """Raises Conflict when one of them is there meanwhile, or its elder is not any more."""
    if not rows:
        return
    register = Register.near(session, kind, rows, bulk.desk.db.vault)
    try:
        if any(register.match(row) for row in rows):
            raise Conflict(_CHANGED)
    except TwoFiles:
        raise Conflict(_CHANGED) from None
    if not bulk_store.hold_elders(session, {row["elder_id"] for row in rows if row.get("elder_id") is not None}):
        raise Conflict(_CHANGED)
    kinds = {code for row in rows for code in row.get("kinds") or ()}
    if code_tables.unknown(session, "elder_kind", kinds, hold=True):
        raise Conflict(_CHANGED)
    bulk_store.add_all(session, _TABLES[kind], rows, say)
    now = bulk.desk.clock.now()
    if kind == "devices":
        lines = [
            device_history.line(
                row["id"], row["created_at"], "registered", by, state=row["state"], elder_id=row["elder_id"]
            )
            for row in rows
        ]
        keep(session, lines, by)
        return
    if kind == "contacts":
        called = {row["elder_id"] for row in rows if row["role"] in CALL_ORDER}
        for chunk in bulk_store.chunks(called):
            findings.settle(session, now, [findings.key_of("no_contacts", elder_id) for elder_id in chunk], by=by.name)
    noun = kind.removesuffix("s")
    more = [{"elder_id": row["elder_id"]} if kind == "contacts" else {} for row in rows]
    deeds = [Deed(f"{noun}.add", noun, row["id"], data=data) for row, data in zip(rows, more, strict=True)]
    audit.record(session, by, now, *deeds)


def _add_few(
    bulk: Bulk,
    kind: str,
    rows: Sequence[tuple[int, Row]],
    secrets: dict[str, str],
    take_secrets: TakeSecrets,
    by: Actor,
    refusals: list[Refusal],
) -> int:
    """One transaction; where somebody was quicker with one of the rows, one for each."""
    try:
        with bulk.desk.db.write() as session:
            _add(bulk, session, kind, [row for _, row in rows], by)
            if kind == "devices":
                take_secrets(session, [(row["uid"], secrets[row["uid"]]) for _, row in rows])
        return len(rows)
    except (Conflict, IntegrityError):
        if len(rows) == 1:
            refusals.append(Refusal(rows[0][0], KEY_MEMBER[kind], "somebody changed the registry meanwhile"))
            return 0
    return sum(_add_few(bulk, kind, [one], secrets, take_secrets, by, refusals) for one in rows)


# -- files that are there


class _Undone(Exception):
    """Ends a rehearsal."""


def _each(
    bulk: Bulk, kind: str, changes: Sequence[Change], by: Actor, say: Callable[[int], None], *, is_real: bool
) -> Written:
    done, count = Written(), 0
    for chunk in _few(changes):
        try:
            with bulk.desk.db.write() as session:
                for change in chunk:
                    _one(bulk, session, kind, change, by, done)
                if not is_real:
                    raise _Undone
        except _Undone:
            pass
        count += len(chunk)
        say(count)
    return done


def _one(bulk: Bulk, session: Session, kind: str, change: Change, by: Actor, done: Written) -> None:
    """One change for itself: what it began is taken back when it is refused."""
    try:
        with session.begin_nested():
            (done.changed if _change(bulk, session, kind, change, by) else done.same).append(change.row)
    except BadMember as wrong:
        done.refusals.append(Refusal(change.row, wrong.member, wrong.what))
    except Rejected as wrong:
        done.refusals.append(Refusal(change.row, "", str(wrong)))


def _change(bulk: Bulk, session: Session, kind: str, change: Change, by: Actor) -> bool:
    """Whether there was anything to change. Raises BadMember and Conflict as the services do."""
    table = _TABLES[kind]
    before = store.get(session, table, change.id)
    news = _news(change, before)
    if not news:
        return False
    desk = replace(bulk.desk, db=bulk.desk.db.joined(session))
    match kind:
        case "elders":
            if before["id_number"] is not None and news.get("id_number", before["id_number"]) != before["id_number"]:
                raise BadMember("id_number", "is not the one on file")
            replace(bulk.elders, desk=desk).change(change.id, ElderPatch.model_validate(news), by=by)
        case "contacts":
            replace(bulk.contacts, desk=desk).change(change.id, ContactPatch.model_validate(news), by=by)
        case "devices":
            by.scope.check_elder(session, before["elder_id"], "uid")
            replace(bulk.devices, desk=desk).change(change.id, DevicePatch.model_validate(news), by=by)
        case _:
            replace(bulk.resources, desk=desk).change(change.id, ResourcePatch.model_validate(news), by=by)
    return True


def _news(change: Change, before: Row) -> dict[str, Any]:
    """What the file says otherwise than the registry; a place comes whole or not at all."""
    said = dict(change.said)
    for name in _PARTLY:
        told, whole = said.get(name), change.meant.get(name) or {}
        if isinstance(told, dict):
            said[name] = (before[name] or {}) | {part: whole.get(part, value) for part, value in told.items()}
    meant = change.meant | {name: said[name] for name in _PARTLY if name in said}
    news = {name: value for name, value in said.items() if name != "crs" and meant[name] != before[name]}
    if news.keys() & {"lat", "lon"}:
        news |= {name: said[name] for name in ("lat", "lon", "crs") if name in said}
    return news


def _few(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), FEW):
        yield rows[start : start + FEW]


_CHANGED = "somebody changed the registry meanwhile: nothing was written, run it again"
_NO_DATABASE = "the database is busy or cannot be reached: run it again, and what did get there is left as it is"
