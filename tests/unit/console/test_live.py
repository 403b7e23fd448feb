import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from alarms.models import Alarm, TimelineRow
from console import live
from console.live import LOOK_AGAIN_FOR, Hub, Tail, identities
from core.clock import ManualClock
from core.db import Database
from core.wake import Wake

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PATIENCE_S = 10.0


def lines(*numbers: int) -> list[dict[str, Any]]:
    return [{"seq": number} for number in numbers]


def test_a_line_is_news_once() -> None:
    tail = Tail(3)

    assert tail.take(lines(4, 5), NOW) == lines(4, 5)
    assert tail.take(lines(5, 6), NOW) == lines(6)
    assert tail.mark == 6


def test_a_line_that_is_committed_late_is_still_told() -> None:
    tail = Tail(3)
    assert tail.take(lines(5, 7), NOW) == lines(5, 7)
    assert tail.mark == 3

    assert tail.take(lines(4, 5, 7), NOW + timedelta(seconds=9)) == lines(4)
    assert tail.mark == 5
    assert tail.take(lines(6, 7), NOW + timedelta(seconds=9)) == lines(6)
    assert tail.mark == 7


def test_a_number_that_was_never_used_is_given_up() -> None:
    tail = Tail(3)
    tail.take(lines(6, 9), NOW)

    tail.take(lines(6, 9), NOW + LOOK_AGAIN_FOR)

    assert tail.mark == 9


@pytest.mark.parametrize(
    ("numbers", "mark", "named"),
    [([4, 5], 3, [4, 5]), ([4, 6], 3, [4, 4]), ([5, 6], 3, [3, 3]), ([2], 5, [2]), ([2, 6], 5, [2, 6]), ([], 5, [])],
)
def test_a_console_comes_back_with_the_last_line_before_a_gap(numbers: list[int], mark: int, named: list[int]) -> None:
    assert identities(numbers, mark) == named


class Centre:
    """A timeline to write into and a hub that tells of it."""

    def __init__(self, folder: Path) -> None:
        self.db = Database(f"sqlite:///{folder / 'live.db'}")
        SQLModel.metadata.create_all(self.db.engine)
        self.wake = Wake()
        self.hub = Hub(self.db, ManualClock(NOW), self.wake)
        with self.db.write() as session:
            session.add(
                Alarm(
                    id="a1", state="open", kind="sos", priority=100, device_uid="dev-1", received_at=NOW, open_key="x"
                )
            )

    def say(self, *whats: str) -> None:
        with self.db.write() as session:
            for what in whats:
                session.add(TimelineRow(alarm_id="a1", at=NOW, what=what, author="system"))
        self.wake.here("live")

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def told() -> None:
            await self.hub.start()
            try:
                await asyncio.wait_for(story(), PATIENCE_S)
            finally:
                await self.hub.stop()

        asyncio.run(told())


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.db.close()


async def next_alarms(stream: AsyncIterator[bytes], count: int) -> list[tuple[str | None, dict[str, Any]]]:
    """So many events about alarms; those that happened together come in one piece."""
    found: list[tuple[str | None, dict[str, Any]]] = []
    while len(found) < count:
        for text in (await anext(stream)).decode().split("\n\n"):
            if "event: alarm\n" in text:
                fields = dict(line.split(": ", 1) for line in text.splitlines())
                found.append((fields.get("id"), json.loads(fields["data"])))
    return found


async def next_alarm(stream: AsyncIterator[bytes]) -> tuple[str | None, dict[str, Any]]:
    """The next event about an alarm: its identity and what it says."""
    return (await next_alarms(stream, 1))[0]


def test_what_happens_is_told_with_the_alarm_it_happened_to(centre: Centre) -> None:
    async def story() -> None:
        async with aclosing(centre.hub.stream(None)) as stream:
            assert b"event: hello" in await anext(stream)
            await asyncio.to_thread(centre.say, "pressed")
            number, told = await next_alarm(stream)
        assert (number, told["seq"], told["what"]) == ("1", 1, "pressed")
        assert (told["alarm"]["id"], told["alarm"]["look"]) == ("a1", "unclaimed")

    centre.run(story)


def test_a_line_is_found_when_the_wake_up_is_lost(centre: Centre) -> None:
    async def story() -> None:
        async with aclosing(centre.hub.stream(None)) as stream:
            await anext(stream)
            with centre.db.write() as session:
                session.add(TimelineRow(alarm_id="a1", at=NOW, what="noted", author="Li Min"))
            assert (await next_alarm(stream))[1]["what"] == "noted"

    centre.run(story)


def test_who_comes_back_is_told_what_was_missed_and_goes_on(centre: Centre) -> None:
    centre.say("pressed", "claimed", "noted")

    async def story() -> None:
        async with aclosing(centre.hub.stream(1)) as stream:
            assert [(await next_alarm(stream))[0] for _ in range(2)] == ["2", "3"]
            await asyncio.to_thread(centre.say, "closed")
            assert (await next_alarm(stream))[0] == "4"

    centre.run(story)


def test_many_missed_lines_come_in_order_and_once(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAGE", 7)
    centre.say(*(f"noted-{n}" for n in range(40)))

    async def story() -> None:
        async with aclosing(centre.hub.stream(0)) as stream:
            told = [said["seq"] for _, said in await next_alarms(stream, 40)]
            await asyncio.to_thread(centre.say, *(f"more-{n}" for n in range(20)))
            told += [said["seq"] for _, said in await next_alarms(stream, 20)]
        assert told == list(range(1, 61))

    centre.run(story)


def test_who_is_too_slow_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REMEMBERED", 5)
    centre = Centre(tmp_path)

    async def story() -> None:
        async with aclosing(centre.hub.stream(None)) as slow, aclosing(centre.hub.stream(None)) as quick:
            await anext(slow)
            await anext(quick)
            for n in range(6):
                await asyncio.to_thread(centre.say, f"noted-{n}")
                await next_alarm(quick)
            with pytest.raises(StopAsyncIteration):
                await anext(slow)

    centre.run(story)
    centre.db.close()


def test_streams_end_when_the_centre_stops(centre: Centre) -> None:
    async def story() -> None:
        stream = centre.hub.stream(None)
        await anext(stream)
        await asyncio.to_thread(centre.hub.close)
        async for text in stream:
            assert b"event: alarm" not in text

    centre.run(story)


def test_a_silent_line_is_kept_alive_with_the_servers_time(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)

    async def story() -> None:
        async with aclosing(centre.hub.stream(None)) as stream:
            await anext(stream)
            assert b'event: heartbeat\ndata: {"now":"2026-11-21T08:00:00Z"}' in await anext(stream)

    centre.run(story)
