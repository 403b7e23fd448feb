"""The grounds that a site has for its maps: vector tiles in a PMTiles file, or XYZ pictures from a server of its own.

Several of them stand in a TOML file:

    [[basemap]]
    name = "街道图"
    pmtiles = "xianyang.pmtiles"      # beside this file, or an absolute path
    crs = "wgs84"                     # or gcj02
    attribution = "© OpenStreetMap contributors"

    [[basemap]]
    name = "影像"
    url = "https://maps.example/{z}/{x}/{y}.jpg"
    crs = "gcj02"
    max_zoom = 17
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.crs import GCJ02, WGS84
from geo.pmtiles import BasemapError, read_archive

MOST = 8
DEEPEST_ZOOM, USUAL_ZOOM = 19, 18
MEMBERS = frozenset({"name", "pmtiles", "url", "crs", "attribution", "max_zoom"})
_WEB = re.compile(r"(https?://[^/{\s]+|)/\S*")


@dataclass(frozen=True, slots=True)
class Basemap:
    """One ground. `file` is the PMTiles archive, or None for the XYZ tiles of `url`; without a `name` the page finds
    one. `max_zoom` is the deepest step that the tiles themselves have; pictures are not drawn beyond it."""

    key: str
    name: str = ""
    url: str = ""
    file: Path | None = None
    crs: str = WGS84
    attribution: str = ""
    max_zoom: int = USUAL_ZOOM

    @property
    def host(self) -> str | None:
        """Where its pictures come from, where that is not the centre itself."""
        found = re.match(r"https?://[^/{]+", self.url)
        return found.group() if found else None


def vector(key: str, file: Path, *, name: str = "", crs: str = WGS84, attribution: str = "") -> Basemap:
    """A PMTiles file. Raises BasemapError for one that cannot be drawn."""
    archive = read_archive(file)
    told = attribution or archive.attribution
    return Basemap(key, name, file=file, crs=crs, attribution=told, max_zoom=archive.max_zoom)


def read_basemaps(path: Path) -> list[Basemap]:
    """Those of a TOML file, in its order. Raises BasemapError, which names the first that will not do."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise BasemapError(f"CAREBELL_BASEMAPS {path}: {why}") from None
    rows = told.get("basemap")
    if not isinstance(rows, list) or not rows or set(told) != {"basemap"}:
        raise BasemapError(f"CAREBELL_BASEMAPS {path}: must hold [[basemap]] tables and nothing else")
    if len(rows) > MOST:
        raise BasemapError(f"CAREBELL_BASEMAPS {path}: more than {MOST} basemaps, which nobody finds their way among")
    return [_basemap(path, number, row) for number, row in enumerate(rows, 1)]


def _basemap(path: Path, number: int, row: Mapping[str, Any]) -> Basemap:
    def refuse(why: str) -> BasemapError:
        return BasemapError(f"CAREBELL_BASEMAPS {path}: basemap {number} {why}")

    if unknown := sorted(set(row) - MEMBERS):
        raise refuse(f"has an unknown member {unknown[0]}; there are {', '.join(sorted(MEMBERS))}")
    texts = {one: row.get(one, "") for one in ("name", "pmtiles", "url", "crs", "attribution")}
    if wrong := next((name for name, value in texts.items() if not isinstance(value, str)), None):
        raise refuse(f"needs a text for {wrong}")
    crs, zoom = texts["crs"] or WGS84, row.get("max_zoom", USUAL_ZOOM)
    if not texts["name"]:
        raise refuse("has no name")
    if crs not in (WGS84, GCJ02):
        raise refuse(f"must have crs {WGS84} or {GCJ02}")
    if bool(texts["pmtiles"]) == bool(texts["url"]):
        raise refuse("needs either pmtiles or url")
    if isinstance(zoom, bool) or not isinstance(zoom, int) or not 1 <= zoom <= DEEPEST_ZOOM:
        raise refuse(f"must have a max_zoom from 1 to {DEEPEST_ZOOM}")
    key, name, credit = f"site-{number}", texts["name"][:60], texts["attribution"]
    if texts["pmtiles"]:
        return vector(key, path.parent / texts["pmtiles"], name=name, crs=crs, attribution=credit)
    if not _WEB.fullmatch(texts["url"]) or not all(part in texts["url"] for part in ("{z}", "{x}", "{y}")):
        raise refuse("must have a url like https://maps.example/{z}/{x}/{y}.png")
    return Basemap(key, name, url=texts["url"], crs=crs, attribution=credit, max_zoom=zoom)
