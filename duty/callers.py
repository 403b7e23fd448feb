"""Who is calling: an elder, the device in a home, somebody's contact, or a number that nobody has registered."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session

from alarms.models import Alarm
from alarms.models import Attempt as AttemptRow
from registry.models import Contact, Device, Elder, table_of

_ALARMS, _ATTEMPTS = table_of(Alarm), table_of(AttemptRow)
_CONTACTS, _DEVICES, _ELDERS = table_of(Contact), table_of(Device), table_of(Elder)
MOST = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose number it is; `elder_id` is whom the call is probably about, `alarm_id` that elder's open alarm."""

    phone: str
    elder_id: str | None = None
    contact_id: str | None = None
    alarm_id: str | None = None


def caller_of(session: Session, phone: str) -> Caller:
    """The elder before their device and their contacts; of several, whoever has an alarm open, then the newest."""
    found = _candidates(session, phone)
    open_alarms = _open_alarms(session, {elder_id for elder_id, _ in found})
    found.sort(key=lambda one: one[0] not in open_alarms)
    if not found:
        return Caller(phone)
    elder_id, contact_id = found[0]
    return Caller(phone, elder_id, contact_id, open_alarms.get(elder_id))


def _candidates(session: Session, phone: str) -> list[tuple[str, str | None]]:
    """(elder, contact or None), the surest first."""
    elders = select(_ELDERS.c.id).where(_ELDERS.c.phone == phone, _ELDERS.c.deleted_at.is_(None))
    devices = select(_DEVICES.c.elder_id).where(_DEVICES.c.sim_phone == phone, _DEVICES.c.elder_id.is_not(None))
    contacts = select(_CONTACTS.c.elder_id, _CONTACTS.c.id).where(
        _CONTACTS.c.phone == phone, _CONTACTS.c.deleted_at.is_(None)
    )
    # A second number is found by the calls that were made to it.
    called = (
        select(_CONTACTS.c.elder_id, _CONTACTS.c.id)
        .join(_ATTEMPTS, _ATTEMPTS.c.contact_id == _CONTACTS.c.id)
        .where(_ATTEMPTS.c.phone == phone, _CONTACTS.c.deleted_at.is_(None))
        .order_by(_ATTEMPTS.c.id.desc())
    )
    found: list[tuple[str, str | None]] = [
        (elder_id, None) for wanted in (elders, devices) for elder_id in session.scalars(wanted.limit(MOST))
    ]
    for wanted in (contacts.order_by(_CONTACTS.c.id.desc()), called):
        found += [(row.elder_id, row.id) for row in session.execute(wanted.limit(MOST))]
    return list(dict.fromkeys(found))


def _open_alarms(session: Session, elder_ids: set[str]) -> dict[str, str]:
    wanted = select(_ALARMS.c.elder_id, _ALARMS.c.id).where(
        _ALARMS.c.elder_id.in_(elder_ids), _ALARMS.c.state != "closed"
    )
    return dict(iter(session.execute(wanted.order_by(_ALARMS.c.number)))) if elder_ids else {}
