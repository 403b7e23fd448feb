"""The three datums, against the published examples' independent implementation in `prcoords`."""

import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Rejected
from geo.crs import BD09, GCJ02, WGS84, from_wgs84, is_in_china, to_wgs84
from geo.nearby import distance_m

XIANYANG = (34.3296, 108.7093)
# A margin of 0.1 degrees: at the edge of the box a shifted place may lie outside, where nothing is shifted.
chinese_places = st.tuples(st.floats(1.0, 55.7), st.floats(72.2, 137.7))
places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
ORACLES = {
    GCJ02: (prcoords.wgs_gcj, prcoords.gcj_wgs_bored),
    BD09: (prcoords.wgs_bd, prcoords.bd_wgs_bored),
}


@pytest.mark.parametrize("crs", [GCJ02, BD09])
@given(place=chinese_places)
def test_shift_is_the_published_one(crs: str, place: tuple[float, float]) -> None:
    shift, _ = ORACLES[crs]
    assert distance_m(*from_wgs84(*place, crs), *shift(place)) < 0.001


@pytest.mark.parametrize("crs", [GCJ02, BD09])
@given(place=chinese_places)
def test_way_back_agrees_with_the_oracle(crs: str, place: tuple[float, float]) -> None:
    # The oracle stops iterating early and is off by up to two centimetres; ours is held to a millimetre below.
    shifted = from_wgs84(*place, crs)
    _, undo = ORACLES[crs]
    assert distance_m(*to_wgs84(*shifted, crs), *undo(shifted)) < 0.03


@pytest.mark.parametrize("crs", [GCJ02, BD09])
def test_way_back_agrees_with_the_oracle_in_the_demo_city(crs: str) -> None:
    shifted = from_wgs84(*XIANYANG, crs)
    _, undo = ORACLES[crs]
    assert distance_m(*to_wgs84(*shifted, crs), *undo(shifted)) < 0.003


@pytest.mark.parametrize("crs", [GCJ02, BD09])
@given(place=chinese_places)
def test_there_and_back_is_the_same_place(crs: str, place: tuple[float, float]) -> None:
    assert distance_m(*to_wgs84(*from_wgs84(*place, crs), crs), *place) < 0.001


@pytest.mark.parametrize(("crs", "least_m", "most_m"), [(GCJ02, 300, 700), (BD09, 800, 1_400)])
def test_a_mixed_up_datum_moves_a_home_by_streets(crs: str, least_m: float, most_m: float) -> None:
    assert least_m < distance_m(*from_wgs84(*XIANYANG, crs), *XIANYANG) < most_m


@given(place=places, crs=st.sampled_from([WGS84, GCJ02, BD09]))
def test_outside_china_nothing_is_shifted(place: tuple[float, float], crs: str) -> None:
    if not is_in_china(*place):
        assert to_wgs84(*place, crs) == place
        assert from_wgs84(*place, crs) == place


@given(place=places)
def test_wgs84_is_itself(place: tuple[float, float]) -> None:
    assert to_wgs84(*place, WGS84) == place


def test_unknown_datum_is_rejected() -> None:
    with pytest.raises(Rejected, match="mars"):
        to_wgs84(*XIANYANG, "mars")
    with pytest.raises(Rejected, match="mars"):
        from_wgs84(*XIANYANG, "mars")
