"""The list for the day when the system is down: who may make one of what, and how old the newest is.

Whoever makes one says why; that, who and when stand on every page of it, in the table of lists and in the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, insert, select
from sqlmodel import Session

from core.ids import new_id
from duty.models import OfflineList
from duty.offline_file import Mark
from duty.offline_rows import Entry, Read
from registry import area_store, audit
from registry.audit import Actor, Deed
from registry.intake import SHORTEST_REASON, BadMember
from registry.models import table_of
from registry.service import RegistryService
from registry.store import ELDERS

OFFLINE_LISTS = table_of(OfflineList)
MOST_IN_A_FILE = 20_000  # Some 12 MB, which a browser opens within seconds; a city is taken street by street.
MOST_ON_PAPER = 3_000
How = Literal["file", "paper", "command"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A list that is logged and can be read: its mark, and the elders piece by piece."""

    mark: Mark
    made_at: datetime
    chunks: Iterator[list[Entry]]


def begin(
    registry: RegistryService, by: Actor, *, reason: str, area_code: str | None, how: How, language: str
) -> Begun:
    """Log a list and begin to read it. Raises BadMember: then none was made."""
    desk = registry.desk
    now, why = desk.clock.now(), " ".join(reason.split())[:300]
    if len(why) < SHORTEST_REASON:
        raise BadMember("reason", "say why")
    with desk.db.read() as session:
        where, area = _meant(session, by, area_code)
    read = Read(desk.db, desk.timezone, language, now)
    count = read.count(where)
    _check_count(count, MOST_ON_PAPER if how == "paper" else MOST_IN_A_FILE, how)
    row: Row = {
        "id": new_id(), "made_at": now, "made_by_id": by.id, "made_by": by.name, "how": how, "area_code": area_code,
        "area": area, "elders": count, "reason": why,
    }  # fmt: skip
    with desk.db.write() as session:
        session.connection().execute(insert(OFFLINE_LISTS).values(row))
        data = {"how": how, "area_code": area_code, "elders": count}
        audit.record(session, by, now, Deed("offline_list.export", "offline_list", row["id"], why, data))
    local = now.astimezone(ZoneInfo(desk.timezone))
    mark = Mark(local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M"), by.name, why, area, count)
    return Begun(mark, now, read.chunks(where))


def _meant(session: Session, by: Actor, area_code: str | None) -> tuple[list[ColumnElement[bool]], str]:
    """Whose files: those that this person sees, in the area asked for; and the area's name, empty for all of them."""
    where = list(by.scope.where(ELDERS))
    if area_code is None:
        return where, ""
    path = area_store.path_of(session, area_code)
    if path is None or not by.scope.holds(path):
        raise BadMember("area_code", "there is no such area")
    return [*where, area_store.within(ELDERS.c.area_path, path)], area_store.full_names(session, [path]).get(path, "")


def _check_count(count: int, most: int, how: How) -> None:
    if count == 0:
        raise BadMember("area_code", "nobody lives in this area")
    if count > most and how == "paper":
        raise BadMember("area_code", "more than 3,000 elders are too many for paper: choose a smaller area")
    if count > most:
        raise BadMember("area_code", "more than 20,000 elders are too many for one list: choose a smaller area")


def newest(session: Session) -> Row | None:
    """The list that was made last, of whatever area."""
    found = session.execute(select(OFFLINE_LISTS).order_by(OFFLINE_LISTS.c.made_at.desc()).limit(1)).one_or_none()
    return dict(found._mapping) if found else None


def last_made(session: Session, limit: int) -> list[Row]:
    wanted = select(OFFLINE_LISTS).order_by(OFFLINE_LISTS.c.made_at.desc(), OFFLINE_LISTS.c.id).limit(limit)
    return [dict(row._mapping) for row in session.execute(wanted)]


def is_overdue(last: Row | None, now: datetime, after_days: int) -> bool:
    """Whether a new list should be made; `after_days` 0 asks for none."""
    return after_days > 0 and (last is None or now - last["made_at"] > timedelta(days=after_days))
