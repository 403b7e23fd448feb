from tests.world import World


def test_help_that_is_late_is_called_again(world: World) -> None:
    world.change_policy(follow_up_after_s=7200)
    world.press("dev-7")
    world.advance(seconds=2)
    world.page("daughter", is_going=True, eta_min=8)
    assert world.alarm.eta_min == 8

    world.advance(seconds=8 * 60 + 299)
    assert world.alarm.state == "accepted"

    world.advance(seconds=2)
    assert world.alarm.state == "open"
    assert "arrival_late" in world.story
    assert world.phone("daughter").is_ringing


def test_help_that_an_officer_saw_arrive_is_not_late(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.click("arrived")

    world.advance(seconds=1700)

    assert world.alarm.state == "arrived"
    assert world.told() == ["calling", "on_the_way", "arrived"]
