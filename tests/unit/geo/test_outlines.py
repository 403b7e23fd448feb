"""Districts: which outline holds a place, and what it is called."""

import pytest

from geo.geocode import District, NoGeocoder, OutlineGeocoder
from geo.outlines import Area, GeocnOutlines, NoOutlines, Ring

OUTLINES = GeocnOutlines()


def square(low: float, high: float) -> Ring:
    return Ring([low, low, high, high, low], [low, high, high, low, low])


def test_hole_is_not_inside() -> None:
    area = Area("000001", "ring road", ((square(0, 10), square(4, 6)),), 0, 10, 0, 10)

    assert area.holds(2, 2)
    assert not area.holds(5, 5)
    assert not area.holds(11, 5)


def test_name_stands_in_the_middle_of_the_largest_part() -> None:
    area = Area("000001", "two islands", ((square(20, 21),), (square(0, 10),)), 0, 21, 0, 21)
    assert area.middle == pytest.approx((5, 5))


def test_outlines_near_the_demo_city() -> None:
    names = {area.name for area in OUTLINES.near(34.3296, 108.7093, 5_000)}
    assert {"秦都区", "渭城区"} <= names
    assert "东城区" not in names


@pytest.mark.parametrize(
    ("lat", "lon", "text"),
    [
        (34.3296, 108.7093, "陕西省咸阳市秦都区"),
        (39.9200, 116.4100, "北京市东城区"),
        (30.3600, 113.4500, "湖北省仙桃市"),
        (48.8566, 2.3522, ""),
        (-17.0, 180.0, ""),
    ],
)
def test_district_of_a_place(lat: float, lon: float, text: str) -> None:
    assert OutlineGeocoder(OUTLINES).district(lat, lon).text == text


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert OutlineGeocoder(NoOutlines()).district(34.3, 108.7) == District()
    assert NoGeocoder().district(34.3, 108.7).text == ""
