from tests.world import World


def test_neighbour_is_called_when_daughter_does_not_answer(world: World) -> None:
    world.press("dev-7")
    assert world.phone("daughter").is_ringing

    world.advance(seconds=30)

    assert world.phone("daughter").is_quiet
    assert world.phone("neighbour").is_ringing


def test_nobody_waits_for_a_phone_that_cannot_ring(world: World) -> None:
    world.phone("daughter").behaves("unreachable")

    world.press("dev-7")

    assert world.phone("neighbour").is_ringing
