"""A door that remembers, and a bare MQTT client on a socket, for trying the endpoint."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.endpoint import Endpoint, Limits
from gateway.mqtt_codec import Decoder, encode
from gateway.mqtt_packets import V5, ConnAck, Connect, Packet, Subscribe, Subscription

PATIENCE_S = 15.0
SECRET = "s3cret"


def wait_until(predicate: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not predicate():
        assert time.monotonic() < deadline, f"not in time: {what}"
        pause.wait(0.01)


@dataclass
class RememberingDoor:
    """Lets in whoever knows the one secret; what is published is acknowledged at once unless `holds` is set."""

    holds: bool = False
    published_: list[tuple[str, str, bytes]] = field(default_factory=list)
    held: list[Callable[[bool], None]] = field(default_factory=list)
    events: list[tuple[str, ...]] = field(default_factory=list)
    on_published: Callable[[str, str, bytes, Callable[[bool], None]], None] | None = None
    on_subscribed: Callable[[str], object] | None = None
    on_login: Callable[[], object] | None = None

    def authenticate(self, username: str, password: bytes) -> str | None:
        if self.on_login is not None:
            self.on_login()
        return username if password == SECRET.encode() else None

    def published(self, uid: str, topic_kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        self.published_.append((uid, topic_kind, payload))
        if self.on_published is not None:
            self.on_published(uid, topic_kind, payload, ack)
        elif self.holds:
            self.held.append(ack)
        else:
            ack(True)

    def connected(self, uid: str, peer: str) -> None:
        self.events.append(("connected", uid, peer))

    def disconnected(self, uid: str, graceful: bool) -> None:
        self.events.append(("disconnected", uid, "gracefully" if graceful else "lost"))

    def subscribed(self, uid: str) -> None:
        self.events.append(("subscribed", uid))
        if self.on_subscribed is not None:
            self.on_subscribed(uid)

    def payloads(self, kind: str = "alarm") -> list[bytes]:
        return [payload for _, topic_kind, payload in self.published_ if topic_kind == kind]


@contextmanager
def serving(door: RememberingDoor, **limits: Any) -> Iterator[Endpoint]:
    endpoint = Endpoint("127.0.0.1", 0, door, limits=Limits(**limits))
    endpoint.start()
    try:
        yield endpoint
    finally:
        endpoint.stop()
        assert not endpoint.is_alive
        assert endpoint.counters.connections == 0


class Client:
    """A socket that speaks in packets."""

    def __init__(self, port: int, level: int = V5, *, receive_buffer: int | None = None) -> None:
        self.level = level
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self._decoder = Decoder(level)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *packets: Packet) -> None:
        self.socket.sendall(b"".join(encode(packet, self.level) for packet in packets))

    def next(self) -> Packet | None:
        """The next packet, or None when the server has closed."""
        while (packet := self._decoder.next_packet()) is None:
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._decoder.feed(data)
        return packet

    def log_in(self, uid: str, client_id: str | None = None, **connect: Any) -> "Client":
        fields = {"username": uid, "password": SECRET.encode()} | connect
        self.send(Connect(self.level, client_id if client_id is not None else uid, **fields))
        answer = self.next()
        assert isinstance(answer, ConnAck)
        assert answer.reason == 0
        return self

    def listen(self, *filters: str) -> "Client":
        self.send(Subscribe(1, tuple(Subscription(each, 1) for each in filters)))
        self.next()
        return self

    def is_closed_by_server(self) -> bool:
        while self.next() is not None:
            pass
        return True
