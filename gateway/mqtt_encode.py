"""Packet values to bytes, for both protocol levels."""

from gateway import mqtt_packets as mqtt
from gateway.mqtt_fields import string_bytes, variable_int
from gateway.mqtt_packets import V5, Packet, PacketType, Properties
from gateway.mqtt_properties import property_bytes

_ACK_FIRST_BYTES: dict[type[mqtt.Ack], int] = {
    mqtt.PubAck: 0x40,
    mqtt.PubRec: 0x50,
    mqtt.PubRel: 0x62,  # PUBREL, SUBSCRIBE and UNSUBSCRIBE carry flags 0010.
    mqtt.PubComp: 0x70,
}


def encode(packet: Packet, level: int) -> bytes:
    """The whole packet; what a level cannot express (properties in 3.1.1) is left out."""
    match packet:
        case mqtt.Publish():
            return _publish(packet, level)
        case mqtt.PubAck() | mqtt.PubRec() | mqtt.PubRel() | mqtt.PubComp():
            return _ack(packet, level)
        case mqtt.Connect():
            return _frame(0x10, _connect(packet, level))
        case mqtt.ConnAck():
            head = bytes((packet.session_present, packet.reason))
            return _frame(0x20, head + _properties(packet.properties, level))
        case mqtt.Subscribe():
            items = (string_bytes(s.filter) + bytes((_options(s, level),)) for s in packet.subscriptions)
            return _frame(0x82, _headed(packet.packet_id, packet.properties, level) + b"".join(items))
        case mqtt.SubAck():
            return _frame(0x90, _headed(packet.packet_id, packet.properties, level) + bytes(packet.reasons))
        case mqtt.Unsubscribe():
            filters = b"".join(map(string_bytes, packet.filters))
            return _frame(0xA2, _headed(packet.packet_id, packet.properties, level) + filters)
        case mqtt.UnsubAck():
            codes = bytes(packet.reasons) if level == V5 else b""
            return _frame(0xB0, _headed(packet.packet_id, packet.properties, level) + codes)
        case mqtt.PingReq():
            return b"\xc0\x00"
        case mqtt.PingResp():
            return b"\xd0\x00"
        case mqtt.Disconnect():
            return _frame(0xE0, _short_form(packet.reason, packet.properties, level))
        case mqtt.Auth():
            return _frame(PacketType.AUTH << 4, _short_form(packet.reason, packet.properties, level))


def _frame(first: int, body: bytes) -> bytes:
    return bytes((first,)) + variable_int(len(body)) + body


def _properties(properties: Properties, level: int) -> bytes:
    return property_bytes(properties) if level == V5 else b""


def _headed(packet_id: int, properties: Properties, level: int) -> bytes:
    return packet_id.to_bytes(2, "big") + _properties(properties, level)


def _short_form(reason: int, properties: Properties, level: int) -> bytes:
    if level != V5 or (reason == 0 and not properties):
        return b""
    return bytes((reason,)) + (property_bytes(properties) if properties else b"")


def _ack(packet: mqtt.Ack, level: int) -> bytes:
    body = packet.packet_id.to_bytes(2, "big") + _short_form(packet.reason, packet.properties, level)
    return _frame(_ACK_FIRST_BYTES[type(packet)], body)


def _publish(packet: mqtt.Publish, level: int) -> bytes:
    first = 0x30 | packet.dup << 3 | packet.qos << 1 | packet.retain
    parts = [string_bytes(packet.topic)]
    if packet.qos:
        parts.append(packet.packet_id.to_bytes(2, "big"))
    if level == V5:
        parts.append(property_bytes(packet.properties))
    parts.append(packet.payload)
    return _frame(first, b"".join(parts))


def _options(subscription: mqtt.Subscription, level: int) -> int:
    if level != V5:
        return subscription.qos
    flags = subscription.no_local << 2 | subscription.retain_as_published << 3
    return subscription.qos | flags | subscription.retain_handling << 4


def _connect(packet: mqtt.Connect, level: int) -> bytes:
    flags = packet.clean_start << 1
    parts = [_properties(packet.properties, level), string_bytes(packet.client_id)]
    if packet.will is not None:
        will = packet.will
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        parts += [_properties(will.properties, level), string_bytes(will.topic), _binary(will.payload)]
    if packet.username is not None:
        flags |= 0x80
        parts.append(string_bytes(packet.username))
    if packet.password is not None:
        flags |= 0x40
        parts.append(_binary(packet.password))
    head = b"\x00\x04MQTT" + bytes((level, flags)) + packet.keep_alive_s.to_bytes(2, "big")
    return head + b"".join(parts)


def _binary(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw
