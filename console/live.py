"""What happens to alarms, to every open console: one reader of the timeline per process, many streams behind it.

A wake-up makes it prompt and a look every second makes it sure. Nothing is kept per stream but its place: who is too
slow falls out of the memory, is let go, and comes back with the last event it has seen.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from alarms.sight import sees_brief
from alarms.views import alarm_briefs, changes_since, instant, last_change
from console.looks import Looking, told_to, who_looks
from console.states import dressed
from core.clock import Clock
from core.db import Database
from core.wake import Wake
from registry.sessions import SignedIn

LOOK_EVERY_S = 1.0
GATHER_S = (
    0.03  # What happens within this shares one look: nobody sees the difference, a surge does not cost a look each.
)
HEARTBEAT_S = 2.0  # A console that hears nothing for twice this long knows that its line is dead.
WHO_EVERY_S = 5.0  # How soon it is noticed that a process is gone whose consoles were shown.
LOOK_AGAIN_FOR = timedelta(seconds=10)  # A transaction that took its number early may commit this late.
STREAM_LIVES_S = 600.0  # Then it is opened anew, and rights that were taken away are felt.
PAGE = 500
REMEMBERED = 5_000
DRAWN_AT_ONCE = 100  # More alarms than this at one look are a surge: each board asks for the lines that it shows.
RECONNECT_MS = 500

Json = dict[str, Any]
LineOf = Callable[[Json, str], str]
"""A brief and a language to the line of the queue as HTML."""
log = logging.getLogger(__name__)


class Tail:
    """Which timeline lines are new. Pure.

    PostgreSQL gives out numbers before the commit, so that line 8 may be seen before line 7. `mark` is the number up to
    which nothing is missing; a gap holds it back until the line appears or LOOK_AGAIN_FOR is over.
    """

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self._seen: set[int] = set()
        self._missing_since: dict[int, datetime] = {}

    def take(self, lines: Iterable[Json], now: datetime) -> list[Json]:
        """Those of the lines after `mark` that were not taken before."""
        news = [line for line in lines if line["seq"] > self.mark and line["seq"] not in self._seen]
        self._seen.update(line["seq"] for line in news)
        for number in range(self.mark + 1, max(self._seen, default=0)):
            if number not in self._seen:
                self._missing_since.setdefault(number, now)
        while self._seen and self._is_settled(self.mark + 1, now):
            self.mark += 1
            self._seen.discard(self.mark)
            self._missing_since.pop(self.mark, None)
        return news

    def _is_settled(self, number: int, now: datetime) -> bool:
        return number in self._seen or now - self._missing_since[number] >= LOOK_AGAIN_FOR


def identities(numbers: Iterable[int], mark: int) -> list[int]:
    """What each event is called: its number, or the last one before a line that is still missing.

    A console that comes back with that name is told what was missing, and the lines after it once more.
    """
    named = []
    for number in numbers:
        mark = number if number == mark + 1 else mark
        named.append(min(number, mark))
    return named


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it goes out."""

    seq: int
    text: bytes
    brief: Json | None = None
    hidden: bytes = b""
    with_line: Mapping[str, bytes] = field(default_factory=dict)

    def text_for(self, reader: SignedIn | None, language: str | None = None) -> bytes:
        """The event as this user sees it: of what lies outside their areas, that it is not theirs to see.

        With a language, the queue's line in it goes along where it was rendered.
        """
        if reader is None or self.brief is None or sees_brief(reader, self.brief):
            return self.with_line.get(language or "", self.text)
        return self.hidden


class Hub:
    """Reads the timeline once for all streams of this process; lives on one event loop."""

    def __init__(self, db: Database, clock: Clock, wake: Wake, line_of: LineOf | None = None) -> None:
        self._db, self._clock, self._line_of = db, clock, line_of
        self._told: deque[Told] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._tail: Tail | None = None
        self._streams: dict[asyncio.Event, str | None] = {}
        self._rung = asyncio.Event()
        self._who: tuple[Looking, ...] = ()
        self._who_due = 0.0
        self._todos = 0
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_closed = False
        wake.listen("live", self._ring)
        wake.listen("looks", self._ring_who)
        wake.listen("todos", self._ring_todos)

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="live")

    async def stop(self) -> None:
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def close(self) -> None:
        """End every stream soon; may be called from any thread, before the server waits for its connections."""
        self.is_closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)
            self._loop.call_soon_threadsafe(self._wake_streams)

    async def stream(
        self, since: int | None, reader: SignedIn | None = None, language: str | None = None
    ) -> AsyncGenerator[bytes]:
        """Server-sent events: hello, then every line after `since` (None: from now on), heartbeats in between.

        With a language, each event brings the alarm's line of the queue in it, so that a board need not ask.
        """
        rung = asyncio.Event()
        self._streams[rung] = language
        try:
            async for text in self._events(since, rung, reader, language):
                yield text
        finally:
            del self._streams[rung]

    async def _events(
        self, since: int | None, rung: asyncio.Event, reader: SignedIn | None, language: str | None
    ) -> AsyncIterator[bytes]:
        tail = self._tail or await self._begin()
        # The place in the memory is taken before the table is read: what comes in between is told once, by `replayed`.
        place, replayed = self._count, set[int]()
        yield self._hello(tail.mark, is_new=since is None)
        if since is not None:
            async for told in self._replay(since, tail, language):
                replayed.add(told.seq)
                yield told.text_for(reader, language)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + STREAM_LIVES_S
        who, todos = tuple[Looking, ...](), self._todos
        while not self.is_closed and loop.time() < ends_at:
            rung.clear()
            waiting = self._count - place
            if waiting > len(self._told):
                return
            news = islice(tuple(self._told), len(self._told) - waiting, None)
            text = b"".join(told.text_for(reader, language) for told in news if told.seq not in replayed)
            place += waiting
            if text:
                yield text  # In one piece: a surge costs each console one write a look, not one an event.
            if who != self._who:
                who = self._who
                yield _event("looks", {"alarms": told_to(reader, who)}, None)
            if todos != self._todos:
                todos = self._todos
                yield _event("todos", {}, None)
            if not await _rings(rung, HEARTBEAT_S):
                yield self._heartbeat()

    async def _replay(self, since: int, tail: Tail, language: str | None) -> AsyncIterator[Told]:
        while not self.is_closed:
            lines = await asyncio.to_thread(self._lines, since)
            for told in await asyncio.to_thread(self._tell, lines, tail.mark, {language}):
                yield told
            if len(lines) < PAGE:
                return
            since = lines[-1]["seq"]

    async def _run(self) -> None:
        while not self.is_closed:
            self._rung.clear()
            try:
                if self._streams:
                    await self._look()
                    await self._look_who()
                else:
                    self._tail = None  # Nobody listens: the next stream begins with what is there then.
            except SQLAlchemyError as problem:
                log.warning("the timeline could not be read (%s); looking again", type(problem).__name__)
            await asyncio.sleep(GATHER_S)
            await _rings(self._rung, LOOK_EVERY_S)

    async def _begin(self) -> Tail:
        """Begin after what is there already, minding the lines whose number was taken but which are not there yet."""
        last = await asyncio.to_thread(self._last)
        tail = Tail(max(0, last - PAGE // 2))
        tail.take(await asyncio.to_thread(self._lines, tail.mark), self._clock.now())
        if self._tail is None:
            self._tail = tail
        return self._tail

    async def _look(self) -> None:
        tail = self._tail or await self._begin()
        news = tail.take(await asyncio.to_thread(self._since, tail.mark), self._clock.now())
        if news:
            told = await asyncio.to_thread(self._tell, news, tail.mark, set(self._streams.values()))
            self._told.extend(told)
            self._count += len(told)
            self._wake_streams()

    async def _look_who(self) -> None:
        """Who looks at what, when it is said to be different, and now and then."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._who_due:
            return
        self._who_due = now_s + WHO_EVERY_S
        found = await asyncio.to_thread(who_looks, self._db, self._clock.now())
        if found != self._who:
            self._who = found
            self._wake_streams()

    def _since(self, mark: int) -> list[Json]:
        lines = page = self._lines(mark)
        while len(page) == PAGE:
            page = self._lines(page[-1]["seq"])
            lines = lines + page
        return lines

    def _lines(self, since: int) -> list[Json]:
        with self._db.read() as session:
            return changes_since(session, since, PAGE)

    def _last(self) -> int:
        with self._db.read() as session:
            return last_change(session)

    def _tell(self, lines: Sequence[Json], mark: int, languages: Collection[str | None] = ()) -> list[Told]:
        """The lines as events; the alarms they are about are read in one query a page, and drawn once a language."""
        ids = sorted({line["alarm_id"] for line in lines})
        briefs: dict[str, Json] = {}
        with self._db.read() as session:
            now = self._clock.now()
            for start in range(0, len(ids), PAGE):
                found, _ = alarm_briefs(session, now, ids=ids[start : start + PAGE], limit=PAGE)
                briefs |= {brief["id"]: dressed(brief, now) for brief in found}
        drawn = (
            {id_: self._drawn(brief, languages) for id_, brief in briefs.items()} if len(ids) <= DRAWN_AT_ONCE else {}
        )
        names = identities((line["seq"] for line in lines), mark)
        return [
            _told(line, briefs.get(line["alarm_id"]), drawn.get(line["alarm_id"], {}), name)
            for line, name in zip(lines, names, strict=True)
        ]

    def _drawn(self, brief: Json, languages: Collection[str | None]) -> dict[str, str]:
        """The alarm's line in each language; a closed one has none, which is an empty text."""
        if self._line_of is None:
            return {}
        is_closed = brief["state"] == "closed"
        return {one: "" if is_closed else self._line_of(brief, one) for one in languages if one}

    def _hello(self, mark: int, *, is_new: bool) -> bytes:
        members = {"now": instant(self._clock.now()), "seq": mark}
        return f"retry: {RECONNECT_MS}\n".encode() + _event("hello", members, mark if is_new else None)

    def _heartbeat(self) -> bytes:
        now = instant(self._clock.now())
        return f": {now}\n".encode() + _event("heartbeat", {"now": now}, None)

    def _ring(self) -> None:
        if self._streams and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    def _ring_who(self) -> None:
        self._who_due = 0.0
        self._ring()

    def _ring_todos(self) -> None:
        """Somebody's list has changed; whose, the pages ask for themselves."""
        if self._streams and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_todos)

    def _tell_todos(self) -> None:
        self._todos += 1
        self._wake_streams()

    def _wake_streams(self) -> None:
        for rung in self._streams:
            rung.set()


async def _rings(bell: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), within_s)
    except TimeoutError:
        return False
    return True


def _told(line: Json, brief: Json | None, drawn: Mapping[str, str], number: int) -> Told:
    said = {name: line[name] for name in ("seq", "what", "at", "author", "data")}
    # Whoever saw the alarm a moment ago must learn that it is gone, and no more.
    bare = said | {"what": "out_of_sight", "author": "", "data": {}, "alarm": {"id": line["alarm_id"]}}
    whole = said | {"alarm": brief}
    with_line = {language: _event("alarm", whole | {"line": text}, number) for language, text in drawn.items()}
    return Told(line["seq"], _event("alarm", whole, number), brief, _event("alarm", bare, number), with_line)


def _event(name: str, members: Json, number: int | None) -> bytes:
    # One line of ASCII: no line separator of any kind can end the event early.
    data = json.dumps(members, separators=(",", ":"))
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {name}\ndata: {data}\n\n".encode()
