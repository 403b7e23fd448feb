"""Distances against two independent libraries, nearness against brute force."""

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.nearby import FARTHEST_M, Resource, at_least_m, box_around, distance_m, nearest

WGS84 = Geod(ellps="WGS84")
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
# Where a box has to be clever: both sides of the antimeridian, and around the poles.
awkward = st.tuples(
    st.sampled_from([-90.0, -89.99, 0.0, 60.0, 89.99, 90.0]), st.sampled_from([-180.0, -179.99, 0.0, 179.99, 180.0])
)
places = st.one_of(anywhere, awkward, st.tuples(st.floats(34.2, 34.4), st.floats(108.6, 108.8)))


def resource(number: int, place: tuple[float, float], kind: str = "hospital") -> Resource:
    return Resource(f"{number:04}", kind, f"resource {number}", None, None, *place)


@given(here=places, there=places)
def test_distance_agrees_with_pyproj_and_geographiclib(here: tuple[float, float], there: tuple[float, float]) -> None:
    _, _, by_pyproj = WGS84.inv(here[1], here[0], there[1], there[0])
    by_karney = Geodesic.WGS84.Inverse(*here, *there)["s12"]

    assert distance_m(*here, *there) == pytest.approx(by_pyproj, abs=1e-3)
    assert distance_m(*here, *there) == pytest.approx(by_karney, abs=1e-3)


@given(here=places, there=places)
def test_cheap_bound_is_below_the_distance_and_close(here: tuple[float, float], there: tuple[float, float]) -> None:
    exact_m = distance_m(*here, *there)
    assert exact_m * 0.985 - 1e-3 <= at_least_m(*here, *there) <= exact_m + 1e-6
    assert exact_m <= FARTHEST_M


@settings(max_examples=300)
@given(here=places, there=places, slack=st.sampled_from([1.0, 1.0001, 1.5]))
def test_box_holds_everything_within_its_distance(
    here: tuple[float, float], there: tuple[float, float], slack: float
) -> None:
    assert box_around(*here, distance_m(*here, *there) * slack + 1e-6).contains(*there)


def test_box_is_not_larger_than_needed() -> None:
    box = box_around(34.33, 108.71, 1_000)
    assert not box.contains(34.33, 108.73)
    assert not box.contains(34.34, 108.71)


@given(
    here=places,
    there=st.lists(st.tuples(places, st.sampled_from(["hospital", "police"])), max_size=30),
    limit=st.integers(0, 8),
    kinds=st.sampled_from([None, ["police"], ["police", "hospital"], []]),
    within_m=st.one_of(st.none(), st.floats(0, 20_000_000)),
)
def test_nearest_is_what_measuring_everything_would_say(
    here: tuple[float, float],
    there: list[tuple[tuple[float, float], str]],
    limit: int,
    kinds: list[str] | None,
    within_m: float | None,
) -> None:
    resources = [resource(number, place, kind) for number, (place, kind) in enumerate(there)]
    measured = sorted(
        (distance_m(*here, one.lat, one.lon), one.id) for one in resources if kinds is None or one.kind in kinds
    )
    expected = [pair for pair in measured if within_m is None or pair[0] <= within_m][:limit]

    found = nearest(resources, *here, limit=limit, kinds=kinds, within_m=within_m)

    assert [(one.distance_m, one.id) for one in found] == expected


def test_other_side_of_the_antimeridian_is_near() -> None:
    suva, samoa_side = (-17.0, 179.999), resource(1, (-17.0, -179.999))
    assert nearest([samoa_side], *suva, limit=1)[0].distance_m == pytest.approx(212.9, abs=1)


def test_equal_distances_come_in_order_of_id() -> None:
    twins = [resource(2, (34.0, 108.0)), resource(1, (34.0, 108.0))]
    assert [one.id for one in nearest(twins, 34.0, 108.0, limit=2)] == ["0001", "0002"]
