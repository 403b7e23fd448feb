"""Every packet there is, for hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from gateway import mqtt_packets as mqtt
from gateway.mqtt_packets import V5, V311, Packet, PacketType, Properties, Reason
from gateway.mqtt_properties import RULES, SUBSCRIPTION_ID, USER_PROPERTY, WILL

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
topics = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00+#"), min_size=1, max_size=20)
payloads = st.binary(max_size=300)
packet_ids = st.integers(1, 0xFFFF)
reasons = st.sampled_from([int(reason) for reason in Reason])
qos_levels = st.integers(0, 2)


@st.composite
def properties(draw: st.DrawFn, where: int, *, but: frozenset[int] = frozenset()) -> Properties:
    allowed = sorted(key for key, rule in RULES.items() if where in rule.where and key not in but)
    if not allowed:
        return ()
    chosen = draw(st.lists(st.sampled_from(allowed), unique=True, max_size=4))
    repeatable = {USER_PROPERTY} | ({SUBSCRIPTION_ID} if where == PacketType.PUBLISH else set())
    chosen += [key for key in chosen if key in repeatable]
    return tuple((key, draw(_values(key))) for key in chosen)


def _values(identifier: int) -> st.SearchStrategy[int | str | bytes | tuple[str, str]]:
    rule = RULES[identifier]
    match rule.kind:
        case "text":
            return texts
        case "binary":
            return st.binary(max_size=10)
        case "pair":
            return st.tuples(texts, texts)
        case "byte":
            largest = 0xFF
        case "two":
            largest = 0xFFFF
        case "four":
            largest = 0xFFFFFFFF
        case "variable":
            largest = 268_435_455
    return st.integers(rule.least, min(rule.most, largest))


@st.composite
def _publishes(draw: st.DrawFn) -> mqtt.Publish:
    qos = draw(qos_levels)
    dup, packet_id = (draw(st.booleans()), draw(packet_ids)) if qos else (False, 0)
    listed = draw(properties(PacketType.PUBLISH))
    return mqtt.Publish(draw(topics), draw(payloads), qos, draw(st.booleans()), dup, packet_id, listed)


@st.composite
def _connects(draw: st.DrawFn) -> mqtt.Connect:
    will = draw(st.none() | st.builds(mqtt.Will, topics, payloads, qos_levels, st.booleans(), properties(WILL)))
    username, password = draw(st.none() | texts), draw(st.none() | st.binary(max_size=20))
    listed = draw(properties(PacketType.CONNECT))
    keep_alive_s = draw(st.integers(0, 0xFFFF))
    return mqtt.Connect(V5, draw(texts), draw(st.booleans()), keep_alive_s, username, password, will, listed)


_subscriptions = st.builds(mqtt.Subscription, texts, qos_levels, st.booleans(), st.booleans(), st.integers(0, 2))
_several_reasons = st.lists(reasons, min_size=1, max_size=4).map(tuple)


def packets(level: int, *, with_connect: bool = True) -> st.SearchStrategy[Packet]:
    assert level == V5
    acks = [
        st.builds(kind, packet_ids, reasons, properties(where))
        for kind, where in (
            (mqtt.PubAck, PacketType.PUBACK),
            (mqtt.PubRec, PacketType.PUBREC),
            (mqtt.PubRel, PacketType.PUBREL),
            (mqtt.PubComp, PacketType.PUBCOMP),
        )
    ]
    subscriptions = st.lists(_subscriptions, min_size=1, max_size=4).map(tuple)
    filters = st.lists(texts, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        *([_connects()] if with_connect else []),
        _publishes(),
        *acks,
        st.builds(mqtt.ConnAck, reasons, st.booleans(), properties(PacketType.CONNACK)),
        st.builds(mqtt.Subscribe, packet_ids, subscriptions, properties(PacketType.SUBSCRIBE)),
        st.builds(mqtt.SubAck, packet_ids, _several_reasons, properties(PacketType.SUBACK)),
        st.builds(mqtt.Unsubscribe, packet_ids, filters, properties(PacketType.UNSUBSCRIBE)),
        st.builds(mqtt.UnsubAck, packet_ids, _several_reasons, properties(PacketType.UNSUBACK)),
        st.just(mqtt.PingReq()),
        st.just(mqtt.PingResp()),
        st.builds(mqtt.Disconnect, reasons, properties(PacketType.DISCONNECT)),
        st.builds(mqtt.Auth, reasons, properties(PacketType.AUTH)),
    )


def packets_311() -> st.SearchStrategy[Packet]:
    """The same without what 3.1.1 cannot say."""
    return packets(V5).filter(lambda packet: not isinstance(packet, mqtt.Auth)).map(_as_311)


def _as_311(packet: Packet) -> Packet:
    match packet:
        case mqtt.Connect(will=will, username=username, password=password):
            plain_will = replace(will, properties=()) if will else None
            kept = password if username is not None else None
            return replace(packet, level=V311, will=plain_will, password=kept, properties=())
        case mqtt.PubAck() | mqtt.PubRec() | mqtt.PubRel() | mqtt.PubComp() | mqtt.Disconnect():
            return replace(packet, reason=0, properties=())
        case mqtt.ConnAck():
            return replace(packet, reason=packet.reason % 6, properties=())
        case mqtt.Subscribe(subscriptions=subscriptions):
            plain = tuple(mqtt.Subscription(each.filter, each.qos) for each in subscriptions)
            return replace(packet, subscriptions=plain, properties=())
        case mqtt.SubAck(reasons=reasons):
            return replace(packet, reasons=tuple(0x80 if reason > 2 else reason for reason in reasons), properties=())
        case mqtt.UnsubAck():
            return replace(packet, reasons=(), properties=())
        case mqtt.Publish() | mqtt.Unsubscribe():
            return replace(packet, properties=())
        case _:
            return packet
