from itertools import pairwise

from tests.world import World


def test_the_officer_is_rung_and_the_chain_starts_again(world: World) -> None:
    world.press("dev-7")

    world.advance(seconds=3 * 25 + 1)
    assert world.phone("officer").is_ringing
    assert "round_failed" in world.story

    world.advance(seconds=10)
    assert world.phone("daughter").is_ringing
    assert world.phone("officer").is_ringing


def test_the_officer_who_claims_is_not_rung_any_more_and_the_family_still_is(world: World) -> None:
    world.press("dev-7")
    world.advance(seconds=76)

    world.phone("officer").says("1")
    world.advance(seconds=300)

    assert len(world.calls("officer")) == 1
    assert len(world.calls("daughter")) > 2


def test_nobody_is_ever_forgotten(world: World) -> None:
    world.press("dev-7")

    world.advance(seconds=900)

    assert world.alarm.state == "open"
    assert world.alarm.is_looked_after
    assert 7 <= len(world.calls("daughter")) <= 15
    starts = [call.started_at for call in world.calls("officer")]
    assert all((later - earlier).total_seconds() >= 20 for earlier, later in pairwise(starts))
