"""The group commit, against a service that fails in every way it can."""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from alarms.events import Cancel, Located, Press
from core.errors import NotFound, TryAgain
from gateway.counts import Counts
from gateway.intake import Intake, Settled, Waiting
from gateway.spool import Spool

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SOON_S = 10


@dataclass(frozen=True)
class Receipt:
    alarm_id: str
    received_at: datetime = NOW


@dataclass
class Service:
    """Keeps what it is given; `fail` may raise for any of it; `gate` lets a commit wait."""

    fail: Callable[[Press | Cancel], None] = lambda event: None
    commits: list[list[Press | Cancel]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def presses(self, batch: Sequence[Press], /) -> list[Receipt]:
        self._commit(list(batch))
        return [Receipt(f"alarm of {press.msg_id}") for press in batch]

    def handle(self, event: Cancel | Located, /) -> None:
        if isinstance(event, Cancel):
            self._commit([event])

    def _commit(self, events: list[Press | Cancel]) -> None:
        self.begun.release()
        assert self.gate.wait(SOON_S)
        for event in events:
            self.fail(event)
        self.commits.append(events)

    @property
    def stored(self) -> list[str]:
        return [event.msg_id for commit in self.commits for event in commit]


class Desk:
    """An intake with everything around it, and what it said."""

    def __init__(self, folder: Path, **options: int) -> None:
        self.service = Service()
        self.service.gate.set()
        self.counts = Counts()
        self.acks: dict[str, bool] = {}
        self.receipts: dict[str, str] = {}
        self.died = threading.Event()
        self.spool = Spool(folder)
        self._changed = threading.Condition()
        self.intake = Intake(
            self.service, self._settled, self.spool, counts=self.counts, on_death=self.died.set, **options
        )
        self.intake.start()

    def press(self, msg_id: str, raw: bytes = b"raw") -> bool:
        return self._put(Press("dev-7", msg_id, NOW, content={"a": 1}, raw=raw))

    def cancel(self, msg_id: str) -> bool:
        return self._put(Cancel("dev-7", msg_id, NOW))

    def _put(self, event: Press | Cancel) -> bool:
        return self.intake.put(Waiting(event, lambda stored: self._acked(event.msg_id, stored)))

    def _acked(self, msg_id: str, stored: bool) -> None:
        with self._changed:
            self.acks[msg_id] = stored
            self._changed.notify_all()

    def _settled(self, settled: list[Settled]) -> None:
        for each in settled:
            if each.receipt:
                self.receipts[each.waiting.event.msg_id] = each.receipt.alarm_id
            each.waiting.ack(each.is_stored)

    def until_acked(self, *msg_ids: str) -> list[bool]:
        with self._changed:
            assert self._changed.wait_for(lambda: set(msg_ids) <= set(self.acks), SOON_S), self.acks
            return [self.acks[msg_id] for msg_id in msg_ids]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "spool")
    yield desk
    desk.service.gate.set()
    desk.intake.stop()
    assert not desk.intake.is_alive


def test_a_press_is_acknowledged_after_it_is_stored_and_gets_its_receipt(desk: Desk) -> None:
    desk.service.gate.clear()
    desk.press("a")
    assert desk.service.begun.acquire(timeout=SOON_S)
    assert desk.acks == {}
    desk.service.gate.set()
    assert desk.until_acked("a") == [True]
    assert desk.receipts == {"a": "alarm of a"}


def test_what_comes_during_a_commit_shares_the_next_one_in_order(desk: Desk) -> None:
    desk.service.gate.clear()
    desk.press("first")
    assert desk.service.begun.acquire(timeout=SOON_S)
    names = [f"m{n}" for n in range(700)]
    for name in names:
        desk.press(name)
    desk.service.gate.set()
    desk.until_acked(*names)
    assert [len(commit) for commit in desk.service.commits] == [1, *[100] * 7]
    assert desk.service.stored == ["first", *names]


def test_a_cancel_keeps_its_place_behind_the_press_it_is_about(desk: Desk) -> None:
    desk.service.gate.clear()
    desk.press("first")
    assert desk.service.begun.acquire(timeout=SOON_S)
    desk.press("a")
    desk.cancel("c")
    desk.press("b")
    desk.service.gate.set()
    assert desk.until_acked("a", "b", "c") == [True] * 3
    assert desk.service.stored == ["first", "a", "c", "b"]


def test_a_cancel_that_belongs_to_nothing_is_acknowledged(desk: Desk) -> None:
    def refuse(event: Press | Cancel) -> None:
        raise NotFound("nothing is open")

    desk.service.fail = refuse
    desk.cancel("c")
    assert desk.until_acked("c") == [True]
    assert desk.counts["cancels_without_alarm"] == 1


@pytest.mark.parametrize("problem", [TryAgain("away"), OperationalError("", {}, Exception())])
def test_presses_wait_while_the_database_is_away_and_are_then_stored(desk: Desk, problem: Exception) -> None:
    failures = iter(range(5))

    def fail(event: Press | Cancel) -> None:
        if next(failures, None) is not None:
            raise problem

    desk.service.fail = fail
    names = [f"m{n}" for n in range(5)]
    for name in names:
        desk.press(name)
    assert desk.until_acked(*names) == [True] * 5
    assert sorted(desk.service.stored) == names
    assert desk.counts["spooled"] == 0


def test_one_press_that_cannot_be_stored_as_read_is_stored_bare_and_spoils_no_other(desk: Desk) -> None:
    def fail(event: Press | Cancel) -> None:
        if event.msg_id == "bad" and event.content:
            raise ValueError("no place for this")

    desk.service.fail = fail
    desk.service.gate.clear()
    for name in ("first", "a", "bad", "b"):
        desk.press(name)
    desk.service.gate.set()
    assert desk.until_acked("a", "bad", "b") == [True] * 3
    assert sorted(desk.service.stored) == ["a", "b", "bad", "first"]
    assert desk.receipts["bad"] == "alarm of bad"


def test_a_press_that_cannot_be_stored_at_all_is_spooled_once_and_not_acknowledged(desk: Desk) -> None:
    def fail(event: Press | Cancel) -> None:
        if event.raw == b"\x00bad":
            raise ValueError("never")

    desk.service.fail = fail
    for name in ("bad-1", "a", "bad-2"):
        desk.press(name, b"\x00bad" if name.startswith("bad") else b"raw")
    assert desk.until_acked("bad-1", "a", "bad-2") == [False, True, False]
    lines = desk.spool.path.read_text().splitlines()
    assert [json.loads(line)["msg_id"] for line in lines] == ["bad-1"]
    assert base64.b64decode(json.loads(lines[0])["raw"]) == b"\x00bad"
    assert desk.counts["spooled"] == 2


def test_a_press_that_always_looks_like_an_outage_stops_nobody_else(desk: Desk) -> None:
    def fail(event: Press | Cancel) -> None:
        if event.msg_id == "bad":
            raise TryAgain("so it says")

    desk.service.fail = fail
    desk.press("bad")
    for n in range(8):
        desk.press(f"m{n}")
        desk.until_acked(f"m{n}")
    assert desk.until_acked("bad") == [False]
    assert desk.counts["spooled"] == 1


def test_a_full_queue_says_so_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_waiting=2)
    desk.service.gate.clear()
    desk.press("first")
    assert desk.service.begun.acquire(timeout=SOON_S)
    assert [desk.press(name) for name in ("a", "b", "c")] == [True, True, False]
    assert desk.acks == {"c": False}
    assert desk.counts["intake_full"] == 1
    desk.service.gate.set()
    desk.intake.stop()
    assert desk.service.stored == ["first", "a", "b"]


def test_stopping_stores_what_waits_and_takes_nothing_more(desk: Desk) -> None:
    desk.service.gate.clear()
    desk.press("a")
    assert desk.service.begun.acquire(timeout=SOON_S)
    desk.press("b")
    stopping = threading.Thread(target=desk.intake.stop)
    stopping.start()
    desk.service.gate.set()
    stopping.join(SOON_S)
    assert desk.service.stored == ["a", "b"]
    assert desk.press("late") is False


def test_stopping_does_not_wait_for_ever_for_a_database_that_is_away(desk: Desk) -> None:
    def fail(event: Press | Cancel) -> None:
        raise TryAgain("away")

    desk.service.fail = fail
    desk.press("a")
    desk.intake.stop(drain_s=0.1)
    assert not desk.intake.is_alive
    assert "a" not in desk.acks


def test_an_answer_that_fails_does_not_end_the_intake(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    broken = Press("dev-7", "x", NOW)

    def gone(stored: bool) -> None:
        raise ConnectionError("the device has hung up")

    desk.service.gate.clear()
    desk.intake.put(Waiting(broken, gone))
    assert desk.service.begun.acquire(timeout=SOON_S)
    desk.press("a")
    desk.service.gate.set()
    assert desk.until_acked("a") == [True]
    desk.intake.stop()


def test_the_process_hears_of_a_dead_intake(desk: Desk) -> None:
    def die(event: Press | Cancel) -> None:
        raise SystemExit

    desk.service.fail = die
    desk.press("a")
    assert desk.died.wait(SOON_S)
