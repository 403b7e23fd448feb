import pytest

from tests.world import World


@pytest.mark.parametrize("kind", ["low_battery", "mains_lost", "tamper"])
def test_a_fault_of_the_device_is_the_duty_rooms_matter(world: World, kind: str) -> None:
    world.press("dev-7", kind=kind)

    assert world.phone("officer").is_ringing
    assert world.phone("daughter").is_quiet


def test_a_press_after_a_fault_is_an_emergency(world: World) -> None:
    world.press("dev-7", kind="low_battery")

    world.press("dev-7")

    assert world.alarm.kind == "sos"
    assert world.phone("daughter").is_ringing


def test_a_closed_fault_does_not_have_the_elder_asked_whether_help_came(world: World) -> None:
    world.press("dev-7", kind="low_battery")
    world.click("claim")
    world.click("close", disposition="device_fault")

    world.advance(seconds=7200)

    assert world.calls("elder") == []


def test_a_test_press_rings_nobody_and_closes_by_itself(world: World) -> None:
    world.press("dev-7", is_test=True)
    world.advance(seconds=601)

    assert (world.alarm.state, world.alarm.disposition) == ("closed", "test")
    assert world.calls() == []


def test_an_emergency_during_a_test_is_an_emergency(world: World) -> None:
    world.press("dev-7", is_test=True)

    world.press("dev-7")

    assert not world.alarm.is_test
    assert world.phone("daughter").is_ringing
    assert world.told() == ["calling"]
