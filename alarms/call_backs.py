"""An officer's own call that nobody answered is not forgotten: it comes back as a to-do."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlmodel import Session

from alarms.models import ToDo
from alarms.turns import NOBODY_WAS_THERE
from alarms.values import Attempt, Case
from core.ids import new_id
from registry.models import table_of

TO_DOS = table_of(ToDo)
KIND = "call_back"
AGAIN_AFTER = timedelta(minutes=3)  # What is more urgent than that, the officer sees before them.


def note(session: Session, before: Case, after: Case, now: datetime) -> None:
    """Park what was not answered, once a person; what the alarm needs no more is done."""
    if after.state == "closed":
        if before.state != "closed" and any(a.purpose == "asked" for a in after.attempts):
            _done(session, after.id, now)
        return
    for attempt in _just_ended(before, after):
        if attempt.outcome in NOBODY_WAS_THERE:
            _park(session, after, attempt, now)
        elif attempt.outcome in ("accepted", "declined"):
            _done(session, after.id, now, attempt.contact_id)


def _just_ended(before: Case, after: Case) -> Iterable[Attempt]:
    was_live = {a.seq for a in before.attempts if a.is_live}
    return (a for a in after.attempts if a.purpose == "asked" and a.is_call and not a.is_live and a.seq in was_live)


def _park(session: Session, case: Case, attempt: Attempt, now: datetime) -> None:
    same = (
        TO_DOS.c.kind == KIND, TO_DOS.c.alarm_id == case.id, TO_DOS.c.phone == attempt.phone,
        TO_DOS.c.done_at.is_(None),
    )  # fmt: skip
    again = {"due_at": now + AGAIN_AFTER, "owner_id": case.claimed_by, "calls": TO_DOS.c.calls + 1}
    if session.connection().execute(update(TO_DOS).where(*same).values(again)).rowcount:
        return
    contact_id = attempt.contact_id if attempt.role not in ("elder", "officer") else None
    row = {
        "id": new_id(), "kind": KIND, "text": "", "phone": attempt.phone, "elder_id": case.elder_id,
        "alarm_id": case.id, "contact_id": contact_id, "owner_id": case.claimed_by, "due_at": now + AGAIN_AFTER,
        "created_at": now, "created_by": "system", "done_at": None, "done_by": None, "version": 1, "calls": 1,
        "assigned_at": now,
    }  # fmt: skip
    session.connection().execute(insert(TO_DOS).values(row))


def _done(session: Session, alarm_id: str, now: datetime, contact_id: str | None = None) -> None:
    theirs = [TO_DOS.c.kind == KIND, TO_DOS.c.alarm_id == alarm_id, TO_DOS.c.done_at.is_(None)]
    if contact_id is not None:
        theirs.append(TO_DOS.c.contact_id == contact_id)
    session.connection().execute(update(TO_DOS).where(*theirs).values(done_at=now, done_by="system"))
