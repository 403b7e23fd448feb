"""What help is nearest to a place."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from sqlmodel import Session

from console.deps import CentreDep, CurrentUser
from console.paging import Page, decode_cursor, encode_cursor
from core.errors import Rejected
from geo.crs import to_wgs84
from geo.nearby import Nearby
from geo.store import RESOURCES as NEARBY
from geo.store import nearest_resources
from registry import resource_lists
from registry.hours import open_at
from registry.intake import Crs, ResourceKind

router = APIRouter(prefix="/api/v1/nearby", tags=["registry"])
MOST = 100
MOST_LOOKED_AT = 4_000  # Where more than these are closed, the rest of the night is spent better by telephone.
CLOSED_FACTOR = 4
NEARBY_CAPABILITIES = NEARBY.c.capabilities
FARTHEST_PAGE = 5_000  # Who wants more of them wants the registry, not what is near.


class NearbyResource(BaseModel):
    """Help and how far it is, along the ellipsoid."""

    id: str
    kind: ResourceKind
    name: str
    phone: str | None
    address: str | None
    lat: float = Field(description="WGS-84")
    lon: float = Field(description="WGS-84")
    distance_m: float
    open_now: bool | None = Field(description="Null where nobody knows its hours")
    capabilities: list[str] | None


@router.get("")
def list_nearby(
    centre: CentreDep,
    user: CurrentUser,
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    crs: Annotated[Crs, Query(description="The datum of lat and lon")] = "wgs84",
    kind: Annotated[list[ResourceKind] | None, Query(description="May be repeated; every kind if left out")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 10,
    within_m: Annotated[float | None, Query(gt=0, allow_inf_nan=False, description="No farther than this")] = None,
    capability: Annotated[list[str] | None, Query(max_length=10, description="May be repeated: all are wanted")] = None,
    open_now: Annotated[bool, Query(description="Leave out what is closed; unknown hours stay in")] = False,
    cursor: Annotated[str | None, Query(max_length=20, description="`next_cursor` of the page before")] = None,
) -> Page[NearbyResource]:
    at_lat, at_lon = to_wgs84(lat, lon, crs)
    seen, local = _seen(cursor), centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone))
    with centre.db.read() as session:
        able = resource_lists.can_do(session, NEARBY_CAPABILITIES, capability or ())
        kept = look(
            session, at_lat, at_lon, kinds=kind, within_m=within_m, wanted=seen + limit + 1, local=local,
            only_open=open_now, where=able,
        )  # fmt: skip
    following = seen + limit if seen + limit < min(len(kept), FARTHEST_PAGE) else None
    return Page(items=kept[seen : seen + limit], next_cursor=encode_cursor(following))


def look(
    session: Session,
    lat: float,
    lon: float,
    *,
    kinds: Collection[str] | None,
    within_m: float | None,
    wanted: int,
    local: datetime,
    only_open: bool,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[NearbyResource]:
    """At least `wanted` where there are so many, nearest first, with whether each is open at the local time; what is
    closed may be left out. The place is WGS-84."""
    asked = wanted
    while True:
        found = nearest_resources(
            session, lat, lon, kinds=kinds or None, limit=asked, within_m=within_m, where=where
        )  # fmt: skip
        kept = _with_hours(session, found, local, only_open=only_open)
        if len(kept) >= wanted or len(found) < asked or asked > MOST_LOOKED_AT:
            return kept
        asked *= CLOSED_FACTOR  # Many are closed: look farther.


def _with_hours(session: Session, found: list[Nearby], local: datetime, *, only_open: bool) -> list[NearbyResource]:
    known = resource_lists.beside(session, [each.id for each in found])
    shown = []
    for each in found:
        hours, capabilities = known[each.id]
        is_open = open_at(hours, local)
        if only_open and is_open is False:
            continue
        shown.append(NearbyResource(**asdict(each), open_now=is_open, capabilities=capabilities))
    return shown


def _seen(cursor: str | None) -> int:
    """How many the pages before held. Raises Rejected for a cursor that this list did not give."""
    if not cursor:
        return 0
    key = decode_cursor(cursor)
    if not key.isascii() or not key.isdigit() or len(key) > 6 or int(key) > FARTHEST_PAGE:
        raise Rejected("this cursor was not given by this list")
    return int(key)
