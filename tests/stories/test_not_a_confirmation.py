import pytest

from tests.world import World


@pytest.mark.parametrize("then", ["busy", "reject", "voicemail", "unreachable"])
def test_only_a_person_who_confirms_counts(world: World, then: str) -> None:
    world.phone("daughter").behaves(then, answer_after_s=1)

    world.press("dev-7")
    world.advance(seconds=5)

    assert world.alarm.state == "open"
    assert world.phone("neighbour").is_ringing


def test_whoever_picks_up_and_says_nothing_has_not_confirmed(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").answer()
    world.phone("daughter").hang_up()

    assert world.attempts[0]["outcome"] == "no_key"
    assert world.phone("neighbour").is_ringing


def test_key_2_sends_the_call_on_at_once(world: World) -> None:
    world.press("dev-7")

    world.phone("daughter").says("2")

    assert world.attempts[0]["outcome"] == "declined"
    assert world.phone("neighbour").is_ringing


def test_the_whole_chain_with_everything_on_the_way(world: World) -> None:
    world.phone("daughter").behaves("busy")
    world.phone("neighbour").behaves("voicemail")
    world.press("dev-7")
    world.advance(seconds=5)

    world.phone("doctor").says("2")
    assert world.phone("officer").is_ringing
    world.phone("officer").says("1")

    assert [a["outcome"] for a in world.attempts if a["medium"] == "voice"] == [
        "busy", "voicemail", "declined", "accepted",
    ]  # fmt: skip
    assert world.alarm.claimed_by["name"] == "李敏"
