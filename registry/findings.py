"""Work for the registrar: opened by what happens and by the nightly look, settled by people or by what was mended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict, NotFound
from core.ids import new_id
from registry import audit
from registry.audit import SYSTEM, Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.models import Finding, table_of
from registry.store import Row

FINDINGS = table_of(Finding)
GRAVITY = {
    "device_silent": 1, "no_contacts": 1, "wrong_number": 1, "away_everybody": 1,
    "no_home_position": 2, "opted_out": 2,
    "unverified_number": 3, "access_unconfirmed": 3, "shared_phone": 3, "no_texts": 3,
}  # fmt: skip
"""1: somebody may not be reached at all; 2: help is late or lame; 3: the file is not in order."""

USUAL_GRAVITY = 2  # Of a kind that another part of the registry finds.
DUE_DAYS = {1: 1, 2: 7, 3: 30}
COUNTED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What came to light. `about` joins what is one piece of work (a person called for three elders); without it the
    subject does. `data` holds codes and counts, never what a person's file says."""

    kind: str
    subject_kind: str
    subject_id: str
    elder_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    about: str | None = None

    @property
    def key(self) -> str:
        return key_of(self.kind, self.about or self.subject_id)


def key_of(kind: str, about: str) -> str:
    return f"{kind}:{about}"


def open_all(session: Session, now: datetime, found: Sequence[Found]) -> None:
    """Open what is not open yet, in the caller's transaction."""
    rows = []
    for one in found:
        gravity = GRAVITY.get(one.kind, USUAL_GRAVITY)
        rows.append({
            "id": new_id(), "kind": one.kind, "subject_kind": one.subject_kind, "subject_id": one.subject_id,
            "subject_key": one.key, "elder_id": one.elder_id, "data": one.data | {"key": one.key},
            "found_at": now, "gravity": gravity,
            "due_at": now + timedelta(days=DUE_DAYS.get(gravity, DUE_DAYS[USUAL_GRAVITY])),
        })  # fmt: skip
    if not rows:
        return
    is_server = session.get_bind().dialect.name == "postgresql"
    upsert = (postgresql.insert if is_server else sqlite.insert)(FINDINGS)
    session.connection().execute(upsert.on_conflict_do_nothing(index_elements=["subject_key"]), rows)


def settle(session: Session, now: datetime, keys: Collection[str], *, by: str = SYSTEM, note: str | None = None) -> int:
    """Resolve what is open under these keys, because it is no more; how many were."""
    if not keys:
        return 0
    resolved = {"resolved_at": now, "resolved_by": by, "note": note, "subject_key": None}
    fits = FINDINGS.c.subject_key.in_(sorted(keys))
    return session.connection().execute(update(FINDINGS).where(fits).values(resolved)).rowcount


def waiting(now: datetime) -> list[ColumnElement[bool]]:
    """What wants somebody now: open, and not put off."""
    return [
        FINDINGS.c.resolved_at.is_(None),
        or_(FINDINGS.c.snoozed_until.is_(None), FINDINGS.c.snoozed_until <= now),
    ]


def fitting(
    now: datetime, state: str, *, kind: str | None = None, owner: str | None = None, elder_id: str | None = None,
    me: str = "",
) -> list[ColumnElement[bool]]:  # fmt: skip
    """Conditions of a list. `state`: waiting, snoozed, open (both), resolved, all; `owner`: a user's id, me, nobody."""
    c = FINDINGS.c
    states: dict[str, list[ColumnElement[bool]]] = {
        "waiting": waiting(now), "snoozed": [c.resolved_at.is_(None), c.snoozed_until > now],
        "open": [c.resolved_at.is_(None)], "resolved": [c.resolved_at.is_not(None)], "all": [],
    }  # fmt: skip
    where = [*states[state], *(c[name] == value for name, value in (("kind", kind), ("elder_id", elder_id)) if value)]
    if owner:
        where.append(c.owner_id.is_(None) if owner == "nobody" else c.owner_id == (me if owner == "me" else owner))
    return where


def count_waiting(session: Session, now: datetime, *where: ColumnElement[bool]) -> int:
    """How much work waits, counted up to COUNTED_AT_MOST: it stands on every page."""
    some = select(FINDINGS.c.id).where(*waiting(now), *where).limit(COUNTED_AT_MOST).subquery()
    return int(session.connection().execute(select(func.count()).select_from(some)).scalar_one())


def page(
    session: Session, *, after: str | None, limit: int, where: Sequence[ColumnElement[bool]] = ()
) -> tuple[list[Row], str | None]:
    """The gravest first, and of those the oldest; `after` is what the page before gave."""
    c = FINDINGS.c
    wanted = select(FINDINGS).where(*where).order_by(c.gravity, c.id).limit(limit + 1)
    if after is not None:
        gravity, _, last = after.partition("|")
        seen = int(gravity) if gravity.isdigit() else 0
        wanted = wanted.where(or_(c.gravity > seen, and_(c.gravity == seen, c.id > last)))
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    following = f"{rows[limit - 1]['gravity']}|{rows[limit - 1]['id']}" if len(rows) > limit else None
    return rows[:limit], following


def get(session: Session, finding_id: str) -> Row:
    """Raises NotFound."""
    row = session.connection().execute(select(FINDINGS).where(FINDINGS.c.id == finding_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such finding")
    return dict(row._mapping)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a person does with them; one transaction for each call. Raises NotFound, Conflict."""

    desk: Desk

    def take(self, finding_id: str, by: Actor) -> Row:
        """It is this user's to put right; whoever had it before gives it over."""
        return self._open_one(finding_id, by, "take", {"owner_id": by.id})

    def give_back(self, finding_id: str, by: Actor) -> Row:
        return self._open_one(finding_id, by, "give_back", {"owner_id": None})

    def snooze(self, finding_id: str, until: datetime, by: Actor) -> Row:
        """Out of the list until then; it stays open and is not found a second time. Raises BadMember for the past."""
        if until <= self.desk.clock.now():
            raise BadMember("until", "must lie in the future")
        return self._open_one(finding_id, by, "snooze", {"snoozed_until": until})

    def resolve(self, finding_id: str, note: str | None, by: Actor) -> Row:
        values = {
            "resolved_at": self.desk.clock.now(), "resolved_by": by.name, "note": note, "subject_key": None,
            "snoozed_until": None,
        }  # fmt: skip
        return self._open_one(finding_id, by, "resolve", values)

    def reopen(self, finding_id: str, by: Actor) -> Row:
        """It was not put right after all. Raises Conflict when the same has been found again meanwhile."""
        with self.desk.db.write() as session:
            row = get(session, finding_id)
            if row["resolved_at"] is None:
                return row
            values = {"resolved_at": None, "resolved_by": None, "subject_key": row["data"]["key"]}
            try:
                session.connection().execute(update(FINDINGS).where(FINDINGS.c.id == finding_id).values(values))
            except IntegrityError:
                raise Conflict("the same was found again meanwhile and is open") from None
            return self._done(session, finding_id, by, "reopen")

    def _open_one(self, finding_id: str, by: Actor, what: str, values: Row) -> Row:
        with self.desk.db.write() as session:
            fits = (FINDINGS.c.id == finding_id, FINDINGS.c.resolved_at.is_(None))
            if session.connection().execute(update(FINDINGS).where(*fits).values(values)).rowcount != 1:
                get(session, finding_id)
                raise Conflict("this has been resolved already")
            return self._done(session, finding_id, by, what)

    def _done(self, session: Session, finding_id: str, by: Actor, what: str) -> Row:
        row = get(session, finding_id)
        deed = Deed(f"finding.{what}", row["subject_kind"], row["subject_id"], data={"kind": row["kind"]})
        audit.record(session, by, self.desk.clock.now(), deed)
        return row
