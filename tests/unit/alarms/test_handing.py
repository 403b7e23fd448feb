"""An alarm from hand to hand: nobody loses it on the way, and a question does not stop the chain."""

from datetime import timedelta
from typing import Any

import pytest

from alarms.events import CallReport, Deadline
from alarms.ladder import Person
from core.errors import Conflict, Rejected
from tests.unit.alarms.rehearsal import DAUGHTER, OFFICER, SECOND_OFFICER, Rehearsal, ladder

LEADER = Person("u-leader", "Wang", "officer", "+8613900000010")


@pytest.fixture
def scene() -> Rehearsal:
    made = Rehearsal(ladder(officers=(OFFICER, SECOND_OFFICER, LEADER)))
    made.click("claim")
    return made


def hand(scene: Rehearsal, action: str = "offer", *, to: Person = SECOND_OFFICER, **more: Any) -> None:
    scene.click(action, to_user_id=to.id, to_user_name=to.name, **more)


def test_until_the_colleague_says_yes_the_giver_holds_it(scene: Rehearsal) -> None:
    taken_at = scene.case.claimed_at
    hand(scene, text="my shift ends")
    assert (scene.case.claimed_by, scene.case.offered_to) == (OFFICER.id, SECOND_OFFICER.id)

    scene.later(10)
    scene.click("take_over", SECOND_OFFICER)

    assert (scene.case.claimed_by, scene.case.offered_to, scene.case.offer) == (SECOND_OFFICER.id, None, None)
    assert scene.case.claimed_at == taken_at  # Nobody was without an officer.
    assert scene.told[-2:] == ["offered", "taken_over"]
    assert scene.lines[-2].data == {"name": SECOND_OFFICER.name, "text": "my shift ends"}


def test_claiming_what_one_is_offered_takes_it(scene: Rehearsal) -> None:
    hand(scene)
    scene.click("claim", SECOND_OFFICER)
    assert scene.case.claimed_by == SECOND_OFFICER.id


def test_an_offer_that_nobody_answers_is_told_and_stays_with_the_giver(scene: Rehearsal) -> None:
    hand(scene)
    early = scene.now + timedelta(seconds=29)
    scene.send(Deadline("case-1", early))
    assert "offer_unanswered" not in scene.told

    scene.later(30)
    scene.send(Deadline("case-1", scene.now))
    scene.send(Deadline("case-1", scene.now))

    assert scene.told.count("offer_unanswered") == 1
    assert scene.case.offer is not None
    assert (scene.case.claimed_by, scene.case.offer["is_unanswered"]) == (OFFICER.id, True)

    scene.click("urge")
    assert scene.case.offer_due_at == scene.now + timedelta(seconds=30)
    assert (scene.case.offer["urged"], scene.case.offer["is_unanswered"]) == (1, False)
    scene.click("take_over", SECOND_OFFICER)
    assert scene.case.claimed_by == SECOND_OFFICER.id


def test_the_offer_s_deadline_leaves_the_alarm_s_own_alone(scene: Rehearsal) -> None:
    scene.click("accept", contact_id=DAUGHTER.id, eta_min=10)
    arrival = scene.case.due_at
    hand(scene)
    scene.later(30)
    scene.send(Deadline("case-1", scene.now))

    assert (scene.case.due_at, scene.case.due_for) == (arrival, "arrival")


@pytest.mark.parametrize(("who", "line"), [(SECOND_OFFICER, "offer_declined"), (OFFICER, "offer_withdrawn")])
def test_declined_or_taken_back_it_is_the_giver_s(scene: Rehearsal, who: Person, line: str) -> None:
    hand(scene)
    scene.click("decline_offer", who)
    assert (scene.case.claimed_by, scene.case.offer, scene.case.offer_due_at) == (OFFICER.id, None, None)
    assert scene.told[-1] == line
    with pytest.raises(Conflict):
        scene.click("take_over", SECOND_OFFICER)


@pytest.mark.parametrize("ends", ["release", "close"])
def test_an_offer_ends_with_what_was_offered(scene: Rehearsal, ends: str) -> None:
    hand(scene)
    scene.click(ends)
    assert (scene.case.offer, scene.case.offered_to, scene.case.offer_due_at) == (None, None, None)


def test_who_may_not_do_what(scene: Rehearsal) -> None:
    with pytest.raises(Conflict):
        hand(scene, user=SECOND_OFFICER, to=LEADER)  # Not theirs to give.
    with pytest.raises(Rejected):
        scene.click("offer")
    with pytest.raises(Conflict):
        hand(scene, to=OFFICER)
    with pytest.raises(Conflict):
        hand(scene, "assign")
    with pytest.raises(Conflict):
        scene.click("urge")
    with pytest.raises(Conflict):
        scene.click("answer", SECOND_OFFICER, text="go")
    hand(scene)
    with pytest.raises(Conflict):
        scene.click("decline_offer", LEADER)


def test_a_leader_assigns_at_once_and_may_take_any(scene: Rehearsal) -> None:
    hand(scene, "assign", user=LEADER, may_override=True)
    assert scene.case.claimed_by == SECOND_OFFICER.id

    scene.click("ask", SECOND_OFFICER, text="the door is locked")
    scene.click("take_over", LEADER, may_override=True)
    assert (scene.case.claimed_by, scene.case.question, scene.told[-1]) == (LEADER.id, None, "leader_took")


def test_assigning_what_nobody_had_ends_the_officers_calls() -> None:
    scene = Rehearsal(ladder(DAUGHTER, officers=(OFFICER, SECOND_OFFICER)))
    scene.ends("busy")
    hand(scene, "assign", user=LEADER, may_override=True)
    assert scene.case.claimed_at == scene.now
    assert [purpose for purpose, _ in scene.waiting] == []


def test_a_question_waits_for_a_leader_s_word(scene: Rehearsal) -> None:
    scene.click("ask", text="break the door?")
    assert scene.case.question is not None
    assert (scene.case.question["by_name"], scene.case.question["text"]) == (OFFICER.name, "break the door?")
    with pytest.raises(Rejected):
        scene.click("answer", LEADER, may_override=True)

    scene.click("answer", LEADER, may_override=True, text="yes, with the police")

    assert scene.case.question["answered_by"] == LEADER.name
    assert scene.case.claimed_by == OFFICER.id
    assert scene.told[-2:] == ["asked_leader", "leader_answered"]
    with pytest.raises(Conflict):
        scene.click("answer", LEADER, may_override=True, text="once more")


def test_a_leader_who_is_rung_and_presses_one_has_it(scene: Rehearsal) -> None:
    scene.click("ring_leader", to_user_id=LEADER.id)
    with pytest.raises(Conflict):
        scene.click("ring_leader", to_user_id=LEADER.id)
    with pytest.raises(Rejected):
        scene.click("ring_leader", to_user_id="nobody")
    call = next(a for a in scene.case.attempts if a.purpose == "officer")

    scene.send(CallReport(str(call.id), "ringing", scene.now))
    scene.send(CallReport(str(call.id), "answered", scene.now, "1"))

    assert scene.case.claimed_by == LEADER.id


def test_a_colleague_s_late_key_takes_nothing_away() -> None:
    scene = Rehearsal(ladder(DAUGHTER, officers=(OFFICER, SECOND_OFFICER)))
    scene.ends("busy")
    call = scene.ring()
    scene.click("claim", SECOND_OFFICER)
    scene.report(call, "answered", "1")
    assert scene.case.claimed_by == SECOND_OFFICER.id
