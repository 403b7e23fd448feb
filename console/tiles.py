"""The site's own map tiles, from the settings."""

from core.settings import Settings
from geo.maps import Tiles


def tiles_of(settings: Settings) -> Tiles | None:
    """None where the site has none: outlines are drawn then."""
    return Tiles(settings.tiles_url, crs=settings.tiles_crs) if settings.tiles_url else None
