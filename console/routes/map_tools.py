"""What the map's tools ask: help near a place, and where something is. Places and names come in a form: an address
is kept in a browser's history and in logs."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse

from console import map_find
from console.deps import CentreDep, CurrentUser, allowed
from console.i18n import N_, language_of, words
from console.pages import page
from console.resource_words import KIND_WORDS, hours_text
from console.routes.nearby import look
from geo.crs import to_wgs84
from registry import area_shapes, resource_lists, search
from registry.intake import Crs, ResourceKind
from registry.search_query import LONGEST
from registry.sessions import SignedIn

SHOWN = 30  # Pins with numbers that can still be told apart.
DEFAULT_WITHIN_M = 2_000.0
FARTHEST_M = 100_000.0
GROUPS = (
    ("coordinates", N_("Coordinates")), ("device", N_("Devices")), ("elder", N_("Elders")),
    ("resource", N_("Resources")), ("area", N_("Areas")),
)  # fmt: skip

router = APIRouter(prefix="/desk/map", include_in_schema=False)
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
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


@router.post("/find")
def find(
    request: Request,
    centre: CentreDep,
    user: Reader,
    q: Annotated[str, Form(max_length=LONGEST)],
    crs: Annotated[Crs, Form()] = "wgs84",
    from_lat: Annotated[float | None, Form(ge=-90, le=90, allow_inf_nan=False)] = None,
    from_lon: Annotated[float | None, Form(ge=-180, le=180, allow_inf_nan=False)] = None,
    from_alarm: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Where something is: coordinates, a device, elders, help, areas; each says how exact its place is."""
    origin = (from_lat, from_lon) if from_lat is not None and from_lon is not None else None
    text = q.strip()
    point = map_find.coordinates(text, crs)
    answer = None
    if point is None:
        wanted = search.Wanted(text, limit=map_find.MOST_OF_A_KIND, scopes=search.scopes_of(user.scope.codes))
        answer = centre.registry.search(wanted)
    now = centre.clock.now()
    with centre.db.read() as session:
        if point is not None:
            hits = [map_find.coordinate_hit(session, *point)]
        else:
            hits = map_find.device_hits(session, text, user.scope)
            hits += map_find.elder_hits(session, answer.found if answer else (), user.scope, now)
            hits += map_find.resource_hits(session, text)
            hits += map_find.area_hits(session, text, user.scope)
    shown = map_find.with_distance(hits, origin)
    groups = [(title, found) for kind, title in GROUPS if (found := [one for one in shown if one["kind"] == kind])]
    return page(
        request, "_map_found.html", user, groups=groups, total=len(hits), from_alarm=from_alarm,
        too_short=not hits and answer is not None and answer.is_too_short, may_write=user.may("registry.write"),
    )  # fmt: skip


@router.post("/areas")
def areas(
    request: Request, centre: CentreDep, user: Reader, q: Annotated[str, Form(max_length=LONGEST)] = ""
) -> HTMLResponse:
    """Areas by name or code, with their boundary; without a question the user's own, or those that are drawn."""
    with centre.db.read() as session:
        rows = map_find.areas_asked(session, q.strip(), user.scope)
        boundaries = area_shapes.of_areas(session, [row["id"] for row in rows])
        shown = [
            row
            | {
                "boundary": boundaries.get(row["id"]),
                "is_mine": user.may("registry.write") and user.scope.holds(row["path"]),
                "spot": map_find.area_spot(session, row["path"], user.scope),
            }
            for row in rows
        ]
    return page(request, "_map_areas.html", user, areas=shown)
