"""The small fields all MQTT packets are made of, read strictly and written back."""

from gateway.mqtt_packets import MqttError, Reason

VARIABLE_INT_MAX = 268_435_455  # Four bytes of seven bits each.


class Cursor:
    """A place in a packet's bytes; reading behind `end` is a malformed packet."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def take(self, count: int) -> bytes:
        at = self.at
        stop = at + count
        if stop > self.end:
            raise MqttError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
        self.at = stop
        return self.data[at:stop]

    def rest(self) -> bytes:
        at, self.at = self.at, self.end
        return self.data[at : self.end]

    def byte(self) -> int:
        return self.take(1)[0]

    def two(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def four(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def packet_id(self) -> int:
        number = self.two()
        if number == 0:
            raise MqttError(Reason.PROTOCOL_ERROR, "packet identifier 0")
        return number

    def binary(self) -> bytes:
        return self.take(self.two())

    def text(self) -> str:
        return text_of(self.binary())

    def variable_int(self) -> int:
        """A variable byte integer in its shortest form, which is the only one allowed."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 and shift:
                    break
                return value
        raise MqttError(Reason.MALFORMED_PACKET, "not a variable byte integer")

    def finish(self) -> None:
        if self.at != self.end:
            raise MqttError(Reason.MALFORMED_PACKET, "bytes are left over at the end of the packet")


def text_of(raw: bytes) -> str:
    """UTF-8 without NUL or surrogates, as the specification wants every text (MQTT-1.5.4-1, -2)."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise MqttError(Reason.MALFORMED_PACKET, "a text is not UTF-8") from None
    if "\x00" in text:
        raise MqttError(Reason.MALFORMED_PACKET, "a text holds NUL")
    return text


def string_bytes(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def variable_int(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while True:
        value, low = divmod(value, 0x80)
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)
