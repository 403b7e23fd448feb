"""The log of who did what to whose file: appended to, each entry holding the hash of the one before it.

Whoever changes, drops or inserts an entry later breaks the chain, which `verify` finds. Where the log ends is sealed
with the data key, so that without the key nobody cuts off its end or writes it anew; who kept an older end can put
that back, which is found by comparing a hash that was noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, text, update
from sqlmodel import Session

from core.vault import Locked
from registry.models import AuditEnd, AuditEntry, table_of
from registry.scope import EVERYWHERE, Scope

AUDIT, END = table_of(AuditEntry), table_of(AuditEnd)
FIRST_HASH = "0" * 64
SYSTEM = "system"
_LOCK_KEY = 0x61756469  # "audi": any number that nothing else in the database locks.
_CHUNK = 1000
_MOST_ACTIONS = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a user's id, the name colleagues know and whose files they see; or the system itself."""

    id: str = SYSTEM
    name: str = SYSTEM
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done. `action` is thing.verb (`elder.view`, `device.pair`); `data` names members, never their values,
    where those are a person's."""

    action: str
    subject_kind: str
    subject_id: str
    reason: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


def record(session: Session, actor: Actor, now: datetime, *deeds: Deed) -> None:
    """Append to the log in the caller's transaction; what is rolled back was never done.

    Writers take turns from here to their commit, so call it last.
    """
    if not deeds:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    # A version that knows no sealed end may still write beside this one: the log goes on behind what it wrote.
    seq, previous = max(_end(session) or (0, FIRST_HASH), _last(session), key=itemgetter(0))
    rows = []
    for deed in deeds:
        seq += 1
        row = {
            "seq": seq, "at": now, "actor_id": actor.id, "actor": actor.name, "action": deed.action,
            "subject_kind": deed.subject_kind, "subject_id": deed.subject_id, "reason": deed.reason,
            "data": deed.data, "previous_hash": previous,
        }  # fmt: skip
        previous = _hash(row)
        rows.append(row | {"entry_hash": previous})
    connection.execute(insert(AUDIT), rows)
    state = {"seq": seq, "hash": previous}
    if not connection.execute(update(END).values(state=state)).rowcount:
        connection.execute(insert(END).values(id=1, state=state))


def _end(session: Session) -> tuple[int, str] | None:
    """(seq, hash) of the last entry as it was sealed; None where nothing was, or nobody here can open it."""
    try:
        state = session.connection().execute(select(END.c.state)).scalar()
    except Locked:
        return None
    return (state["seq"], state["hash"]) if state else None


def _last(session: Session) -> tuple[int, str]:
    wanted = select(AUDIT.c.seq, AUDIT.c.entry_hash).order_by(AUDIT.c.seq.desc()).limit(1)
    last = session.connection().execute(wanted).one_or_none()
    return (last.seq, last.entry_hash) if last else (0, FIRST_HASH)


def record_once(session: Session, actor: Actor, now: datetime, deed: Deed, within: timedelta) -> None:
    """Append, unless the same actor did the same to the same thing a moment ago: a page that refreshes itself is one
    view."""
    same = (
        AUDIT.c.actor_id == actor.id, AUDIT.c.action == deed.action, AUDIT.c.subject_kind == deed.subject_kind,
        AUDIT.c.subject_id == deed.subject_id, AUDIT.c.at > now - within,
    )  # fmt: skip
    if session.connection().execute(select(AUDIT.c.seq).where(*same).limit(1)).first() is None:
        record(session, actor, now, deed)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are looked for; None means any. `since` and `until` are instants, the second not included."""

    actor: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        exact = {"action": self.action, "subject_kind": self.subject_kind, "subject_id": self.subject_id}
        found: list[ColumnElement[bool]] = [AUDIT.c[name] == value for name, value in exact.items() if value]
        if self.actor:
            found.append(or_(AUDIT.c.actor_id == self.actor, AUDIT.c.actor.startswith(self.actor, autoescape=True)))
        if self.since is not None:
            found.append(AUDIT.c.at >= self.since)
        if self.until is not None:
            found.append(AUDIT.c.at < self.until)
        return found


def page(
    session: Session, wanted: Wanted, *, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Entries, the newest first, and the seq to go on before; None at the end."""
    asked = select(AUDIT).where(*wanted.conditions()).order_by(AUDIT.c.seq.desc()).limit(limit + 1)
    if before is not None:
        asked = asked.where(AUDIT.c.seq < before)
    rows = [dict(row._mapping) for row in session.connection().execute(asked)]
    return rows[:limit], rows[limit - 1]["seq"] if len(rows) > limit else None


def actions(session: Session) -> list[str]:
    """Every action that was ever recorded, in order: a skip along its index, not a walk through the log."""
    found: list[str] = []
    last = ""
    while len(found) < _MOST_ACTIONS:
        following = session.connection().execute(select(func.min(AUDIT.c.action)).where(AUDIT.c.action > last)).scalar()
        if following is None:
            break
        found.append(following)
        last = following
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many entries hold together, the last hash, and the first that does not (None: all).

    Where the end was cut off that is the one after the last.
    """

    entries: int
    last_hash: str
    broken_at: int | None = None


def verify(session: Session) -> Verdict:
    """Walk the whole chain, a chunk at a time."""
    sealed = _end(session)
    seq, previous, is_end_there = 0, FIRST_HASH, False
    for row in _entries(session):
        members = {name: getattr(row, name) for name in _MEMBERS}
        if row.seq != seq + 1 or row.previous_hash != previous or row.entry_hash != _hash(members):
            return Verdict(seq, previous, broken_at=row.seq)
        seq, previous = row.seq, row.entry_hash
        is_end_there = is_end_there or (seq, previous) == sealed
    if seq == 0 and sealed is None:
        return Verdict(0, FIRST_HASH)
    return Verdict(seq, previous, broken_at=None if is_end_there else seq + 1)


def holds(session: Session, entry_hash: str) -> bool:
    """Whether an entry has this hash (the one that an empty log has, always)."""
    if entry_hash == FIRST_HASH:
        return True
    found = session.connection().execute(select(AUDIT.c.seq).where(AUDIT.c.entry_hash == entry_hash).limit(1))
    return found.first() is not None


def _entries(session: Session) -> Iterator[Row[Any]]:
    after = 0
    while True:
        wanted = select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(_CHUNK)
        rows = session.connection().execute(wanted).all()
        yield from rows
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq


_MEMBERS = (
    "seq", "at", "actor_id", "actor", "action", "subject_kind", "subject_id", "reason", "data", "previous_hash",
)  # fmt: skip


def _hash(row: dict[str, Any]) -> str:
    """SHA-256 over the members in one fixed form, the same whichever database kept them."""
    at: datetime = row["at"]
    shown = [at.astimezone(UTC).isoformat() if name == "at" else row[name] for name in _MEMBERS]
    text_form = json.dumps(shown, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text_form.encode("utf-8", "surrogatepass")).hexdigest()
