"""Calls that nobody took, messages that nobody saw: each is a to-do, handed out in turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from alarms.models import ToDo
from core.clock import Clock
from core.db import Database
from core.ids import new_id
from core.wake import Wake
from duty.callers import Caller, caller_of
from duty.colleagues import Colleague, colleagues
from duty.fairness import OnDuty, whose_turn
from registry.models import Shift, User, table_of
from registry.scope import scope_of

TO_DOS, _SHIFTS, _USERS = table_of(ToDo), table_of(Shift), table_of(User)
KIND = "missed_call"
RING_S = 25  # How long officers' phones are rung before the call counts as missed.
GRACE = timedelta(minutes=2)  # An officer whose page is loading anew has not left.
COUNTS_FOR = timedelta(days=1)  # A turn of yesterday is nobody's advantage today.
NUMBER_KEPT = timedelta(days=30)
MOST = 100

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Missed:
    """What comes in from outside and waits for an officer's call."""

    db: Database
    clock: Clock
    wake: Wake

    def came(self, phone: str, *, text: str = "", rings: bool = False) -> Row:
        """Somebody has called or written. While it `rings` at officers it is not due yet; the same number once more
        joins the call that is open."""
        now = self.clock.now()
        due_at = now + timedelta(seconds=RING_S) if rings else now
        with self.db.write() as session:
            row = _again(session, phone, text, due_at) or self._new(session, caller_of(session, phone), text, due_at)
            self.wake.with_commit(session, "todos")
        self.wake.here("todos")
        return row

    def taken(self, todo_id: str, user_id: str) -> bool:
        """An officer has the caller on the line; False when the call is not known."""
        now = self.clock.now()
        with self.db.write() as session:
            name = session.scalar(select(_USERS.c.display_name).where(_USERS.c.id == user_id))
            mine = update(TO_DOS).where(TO_DOS.c.id == todo_id, TO_DOS.c.kind == KIND)
            taken = mine.values(owner_id=user_id, done_at=now, done_by=name or "", version=TO_DOS.c.version + 1)
            found = name is not None and session.connection().execute(taken).rowcount == 1
            self.wake.with_commit(session, "todos")
        self.wake.here("todos")
        return found

    def not_taken(self, todo_id: str) -> None:
        """Nobody picked up: it is due now."""
        now = self.clock.now()
        with self.db.write() as session:
            still = (TO_DOS.c.id == todo_id, TO_DOS.c.kind == KIND, TO_DOS.c.done_at.is_(None), TO_DOS.c.due_at > now)
            session.connection().execute(update(TO_DOS).where(*still).values(due_at=now))
            self.wake.with_commit(session, "todos")
        self.wake.here("todos")

    def to_ring(self, todo_id: str) -> list[Colleague]:
        """Whose phones ring for an incoming call: its owner's first, then those of the others at a console."""
        now = self.clock.now()
        with self.db.read() as session:
            owner_id = session.scalar(select(TO_DOS.c.owner_id).where(TO_DOS.c.id == todo_id))
            room = colleagues(session, now)
        there = [one for one in room if one.phone and (one.is_on_duty or one.id == owner_id)]
        return sorted(there, key=lambda one: one.id != owner_id)

    def hand_on(self) -> int:
        """Give to others what belongs to who is off duty, and what nobody had; how many that were.

        Two processes at once: of two the first one's word stands.
        """
        now, moved = self.clock.now(), 0
        with self.db.read() as session:
            open_calls = select(TO_DOS.c.id, TO_DOS.c.owner_id, TO_DOS.c.elder_id, TO_DOS.c.assigned_at).where(
                TO_DOS.c.kind == KIND, TO_DOS.c.done_at.is_(None)
            )
            waiting = session.execute(open_calls.order_by(TO_DOS.c.due_at).limit(MOST)).all()
            room = colleagues(session, now) if waiting else []
            left = [row for row in waiting if _is_left(session, row, room, now)]
        for row in left:
            with self.db.write() as session:
                owner_id = _next_owner(session, row.elder_id, now, but=row.owner_id)
                if owner_id is None:
                    continue
                mine = update(TO_DOS).where(
                    TO_DOS.c.id == row.id,
                    TO_DOS.c.done_at.is_(None),
                    TO_DOS.c.owner_id.is_not_distinct_from(row.owner_id),
                )
                values = {"owner_id": owner_id, "assigned_at": now, "version": TO_DOS.c.version + 1}
                moved += session.connection().execute(mine.values(values)).rowcount
                self.wake.with_commit(session, "todos")
        if moved:
            self.wake.here("todos")
        return moved

    def forget(self) -> None:
        """Numbers and words of calls that were dealt with long ago."""
        old = (TO_DOS.c.kind == KIND, TO_DOS.c.phone.is_not(None), TO_DOS.c.done_at < self.clock.now() - NUMBER_KEPT)
        with self.db.write() as session:
            session.connection().execute(update(TO_DOS).where(*old).values(phone=None, text=""))

    def _new(self, session: Session, caller: Caller, text: str, due_at: datetime) -> Row:
        now = self.clock.now()
        owner_id = _next_owner(session, caller.elder_id, now)
        row: Row = {
            "id": new_id(), "kind": KIND, "text": text[:1000], "phone": caller.phone, "elder_id": caller.elder_id,
            "contact_id": caller.contact_id, "alarm_id": caller.alarm_id, "owner_id": owner_id, "due_at": due_at,
            "created_at": now, "created_by": "system", "done_at": None, "done_by": None, "version": 1, "calls": 1,
            "assigned_at": now if owner_id else None,
        }  # fmt: skip
        session.connection().execute(insert(TO_DOS).values(row))
        return row


def _again(session: Session, phone: str, text: str, due_at: datetime) -> Row | None:
    """The open call of the same number, with one more try; None where there is none."""
    wanted = select(TO_DOS).where(TO_DOS.c.kind == KIND, TO_DOS.c.phone == phone, TO_DOS.c.done_at.is_(None))
    found = session.execute(wanted.with_for_update().limit(1)).one_or_none()
    if found is None:
        return None
    row = dict(found._mapping)
    said = "\n".join(filter(None, (row["text"], text)))[-1000:]
    news = {
        "calls": row["calls"] + 1,
        "text": said,
        "due_at": min(row["due_at"], due_at),
        "version": row["version"] + 1,
    }
    session.connection().execute(update(TO_DOS).where(TO_DOS.c.id == row["id"]).values(news))
    return row | news


def _next_owner(session: Session, elder_id: str | None, now: datetime, *, but: str | None = None) -> str | None:
    """Who is on duty, may see this elder, and whose turn it is."""
    room = [one for one in colleagues(session, now) if one.id != but and one.is_on_duty]
    ids = [one.id for one in room]
    areas = dict(iter(session.execute(select(_USERS.c.id, _USERS.c.areas).where(_USERS.c.id.in_(ids)))))
    room = [one for one in room if scope_of(session, areas.get(one.id)).sees_elder(session, elder_id)]
    calls = (TO_DOS.c.kind == KIND, TO_DOS.c.owner_id.in_(ids))
    count = select(TO_DOS.c.owner_id, func.count()).where(*calls, TO_DOS.c.done_at.is_(None))
    given = select(TO_DOS.c.owner_id, func.max(TO_DOS.c.assigned_at)).where(
        *calls, TO_DOS.c.created_at > now - COUNTS_FOR
    )
    open_calls = dict(iter(session.execute(count.group_by(TO_DOS.c.owner_id))))
    last = dict(iter(session.execute(given.group_by(TO_DOS.c.owner_id))))
    return whose_turn(
        OnDuty(one.id, one.is_present, one.is_on_shift, one.is_leader, open_calls.get(one.id, 0), last.get(one.id))
        for one in room
    )


def _is_left(session: Session, row: Any, room: list[Colleague], now: datetime) -> bool:
    """Whether its owner is gone: their shift has ended since, or they are not there at all."""
    if row.owner_id is None:
        return True
    owner = next((one for one in room if one.id == row.owner_id), None)
    if owner is None:
        return True
    if owner.is_on_shift or (row.assigned_at and now - row.assigned_at < GRACE):
        return False
    ended = select(_SHIFTS.c.id).where(
        _SHIFTS.c.user_id == row.owner_id, _SHIFTS.c.ends_at <= now, _SHIFTS.c.ends_at > (row.assigned_at or now)
    )
    return not owner.is_present or session.execute(ended.limit(1)).first() is not None
