"""folium, tamed: local assets only, nothing of the page around the map, and no text that folium could execute.

folium compiles what its elements render as a Jinja template once more, and its popups are JavaScript template literals:
a resource called `{{ … }}` or `${…}` would run. So every text goes through `js_text`, which leaves such marks escaped.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.plugins import Realtime
from folium.template import Template
from folium.utilities import JsCode

from geo.crs import WGS84, LatLon, from_wgs84
from geo.outlines import Area

ASSET_BASE = "/static/vendor"
MAX_ZOOM = 19  # Without a tile layer nothing else limits the zoom, and clustering needs a limit.


@dataclass(frozen=True, slots=True)
class Tiles:
    """A site's own XYZ tiles. `crs` is the datum of the map on them: gcj02 for most maps made in China."""

    url: str
    attribution: str = ""
    max_zoom: int = 18
    crs: str = WGS84

    def place(self, lat: float, lon: float) -> LatLon:
        """Where this map has a WGS-84 place."""
        return from_wgs84(lat, lon, self.crs)


@dataclass(frozen=True, slots=True)
class MapPieces:
    """What a page needs to show a map. The script is a file of its own, to be loaded after `js_links` and the html."""

    css_links: tuple[str, ...]
    js_links: tuple[str, ...]
    html: str
    script: str


class OfflineMap(folium.Map):
    """A folium map whose only links are those given."""

    def __init__(
        self, *, name: str, links: Sequence[str], tiles: Tiles | None, has_credits: bool = False, **options: Any
    ) -> None:
        super().__init__(
            tiles=None,
            zoom_control="topright",
            max_zoom=None,
            maxZoom=tiles.max_zoom if tiles else MAX_ZOOM,
            attribution_control=has_credits or tiles is not None,
            **options,
        )
        self._id = name
        # The class's own lists are shared by every map of the process: these shadow them.
        self.default_js = [(link, link) for link in links if link.endswith(".js")]
        self.default_css = [(link, link) for link in links if link.endswith(".css")]
        if tiles is not None:
            self.add_child(_tile_layer(tiles))


class LocalRealtime(Realtime):
    """leaflet-realtime without folium's link to a CDN; the map brings the script. It is only pushed to, and its
    pins stand in a layer of our own (static/crowd.js)."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # folium's own declaration

    def __init__(self, *, name: str, container: str, point_to_layer: str, update_feature: str) -> None:
        super().__init__(
            JsCode("function () {}"),
            start=False,
            container=JsCode(container),  # type: ignore[arg-type]  # any JavaScript that makes a layer will do
            point_to_layer=JsCode(point_to_layer),
            update_feature=JsCode(update_feature),
        )
        self._id = name


class Pin(MacroElement):
    """A marker drawn by static/map.js; `sign` and `text` are set as text, never as HTML."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            carebell.pin({{ this.place }}, {{ this.shape }}, {{ this.sign }}, {{ this.text }})
                .addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, place: LatLon, shape: str, sign: str = "", text: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's has no types
        self._name = "Pin"
        self.place = json.dumps([round(degrees, 6) for degrees in place])
        self.shape, self.sign, self.text = js_text(shape), js_text(sign), js_text(text)


class Call(MacroElement):
    """A call of geo/static's scripts after everything drawn before it, with elements, texts or coordinates."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this.function }}({{ this.arguments }});
        {% endmacro %}
        """
    )

    def __init__(self, function: str, *arguments: Element | str | Sequence[LatLon]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's has no types
        self._name = "Call"
        self.function = function
        self.arguments = ", ".join(_literal(one) for one in arguments)


def _literal(told: Element | str | Sequence[LatLon]) -> str:
    if isinstance(told, Element):
        return told.get_name()
    return js_text(told) if isinstance(told, str) else json.dumps(told)


def js_text(text: str) -> str:
    """A JavaScript string literal without a character that HTML, Jinja or a template literal would act on."""
    literal = json.dumps(text)
    for mark in "<>&'`${}%#":
        literal = literal.replace(mark, f"\\u{ord(mark):04x}")
    return literal


def add_areas(drawn: OfflineMap | folium.FeatureGroup, areas: Iterable[Area], tiles: Tiles | None) -> None:
    """District outlines, under everything else."""
    place = (tiles or Tiles("")).place
    for area in areas:
        for rings in area.polygons:
            lines = [[place(lat, lon) for lat, lon in ring.points] for ring in rings]
            folium.Polygon(lines, class_name="cb-area", fill=True).add_to(drawn)
        Pin(place(*area.middle), "area", text=area.name).add_to(drawn)


def pieces(drawn: OfflineMap, *scripts: str) -> MapPieces:
    """Render, and keep the links, the element and the script: the rest forbids zooming and styles the whole page.

    The script begins with geo/static's map.js and the `scripts` named.
    """
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("the map has been put into something else")
    figure.render()
    header = figure.header._children.values()
    ours = "\n".join(static_text(name) for name in ("map.js", *scripts))
    return MapPieces(
        css_links=tuple(part.url for part in header if isinstance(part, CssLink)),
        js_links=tuple(part.url for part in header if isinstance(part, JavascriptLink)),
        html=figure.html.render().strip(),
        script=f'{ours}\n(function () {{\n"use strict";\n{figure.script.render()}\n}})();\n',
    )


def static_text(name: str) -> str:
    """A file of geo/static."""
    return (resources.files("geo") / "static" / name).read_text(encoding="utf-8")


def _tile_layer(tiles: Tiles) -> folium.TileLayer:
    return folium.TileLayer(tiles.url, attr=tiles.attribution or " ", max_zoom=tiles.max_zoom, control=False)
