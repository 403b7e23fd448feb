"""Packet bodies to values: one function for each packet type, strict, without framing.

Each takes the flags of the fixed header, a cursor over exactly the body, and the protocol level.
"""

from collections.abc import Callable
from typing import Final

from gateway import mqtt_packets as mqtt
from gateway.mqtt_fields import Cursor, text_of
from gateway.mqtt_packets import V5, V311, MqttError, Packet, PacketType, Properties, Reason
from gateway.mqtt_properties import TOPIC_ALIAS, WILL, read_properties

_KNOWN_REASONS: Final = frozenset(Reason)
_RETURN_CODES_311: Final = frozenset(range(6))
_SUBACK_CODES_311: Final = frozenset({0, 1, 2, 0x80})


def connect_level(cursor: Cursor) -> int:
    """The protocol level a CONNECT asks for; the cursor is left at its flags."""
    if cursor.binary() != b"MQTT":
        raise MqttError(Reason.UNSUPPORTED_VERSION, "the protocol is not called MQTT")
    return cursor.byte()


def connect_after_level(cursor: Cursor, level: int) -> mqtt.Connect:
    if level not in (V311, V5):
        raise MqttError(Reason.UNSUPPORTED_VERSION, f"protocol level {level}")
    flags = cursor.byte()
    has_username, has_password, has_will = flags & 0x80, flags & 0x40, flags & 0x04
    if flags & 0x01 or (not has_will and flags & 0x38) or (flags & 0x18) == 0x18:
        raise MqttError(Reason.MALFORMED_PACKET, f"CONNECT flags {flags:#04x}")
    if level == V311 and has_password and not has_username:
        raise MqttError(Reason.MALFORMED_PACKET, "a password without a user name")
    keep_alive_s = cursor.two()
    properties = _properties(cursor, PacketType.CONNECT, level)
    client_id = cursor.text()
    will = _will(cursor, flags, level) if has_will else None
    username = cursor.text() if has_username else None
    password = cursor.binary() if has_password else None
    return mqtt.Connect(level, client_id, bool(flags & 0x02), keep_alive_s, username, password, will, properties)


def _will(cursor: Cursor, flags: int, level: int) -> mqtt.Will:
    properties = _properties(cursor, WILL, level)
    topic = cursor.text()
    _check_topic(topic)
    return mqtt.Will(topic, cursor.binary(), (flags >> 3) & 0x03, bool(flags & 0x20), properties)


def publish(flags: int, cursor: Cursor, level: int) -> mqtt.Publish:
    """The hot path, so the fields are read in place instead of through the cursor's methods."""
    qos = (flags >> 1) & 0x03
    if qos == 3 or (flags & 0x08 and not qos):
        raise MqttError(Reason.MALFORMED_PACKET, f"PUBLISH flags {flags:#x}")
    data, at, end = cursor.data, cursor.at + 2, cursor.end
    stop = at + (data[at - 2] << 8 | data[at - 1]) if at <= end else at
    if stop + (2 if qos else 0) > end:
        raise MqttError(Reason.MALFORMED_PACKET, "the packet ends inside a field")
    topic = text_of(data[at:stop])
    packet_id = 0
    if qos:
        packet_id = data[stop] << 8 | data[stop + 1]
        stop += 2
        if not packet_id:
            raise MqttError(Reason.PROTOCOL_ERROR, "packet identifier 0")
    properties: Properties = ()
    if level == V5:
        cursor.at = stop
        properties = read_properties(cursor, PacketType.PUBLISH)
        stop = cursor.at
    if topic or not _has_alias(properties):
        _check_topic(topic)
    return mqtt.Publish(topic, data[stop:end], qos, bool(flags & 0x01), bool(flags & 0x08), packet_id, properties)


def _check_topic(topic: str) -> None:
    if not topic or "+" in topic or "#" in topic:
        raise MqttError(Reason.TOPIC_NAME_INVALID, "a topic name is empty or holds a wildcard")


def _has_alias(properties: Properties) -> bool:
    return any(identifier == TOPIC_ALIAS for identifier, _ in properties)


def _properties(cursor: Cursor, where: int, level: int) -> Properties:
    return read_properties(cursor, where) if level == V5 else ()


def _reason(cursor: Cursor) -> int:
    reason = cursor.byte()
    if reason not in _KNOWN_REASONS:
        raise MqttError(Reason.MALFORMED_PACKET, f"reason code {reason:#04x}")
    return reason


def _short_form(cursor: Cursor, where: PacketType, level: int) -> tuple[int, Properties]:
    """Reason and properties that may both be left off at the end of a packet when there is nothing to say."""
    if level != V5 or cursor.at == cursor.end:
        return 0, ()
    reason = _reason(cursor)
    return reason, read_properties(cursor, where) if cursor.at < cursor.end else ()


def _connack(_flags: int, cursor: Cursor, level: int) -> Packet:
    acknowledge_flags = cursor.byte()
    if acknowledge_flags > 1:
        raise MqttError(Reason.MALFORMED_PACKET, "CONNACK flags")
    if level == V5:
        reason = _reason(cursor)
    elif (reason := cursor.byte()) not in _RETURN_CODES_311:
        raise MqttError(Reason.MALFORMED_PACKET, f"return code {reason}")
    return mqtt.ConnAck(reason, bool(acknowledge_flags), _properties(cursor, PacketType.CONNACK, level))


def _puback(_flags: int, cursor: Cursor, level: int) -> Packet:
    return mqtt.PubAck(cursor.packet_id(), *_short_form(cursor, PacketType.PUBACK, level))


def _pubrec(_flags: int, cursor: Cursor, level: int) -> Packet:
    return mqtt.PubRec(cursor.packet_id(), *_short_form(cursor, PacketType.PUBREC, level))


def _pubrel(_flags: int, cursor: Cursor, level: int) -> Packet:
    return mqtt.PubRel(cursor.packet_id(), *_short_form(cursor, PacketType.PUBREL, level))


def _pubcomp(_flags: int, cursor: Cursor, level: int) -> Packet:
    return mqtt.PubComp(cursor.packet_id(), *_short_form(cursor, PacketType.PUBCOMP, level))


def _subscribe(_flags: int, cursor: Cursor, level: int) -> Packet:
    packet_id = cursor.packet_id()
    properties = _properties(cursor, PacketType.SUBSCRIBE, level)
    subscriptions = []
    while cursor.at < cursor.end:
        topic_filter = cursor.text()
        options = cursor.byte()
        handling = (options >> 4) & 0x03
        if options & (0xC0 if level == V5 else 0xFC) or (options & 0x03) == 3 or handling == 3:
            raise MqttError(Reason.MALFORMED_PACKET, f"subscription options {options:#04x}")
        no_local, as_published = bool(options & 0x04), bool(options & 0x08)
        subscriptions.append(mqtt.Subscription(topic_filter, options & 0x03, no_local, as_published, handling))
    if not subscriptions:
        raise MqttError(Reason.PROTOCOL_ERROR, "SUBSCRIBE to nothing")
    return mqtt.Subscribe(packet_id, tuple(subscriptions), properties)


def _suback(_flags: int, cursor: Cursor, level: int) -> Packet:
    packet_id = cursor.packet_id()
    properties = _properties(cursor, PacketType.SUBACK, level)
    reasons = tuple(cursor.rest())
    if not (_KNOWN_REASONS if level == V5 else _SUBACK_CODES_311).issuperset(reasons) or not reasons:
        raise MqttError(Reason.MALFORMED_PACKET, "SUBACK codes")
    return mqtt.SubAck(packet_id, reasons, properties)


def _unsubscribe(_flags: int, cursor: Cursor, level: int) -> Packet:
    packet_id = cursor.packet_id()
    properties = _properties(cursor, PacketType.UNSUBSCRIBE, level)
    filters = []
    while cursor.at < cursor.end:
        filters.append(cursor.text())
    if not filters:
        raise MqttError(Reason.PROTOCOL_ERROR, "UNSUBSCRIBE from nothing")
    return mqtt.Unsubscribe(packet_id, tuple(filters), properties)


def _unsuback(_flags: int, cursor: Cursor, level: int) -> Packet:
    packet_id = cursor.packet_id()
    if level != V5:
        return mqtt.UnsubAck(packet_id)
    properties = read_properties(cursor, PacketType.UNSUBACK)
    reasons = tuple(cursor.rest())
    if not reasons or not _KNOWN_REASONS.issuperset(reasons):
        raise MqttError(Reason.MALFORMED_PACKET, "UNSUBACK codes")
    return mqtt.UnsubAck(packet_id, reasons, properties)


def _pingreq(_flags: int, _cursor: Cursor, _level: int) -> Packet:
    return mqtt.PingReq()


def _pingresp(_flags: int, _cursor: Cursor, _level: int) -> Packet:
    return mqtt.PingResp()


def _disconnect(_flags: int, cursor: Cursor, level: int) -> Packet:
    return mqtt.Disconnect(*_short_form(cursor, PacketType.DISCONNECT, level))


def _auth(_flags: int, cursor: Cursor, level: int) -> Packet:
    if level != V5:
        raise MqttError(Reason.MALFORMED_PACKET, "AUTH belongs to MQTT 5")
    return mqtt.Auth(*_short_form(cursor, PacketType.AUTH, level))


BODIES: Final[dict[int, Callable[[int, Cursor, int], Packet]]] = {
    PacketType.CONNACK: _connack,
    PacketType.PUBLISH: publish,
    PacketType.PUBACK: _puback,
    PacketType.PUBREC: _pubrec,
    PacketType.PUBREL: _pubrel,
    PacketType.PUBCOMP: _pubcomp,
    PacketType.SUBSCRIBE: _subscribe,
    PacketType.SUBACK: _suback,
    PacketType.UNSUBSCRIBE: _unsubscribe,
    PacketType.UNSUBACK: _unsuback,
    PacketType.PINGREQ: _pingreq,
    PacketType.PINGRESP: _pingresp,
    PacketType.DISCONNECT: _disconnect,
    PacketType.AUTH: _auth,
}
