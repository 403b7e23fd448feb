import pytest

from core.db import Database
from core.errors import Conflict
from tests.world import COLLEAGUE, OFFICER, World, settle_in


@pytest.fixture
def world(db: Database) -> World:
    settle_in(db, officers=(OFFICER, COLLEAGUE))
    return World(db)


def test_two_claims_one_wins(world: World) -> None:
    world.press("dev-7")
    world.click("claim", by="officer")

    with pytest.raises(Conflict):
        world.click("claim", by="colleague")
    world.click("claim", by="officer")

    assert world.alarm.claimed_by["name"] == "李敏"
    assert world.story.count("claimed") == 1


def test_only_the_holder_closes(world: World) -> None:
    world.press("dev-7")
    world.click("claim", by="officer")

    with pytest.raises(Conflict):
        world.click("close", by="colleague", disposition="helped")

    assert world.alarm.state == "open"


def test_officers_are_rung_in_turn(world: World) -> None:
    world.press("dev-stock")
    assert world.phone("officer").is_ringing
    world.phone("officer").hang_up()

    assert world.phone("colleague").is_ringing


def test_a_claim_at_the_desk_stops_the_officers_phone(world: World) -> None:
    world.press("dev-stock")

    world.click("claim", by="colleague")

    assert world.phone("officer").is_quiet
