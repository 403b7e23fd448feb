"""One person's data, all of it: told on request, or made nameless while the alarms' figures stay."""

import base64
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, or_, select, update
from sqlmodel import Session

from alarms import recording_store
from alarms.models import Alarm, Attempt, PressRow, TimelineRow, ToDo
from core.errors import Conflict
from notifier.models import SandboxCall, SandboxPhone
from registry import store
from registry.audit import AUDIT
from registry.elders import NAMELESS
from registry.models import (
    DeviceEvent,
    DeviceFix,
    ElderAddress,
    ElderPhoto,
    Finding,
    PhoneCheck,
    User,
    table_of,
)
from registry.numbers import numbers_of
from registry.store import CONTACTS, DEVICES, ELDERS, Row

ALARMS, ATTEMPTS, PRESSES, TIMELINE = table_of(Alarm), table_of(Attempt), table_of(PressRow), table_of(TimelineRow)
ADDRESSES, PHOTOS, FINDINGS = table_of(ElderAddress), table_of(ElderPhoto), table_of(Finding)
CHECKS, TO_DOS = table_of(PhoneCheck), table_of(ToDo)
EVENTS, FIXES, USERS = table_of(DeviceEvent), table_of(DeviceFix), table_of(User)
CALLS, PHONES = table_of(SandboxCall), table_of(SandboxPhone)

PERSONAL = frozenset({"name", "text", "late_reason", "phone", "contact_id"})
"""Members of a timeline line that name somebody, or that somebody wrote."""
NOBODYS = frozenset({"system", "device", NAMELESS})
KEPT_OF_ELDER = frozenset({"id", "sex", "area", "area_code", "area_path", "version", "created_at", "language"})
"""What the figures need: how old people are and where they live is told to the year and the area."""
KEPT_OF_CONTACT = frozenset({"id", "elder_id", "role", "rank", "language", "is_key_holder", "version", "created_at"})

Json = dict[str, Any]


def told(session: Session, elder_id: str) -> Json:
    """Everything that is kept about an elder, as plain JSON; bytes in base64. Raises NotFound."""
    elder = store.get(session, ELDERS, elder_id)
    alarms = _rows(session, ALARMS, ALARMS.c.elder_id == elder_id)
    ids = [alarm["id"] for alarm in alarms]
    devices = _rows(session, DEVICES, DEVICES.c.elder_id == elder_id)
    for device in devices:
        device.pop("secret_hash")
    found = {
        "elder": elder,
        "addresses": _rows(session, ADDRESSES, ADDRESSES.c.elder_id == elder_id),
        "photo": _rows(session, PHOTOS, PHOTOS.c.elder_id == elder_id),
        "contacts": _rows(session, CONTACTS, CONTACTS.c.elder_id == elder_id),
        "phone_checks": _rows(session, CHECKS, CHECKS.c.contact_id.in_(_contacts_of(elder_id))),
        "todos": _rows(session, TO_DOS, or_(TO_DOS.c.elder_id == elder_id, TO_DOS.c.alarm_id.in_(ids))),
        "devices": devices,
        "alarms": alarms,
        "presses": _rows(session, PRESSES, PRESSES.c.alarm_id.in_(ids)),
        "attempts": _rows(session, ATTEMPTS, ATTEMPTS.c.alarm_id.in_(ids)),
        "recordings": recording_store.of_alarms(session, ids),
        "timeline": _rows(session, TIMELINE, TIMELINE.c.alarm_id.in_(ids)),
        "log": _rows(session, AUDIT, and_(AUDIT.c.subject_kind == "elder", AUDIT.c.subject_id == elder_id)),
    }
    plain: Json = _plain(found)
    return plain


def make_nameless(session: Session, elder_id: str, now: datetime) -> None:
    """Take a person out of every file and every alarm; the alarms keep their times, kinds, outcomes and areas.

    Raises NotFound; Conflict while an alarm is open or a device could still be pressed.
    """
    elder = session.connection().execute(select(ELDERS).where(ELDERS.c.id == elder_id)).one_or_none()
    if elder is None:
        store.get(session, ELDERS, elder_id)
        return
    refuse_open_alarm(session, elder_id)
    if store.count(session, DEVICES, DEVICES.c.elder_id == elder_id):
        raise Conflict("this elder still has a device: take it back first")
    _forget_phones(session, elder)
    _forget_elder(session, elder, now)
    checks = CHECKS.c.contact_id.in_(_contacts_of(elder_id))
    session.connection().execute(update(CHECKS).where(checks).values(name=NAMELESS, phone="", detail=None))
    _forget_contacts(session, elder_id, now)
    for table in (ADDRESSES, PHOTOS, FINDINGS, TO_DOS):
        session.connection().execute(delete(table).where(table.c.elder_id == elder_id))
    ids = list(session.connection().execute(select(ALARMS.c.id).where(ALARMS.c.elder_id == elder_id)).scalars())
    forget_presses(session, ids)
    forget_places(session, ids)
    forget_people(session, ids)


def erased_since(session: Session, since: datetime) -> bool:
    """Whether anybody was made nameless."""
    wanted = select(ELDERS.c.id).where(ELDERS.c.name == NAMELESS, ELDERS.c.updated_at >= since).limit(1)
    return session.connection().execute(wanted).first() is not None


def refuse_open_alarm(session: Session, elder_id: str) -> None:
    """Raises Conflict for an elder who is waiting for help."""
    if store.count(session, ALARMS, ALARMS.c.elder_id == elder_id, ALARMS.c.state != "closed"):
        raise Conflict("this elder has an alarm that is not closed: close it first")


def forget_presses(session: Session, alarm_ids: Collection[str]) -> None:
    """What the devices said, beyond what the alarm itself keeps."""
    session.connection().execute(update(PRESSES).where(PRESSES.c.alarm_id.in_(alarm_ids)).values(content={}, raw=b""))


def forget_places(session: Session, alarm_ids: Collection[str]) -> None:
    """Where the alarms were, and the last fix of devices that are nobody's now."""
    connection = session.connection()
    uids = select(ALARMS.c.device_uid).where(ALARMS.c.id.in_(alarm_ids))
    in_use = select(DEVICES.c.uid).where(DEVICES.c.elder_id.is_not(None))
    connection.execute(delete(FIXES).where(FIXES.c.uid.in_(uids), FIXES.c.uid.not_in(in_use)))
    connection.execute(update(ALARMS).where(ALARMS.c.id.in_(alarm_ids)).values(location=None))


def forget_people(session: Session, alarm_ids: Collection[str]) -> None:
    """Names, numbers and notes in the alarms; what officers did stays theirs."""
    connection = session.connection()
    connection.execute(delete(TO_DOS).where(TO_DOS.c.alarm_id.in_(alarm_ids)))
    theirs = and_(ATTEMPTS.c.alarm_id.in_(alarm_ids), ATTEMPTS.c.role != "officer")
    calls = select(ATTEMPTS.c.id).where(theirs)
    connection.execute(
        update(CALLS).where(CALLS.c.attempt_id.in_(calls)).values(number=NAMELESS, said=None, keys="", prompt=None)
    )
    connection.execute(update(ATTEMPTS).where(theirs).values(name=NAMELESS, phone="", detail=None, contact_id=None))
    for alarm in _rows(session, ALARMS, ALARMS.c.id.in_(alarm_ids)):
        if alarm["accepted_by"]:
            kept = {"role": alarm["accepted_by"].get("role"), "name": NAMELESS}
            connection.execute(update(ALARMS).where(ALARMS.c.id == alarm["id"]).values(accepted_by=kept))
    _forget_lines(session, alarm_ids)
    recording_store.let_go(session, recording_store.RECORDINGS.c.alarm_id.in_(alarm_ids))


def _contacts_of(elder_id: str) -> Any:
    return select(CONTACTS.c.id).where(CONTACTS.c.elder_id == elder_id)


def _forget_lines(session: Session, alarm_ids: Collection[str]) -> None:
    connection = session.connection()
    officers = set(connection.execute(select(USERS.c.display_name)).scalars())
    changes = []
    for line in _rows(session, TIMELINE, TIMELINE.c.alarm_id.in_(alarm_ids)):
        data = {k: v for k, v in line["data"].items() if k not in PERSONAL}
        author = line["author"] if line["author"] in NOBODYS | officers else NAMELESS
        if (data, author) != (line["data"], line["author"]):
            changes.append({"key": line["seq"], "new_data": data, "new_author": author})
    if changes:
        values: Row = {"data": bindparam("new_data"), "author": bindparam("new_author")}
        connection.execute(update(TIMELINE).where(TIMELINE.c.seq == bindparam("key")).values(values), changes)


def _forget_phones(session: Session, elder: Any) -> None:
    """How the numbers behaved as sandbox phones; nobody misses that who has the same number."""
    told = [numbers_of(row) for row in _rows(session, CONTACTS, CONTACTS.c.elder_id == elder.id)]
    numbers = {number for each in told for number in each} | {elder.phone}
    session.connection().execute(delete(PHONES).where(PHONES.c.number.in_(numbers - {None, ""})))


def _forget_elder(session: Session, elder: Any, now: datetime) -> None:
    blank: Row = {c.name: None for c in ELDERS.columns if c.nullable and c.name not in KEPT_OF_ELDER}
    born = elder.birth_date
    blank |= {"name": NAMELESS, "birth_date": date(born.year, 1, 1) if born else None, "updated_at": now}
    blank["deleted_at"] = elder.deleted_at or now
    session.connection().execute(update(ELDERS).where(ELDERS.c.id == elder.id).values(blank))


def _forget_contacts(session: Session, elder_id: str, now: datetime) -> None:
    blank: Row = {c.name: None for c in CONTACTS.columns if c.nullable and c.name not in KEPT_OF_CONTACT}
    blank |= {"name": NAMELESS, "phone": "", "updated_at": now, "deleted_at": now}
    session.connection().execute(update(CONTACTS).where(CONTACTS.c.elder_id == elder_id).values(blank))


def _rows(session: Session, table: Table, *where: Any) -> list[Row]:
    wanted = select(table).where(*where).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v) for v in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
