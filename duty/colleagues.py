"""Who is there: on the roster, at a console, and with how much in hand already."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session

from alarms.models import Alarm
from duty import consoles
from registry.models import Shift, User, UserSession, table_of
from registry.profile import USER_ROLES
from registry.rights import permissions_of

_ALARMS, _SHIFTS, _USERS, _SESSIONS = table_of(Alarm), table_of(Shift), table_of(User), table_of(UserSession)
OFFICER_ROLES = tuple(role for role in USER_ROLES if role in ("officer", "supervisor"))
LEADER_ROLES = tuple(role for role in USER_ROLES if "alarms.supervise" in permissions_of(role))
SIGNED_IN_WITHIN = timedelta(minutes=15)  # A session's use is noted every five minutes.
MOST = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the duty room; `is_present`: has a console open, or used the centre in the last minutes."""

    id: str
    name: str
    role: str
    phone: str | None
    is_present: bool
    is_on_shift: bool
    leads_shift: bool
    holds: int

    @property
    def is_on_duty(self) -> bool:
        return self.is_present or self.is_on_shift

    @property
    def is_leader(self) -> bool:
        return self.may_answer or self.leads_shift

    @property
    def may_answer(self) -> bool:
        return self.role in LEADER_ROLES


def colleagues(session: Session, now: datetime) -> list[Colleague]:
    """Everybody of the duty room: who is there first, and of those who has the least in hand."""
    rows = session.execute(
        select(_USERS.c.id, _USERS.c.display_name, _USERS.c.role, _USERS.c.phone)
        .where(_USERS.c.role.in_(OFFICER_ROLES), _USERS.c.is_active)
        .order_by(_USERS.c.display_name, _USERS.c.id)
        .limit(MOST)
    ).all()
    here, shifts, held = _present(session, now), _on_shift(session, now), _held(session)
    found = [
        Colleague(
            row.id, row.display_name, row.role, row.phone, row.id in here, row.id in shifts, shifts.get(row.id, False),
            held.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_present, not one.is_on_shift, one.holds))


def leaders(found: list[Colleague]) -> list[Colleague]:
    """Whom a question goes to, the shift's leader first."""
    return sorted((one for one in found if one.is_leader), key=lambda one: (not one.is_present, not one.leads_shift))


def _present(session: Session, now: datetime) -> set[str]:
    used = select(_SESSIONS.c.user_id).where(
        _SESSIONS.c.kind == "session", _SESSIONS.c.expires_at > now, _SESSIONS.c.last_used_at > now - SIGNED_IN_WITHIN
    )
    return consoles.present(session, now) | set(session.scalars(used.distinct()))


def _on_shift(session: Session, now: datetime) -> dict[str, bool]:
    """User → whether they lead the shift."""
    wanted = select(_SHIFTS.c.user_id, _SHIFTS.c.is_leader).where(_SHIFTS.c.starts_at <= now, _SHIFTS.c.ends_at > now)
    return {user_id: bool(leads) for user_id, leads in session.execute(wanted)}


def _held(session: Session) -> dict[str, int]:
    wanted = select(_ALARMS.c.claimed_by, func.count()).where(
        _ALARMS.c.claimed_by.is_not(None), _ALARMS.c.state != "closed"
    )
    return dict(iter(session.execute(wanted.group_by(_ALARMS.c.claimed_by))))
