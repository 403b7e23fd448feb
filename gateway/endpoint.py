"""The MQTT endpoint that devices connect to: the gateway itself instead of a broker.

A star of devices around one centre, who never hear each other. An acknowledgement is given when the door says that a
message is stored, so unlike a broker's it means that the centre has it.
"""

import asyncio
import contextlib
import errno
import gc
import itertools
import os
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable, Set
from concurrent.futures import Future
from typing import Final

from gateway.endpoint_connection import Connection
from gateway.endpoint_hub import Door, Hub
from gateway.mqtt_limits import Counters, Limits

__all__ = ["Counters", "Door", "Endpoint", "Limits"]

DownMessage = tuple[str, str, bytes, Callable[[], None] | None]
"""uid, whole topic, payload, and what to call when a connection of the device has acknowledged it."""

_BACKLOG: Final = 1_024
_START_S: Final = 10.0
_OLDEST_EVERY: Final = 30  # looks at the young generations
_TURNS: Final = 5  # of the loop, from an accepted socket to a closed one: task, transport, refusal, loss, and one more
_GONE_AFTER_IDLE_S: Final = 120  # TCP's own probes find a dead peer that asked for no keepalive.


class Endpoint:
    """Listens in a thread of its own from `start` to `stop`. The other methods may be called from any thread."""

    def __init__(
        self,
        host: str,
        port: int,
        door: Door,
        *,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.counters = Counters()
        self._host = host
        self._port = port
        self._door = door
        self._tls = tls
        self._limits = limits or Limits()
        self._thread: threading.Thread | None = None
        self._stop_wanted: asyncio.Event | None = None
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._centre_state: bytes | None = None
        self._farewell: bytes | None = None

    @property
    def port(self) -> int:
        """Where it really listens, when port 0 was asked for."""
        return self._port

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen. Raises OSError with one clear line when the address cannot be had."""
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        loop = asyncio.new_event_loop()
        self._loop = loop
        self._hub = Hub(loop, self._door, self._limits, self.counters)
        self._hub.centre_state = self._centre_state
        self._stop_wanted = asyncio.Event()
        is_serving: Future[None] = Future()
        serving = self._serve(self._hub, listener, self._stop_wanted, is_serving)
        self._thread = threading.Thread(target=_run, args=(loop, serving), name="mqtt-endpoint", daemon=True)
        self._thread.start()
        is_serving.result(timeout=_START_S)

    def stop(self, farewell: bytes | None = b'{"online": false}') -> None:
        """Take nothing more, acknowledge what is stored meanwhile, tell who listens to the centre's state, close.

        Takes `Limits.stop_s` seconds at the most. No device's Will is handed on: it is we who leave.
        """
        thread, loop, stop_wanted = self._thread, self._loop, self._stop_wanted
        if thread is None or loop is None or stop_wanted is None:
            return
        self._farewell = farewell
        with contextlib.suppress(RuntimeError):  # It has ended by itself.
            loop.call_soon_threadsafe(stop_wanted.set)
        thread.join(timeout=self._limits.stop_s + 5)

    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool:
        """Send to every connection of the device that subscribed to the topic, at QoS 1 if it did so at 1.

        False when there is none, or no room: nothing is kept here for later. `on_acked` is called in the endpoint's
        thread and must not block. What is sent after an `ack` by the same thread arrives after that acknowledgement.
        """
        hub = self._hub
        if hub is None or hub.is_crowded or not hub.listeners(uid, topic):
            return False
        hub.hand_over(hub.deliver, uid, topic, payload, on_acked)
        return True

    def send_many(self, messages: Iterable[DownMessage]) -> list[bool]:
        """Like `send` for each, at the price of one wake-up."""
        return [self.send(uid, topic, payload, on_acked=on_acked) for uid, topic, payload, on_acked in messages]

    def set_centre_state(self, payload: bytes) -> None:
        """What `cb/v1/centre/state` says from now on, at once to those who listen and retained for those to come."""
        self._centre_state = payload
        if self._hub is not None:
            self._hub.hand_over(self._hub.set_centre_state, payload)

    def kick(self, uid: str) -> None:
        """Close all connections of a device, whose secret has changed for example."""
        if self._hub is not None:
            self._hub.hand_over(self._hub.kick, uid)

    def connected_uids(self) -> Set[str]:
        """Who is connected, as it changes: to be asked whether it holds a uid, not walked through."""
        return self._hub.uids() if self._hub is not None else frozenset()

    async def _serve(
        self, hub: Hub, listener: socket.socket, stop_wanted: asyncio.Event, is_serving: Future[None]
    ) -> None:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(hub),
                sock=listener,
                ssl=self._tls,
                backlog=_BACKLOG,
                ssl_handshake_timeout=self._limits.connect_s if self._tls else None,
                ssl_shutdown_timeout=self._limits.stop_s if self._tls else None,
            )
        except Exception as error:  # noqa: BLE001 - raised where `start` was called
            is_serving.set_exception(error)
            return
        hub.sweep()
        tidying = asyncio.create_task(self._forget_handshakes()) if self._tls else None
        is_serving.set_result(None)
        await stop_wanted.wait()
        if tidying is not None:
            tidying.cancel()
        # asyncio loses a socket that it has accepted and whose task has not begun when the server is closed.
        asyncio.get_running_loop().remove_reader(listener)
        await asyncio.sleep(0)
        server.close()
        await hub.shut_down(self._farewell)
        await _close_what_arrives()

    async def _forget_handshakes(self) -> None:
        """asyncio leaves the buffers of a failed TLS handshake, 256 KiB, in a cycle; who scans ports makes many.

        A process that has told the collector to come seldom must ask for the young generations itself, and now and
        then for the oldest: a handshake that fails while they are looked at is old by the next time.
        """
        for turn in itertools.count(1):
            await asyncio.sleep(self._limits.litter_s)
            gc.collect(2 if turn % _OLDEST_EVERY == 0 else 1)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        is_any = family == socket.AF_INET6 and address[0] == "::"
        listener = socket.create_server(
            address[:2],
            family=family,
            backlog=_BACKLOG,
            dualstack_ipv6=is_any and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        number = error.errno or errno.EINVAL
        reason = os.strerror(number) if number > 0 else error.strerror
        raise OSError(number, f"cannot listen for devices on {host} port {port}: {reason}") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # Linux; connections inherit it from here.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _GONE_AFTER_IDLE_S)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    listener.setblocking(False)
    return listener


async def _close_what_arrives() -> None:
    """Close connections that were accepted at the very end: asyncio makes each in a task, the handshake included."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


def _run(loop: asyncio.AbstractEventLoop, serving: Coroutine[None, None, None]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(serving)
    finally:
        loop.close()
