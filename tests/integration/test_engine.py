"""What the engine does with providers that are slow, deaf, down or forgetful, on both databases."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from alarms.engine import Engine
from alarms.events import OfficerAction, Press
from alarms.service import SEND_LEASE_S, AlarmService
from core.clock import SystemClock
from core.db import Database
from core.wake import Wake
from notifier.channel import AccountBad, CallOrder, Channel, ChannelDown, NumberBad, Report, TextOrder, Unknown
from tests.world import DAUGHTER, NEIGHBOUR, OFFICER, START, World, settle_in

SOON_S = 20


def soon(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        threading.Event().wait(0.01)


@dataclass
class Line:
    """A channel that remembers its orders; `on_call` may raise, or do something before the call is taken."""

    name: str = "line"
    on_call: Callable[[CallOrder], None] = lambda order: None
    on_find: Callable[[], object] = lambda: None
    text_problem: Exception | None = None
    found: Report | None = None
    calls: list[CallOrder] = field(default_factory=list)
    texts: list[TextOrder] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def call(self, order: CallOrder) -> str:
        self.calls.append(order)
        self.on_call(order)
        return f"{self.name}-{len(self.calls)}"

    def text(self, order: TextOrder) -> str:
        self.texts.append(order)
        if self.text_problem is not None:
            raise self.text_problem
        return f"{self.name}-text-{len(self.texts)}"

    def hang_up(self, provider_ref: str) -> None:
        self.hung_up.append(provider_ref)

    def find(self, attempt_id: str, phone: str, since: datetime, medium: str = "voice") -> Report | None:
        self.asked.append(attempt_id)
        self.on_find()
        return self.found

    def check(self) -> str | None:
        return None

    @property
    def phones(self) -> list[str]:
        return [order.phone for order in self.calls]


def failing(problem: Exception, times: int = 1_000) -> Callable[[CallOrder], None]:
    left = [times]

    def on_call(_order: CallOrder) -> None:
        if left[0]:
            left[0] -= 1
            raise problem

    return on_call


def world_with(db: Database, *lines: Channel, senders: int = 0) -> World:
    settle_in(db, contacts=(DAUGHTER, NEIGHBOUR))
    return World(db, channels=lambda _network: list(lines), senders=senders)


def test_a_request_without_an_answer_is_asked_after_and_dialled_again(db: Database) -> None:
    line = Line(on_call=failing(Unknown("no answer in time"), times=1))
    world = world_with(db, line)
    world.press()
    assert world.attempts[0]["state"] == "sending"

    world.advance(seconds=SEND_LEASE_S)

    assert line.asked == [world.attempts[0]["id"]]
    assert [order.attempt_id for order in line.calls] == [world.attempts[0]["id"]] * 2
    assert world.attempts[0]["state"] == "ringing"


def test_the_second_try_rings_its_full_time(db: Database) -> None:
    line = Line(on_call=failing(Unknown("no answer in time"), times=1))
    world = world_with(db, line)
    world.press()
    world.advance(seconds=SEND_LEASE_S)

    world.advance(seconds=25)
    assert world.attempts[0]["state"] == "ringing"
    world.advance(seconds=3)
    assert world.attempts[0]["outcome"] == "no_answer"


def test_a_call_that_the_provider_knows_is_not_dialled_twice(db: Database) -> None:
    line = Line(on_call=failing(Unknown("no answer in time")))
    world = world_with(db, line)
    world.press()
    line.found = Report(world.attempts[0]["id"], "line", "ref-7", "ringing", START)

    world.advance(seconds=SEND_LEASE_S)

    assert len(line.calls) == 1
    attempt = world.attempts[0]
    assert (attempt["state"], attempt["provider_ref"], attempt["channel"]) == ("ringing", "ref-7", "line")


def test_what_became_of_a_lost_call_is_what_the_provider_says(db: Database) -> None:
    line = Line(on_call=failing(Unknown("no answer in time"), times=1))
    world = world_with(db, line)
    world.press()
    line.found = Report(world.attempts[0]["id"], "line", "ref-7", "answered", START, digits="1")

    world.advance(seconds=SEND_LEASE_S)

    assert world.alarm.state == "accepted"
    assert len(line.calls) == 1


def test_nonsense_from_a_provider_does_not_hold_an_attempt_for_ever(db: Database) -> None:
    line = Line(on_call=failing(Unknown("no answer in time"), times=1))
    world = world_with(db, line)
    world.press()
    line.found = Report(world.attempts[0]["id"], "line", "ref-7", "levitating", START)

    world.advance(seconds=SEND_LEASE_S)

    assert world.attempts[0]["state"] == "ringing"
    assert len(line.calls) == 2


def test_a_message_whose_answer_was_lost_does_not_stay_under_way(db: Database) -> None:
    world = world_with(db, Line(text_problem=Unknown("no answer in time")))
    world.press()
    world.advance(seconds=120)

    messages = [a for a in world.attempts if a["medium"] == "sms"]
    assert {m["outcome"] for m in messages if m["contact_id"] == DAUGHTER.id} == {"failed"}


def test_after_some_time_without_an_answer_the_next_is_called(db: Database) -> None:
    line = Line(on_call=lambda order: failing(Unknown("none"))(order) if order.phone == DAUGHTER.phone else None)
    world = world_with(db, line)
    world.press()

    world.advance(seconds=60)

    assert world.attempts[0]["outcome"] == "failed"
    assert 3 <= line.phones.count(DAUGHTER.phone) <= 5
    assert NEIGHBOUR.phone in line.phones


@pytest.mark.parametrize("problem", [ChannelDown("no route"), AccountBad("no money")])
def test_the_next_channel_is_tried_at_once(db: Database, problem: Exception) -> None:
    first, second = Line("first", failing(problem)), Line("second")
    world = world_with(db, first, second)

    world.press()

    assert first.phones == second.phones == [DAUGHTER.phone]
    assert (world.attempts[0]["state"], world.attempts[0]["channel"]) == ("ringing", "second")


def test_a_bad_number_is_bad_everywhere_and_the_next_is_called(db: Database) -> None:
    first = Line("first", lambda order: failing(NumberBad("none"))(order) if order.phone == DAUGHTER.phone else None)
    second = Line("second")
    world = world_with(db, first, second)

    world.press()

    assert first.phones == [DAUGHTER.phone, NEIGHBOUR.phone]
    assert second.phones == []
    assert world.attempts[0]["outcome"] == "failed"


def test_no_channel_at_all_is_no_loop_and_nobody_is_forgotten(db: Database) -> None:
    line = Line(on_call=failing(ChannelDown("no route")))
    world = world_with(db, line)

    world.press()
    world.advance(seconds=120)

    assert world.alarm.is_looked_after
    assert 20 <= len(line.calls) <= 40
    line.on_call = lambda order: None
    world.advance(seconds=15)
    assert "ringing" in [a["state"] for a in world.attempts]


def test_one_phone_hears_one_call_at_a_time(db: Database) -> None:
    """The same neighbour stands in for two elders."""
    line = Line()
    world = world_with(db, line)
    world.press("dev-stock")
    world.press("dev-unknown")

    assert line.phones == [OFFICER.phone]
    assert (world.attempts[0]["state"], world.attempts[0]["outcome"]) == ("due", None)
    assert world.alarm.is_looked_after


def test_a_call_cancelled_while_it_was_being_placed_is_hung_up(db: Database) -> None:
    line = Line()
    world = world_with(db, line)

    def somebody_has_arrived(_order: CallOrder) -> None:
        world.alarms.handle(OfficerAction(world.alarm.id, "arrived", OFFICER.id, OFFICER.name, START))

    line.on_call = somebody_has_arrived
    world.press()

    assert line.hung_up == ["line-1"]
    assert world.attempts[0]["outcome"] == "cancelled"


def test_an_attempt_that_stood_in_line_too_long_is_not_begun_beside_its_second_try(db: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(order: CallOrder) -> None:
        begun.set()
        assert may_end.wait(SOON_S)

    line = Line(on_call=slow)
    world = world_with(db, line, senders=1)
    free = world.engine.room()
    world.alarms.presses([Press("dev-7", "m-1", START)])
    assert begun.wait(SOON_S)
    world.alarms.presses([Press("dev-stock", "m-2", START)])
    world.clock.advance(seconds=SEND_LEASE_S - 1)
    may_end.set()
    soon(lambda: world.engine.room() == free, "the senders to be free")

    assert line.phones == [DAUGHTER.phone]
    world.clock.advance(seconds=1)

    def is_tried_again() -> bool:
        world.engine.step()
        return OFFICER.phone in line.phones

    soon(is_tried_again, "the second try")
    world.engine.stop()


def test_after_stopping_nothing_is_claimed_any_more(db: Database) -> None:
    line = Line()
    world = world_with(db, line, senders=1)
    world.engine.stop()

    world.alarms.presses([Press("dev-7", "m-1", START)])
    world.engine.step()

    assert line.calls == []
    assert world.attempts[0]["state"] == "due"


def test_a_provider_that_takes_its_time_holds_up_nothing_else(
    db: Database, running: Callable[[Sequence[Channel]], AlarmService]
) -> None:
    settle_in(db, contacts=(DAUGHTER, NEIGHBOUR))
    before = Line(on_call=failing(Unknown("no answer in time")))
    a_minute_ago = SystemClock().now() - timedelta(minutes=1)
    World(db, now=a_minute_ago, channels=lambda _network: [before]).press()
    may_answer = threading.Event()
    line = Line(on_find=lambda: may_answer.wait(SOON_S))

    running([line])
    soon(lambda: len(line.asked) == 1, "the question what became of the call")
    soon(lambda: len(line.texts) == 1, "the message that was due meanwhile")
    assert line.calls == []

    may_answer.set()
    soon(lambda: line.phones == [DAUGHTER.phone], "the lost call to be placed again")


@pytest.fixture
def running(db: Database) -> Iterator[Callable[[Sequence[Channel]], AlarmService]]:
    """Engines on threads of their own, with the machine's clock."""
    engines: list[Engine] = []

    def run(channels: Sequence[Channel]) -> AlarmService:
        wake = Wake(db)
        service = AlarmService(db, SystemClock(), wake)
        engine = Engine(db, SystemClock(), wake, service, channels)
        service.dispatcher = engine
        engine.start(is_only_one=db.is_sqlite)
        engines.append(engine)
        return service

    yield run
    for engine in engines:
        assert engine.is_alive
        engine.stop()


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)  # Elsewhere another engine may still be at work on it.
def test_the_only_engine_asks_at_once_after_a_restart(
    db: Database, running: Callable[[Sequence[Channel]], AlarmService]
) -> None:
    before = Line(on_call=failing(Unknown("killed in mid-request")))
    settle_in(db)
    World(db, now=SystemClock().now(), channels=lambda _network: [before]).press()
    after = Line()

    running([after])

    soon(lambda: after.phones == [DAUGHTER.phone], "the call to be placed again")
    assert after.asked == [after.calls[0].attempt_id]


def test_an_engine_outlives_an_outage_of_its_database(
    db: Database, running: Callable[[Sequence[Channel]], AlarmService]
) -> None:
    settle_in(db)
    line = Line()
    service = running([line])
    if not db.is_sqlite:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = :name"
        )
        with db.engine.connect() as connection:
            connection.execute(text(others), {"name": db.url.database})

    service.presses([Press("dev-7", "m-1", SystemClock().now())])

    soon(lambda: line.phones == [DAUGHTER.phone], "the call")
    soon(lambda: len(line.texts) == 1, "the message beside it")
