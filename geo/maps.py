"""The maps of the centre: the sheet of one alarm, to be opened, printed and sent, the duty desk's live map, and the
registry's: help as pins, and a place that is chosen with a click.

Neither makes a request that leaves the machine, unless the site has set tiles of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import folium
from jinja2 import Environment, PackageLoader, StrictUndefined

from geo import embed
from geo.crs import LatLon
from geo.labels import CHINESE, duration, metres
from geo.leaflet import (
    ASSET_BASE,
    Call,
    LocalRealtime,
    MapPieces,
    OfflineMap,
    Pin,
    Tiles,
    add_areas,
    pieces,
    static_text,
)
from geo.nearby import LARGEST_RADIUS_M, Nearby, box_around, distance_m
from geo.outlines import NoOutlines, Outlines
from geo.position import Position

__all__ = [
    "MapPieces", "Sheet", "Tiles", "alarm_map", "alarm_page", "live_map", "map_css", "picker_map", "places_map",
    "sheet_css",
]  # fmt: skip

LEAFLET = ("leaflet/leaflet.css", "leaflet/leaflet.js")
REALTIME = ("leaflet-realtime/leaflet-realtime.js",)
LIVE_SCRIPTS = ("datum.js", "canvas.js", "dots.js", "crowd.js", "live.js")  # In geo/static, in this order.

SURROUNDINGS_M = 12_000.0  # Outlines drawn around an alarm: what is seen when somebody zooms out two or three steps.
CITY_M = 40_000.0  # Outlines drawn around the live map's centre.
LEAST_VIEW_M = 250.0  # A lone pin is shown with the streets around it, not at the last zoom step.
HOME_IN_VIEW_M = 30_000.0  # A home farther away than this is named, but the map does not shrink for it.
ALONE_M = 2_000.0  # Seen around a place that is alone on its map.
SAME_PLACE_M = 15.0  # Home and position closer than this share one pin.

_pages = Environment(
    loader=PackageLoader("geo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the map of one alarm shows. Instants are aware UTC and printed in `timezone`; `nearby` is nearest first.

    `address` is the registered home; `district` is where the position is.
    """

    title: str
    elder: str
    position: Position | None
    drawn_at: datetime
    nearby: tuple[Nearby, ...] = ()
    address: str | None = None
    district: str = ""
    pressed_at: datetime | None = None
    timezone: tzinfo = UTC


def alarm_page(
    sheet: Sheet,
    *,
    labels: Mapping[str, str] = CHINESE,
    outlines: Outlines | None = None,
    tiles: Tiles | None = None,
    asset_base: str = ASSET_BASE,
    inline_assets: Path | None = None,
    script_url: str | None = None,
    style_url: str | None = None,
) -> str:
    """A complete HTML page.

    `inline_assets` is the folder behind `asset_base`: given, scripts, styles and images are embedded and the page opens
    alone, from a mail too. Without it, `script_url` and `style_url` keep the page free of inline script and style: they
    serve `alarm_map(…).script` and `sheet_css()`.
    """
    shown = None if sheet.position is None else alarm_map(sheet, labels, outlines, tiles, asset_base=asset_base)
    is_embedded = inline_assets is not None
    return _pages.get_template("alarm_map.html").render(
        sheet=sheet,
        labels=labels,
        map=shown,
        facts=_facts(sheet, labels),
        help=[(one, labels.get(f"kind.{one.kind}", one.kind), metres(one.distance_m, labels)) for one in sheet.nearby],
        has_home_pin=_home_apart(sheet.position) is not None,
        css_links=() if is_embedded or shown is None else shown.css_links,
        js_links=() if is_embedded or shown is None else shown.js_links,
        styles=embed.styles(inline_assets, LEAFLET) if inline_assets and shown else (),
        scripts=embed.scripts(inline_assets, LEAFLET) if inline_assets and shown else (),
        script=None if shown is None or (script_url and not is_embedded) else embed.script(shown.script),
        script_url=script_url if shown else None,
        style=None if style_url and not is_embedded else embed.style(sheet_css()),
        style_url=style_url,
    )


def alarm_map(
    sheet: Sheet,
    labels: Mapping[str, str] = CHINESE,
    outlines: Outlines | None = None,
    tiles: Tiles | None = None,
    *,
    asset_base: str = ASSET_BASE,
) -> MapPieces:
    """The map alone: the elder, home, circle of accuracy, and help by the numbers of the list beside it.

    Raises ValueError when the sheet has no position.
    """
    position = sheet.position
    if position is None:
        raise ValueError("a map needs a position")
    place = (tiles or Tiles("")).place
    here = place(position.lat, position.lon)
    drawn = OfflineMap(name="alarm", links=_links(asset_base, LEAFLET), tiles=tiles, location=here, zoom_start=15)
    if tiles is None:
        add_areas(drawn, (outlines or NoOutlines()).near(position.lat, position.lon, SURROUNDINGS_M), tiles)
    if position.accuracy_m is not None:
        folium.Circle(here, position.accuracy_m, class_name="cb-circle", fill=True).add_to(drawn)
    for number, one in enumerate(sheet.nearby, 1):
        there = place(one.lat, one.lon)
        way = folium.PolyLine([here, there], class_name="cb-way")  # type: ignore[no-untyped-call]  # folium's has no types
        way.add_to(drawn)
        Pin(there, "help", str(number), metres(one.distance_m, labels)).add_to(drawn)
    home = _home_apart(position)
    if home is not None:
        Pin(place(*home), "home").add_to(drawn)
    Pin(here, "place", text=sheet.elder).add_to(drawn)
    Call("carebell.sheet", drawn, _view(position, sheet.nearby, home, tiles)).add_to(drawn)
    return pieces(drawn)


def live_map(
    centre: LatLon,
    *,
    alarms_url: str,
    zoom: int = 12,
    outlines: Outlines | None = None,
    asset_base: str = ASSET_BASE,
) -> MapPieces:
    """The duty desk's map, fed by pushes; every place that it is told or tells is WGS-84, `centre` too.

    The address answers with a GeoJSON FeatureCollection of points, fetched at the start and by
    `carebell.map.refresh()`. Properties of an alarm: `id`, `state` (unclaimed, calling, accepted, arrived, follow_up,
    closed, silent), `label` (read aloud), and if wanted `text` under the pin, `sign` on it, `holder` (who has it) and
    `accuracy_m`. The script gives the page `carebell.map`: pushAlarm(feature), dropAlarm(id), choose(id), show(id),
    showAll(), refresh(); `areas`, the layer of outlines; `dots`, the canvas for what comes in great numbers; ways(all),
    the lines to helpers; and carebell.setDatum(map, name) puts it onto ground in another datum. Four events bubble from
    the map's element: `carebell:map` when it is ready, `carebell:alarms` when all alarms have been fetched,
    `carebell:alarm` when a pin is chosen (detail.id), `carebell:stale` when they could not be fetched.
    """
    drawn = OfflineMap(
        name="live", links=_links(asset_base, LEAFLET + REALTIME), tiles=None, has_credits=True, location=centre,
        zoom_start=zoom,
    )  # fmt: skip
    areas = folium.FeatureGroup(control=False)
    areas.add_to(drawn)
    add_areas(areas, (outlines or NoOutlines()).near(*centre, CITY_M), None)
    alarms = LocalRealtime(
        name="alarms", container="carebell.crowd()", point_to_layer="carebell.alarmLayer",
        update_feature="carebell.alarmUpdate",
    )  # fmt: skip
    alarms.add_to(drawn)
    Call("carebell.live", drawn, areas, alarms, alarms_url).add_to(drawn)
    return pieces(drawn, *LIVE_SCRIPTS)


def places_map(
    places: Collection[tuple[float, float, str, str]],
    around: LatLon,
    outlines: Outlines | None = None,
    tiles: Tiles | None = None,
    *,
    asset_base: str = ASSET_BASE,
) -> MapPieces:
    """Help as pins: (lat, lon, sign on the pin, text under it), WGS-84; `around` is seen where there is none."""
    place = (tiles or Tiles("")).place
    drawn = OfflineMap(name="places", links=_links(asset_base, LEAFLET), tiles=tiles, location=place(*around))
    if tiles is None:
        add_areas(drawn, (outlines or NoOutlines()).near(*around, CITY_M), tiles)
    for lat, lon, sign, text in places:
        Pin(place(lat, lon), "help", sign, text).add_to(drawn)
    seen = [place(lat, lon) for lat, lon, _, _ in places] or [place(*around)]
    if len(seen) == 1:  # With what lies around it, not at the last zoom step.
        box = box_around(*seen[0], ALONE_M)
        seen = [(box.lat_min, seen[0][1]), (box.lat_max, seen[0][1])]
    lats, lons = zip(*seen, strict=True)
    Call("carebell.sheet", drawn, [(min(lats), min(lons)), (max(lats), max(lons))]).add_to(drawn)
    return pieces(drawn)


def picker_map(
    chosen: LatLon | None,
    around: LatLon,
    outlines: Outlines | None = None,
    tiles: Tiles | None = None,
    *,
    asset_base: str = ASSET_BASE,
) -> MapPieces:
    """A map on which a place is chosen with a click: the event `carebell:picked` bubbles from its element, with `lat`
    and `lon` in the map's datum. Both places given are WGS-84."""
    place, middle = (tiles or Tiles("")).place, chosen or around
    zoom = 15 if chosen else 12
    drawn = OfflineMap(
        name="picker", links=_links(asset_base, LEAFLET), tiles=tiles, location=place(*middle), zoom_start=zoom
    )
    if tiles is None:
        add_areas(drawn, (outlines or NoOutlines()).near(*middle, CITY_M), tiles)
    Call("carebell.picker", drawn, [place(*chosen)] if chosen else []).add_to(drawn)
    return pieces(drawn)


def map_css() -> str:
    """The styles of both maps' pins and outlines."""
    return static_text("map.css")


def sheet_css() -> str:
    """All styles of the alarm page, print included."""
    return map_css() + static_text("sheet.css")


def _links(asset_base: str, names: Collection[str]) -> list[str]:
    return [f"{asset_base.rstrip('/')}/{name}" for name in names]


def _home_apart(position: Position | None) -> LatLon | None:
    """The home, when it is another place than the one shown."""
    if position is None or position.home_lat is None or position.home_lon is None or position.how == "home":
        return None
    return (position.home_lat, position.home_lon) if (position.home_distance_m or 0.0) > SAME_PLACE_M else None


def _view(position: Position, nearby: Collection[Nearby], home: LatLon | None, tiles: Tiles | None) -> list[LatLon]:
    """South-west and north-east corner of what is to be seen, in the map's datum."""
    seen = [(one.lat, one.lon) for one in nearby]
    if home is not None and distance_m(position.lat, position.lon, *home) <= HOME_IN_VIEW_M:
        seen.append(home)
    around_m = min(max(position.accuracy_m or 0.0, LEAST_VIEW_M), LARGEST_RADIUS_M)
    box = box_around(position.lat, position.lon, around_m)
    half_lon = (box.lon_ranges[0][1] - box.lon_ranges[0][0]) / 2 if len(box.lon_ranges) == 1 else 0.0
    seen += [(box.lat_min, position.lon - half_lon), (box.lat_max, position.lon + half_lon)]
    place = (tiles or Tiles("")).place
    lats, lons = zip(*(place(*one) for one in seen), strict=True)
    return [(min(lats), min(lons)), (max(lats), max(lons))]


def _facts(sheet: Sheet, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Lines of name and value for the head of the page."""
    position = sheet.position
    facts = []
    if position is not None:
        facts.append((labels[f"how.{position.how}"], _how_known(position, sheet.drawn_at, labels)))
        facts.append((labels["coordinates"], f"{position.lat:.5f}, {position.lon:.5f}"))
    if sheet.district:
        facts.append((labels["district"], sheet.district))
    if sheet.pressed_at is not None:
        facts.append((labels["pressed_at"], _local(sheet.pressed_at, sheet.timezone)))
    facts.append((labels["drawn_at"], _local(sheet.drawn_at, sheet.timezone)))
    return facts


def _how_known(position: Position, now: datetime, labels: Mapping[str, str]) -> str:
    parts = [labels.get(f"source.{position.source}", "")]
    if position.accuracy_m is not None:
        parts.append(labels["accuracy"].format(metres=metres(position.accuracy_m, labels)))
    if position.how != "home":
        age_s = position.age_s(now)
        parts.append(labels["age.unknown"] if age_s is None else labels["age"].format(age=duration(age_s, labels)))
    home_m = position.home_distance_m
    if home_m is not None and _home_apart(position) is not None:
        parts.append(labels["from_home"].format(metres=metres(home_m, labels)))
    return " · ".join(part for part in parts if part)


def _local(at: datetime, timezone: tzinfo) -> str:
    return at.astimezone(timezone).strftime("%Y-%m-%d %H:%M:%S")
