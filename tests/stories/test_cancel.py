from tests.world import World


def test_a_cancel_closes_nothing_and_whoever_picks_up_hears_of_it(world: World) -> None:
    world.press("dev-7", "m-1")
    world.cancel("dev-7", alarm_msg_id="m-1")

    assert world.alarm.state == "open"
    assert world.phone("daughter").is_ringing
    assert "误按" in world.phone("daughter").answer()


def test_a_cancel_without_an_alarm_is_nothing(world: World) -> None:
    assert world.cancel("dev-7").alarm_id is None
    assert world.all_alarms() == []
