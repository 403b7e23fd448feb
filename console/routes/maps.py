"""Maps: the desk's live one, fed by pushes, and the sheet of one alarm to open, print and send."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from sqlalchemy import func, select
from starlette.responses import HTMLResponse, JSONResponse, Response

from alarms.board import neediest
from console.centre import Centre
from console.deps import CentreDep
from console.i18n import language_of
from console.routes.alarms import AlarmId, Reader, detail_for
from console.routes.desk import HELP_SHOWN, HELP_WITHIN_M
from console.states import dressed, feature
from console.tiles import tiles_of
from core.errors import NotFound
from geo.labels import CHINESE, ENGLISH
from geo.maps import MapPieces, Sheet, alarm_map, alarm_page, live_map, map_css, sheet_css
from geo.outlines import outlines
from geo.position import Position
from geo.store import nearest_resources
from registry.models import Elder, table_of
from registry.scope import EVERYWHERE, Scope

VENDOR = Path(__file__).parents[1] / "static" / "vendor"
SCRIPT, STYLE, GEOJSON = "text/javascript; charset=utf-8", "text/css; charset=utf-8", "application/geo+json"
LOOKED_AT = 2_000
NOWHERE = (34.3296, 108.7093)  # Where the map opens while no elder has a place: the city it was first made for.
MOST_PINS = 500  # Of more open alarms the neediest; the rest are groups on the board.

router = APIRouter(include_in_schema=False)
_ELDERS = table_of(Elder)


def live_pieces(centre: Centre, scope: Scope = EVERYWHERE) -> MapPieces:
    """The desk's map around where the elders live whom its officer sees, by some of them."""
    some = select(_ELDERS.c.lat, _ELDERS.c.lon).where(
        _ELDERS.c.lat.is_not(None), _ELDERS.c.deleted_at.is_(None), *scope.where(_ELDERS)
    )
    looked_at = some.limit(LOOKED_AT).subquery()
    with centre.db.read() as session:
        row = session.execute(select(func.avg(looked_at.c.lat), func.avg(looked_at.c.lon))).one()
    lat, lon = (round(row[0], 2), round(row[1], 2)) if row[0] is not None else NOWHERE
    return _live(lat, lon)


@lru_cache(maxsize=16)
def _live(lat: float, lon: float) -> MapPieces:
    """Rendering takes a tenth of a second, so it is done when the elders' middle has moved, not for every page."""
    return live_map((lat, lon), alarms_url="/desk/alarms.geojson", outlines=outlines())


@router.get("/desk/map.js")
def live_script(centre: CentreDep, user: Reader) -> Response:
    return Response(live_pieces(centre, user.scope).script, media_type=SCRIPT)


@router.get("/desk/map.css")
def live_style() -> Response:
    return Response(map_css(), media_type=STYLE, headers={"Cache-Control": "max-age=3600"})


@router.get("/desk/alarms.geojson")
def alarm_features(centre: CentreDep, user: Reader) -> Response:
    now = centre.clock.now()
    with centre.db.read() as session:
        found, _ = neediest(session, now, seen_by=user, limit=MOST_PINS)
    return _collection([shown for one in found if (shown := feature(dressed(one, now)))])


@router.get("/alarms/{alarm_id}/map")
def sheet_page(
    request: Request,
    centre: CentreDep,
    user: Reader,
    alarm_id: AlarmId,
    download: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """The map of one alarm; `download=1` gives one file that opens without this server."""
    sheet = _sheet(centre, user, alarm_id)
    text = alarm_page(
        sheet,
        labels=_labels(request, centre),
        outlines=outlines(),
        tiles=tiles_of(centre.settings),
        inline_assets=VENDOR if download else None,
        script_url=f"/alarms/{alarm_id}/map.js",
        style_url="/desk/sheet.css",
    )
    headers = {"Content-Disposition": 'attachment; filename="alarm-map.html"'} if download else {}
    return HTMLResponse(text, headers=headers)


@router.get("/alarms/{alarm_id}/map.js")
def sheet_script(request: Request, centre: CentreDep, user: Reader, alarm_id: AlarmId) -> Response:
    sheet = _sheet(centre, user, alarm_id)
    if sheet.position is None:
        raise NotFound("nothing is known of the place")
    drawn = alarm_map(sheet, _labels(request, centre), outlines(), tiles_of(centre.settings))
    return Response(drawn.script, media_type=SCRIPT)


@router.get("/desk/sheet.css")
def sheet_style() -> Response:
    return Response(sheet_css(), media_type=STYLE, headers={"Cache-Control": "max-age=3600"})


def _sheet(centre: Centre, user: Reader, alarm_id: str) -> Sheet:
    detail = detail_for(centre, user, alarm_id)
    now = centre.clock.now()
    position = Position.from_json(detail["location"])
    nearby = []
    if position is not None:
        with centre.db.read() as session:
            nearby = nearest_resources(session, position.lat, position.lon, limit=HELP_SHOWN, within_m=HELP_WITHIN_M)
    elder = detail["elder"] or {}
    return Sheet(
        title=f"#{detail['number']}",
        elder=elder.get("name") or detail["device"]["uid"],
        position=position,
        drawn_at=now,
        nearby=tuple(nearby),
        address=elder.get("address"),
        pressed_at=datetime.fromisoformat(detail["received_at"]),
        timezone=ZoneInfo(centre.settings.timezone),
    )


def _labels(request: Request, centre: Centre) -> Any:
    return CHINESE if language_of(request, centre.settings.locale) == "zh-CN" else ENGLISH


def _collection(features: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse({"type": "FeatureCollection", "features": features}, media_type=GEOJSON)
