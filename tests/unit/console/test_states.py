from datetime import UTC, datetime
from typing import Any

import pytest

from console.states import LOOKS, dressed, feature, look_of

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def alarm(**members: Any) -> dict[str, Any]:
    return {
        "id": "a1", "number": 7, "state": "open", "claimed_by": None, "accepted_at": None, "eta_min": None,
        "is_test": False, "priority": 70, "received_at": "2026-11-21T07:59:00Z", "elder": {"name": "赵桂明"},
        "device": {"uid": "dev-7"}, "location": {"lat": 34.3296, "lon": 108.7093},
    } | members  # fmt: skip


@pytest.mark.parametrize(
    ("members", "look"),
    [
        ({}, "unclaimed"),
        ({"claimed_by": {"id": "u1"}}, "calling"),
        ({"state": "accepted"}, "accepted"),
        ({"state": "arrived"}, "arrived"),
        ({"state": "follow_up"}, "follow_up"),
        ({"state": "closed"}, "closed"),
    ],
)
def test_every_state_has_its_look(members: dict[str, Any], look: str) -> None:
    assert look_of(alarm(**members)) == look
    assert look in LOOKS


def test_a_place_is_told_to_the_decimetre() -> None:
    assert dressed(alarm(), NOW)["place"] == {"lat": 34.3296, "lon": 108.7093}


def test_an_alarm_without_a_place_is_not_on_the_map() -> None:
    assert feature(dressed(alarm(location={"lat": None, "lon": None, "how": "unknown"}), NOW)) is None
