"""What the map's search finds: typed coordinates, devices, elders, help and areas, each with how exact its place is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlmodel import Session

from alarms.views import age_on
from console.area_places import areas_at
from geo.crs import LatLon, to_wgs84
from geo.geocode import OutlineGeocoder
from geo.nearby import distance_m
from geo.outlines import outlines
from registry import area_find, area_shapes, area_store, store
from registry.area_shapes import AREA_SHAPES
from registry.models import DeviceFix, table_of
from registry.scope import Scope
from registry.search import Found
from registry.store import DEVICES, ELDERS, RESOURCES, Row

Exact = Literal["point", "home", "fix", "boundary", "homes", "district", "above"]
MOST_OF_A_KIND = 8
SHORTEST_NAME = 2
_FIXES = table_of(DeviceFix)
_MARKS = re.compile(r"[°NSEWnsew]|北纬|东经|纬度|经度|lat|lon|lng|[:：()（）]", re.IGNORECASE)
_NUMBER = r"[+-]?\d{1,3}(?:\.\d+)?"
_PAIR = re.compile(rf"\s*({_NUMBER})\s*[,，;；、/\s]\s*({_NUMBER})\s*")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with how it is known: `within_m` is how far the truth may be from it, `of` how many homes it is the
    middle of, `name` the larger area where only that one's place is known."""

    lat: float
    lon: float
    exact: Exact
    within_m: float | None = None
    of: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. `spot` is None where nothing is known of the place; `at` is when a device told of it."""

    kind: Literal["coordinates", "device", "elder", "resource", "area"]
    id: str
    title: str
    spot: Spot | None
    text: str = ""
    phone: str | None = None
    about: str = ""
    age: int | None = None
    at: datetime | None = None


def coordinates(text: str, crs: str) -> tuple[LatLon, bool] | None:
    """Typed coordinates in WGS-84, and whether they came with the longitude first; None for any other text."""
    pair = _PAIR.fullmatch(_MARKS.sub(" ", text).strip())
    if pair is None:
        return None
    first, second = float(pair[1]), float(pair[2])
    is_turned = abs(first) > 90 >= abs(second)
    lat, lon = (second, first) if is_turned else (first, second)
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return to_wgs84(lat, lon, crs), is_turned


def coordinate_hit(session: Session, at: LatLon, is_turned: bool) -> Hit:
    """Typed coordinates; `about` is "turned" where the longitude came first."""
    district = OutlineGeocoder(outlines()).district(*at).text
    inside = [row["name"] for row in areas_at(session, *at)]
    text = " · ".join([*([district] if district else []), *inside[:1]])
    return Hit(
        "coordinates", "", f"{at[0]:.6f}, {at[1]:.6f}", Spot(*at, "point"), text, about="turned" if is_turned else ""
    )


def elder_hits(session: Session, found: Sequence[Found], scope: Scope, now: datetime) -> list[Hit]:
    """The files of a search, each at home, or at the middle of its area where the home's place is not known."""
    c = ELDERS.c
    among = c.id.in_([one.file.id for one in found])
    wanted = select(c.id, c.lat, c.lon, c.area_path).where(among, *scope.where(ELDERS))
    places = {row.id: row for row in session.connection().execute(wanted)}
    hits = []
    for one in found:
        row, file = places.get(one.file.id), one.file
        if row is None:
            continue
        if row.lat is not None:
            spot: Spot | None = Spot(row.lat, row.lon, "home")
        else:
            spot = area_spot(session, row.area_path, scope) if row.area_path else None
        hits.append(
            Hit("elder", file.id, file.name, spot, file.address or file.area or "", file.phone,
                age=age_on(file.birth_date, now))
        )  # fmt: skip
    return hits


def device_hits(session: Session, text: str, scope: Scope) -> list[Hit]:
    """The device with this uid, where it last told of, or at its elder's home."""
    wanted = (
        select(DEVICES.c.uid, DEVICES.c.model, _FIXES.c.lat, _FIXES.c.lon, _FIXES.c.accuracy_m, _FIXES.c.fix_at,
               ELDERS.c.name, ELDERS.c.lat.label("home_lat"), ELDERS.c.lon.label("home_lon"))
        .outerjoin(_FIXES, _FIXES.c.uid == DEVICES.c.uid)
        .outerjoin(ELDERS, ELDERS.c.id == DEVICES.c.elder_id)
        .where(DEVICES.c.uid == text.strip(), *scope.where(DEVICES))
    )  # fmt: skip
    hits = []
    for row in session.connection().execute(wanted):
        spot = None
        if row.lat is not None:
            spot = Spot(row.lat, row.lon, "fix", row.accuracy_m)
        elif row.home_lat is not None:
            spot = Spot(row.home_lat, row.home_lon, "home")
        at = row.fix_at if row.lat is not None else None
        hits.append(Hit("device", row.uid, row.uid, spot, row.name or "", about=row.model or "", at=at))
    return hits


def resource_hits(session: Session, text: str) -> list[Hit]:
    """Help whose name or address holds the text."""
    plain = text.strip()
    if len(plain) < SHORTEST_NAME:
        return []
    c = RESOURCES.c
    fits = or_(c.name.contains(plain, autoescape=True), c.address.contains(plain, autoescape=True))
    wanted = select(RESOURCES).where(fits, c.deleted_at.is_(None)).order_by(c.name, c.id).limit(MOST_OF_A_KIND)
    return [
        Hit("resource", row.id, row.name, Spot(row.lat, row.lon, "point"), row.address or "", row.phone, row.kind)
        for row in session.connection().execute(wanted)
    ]


def area_hits(session: Session, text: str, scope: Scope) -> list[Hit]:
    """Areas that the text mentions, the most fitting first."""
    return [
        Hit("area", one.row["id"], one.row["name"], area_spot(session, one.row["path"], scope), one.full_name,
            about=one.row["level"])
        for one in area_find.mentioned(session, text, MOST_OF_A_KIND)
    ]  # fmt: skip


def areas_asked(session: Session, text: str, scope: Scope) -> list[Row]:
    """Areas that a text names or whose code it is; without a text the user's own, else those that are drawn."""
    if text:
        coded = area_store.by_code(session, text)
        return [coded] if coded else [one.row for one in area_find.mentioned(session, text, MOST_OF_A_KIND)]
    if scope.codes is not None:
        rows = area_store.rows_of(session, scope.codes)
        return [rows[code] for code in scope.codes if code in rows][:MOST_OF_A_KIND]
    return area_shapes.in_box(session, None, MOST_OF_A_KIND)


def area_spot(session: Session, path: str, scope: Scope) -> Spot | None:
    """The middle of an area, or of the smallest one around it whose place is known."""
    codes = area_store.codes_of(path)
    rows = area_store.rows_of(session, codes)
    for code in reversed(codes):
        row = rows.get(code)
        spot = _own_spot(session, row, scope) if row else None
        if spot is not None and row is not None:
            if code == codes[-1]:
                return spot
            return Spot(spot.lat, spot.lon, "above", spot.within_m, spot.of, row["name"])
    return None


def _own_spot(session: Session, row: Row, scope: Scope) -> Spot | None:
    drawn = store.find(session, AREA_SHAPES, AREA_SHAPES.c.id == row["id"])
    if drawn is not None:
        return Spot(drawn["lat"], drawn["lon"], "boundary", drawn["reach_m"])
    if row["level"] in ("street", "community"):
        known = area_find.homes(session, row["path"], scope)
        if known is None:
            return None
        lat, lon = (known.lat_min + known.lat_max) / 2, (known.lon_min + known.lon_max) / 2
        return Spot(lat, lon, "homes", distance_m(lat, lon, known.lat_max, known.lon_max), known.number)
    outline = outlines().of(row["code"])
    if outline is None:
        return None
    lat, lon = outline.middle
    corners = ((a, b) for a in (outline.lat_min, outline.lat_max) for b in (outline.lon_min, outline.lon_max))
    return Spot(lat, lon, "district", max(distance_m(lat, lon, *corner) for corner in corners))


def with_distance(hits: Sequence[Hit], origin: LatLon | None) -> list[dict[str, Any]]:
    """As the page shows them, with the metres from where somebody looks."""
    shown = []
    for hit in hits:
        far_m = None
        if origin is not None and hit.spot is not None:
            far_m = distance_m(*origin, hit.spot.lat, hit.spot.lon)
        shown.append({name: getattr(hit, name) for name in Hit.__slots__} | {"far_m": far_m})
    return shown
