"""A device that says where it is while its alarm is open: helpers are told of the new place."""

from alarms.events import Located
from tests.world import START, World


def fix(lat: float, **more: object) -> dict[str, object]:
    return {"lat": lat, "lon": 108.7093, "accuracy_m": 8, "crs": "wgs84", "source": "gnss"} | more


def test_a_new_fix_moves_the_open_alarm(world: World) -> None:
    world.press("dev-7")
    assert world.alarm.location["how"] == "home"

    world.alarms.handle(Located("dev-7", world.clock.now(), fix(34.35)))

    assert (world.alarm.location["lat"], world.alarm.location["how"]) == (34.35, "fresh_fix")
    assert world.story[-1] == "located"
    assert world.alarm.state == "open"


def test_a_trembling_receiver_fills_no_timeline(world: World) -> None:
    world.press("dev-7")
    for step in range(5):
        world.alarms.handle(Located("dev-7", world.clock.now(), fix(34.35 + step / 100_000)))

    assert world.story.count("located") == 1
    assert world.alarm.location["lat"] == 34.35004


def test_where_no_alarm_is_open_a_fix_is_none_of_its_business(world: World) -> None:
    assert world.alarms.handle(Located("dev-7", START, fix(34.35))).alarm_id is None
    world.press("dev-7")
    world.click("claim")
    world.click("close", satisfaction="satisfied")

    assert world.alarms.handle(Located("dev-7", world.clock.now(), fix(34.35))).alarm_id is None
