"""Messages on their way to one client: the window in flight and the bounded queue behind it. Pure."""

from dataclasses import dataclass
from typing import Any

from gateway.mqtt_encode import encode
from gateway.mqtt_packets import Publish

PACKET_ID_MAX = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Waiting:
    topic: str
    payload: bytes
    retain: bool
    token: Any


class Outbound:
    """QoS 1 towards one client.

    `window` is how many may be unacknowledged at once (the client's receive maximum, or ours when that is less). A
    token is whatever the caller wants back when its message has been acknowledged.
    """

    __slots__ = ("_flying", "_last_id", "_level", "_queue", "_queue_max", "_window")

    def __init__(self, level: int, window: int, queue_max: int) -> None:
        self._level = level
        self._window = window
        self._queue_max = queue_max
        self._last_id = 0
        self._flying: dict[int, Any] = {}
        self._queue: list[_Waiting] = []  # Short, and a tenth of an idle deque's memory.

    @property
    def is_full(self) -> bool:
        return len(self._queue) >= self._queue_max

    def push(self, topic: str, payload: bytes, *, retain: bool, token: Any) -> bytes | None:
        """The packet to send now, empty when it has to wait, None when there is no room for it."""
        if len(self._flying) < self._window:
            return self._launch(topic, payload, retain, token)
        if self.is_full:
            return None
        self._queue.append(_Waiting(topic, payload, retain, token))
        return b""

    def acknowledged(self, packet_id: int) -> tuple[Any, bytes] | None:
        """The token of the message that has arrived and the next packet to send; None when no such one is in flight."""
        if packet_id not in self._flying:
            return None
        token = self._flying.pop(packet_id)
        if not self._queue:
            return token, b""
        waiting = self._queue.pop(0)
        return token, self._launch(waiting.topic, waiting.payload, waiting.retain, waiting.token)

    def _launch(self, topic: str, payload: bytes, retain: bool, token: Any) -> bytes:
        packet_id = self._last_id % PACKET_ID_MAX + 1
        while packet_id in self._flying:  # The window is far smaller than the numbers there are.
            packet_id = packet_id % PACKET_ID_MAX + 1
        self._last_id = packet_id
        self._flying[packet_id] = token
        return encode(Publish(topic, payload, qos=1, retain=retain, packet_id=packet_id), self._level)
