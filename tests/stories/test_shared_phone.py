"""Two elders whose contact is the same person: one phone cannot be rung for both at once."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from core.ids import new_id
from registry.models import Contact, Device, Elder, table_of
from tests.world import DAUGHTER, NEIGHBOUR, OFFICER, START, Somebody, World

SECOND_NEIGHBOUR = replace(NEIGHBOUR, id="contact-zhang", name="张姨", phone="+8613900000014")


def next_door(world: World, *contacts: Somebody) -> None:
    """Elder Qian with the device dev-8, whose contacts these are."""
    made = {"created_at": START, "updated_at": START, "version": 1}
    with world.db.write() as session:
        elder = {"id": "elder-qian", "name": "钱桂英", "language": "zh-CN", "health": {}} | made
        session.execute(insert(table_of(Elder)).values(elder))
        device = {"id": new_id(), "uid": "dev-8", "elder_id": "elder-qian", "state": "in_service", "secret_hash": ""}
        session.execute(insert(table_of(Device)).values(device | made))
        for rank, person in enumerate(contacts, start=1):
            row: dict[str, Any] = {
                "id": f"{person.id}-of-qian",
                "elder_id": "elder-qian",
                "name": person.name,
                "role": person.role,
            }
            row |= {"phone": person.phone, "rank": rank, "language": "zh-CN", "is_key_holder": False}
            session.execute(insert(table_of(Contact)).values(row | made))


def outcomes(world: World) -> list[tuple[str, str | None]]:
    """What became of the newest alarm's calls."""
    return [(a["contact"]["name"], a["outcome"]) for a in world.attempts if a["medium"] == "voice"]


def test_her_line_is_waited_for_where_there_is_nobody_else(world: World) -> None:
    next_door(world, DAUGHTER)
    world.press("dev-7")
    assert world.phone("daughter").is_ringing

    world.press("dev-8")
    assert outcomes(world) == [(DAUGHTER.name, None)]
    assert world.alarm.first_call_at is None
    assert "call_started" not in world.story
    assert world.alarm.next_action_at is not None

    world.phone("daughter").says("1")
    world.advance(seconds=3)

    assert world.phone("daughter").is_ringing
    world.phone("daughter").says("1")
    assert world.alarm.state == "accepted"
    assert outcomes(world)[0] == (DAUGHTER.name, "accepted")


def test_somebody_else_is_called_meanwhile_and_she_afterwards(world: World) -> None:
    next_door(world, DAUGHTER, SECOND_NEIGHBOUR)
    world.press("dev-7")

    world.press("dev-8")
    assert outcomes(world)[-1] == (SECOND_NEIGHBOUR.name, None)
    assert world.attempts[-2]["state"] == "ringing"

    world.phone("daughter").says("2")
    world.advance(seconds=25)

    assert world.phone("daughter").is_ringing
    assert [o for _, o in outcomes(world)] == ["cancelled", "no_answer", None]
    assert sum(1 for a in world.attempts if a["medium"] == "sms" and a["contact"]["name"] == DAUGHTER.name) == 1


def test_two_engaged_lines_do_not_send_the_chain_round_in_a_ring(world: World) -> None:
    next_door(world, DAUGHTER, NEIGHBOUR)
    world.press("dev-7")
    world.click("call", to="neighbour")
    assert world.phone("neighbour").is_ringing

    world.press("dev-8")

    assert [o for _, o in outcomes(world)] == ["cancelled", None]
    world.advance(seconds=200)
    assert world.alarm.is_looked_after
    assert len(outcomes(world)) < 20


def test_a_line_that_never_comes_free_ends_the_round(world: World) -> None:
    next_door(world, DAUGHTER)
    world.change_policy(ring_s=30)
    world.press("dev-7")
    world.phone("daughter").answer()

    world.press("dev-8")
    world.advance(seconds=40)

    assert "round_failed" in world.story
    assert world.phone("officer").is_ringing


@pytest.mark.parametrize("answer", ["1", "2"])
def test_an_officer_who_is_rung_for_another_alarm_is_rung_afterwards(world: World, answer: str) -> None:
    next_door(world)
    world.press("dev-stock")
    world.press("dev-8")
    assert world.phone("officer").is_ringing
    assert (OFFICER.name, "busy") not in outcomes(world)

    world.phone("officer").says(answer)
    world.advance(seconds=21)

    assert world.phone("officer").is_ringing
    assert world.alarm.next_action_at is not None
