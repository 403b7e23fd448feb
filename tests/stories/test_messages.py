"""The message beside a call: it goes when the call does not settle the matter within its first second."""

import pytest

from notifier.sandbox_call import Call
from tests.world import DAUGHTER, World


def messages(world: World) -> list[Call]:
    """What the daughter's phone was sent."""
    log, _ = world.network.log(number=DAUGHTER.phone)
    return [entry for entry in log if entry.kind == "sms"]


@pytest.mark.parametrize("how", ["key", "officer", "closed"])
def test_a_message_that_is_not_wanted_any_more_is_not_sent(world: World, how: str) -> None:
    world.press("dev-7")
    if how == "key":
        world.phone("daughter").says("1")
    else:
        world.click("claim")
        world.click(
            "accept" if how == "officer" else "close", **({"satisfaction": "satisfied"} if how == "closed" else {})
        )

    world.advance(seconds=5)

    assert messages(world) == []
    message = next(a for a in world.attempts if a["purpose"] == "message")
    assert (message["state"], message["outcome"]) == ("cancelled", "cancelled")


def test_a_message_goes_beside_a_call_that_nobody_has_answered_yet(world: World) -> None:
    world.press("dev-7")

    world.advance(seconds=1)

    assert len(messages(world)) == 1
