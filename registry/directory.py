"""What an alarm asks the registry, for many devices at once and in a fixed number of queries."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, select
from sqlmodel import Session

from core.prepared import Among
from core.vault import Locked
from registry.households import members
from registry.models import Contact, Device, DeviceFix, Elder, ElderPhoto, Policy, Shift, User, table_of
from registry.profile import (
    CALL_ORDER,
    DEFAULT_POLICY,
    Circumstances,
    ContactProfile,
    DeviceProfile,
    ElderProfile,
    Housemate,
    LastFix,
    OfficerProfile,
    PolicyInForce,
    PrivateNotes,
    Profile,
)
from registry.rungs import policy_settings

DUTY_ROLES = ("officer", "supervisor")
log = logging.getLogger(__name__)

_ELDERS, _CONTACTS, _DEVICES = table_of(Elder), table_of(Contact), table_of(Device)
_FIXES, _POLICIES, _USERS = table_of(DeviceFix), table_of(Policy), table_of(User)
_SHIFTS = table_of(Shift)
_ELDER_COLUMNS = [_ELDERS.c[f.name] for f in fields(ElderProfile)]
_PHOTOS = table_of(ElderPhoto)
_PRIVATE = [_ELDERS.c[f.name] for f in fields(PrivateNotes)]
_DEVICE_COLUMNS = [_DEVICES.c[f.name] for f in fields(DeviceProfile)]
_CONTACT_COLUMNS = [_CONTACTS.c[f.name] for f in fields(ContactProfile)]
_FIX_COLUMNS = [_FIXES.c[f.name] for f in fields(LastFix)]
_POLICY_COLUMNS = [_POLICIES.c[name] for name in ("settings", "version", "title", "generation")]
_POLICY = select(*_POLICY_COLUMNS).where(_POLICIES.c.name == DEFAULT_POLICY)
# Statements of a press are made once: making one takes as long as running it.
_ELDERS_BY_ID = Among(lambda among: select(*_ELDER_COLUMNS).where(among(_ELDERS.c.id)))
_DEVICES_BY_UID = Among(
    lambda among: (
        select(*_DEVICE_COLUMNS, *_FIX_COLUMNS, *_POLICY_COLUMNS, *_ELDER_COLUMNS)
        .outerjoin(_FIXES, _FIXES.c.uid == _DEVICES.c.uid)
        .outerjoin(_ELDERS, _ELDERS.c.id == _DEVICES.c.elder_id)
        .outerjoin(_POLICIES, _POLICIES.c.name == DEFAULT_POLICY)
        .where(among(_DEVICES.c.uid))
    )
)
_FIX_AT = len(_DEVICE_COLUMNS)
_POLICY_AT = _FIX_AT + len(_FIX_COLUMNS)
_ELDER_AT = _POLICY_AT + len(_POLICY_COLUMNS)
_ROLE_ORDER = case({role: n for n, role in enumerate(CALL_ORDER)}, value=_CONTACTS.c.role, else_=len(CALL_ORDER))

_CONTACTS_OF = Among(
    lambda among: (
        select(_CONTACTS.c.elder_id, *_CONTACT_COLUMNS)
        .where(among(_CONTACTS.c.elder_id), _CONTACTS.c.deleted_at.is_(None))
        .order_by(_ROLE_ORDER, _CONTACTS.c.rank, _CONTACTS.c.id)
    )
)


@dataclass(frozen=True, slots=True)
class Household:
    """An elder and everybody who may be called for them, in dialling order."""

    elder: ElderProfile
    contacts: tuple[ContactProfile, ...] = ()


def households(session: Session, elder_ids: Collection[str]) -> dict[str, Household]:
    """The elders by id with their contacts: family, community, doctor, then the others, each by rank."""
    if not elder_ids:
        return {}
    rows = _ELDERS_BY_ID.rows(session.connection(), elder_ids)
    return _with_contacts(session, {row[0]: ElderProfile(*row) for row in rows})


def profiles(session: Session, uids: Collection[str]) -> dict[str, Profile]:
    """Whose device it is, by uid; a uid that the registry does not know is left out. The policy is the default one."""
    if not uids:
        return {}
    found: dict[str, tuple[DeviceProfile, LastFix | None, ElderProfile | None]] = {}
    policy = PolicyInForce()
    for row in _DEVICES_BY_UID.rows(session.connection(), uids):
        device, fix, elder = DeviceProfile(*row[:_FIX_AT]), row[_FIX_AT:_POLICY_AT], row[_ELDER_AT:]
        last_fix = LastFix(*fix) if fix[0] is not None else None
        found[device.uid] = device, last_fix, ElderProfile(*elder) if elder[0] is not None else None
        policy = _default(*row[_POLICY_AT:_ELDER_AT])
    homes = _with_contacts(session, {e.id: e for *_, e in found.values() if e is not None})
    return {
        uid: Profile(device, elder, homes[elder.id].contacts if elder else (), policy, last_fix)
        for uid, (device, last_fix, elder) in found.items()
    }


def _with_contacts(session: Session, elders: dict[str, ElderProfile]) -> dict[str, Household]:
    if not elders:
        return {}
    contacts: dict[str, list[ContactProfile]] = {elder_id: [] for elder_id in elders}
    for row in _CONTACTS_OF.rows(session.connection(), elders):
        contacts[row[0]].append(ContactProfile(*row[1:]))
    return {elder_id: Household(elder, tuple(contacts[elder_id])) for elder_id, elder in elders.items()}


def private_notes(session: Session, elder_id: str) -> PrivateNotes:
    """What ails an elder, and how to get in: opened only for who may see or hear it.

    With the wrong data key there is nothing to tell, and the call goes out all the same.
    """
    try:
        row = session.execute(select(*_PRIVATE).where(_ELDERS.c.id == elder_id)).first()
    except Locked:
        log.error("sealed notes cannot be opened: check CAREBELL_DATA_KEYS")
        return PrivateNotes()
    return PrivateNotes(row[0] or {}, *row[1:]) if row else PrivateNotes()


def circumstances(session: Session, elder_id: str) -> Circumstances:
    """Who else lives there and may have pressed, and what an officer should know before the first word."""
    found = select(_ELDERS.c.marks, _ELDERS.c.kinds, _PHOTOS.c.updated_at).outerjoin(
        _PHOTOS, _PHOTOS.c.elder_id == _ELDERS.c.id
    )
    row = session.execute(found.where(_ELDERS.c.id == elder_id)).first()
    if row is None:
        return Circumstances()
    others = tuple(Housemate(one["id"], one["name"], one["birth_date"]) for one in members(session, elder_id))
    return Circumstances(tuple(row[0] or ()), tuple(row[1] or ()), row[2] is not None, others)


def default_policy(session: Session) -> PolicyInForce:
    """The policy in force where no other is meant."""
    row = session.execute(_POLICY).first()
    return _default(*row) if row else PolicyInForce()


def _default(
    settings: dict[str, Any] | None, version: int | None, title: str | None, generation: int | None
) -> PolicyInForce:
    return PolicyInForce(policy_settings(settings), DEFAULT_POLICY, version or 0, title, generation or 0)


def officers_on_duty(session: Session, now: datetime) -> tuple[OfficerProfile, ...]:
    """The duty officers who can be rung: who is on shift now first, each group in a steady order.

    Those whose shift it is not are behind them, not left out: a roster that nobody keeps must not silence the phones.
    """
    on_shift = (
        select(_SHIFTS.c.id)
        .where(_SHIFTS.c.user_id == _USERS.c.id, _SHIFTS.c.starts_at <= now, _SHIFTS.c.ends_at > now)
        .exists()
    )
    wanted = (
        select(_USERS.c.id, _USERS.c.display_name, _USERS.c.phone, _USERS.c.language)
        .where(_USERS.c.role.in_(DUTY_ROLES), _USERS.c.is_active, _USERS.c.phone.is_not(None))
        .order_by(case((on_shift, 0), else_=1), _USERS.c.role, _USERS.c.id)
    )
    return tuple(_officer(row) for row in session.execute(wanted))


def _officer(row: Row[Any]) -> OfficerProfile:
    return OfficerProfile(row.id, row.display_name, row.phone, row.language)
