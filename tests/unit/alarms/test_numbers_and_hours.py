"""Several numbers, hours, absences, wrong numbers and people who want no messages: who is rung, and on which number."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alarms.engaged import line_engaged
from alarms.events import LineEngaged
from alarms.turns import why_later
from tests.unit.alarms.rehearsal import DAUGHTER, DOCTOR, NEIGHBOUR, SON, Rehearsal, ladder

WORKDAYS = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]  # The rehearsals begin on a Saturday, 10:00.
TRIP = [{"from": "2026-11-20", "to": "2026-11-30"}]
HOME, OFFICE = "+862981110001", "+862981110002"
BUSY_DAUGHTER = replace(DAUGHTER, more_phones=(HOME, OFFICE))


def phones(scene: Rehearsal, purpose: str = "help") -> list[str]:
    return [a.phone for a in scene.case.attempts if a.purpose == purpose]


def names(scene: Rehearsal) -> list[str]:
    return [a.name for a in scene.case.attempts if a.purpose == "help"]


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "failed", "voicemail"])
def test_next_number_of_the_same_person_at_once(outcome: str) -> None:
    scene = Rehearsal(ladder(BUSY_DAUGHTER, SON))
    for _ in range(3):
        scene.ends(outcome)

    assert phones(scene) == [DAUGHTER.phone, HOME, OFFICE, SON.phone]
    assert [a.detail for a in scene.case.attempts][:3] == [None, "number 2 of 3", "number 3 of 3"]


@pytest.mark.parametrize("outcome", ["rejected", "no_key"])
def test_who_picked_up_is_not_rung_elsewhere_before_the_others(outcome: str) -> None:
    scene = Rehearsal(ladder(BUSY_DAUGHTER, SON))
    scene.ends(outcome)
    scene.ends("no_answer")

    assert phones(scene) == [DAUGHTER.phone, SON.phone, HOME]


def test_who_said_no_is_not_rung_on_another_number() -> None:
    scene = Rehearsal(ladder(BUSY_DAUGHTER, SON))
    scene.key("2")
    scene.ends("no_answer")

    assert phones(scene) == [DAUGHTER.phone, SON.phone]
    assert "round_failed" in scene.told


def test_tries_count_for_each_number() -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, more_phones=(HOME,)), SON, tries_per_contact=2))
    while "round_failed" not in scene.told:
        scene.ends("no_answer")

    assert phones(scene) == [DAUGHTER.phone, HOME, SON.phone, DAUGHTER.phone, HOME, SON.phone]


def test_a_number_that_failed_is_out_for_the_round_and_the_others_are_not() -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, more_phones=(HOME,)), tries_per_contact=2))
    scene.ends("failed")
    scene.ends("no_answer")
    scene.ends("no_answer")

    assert phones(scene) == [DAUGHTER.phone, HOME, HOME]
    assert "round_failed" in scene.told


def test_one_message_however_many_numbers() -> None:
    scene = Rehearsal(ladder(BUSY_DAUGHTER, send_messages=True))
    scene.ends("busy")

    assert phones(scene, "message") == [DAUGHTER.phone]


@pytest.mark.parametrize("later", [{"hours": WORKDAYS}, {"away": TRIP}])
def test_who_cannot_be_reached_now_comes_behind_the_others_and_before_the_officers(later: dict[str, object]) -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, **later), SON, NEIGHBOUR))  # type: ignore[arg-type]
    for _ in range(3):
        scene.ends("no_answer")

    assert names(scene) == [SON.name, NEIGHBOUR.name, DAUGHTER.name]
    assert scene.told.index("put_back") < scene.told.index("round_failed")
    assert [line.data["why"] for line in scene.lines if line.what == "put_back"] == [
        "outside_hours" if "hours" in later else "away"
    ]
    assert scene.case.attempts[2].detail is not None
    assert scene.waiting[-1][0] == "officer"


def test_all_tries_of_the_others_before_who_is_away() -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, away=TRIP), SON, tries_per_contact=2))
    while "round_failed" not in scene.told:
        scene.ends("no_answer")

    assert names(scene) == [SON.name, SON.name, DAUGHTER.name, DAUGHTER.name]


def test_hours_begin_while_the_alarm_is_open() -> None:
    at_work = replace(DAUGHTER, hours=[{"days": [6], "from": "10:01", "to": "18:00"}])
    scene = Rehearsal(ladder(at_work, SON, NEIGHBOUR))
    scene.later(90)
    scene.ends("no_answer")

    assert names(scene) == [SON.name, DAUGHTER.name]


def test_wrong_number_is_left_to_the_others_and_tried_last() -> None:
    wrong = replace(DAUGHTER, more_phones=(HOME,), wrong_phones=frozenset({DAUGHTER.phone}))
    scene = Rehearsal(ladder(wrong, replace(SON, away=TRIP)))
    for _ in range(3):
        scene.ends("no_answer")

    assert phones(scene) == [HOME, SON.phone, DAUGHTER.phone]
    assert scene.case.attempts[2].detail == "behind the others: the number is said to be wrong"


def test_nobody_but_wrong_numbers_are_rung_all_the_same() -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, wrong_phones=frozenset({DAUGHTER.phone}))))

    assert scene.waiting == [("help", DAUGHTER.name)]


def test_no_message_to_who_wants_none_but_the_call_is_made() -> None:
    scene = Rehearsal(ladder(replace(DAUGHTER, takes_texts=False), SON, send_messages=True))

    assert phones(scene) == [DAUGHTER.phone]
    assert phones(scene, "message") == []
    assert scene.told.count("message_left_out") == 1
    scene.ends("busy")
    assert phones(scene, "message") == [SON.phone]


def test_officers_own_call_takes_a_number_that_is_not_wrong() -> None:
    wrong = replace(DOCTOR, more_phones=(HOME,), wrong_phones=frozenset({DOCTOR.phone}))
    scene = Rehearsal(ladder(DAUGHTER, wrong))
    scene.click("claim")
    scene.click("call", contact_id=DOCTOR.id)

    assert phones(scene, "asked") == [HOME]


def test_engaged_line_is_waited_for_and_not_left_to_a_wrong_number_in_a_ring() -> None:
    wrong = replace(SON, wrong_phones=frozenset({SON.phone}))
    scene = Rehearsal(ladder(DAUGHTER, wrong))
    [call] = scene.case.live("help")
    scene.send(LineEngaged(str(call.id), scene.now))

    assert [a.name for a in scene.case.live("help")] == [DAUGHTER.name]
    assert scene.case.live("help")[0].due_at > scene.now


def test_engaged_line_lets_who_is_away_go_first() -> None:
    scene = Rehearsal(ladder(DAUGHTER, replace(SON, away=TRIP)))
    [call] = scene.case.live("help")
    scene.send(LineEngaged(str(call.id), scene.now))
    assert [a.name for a in scene.case.live("help")] == [SON.name]

    [call] = scene.case.live("help")
    after = line_engaged(scene.case, call, scene.ladder, scene.now)  # Both engaged: no going round in a ring.
    assert after.case.live("help")[0].name == SON.name


@pytest.mark.parametrize(
    ("utc", "why"),
    [
        ("2026-11-20 15:59", "outside_hours"),  # 23:59 on Friday in Shanghai
        ("2026-11-20 16:00", None),
        ("2026-11-22 15:59", None),
        ("2026-11-22 16:00", "outside_hours"),
    ],
)
def test_local_time_counts(utc: str, why: str | None) -> None:
    weekend = replace(DAUGHTER, hours=[{"days": [6, 7], "from": "00:00", "to": "24:00"}])

    assert why_later(weekend, ladder(weekend), datetime.fromisoformat(utc).replace(tzinfo=UTC)) == why
