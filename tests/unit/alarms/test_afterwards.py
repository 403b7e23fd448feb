"""补录 by the rules: what is over rings nobody, what is not goes on, and times that cannot be are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alarms.afterwards import BadEntry
from alarms.case import decide
from alarms.events import Afterwards, CallMade
from alarms.ladder import Ladder, Person

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAUGHTER = Person("c1", "李娜", "family", "+8613900000001")
DOCTOR = Person("c2", "周医生", "doctor", "+8613900000002")
LADDER = Ladder((DAUGHTER, DOCTOR), elder=Person("e1", "赵桂明", "elder", "+8613900000009"))


def at(minutes_ago: float) -> datetime:
    return NOW - timedelta(minutes=minutes_ago)


OVER = Afterwards(
    "e1", "u1", "李敏", NOW, at(300), calls=(CallMade(at(298), "no_answer", "c1"), CallMade(at(295), "accepted", "c2")),
    helper_id="c2", accepted_at=at(295), arrived_at=at(270), closed_at=at(240), disposition="helped",
    satisfaction="satisfied", text="血压高，休息后好转",
)  # fmt: skip
ON_THE_WAY = replace(
    OVER, pressed_at=at(20), calls=(CallMade(at(15), "accepted", "c2"),), accepted_at=at(15), arrived_at=None,
    closed_at=None, disposition=None, satisfaction=None,
)  # fmt: skip
NOTHING_DONE = replace(ON_THE_WAY, calls=(), helper_id=None, accepted_at=None)


def test_what_is_over_stands_with_its_true_times_and_rings_nobody() -> None:
    case = decide(None, OVER, LADDER, now=NOW).case

    assert (case.state, case.entered_at, case.due_at) == ("closed", NOW, None)
    assert (case.received_at, case.first_call_at) == (at(300), at(298))
    assert (case.accepted_at, case.arrived_at, case.closed_at) == (at(295), at(270), at(240))
    assert [(a.name, a.state, a.started_at) for a in case.attempts] == [
        ("李娜", "no_answer", at(298)), ("周医生", "accepted", at(295)),
    ]  # fmt: skip
    assert not any(a.is_live for a in case.attempts)


def test_every_line_says_when_it_really_was() -> None:
    lines = decide(None, OVER, LADDER, now=NOW).lines

    told = [(line.what, line.data.get("happened_at")) for line in lines]
    assert told == [
        ("entered_afterwards", at(300).isoformat()), ("called_by_hand", at(298).isoformat()),
        ("called_by_hand", at(295).isoformat()), ("accepted", at(295).isoformat()), ("arrived", at(270).isoformat()),
        ("closed", at(240).isoformat()), ("noted", None),
    ]  # fmt: skip
    assert {line.author for line in lines} == {"李敏"}


def test_what_is_not_over_goes_on_from_now() -> None:
    way = decide(None, ON_THE_WAY, LADDER, now=NOW).case
    assert (way.state, way.claimed_by, way.due_for) == ("accepted", "u1", "arrival")
    assert way.due_at is not None
    assert way.due_at > NOW

    there = decide(None, replace(ON_THE_WAY, arrived_at=at(2)), LADDER, now=NOW).case
    assert there.state == "arrived"
    assert [a.purpose for a in there.attempts if a.is_live] == ["follow_up_helper"]

    needed = decide(None, NOTHING_DONE, LADDER, now=NOW).case
    assert needed.state == "open"
    assert [(a.name, a.due_at) for a in needed.attempts if a.is_live and a.is_call] == [("李娜", NOW)]


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"pressed_at": NOW + timedelta(minutes=5)}, "pressed_at"),
        ({"closed_at": NOW + timedelta(minutes=5)}, "closed_at"),
        ({"accepted_at": at(301)}, "accepted_at"),
        ({"arrived_at": at(296)}, "arrived_at"),
        ({"closed_at": at(275)}, "closed_at"),
        ({"calls": (CallMade(at(299), "busy", "c1"), CallMade(at(310), "busy", "c1"))}, "calls.1.at"),
        ({"calls": (CallMade(at(299), "ringing", "c1"),)}, "calls.0.outcome"),
        ({"disposition": None}, "disposition"),
        ({"satisfaction": None}, "satisfaction"),
        ({"helper_id": None}, "helper_name"),
        ({"pressed_at": NOW - timedelta(days=400)}, "pressed_at"),
        ({"pressed_at": at(780), "closed_at": None}, "closed_at"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_member(wrong: dict[str, Any], member: str) -> None:
    with pytest.raises(BadEntry) as refused:
        decide(None, replace(OVER, **wrong), LADDER, now=NOW)

    assert refused.value.member == member


def test_a_supplement_leaves_the_alarm_in_its_state() -> None:
    case = decide(None, NOTHING_DONE, LADDER, now=NOW).case
    decision = decide(case, replace(ON_THE_WAY, calls=(CallMade(at(10), "busy", "c1"),)), LADDER, now=NOW)

    assert decision.case.state == "open"
    assert [a.state for a in decision.case.attempts if not a.is_live] == ["busy"]
    assert "called_by_hand" in [line.what for line in decision.lines]


def test_a_supplement_belongs_to_the_same_elder() -> None:
    case = decide(None, NOTHING_DONE, LADDER, now=NOW).case

    with pytest.raises(BadEntry, match="another elder"):
        decide(case, replace(OVER, elder_id="e2"), LADDER, now=NOW)
