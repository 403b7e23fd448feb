from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.states import LOOKS, dressed, feature, is_late, look_of, need_of

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


def test_a_helper_is_late_five_minutes_after_the_promised_time() -> None:
    going = alarm(state="accepted", accepted_at="2026-11-21T08:00:00Z", eta_min=8)

    assert not is_late(going, NOW + timedelta(minutes=13))
    assert is_late(going, NOW + timedelta(minutes=13, seconds=1))


def test_the_queue_is_ordered_by_need() -> None:
    late = alarm(number=4, state="accepted", accepted_at="2026-11-21T07:00:00Z", eta_min=8)
    queue = [
        alarm(number=1, priority=90),
        alarm(number=2, received_at="2026-11-21T07:50:00Z"),
        alarm(number=3),
        late,
        alarm(number=5, claimed_by={"id": "u1"}, priority=500),
        alarm(number=6, state="accepted"),
        alarm(number=7, state="arrived"),
        alarm(number=8, state="follow_up"),
        alarm(number=9, is_test=True, priority=900),
    ]

    queue.reverse()

    found = sorted(queue, key=lambda one: need_of(one, NOW))

    assert [one["number"] for one in found] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_place_is_told_to_the_decimetre() -> None:
    assert dressed(alarm(), NOW)["place"] == {"lat": 34.3296, "lon": 108.7093}


def test_an_alarm_without_a_place_is_not_on_the_map() -> None:
    assert feature(dressed(alarm(location={"lat": None, "lon": None, "how": "unknown"}), NOW)) is None
