"""Whoever goes there hears how to get in, in one sentence, and whether that may be out of date."""

from datetime import date
from typing import Any

from sqlalchemy import update

from alarms.views import alarm_detail
from registry.store import ELDERS
from tests.world import ELDER, World

WAY_IN = {"key_holder": "门卫老刘", "door_code": "A7#", "dog": True}


def write(world: World, **values: Any) -> None:
    with world.db.write() as session:
        session.connection().execute(update(ELDERS).where(ELDERS.c.id == ELDER.id).values(values))


def heard(world: World, who: str) -> str:
    world.press()
    return world.phone(who).answer()


def test_daughter_hears_who_has_the_key_and_that_there_is_a_dog(world: World) -> None:
    write(world, access=WAY_IN, access_notes="敲门要重", access_confirmed_on=date(2026, 11, 1))

    said = heard(world, "daughter")

    assert "钥匙在门卫老刘；门禁密码A7#；家里有狗；敲门要重" in said
    assert "过时" not in said


def test_old_notes_are_called_doubtful(world: World) -> None:
    write(world, access=WAY_IN, access_confirmed_on=date(2026, 1, 1))

    assert "以上可能已过时" in heard(world, "daughter")


def test_officer_sees_the_couple_and_the_marks(world: World) -> None:
    write(world, household_id="home", marks=["vip"], addressed_as="赵奶奶")
    husband = {
        "id": "elder-li",
        "name": "李德福",
        "household_id": "home",
        "health": {},
        "language": "zh-CN",
        "version": 1,
    }
    with world.db.write() as session:
        made = {"created_at": world.clock.now(), "updated_at": world.clock.now()}
        session.connection().execute(ELDERS.insert().values(husband | made))
    world.press()

    with world.db.read() as session:
        seen = alarm_detail(session, world.all_alarms()[0]["id"], world.clock.now(), sees_health=True)

    assert seen is not None
    assert [one["name"] for one in seen["elder"]["lives_with"]] == ["李德福"]
    assert (seen["elder"]["marks"], seen["elder"]["addressed_as"]) == (["vip"], "赵奶奶")
