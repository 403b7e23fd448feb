"""MQTT 5 properties: which exist, where they may stand, and their bytes (specification, table 2-4)."""

from dataclasses import dataclass
from typing import Final, Literal

from gateway.mqtt_fields import Cursor, string_bytes, variable_int
from gateway.mqtt_packets import MqttError, PacketType, Properties, PropertyValue, Reason

WILL: Final = 0  # The will's properties have a list of their own inside CONNECT; no packet type has the number 0.

Kind = Literal["byte", "two", "four", "variable", "text", "binary", "pair"]

PAYLOAD_FORMAT: Final = 0x01
SESSION_EXPIRY: Final = 0x11
ASSIGNED_CLIENT_ID: Final = 0x12
SERVER_KEEP_ALIVE: Final = 0x13
AUTHENTICATION_METHOD: Final = 0x15
WILL_DELAY: Final = 0x18
SUBSCRIPTION_ID: Final = 0x0B
RECEIVE_MAXIMUM: Final = 0x21
TOPIC_ALIAS_MAXIMUM: Final = 0x22
TOPIC_ALIAS: Final = 0x23
MAXIMUM_QOS: Final = 0x24
USER_PROPERTY: Final = 0x26
MAXIMUM_PACKET_SIZE: Final = 0x27
SUBSCRIPTION_ID_AVAILABLE: Final = 0x29
SHARED_SUBSCRIPTION_AVAILABLE: Final = 0x2A

_P = PacketType
_EVERYWHERE = frozenset(_P) - {_P.PINGREQ, _P.PINGRESP} | {WILL}
_ANSWERS = frozenset(
    {_P.CONNACK, _P.PUBACK, _P.PUBREC, _P.PUBREL, _P.PUBCOMP, _P.SUBACK, _P.UNSUBACK, _P.DISCONNECT, _P.AUTH}
)


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: Kind
    where: frozenset[int]
    least: int = 0
    most: int = 0xFFFFFFFF


def _rule(kind: Kind, *where: int, least: int = 0, most: int = 0xFFFFFFFF) -> _Rule:
    return _Rule(kind, frozenset(where), least, most)


RULES: Final[dict[int, _Rule]] = {
    PAYLOAD_FORMAT: _rule("byte", _P.PUBLISH, WILL, most=1),
    0x02: _rule("four", _P.PUBLISH, WILL),  # message expiry interval
    0x03: _rule("text", _P.PUBLISH, WILL),  # content type
    0x08: _rule("text", _P.PUBLISH, WILL),  # response topic
    0x09: _rule("binary", _P.PUBLISH, WILL),  # correlation data
    SUBSCRIPTION_ID: _rule("variable", _P.PUBLISH, _P.SUBSCRIBE, least=1),
    SESSION_EXPIRY: _rule("four", _P.CONNECT, _P.CONNACK, _P.DISCONNECT),
    ASSIGNED_CLIENT_ID: _rule("text", _P.CONNACK),
    SERVER_KEEP_ALIVE: _rule("two", _P.CONNACK),
    AUTHENTICATION_METHOD: _rule("text", _P.CONNECT, _P.CONNACK, _P.AUTH),
    0x16: _rule("binary", _P.CONNECT, _P.CONNACK, _P.AUTH),  # authentication data
    0x17: _rule("byte", _P.CONNECT, most=1),  # request problem information
    WILL_DELAY: _rule("four", WILL),
    0x19: _rule("byte", _P.CONNECT, most=1),  # request response information
    0x1A: _rule("text", _P.CONNACK),  # response information
    0x1C: _rule("text", _P.CONNACK, _P.DISCONNECT),  # server reference
    0x1F: _Rule("text", _ANSWERS),  # reason string
    RECEIVE_MAXIMUM: _rule("two", _P.CONNECT, _P.CONNACK, least=1),
    TOPIC_ALIAS_MAXIMUM: _rule("two", _P.CONNECT, _P.CONNACK),
    TOPIC_ALIAS: _rule("two", _P.PUBLISH),
    MAXIMUM_QOS: _rule("byte", _P.CONNACK, most=1),
    0x25: _rule("byte", _P.CONNACK, most=1),  # retain available
    USER_PROPERTY: _Rule("pair", _EVERYWHERE),
    MAXIMUM_PACKET_SIZE: _rule("four", _P.CONNECT, _P.CONNACK, least=1),
    0x28: _rule("byte", _P.CONNACK, most=1),  # wildcard subscription available
    SUBSCRIPTION_ID_AVAILABLE: _rule("byte", _P.CONNACK, most=1),
    SHARED_SUBSCRIPTION_AVAILABLE: _rule("byte", _P.CONNACK, most=1),
}


def read_properties(cursor: Cursor, where: int) -> Properties:
    """The list at the cursor, checked for the packet (or WILL) it stands in; the cursor is left behind it."""
    length = cursor.variable_int()
    if length == 0:
        return ()
    end = cursor.at + length
    if end > cursor.end:
        raise MqttError(Reason.MALFORMED_PACKET, "properties are longer than their packet")
    inner = Cursor(cursor.data, cursor.at, end)
    cursor.at = end
    found: list[tuple[int, PropertyValue]] = []
    seen: set[int] = set()
    while inner.at < end:
        identifier = inner.variable_int()
        rule = RULES.get(identifier)
        if rule is None or where not in rule.where:
            raise MqttError(Reason.MALFORMED_PACKET, f"property {identifier:#04x} does not belong here")
        is_repeatable = identifier == USER_PROPERTY or (identifier == SUBSCRIPTION_ID and where == _P.PUBLISH)
        if identifier in seen and not is_repeatable:
            raise MqttError(Reason.PROTOCOL_ERROR, f"property {identifier:#04x} is given twice")
        seen.add(identifier)
        found.append((identifier, _read_value(inner, identifier, rule)))
    return tuple(found)


def _read_value(cursor: Cursor, identifier: int, rule: _Rule) -> PropertyValue:
    match rule.kind:
        case "text":
            return cursor.text()
        case "binary":
            return cursor.binary()
        case "pair":
            return cursor.text(), cursor.text()
        case "byte":
            number = cursor.byte()
        case "two":
            number = cursor.two()
        case "four":
            number = cursor.four()
        case "variable":
            number = cursor.variable_int()
    if not rule.least <= number <= rule.most:
        raise MqttError(Reason.PROTOCOL_ERROR, f"property {identifier:#04x} cannot be {number}")
    return number


def property_bytes(properties: Properties) -> bytes:
    """The list with its length in front."""
    if not properties:
        return b"\x00"
    body = b"".join(bytes((identifier,)) + _value_bytes(identifier, value) for identifier, value in properties)
    return variable_int(len(body)) + body


def _value_bytes(identifier: int, value: PropertyValue) -> bytes:
    match value:
        case int():
            kind = RULES[identifier].kind
            if kind == "variable":
                return variable_int(value)
            return value.to_bytes({"byte": 1, "two": 2, "four": 4}[kind], "big")
        case str():
            return string_bytes(value)
        case bytes():
            return len(value).to_bytes(2, "big") + value
        case (name, text):
            return string_bytes(name) + string_bytes(text)
