"""A policy's rungs: who is called in which order, for how long, how often, and when the officers join in."""

import pytest

from alarms.ladder import arranged
from registry.profile import PolicySettings, Rung
from tests.unit.alarms.rehearsal import (
    DAUGHTER,
    DOCTOR,
    GUARD,
    NEIGHBOUR,
    OFFICER,
    SON,
    VOLUNTEER,
    Rehearsal,
    climbing,
    ladder,
)


def test_without_rungs_the_usual_three_are_climbed() -> None:
    scene = Rehearsal(climbing())
    assert [scene.ends("busy") for _ in range(4)] == [DAUGHTER.name, SON.name, NEIGHBOUR.name, DOCTOR.name]
    assert scene.waiting == [("officer", OFFICER.name)]


def test_rungs_are_climbed_in_their_order() -> None:
    scene = Rehearsal(climbing(Rung("security"), Rung("volunteer"), Rung("family")))
    called = [scene.ends("busy") for _ in range(4)]
    assert called == [GUARD.name, VOLUNTEER.name, DAUGHTER.name, SON.name]
    assert scene.waiting == [("officer", OFFICER.name)]


def test_a_rung_has_its_own_ring_time_and_tries() -> None:
    scene = Rehearsal(climbing(Rung("security", ring_s=40), Rung("family", tries=2), Rung("doctor", ring_s=5)))
    rung_for = []
    for _ in range(6):
        rung_for.append((scene.case.live("help")[0].name, scene.case.live("help")[0].ring_s))
        scene.ends("busy")
    assert rung_for == [
        (GUARD.name, 40), (DAUGHTER.name, 20), (SON.name, 20), (DOCTOR.name, 5), (DAUGHTER.name, 20), (SON.name, 20),
    ]  # fmt: skip
    assert scene.waiting == [("officer", OFFICER.name)]


def test_officers_join_in_where_their_rung_is_and_the_chain_goes_on() -> None:
    scene = Rehearsal(climbing(Rung("family"), Rung("officer", ring_s=33), Rung("doctor")))
    scene.ends("busy")
    assert scene.waiting == [("help", SON.name)]
    scene.ends("busy")
    assert scene.waiting == [("help", DOCTOR.name), ("officer", OFFICER.name)]
    assert scene.case.live("officer")[0].ring_s == 33


def test_officers_on_the_first_rung_ring_beside_the_first_contact() -> None:
    scene = Rehearsal(climbing(Rung("officer"), Rung("family")))
    assert scene.waiting == [("help", DAUGHTER.name), ("officer", OFFICER.name)]


def test_an_officer_who_took_it_is_not_rung_by_a_rung() -> None:
    scene = Rehearsal(climbing(Rung("family"), Rung("officer"), Rung("doctor")))
    scene.click("claim")
    scene.ends("busy")
    scene.ends("busy")
    assert scene.waiting == [("help", DOCTOR.name)]


def test_second_tries_come_after_the_officers_rung() -> None:
    scene = Rehearsal(climbing(Rung("family", tries=2), Rung("officer"), people=(DAUGHTER,)))
    scene.ends("busy")
    assert scene.waiting == [("help", DAUGHTER.name), ("officer", OFFICER.name)]


@pytest.mark.parametrize("rungs", [(Rung("volunteer"),), (Rung("officer"),), (Rung("volunteer"), Rung("officer"))])
def test_an_elder_without_anybody_on_a_rung_has_the_usual_three_called(rungs: tuple[Rung, ...]) -> None:
    scene = Rehearsal(climbing(*rungs, people=(GUARD, SON, DOCTOR)))
    assert scene.waiting[0] == ("help", SON.name)


def test_who_is_on_no_rung_can_still_be_called_by_an_officer() -> None:
    scene = Rehearsal(climbing(Rung("family")))
    scene.click("call", contact_id=GUARD.id)
    assert ("asked", GUARD.name) in scene.waiting


def test_a_role_that_is_named_twice_counts_once() -> None:
    people = (DAUGHTER, NEIGHBOUR)
    timing = PolicySettings(rungs=(Rung("family", tries=1), Rung("community"), Rung("family", tries=9)))
    assert arranged(people, timing) == (people, ())


def test_the_rungs_of_no_policy_change_how_the_usual_ladder_is_climbed() -> None:
    usual, plain = Rehearsal(ladder()), Rehearsal(climbing(Rung("family"), Rung("community"), Rung("doctor")))
    for scene in (usual, plain):
        for _ in range(3):
            scene.silence()
    assert [a.name for a in usual.case.attempts] == [a.name for a in plain.case.attempts]
    assert [a.due_at for a in usual.case.attempts] == [a.due_at for a in plain.case.attempts]
