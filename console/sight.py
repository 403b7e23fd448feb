"""Whether what a path names lies in the areas of who asks; `console.deps.allowed` asks this for every route.

A path parameter is in SIGHTS when it names what belongs to an elder, else in NOBODYS; a test refuses any other name, so
that a new route cannot forget.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table, or_, select
from sqlmodel import Session

from alarms.models import ToDo
from alarms.sight import sees_alarm
from core.errors import NotFound
from registry.models import Contact, Device, Finding, table_of
from registry.sessions import SignedIn

Check = Callable[[Session, SignedIn, str], bool]
_DEVICES = table_of(Device)


def _elder(session: Session, user: SignedIn, elder_id: str) -> bool:
    return user.scope.sees_elder(session, elder_id)


def _of_elder(table: Table) -> Check:
    def check(session: Session, user: SignedIn, row_id: str) -> bool:
        return _is_seen(session, user, select(table.c.elder_id).where(table.c.id == row_id))

    return check


def _device(session: Session, user: SignedIn, key: str) -> bool:
    return _is_seen(session, user, select(_DEVICES.c.elder_id).where(or_(_DEVICES.c.uid == key, _DEVICES.c.id == key)))


def _alarm(session: Session, user: SignedIn, alarm_id: str) -> bool:
    return sees_alarm(session, user, alarm_id)


def _is_seen(session: Session, user: SignedIn, owners: Any) -> bool:
    """What is not there hides nothing: the route itself says that it is not."""
    return all(user.scope.sees_elder(session, row.elder_id) for row in session.connection().execute(owners))


SIGHTS: Mapping[str, Check] = {
    "alarm_id": _alarm,
    "contact_id": _of_elder(table_of(Contact)),
    "device": _device,
    "device_id": _device,
    "elder_id": _elder,
    "finding_id": _of_elder(table_of(Finding)),
    "todo_id": _of_elder(table_of(ToDo)),
    "uid": _device,
}
NOBODYS = frozenset(
    {
        "action",
        "address_id",
        "import_id",
        "area_id",
        "card_id",
        "code_id",
        "deed",
        "hand_over_id",
        "kind",
        "model_id",
        "name",
        "number",
        "path",
        "recording_id",
        "resource_id",
        "session_id",
        "shift_id",
        "token",
        "token_id",
        "user_id",
        "what",
    }
)


def require_in_sight(session: Session, user: SignedIn, params: Mapping[str, Any]) -> None:
    """Raises NotFound when one of a path's parameters names what lies elsewhere."""
    for name, value in params.items():
        check = SIGHTS.get(name)
        if check is not None and not check(session, user, str(value)):
            raise NotFound("there is no such thing, or it lies outside your areas")
