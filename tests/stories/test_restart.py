"""The process is gone and comes back: nothing was in its memory that is missed."""

from core.db import Database
from tests.world import World, settle_in


def test_a_call_that_rings_over_a_restart_is_answered(db: Database) -> None:
    settle_in(db)
    before = World(db)
    before.press("dev-7")
    before.advance(seconds=5)

    after = World(db, now=before.clock.now())
    after.settle()
    after.phone("daughter").says("1")

    assert after.alarm.state == "accepted"
    assert len(after.calls()) == 1


def test_time_that_passed_without_a_process_has_passed(db: Database) -> None:
    settle_in(db)
    before = World(db)
    before.press("dev-7")
    before.advance(seconds=5)

    after = World(db, now=before.clock.now())
    after.advance(seconds=60)

    assert [call.outcome for call in after.calls("daughter")] == ["no_answer"]
    assert after.phone("doctor").is_ringing


def test_a_follow_up_is_not_lost_over_a_restart(db: Database) -> None:
    settle_in(db)
    before = World(db)
    before.press("dev-7")
    before.phone("daughter").says("1")

    after = World(db, now=before.clock.now())
    after.advance(seconds=1800)

    assert after.phone("daughter").is_ringing


def test_a_restart_after_a_long_time_begins_where_help_is_needed(db: Database) -> None:
    settle_in(db)
    before = World(db)
    before.press("dev-7")
    before.advance(seconds=5)
    before.clock.advance(seconds=3600)

    after = World(db, now=before.clock.now())
    after.settle()

    assert after.phone("neighbour").is_ringing
