from datetime import UTC, datetime

import pytest

from core.db import Database
from tests.world import World, settle_in

MIDNIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 00:00 in Xianyang
EIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)  # 08:00 there
LATE_ARRIVAL_S = 86_400


@pytest.mark.parametrize(("at_night", "asked_at"), [(True, MIDNIGHT.replace(minute=30)), (False, EIGHT)])
def test_an_alarm_of_the_night_is_followed_up_as_the_policy_says(
    db: Database, at_night: bool, asked_at: datetime
) -> None:
    settle_in(db)
    world = World(db, now=MIDNIGHT)
    world.change_policy(follow_up_at_night=at_night, arrival_within_s=LATE_ARRIVAL_S)
    world.press("dev-7")
    world.phone("daughter").says("1")

    world.advance_until(lambda: len(world.calls("daughter")) == 2, within_s=12 * 3600)

    assert world.calls("daughter")[1].started_at == asked_at
