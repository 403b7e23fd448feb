"""Maps: the desk's live one, fed by pushes, and the sheet of one alarm to open, print and send."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from sqlalchemy import func, select
from sqlmodel import Session
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
from geo.maps import MapPieces, Sheet, Tiles, alarm_map, alarm_page, live_map, map_css, sheet_css
from geo.outlines import outlines
from geo.position import Position
from geo.store import nearest_resources
from registry.models import Device, DeviceFix, DevicePresence, Elder, table_of
from registry.scope import Scope

VENDOR = Path(__file__).parents[1] / "static" / "vendor"
SCRIPT, STYLE, GEOJSON = "text/javascript; charset=utf-8", "text/css; charset=utf-8", "application/geo+json"
NOWHERE = (34.3296, 108.7093)  # Where the map opens while no elder has a place: the city it was first made for.
MOST_DEVICES = 20_000
MOST_PINS = 500  # Of more open alarms the neediest; the rest are groups on the board.

router = APIRouter(include_in_schema=False)
_ELDERS, _DEVICES = table_of(Elder), table_of(Device)
_PRESENCE, _FIXES = table_of(DevicePresence), table_of(DeviceFix)


def live_pieces(centre: Centre) -> MapPieces:
    """The desk's map around where the elders live."""
    with centre.db.read() as session:
        row = session.execute(
            select(func.avg(_ELDERS.c.lat), func.avg(_ELDERS.c.lon)).where(_ELDERS.c.deleted_at.is_(None))
        ).one()
    lat, lon = (round(row[0], 2), round(row[1], 2)) if row[0] is not None else NOWHERE
    return _live(lat, lon, tiles_of(centre.settings))


@lru_cache(maxsize=4)
def _live(lat: float, lon: float, tiles: Tiles | None) -> MapPieces:
    """Rendering takes a tenth of a second, so it is done when the elders' middle has moved, not for every page."""
    return live_map(
        (lat, lon), alarms_url="/desk/alarms.geojson", devices_url="/desk/devices.geojson", outlines=outlines(),
        tiles=tiles,
    )  # fmt: skip


@router.get("/desk/map.js")
def live_script(centre: CentreDep, user: Reader) -> Response:
    return Response(live_pieces(centre).script, media_type=SCRIPT)


@router.get("/desk/map.css")
def live_style() -> Response:
    return Response(map_css(), media_type=STYLE, headers={"Cache-Control": "max-age=3600"})


@router.get("/desk/alarms.geojson")
def alarm_features(centre: CentreDep, user: Reader) -> Response:
    now = centre.clock.now()
    with centre.db.read() as session:
        found, _ = neediest(session, now, seen_by=user, limit=MOST_PINS)
    return _collection([shown for one in found if (shown := feature(dressed(one, now)))])


@router.get("/desk/devices.geojson")
def device_features(centre: CentreDep, user: Reader) -> Response:
    """Every device with a place: its last fix, or its elder's home."""
    with centre.db.read() as session:
        rows = _devices(session, user.scope)
    features = []
    for uid, lat, lon, is_online in rows:
        state = "silent" if is_online is False else "online"
        features.append({
            "type": "Feature", "id": uid, "properties": {"id": uid, "state": state},
            "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
        })  # fmt: skip
    return _collection(features)


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


def _devices(session: Session, scope: Scope) -> list[Any]:
    lat = func.coalesce(_FIXES.c.lat, _ELDERS.c.lat)
    lon = func.coalesce(_FIXES.c.lon, _ELDERS.c.lon)
    wanted = (
        select(_DEVICES.c.uid, lat, lon, _PRESENCE.c.is_online)
        .outerjoin(_ELDERS, _ELDERS.c.id == _DEVICES.c.elder_id)
        .outerjoin(_FIXES, _FIXES.c.uid == _DEVICES.c.uid)
        .outerjoin(_PRESENCE, _PRESENCE.c.uid == _DEVICES.c.uid)
        .where(lat.is_not(None), lon.is_not(None), _DEVICES.c.state != "retired", *scope.where(_DEVICES))
        .limit(MOST_DEVICES)
    )
    return list(session.execute(wanted))


def _collection(features: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse({"type": "FeatureCollection", "features": features}, media_type=GEOJSON)
