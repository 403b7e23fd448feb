"""Which help is near a home, for many homes at once: resources lie in a grid, and the rings round a home are asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, radians

from geo.nearby import Resource, at_least_m

CELL_DEG = 0.02
METRES_PER_DEG = 110_500.0  # Of latitude, at its shortest.
FARTHEST_RINGS = 25  # About half a degree; what is farther is no help to somebody who lies on the floor.
GROUPS = (("hospital", "clinic"), ("police",), ("community", "volunteer"))
"""Of each of these the nearest one is told."""


@dataclass
class HelpNear:
    """Answers are within one percent of the exact distance, which is enough to know whom to telephone."""

    cells: dict[tuple[int, int], list[Resource]] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "HelpNear":
        made = cls()
        for one in resources:
            made.cells.setdefault(_cell(one.lat, one.lon), []).append(one)
        return made

    def nearest(self, lat: float, lon: float) -> list[tuple[Resource, int]]:
        """The nearest of each group that there is, with whole metres."""
        found = [self._nearest(lat, lon, group) for group in GROUPS]
        return [one for one in found if one is not None]

    def _nearest(self, lat: float, lon: float, kinds: tuple[str, ...]) -> tuple[Resource, int] | None:
        side_m = CELL_DEG * METRES_PER_DEG * max(0.01, cos(radians(lat)))  # A cell is narrower than it is high.
        best: tuple[float, Resource] | None = None
        for ring in range(FARTHEST_RINGS + 1):
            if best is not None and best[0] <= (ring - 1) * side_m:
                break  # Whatever lies in this ring is farther.
            for one in self._in_ring(lat, lon, ring):
                if one.kind in kinds:
                    away_m = at_least_m(lat, lon, one.lat, one.lon)
                    if best is None or away_m < best[0]:
                        best = (away_m, one)
        return None if best is None else (best[1], round(best[0]))

    def _in_ring(self, lat: float, lon: float, ring: int) -> Iterator[Resource]:
        row, column = _cell(lat, lon)
        for north in range(-ring, ring + 1):
            wide = abs(north) == ring
            for east in range(-ring, ring + 1) if wide else (-ring, ring):
                yield from self.cells.get((row + north, column + east), ())


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return int(lat // CELL_DEG), int(lon // CELL_DEG)
