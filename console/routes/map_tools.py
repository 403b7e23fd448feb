"""What the map's tools ask: help near a place. Places come in a form, not in an address that is kept somewhere."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse

from console.deps import CentreDep, CurrentUser
from console.i18n import language_of, words
from console.pages import page
from console.resource_words import KIND_WORDS, hours_text
from console.routes.nearby import look
from geo.crs import to_wgs84
from registry import resource_lists
from registry.intake import Crs, ResourceKind

SHOWN = 30  # Pins with numbers that can still be told apart.
DEFAULT_WITHIN_M = 2_000.0
FARTHEST_M = 100_000.0

router = APIRouter(prefix="/desk/map", include_in_schema=False)
Lat = Annotated[float, Form(ge=-90, le=90, allow_inf_nan=False)]
Lon = Annotated[float, Form(ge=-180, le=180, allow_inf_nan=False)]


@router.post("/nearby")
def nearby(
    request: Request,
    centre: CentreDep,
    user: CurrentUser,
    lat: Lat,
    lon: Lon,
    crs: Annotated[Crs, Form()] = "wgs84",
    kind: Annotated[list[ResourceKind] | None, Form(max_length=20)] = None,
    within_m: Annotated[float, Form(gt=0, le=FARTHEST_M, allow_inf_nan=False)] = DEFAULT_WITHIN_M,
    open_now: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Help of the chosen kinds within a distance, nearest first, as a list for the tool's side or the alarm's panel."""
    at_lat, at_lon = to_wgs84(lat, lon, crs)
    local = centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone))
    with centre.db.read() as session:
        found = look(
            session, at_lat, at_lon, kinds=kind, within_m=within_m, wanted=SHOWN + 1, local=local, only_open=open_now
        )[: SHOWN + 1]
        hours = resource_lists.beside(session, [one.id for one in found])
    speech = words(language_of(request, centre.settings.locale))
    shown: list[dict[str, Any]] = []
    for one in found[:SHOWN]:
        said = hours[one.id][0]
        shown.append(one.model_dump() | {"hours": hours_text(said, speech) if said else ""})
    return page(
        request, "_map_nearby.html", user, found=shown, more=len(found) > SHOWN, within_m=within_m, kinds=KIND_WORDS,
        may_write=user.may("registry.write"),
    )  # fmt: skip
