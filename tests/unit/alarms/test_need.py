from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alarms.need import Need, is_late, need_of
from core.errors import Rejected

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def alarm(**members: Any) -> dict[str, Any]:
    return {
        "number": 7, "state": "open", "claimed_by": None, "accepted_at": None, "eta_min": None, "is_test": False,
        "priority": 70, "received_at": "2026-11-21T07:59:00Z",
    } | members  # fmt: skip


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


def test_a_need_sorts_as_text_and_is_read_back() -> None:
    whole = need_of(alarm(received_at="2026-11-21T07:59:00Z"), NOW)
    later = need_of(alarm(received_at="2026-11-21T07:59:00.250Z"), NOW)

    assert whole < later
    assert str(whole) < str(later)
    assert Need.read(str(later)) == later


@pytest.mark.parametrize("text", ["", "0", "0.1.2.3", "0.00001.yesterday.0000000001", "x.00001.2026-11-21T07:59:00Z.1"])
def test_a_text_that_is_no_need_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        Need.read(text)
