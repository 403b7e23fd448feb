"""Rows on their way to devices: once for each connection, gone when acknowledged, spoken by one gateway."""

from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from alarms.models import DownMessage
from core.clock import ManualClock
from core.db import Database
from core.wake import Wake
from gateway.counts import Counts
from gateway.downlink import NEWEST, Downlink
from gateway.lead import Lead
from registry.models import table_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


class Post:
    """A sender that keeps what it is given; `here` are the devices that listen."""

    def __init__(self, *here: str) -> None:
        self.here = set(here)
        self.sent: list[tuple[str, bytes]] = []
        self.acks: list[Callable[[], None]] = []

    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool:
        if uid not in self.here:
            return False
        self.sent.append((topic, payload))
        if on_acked is not None:
            self.acks.append(on_acked)
        return True

    def connected_uids(self) -> Container[str]:
        return self.here

    @property
    def numbers(self) -> list[bytes]:
        return [payload for _, payload in self.sent]


class Office:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.clock = ManualClock(NOW)
        self.post = Post()

    def downlink(self, lead: Lead | None = None) -> Downlink:
        return Downlink(self.db, self.clock, Wake(), self.post, counts=Counts(), lead=lead)

    def leave(self, uid: str, *numbers: int, lasts_s: float = 600) -> None:
        now = self.clock.now()
        with self.db.write() as session:
            for n in numbers:
                expires_at = now + timedelta(seconds=lasts_s)
                session.add(
                    DownMessage(uid=uid, topic="progress", payload={"n": n}, created_at=now, expires_at=expires_at)
                )
                session.flush()

    def left(self) -> int:
        with self.db.read() as session:
            return len(list(session.execute(select(table_of(DownMessage).c.id))))


@pytest.fixture
def office(db: Database) -> Office:
    return Office(db)


def test_a_message_is_sent_once_and_deleted_when_it_has_arrived(office: Office) -> None:
    office.post.here = {"dev-7"}
    downlink = office.downlink()
    office.leave("dev-7", 1)
    for _ in range(3):
        downlink.look()
    assert office.post.sent == [("cb/v1/dev-7/down/progress", b'{"n":1}')]
    assert office.left() == 1
    office.post.acks[0]()
    downlink.look()
    assert office.left() == 0


def test_a_new_connection_is_told_what_the_old_one_did_not_acknowledge(office: Office) -> None:
    office.post.here = {"dev-7", "dev-8"}
    downlink = office.downlink()
    office.leave("dev-7", 1, 2)
    office.leave("dev-8", 3)
    downlink.look()
    downlink.is_new("dev-7")
    for _ in range(3):  # One for each topic it subscribes to.
        downlink.is_listening("dev-7")
        downlink.look()
    assert office.post.numbers == [b'{"n":1}', b'{"n":2}', b'{"n":3}', b'{"n":1}', b'{"n":2}']


def test_a_device_that_returns_hears_the_newest_in_their_order(office: Office) -> None:
    downlink = office.downlink()
    office.leave("dev-7", *range(NEWEST + 20))
    downlink.look()
    office.post.here = {"dev-7"}
    downlink.is_new("dev-7")
    downlink.is_listening("dev-7")
    downlink.look()
    assert office.post.numbers == [b'{"n":%d}' % n for n in range(20, NEWEST + 20)]


def test_what_is_out_of_date_is_neither_sent_nor_kept(office: Office) -> None:
    office.leave("dev-7", 1, lasts_s=5)
    office.clock.advance(10)
    office.post.here = {"dev-7"}
    downlink = office.downlink()
    downlink.is_listening("dev-7")
    downlink.look()
    assert (office.post.sent, office.left()) == ([], 0)


def test_what_comes_after_everything_was_acknowledged_is_sent_too(office: Office) -> None:
    office.post.here = {"dev-7"}
    downlink = office.downlink()
    for number in (1, 2):
        office.leave("dev-7", number)
        downlink.look()
        office.post.acks.pop()()
        downlink.look()
        assert office.left() == 0
    assert office.post.numbers == [b'{"n":1}', b'{"n":2}']


def test_a_device_without_room_is_tried_again_in_order(office: Office) -> None:
    office.leave("dev-7", 1, 2)
    downlink = office.downlink()
    taken = office.post.send
    office.post.here = {"dev-7"}
    office.post.send = lambda *args, **more: False  # type: ignore[method-assign]
    downlink.look()
    office.post.send = taken  # type: ignore[method-assign]
    downlink.look()
    assert office.post.numbers == []
    office.clock.advance(20)
    downlink.look()
    assert office.post.numbers == [b'{"n":1}', b'{"n":2}']


def test_a_device_that_was_not_listening_is_tried_again_when_it_speaks(office: Office) -> None:
    office.post.here = {"dev-7"}
    office.leave("dev-7", 1)
    downlink = office.downlink()
    downlink.look()
    downlink.is_deaf("dev-7")
    downlink.look()
    assert len(office.post.sent) == 1
    downlink.is_heard("dev-7")
    downlink.look()
    assert len(office.post.sent) == 2


def test_one_gateway_speaks_until_it_ends(office: Office) -> None:
    office.post.here = {"dev-7"}
    first_lead, second_lead = Lead(office.db), Lead(office.db)
    first, second = office.downlink(first_lead), office.downlink(second_lead)
    first.look()
    office.leave("dev-7", 1)
    if not office.db.is_sqlite:  # There is only one gateway on SQLite.
        second.look()
        assert office.post.sent == []
    first.look()
    assert len(office.post.sent) == 1
    first_lead.release()
    for _ in range(1000):  # The server notices a moment later that the first one's connection has gone.
        second.look()
        if len(office.post.sent) == 2:
            break
    assert len(office.post.sent) == 2
    second_lead.release()
