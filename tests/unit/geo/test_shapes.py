"""Boundaries: what is one and what is not, and what lies inside; held against shapely where a shape is random."""

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry import shape as shapely_shape

from geo.crs import GCJ02, from_wgs84
from geo.shapes import BadShape, kept, read_shape

SQUARE = [[108.7, 34.3], [108.72, 34.3], [108.72, 34.32], [108.7, 34.32], [108.7, 34.3]]
BOW = [[108.7, 34.3], [108.72, 34.32], [108.72, 34.3], [108.7, 34.32], [108.7, 34.3]]


def polygon(*rings: list[Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_square_is_kept_with_its_size_and_its_middle() -> None:
    shape = read_shape(polygon(SQUARE))

    assert shape.holds(34.31, 108.71)
    assert not shape.holds(34.33, 108.71)
    assert shape.middle == pytest.approx((34.31, 108.71), abs=1e-6)
    assert shape.area_m2 == pytest.approx(1840.7 * 2218.6, rel=0.001)  # 0.02° of longitude and of latitude there.
    assert shape.reach_m(34.31, 108.71) == pytest.approx(math.hypot(1840.7, 2218.6) / 2, rel=0.001)
    assert kept(shape.geometry()) == shape


@pytest.mark.parametrize("told", [
    {"type": "Feature", "properties": {}, "geometry": polygon(SQUARE)},
    {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": polygon(SQUARE)}]},
    polygon(SQUARE[:-1]),
    polygon(SQUARE[::-1]),
    polygon([[*point, 412.0] for point in SQUARE]),
])  # fmt: skip
def test_what_programs_write_is_read_as_the_same_shape(told: dict[str, Any]) -> None:
    wanted = shapely_shape(read_shape(polygon(SQUARE)).geometry())

    assert shapely_shape(read_shape(told).geometry()).equals(wanted)


@pytest.mark.parametrize(("told", "why"), [
    ({"type": "Point", "coordinates": [1, 2]}, "Polygon or MultiPolygon"),
    ("nothing", "Polygon or MultiPolygon"),
    ({"type": "FeatureCollection", "features": []}, "one feature"),
    ({"type": "Polygon"}, "missing"),
    (polygon([]), "three corners"),
    (polygon(SQUARE[:2]), "three corners"),
    (polygon([[108.7, 34.3]] * 5), "three corners"),
    (polygon([["108.7", 34.3], *SQUARE[1:]]), r"\[longitude, latitude\]"),
    (polygon([[34.3, 108.7], *SQUARE[1:]]), "longitude comes first"),
    (polygon([[500.0, 34.3], *SQUARE[1:]]), "outside the world"),
    (polygon(SQUARE, [[108.71, 34.31], [108.715, 34.31], [108.71, 34.315], [108.71, 34.31]]), "holes"),
    (polygon([[108.7, 34.3], [108.70001, 34.3], [108.7, 34.30001]]), "smaller than 100"),
    (polygon([[70.0, 0.0], [140.0, 0.0], [140.0, 60.0], [70.0, 60.0]]), "larger than a province"),
    (polygon([[108.7 + n / 1e5, 34.3 + (n % 2) / 10] for n in range(2001)]), "at most 2000 points"),
])  # fmt: skip
def test_what_is_no_boundary_is_refused_with_the_reason(told: Any, why: str) -> None:
    with pytest.raises(BadShape, match=why):
        read_shape(told)


def test_a_crossing_is_told_with_its_place() -> None:
    with pytest.raises(BadShape, match="crosses or touches itself") as refused:
        read_shape(polygon(BOW))

    assert refused.value.at == pytest.approx((34.31, 108.71), abs=1e-6)


@pytest.mark.parametrize("line", [
    [*SQUARE[:2], [108.72, 34.34], *SQUARE[2:]],  # out and back again
    [[108.7, 34.3], [108.72, 34.3], [108.71, 34.3], [108.71, 34.32]],
    [[0.0, 0.0], [0.02, 0.0], [0.01, 0.01], [0.02, 0.02], [0.0, 0.02], [0.01, 0.01]],  # an hourglass
])  # fmt: skip
def test_a_line_that_touches_itself_is_refused(line: list[list[float]]) -> None:
    with pytest.raises(BadShape, match="crosses or touches itself") as refused:
        read_shape(polygon(line))
    assert refused.value.at is not None


def test_parts_may_lie_apart_but_not_in_each_other() -> None:
    inner = [[108.705, 34.305], [108.71, 34.305], [108.71, 34.31], [108.705, 34.305]]
    apart = [[lon + 0.1, lat] for lon, lat in SQUARE]
    both = read_shape({"type": "MultiPolygon", "coordinates": [[SQUARE], [apart]]})

    assert both.holds(34.31, 108.71)
    assert both.holds(34.31, 108.81)
    assert not both.holds(34.31, 108.77)
    assert both.geometry()["type"] == "MultiPolygon"
    assert kept(both.geometry()) == both
    with pytest.raises(BadShape, match="inside another"):
        read_shape({"type": "MultiPolygon", "coordinates": [[SQUARE], [inner]]})


def test_a_corner_abroad_is_told_with_its_place() -> None:
    with pytest.raises(BadShape, match="outside the country") as refused:
        read_shape(polygon(SQUARE), is_on_land=lambda lat, lon: (lat, lon) != (34.32, 108.72))

    assert refused.value.at == (34.32, 108.72)


def test_a_line_drawn_on_a_chinese_map_is_kept_in_wgs84() -> None:
    there = [list(reversed(from_wgs84(lat, lon, GCJ02))) for lon, lat in SQUARE]

    assert read_shape(polygon(there), GCJ02).box == pytest.approx(read_shape(polygon(SQUARE)).box, abs=2e-7)


def test_the_middle_of_a_horseshoe_lies_in_it() -> None:
    horseshoe = [[0, 0], [0.09, 0], [0.09, 0.09], [0.08, 0.09], [0.08, 0.01], [0.01, 0.01], [0.01, 0.09], [0, 0.09]]
    shape = read_shape(polygon(horseshoe))

    assert shape.holds(*shape.middle)


corners = st.integers(-200, 200)
points = st.tuples(corners, corners)


@given(st.lists(points, min_size=3, max_size=12))
def test_what_is_a_boundary_is_what_shapely_calls_one(grid: list[tuple[int, int]]) -> None:
    line = [point for n, point in enumerate(grid) if point != grid[n - 1]]
    assume(len(line) >= 3)
    told = polygon([[lon / 1000, lat / 1000] for lon, lat in line])
    known = Polygon([(lon / 1000, lat / 1000) for lon, lat in line])
    try:
        shape = read_shape(told)
    except BadShape:
        assert not known.is_valid or known.area < 1e-5
        return
    assert known.is_valid
    assert shapely_shape(shape.geometry()).equals(known)
    assert known.contains(Point(shape.middle[1], shape.middle[0]))


@given(
    st.lists(st.floats(0.1, 1.0), min_size=3, max_size=24), st.floats(-1.1, 1.1), st.floats(-1.1, 1.1),
)  # fmt: skip
def test_what_lies_inside_is_what_shapely_says(radii: list[float], north: float, east: float) -> None:
    """A star around the middle never crosses itself."""
    turn = 2 * math.pi / len(radii)
    star = [[108.7 + r * math.cos(n * turn), 34.3 + r * math.sin(n * turn)] for n, r in enumerate(radii)]
    shape = read_shape(polygon(star))
    known = MultiPolygon([Polygon([(p[1], p[0]) for p in ring.points]) for ring in shape.rings])
    lat, lon = 34.3 + north, 108.7 + east
    assume(known.boundary.distance(Point(lon, lat)) > 1e-9)

    assert shape.holds(lat, lon) == known.contains(Point(lon, lat))


numbers = st.integers() | st.floats() | st.just(10**400)
things = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4), max_leaves=12
)


@given(st.sampled_from(["Polygon", "MultiPolygon", "Point", "Feature"]), things)
def test_whatever_is_said_is_a_boundary_or_refused_as_none(kind: str, told: Any) -> None:
    try:
        shape = read_shape({"type": kind, "coordinates": told, "geometry": told})
    except BadShape:
        return
    assert shape.rings
