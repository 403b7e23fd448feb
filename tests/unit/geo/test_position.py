"""Where the elder is: which fix wins, and what is no fix at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Rejected
from geo.nearby import distance_m
from geo.position import Fix, Position, as_json_or_unknown, choose, read_fix, read_home

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
HOME = Fix(34.3296, 108.7093, source="home")
NEAR_HOME = (34.3340, 108.7093)  # about 490 m north
ELSEWHERE = (34.3600, 108.7600)  # about 5.8 km away


def fix(place: tuple[float, float] = ELSEWHERE, age_s: float = 30, accuracy_m: float | None = 12, **more: str) -> Fix:
    return Fix(*place, accuracy_m, NOW - timedelta(seconds=age_s), more.get("source", "gnss"), more.get("crs", "wgs84"))


def cell_fix(place: tuple[float, float], age_s: float = 30, accuracy_m: float | None = 1_800) -> Fix:
    return fix(place, age_s, accuracy_m, source="cell")


@pytest.mark.parametrize(
    ("press_fix", "last_fix", "home", "how", "winner"),
    [
        pytest.param(fix(), fix(NEAR_HOME, 5), HOME, "fresh_fix", fix(), id="the press's own fix first"),
        pytest.param(fix(age_s=601), fix(NEAR_HOME, 60), HOME, "last_fix", fix(NEAR_HOME, 60), id="unless it is old"),
        pytest.param(fix(age_s=700), fix(NEAR_HOME, 900), HOME, "last_fix", fix(age_s=700), id="the newest counts"),
        pytest.param(None, fix(age_s=3_599), HOME, "last_fix", fix(age_s=3_599), id="last fix within the hour"),
        pytest.param(None, fix(age_s=3_601), HOME, "home", HOME, id="then home"),
        pytest.param(None, None, HOME, "home", HOME, id="home when there is nothing else"),
        pytest.param(None, fix(age_s=9e6), None, "last_fix", fix(age_s=9e6), id="an old fix rather than nothing"),
        pytest.param(fix(age_s=9e5), fix(age_s=9e6), None, "last_fix", fix(age_s=9e5), id="the newer of two old ones"),
        pytest.param(cell_fix(NEAR_HOME), None, HOME, "home", HOME, id="coarse around home: home"),
        pytest.param(cell_fix(NEAR_HOME, 900), None, HOME, "home", HOME, id="coarse and older around home: home"),
        pytest.param(
            cell_fix(ELSEWHERE), None, HOME, "fresh_fix", cell_fix(ELSEWHERE), id="coarse but away: they are out"
        ),
        pytest.param(cell_fix(NEAR_HOME), None, None, "fresh_fix", cell_fix(NEAR_HOME), id="coarse, no home known"),
        pytest.param(
            cell_fix(NEAR_HOME), fix(NEAR_HOME, 90), HOME, "last_fix", fix(NEAR_HOME, 90), id="coarse: finer last fix"
        ),
        pytest.param(cell_fix(NEAR_HOME), fix(NEAR_HOME, 700), HOME, "home", HOME, id="coarse: not an older last fix"),
        pytest.param(cell_fix(NEAR_HOME, accuracy_m=None), None, HOME, "home", HOME, id="a cell is coarse by nature"),
        pytest.param(
            fix(NEAR_HOME, accuracy_m=None), None, HOME, "fresh_fix", fix(NEAR_HOME, accuracy_m=None), id="gnss is not"
        ),
    ],
)
def test_which_place_is_shown(
    press_fix: Fix | None, last_fix: Fix | None, home: Fix | None, how: str, winner: Fix
) -> None:
    position = choose(press_fix, last_fix, home, NOW)

    assert position is not None
    assert (position.how, position.original_lat, position.original_lon) == (how, winner.lat, winner.lon)
    assert (position.accuracy_m, position.fix_at, position.source) == (winner.accuracy_m, winner.fix_at, winner.source)
    assert (position.home_lat is None) == (home is None)


def test_nothing_known_is_none() -> None:
    assert choose(None, None, None, NOW) is None


maybe_fix = st.none() | st.builds(
    fix,
    st.sampled_from([NEAR_HOME, ELSEWHERE, (-35.0, 178.0)]),
    st.floats(-1e9, 1e9),
    st.none() | st.floats(1, 1e5),
    source=st.sampled_from(["gnss", "cell", "wifi"]),
)


@given(maybe_fix, maybe_fix, st.none() | st.just(HOME))
def test_something_known_is_never_none(press_fix: Fix | None, last_fix: Fix | None, home: Fix | None) -> None:
    position = choose(press_fix, last_fix, home, NOW)
    assert (position is None) == (press_fix is None and last_fix is None and home is None)


def test_fix_without_a_time_is_as_old_as_the_press() -> None:
    undated = replace(fix(), fix_at=None)
    at_once = choose(undated, None, HOME, NOW)
    buffered = choose(undated, None, HOME, NOW, pressed_at=NOW - timedelta(hours=2))

    assert at_once is not None
    assert (at_once.how, at_once.age_s(NOW)) == ("fresh_fix", 0)
    assert buffered is not None
    assert buffered.how == "home"


@pytest.mark.parametrize("pressed_at", [datetime(1970, 1, 1, 0, 9, tzinfo=UTC), datetime(2100, 1, 1, 0, 9, tzinfo=UTC)])
def test_wrong_clock_still_tells_how_old_the_fix_was_at_the_press(pressed_at: datetime) -> None:
    position = choose(replace(fix(), fix_at=pressed_at - timedelta(seconds=40)), None, HOME, NOW, pressed_at=pressed_at)

    assert position is not None
    assert (position.how, position.age_s(NOW)) == ("fresh_fix", 40)


def test_impossible_time_beside_a_good_press_time_is_no_time() -> None:
    position = choose(replace(fix(), fix_at=datetime(1970, 1, 1, tzinfo=UTC)), None, HOME, NOW, pressed_at=NOW)
    assert position is not None
    assert position.how == "fresh_fix"


def test_original_datum_is_kept_and_wgs84_is_shown() -> None:
    position = choose(fix(crs="gcj02"), None, None, NOW)

    assert position is not None
    assert (position.original_lat, position.original_lon, position.original_crs) == (*ELSEWHERE, "gcj02")
    assert 300 < distance_m(position.lat, position.lon, *ELSEWHERE) < 700


@pytest.mark.parametrize(
    ("lat", "lon"), [(nan, 108.7), (34.3, inf), (-inf, 0.0), (400.0, 108.7), (34.3, 181.0), (0.0, 0.0), (0.001, -0.002)]
)
def test_no_place_is_no_fix(lat: float, lon: float) -> None:
    with pytest.raises(Rejected):
        Fix(lat, lon)
    assert read_fix({"lat": lat, "lon": lon}) is None
    assert read_home(lat, lon) is None


@pytest.mark.parametrize(
    "told",
    [
        None,
        "at home",
        [1, 2],
        {},
        {"lat": 34.3},
        {"lat": True, "lon": 108.7},
        {"lat": "north", "lon": 108.7},
        {"lat": {}, "lon": 1},
    ],
)
def test_what_is_not_a_location_is_no_fix(told: object) -> None:
    assert read_fix(told) is None


odd_members = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.integers()),
    st.sampled_from(
        [34.3, 108.7, "34.3", "nan", "1e999", "", "咸阳", "gcj02", "0001-01-01T00:00:00+14:00", "2026-11-21"]
    ),
)
location_members = st.sampled_from(["lat", "lon", "accuracy_m", "fix_at", "source", "crs"])


@given(st.dictionaries(location_members, odd_members))
def test_any_location_can_be_read(told: dict[str, object]) -> None:
    read = read_fix(told)
    assert read is None or choose(read, None, None, NOW) is not None


def test_location_of_the_profile_is_read_whole() -> None:
    told = {
        "lat": 34.3296,
        "lon": 108.7093,
        "accuracy_m": 12,
        "fix_at": "2026-11-21T08:15:02Z",
        "source": "gnss",
        "crs": "bd09",
    }
    read = read_fix(told)

    assert read == Fix(34.3296, 108.7093, 12, datetime(2026, 11, 21, 8, 15, 2, tzinfo=UTC), "gnss", "bd09")
    assert read.as_json() == told


@pytest.mark.parametrize(
    ("more", "accuracy_m"),
    [({"accuracy_m": inf}, None), ({"accuracy_m": -1}, None), ({"accuracy_m": 0}, None), ({"accuracy_m": "12"}, 12)],
)
def test_bad_accuracy_is_unknown_accuracy(more: dict[str, object], accuracy_m: float | None) -> None:
    read = read_fix({"lat": 34.3, "lon": 108.7} | more)
    assert read is not None
    assert read.accuracy_m == accuracy_m


def test_unknown_datum_widens_the_circle() -> None:
    read = read_fix({"lat": 34.3, "lon": 108.7, "accuracy_m": 12, "crs": "mars"})
    assert read is not None
    assert (read.crs, read.accuracy_m) == ("wgs84", 1_512)


def test_home_keeps_the_datum_it_was_given_in() -> None:
    home = read_home(34.3296, 108.7093, {"lat": 34.3281, "lon": 108.7140, "crs": "gcj02"})
    assert home is not None
    assert (home.lat, home.crs, home.source) == (34.3281, "gcj02", "home")
    assert read_home(None, None) is None


@given(maybe_fix, maybe_fix, st.none() | st.just(HOME))
def test_position_survives_a_json_column(press_fix: Fix | None, last_fix: Fix | None, home: Fix | None) -> None:
    position = choose(press_fix, last_fix, home, NOW)
    kept = json.loads(json.dumps(as_json_or_unknown(position, NOW), allow_nan=False))
    assert Position.from_json(kept) == position


def test_json_says_where_how_and_how_old() -> None:
    position = choose(fix(), None, HOME, NOW)
    assert position is not None

    told = position.as_json(NOW + timedelta(seconds=60))

    assert told == {
        "lat": 34.36, "lon": 108.76, "crs": "wgs84", "how": "fresh_fix", "source": "gnss", "accuracy_m": 12,
        "age_s": 90.0, "fix_at": "2026-11-21T08:15:00Z",
        "original": {"lat": 34.36, "lon": 108.76, "crs": "wgs84"},
        "home": {"lat": 34.3296, "lon": 108.7093, "distance_m": pytest.approx(5_760, abs=40)},
    }  # fmt: skip


def test_json_of_an_unknown_position_has_the_same_members() -> None:
    position = choose(fix(), None, HOME, NOW)
    assert position is not None
    unknown = as_json_or_unknown(None, NOW)
    assert unknown.keys() == position.as_json(NOW).keys()
    assert (unknown["how"], unknown["lat"]) == ("unknown", None)
