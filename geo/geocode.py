"""Which district a place is in, offline. Only ever asked behind the call, never in front of it."""

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from geo.outlines import Outlines, code_of, read_features


@dataclass(frozen=True, slots=True)
class District:
    """Names from large to small; empty where unknown. `code` is the county's, six digits of GB/T 2260."""

    code: str = ""
    province: str = ""
    city: str = ""
    county: str = ""

    @property
    def text(self) -> str:
        """Written as Chinese addresses are; a municipality, its own province and city, is named once."""
        return "".join(dict.fromkeys((self.province, self.city, self.county)))


class Geocoder(Protocol):
    """Names the district of a WGS-84 place."""

    def district(self, lat: float, lon: float) -> District:
        """An empty District when nobody knows."""
        ...


class NoGeocoder:
    """Knows nothing; for a site outside China."""

    def district(self, lat: float, lon: float) -> District:
        return District()


class OutlineGeocoder:
    """Looks which outline holds the place; city and province follow from the code's first digits."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._lock = threading.Lock()

    @cached_property
    def _names(self) -> dict[str, str]:
        return {
            code_of(told): told["properties"]["name"] for level in ("province", "city") for told in read_features(level)
        }

    def district(self, lat: float, lon: float) -> District:
        for area in self._outlines.near(lat, lon, 0.0):
            if area.holds(lat, lon):
                with self._lock:  # Two threads at once would both read the files.
                    names = self._names
                code = area.code
                return District(code, names.get(f"{code[:2]}0000", ""), names.get(f"{code[:4]}00", ""), area.name)
        return District()
