"""The process is killed at each boundary and started again: nothing lost, nothing hanging, nobody rung twice for one
thing, no alarm without a next step."""

import signal
from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle, islice

import pytest
from sqlalchemy import func, select

from core.db import Database
from registry.profile import PolicySettings
from tests.crash_lives import live
from tests.world import ALARMS, START, TIMELINE, World, settle_in

KILLED = -signal.SIGKILL
DOWN_FOR_S = 15  # Longer than a sender's lease, shorter than a phone rings.
WHOLE_STORY_S = 120
POLICY = PolicySettings(ring_s=30, follow_up_after_s=30)


def prepare(db: Database) -> None:
    """The daughter's phone has an answering machine, the neighbour goes, the elder is satisfied."""
    settle_in(db, policy=POLICY)
    world = World(db)
    world.phone("daughter").behaves("voicemail", answer_after_s=1)
    world.phone("neighbour").behaves("key:1")
    world.phone("elder").behaves("key:1")


def last_moment(db: Database) -> datetime:
    with db.read() as session:
        last: datetime | None = session.scalar(select(func.max(TIMELINE.c.at)))
    return last or START


def check_that_it_ends_well(db: Database, now: datetime) -> None:
    world = World(db, now=now)
    receipt = world.press("dev-7", "m-1")
    assert world.alarm.is_looked_after
    world.advance_until(lambda: world.alarm.state == "closed", within_s=900, what="the end of the alarm")
    world.advance(seconds=60)

    assert [alarm["id"] for alarm in world.all_alarms()] == [receipt.alarm_id]
    assert (world.alarm.press_count, len(world.alarm.presses)) == (1, 1)
    assert (world.alarm.disposition, world.alarm.satisfaction) == ("helped", "satisfied")
    assert world.told().count("closed") == 1
    assert all(attempt["outcome"] for attempt in world.attempts)
    dialled = Counter(call.attempt_id for call in world.calls())
    assert max(dialled.values()) == 1, "a provider was asked twice for one call"


def test_killed_before_every_commit_of_an_alarms_life(db: Database, subtests: pytest.Subtests) -> None:
    url = db.url.render_as_string(hide_password=False)
    prepare(db)
    for n in range(1, 100, 1 if db.is_sqlite else 2):
        code = live(url, START, WHOLE_STORY_S, die_before_commit=n)
        if code != KILLED:
            assert code == 0
            break
        with subtests.test(commit=n):
            check_that_it_ends_well(db, last_moment(db) + timedelta(seconds=DOWN_FOR_S))
        forget(db)
    else:
        raise AssertionError("the story never ended by itself")


def test_lives_that_are_cut_short_again_and_again_still_bring_it_to_its_end(db: Database) -> None:
    url = db.url.render_as_string(hide_password=False)
    prepare(db)
    for length in islice(cycle((6, 9, 5, 8)), 100):
        now = last_moment(db) + timedelta(seconds=DOWN_FOR_S)
        if live(url, now, WHOLE_STORY_S, die_before_commit=length) != KILLED:
            break
    check_that_it_ends_well(db, last_moment(db))


def forget(db: Database) -> None:
    """Take the alarm away, so that the next life begins with an empty board."""
    tables = ("down_messages", "timeline", "attempts", "presses", "alarms", "sandbox_calls")
    with db.write() as session:
        for table in tables:
            session.connection().exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  # names from the line above
        assert session.scalar(select(func.count()).select_from(ALARMS)) == 0
