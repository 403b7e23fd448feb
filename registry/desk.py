"""What all files are written with: one database, one clock, and the site's ways with phones and places."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Desk:
    """Shared by the services of the registry. Its methods raise BadMember for what the registry cannot hold."""

    db: Database
    clock: Clock
    phones: Phones
    to_wgs84: ToWgs84
    timezone: str

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
