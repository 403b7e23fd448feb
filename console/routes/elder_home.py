"""Where an elder's home is, put right on a map; and the area whose boundary it lies in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from console import flash
from console.deps import CentreDep, actor_of, allowed
from console.i18n import N_
from console.routes.versions import IfMatch, ReasonToOpen
from registry.elder_intake import ElderPatch
from registry.intake import SHORTEST_REASON, Crs, Lat, Lon, Placed
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_REASON, max_length=200)]


class Home(BaseModel):
    """WGS-84; null where the place is not known."""

    lat: float | None
    lon: float | None
    version: int = Field(description="The file's")


class HomeGiven(Placed):
    """Where the home really is, and how that is known; both null where the place turned out not to be known."""

    lat: Lat | None
    lon: Lon | None
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    reason: Reason = Field(description="Kept in the log")


@router.get("/api/v1/elders/{elder_id}/home")
def get_home(elder_id: str, centre: CentreDep, user: Reader, reason: ReasonToOpen) -> Home:
    """That it was read is logged."""
    return _shown(centre.registry.elders.view(elder_id, actor_of(user), "home", reason=reason))


@router.put("/api/v1/elders/{elder_id}/home")
def move_home(elder_id: str, given: HomeGiven, centre: CentreDep, user: Writer, version: IfMatch) -> Home:
    """Put the place of a home right; the reason stands in the log."""
    patch = ElderPatch.model_validate(given.model_dump(exclude={"reason"}))
    return _shown(centre.registry.elders.change(elder_id, patch, version, actor_of(user), reason=given.reason))


@router.post("/registry/elders/{elder_id}/area", include_in_schema=False)
def file_in_area(
    elder_id: str, centre: CentreDep, user: Writer, area_code: Annotated[str, Form(max_length=20)]
) -> Response:
    """The area that a file's page offers, taken with a press."""
    centre.registry.elders.change(elder_id, ElderPatch.model_validate({"area_code": area_code}), by=actor_of(user))
    return flash.after(f"/registry/elders/{elder_id}", N_("Saved."))


def _shown(row: Row) -> Home:
    return Home(lat=row["lat"], lon=row["lon"], version=row["version"])
