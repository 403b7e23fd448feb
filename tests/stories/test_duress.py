from tests.world import World


def test_a_silent_alarm_shows_nothing_and_never_rings_the_elder(world: World) -> None:
    world.press("dev-7", kind="duress")
    assert world.phone("daughter").is_ringing
    world.phone("daughter").says("1")
    world.advance(seconds=1800)
    world.phone("daughter").says("1")
    world.advance(seconds=120)

    assert world.told() == []
    assert world.calls("elder") == []
    assert world.alarm.is_looked_after


def test_an_alarm_that_turns_silent_does_not_ring_the_elder_either(world: World) -> None:
    world.change_policy(follow_up_after_s=60)
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.click("arrived")
    world.click("accept", to="guard")
    world.press("dev-7", kind="duress")
    told = world.told()

    world.advance(seconds=120)

    assert world.calls("elder") == []
    assert world.told() == told
