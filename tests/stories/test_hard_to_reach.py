"""Who is away, has a wrong number, or wants no messages: called all the same, and known to the registrar."""

from typing import Any

from sqlalchemy import select, update

from registry.findings import FINDINGS
from registry.store import CONTACTS
from tests.world import DAUGHTER, DOCTOR, NEIGHBOUR, World

LANDLINE = "+862981110001"


def set_contact(world: World, contact_id: str, **values: Any) -> None:
    with world.db.write() as session:
        session.execute(update(CONTACTS).where(CONTACTS.c.id == contact_id).values(values))


def contact(world: World, contact_id: str) -> Any:
    with world.db.read() as session:
        return session.execute(select(CONTACTS).where(CONTACTS.c.id == contact_id)).one()


def found(world: World) -> list[tuple[str, str]]:
    with world.db.read() as session:
        return [(row.kind, row.subject_id) for row in session.execute(select(FINDINGS).order_by(FINDINGS.c.id))]


def called(world: World) -> list[str]:
    return [call.number for call in world.calls()]


def test_landline_is_rung_when_the_mobile_is_busy(world: World) -> None:
    set_contact(world, DAUGHTER.id, more_phones=[{"phone": LANDLINE, "label": "home"}])
    world.phone("daughter").behaves("busy")

    world.press("dev-7")

    assert called(world) == [DAUGHTER.phone, LANDLINE]
    assert world.attempts[0]["contact"]["name"] == world.attempts[-1]["contact"]["name"]


def test_who_is_away_is_called_behind_the_others_and_the_timeline_says_so(world: World) -> None:
    set_contact(world, DAUGHTER.id, away=[{"from": "2020-01-01", "to": "2099-12-31"}])
    world.phone("neighbour").behaves("busy")
    world.phone("doctor").behaves("busy")

    world.press("dev-7")

    assert called(world) == [NEIGHBOUR.phone, DOCTOR.phone, DAUGHTER.phone]
    assert "put_back" in world.story
    assert not world.phone("officer").is_ringing


def test_number_that_does_not_exist_is_work_for_the_registrar_and_comes_last_next_time(world: World) -> None:
    world.phone("daughter").behaves("no_number")
    world.press("dev-7")

    assert world.phone("neighbour").is_ringing
    assert found(world) == [("wrong_number", DAUGHTER.id)]
    assert contact(world, DAUGHTER.id).wrong_number_at == world.clock.now()
    assert world.story.count("wrong_number") == 1

    world.phone("neighbour").behaves("busy")
    world.phone("doctor").behaves("busy")
    world.advance(seconds=120)
    second_round = called(world)[3:]
    assert second_round.index(DOCTOR.phone) < second_round.index(DAUGHTER.phone)
    assert found(world) == [("wrong_number", DAUGHTER.id)]


def test_stop_ends_the_messages_and_never_the_calls(world: World) -> None:
    world.press("dev-7")
    world.advance(seconds=2)
    world.phone("daughter").writes("TD")

    assert contact(world, DAUGHTER.id).opted_out_at is not None
    assert ("opted_out", DAUGHTER.id) in found(world)
    assert "opted_out" in world.story
    assert world.phone("daughter").is_ringing

    world.click("claim")
    world.click("close", disposition="other", satisfaction="satisfied")
    world.press("dev-7")
    world.advance(seconds=2)
    assert [a["medium"] for a in world.attempts] == ["voice"]
    assert "message_left_out" in world.story
