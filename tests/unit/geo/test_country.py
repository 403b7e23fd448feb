"""Where a home can be."""

import pytest

from geo.country import Country
from geo.outlines import GeocnOutlines

CHINA = Country(GeocnOutlines())


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (34.3296, 108.7093), (34.3, 108.7), (34.0, 108.0), (39.908, 116.397), (31.2397, 121.4998), (43.8256, 87.6168),
        (18.2528, 109.5117), (53.4836, 122.3594), (29.6500, 91.1000), (22.2800, 114.1588), (25.0330, 121.5654),
        (24.4447, 118.0622),
    ],
)  # fmt: skip
def test_homes_in_the_country(lat: float, lon: float) -> None:
    assert CHINA.holds(lat, lon)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (0.0, 0.0), (108.7 - 90, 34.3), (36.0, 122.9), (30.0, 125.0), (15.0, 115.0), (48.8566, 2.3522),
        (37.5665, 126.9780), (21.0285, 105.8542), (-34.3, 108.7),
    ],
)  # fmt: skip
def test_the_sea_and_other_countries(lat: float, lon: float) -> None:
    assert not CHINA.holds(lat, lon)
