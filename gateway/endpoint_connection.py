"""One device's socket: bytes to its session and back, reading held while the session wants no more."""

import asyncio
from typing import Protocol, cast

from gateway.mqtt_events import Event
from gateway.mqtt_limits import Counters, Limits
from gateway.mqtt_packets import Reason
from gateway.mqtt_session import Session


class Owner(Protocol):
    """What a connection needs from the loop's side of the endpoint; everything runs in the loop's thread."""

    limits: Limits
    counters: Counters
    is_stopping: bool  # What comes now is not taken; its sender sends it again elsewhere.
    buffer: memoryview  # One for all: it is filled and emptied without a break in between.

    def now(self) -> float: ...
    def opened(self, connection: "Connection") -> bool: ...
    def gone(self, connection: "Connection") -> None: ...
    def schedule(self, connection: "Connection", at: float) -> None: ...
    def handle(self, connection: "Connection", event: Event) -> None: ...
    def failed(self, connection: "Connection", error: Exception) -> None: ...


class Connection(asyncio.BufferedProtocol):
    """Ends alone: whatever is wrong with one connection costs that connection only."""

    __slots__ = ("_is_paused", "_owner", "_transport", "deadline", "session")

    def __init__(self, owner: Owner) -> None:
        now = owner.now()
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._is_paused = False
        self.session = Session(owner.limits, owner.counters, now=now)
        self.deadline: float | None = now + owner.limits.connect_s  # For a login to begin, be checked, or a close.

    @property
    def peer(self) -> str:
        """The address at the other end, without its port."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._owner.limits.write_buffer_bytes)
        if not self._owner.opened(self):
            self.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._owner.buffer

    def buffer_updated(self, nbytes: int) -> None:
        session = self.session
        if session.is_closed or self._owner.is_stopping:
            return
        try:
            self.settle(session.receive(bytes(self._owner.buffer[:nbytes]), self._owner.now()))
        except Exception as error:  # noqa: BLE001 - one connection's trouble must not reach the others
            self._owner.failed(self, error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lost()

    def pause_writing(self) -> None:
        self._owner.counters.slow_readers += 1
        self.abort()

    def settle(self, events: list[Event]) -> None:
        """Act on the events, send what there is to send, and read on, hold or close as the session says."""
        for event in events:
            self._owner.handle(self, event)
        self.flush()

    def flush(self) -> None:
        output = self.session.take_output()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if output:
            transport.write(output)
        if self.session.is_closed:
            self._close(transport)
        elif self.session.is_holding != self._is_paused:
            self._hold(transport)

    def _hold(self, transport: asyncio.Transport) -> None:
        if not self._is_paused:
            self._is_paused = True
            transport.pause_reading()
            return
        self._is_paused = False
        self.session.heard_at = self._owner.now()  # The silence was ours.
        transport.resume_reading()
        self.settle(self.session.proceed())

    def _close(self, transport: asyncio.Transport) -> None:
        """What has been written still goes out, unless the peer does not take it in time."""
        transport.close()
        self.deadline = self._owner.now() + self._owner.limits.stop_s
        self._owner.schedule(self, self.deadline)

    def abort(self) -> None:
        """Gone at once; the device's Will is handed on."""
        if self._transport is not None:
            self._transport.abort()
        self._lost()

    def _lost(self) -> None:
        try:
            for event in self.session.lost():
                self._owner.handle(self, event)
        except Exception as error:  # noqa: BLE001
            self._owner.failed(self, error)
        if self._transport is None:
            self._owner.gone(self)

    def end(self, reason: Reason) -> None:
        self.settle(self.session.end(reason))

    def look(self, now: float) -> None:
        """Called by the sweep: act on a deadline that has passed, or be looked at again."""
        due = self._due()
        if self._transport is None or due is None:
            return
        if due > now:
            self._owner.schedule(self, due)
        elif self._transport.is_closing():
            self._transport.abort()
        elif self.session.is_open:
            self._owner.counters.keep_alive_timeouts += 1
            self.end(Reason.KEEP_ALIVE_TIMEOUT)
        elif self.session.is_expecting_connect:
            self._owner.counters.refused_connects["no_connect"] += 1
            self.end(Reason.MAXIMUM_CONNECT_TIME)
        else:
            self.settle(self.session.refuse(Reason.SERVER_UNAVAILABLE))

    def _due(self) -> float | None:
        if not self.session.is_open:
            return self.deadline
        if self._is_paused:
            return self._owner.now() + self._owner.limits.connect_s  # Not read, so not silent.
        return self.session.silent_after
