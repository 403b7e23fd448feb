"""Help nearby that an officer sends, beside the chain."""

from dataclasses import replace

import pytest

from alarms.ladder import Person
from core.errors import CarebellError, Conflict, Rejected
from tests.unit.alarms.rehearsal import DAUGHTER, ELDER, OFFICER, SECOND_OFFICER, SON, Rehearsal, ladder

CLINIC = Person("r-clinic", "Clinic", "clinic", "+862933210001")


def held(resource: Person | None = CLINIC, *, is_test: bool = False) -> Rehearsal:
    scene = Rehearsal(replace(ladder(), resource=resource), is_test=is_test)
    scene.click("claim")
    return scene


def send(scene: Rehearsal) -> None:
    scene.click("send", resource_id="r-clinic")


def test_the_resource_is_rung_and_the_chain_goes_on() -> None:
    scene = held()
    send(scene)
    assert scene.waiting == [("help", DAUGHTER.name), ("sent", CLINIC.name)]
    call = scene.case.attempts[-1]
    assert (call.role, call.phone, call.due_at) == ("clinic", CLINIC.phone, scene.now)
    assert scene.ends("busy") == DAUGHTER.name
    assert scene.waiting == [("sent", CLINIC.name), ("help", SON.name)]


def test_key_1_means_that_they_are_going_and_they_are_asked_later() -> None:
    scene = held()
    send(scene)
    call = scene.case.attempts[-1]
    scene.report(call, "answered", "1")
    assert scene.case.state == "accepted"
    assert scene.case.accepted_by == {"name": CLINIC.name, "role": "clinic", "contact_id": CLINIC.id}
    assert scene.waiting == [("follow_up_helper", CLINIC.name)]
    scene.later(600)
    scene.key("1")
    assert scene.case.state == "follow_up"
    assert scene.waiting == [("follow_up_elder", ELDER.name)]


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "voicemail", "failed"])
def test_nobody_there_is_shown_and_the_chain_is_not_touched(outcome: str) -> None:
    scene = held()
    send(scene)
    call = scene.case.attempts[-1]
    scene.report(call, outcome)
    assert scene.case.attempt(call.id).outcome == outcome
    assert scene.waiting == [("help", DAUGHTER.name)]
    send(scene)  # Once more, if the officer wants it.
    assert ("sent", CLINIC.name) in scene.waiting


def test_key_2_is_a_no_and_the_alarm_stays_open() -> None:
    scene = held()
    send(scene)
    scene.report(scene.case.attempts[-1], "answered", "2")
    assert scene.case.state == "open"
    assert scene.lines[-1].what == "declined"


def test_who_was_sent_still_rings_when_the_daughter_is_going() -> None:
    scene = held()
    send(scene)
    daughter = scene.case.attempts[0]
    scene.report(daughter, "answered", "1")
    assert ("sent", CLINIC.name) in scene.waiting
    scene.click("arrived")
    assert ("sent", CLINIC.name) not in scene.waiting


@pytest.mark.parametrize(
    ("resource", "is_test", "by", "refused"),
    [
        (replace(CLINIC, phone="120"), False, OFFICER, Rejected),
        (replace(CLINIC, phone="12345"), False, OFFICER, Rejected),
        (replace(CLINIC, phone=""), False, OFFICER, Rejected),
        (None, False, OFFICER, Rejected),
        (CLINIC, True, OFFICER, Conflict),
        (CLINIC, False, SECOND_OFFICER, Conflict),
    ],
)
def test_who_is_not_rung(resource: Person | None, is_test: bool, by: Person, refused: type[CarebellError]) -> None:
    scene = held(resource, is_test=is_test)
    before = scene.case
    with pytest.raises(refused) as problem:
        scene.click("send", by, resource_id="r-clinic")
    assert type(problem.value) is refused
    assert scene.case == before


def test_a_phone_that_rings_is_not_rung_twice() -> None:
    scene = held()
    send(scene)
    scene.report(scene.case.attempts[-1], "ringing")
    with pytest.raises(Conflict):
        send(scene)


def test_the_officer_phoned_them_and_they_are_going() -> None:
    scene = held(replace(CLINIC, phone="120"))
    scene.click("accept", resource_id="r-clinic", eta_min=8)
    assert (scene.case.state, scene.case.eta_min) == ("accepted", 8)
    assert scene.case.accepted_by == {"name": CLINIC.name, "role": "clinic", "contact_id": CLINIC.id}
    assert scene.waiting == [("follow_up_elder", ELDER.name)]
