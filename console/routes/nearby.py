"""What help is nearest to a place."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from console.deps import CentreDep, CurrentUser
from geo.crs import to_wgs84
from geo.store import nearest_resources
from registry.intake import Crs, ResourceKind

router = APIRouter(prefix="/api/v1/nearby", tags=["registry"])
MOST = 100


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


class NearbyList(BaseModel):
    """Nearest first; there is no further page, ask for more with `limit`."""

    items: list[NearbyResource]
    next_cursor: None = None


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
) -> NearbyList:
    at_lat, at_lon = to_wgs84(lat, lon, crs)
    with centre.db.read() as session:
        found = nearest_resources(session, at_lat, at_lon, kinds=kind or None, limit=limit, within_m=within_m)
    return NearbyList(items=[NearbyResource.model_validate(each, from_attributes=True) for each in found])
