"""What the alarm page says of places, earlier alarms and help nearby, as tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.alarm_history import earlier_of, ordinal
from console.alarm_place import place_of
from console.nearby_help import helpers_of
from geo.nearby import Nearby

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
HOME = {"lat": 34.33, "lon": 108.71, "distance_m": 1400.0}


@pytest.mark.parametrize(
    ("apart_m", "accuracy_m", "age_s", "hint"),
    [
        (150.0, 10.0, 20.0, None),
        (1400.0, 1500.0, 20.0, None),  # The home lies in the fix's own circle.
        (1400.0, 10.0, 20.0, "out"),
        (1400.0, None, 20.0, "out"),
        (1400.0, 10.0, 7200.0, "old"),
        (1400.0, 10.0, None, "old"),
        (1400.0, 800.0, 20.0, "coarse"),
    ],
)
def test_which_of_two_places_to_believe(
    apart_m: float, accuracy_m: float | None, age_s: float | None, hint: str | None
) -> None:
    location = {"lat": 34.34, "lon": 108.72, "how": "fresh_fix", "accuracy_m": accuracy_m, "age_s": age_s}
    where = place_of(location | {"source": "gnss", "fix_at": None, "home": HOME | {"distance_m": apart_m}})
    assert (where["hint"], where["apart_m"]) == (hint, apart_m)


def test_a_home_alone_is_no_fix() -> None:
    where = place_of({"lat": 34.33, "lon": 108.71, "how": "home", "home": HOME})
    assert (where["fix"], where["apart_m"], where["home"]) == (None, None, {"lat": 34.33, "lon": 108.71})


@pytest.mark.parametrize("location", [None, {"lat": None, "lon": None, "how": "unknown", "home": None}])
def test_nothing_is_known(location: dict[str, Any] | None) -> None:
    assert place_of(location) == {"home": None, "fix": None, "apart_m": None, "hint": None}


def alarm(*days_ago: float, week: int = 1, month: int = 1, disposition: str = "false_alarm") -> dict[str, Any]:
    def one(number: int, days: float) -> dict[str, Any]:
        at = (NOW - timedelta(days=days)).isoformat()
        return {"number": number, "received_at": at, "disposition": disposition, "is_same": True, "is_test": False}

    history = [one(number, days) for number, days in enumerate(days_ago, start=1)]
    counts = {"days_7": week, "days_30": month}
    return {"received_at": NOW.isoformat(), "history": history, "history_counts": counts, "attempts": []}


@pytest.mark.parametrize(
    ("week", "month", "wanted"), [(1, 1, (None, None)), (1, 3, (30, 3)), (4, 6, (7, 4)), (2, 2, (7, 2))]
)
def test_the_pattern_is_told_of_the_shortest_time_with_more_than_one(
    week: int, month: int, wanted: tuple[int | None, int | None]
) -> None:
    earlier = earlier_of(alarm(1, 2, week=week, month=month))
    assert (earlier["days"], earlier["nth"]) == wanted


def test_the_strip_goes_from_30_days_ago_to_now_and_leaves_older_ones_to_the_list() -> None:
    earlier = earlier_of(alarm(0.5, 15, 31))
    assert [mark["number"] for mark in earlier["marks"]] == [2, 1]
    assert [mark["x"] for mark in earlier["marks"]] == sorted(mark["x"] for mark in earlier["marks"])
    assert len(earlier["all"]) == 3
    assert earlier["most"] == ("false_alarm", 2)


@pytest.mark.parametrize(
    ("number", "text"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")]
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


@pytest.mark.parametrize(("phone", "way"), [("+862933210001", "send"), ("120", "phone"), (None, "none"), ("", "none")])
def test_how_help_is_reached(phone: str | None, way: str) -> None:
    place = Nearby("r-1", "clinic", "Clinic", phone, None, 34.33, 108.71, 120.0)
    assert helpers_of([place], {"accepted_by": None, "attempts": []})[0].way == way


def test_the_newest_call_stands_beside_the_help() -> None:
    place = Nearby("r-1", "clinic", "Clinic", "+862933210001", None, 34.33, 108.71, 120.0)
    calls = [
        {"purpose": "sent", "contact": {"id": "r-1"}, "state": "no_answer"},
        {"purpose": "sent", "contact": {"id": "r-1"}, "state": "ringing"},
        {"purpose": "help", "contact": {"id": "r-1"}, "state": "declined"},
    ]
    found = helpers_of([place], {"accepted_by": {"contact_id": "r-1"}, "attempts": calls})[0]
    assert (found.is_live, found.is_going) == (True, True)
