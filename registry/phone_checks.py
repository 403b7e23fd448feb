"""Test calls to contacts' numbers, as rows: begun, ringing, answered, and what the person pressed.

Key 1 says that the number is right, key 2 that it is somebody else's; both are kept with the person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Session

from core.errors import Conflict, NotFound
from core.ids import new_id
from registry import audit, numbers, store
from registry.audit import Actor, Deed
from registry.contacts import Contacts
from registry.desk import Desk
from registry.models import PhoneCheck, table_of
from registry.store import CONTACTS, Row

CHECKS = table_of(PhoneCheck)
PREFIX = "check-"  # Tells an id of a test call from an attempt's without a look at the database.
LIVE = ("sending", "ringing", "answered")
RING_S = 25  # About five rings.
TALK_S = 60  # The words twice and time to press.
SHOWN = 50


def is_check(attempt_id: str) -> bool:
    return attempt_id.startswith(PREFIX)


def after(state: str, status: str, digits: str | None) -> str | None:
    """The state after a channel's report; None when it says nothing new. A key counts even when it comes late."""
    key = (digits or "").strip()[:1]
    if key in ("1", "2") and state not in ("accepted", "declined"):
        return "accepted" if key == "1" else "declined"
    if state not in LIVE:
        return None
    if digits is not None or status == "completed":
        return "no_key" if state == "answered" or digits is not None else "no_answer"
    if status in LIVE:
        return status if LIVE.index(status) > LIVE.index(state) else None
    return status


@dataclass(frozen=True, slots=True)
class PhoneChecks:
    """One transaction for each call. Raises NotFound, BadMember, Conflict."""

    desk: Desk
    contacts: Contacts

    def begin(self, contact_id: str, written: str | None, by: Actor) -> Row:
        """A test call about to be made; one number has one at a time. Without `written`, to the first number."""
        with self.desk.db.write() as session:
            now = self.desk.clock.now()
            contact = store.get(session, CONTACTS, contact_id)
            phone = self.contacts.number(contact, written)
            live = select(CHECKS.c.id).where(
                CHECKS.c.phone == phone, CHECKS.c.state.in_(LIVE), CHECKS.c.ends_by > now
            )  # fmt: skip
            if session.connection().execute(live.limit(1)).first() is not None:
                raise Conflict("a test call to this number is under way")
            row = {
                "id": PREFIX + new_id().replace("-", "")[2:], "contact_id": contact_id, "name": contact["name"],
                "phone": phone, "language": contact["language"], "asked_by": by.name, "state": "sending",
                "started_at": now, "ends_by": now + timedelta(seconds=RING_S + TALK_S),
            }  # fmt: skip
            session.connection().execute(insert(CHECKS).values(row))
            audit.record(session, by, now, Deed("contact.test_call", "contact", contact_id))
            return get(session, str(row["id"]))

    def placed(self, check_id: str, channel: str, provider_ref: str) -> None:
        """A channel has taken it. It rings, unless a report was quicker."""
        with self.desk.db.write() as session:
            mine = CHECKS.c.id == check_id
            session.connection().execute(
                update(CHECKS).where(mine).values(channel=channel, provider_ref=provider_ref)
            )  # fmt: skip
            session.connection().execute(
                update(CHECKS).where(mine, CHECKS.c.state == "sending").values(state="ringing")
            )  # fmt: skip

    def heard(self, check_id: str, status: str, digits: str | None = None, detail: str | None = None) -> str:
        """A channel's report; the state as it then is. Raises NotFound."""
        with self.desk.db.write() as session:
            row = get(session, check_id, hold=True)
            now = self.desk.clock.now()
            state = after(row["state"], status, digits)
            if state is None:
                return str(row["state"])
            values: Row = {"state": state, "detail": detail[:200] if detail else row["detail"]}
            if state not in LIVE:
                values["ended_at"] = now
            session.connection().execute(update(CHECKS).where(CHECKS.c.id == check_id).values(values))
            if state in ("accepted", "declined"):
                what: numbers.What = "verified" if state == "accepted" else "wrong_number"
                numbers.learn(session, now, what, row["phone"], row["contact_id"], by=row["name"])
            return state


def get(session: Session, check_id: str, *, hold: bool = False) -> Row:
    """Raises NotFound."""
    wanted = select(CHECKS).where(CHECKS.c.id == check_id)
    row = session.connection().execute(wanted.with_for_update() if hold else wanted).one_or_none()
    if row is None:
        raise NotFound("there is no such test call")
    return dict(row._mapping)


def latest(session: Session, contact_ids: Collection[str], now: datetime) -> list[Row]:
    """The newest test calls of these contacts, newest first."""
    wanted = select(CHECKS).where(CHECKS.c.contact_id.in_(contact_ids)).order_by(CHECKS.c.started_at.desc())
    rows = session.connection().execute(wanted.limit(SHOWN))
    return [seen(dict(row._mapping), now) for row in rows]


def seen(row: Row, now: datetime) -> Row:
    """The row as it is at this moment: a call of which nothing more was heard has ended in silence."""
    if row["state"] in LIVE and row["ends_by"] <= now:
        return row | {"state": "no_key" if row["state"] == "answered" else "no_answer", "ended_at": row["ends_by"]}
    return row
