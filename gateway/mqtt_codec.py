"""MQTT 3.1.1 and 5, from a stream of bytes to packets and back. Pure: no sockets, no clock."""

from typing import Final

from gateway.mqtt_decode import BODIES, connect_after_level, connect_level
from gateway.mqtt_encode import encode
from gateway.mqtt_fields import Cursor
from gateway.mqtt_packets import TYPE_NAMES, MqttError, Packet, PacketType, Reason

__all__ = ["Decoder", "MqttError", "encode"]

MAX_PACKET_BYTES: Final = 64 * 1024

_FLAGS_0010: Final = frozenset({PacketType.PUBREL, PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE})
_FIRST_BYTES: Final = frozenset(
    {kind << 4 | (0x02 if kind in _FLAGS_0010 else 0x00) for kind in PacketType if kind != PacketType.PUBLISH}
) | frozenset(range(0x30, 0x40))


class Decoder:
    """Cuts one direction of one connection into packets.

    Give it bytes with `feed`, then take packets with `next_packet` until it gives None: taking them one by one lets
    the caller leave the rest alone while it waits (for a login, for acknowledgements) and keeps what came before a
    malformed packet.

    `level` is None until a CONNECT has been seen, and nothing but CONNECT is taken before; whoever reads a server's
    answers gives the level. `max_packet_bytes` counts the whole packet and may be changed between packets.
    """

    __slots__ = ("_at", "_buffer", "_needed", "_tail", "level", "max_packet_bytes")

    def __init__(self, level: int | None = None, *, max_packet_bytes: int = MAX_PACKET_BYTES) -> None:
        self.level = level
        self.max_packet_bytes = max_packet_bytes
        self._buffer = b""
        self._at = 0
        self._tail: bytearray | None = None  # A packet that has not come whole yet; the buffer is empty meanwhile.
        self._needed = 0

    def feed(self, data: bytes) -> None:
        if self._tail is not None:
            self._tail += data
            if len(self._tail) >= self._needed:
                self._buffer, self._tail = bytes(self._tail), None
        elif self._at < len(self._buffer):
            self._buffer = self._buffer[self._at :] + data
            self._at = 0
        else:
            self._buffer = data
            self._at = 0

    def next_packet(self) -> Packet | None:
        """The next whole packet, or None when more bytes are needed.

        Raises MqttError as soon as the bytes can no longer become a packet: one that is too large is known by its
        fixed header, before its body is kept.
        """
        buffer, at = self._buffer, self._at
        available = len(buffer) - at
        if available < 2:
            self._wait_for(2)
            return None
        first, length, body = buffer[at], buffer[at + 1], at + 2
        if first not in _FIRST_BYTES:
            raise MqttError(Reason.MALFORMED_PACKET, f"first byte {first:#04x}")
        if length >= 0x80:
            long_length = self._long_length(at)
            if long_length is None:
                self._wait_for(available + 1)
                return None
            length, body = long_length
        end = body + length
        self._check_order_and_size(first, end - at)
        if end > len(buffer):
            self._wait_for(end - at)
            return None
        self._at = end
        return self._body(first, Cursor(buffer, body, end))

    def _check_order_and_size(self, first: int, size: int) -> None:
        if self.level is None and first != 0x10:
            raise MqttError(Reason.PROTOCOL_ERROR, f"{TYPE_NAMES[first >> 4]} before CONNECT")
        if size > self.max_packet_bytes:
            raise MqttError(Reason.PACKET_TOO_LARGE, f"{TYPE_NAMES[first >> 4]} of {size} bytes")

    def _body(self, first: int, cursor: Cursor) -> Packet:
        if first == 0x10:
            if self.level is not None:
                raise MqttError(Reason.PROTOCOL_ERROR, "a second CONNECT")
            self.level = connect_level(cursor)
            packet: Packet = connect_after_level(cursor, self.level)
        else:
            packet = BODIES[first >> 4](first & 0x0F, cursor, self.level or 0)
            if first & 0xF0 == 0x30:
                return packet  # A payload is whatever is left; there is nothing to finish.
        cursor.finish()
        return packet

    def _long_length(self, at: int) -> tuple[int, int] | None:
        """A remaining length of several bytes and where the body begins; None while it is not whole."""
        cursor = Cursor(self._buffer, at + 1, min(at + 5, len(self._buffer)))
        if all(byte & 0x80 for byte in self._buffer[at + 1 : at + 4]) and cursor.end - cursor.at < 4:
            return None
        return cursor.variable_int(), cursor.at

    def _wait_for(self, needed: int) -> None:
        """Keep the unfinished packet, if one has begun, and nothing else: an idle connection holds no bytes."""
        if self._at < len(self._buffer):
            self._tail = bytearray(self._buffer[self._at :])
            self._needed = needed
        self._buffer, self._at = b"", 0
