"""The alarms' door on both databases: batches, races between processes, events that are refused, outages."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from alarms.events import CallReport, Deadline, OfficerAction, Press, RelativeAnswer
from alarms.models import Alarm, DownMessage, PressRow, TimelineRow
from alarms.service import AlarmService
from core.clock import ManualClock
from core.db import Database
from core.errors import CarebellError, Conflict, NotFound, Rejected, TryAgain
from core.wake import Wake
from notifier.channel import Report
from registry.models import table_of
from tests.world import COLLEAGUE, OFFICER, START, World, open_quickly, settle_in

AT_ONCE = 6
SOON_S = 30


@pytest.fixture
def doors(db: Database) -> Iterator[list[AlarmService]]:
    """As many doors as there may be processes on one database: SQLite has one, used by as many threads."""
    settle_in(db, officers=(OFFICER, COLLEAGUE))
    url = db.url.render_as_string(hide_password=False)
    databases = [open_quickly(url) for _ in range(1 if db.is_sqlite else AT_ONCE)]
    doors = [AlarmService(each, ManualClock(START), Wake(each)) for each in databases]
    yield doors * (AT_ONCE // len(doors))
    for each in databases:
        each.close()


def press(msg_id: str, uid: str = "dev-7", **more: Any) -> Press:
    return Press(uid, msg_id, START, **more)


def count(db: Database, model: Any) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table_of(model))) or 0


def all_at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run these on a thread each, let go together; what each gave or raised."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(n: int) -> None:
        barrier.wait(SOON_S)
        try:
            results[n] = works[n]()
        except CarebellError as refused:
            results[n] = refused

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
        assert not thread.is_alive()
    return results


def test_a_batch_keeps_its_order_and_counts_a_repeat_once(world: World) -> None:
    batch = [press("a"), press("b"), press("a"), press("x", "dev-stock"), press("c"), press("b")]

    receipts = world.alarms.presses(batch)

    assert [r.msg_id for r in receipts] == ["a", "b", "a", "x", "c", "b"]
    assert [r.is_new for r in receipts] == [True, True, False, True, True, False]
    assert len({r.alarm_id for r in receipts if r.device_uid == "dev-7"}) == 1
    counts = {alarm["device"]["uid"]: alarm["press_count"] for alarm in world.all_alarms()}
    assert counts == {"dev-7": 3, "dev-stock": 1}


def test_the_first_call_of_a_batch_has_begun_when_the_receipts_are_there(world: World) -> None:
    """Committed as *sending* in the very transaction that stored the press."""
    world.alarms.presses([press("a"), press("b")])

    assert [(a["medium"], a["state"]) for a in world.attempts] == [("voice", "ringing"), ("sms", "due")]
    assert world.phone("daughter").is_ringing


def test_several_processes_open_one_elders_alarm_once(db: Database, doors: list[AlarmService]) -> None:
    receipts = all_at_once([
        partial(door.presses, [press(f"m-{n}"), press("same")]) for n, door in enumerate(doors)
    ])  # fmt: skip

    assert not [r for r in receipts if isinstance(r, CarebellError)]
    assert len({receipt.alarm_id for pair in receipts for receipt in pair}) == 1
    assert [receipt.is_new for pair in receipts for receipt in pair if receipt.msg_id == "same"].count(True) == 1
    assert count(db, Alarm) == 1
    assert count(db, PressRow) == AT_ONCE + 1
    assert World(db).alarm.press_count == AT_ONCE + 1


def test_of_many_claims_at_once_one_wins(db: Database, doors: list[AlarmService]) -> None:
    alarm_id = World(db).press().alarm_id
    claims = [OfficerAction(alarm_id, "claim", f"user-{n}", f"Officer {n}", START) for n in range(AT_ONCE)]

    results = all_at_once([partial(door.handle, claim) for door, claim in zip(doors, claims, strict=True)])

    assert len([r for r in results if isinstance(r, Conflict)]) == AT_ONCE - 1
    assert World(db).story.count("claimed") == 1


def test_an_event_that_is_refused_does_not_stop_the_others(world: World) -> None:
    world.press()
    call = world.attempts[0]["id"]
    alarm_id = world.alarm.id

    outcomes = world.alarms.handle_all([
        CallReport("no-such-attempt", "busy", START),
        OfficerAction(alarm_id, "dance", OFFICER.id, OFFICER.name, START),
        CallReport(call, "busy", START),
        Deadline("no-such-alarm", START),
        OfficerAction(alarm_id, "claim", OFFICER.id, OFFICER.name, START),
    ])  # fmt: skip

    assert [type(o) for o in outcomes if isinstance(o, CarebellError)] == [NotFound, Rejected, NotFound]
    assert world.attempts[0]["outcome"] == "busy"
    assert world.alarm.claimed_by["id"] == OFFICER.id


def test_what_belongs_nowhere_is_refused_and_changes_nothing(world: World) -> None:
    world.press()
    before = world.alarm.version

    with pytest.raises(NotFound):
        world.alarms.handle(OfficerAction("no-such-alarm", "claim", OFFICER.id, OFFICER.name, START))
    with pytest.raises(NotFound):
        world.alarms.handle(RelativeAnswer("no-such-attempt", True, START))
    with pytest.raises(Rejected):
        world.click("link", other_alarm_id="no-such-alarm")
    world.alarms.report(Report("no-such-attempt", "sandbox", None, "busy", START))

    assert world.alarm.version == before


def test_a_closed_alarm_opens_again_beside_a_newer_one(world: World) -> None:
    first = world.press().alarm_id
    world.click("claim")
    world.click("close", disposition="false_alarm")
    world.advance(seconds=1790)
    second = world.press().alarm_id
    world.click("claim")
    world.advance(seconds=15)

    world.phone("elder").says("2")

    states = {alarm["id"]: alarm["state"] for alarm in world.all_alarms()}
    assert states == {first: "open", second: "open"}
    assert world.press().alarm_id == second


def test_an_alarm_that_opened_again_takes_the_presses_once_the_newer_one_is_closed(world: World) -> None:
    first = world.press().alarm_id
    world.click("claim")
    world.click("close", disposition="false_alarm")
    world.advance(seconds=1790)
    world.press()
    world.click("claim")
    world.advance(seconds=15)
    world.phone("elder").says("2")
    world.click("close", disposition="helped", satisfaction="satisfied")

    assert world.press().alarm_id == first
    assert len(world.all_alarms()) == 2


def test_progress_waits_in_the_database_for_the_device(world: World) -> None:
    world.press()
    world.phone("daughter").says("1")

    with world.db.read() as session:
        rows = session.execute(select(table_of(DownMessage)).order_by(table_of(DownMessage).c.id)).all()
    assert [(row.uid, row.topic, row.payload["stage"]) for row in rows] == [
        ("dev-7", "progress", "calling"), ("dev-7", "progress", "on_the_way"),
    ]  # fmt: skip
    assert {row.payload["alarm_id"] for row in rows} == {world.alarm.id}
    assert all(row.expires_at - row.created_at == timedelta(days=1) for row in rows)


def test_two_presses_while_both_phones_are_one_ring_it_once(db: Database) -> None:
    """A daughter of two elders hears one call at a time: the second alarm does not make her line busy."""
    settle_in(db)
    world = World(db)
    world.press("dev-7")
    world.click("call", to="guard")
    world.press("dev-stock")

    assert len(world.calls("guard")) == 1
    assert len(world.calls("daughter")) == 1


def test_a_value_that_no_database_can_hold_is_refused_not_retried_for_ever(world: World) -> None:
    world.press()
    call = world.attempts[0]["id"]
    lines = count(world.db, TimelineRow)

    if world.db.is_sqlite:  # It holds anything.
        world.click("note", text="\0")
        return
    with pytest.raises(Rejected):
        world.click("note", text="\0")
    with pytest.raises(Rejected):
        world.alarms.handle(CallReport(call, "busy", START, detail="\0"))
    assert count(world.db, TimelineRow) == lines


def test_a_report_longer_than_its_column_is_cut_and_kept(world: World) -> None:
    world.press()
    call = world.attempts[0]["id"]

    world.alarms.report(Report(call, "sandbox", "r" * 300, "busy", START, detail="d" * 5000))

    assert world.attempts[0]["outcome"] == "busy"


def test_a_database_that_is_gone_means_try_again(db: Database) -> None:
    settle_in(db)
    alarms = World(db).alarms
    gone = "sqlite:////nowhere/at/all.db" if db.is_sqlite else "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    nowhere = Database(gone)
    lost = AlarmService(nowhere, ManualClock(START), Wake())

    with pytest.raises(TryAgain):
        lost.presses([press("m-1")])
    with pytest.raises(TryAgain):
        lost.handle(Deadline("any", START))

    nowhere.close()
    assert alarms.presses([press("m-1")])[0].is_new
