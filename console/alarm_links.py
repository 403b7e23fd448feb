"""Alarms about one event, as the page shows them: those linked, those that may belong together, those looked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from alarms import links
from alarms.links import Suggestion
from alarms.views import alarm_briefs
from console.states import look_of
from registry.sessions import SignedIn

LOOKED_BACK = timedelta(days=30)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Links:
    """`hidden` is how many linked alarms lie outside the user's areas."""

    linked: list[Json]
    hidden: int
    suggested: list[tuple[Json, Suggestion]]


def links_of(session: Session, user: SignedIn, alarm: Json, now: datetime) -> Links:
    """What the page says of other alarms; suggestions only to who may act on an alarm that still takes links."""
    ids = alarm["links"]
    shown = _briefs(session, user, ids, now)
    wanted = links.suggested(session, alarm["id"], seen_by=user) if user.may("alarms.act") else []
    found = {one["id"]: one for one in _briefs(session, user, [each.alarm_id for each in wanted], now)}
    suggested = [(found[each.alarm_id], each) for each in wanted if each.alarm_id in found]
    return Links(shown, len(ids) - len(shown), suggested)


def others(session: Session, user: SignedIn, alarm: Json, words: str, now: datetime) -> list[Json]:
    """Alarms by number or name that are not linked yet."""
    without = [alarm["id"], *alarm["links"]]
    ids = links.found(session, words, seen_by=user, without=without, since=now - LOOKED_BACK)
    return _briefs(session, user, ids, now)


def _briefs(session: Session, user: SignedIn, ids: Collection[str], now: datetime) -> list[Json]:
    if not ids:
        return []
    found, _ = alarm_briefs(session, now, ids=ids, limit=len(ids), seen_by=user)
    return [one | {"look": look_of(one)} for one in found]
