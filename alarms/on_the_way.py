"""Who is going to whom: a line on the map for each helper whose own place is known."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from alarms.models import Alarm
from alarms.sight import in_sight
from alarms.views import instant
from registry.models import Contact, Resource, table_of
from registry.sessions import SignedIn

MOST = 500
_ALARMS, _CONTACTS, _RESOURCES = table_of(Alarm), table_of(Contact), table_of(Resource)

Json = dict[str, Any]


def helpers(session: Session, seen_by: SignedIn) -> list[Json]:
    """Of accepted alarms: `id`, the helper's `name`, where they set out from (`lat`, `lon`, WGS-84: the contact's home,
    or the place of the help that was sent), and `due_at`, when they said they would be there."""
    wanted = (
        select(_ALARMS.c.id, _ALARMS.c.accepted_by, _ALARMS.c.accepted_at, _ALARMS.c.eta_min)
        .where(_ALARMS.c.state == "accepted", *in_sight(seen_by))
        .order_by(_ALARMS.c.number.desc())
        .limit(MOST)
    )
    found = []
    rows = [row for row in session.connection().execute(wanted) if row.accepted_by]
    homes = _places(session, _CONTACTS, {row.accepted_by.get("contact_id") for row in rows})
    posts = _places(session, _RESOURCES, {row.accepted_by.get("resource_id") for row in rows})
    for row in rows:
        who = row.accepted_by
        place = posts.get(who.get("resource_id")) or homes.get(who.get("contact_id"))
        if place is not None:
            due_at = None if row.eta_min is None else row.accepted_at + timedelta(minutes=row.eta_min)
            found.append(
                {"id": row.id, "name": who.get("name"), "lat": place[0], "lon": place[1], "due_at": instant(due_at)}
            )
    return found


def _places(session: Session, table: Any, ids: set[str | None]) -> dict[str | None, tuple[float, float]]:
    known = sorted(one for one in ids if one)
    if not known:
        return {}
    wanted = select(table.c.id, table.c.lat, table.c.lon).where(table.c.id.in_(known), table.c.lat.is_not(None))
    return {row.id: (row.lat, row.lon) for row in session.connection().execute(wanted)}
