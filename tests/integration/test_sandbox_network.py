"""The sandbox telephone network on both databases: calls that outlive processes, reports that are never lost."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import migrations
from core.clock import ManualClock, SystemClock
from core.db import Database, sqlite_url
from core.errors import Conflict, Rejected, TryAgain
from core.vault import Vault
from core.wake import Wake
from notifier.channel import CallOrder, Report, TextOrder
from notifier.sandbox import TELL_AGAIN_S, SandboxNetwork
from notifier.sandbox_call import Behaviour
from notifier.script import Prompt
from tests import pg_cluster

T0 = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NUMBER = "+8613900000001"
WITHIN_S = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    server = request.param == "postgresql"
    url = pg_cluster.shared().url_for("sandbox") if server else sqlite_url(tmp_path)
    database = Database(url, Vault(["a key for made-up people"]))
    migrations.upgrade(database)
    yield database
    database.close()


class Rehearsal:
    """A network whose time moves only by `advance`, and everything that it told."""

    def __init__(self, db: Database, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(T0)
        self.told: list[Report] = []
        self.refuse: type[Exception] | None = None
        self.network = SandboxNetwork(db, self.clock, self._hear, Wake(db), prompt_of=self.prompt_of)
        self.is_cancelled = False

    def prompt_of(self, attempt_id: str) -> Prompt:
        return Prompt(attempt_id=attempt_id, elder_name="赵桂明", to_role="family", is_cancelled=self.is_cancelled)

    def call(self, attempt_id: str = "a1", number: str = NUMBER, ring_s: int = 20) -> str:
        return self.network.call(CallOrder(attempt_id, number, ring_s, self.prompt_of(attempt_id), self.clock.now()))

    def text(self, attempt_id: str = "m1", number: str = NUMBER) -> str:
        return self.network.text(TextOrder(attempt_id, number, self.prompt_of(attempt_id)))

    def advance(self, seconds: float) -> None:
        """Let time pass as it would: every step at its moment."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while True:
            due = self.network.step()
            if due is None or due > until:
                break
            self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
        self.clock.advance((until - self.clock.now()).total_seconds())
        self.network.step()

    def heard(self) -> list[tuple[str, str | None]]:
        return [(report.status, report.digits) for report in self.told]

    def _hear(self, report: Report) -> None:
        if self.refuse is not None:
            raise self.refuse("not now")
        self.told.append(report)


@pytest.fixture
def rehearsal(db: Database) -> Rehearsal:
    return Rehearsal(db)


def test_a_phone_answers_and_presses(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 2))
    ref = rehearsal.call()

    rehearsal.advance(1.9)
    assert rehearsal.heard() == []
    phone = rehearsal.network.phone(NUMBER)
    assert phone is not None
    assert phone.doing == "ringing"
    rehearsal.advance(1)

    assert rehearsal.heard() == [("answered", None), ("answered", "1")]
    assert {r.provider_ref for r in rehearsal.told} == {ref}
    entry = rehearsal.network.log()[0][0]
    assert (entry.outcome, entry.keys) == ("accepted", "1")
    assert "赵桂明" in entry.said


def test_silence_ends_with_the_ring_time(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("silence", None))
    rehearsal.call(ring_s=5)

    rehearsal.advance(4.8)
    assert rehearsal.told == []
    rehearsal.advance(0.3)

    assert rehearsal.heard() == [("no_answer", None)]
    assert rehearsal.told[0].at == T0 + timedelta(seconds=5)


def test_a_number_nobody_set_rings_until_a_person_answers(rehearsal: Rehearsal) -> None:
    rehearsal.call()
    rehearsal.advance(10)
    phone = rehearsal.network.phone(NUMBER)
    assert phone is not None
    assert (phone.doing, phone.is_set) == ("ringing", False)

    rehearsal.network.answer(NUMBER)
    rehearsal.network.press(NUMBER, "2")
    rehearsal.advance(0)

    assert rehearsal.heard() == [("answered", None), ("answered", "2")]
    with pytest.raises(Conflict):
        rehearsal.network.answer(NUMBER)
    with pytest.raises(Conflict):
        rehearsal.network.press(NUMBER, "1")


def test_a_second_call_to_a_phone_in_a_call_is_busy(rehearsal: Rehearsal) -> None:
    rehearsal.call("a1")
    rehearsal.call("a2")
    rehearsal.advance(0)

    assert [(r.attempt_id, r.status) for r in rehearsal.told] == [("a2", "busy")]


def test_a_change_of_behaviour_holds_from_the_next_call_on(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("silence", None))
    rehearsal.call("a1", ring_s=5)
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 0))

    rehearsal.advance(6)
    rehearsal.call("a2")
    rehearsal.advance(1)

    assert [(r.attempt_id, r.status) for r in rehearsal.told] == [
        ("a1", "no_answer"),
        ("a2", "answered"),
        ("a2", "answered"),
    ]


def test_what_is_said_is_decided_when_somebody_answers(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 3))
    rehearsal.call()
    rehearsal.is_cancelled = True

    rehearsal.advance(4)

    assert "误按" in rehearsal.network.log()[0][0].said


def test_a_call_outlives_its_process(rehearsal: Rehearsal, db: Database) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 2))
    rehearsal.call("a1")
    rehearsal.call("a2", number="+8613900000002")
    rehearsal.advance(2.2)

    after = Rehearsal(db, rehearsal.clock)
    after.advance(30)

    assert ("answered", "1") in after.heard()
    assert ("no_answer", None) in after.heard()


def test_a_report_nobody_took_is_told_again(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 0))
    rehearsal.refuse = TryAgain
    rehearsal.call()
    rehearsal.advance(1)
    assert rehearsal.told == []

    rehearsal.refuse = None
    rehearsal.advance(TELL_AGAIN_S + 1)

    assert rehearsal.heard() == [("answered", None), ("answered", "1")]
    rehearsal.advance(60)
    assert len(rehearsal.told) == 2


def test_a_report_that_is_refused_for_good_is_not_repeated(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("busy"))
    rehearsal.refuse = Rejected
    rehearsal.call()
    rehearsal.advance(1)
    rehearsal.refuse = None

    rehearsal.advance(60)

    assert rehearsal.told == []


def test_death_between_commit_and_telling_loses_nothing(rehearsal: Rehearsal, db: Database) -> None:
    class Killed(BaseException):
        pass

    rehearsal.network.set_phone(NUMBER, Behaviour("busy"))
    rehearsal.call()
    rehearsal.refuse = Killed  # type: ignore[assignment]
    with pytest.raises(Killed):
        rehearsal.network.step()

    after = Rehearsal(db, rehearsal.clock)
    after.advance(TELL_AGAIN_S + 1)

    assert after.heard() == [("busy", None)]


def test_two_workers_never_do_one_step_twice(db: Database) -> None:
    one = Rehearsal(db)
    two = Rehearsal(db, one.clock)
    for n in range(20):
        one.network.set_phone(f"+86139000001{n:02}", Behaviour("key:1", 1))
        one.call(f"a{n}", f"+86139000001{n:02}")
    for _ in range(4):
        one.clock.advance(0.5)
        workers = [threading.Thread(target=each.network.step) for each in (one, two)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(WITHIN_S)

    # What one has told the other may tell once more; what was done is done once.
    assert {(r.attempt_id, r.digits) for r in one.told + two.told} == {
        (f"a{n}", d) for n in range(20) for d in (None, "1")
    }
    assert [call.keys for call in one.network.log()[0]] == ["1"] * 20


def test_after_a_crash_it_knows_what_became_of_a_call(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("key:1", 1))
    ref = rehearsal.call()

    def found() -> tuple[str, str | None, str | None]:
        report = rehearsal.network.find("a1", NUMBER, T0)
        assert report is not None
        return report.status, report.digits, report.provider_ref

    assert found() == ("ringing", None, ref)
    rehearsal.advance(1.1)
    assert found() == ("answered", None, ref)
    rehearsal.advance(1)
    assert found() == ("answered", "1", ref)
    assert rehearsal.network.find("another", NUMBER, T0) is None


def test_the_centre_hangs_up(rehearsal: Rehearsal) -> None:
    ref = rehearsal.call()
    rehearsal.network.hang_up(ref)
    rehearsal.network.hang_up(ref)
    rehearsal.network.hang_up("never heard of")
    rehearsal.advance(30)

    assert rehearsal.told == []
    assert rehearsal.network.log()[0][0].outcome == "cancelled"


def test_messages_are_delivered_and_answered(rehearsal: Rehearsal) -> None:
    rehearsal.network.set_phone(NUMBER, Behaviour("manual", None, sms_reply="1"))
    rehearsal.text("m1")
    rehearsal.text("m2", "+8613900000002")
    rehearsal.advance(5)
    rehearsal.network.text_from("+8613900000002", "2")
    rehearsal.advance(0)

    assert [(r.attempt_id, r.status, r.digits) for r in rehearsal.told] == [
        ("m1", "delivered", None),
        ("m2", "delivered", None),
        ("m1", "replied", "1"),
        ("m2", "replied", "2"),
    ]


def test_a_message_out_of_the_blue_is_kept_and_told_to_nobody(rehearsal: Rehearsal) -> None:
    rehearsal.network.text_from(NUMBER, "hello")
    rehearsal.advance(10)

    assert rehearsal.told == []
    entry = rehearsal.network.log()[0][0]
    assert (entry.kind, entry.keys, entry.is_inbound) == ("sms", "hello", True)


def test_lists_go_page_by_page(rehearsal: Rehearsal) -> None:
    for n in range(5):
        rehearsal.call(f"a{n}", f"+861390000020{n}")

    pages, cursor = [], None
    while True:
        found, cursor = rehearsal.network.log(before=cursor, limit=2)
        pages.append([call.attempt_id for call in found])
        if cursor is None:
            break
    phones, after = rehearsal.network.phones(limit=3)
    rest, end = rehearsal.network.phones(after=after or "", limit=3)

    assert pages == [["a4", "a3"], ["a2", "a1"], ["a0"]]
    assert [p.number for p in phones + rest] == [f"+861390000020{n}" for n in range(5)]
    assert end is None


def test_running_by_itself_it_is_prompt_and_complete(db: Database) -> None:
    """Many callers at once on the machine's own clock; every call is told to its end."""
    count, done = 40, threading.Event()
    told: list[Report] = []

    def hear(report: Report) -> None:
        told.append(report)
        if len(told) == 2 * count:
            done.set()

    network = SandboxNetwork(db, SystemClock(), hear, Wake(db))
    for n in range(count):
        network.set_phone(f"+86139000003{n:02}", Behaviour("key:1", 0))
    network.start()
    try:
        callers = [
            threading.Thread(
                target=network.call,
                args=(CallOrder(f"a{n}", f"+86139000003{n:02}", 20, Prompt(attempt_id=f"a{n}"), SystemClock().now()),),
            )
            for n in range(count)
        ]
        for caller in callers:
            caller.start()
        assert done.wait(WITHIN_S)
        assert network.is_alive
        assert network.check() is None
    finally:
        network.stop()

    assert {(r.attempt_id, r.digits) for r in told} == {(f"a{n}", d) for n in range(count) for d in (None, "1")}
    assert network.check() is not None
