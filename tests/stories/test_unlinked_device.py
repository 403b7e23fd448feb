from tests.world import World


def test_a_device_of_nobody_rings_the_duty_room(world: World) -> None:
    world.press("dev-stock")

    assert world.phone("officer").is_ringing
    assert world.alarm.elder is None
    assert "dev-stock" in world.phone("officer").answer().replace(" ", "") or world.alarm.device["uid"] == "dev-stock"


def test_a_device_that_the_registry_does_not_know_is_heard_as_well(world: World) -> None:
    world.press("dev-unknown")

    assert world.phone("officer").is_ringing


def test_nobody_to_call_and_nobody_on_duty_is_still_not_forgotten(world: World) -> None:
    world.phone("officer").behaves("unreachable")
    world.press("dev-stock")

    world.advance(seconds=300)

    assert world.alarm.is_looked_after
    assert len(world.calls("officer")) >= 5
