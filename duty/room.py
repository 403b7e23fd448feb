"""Writing shifts, to-dos and hand-overs. Each call is one transaction, with its line in the log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, tuple_, update
from sqlmodel import Session

from alarms.models import Alarm, ToDo
from alarms.views import alarm_briefs
from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotFound
from core.ids import new_id
from duty.intake import HandOverNew, ShiftNew, ToDoNew, ToDoPatch
from duty.models import HandOver
from registry import audit
from registry.audit import Actor, Deed
from registry.intake import BadMember
from registry.models import Shift, User, table_of
from registry.scope import Scope
from registry.store import CONTACTS, ELDERS

SHIFTS, TO_DOS, HAND_OVERS = table_of(Shift), table_of(ToDo), table_of(HandOver)
USERS, ALARMS = table_of(User), table_of(Alarm)
EVERYWHERE = Scope()
MOST_HANDED_OVER = 500
SOON = timedelta(hours=12)  # What is promised within the next shift.

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Room:
    """Raises NotFound, BadMember, Conflict; nothing was changed then."""

    db: Database
    clock: Clock

    # -- shifts

    def add_shift(self, given: ShiftNew, by: Actor) -> Row:
        now = self.clock.now()
        row = given.model_dump() | {"id": new_id(), "version": 1, "created_at": now}
        with self.db.write() as session:
            _must_be(session, USERS, given.user_id, "user_id", "there is no such user")
            overlaps = (
                SHIFTS.c.user_id == given.user_id, SHIFTS.c.starts_at < given.ends_at,
                SHIFTS.c.ends_at > given.starts_at,
            )  # fmt: skip
            if session.execute(select(SHIFTS.c.id).where(*overlaps).limit(1)).first():
                raise Conflict("this person is on duty already at that time")
            session.connection().execute(insert(SHIFTS).values(row))
            audit.record(session, by, now, Deed("shift.add", "shift", row["id"]))
        return row

    def remove_shift(self, shift_id: str, by: Actor) -> None:
        with self.db.write() as session:
            if session.connection().execute(delete(SHIFTS).where(SHIFTS.c.id == shift_id)).rowcount != 1:
                raise NotFound("there is no such shift")
            audit.record(session, by, self.clock.now(), Deed("shift.remove", "shift", shift_id))

    # -- to-dos

    def add_todo(self, given: ToDoNew, by: Actor) -> Row:
        now = self.clock.now()
        row = given.model_dump() | {
            "id": new_id(), "version": 1, "created_at": now, "created_by": by.name, "done_at": None, "done_by": None,
            "kind": "parked",
        }  # fmt: skip
        with self.db.write() as session:
            for table, member, what in (
                (USERS, "owner_id", "user"),
                (ELDERS, "elder_id", "elder"),
                (ALARMS, "alarm_id", "alarm"),
            ):
                if row[member] is not None:
                    _must_be(session, table, row[member], member, f"there is no such {what}")
            session.connection().execute(insert(TO_DOS).values(row))
            audit.record(session, by, now, Deed("todo.add", "todo", row["id"]))
        return row

    def change_todo(self, todo_id: str, patch: ToDoPatch, by: Actor) -> Row:
        now, values = self.clock.now(), patch.said()
        is_done = values.pop("is_done", None)
        if is_done is not None:
            values |= {"done_at": now, "done_by": by.name} if is_done else {"done_at": None, "done_by": None}
        with self.db.write() as session:
            if values.get("owner_id") is not None:
                _must_be(session, USERS, values["owner_id"], "owner_id", "there is no such user")
            changed = update(TO_DOS).where(TO_DOS.c.id == todo_id).values(values | {"version": TO_DOS.c.version + 1})
            if session.connection().execute(changed).rowcount != 1:
                raise NotFound("there is no such to-do")
            deed = Deed("todo.change", "todo", todo_id, data={"members": sorted(patch.said())})
            audit.record(session, by, now, deed)
            return dict(session.connection().execute(select(TO_DOS).where(TO_DOS.c.id == todo_id)).one()._mapping)

    # -- hand-over

    def give(self, given: HandOverNew, by: Actor) -> Row:
        """Sign what is handed over; it waits for the oncoming leader's signature. Raises Conflict while another one
        waits."""
        now = self.clock.now()
        with self.db.write() as session:
            waits = select(HAND_OVERS.c.id).where(HAND_OVERS.c.taken_at.is_(None)).limit(1)
            if session.execute(waits).first():
                raise Conflict("a hand-over waits for its second signature already")
            row: Row = {
                "id": new_id(), "made_at": now, "content": to_hand_over(session, now), "note": given.note,
                "given_by_id": by.id, "given_by": by.name, "taken_by_id": None, "taken_by": None, "taken_at": None,
            }  # fmt: skip
            session.connection().execute(insert(HAND_OVERS).values(row))
            audit.record(session, by, now, Deed("hand_over.give", "hand_over", row["id"]))
        return row

    def take(self, hand_over_id: str, by: Actor) -> Row:
        """The oncoming leader signs. Raises Conflict for whoever gave it, and for what is signed already."""
        now = self.clock.now()
        with self.db.write() as session:
            where = HAND_OVERS.c.id == hand_over_id
            found = session.execute(select(HAND_OVERS).where(where).with_for_update()).one_or_none()
            if found is None:
                raise NotFound("there is no such hand-over")
            if found.taken_at is not None:
                raise Conflict("this hand-over is signed already")
            if found.given_by_id == by.id:
                raise Conflict("the second signature is the oncoming leader's, not yours")
            values = {"taken_by_id": by.id, "taken_by": by.name, "taken_at": now}
            session.connection().execute(update(HAND_OVERS).where(where).values(values))
            audit.record(session, by, now, Deed("hand_over.take", "hand_over", hand_over_id))
        return dict(found._mapping) | values


def to_hand_over(session: Session, now: datetime) -> Row:
    """What the next shift must know: alarms that are not closed, work that is parked, help that was promised.

    It names alarms by number and to-dos by id: who and what they are is looked up when the sheet is shown, so that it
    can be forgotten, and is seen by whom it concerns.
    """
    found, more = alarm_briefs(
        session, now, states=("open", "accepted", "arrived", "follow_up"), limit=MOST_HANDED_OVER
    )
    alarms = [
        {
            "id": one["id"], "number": one["number"], "state": one["state"], "kind": one["kind"],
            "held_by": (one["claimed_by"] or {}).get("name"), "received_at": one["received_at"],
            "eta_min": one["eta_min"], "next_action_at": one["next_action_at"],
        }
        for one in found
    ]  # fmt: skip
    todos = [
        {"id": t["id"], "due_at": t["due_at"].isoformat(), "owner": t["owner"]}
        for t in open_todos(session, until=now + SOON, limit=MOST_HANDED_OVER)
    ]
    return {"alarms": alarms, "has_more": more is not None, "todos": todos}


def worded(session: Session, content: Row, scope: Scope) -> Row:
    """A sheet with the words of its to-dos; those that are of another's area, or forgotten, are left out."""
    ids = [one["id"] for one in content["todos"]]
    wanted = (
        select(
            TO_DOS.c.id, TO_DOS.c.text, TO_DOS.c.kind, TO_DOS.c.phone, TO_DOS.c.calls, TO_DOS.c.done_at,
            ELDERS.c.name.label("elder_name"), ELDERS.c.marks.label("elder_marks"),
            CONTACTS.c.name.label("contact_name"), CONTACTS.c.role.label("contact_role"),
        )
        .outerjoin(ELDERS, ELDERS.c.id == TO_DOS.c.elder_id)
        .outerjoin(CONTACTS, CONTACTS.c.id == TO_DOS.c.contact_id)
        .where(TO_DOS.c.id.in_(ids), *scope.where(TO_DOS))
    )  # fmt: skip
    said = {row.id: dict(row._mapping) for row in session.execute(wanted)}
    todos = [one | said[one["id"]] for one in content["todos"] if one["id"] in said]
    return content | {"todos": todos}


def open_todos(
    session: Session,
    *,
    until: datetime | None = None,
    owner_id: str | None = None,
    limit: int,
    after: tuple[datetime, str] | None = None,
    scope: Scope = EVERYWHERE,
) -> list[Row]:
    """To-dos that are not done, the earliest first, behind the one with that time and id; `owner_id` leaves out what
    others own."""
    owner = USERS.c.display_name.label("owner")
    wanted = (
        select(
            TO_DOS,
            owner,
            ELDERS.c.name.label("elder_name"),
            ELDERS.c.marks.label("elder_marks"),
            CONTACTS.c.name.label("contact_name"),
            CONTACTS.c.role.label("contact_role"),
        )
        .outerjoin(USERS, USERS.c.id == TO_DOS.c.owner_id)
        .outerjoin(ELDERS, ELDERS.c.id == TO_DOS.c.elder_id)
        .outerjoin(CONTACTS, CONTACTS.c.id == TO_DOS.c.contact_id)
        .where(TO_DOS.c.done_at.is_(None), *scope.where(TO_DOS))
        .order_by(TO_DOS.c.due_at, TO_DOS.c.id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(tuple_(TO_DOS.c.due_at, TO_DOS.c.id) > after)
    if until is not None:
        wanted = wanted.where(TO_DOS.c.due_at <= until)
    if owner_id is not None:
        wanted = wanted.where(or_(TO_DOS.c.owner_id.is_(None), TO_DOS.c.owner_id == owner_id))
    return [dict(row._mapping) for row in session.execute(wanted)]


def due_count(session: Session, user_id: str, now: datetime) -> int:
    """How many to-dos remind this user now."""
    mine = or_(TO_DOS.c.owner_id.is_(None), TO_DOS.c.owner_id == user_id)
    wanted = select(func.count()).select_from(TO_DOS).where(TO_DOS.c.done_at.is_(None), TO_DOS.c.due_at <= now, mine)
    return int(session.execute(wanted).scalar_one())


def shifts_between(session: Session, since: datetime, until: datetime, limit: int) -> list[Row]:
    """Shifts that touch the time, in the order in which they begin."""
    wanted = (
        select(SHIFTS, USERS.c.display_name.label("name"), USERS.c.role)
        .join(USERS, USERS.c.id == SHIFTS.c.user_id)
        .where(SHIFTS.c.ends_at > since, SHIFTS.c.starts_at < until)
        .order_by(SHIFTS.c.starts_at, SHIFTS.c.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in session.execute(wanted)]


def _must_be(session: Session, table: Any, row_id: str, member: str, what: str) -> None:
    if session.execute(select(table.c.id).where(table.c.id == row_id).limit(1)).first() is None:
        raise BadMember(member, what)
