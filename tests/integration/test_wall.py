"""The leader's wall: today's figures against the service levels, who is at work, what waits."""

from datetime import timedelta

import pytest

from alarms import figures
from core.db import Database
from tests.console_site import ConsoleSite, problem_of
from tests.world import OFFICER, START, World

HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def level(world: World, code: str) -> tuple[int, int]:
    with world.db.read() as session:
        day = figures.day_of(session, START - timedelta(hours=2), world.clock.now())
    return next((one.met, one.of) for one in day.levels if one.code == code)


def test_an_alarm_taken_in_time_keeps_the_level_and_one_that_waited_does_not(world: World) -> None:
    world.press()
    assert level(world, "taken_60") == (0, 0)

    world.advance(seconds=30)
    world.click("claim")
    assert level(world, "taken_60") == (1, 1)
    assert level(world, "first_call") == (1, 1)

    world.press("dev-stock")
    world.advance(seconds=61)
    assert level(world, "taken_60") == (1, 2)
    assert level(world, "taken_180") == (1, 1)


def test_tests_do_not_count(world: World) -> None:
    world.press(is_test=True)

    with world.db.read() as session:
        assert figures.day_of(session, START - timedelta(hours=2), world.clock.now()).received == 0


def test_who_holds_what(world: World) -> None:
    world.press()
    world.click("claim")

    with world.db.read() as session:
        loads = figures.loads(session, START - timedelta(hours=2), world.clock.now())

    assert [(one.user_id, one.holds, one.taken_today, one.is_signed_in) for one in loads] == [(OFFICER.id, 1, 1, False)]


def test_the_wall_is_shown_and_follows(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    assert "没有进行中的报警" in leader.get("/wall", headers=HTML).text

    world.press(location=None)
    world.clock.advance(10)
    part = leader.get("/wall", headers=HTML | {"hx-request": "true"})

    assert "赵桂明" in part.text
    assert "<html" not in part.text


def test_the_wall_is_for_the_room(site: ConsoleSite) -> None:
    problem_of(site.as_("registrar").get("/wall"), 403)
