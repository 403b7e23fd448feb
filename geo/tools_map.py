"""A map with nothing on it but its ground, for the tools of the registry's page."""

from geo.crs import WGS84, LatLon
from geo.leaflet import ASSET_BASE, Call, MapPieces, OfflineMap, Tiles, add_areas, pieces
from geo.maps import CITY_M, LEAFLET
from geo.outlines import NoOutlines, Outlines

__all__ = ["tools_map"]


def tools_map(
    centre: LatLon, outlines: Outlines | None = None, tiles: Tiles | None = None, *, asset_base: str = ASSET_BASE
) -> MapPieces:
    """Around a WGS-84 place; its script gives the page `carebell.map` and the event `carebell:map`, as the live map's
    does, once the page has `carebell.board`."""
    links = [f"{asset_base.rstrip('/')}/{name}" for name in LEAFLET]
    drawn = OfflineMap(name="tools", links=links, tiles=tiles, location=centre, zoom_start=13)
    Call("carebell.setDatum", drawn, tiles.crs if tiles else WGS84).add_to(drawn)
    if tiles is None:
        add_areas(drawn, (outlines or NoOutlines()).near(*centre, CITY_M), None)
    Call("carebell.board", drawn).add_to(drawn)
    return pieces(drawn, "datum.js")
