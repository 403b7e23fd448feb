"""Simulated phones on real MQTT: any number of them on one thread, each a paho client that a selector drives.

paho publishes at once when it can, so a press costs no turn of the loop.
"""

import contextlib
import heapq
import itertools
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from firmware_sim.device import Phone, step
from firmware_sim.events import Acked, Effect, Event, Heard, Linked, Publish, Refused, Ticked, Unlinked
from gateway import wire

KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 5.0
LOGIN_TIMEOUT_S = 10.0  # From the TCP connection to the granted subscription.
RETRY_S = (1.0, 2.0, 4.0, 8.0, 15.0)  # A phone keeps trying for as long as it has power.
HOUSEKEEPING_S = 1.0  # paho's keepalive wants to be looked at this often.
NO_SUBSCRIBER, FAILURES = 16, 128  # MQTT 5 reason codes: nobody heard it; everything from 128 on is an error.

Now = Callable[[], datetime]
"""The true time, aware UTC."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where devices connect: the centre's own endpoint, or the site's broker."""

    host: str = "127.0.0.1"
    port: int = 1883
    is_tls: bool = False


def reachable(host: str) -> str:
    """The host to connect to where a server listens on `host`."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Login:
    """What a device was registered with."""

    uid: str
    secret: str = field(repr=False)


class Line:
    """A phone and its connection; `happen` may be called only from the thread that steps the loop."""

    def __init__(
        self,
        loop: "Loop",
        login: Login,
        phone: Phone,
        on_effect: Callable[["Line", Effect], None],
        *,
        is_v5: bool = True,
        client_id: str | None = None,
    ) -> None:
        self.loop, self.login, self.phone = loop, login, phone
        self.problem: str | None = None
        self.wants_link = False
        self.due_at: datetime | None = None
        self._on_effect = on_effect
        self._is_v5, self._client_id = is_v5, client_id or login.uid
        self._client: mqtt.Client | None = None
        self._sock: Any = None
        self._mids: dict[int, str] = {}
        self._tries = 0
        self._turn_at: float | None = None  # Monotonic: the next try when there is no client, else the login's limit.

    # What the outside does with it

    def happen(self, event: Event) -> None:
        self.phone, effects = step(self.phone, event, self.loop.now())
        for effect in effects:
            if isinstance(effect, Publish):
                self._publish(effect)
            self._on_effect(self, effect)
        self.loop.expect(self)

    def connect(self) -> None:
        """Begin to connect, and keep trying until `drop` or `close`."""
        self.wants_link = True
        self._connect()

    def drop(self) -> None:
        """The network goes away: no farewell, so the centre takes the Will."""
        self.wants_link = False
        self._lost(retry=False)

    def close(self) -> None:
        """Switched off properly."""
        self.wants_link = False
        client = self._client
        if client is not None and self.phone.is_linked:
            with contextlib.suppress(OSError, ValueError):
                client.publish(wire.up_topic(self.login.uid, "state"), wire.write_state(online=False), 1, retain=True)
                client.disconnect()
        self._lost(retry=False)

    # The connection

    def _connect(self) -> None:
        self._forget()
        self._client = client = self._new_client()
        self._turn_at = time.monotonic() + LOGIN_TIMEOUT_S
        try:
            client.connect(self.loop.address.host, self.loop.address.port, KEEPALIVE_S)
        except (OSError, ValueError) as problem:
            self.problem = str(problem) or type(problem).__name__
            self._lost(retry=True)

    def _new_client(self) -> mqtt.Client:
        protocol = MQTTProtocolVersion.MQTTv5 if self._is_v5 else MQTTProtocolVersion.MQTTv311
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._client_id, protocol=protocol, reconnect_on_failure=False
        )  # fmt: skip
        client.username_pw_set(self.login.uid, self.login.secret)
        client.will_set(wire.up_topic(self.login.uid, "state"), wire.write_state(online=False), 1, retain=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        if self.loop.address.is_tls:
            client.tls_set()
        client.on_socket_open = lambda _c, _u, sock: self._opened(client, sock)
        client.on_socket_close = lambda _c, _u, sock: self._forget_socket(sock)
        client.on_socket_register_write = lambda _c, _u, sock: self._watch(sock, writing=True)
        client.on_socket_unregister_write = lambda _c, _u, sock: self._watch(sock, writing=False)
        client.on_connect = lambda _c, _u, _f, code, _p: self._logged_in(client, code)
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self._subscribed(client, codes)
        client.on_publish = lambda _c, _u, mid, code, _p: self._acked(client, mid, code)
        client.on_message = lambda _c, _u, message: self._message(client, message)
        client.on_disconnect = lambda _c, _u, _f, code, _p: self._ended(client, code)
        return client

    def turn(self, now: float) -> None:
        """Monotonic seconds: keep the connection alive, or try it again."""
        if self._client is not None:
            self._client.loop_misc()
        if self._turn_at is None or now < self._turn_at:
            return
        if self._client is not None:
            self.problem = "the login was not answered"
            self._lost(retry=True)
        elif self.wants_link:
            self._connect()

    def readable(self) -> None:
        if self._client is not None:
            self._client.loop_read()
        # TLS may hold more bytes than the socket says.
        while self._client is not None and (pending := getattr(self._sock, "pending", None)) and pending():
            self._client.loop_read()

    def writable(self) -> None:
        if self._client is not None:
            self._client.loop_write()

    def _forget(self) -> None:
        """Drop the client, whatever state it is in."""
        self._client, sock = None, self._sock
        self._mids.clear()
        if sock is not None:
            self._forget_socket(sock)
            sock.close()

    def _lost(self, *, retry: bool) -> None:
        self._forget()
        pause_s = RETRY_S[min(self._tries, len(RETRY_S) - 1)]
        self._turn_at = time.monotonic() + pause_s if retry and self.wants_link else None
        self._tries += 1
        if self.phone.is_linked:
            self.happen(Unlinked())

    def _opened(self, client: mqtt.Client, sock: Any) -> None:
        if client is self._client:
            self._sock = sock
            self.loop.selector.register(sock, selectors.EVENT_READ, self)

    def _forget_socket(self, sock: Any) -> None:
        if sock is self._sock:
            self._sock = None
            self.loop.selector.unregister(sock)

    def _watch(self, sock: Any, *, writing: bool) -> None:
        if sock is self._sock:
            self.loop.selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0), self)

    def _logged_in(self, client: mqtt.Client, code: Any) -> None:
        if client is not self._client:
            return
        if code.value:
            self.problem = str(code)
            return
        client.subscribe([(wire.down_topic(self.login.uid, "#"), 1), (wire.CENTRE_STATE, 1)])

    def _subscribed(self, client: mqtt.Client, codes: list[Any]) -> None:
        if client is not self._client:
            return
        if codes[0].value >= FAILURES:
            self.problem = "the subscription was refused"
            return
        self._tries, self._turn_at, self.problem = 0, None, None
        self.happen(Linked())

    def _ended(self, client: mqtt.Client, code: Any) -> None:
        if client is self._client:
            self.problem = self.problem or f"the connection ended: {code}"
            self._lost(retry=True)

    def _publish(self, effect: Publish) -> None:
        if self._client is None:
            return
        mid = self._client.publish(effect.topic, effect.payload, effect.qos, retain=effect.retain).mid
        if effect.msg_id is not None:
            self._mids[mid] = effect.msg_id

    def _acked(self, client: mqtt.Client, mid: int, code: Any) -> None:
        msg_id = self._mids.pop(mid, None) if client is self._client else None
        if msg_id is None:
            return
        is_taken = code.value < FAILURES and code.value != NO_SUBSCRIBER
        self.happen(Acked(msg_id) if is_taken else Refused(msg_id, code.value))

    def _message(self, client: mqtt.Client, message: mqtt.MQTTMessage) -> None:
        if client is self._client:
            self.happen(Heard(message.topic, bytes(message.payload)))


class Loop:
    """Lets its lines move; everything happens in the thread that calls `step`."""

    def __init__(self, address: Address, now: Now) -> None:
        self.address, self.now = address, now
        self.selector = selectors.DefaultSelector()
        self.lines: list[Line] = []
        self._due: list[tuple[datetime, int, Line]] = []
        self._order = itertools.count()
        self._housekeeping_at = 0.0

    def add(self, line: Line) -> Line:
        self.lines.append(line)
        return line

    def expect(self, line: Line) -> None:
        """Have the line ticked when its phone next wants to be."""
        due_at = line.phone.due_at()
        if due_at is not None and due_at != line.due_at:
            heapq.heappush(self._due, (due_at, next(self._order), line))
        line.due_at = due_at

    def step(self, longest_s: float = 0.05) -> None:
        """Wait for the sockets, at most so long, and do what is due."""
        for key, events in self.selector.select(max(0.0, min(longest_s, self._wait_s()))):
            line: Line = key.data
            if events & selectors.EVENT_READ:
                line.readable()
            if events & selectors.EVENT_WRITE:
                line.writable()
        now = self.now()
        while self._due and self._due[0][0] <= now:
            due_at, _, line = heapq.heappop(self._due)
            if line.due_at == due_at:
                line.due_at = None
                line.happen(Ticked())
        if time.monotonic() >= self._housekeeping_at:
            self._housekeeping_at = time.monotonic() + HOUSEKEEPING_S
            for line in self.lines:
                line.turn(time.monotonic())

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Step until `until()` is true or the time is over; whether it is true."""
        end_at = self.now() + timedelta(seconds=seconds)
        while not until():
            left_s = (end_at - self.now()).total_seconds()
            if left_s <= 0:
                return until()
            self.step(min(0.05, left_s))
        return True

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.selector.close()

    def _wait_s(self) -> float:
        return (self._due[0][0] - self.now()).total_seconds() if self._due else 1.0
