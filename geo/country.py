"""Whether somebody can live at a place: on land, in the country whose districts are known."""

from geo.outlines import Area, Outlines

SHORE_M = 3000.0
"""How far off the drawn coast a home may lie: the outlines are simplified, and small islands are missing from them."""
_METRES_PER_DEGREE = 111_195.0
_AROUND = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7))


class Country:
    """Answers from the outlines; safe to use from any thread."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._last: Area | None = None

    def holds(self, lat: float, lon: float) -> bool:
        """Degrees, WGS-84. A list of homes mostly stays in one district, which is therefore asked first."""
        last = self._last
        if last is not None and last.holds(lat, lon):
            return True
        near = self._outlines.near(lat, lon, SHORE_M)
        step = SHORE_M / _METRES_PER_DEGREE
        for north, east in ((0.0, 0.0), *_AROUND):
            # A step east is taken as a degree of latitude is long: nearer than SHORE_M, the further from the equator.
            spot = lat + north * step, lon + east * step
            for area in near:
                if area.holds(*spot):
                    self._last = area
                    return True
        return False
