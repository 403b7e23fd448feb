"""Which consoles are open and what is on them. A store: it takes a session and never commits.

Rows are written when something changes; that they still hold is said by the process that serves them, in one statement.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlmodel import Session

from alarms.models import Alarm
from duty.models import OpenConsole
from registry.models import Elder, User, table_of

_CONSOLES, _USERS = table_of(OpenConsole), table_of(User)
_ALARMS, _ELDERS = table_of(Alarm), table_of(Elder)


def put(session: Session, console: dict[str, Any]) -> None:
    """The console as it now is, with a row's members."""
    connection = session.connection()
    known = update(_CONSOLES).where(_CONSOLES.c.id == console["id"]).values(console)
    if connection.execute(known).rowcount == 0:
        connection.execute(insert(_CONSOLES).values(console))


def drop(session: Session, ids: Collection[str], process_id: str) -> None:
    """These are closed, unless another process serves them by now."""
    mine = _CONSOLES.c.process_id == process_id
    session.connection().execute(delete(_CONSOLES).where(_CONSOLES.c.id.in_(ids), mine))


def prolong(session: Session, process_id: str, until: datetime) -> None:
    session.connection().execute(update(_CONSOLES).where(_CONSOLES.c.process_id == process_id).values(until=until))


def forget_older(session: Session, before: datetime) -> None:
    """What processes left behind that are no more."""
    session.connection().execute(delete(_CONSOLES).where(_CONSOLES.c.until <= before))


def looking(session: Session, now: datetime) -> list[Row[Any]]:
    """Who has which open alarm before them, with what decides whether a reader may know."""
    wanted = (
        select(
            _CONSOLES.c.alarm_id, _CONSOLES.c.user_id, _USERS.c.display_name.label("name"), _ELDERS.c.area_path,
            _ALARMS.c.claimed_by, _ALARMS.c.officers_wanted, _ALARMS.c.offered_to,
        )
        .join(_USERS, _USERS.c.id == _CONSOLES.c.user_id)
        .join(_ALARMS, _ALARMS.c.id == _CONSOLES.c.alarm_id)
        .outerjoin(_ELDERS, _ELDERS.c.id == _ALARMS.c.elder_id)
        .where(_CONSOLES.c.until > now)
        .order_by(_CONSOLES.c.since, _CONSOLES.c.id)
    )  # fmt: skip
    return list(session.execute(wanted))


def present(session: Session, now: datetime) -> set[str]:
    """The users who have a console open."""
    return set(session.scalars(select(_CONSOLES.c.user_id).where(_CONSOLES.c.until > now).distinct()))
