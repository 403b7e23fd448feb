"""What help is nearest to a place."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from console.deps import CentreDep, CurrentUser
from console.paging import Page, decode_cursor, encode_cursor
from core.errors import Rejected
from geo.crs import to_wgs84
from geo.store import nearest_resources
from registry.intake import Crs, ResourceKind

router = APIRouter(prefix="/api/v1/nearby", tags=["registry"])
MOST = 100
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
    cursor: Annotated[str | None, Query(max_length=20, description="`next_cursor` of the page before")] = None,
) -> Page[NearbyResource]:
    at_lat, at_lon = to_wgs84(lat, lon, crs)
    seen = _seen(cursor)
    with centre.db.read() as session:
        found = nearest_resources(
            session, at_lat, at_lon, kinds=kind or None, limit=seen + limit + 1, within_m=within_m
        )
    page = [NearbyResource.model_validate(each, from_attributes=True) for each in found[seen : seen + limit]]
    following = seen + limit if seen + limit < min(len(found), FARTHEST_PAGE) else None
    return Page(items=page, next_cursor=encode_cursor(following))


def _seen(cursor: str | None) -> int:
    """How many the pages before held. Raises Rejected for a cursor that this list did not give."""
    if not cursor:
        return 0
    key = decode_cursor(cursor)
    if not key.isascii() or not key.isdigit() or len(key) > 6 or int(key) > FARTHEST_PAGE:
        raise Rejected("this cursor was not given by this list")
    return int(key)
