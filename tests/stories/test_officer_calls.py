from tests.world import World


def test_an_officer_has_the_guard_called_beside_the_chain(world: World) -> None:
    world.press("dev-7")
    world.click("claim")

    world.click("call", to="guard")
    assert world.phone("guard").is_ringing
    assert world.phone("daughter").is_ringing
    world.phone("guard").says("1")

    assert world.alarm.accepted_by["name"] == "老刘"
    assert world.phone("daughter").is_quiet


def test_the_chain_waits_for_a_phone_that_an_officer_is_ringing(world: World) -> None:
    world.press("dev-7")
    world.click("call", to="neighbour")
    world.advance(seconds=10)

    world.phone("daughter").hang_up()
    assert world.phone("doctor").is_ringing
    world.phone("doctor").says("2")
    world.advance(seconds=20)

    assert world.phone("neighbour").is_ringing
    assert [call.outcome for call in world.calls("neighbour")] == ["no_answer", None]
