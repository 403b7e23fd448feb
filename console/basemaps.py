"""The grounds of the live map, from the settings. Apart from `console.tiles`, because short commands check them too and
need no folium for it."""

from functools import lru_cache
from typing import Any

from core.settings import Settings
from geo.basemaps import Basemap, read_basemaps, vector

PMTILES = ".pmtiles"


@lru_cache(maxsize=4)
def basemaps_of(settings: Settings) -> tuple[Basemap, ...]:
    """What the live map may be drawn on, the usual one first. Raises geo.pmtiles.BasemapError."""
    found = list(read_basemaps(settings.basemaps)) if settings.basemaps else []
    if settings.pmtiles:
        found.append(vector("vector", settings.pmtiles, crs=settings.pmtiles_crs))
    if settings.tiles_url:
        found.append(Basemap("tiles", url=settings.tiles_url, crs=settings.tiles_crs))
    return tuple(found)


def grounds_of(settings: Settings) -> list[dict[str, Any]]:
    """The basemaps as the page's script is told of them."""
    return [
        {
            "key": one.key, "name": one.name, "is_vector": one.file is not None, "crs": one.crs,
            "url": f"/desk/basemaps/{one.key}{PMTILES}" if one.file else one.url,
            "attribution": one.attribution, "max_zoom": one.max_zoom,
        }
        for one in basemaps_of(settings)
    ]  # fmt: skip
