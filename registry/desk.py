"""What all files are written with: one database, one clock, and the site's ways with phones and places."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.ids import new_id
from registry import store
from registry.intake import BadMember
from registry.phones import Phones
from registry.store import Row

ToWgs84 = Callable[[float, float, str], tuple[float, float]]
"""(lat, lon, datum) → (lat, lon) in WGS-84, all in degrees."""
IsOnLand = Callable[[float, float], bool]
"""Whether somebody can live at that (lat, lon), WGS-84: on land, in the centre's country."""


def anywhere(_lat: float, _lon: float) -> bool:
    """Where nobody knows the country's outline."""
    return True


@dataclass(frozen=True, slots=True)
class Desk:
    """Shared by the services of the registry. Its methods raise BadMember for what the registry cannot hold."""

    db: Database
    clock: Clock
    phones: Phones
    to_wgs84: ToWgs84
    timezone: str
    is_on_land: IsOnLand = anywhere

    @property
    def today(self) -> date:
        """The day it is where the centre is."""
        return self.clock.now().astimezone(ZoneInfo(self.timezone)).date()

    def new(self, values: Row) -> Row:
        now: datetime = self.clock.now()
        return values | {"id": new_id(), "version": 1, "created_at": now, "updated_at": now}

    def change(self, session: Session, table: Any, row_id: str, values: Row, version: int | None) -> Row:
        row = store.get(session, table, row_id)
        if not values and version in (None, row["version"]):
            return row
        return store.change(session, table, row_id, values | {"updated_at": self.clock.now()}, version=version)

    @staticmethod
    def phoned(values: Row, read: Callable[[str], str]) -> Row:
        if values.get("phone") is None:
            return values
        try:
            return values | {"phone": read(values["phone"])}
        except ValueError as fault:
            raise BadMember("phone", str(fault)) from None

    def placed(self, values: Row, given: set[str], kept_in: str) -> Row:
        """Coordinates in WGS-84, with what was given beside them; lat and lon come together or not at all."""
        crs = values.pop("crs", "wgs84")
        if not given & {"lat", "lon", "crs"}:
            return values
        lat, lon = values.get("lat"), values.get("lon")
        if (lat is None) != (lon is None) or len(given & {"lat", "lon"}) == 1:
            raise BadMember("lat", "lat and lon belong together")
        if lat is None or lon is None:
            return values | {kept_in: None} if "lat" in given else values
        exact_lat, exact_lon = self.to_wgs84(lat, lon, crs)
        return values | {"lat": exact_lat, "lon": exact_lon, kept_in: {"lat": lat, "lon": lon, "crs": crs}}

    def housed(self, values: Row, given: set[str], kept_in: str) -> Row:
        """As `placed`, where somebody is to live there: a place in the sea or abroad is a mistyped one."""
        values = self.placed(values, given, kept_in)
        lat, lon = values.get("lat"), values.get("lon")
        if lat is None or lon is None:
            return values
        if (lat, lon) == (0.0, 0.0):
            raise BadMember("lat", "0 and 0 is a place in the sea: leave both empty where the place is not known")
        if not self.is_on_land(lat, lon):
            is_swapped = abs(lon) <= 90 and self.is_on_land(lon, lat)
            hint = "lat and lon are the wrong way round" if is_swapped else "lies outside the country or in the sea"
            raise BadMember("lat", hint)
        return values
