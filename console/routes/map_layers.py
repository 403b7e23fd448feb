"""What the live map draws beside the alarms, by what is in view; the cards of what is chosen on it; and its grounds."""

from collections.abc import Collection
from dataclasses import asdict
from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from alarms.on_the_way import helpers
from alarms.views import age_on
from console.basemaps import PMTILES, basemaps_of
from console.deps import CentreDep, allowed
from console.device_words import STATE_WORDS
from console.i18n import language_of, words
from console.map_words import DEVICE_LOOK_WORDS
from console.pages import page
from console.resource_words import KIND_WORDS, hours_text
from console.routes.alarms import Reader
from core.errors import NotFound, Rejected
from registry import area_shapes, in_view, store
from registry.device_views import PRESENCE
from registry.in_view import DEVICE_LOOKS, InView, View
from registry.sessions import SignedIn
from registry.store import ELDERS, RESOURCES

CELL_AT_ZOOM_0_DEG = 90.0  # A quarter of a tile, 64 pixels: two cells' numbers do not touch.
DEEPEST_ZOOM = 22
MOST_AREAS = 80

router = APIRouter(include_in_schema=False)
FileReader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Json = dict[str, Any]


def view_of(
    box: Annotated[str, Query(alias="bbox", max_length=120, description="west,south,east,north in WGS-84")],
    zoom: Annotated[int, Query(ge=0, le=DEEPEST_ZOOM)],
) -> View:
    """Raises Rejected."""
    try:
        west, south, east, north = (float(part) for part in box.split(","))
    except ValueError:
        raise Rejected("bbox must be west,south,east,north in degrees") from None
    if not all(isfinite(one) for one in (west, south, east, north)) or south > north or west > east:
        raise Rejected("bbox must be west,south,east,north in degrees, the smaller one first")
    return View(south, west, north, east, CELL_AT_ZOOM_0_DEG / 2**zoom)


ViewDep = Annotated[View, Depends(view_of)]


@router.get("/desk/map/homes")
def homes(centre: CentreDep, _sees: Reader, user: FileReader, view: ViewDep) -> Response:
    with centre.db.read() as session:
        return _told(in_view.homes(session, view, user.scope))


@router.get("/desk/map/devices")
def devices(
    centre: CentreDep,
    user: Reader,
    view: ViewDep,
    look: Annotated[list[str] | None, Query(max_length=len(DEVICE_LOOKS))] = None,
) -> Response:
    with centre.db.read() as session:
        return _told(in_view.devices(session, view, user.scope, centre.clock.now(), _of(look, DEVICE_LOOKS)))


@router.get("/desk/map/help")
def help_(
    centre: CentreDep,
    user: Reader,
    view: ViewDep,
    kind: Annotated[list[str] | None, Query(max_length=len(KIND_WORDS))] = None,
) -> Response:
    with centre.db.read() as session:
        return _told(in_view.help_of(session, view, _of(kind, KIND_WORDS)))


@router.get("/desk/map/areas")
def areas(centre: CentreDep, user: Reader, view: ViewDep) -> Response:
    """Boundaries that the site has drawn or brought, the largest first: `id`, `name`, `level`, `shape` (GeoJSON)."""
    box = (view.west, view.south, view.east, view.north)
    with centre.db.read() as session:
        rows = area_shapes.in_box(session, box, MOST_AREAS)
    told = [
        {"id": row["id"], "name": row["name"], "level": row["level"], "shape": row["boundary"]["shape"],
         "lat": row["boundary"]["lat"], "lon": row["boundary"]["lon"]}
        for row in rows
    ]  # fmt: skip
    return JSONResponse({"items": told, "cells": [], "is_too_many": False})


@router.get("/desk/map/helpers")
def on_the_way(centre: CentreDep, user: Reader) -> Response:
    with centre.db.read() as session:
        return JSONResponse({"items": helpers(session, user)})


@router.get("/desk/map/homes/{elder_id}")
def home_card(request: Request, centre: CentreDep, _sees: Reader, user: FileReader, elder_id: str) -> HTMLResponse:
    columns = [ELDERS.c[name] for name in ("id", "name", "sex", "birth_date", "phone", "address", "area")]
    with centre.db.read() as session:
        row = session.execute(select(*columns).where(ELDERS.c.id == elder_id, ELDERS.c.deleted_at.is_(None))).first()
    if row is None:
        raise NotFound("there is no such elder")
    elder = dict(row._mapping) | {"age": age_on(row.birth_date, centre.clock.now())}
    return page(request, "_map_card.html", user, what="home", elder=elder)


@router.get("/desk/map/devices/{device}")
def device_card(request: Request, centre: CentreDep, user: Reader, device: str) -> HTMLResponse:
    now = centre.clock.now()
    with centre.db.read() as session:
        row = store.get_device(session, device)
        look = in_view.device_look(session, row["uid"], now)
        seen = session.execute(
            select(PRESENCE.c.last_seen_at, PRESENCE.c.battery_pct).where(PRESENCE.c.uid == row["uid"])
        ).first()
        elder = None
        if row["elder_id"] and user.may("registry.read"):
            wanted = select(ELDERS.c.id, ELDERS.c.name, ELDERS.c.phone, ELDERS.c.address)
            elder = session.execute(wanted.where(ELDERS.c.id == row["elder_id"])).first()
    return page(
        request, "_map_card.html", user, what="device", device=row, look=look, look_word=DEVICE_LOOK_WORDS[look],
        state_word=STATE_WORDS[row["state"]], seen=seen, elder=elder,
    )  # fmt: skip


@router.get("/desk/map/help/{resource_id}")
def help_card(request: Request, centre: CentreDep, user: Reader, resource_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = store.get(session, RESOURCES, resource_id)
    hours = hours_text(row["hours"], words(language_of(request, centre.settings.locale)))
    return page(request, "_map_card.html", user, what="help", one=row, kind_word=KIND_WORDS[row["kind"]], hours=hours)


@router.get("/desk/basemaps/{name}")
def basemap(centre: CentreDep, user: Reader, name: str) -> Response:
    """A site's PMTiles, of which the browser fetches the few ranges that it draws."""
    found = next((one for one in basemaps_of(centre.settings) if one.file and name == f"{one.key}{PMTILES}"), None)
    if found is None or found.file is None or not found.file.is_file():
        raise NotFound("there is no such basemap")
    headers = {"Cache-Control": "private, max-age=3600"}
    return FileResponse(found.file, media_type="application/vnd.pmtiles", headers=headers)


def _of(asked: Collection[str] | None, known: Collection[str]) -> Collection[str]:
    return known if asked is None else [one for one in known if one in asked]


def _told(found: InView) -> Response:
    return JSONResponse(asdict(found))
