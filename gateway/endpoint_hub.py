"""The loop's side of the endpoint: who is connected, what comes over from other threads, what has to be looked at."""

import asyncio
import logging
import secrets
import traceback
from collections import deque
from collections.abc import Callable, Iterable, KeysView
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from gateway.deadline_wheel import DeadlineWheel
from gateway.endpoint_connection import Connection
from gateway.mqtt_events import Acked, CentreStateWanted, Closed, Event, Login, Published, Subscribed
from gateway.mqtt_limits import Counters, Limits
from gateway.mqtt_packets import Reason
from gateway.mqtt_rights import CENTRE_STATE

log = logging.getLogger(__name__)

TICK_S: Final = 0.25
_READ_BYTES: Final = 64 * 1024
_HANDOVERS_AT_ONCE: Final = 1_000  # Then sockets get their turn.
_BROADCAST_AT_ONCE: Final = 500


class Door(Protocol):
    """What the endpoint hands messages to. Everything but `authenticate` is called in the endpoint's thread, must not
    block, and costs at most the connection it is about when it raises."""

    def authenticate(self, username: str, password: bytes) -> str | None:
        """The uid of the device, or None when the login is wrong. May block; runs in a small pool of threads."""
        ...

    def published(self, uid: str, topic_kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        """A message on one of the device's own topics: `alarm`, `cancel`, `heartbeat`, `location` or `state`.

        Call `ack(True)` from any thread once it is stored, `ack(False)` when the device had better send it again.
        An alarm above 8 KiB comes cut to its first 8 KiB. Wills and QoS 0 messages come the same way; their `ack`
        does nothing.
        """
        ...

    def connected(self, uid: str, peer: str) -> None:
        """Once for each connection, before anything it has sent."""
        ...

    def disconnected(self, uid: str, graceful: bool) -> None:
        """The last connection of this uid has gone; its Will came before."""
        ...

    def subscribed(self, uid: str) -> None:
        """The device now listens on at least one of its down/ topics: the time to send what is waiting for it."""
        ...


class _Ack:
    """The answer to one message; the first call counts."""

    __slots__ = ("_connection", "_hub", "_packet_id", "_qos")

    def __init__(self, hub: "Hub", connection: Connection, packet_id: int, qos: int) -> None:
        self._hub: Hub | None = hub
        self._connection = connection
        self._packet_id = packet_id
        self._qos = qos

    def __call__(self, stored: bool) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            hub.hand_over(hub.acknowledge, self._connection, self._packet_id, self._qos, stored)


class _Once:
    """Calls back for the first of several connections that have the message."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None] | None) -> None:
        self._callback = callback

    def __call__(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


def _unheard(stored: bool) -> None:
    """QoS 0 and Wills have nobody to answer."""


class Hub:
    """Lives in the loop's thread, except `hand_over`, `listeners` and `uids`, which any thread may call."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: Door, limits: Limits, counters: Counters) -> None:
        self.limits = limits
        self.counters = counters
        self.buffer = memoryview(bytearray(_READ_BYTES))
        self.now = loop.time
        self.centre_state: bytes | None = None
        self._loop = loop
        self._door = door
        self._connections: set[Connection] = set()
        self._by_uid: dict[str, tuple[Connection, ...]] = {}  # Tuples are replaced, so that other threads may read.
        self._wheel: DeadlineWheel[Connection] = DeadlineWheel(tick_s=TICK_S, now=self.now())
        self._pool = ThreadPoolExecutor(limits.login_threads, thread_name_prefix="mqtt-login")
        self._logins_waiting = 0
        self._handovers: deque[tuple[Callable[..., Connection | None], tuple[Any, ...]]] = deque()
        self._is_woken = False
        self._dirty: set[Connection] = set()
        self.is_stopping = False

    # From other threads.

    def hand_over(self, action: Callable[..., Any], *arguments: Any) -> None:
        """Run an action in the loop's thread, in order. Hundreds handed over in a burst cost one wake-up."""
        self._handovers.append((action, arguments))
        if not self._is_woken:
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._take_over)
            except RuntimeError:
                self._handovers.clear()  # The loop has ended, and with it everybody these were for.

    @property
    def is_crowded(self) -> bool:
        return len(self._handovers) >= self.limits.handovers

    def listeners(self, uid: str, topic: str) -> list[Connection]:
        return [c for c in self._by_uid.get(uid, ()) if c.session.has_room and c.session.hears(topic)]

    def uids(self) -> KeysView[str]:
        """Who is connected, as it changes: to be asked, not walked through, from other threads."""
        return self._by_uid.keys()

    # What was handed over.

    def _take_over(self) -> None:
        self._is_woken = False  # First of all: whatever is appended from now on wakes the loop again.
        for _ in range(_HANDOVERS_AT_ONCE):
            if not self._handovers:
                break
            action, arguments = self._handovers.popleft()
            try:
                action(*arguments)
            except Exception as error:  # noqa: BLE001
                self._count_error(error)
        else:
            self._is_woken = True
            self._loop.call_soon(self._take_over)
        dirty, self._dirty = self._dirty, set()
        for connection in dirty:
            self._guarded(connection, connection.flush)

    def acknowledge(self, connection: Connection, packet_id: int, qos: int, stored: bool) -> None:
        connection.session.acknowledge(packet_id, qos, stored=stored)
        self._dirty.add(connection)

    def deliver(self, uid: str, topic: str, payload: bytes, on_acked: Callable[[], None] | None) -> None:
        token = _Once(on_acked)
        sent = [self._deliver_to(c, topic, payload, token) for c in self._by_uid.get(uid, ())]
        if any(sent):
            self.counters.messages_down += 1
        else:
            self.counters.messages_down_dropped += 1

    def _deliver_to(self, connection: Connection, topic: str, payload: bytes, token: _Once) -> bool:
        events = connection.session.deliver(topic, payload, token)
        if events is None:
            return False
        self._dirty.add(connection)
        for event in events:
            self.handle(connection, event)
        return True

    def set_centre_state(self, payload: bytes) -> None:
        self.centre_state = payload
        self._broadcast(list(self._connections), payload)

    def _broadcast(self, connections: list[Connection], payload: bytes) -> None:
        """In portions, so that a press does not wait for ten thousand letters."""
        for connection in connections[:_BROADCAST_AT_ONCE]:
            self._guarded(connection, self._tell, connection, payload, False)
        rest = connections[_BROADCAST_AT_ONCE:]
        if rest:
            self._loop.call_soon(self._broadcast, rest, payload)

    @staticmethod
    def _tell(connection: Connection, payload: bytes, retained: bool) -> None:
        connection.session.deliver(CENTRE_STATE, payload, _Once(None), retained=retained)
        connection.flush()

    def kick(self, uid: str) -> None:
        for connection in self._by_uid.get(uid, ()):
            self._guarded(connection, connection.end, Reason.ADMINISTRATIVE_ACTION)

    # What connections ask for.

    def opened(self, connection: Connection) -> bool:
        if self.is_stopping or len(self._connections) >= self.limits.connections:
            self.counters.refused_connects["too_many"] += 1
            return False
        self._connections.add(connection)
        self.counters.connections = len(self._connections)
        if connection.deadline is not None:
            self.schedule(connection, connection.deadline)
        return True

    def gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.counters.connections = len(self._connections)

    def schedule(self, connection: Connection, at: float) -> None:
        self._wheel.schedule(connection, at, self.now())

    def handle(self, connection: Connection, event: Event) -> None:
        uid = connection.session.uid
        match event:
            case Published(kind, payload, qos, packet_id):
                ack = _Ack(self, connection, packet_id, qos) if qos else _unheard
                try:
                    self._door.published(uid, kind, payload, ack)
                except Exception as error:  # noqa: BLE001 - the device sends again
                    self._count_error(error)
                    ack(False)
            case Acked(token):
                token()
            case Login(username, password):
                self._check_login(connection, username, password)
            case Subscribed():
                self._door.subscribed(uid)
            case CentreStateWanted():
                if self.centre_state is not None:
                    connection.session.deliver(CENTRE_STATE, self.centre_state, _Once(None), retained=True)
            case Closed(graceful):
                self._unregister(connection, graceful)

    def failed(self, connection: Connection, error: Exception) -> None:
        self._count_error(error)
        connection.abort()

    def _guarded(self, connection: Connection, action: Callable[..., None], *arguments: Any) -> None:
        try:
            action(*arguments)
        except Exception as error:  # noqa: BLE001 - ends that connection only
            self.failed(connection, error)

    def _count_error(self, error: Exception) -> None:
        self.counters.errors += 1
        where = "".join(traceback.format_tb(error.__traceback__))  # Not the message, which may quote a payload.
        log.error("MQTT endpoint: %s\n%s", type(error).__name__, where)

    # Logging in and out.

    def _check_login(self, connection: Connection, username: str, password: bytes) -> None:
        if self._logins_waiting >= self.limits.logins_waiting:
            self.hand_over(self._login_refused, connection, Reason.SERVER_BUSY)
            return
        self._logins_waiting += 1
        connection.deadline = self.now() + self.limits.login_s
        self.schedule(connection, connection.deadline)
        self._pool.submit(self._ask_door, connection, username, password)

    def _ask_door(self, connection: Connection, username: str, password: bytes) -> None:
        """Runs in the pool."""
        try:
            uid = None if connection.session.is_closed else self._door.authenticate(username, password)
        except Exception as error:  # noqa: BLE001 - the device tries again later, whatever it was
            self._count_error(error)
            self.hand_over(self._login_answered, connection, Reason.SERVER_UNAVAILABLE)
        else:
            is_right = uid is not None and uid == username
            self.hand_over(self._login_answered, connection, None if is_right else Reason.BAD_USERNAME_OR_PASSWORD)

    def _login_answered(self, connection: Connection, refusal: Reason | None) -> None:
        self._logins_waiting -= 1
        if self.is_stopping:
            refusal = Reason.SERVER_SHUTTING_DOWN
        if refusal:
            self._login_refused(connection, refusal)
        elif not connection.session.is_closed:
            self._guarded(connection, self._let_in, connection)

    def _login_refused(self, connection: Connection, reason: Reason) -> None:
        self._guarded(connection, lambda: connection.settle(connection.session.refuse(reason)))

    def _let_in(self, connection: Connection) -> None:
        session = connection.session
        session.accept(assigned_id=f"carebell-{secrets.token_hex(8)}", now=self.now())
        self._register(connection)
        self._door.connected(session.uid, connection.peer)
        if session.silent_after is not None:
            self.schedule(connection, session.silent_after)
        connection.flush()  # CONNACK, and reading goes on.

    def _register(self, connection: Connection) -> None:
        """The newcomer first, then the farewells, so that the uid is never without a connection in between."""
        uid, client_id = connection.session.uid, connection.session.client_id
        others = self._by_uid.get(uid, ())
        replaced = [other for other in others if other.session.client_id == client_id]
        staying = [other for other in others if other not in replaced]
        surplus = staying[: max(0, len(staying) + 1 - self.limits.connections_per_uid)]
        self._by_uid[uid] = (*staying[len(surplus) :], connection)
        self.counters.sessions += 1 - len(replaced) - len(surplus)
        self.counters.taken_over += len(replaced)
        self._send_away(replaced, Reason.SESSION_TAKEN_OVER)
        self._send_away(surplus, Reason.QUOTA_EXCEEDED)

    def _send_away(self, connections: Iterable[Connection], reason: Reason) -> None:
        for connection in connections:
            self._guarded(connection, connection.end, reason)

    def _unregister(self, connection: Connection, graceful: bool) -> None:
        uid = connection.session.uid
        present = self._by_uid.get(uid, ())
        if connection not in present:
            return
        self.counters.sessions -= 1
        remaining = tuple(other for other in present if other is not connection)
        if remaining:
            self._by_uid[uid] = remaining
            return
        del self._by_uid[uid]
        self._door.disconnected(uid, graceful)

    # The sweep and the end.

    def sweep(self) -> None:
        now = self.now()
        for connection in self._wheel.due(now):
            self._guarded(connection, connection.look, now)
        self._loop.call_later(TICK_S, self.sweep)

    async def shut_down(self, farewell: bytes | None) -> None:
        """Let commits under way be acknowledged, say goodbye, close; whoever is still there in the end is dropped."""
        self.is_stopping = True
        deadline = self.now() + self.limits.stop_s
        while any(c.session.is_waiting_for_commits for c in self._connections) and self.now() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            if farewell is not None:
                self._guarded(connection, self._tell, connection, farewell, False)
            self._guarded(connection, connection.end, Reason.SERVER_SHUTTING_DOWN)
        while self._connections and self.now() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
        self._pool.shutdown(wait=False, cancel_futures=True)
