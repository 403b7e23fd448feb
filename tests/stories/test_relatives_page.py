import pytest

from core.errors import Conflict
from tests.world import World


@pytest.fixture
def informed(world: World) -> World:
    """The daughter's phone rings, and the message with the link is there beside it."""
    world.press("dev-7")
    world.advance(seconds=2)
    assert len(world.phone("daughter").messages) == 1
    return world


def test_i_am_going_accepts_and_ends_the_call(informed: World) -> None:
    informed.page("daughter", is_going=True, eta_min=10)

    assert informed.alarm.state == "accepted"
    assert informed.alarm.eta_min == 10
    assert informed.phone("daughter").is_quiet
    assert informed.told() == ["calling", "on_the_way"]


def test_i_cannot_sends_the_call_on(informed: World) -> None:
    informed.page("daughter", is_going=False)

    assert informed.alarm.state == "open"
    assert informed.phone("daughter").is_quiet
    assert informed.phone("neighbour").is_ringing


def test_whoever_was_going_and_now_cannot_is_replaced(informed: World) -> None:
    informed.page("daughter", is_going=True)

    informed.page("daughter", is_going=False)

    assert informed.alarm.state == "open"
    assert informed.phone("neighbour").is_ringing or informed.phone("officer").is_ringing


def test_i_am_going_ends_the_other_calls(informed: World) -> None:
    informed.advance(seconds=25)
    assert informed.phone("neighbour").is_ringing

    informed.page("daughter", is_going=True)

    assert informed.phone("neighbour").is_quiet


def test_a_reply_to_the_message_counts_like_a_key(informed: World) -> None:
    informed.phone("daughter").writes("1")

    assert informed.alarm.state == "accepted"


def test_the_page_of_a_closed_alarm_changes_nothing(informed: World) -> None:
    informed.click("claim")
    informed.click("close", disposition="helped", satisfaction="satisfied")

    with pytest.raises(Conflict):
        informed.page("daughter", is_going=True)
