"""Turns that a case took wrongly once."""

import pytest

from tests.unit.alarms.rehearsal import DAUGHTER, DOCTOR, ELDER, NEIGHBOUR, OFFICER, SON, Rehearsal, ladder


def test_a_late_key_that_was_not_asked_for_confirms_nothing() -> None:
    """Key 3 asks for the words once more."""
    scene = Rehearsal(ladder())
    first = scene.ring()
    scene.report(first, "no_answer")
    scene.report(first, "answered", "3")
    assert scene.case.state == "open"


def test_a_late_word_told_twice_is_one_word() -> None:
    scene = Rehearsal(ladder(arrival_within_s=60, follow_up_after_s=3600))
    first = scene.ring()
    scene.report(first, "no_answer")
    scene.report(first, "answered", "1")
    scene.deadline()
    assert scene.case.state == "open"
    scene.report(first, "answered", "1")
    assert scene.case.state == "open"


def test_a_call_given_up_before_it_rang_is_hung_up_when_it_does() -> None:
    scene = Rehearsal(ladder(DAUGHTER))
    call = scene.ring()
    scene.click("arrived")
    scene.hung_up.clear()
    scene.report(call, "ringing")
    assert scene.hung_up == [DAUGHTER.name]


def test_a_helper_who_cannot_come_after_all_is_replaced_by_the_next() -> None:
    scene = Rehearsal(ladder(DAUGHTER, SON))
    scene.key("1")
    daughters = scene.case.attempts[0]
    scene.page(daughters, is_going=False)
    assert scene.case.state == "open"
    assert scene.waiting == [("help", SON.name), ("officer", OFFICER.name)]


def test_another_helper_by_an_officers_word_is_the_one_followed_up() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.later(300)
    scene.click("accept", contact_id=DOCTOR.id, eta_min=15)
    assert scene.case.accepted_by is not None
    assert scene.case.accepted_by["name"] == DOCTOR.name
    assert scene.waiting == [("follow_up_helper", DOCTOR.name)]
    assert scene.case.due_at is not None
    assert (scene.case.due_at - scene.now).total_seconds() == 15 * 60 + 300


def test_the_chain_does_not_dial_a_phone_that_an_officer_is_having_rung() -> None:
    scene = Rehearsal(ladder(DAUGHTER, NEIGHBOUR))
    scene.click("call", contact_id=NEIGHBOUR.id)
    assert scene.ends("busy") == DAUGHTER.name
    assert scene.waiting == [("asked", NEIGHBOUR.name)]
    assert scene.ends("no_answer") == NEIGHBOUR.name
    assert scene.waiting == [("help", NEIGHBOUR.name)]


def test_a_phone_that_an_officer_is_having_rung_is_not_dialled_in_the_next_round_either() -> None:
    scene = Rehearsal(ladder(DAUGHTER))
    scene.click("accept")
    scene.click("call", contact_id=DAUGHTER.id)
    asked = scene.ring()
    assert (asked.purpose, asked.name) == ("asked", DAUGHTER.name)
    scene.later(600)
    assert scene.key("2") == ELDER.name
    assert scene.case.round == 2
    assert [purpose for purpose, name in scene.waiting if name == DAUGHTER.name] == ["asked"]


def test_whoever_told_an_officer_no_is_not_asked_again_this_round() -> None:
    scene = Rehearsal(ladder(DAUGHTER, NEIGHBOUR))
    scene.ring()
    scene.click("call", contact_id=NEIGHBOUR.id)
    scene.key("2")
    scene.report(scene.case.attempts[0], "busy")
    assert scene.waiting == [("officer", OFFICER.name)]


def test_phones_that_are_all_busy_are_not_dialled_without_end() -> None:
    scene = Rehearsal(ladder(DAUGHTER, round_pause_s=0))
    scene.ends("busy")
    assert scene.case.due_at is not None
    assert scene.case.due_at > scene.now


@pytest.mark.parametrize("action", ["accept", "arrived", "call"])
def test_a_test_that_an_officer_plays_through_ends_by_itself(action: str) -> None:
    scene = Rehearsal(ladder(), is_test=True)
    scene.click(action, contact_id=DAUGHTER.id)
    for _ in range(3):
        if scene.case.state != "closed":
            scene.deadline()
    assert (scene.case.state, scene.case.disposition) == ("closed", "test")


def test_an_emergency_during_a_test_that_was_accepted_begins_at_the_start() -> None:
    scene = Rehearsal(ladder(), is_test=True)
    scene.click("accept", contact_id=DAUGHTER.id)
    scene.press()
    assert scene.case.state == "open"
    assert ("help", DAUGHTER.name) in scene.waiting
    assert scene.progress[-1] == "calling"


def test_an_alarm_that_turns_silent_takes_the_elders_call_back() -> None:
    scene = Rehearsal(ladder())
    scene.click("accept")
    assert scene.waiting == [("follow_up_elder", ELDER.name)]
    scene.press(kind="duress")
    assert ("follow_up_elder", ELDER.name) not in scene.waiting
