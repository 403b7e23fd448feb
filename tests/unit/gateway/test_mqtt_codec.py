"""Captured and hand-written bytes, round trips, and whatever else may come down a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import mqtt_packets as mqtt
from gateway.mqtt_codec import Decoder, encode
from gateway.mqtt_packets import V5, V311, MqttError, Packet, Reason
from tests.unit.gateway.mqtt_strategies import packets, packets_311

MOSQUITTO_PUB_CONNECT_311 = bytes.fromhex("101900044d51545404c2003c00026331 0005 6465762d37 0002 7077")
MOSQUITTO_PUB_PUBLISH_311 = bytes.fromhex("321a 0014 63622f76312f6465762d372f75702f616c61726d 0001 7b7d")
PAHO_CONNECT_5 = bytes.fromhex("101c00044d51545405c2003c 03 21000a 0001 63 0005 6465762d37 0002 7077")


def take(data: bytes, level: int | None) -> list[Packet]:
    decoder = Decoder(level)
    decoder.feed(data)
    return drain(decoder)


def drain(decoder: Decoder) -> list[Packet]:
    found = []
    while (packet := decoder.next_packet()) is not None:
        found.append(packet)
    return found


@pytest.mark.parametrize(
    ("data", "level", "packet"),
    [
        (MOSQUITTO_PUB_CONNECT_311, None, mqtt.Connect(V311, "c1", True, 60, "dev-7", b"pw")),
        (PAHO_CONNECT_5, None, mqtt.Connect(V5, "c", True, 60, "dev-7", b"pw", properties=((0x21, 10),))),
        (MOSQUITTO_PUB_PUBLISH_311, V311, mqtt.Publish("cb/v1/dev-7/up/alarm", b"{}", 1, packet_id=1)),
        (
            bytes.fromhex("30 09 0003 612f62 00 010203"),
            V5,
            mqtt.Publish("a/b", b"\x01\x02\x03"),
        ),
        (
            bytes.fromhex("3d 0b 0003 612f62 000a 03 230001"),
            V5,
            mqtt.Publish("a/b", b"", 2, True, True, 10, ((0x23, 1),)),
        ),
        (bytes.fromhex("40 02 1234"), V5, mqtt.PubAck(0x1234)),
        (bytes.fromhex("40 03 1234 87"), V5, mqtt.PubAck(0x1234, 0x87)),
        (bytes.fromhex("62 02 0001"), V311, mqtt.PubRel(1)),
        (bytes.fromhex("82 08 000a 0003 612f62 01"), V311, mqtt.Subscribe(10, (mqtt.Subscription("a/b", 1),))),
        (
            bytes.fromhex("82 09 000a 00 0003 612f62 2d"),
            V5,
            mqtt.Subscribe(10, (mqtt.Subscription("a/b", 1, True, True, 2),)),
        ),
        (bytes.fromhex("90 04 000a 00 87"), V5, mqtt.SubAck(10, (0x87,))),
        (bytes.fromhex("a2 07 000a 0003 612f62"), V311, mqtt.Unsubscribe(10, ("a/b",))),
        (bytes.fromhex("b0 02 000a"), V311, mqtt.UnsubAck(10)),
        (bytes.fromhex("c000"), V311, mqtt.PingReq()),
        (bytes.fromhex("d000"), V5, mqtt.PingResp()),
        (bytes.fromhex("e000"), V311, mqtt.Disconnect()),
        (bytes.fromhex("e001 04"), V5, mqtt.Disconnect(4)),
        (bytes.fromhex("20020005"), V311, mqtt.ConnAck(5)),
        (bytes.fromhex("2003000000"), V5, mqtt.ConnAck(0)),
        (bytes.fromhex("f000"), V5, mqtt.Auth()),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, bytes | int) else None,
)
def test_known_bytes_are_known_packets(data: bytes, level: int | None, packet: Packet) -> None:
    assert take(data, level) == [packet]
    if not isinstance(packet, mqtt.SubAck):  # The long form of an empty property list is ours as well.
        assert encode(packet, level or (V5 if data is PAHO_CONNECT_5 else V311)) == data


@pytest.mark.parametrize(
    ("data", "level", "reason"),
    [
        ("00 00", V311, Reason.MALFORMED_PACKET),  # type 0
        ("60 02 0001", V311, Reason.MALFORMED_PACKET),  # PUBREL without its flags
        ("c1 00", V5, Reason.MALFORMED_PACKET),  # flags on PINGREQ
        ("c0 01 00", V5, Reason.MALFORMED_PACKET),  # PINGREQ with a body
        ("36 07 0003 612f62 0001", V5, Reason.MALFORMED_PACKET),  # QoS 3
        ("38 05 0003 612f62", V311, Reason.MALFORMED_PACKET),  # DUP at QoS 0
        ("32 07 0003 612f62 0000", V311, Reason.PROTOCOL_ERROR),  # packet identifier 0
        ("30 02 0000", V311, Reason.TOPIC_NAME_INVALID),  # empty topic
        ("30 05 0003 612f23", V311, Reason.TOPIC_NAME_INVALID),  # wildcard
        ("30 05 0003 61c328", V311, Reason.MALFORMED_PACKET),  # not UTF-8
        ("30 05 0003 eda080", V311, Reason.MALFORMED_PACKET),  # a surrogate
        ("30 05 0003 610062", V311, Reason.MALFORMED_PACKET),  # NUL
        ("30 01 00", V311, Reason.MALFORMED_PACKET),  # ends inside the length of the topic
        ("30 00", V311, Reason.MALFORMED_PACKET),
        ("30 03 0005 61", V311, Reason.MALFORMED_PACKET),
        ("30 80 80 80 80 01", V311, Reason.MALFORMED_PACKET),  # remaining length of five bytes
        ("30 85 00", V311, Reason.MALFORMED_PACKET),  # remaining length not in its shortest form
        ("30 ff ff ff 7f", V311, Reason.PACKET_TOO_LARGE),  # 256 MiB announced, none of it sent
        ("30 81 80 04", V311, Reason.PACKET_TOO_LARGE),  # 65,537 bytes of body
        ("30 08 0003 612f62 02 2300", V5, Reason.MALFORMED_PACKET),  # property cut short
        ("30 0a 0003 612f62 05 02000000", V5, Reason.MALFORMED_PACKET),  # properties longer than the packet
        ("30 09 0003 612f62 03 21000a", V5, Reason.MALFORMED_PACKET),  # receive maximum on PUBLISH
        ("30 0a 0003 612f62 04 0100 0101", V5, Reason.PROTOCOL_ERROR),  # a property twice
        ("30 08 0003 612f62 02 0102", V5, Reason.PROTOCOL_ERROR),  # payload format 2
        ("82 02 0001", V311, Reason.PROTOCOL_ERROR),  # SUBSCRIBE to nothing
        ("82 06 0001 0001 61 03", V311, Reason.MALFORMED_PACKET),  # QoS 3
        ("82 06 0001 0001 61 04", V311, Reason.MALFORMED_PACKET),  # an MQTT 5 option in 3.1.1
        ("82 07 0001 00 0001 61 30", V5, Reason.MALFORMED_PACKET),  # retain handling 3
        ("a2 02 0001", V311, Reason.PROTOCOL_ERROR),
        ("e0 01 42", V5, Reason.MALFORMED_PACKET),  # a reason there is none of
        ("e0 01 00", V311, Reason.MALFORMED_PACKET),
        ("f0 00", V311, Reason.MALFORMED_PACKET),  # AUTH in 3.1.1
        ("40 03 0001 00", V311, Reason.MALFORMED_PACKET),  # an MQTT 5 PUBACK in 3.1.1
        ("c0 00", None, Reason.PROTOCOL_ERROR),  # before CONNECT
        ("30 ff ff ff 7f", None, Reason.PROTOCOL_ERROR),
        ("10 0c 0004 4d515454 04 03 003c 0000", None, Reason.MALFORMED_PACKET),  # reserved CONNECT flag
        ("10 0c 0004 4d515454 04 0a 003c 0000", None, Reason.MALFORMED_PACKET),  # Will QoS without a Will
        ("10 0e 0004 4d515454 04 42 003c 0000 0000", None, Reason.MALFORMED_PACKET),  # password, no user name
        ("10 0c 0004 4d515454 06 02 003c 0000", None, Reason.UNSUPPORTED_VERSION),
        ("10 0e 0006 4d5149736470 03 02 003c 0000", None, Reason.UNSUPPORTED_VERSION),  # MQTT 3.1
        ("10 0d 0004 4d515454 04 02 003c 0000 00", None, Reason.MALFORMED_PACKET),  # bytes left over
    ],
)
def test_broken_bytes_name_their_reason(data: str, level: int | None, reason: Reason) -> None:
    with pytest.raises(MqttError) as raised:
        take(bytes.fromhex(data), level)
    assert raised.value.reason is reason


def test_what_came_before_a_broken_packet_is_kept() -> None:
    decoder = Decoder(V311)
    decoder.feed(MOSQUITTO_PUB_PUBLISH_311 + b"\xff\xff")
    assert isinstance(decoder.next_packet(), mqtt.Publish)
    with pytest.raises(MqttError):
        decoder.next_packet()


def test_a_second_connect_is_a_protocol_error() -> None:
    with pytest.raises(MqttError) as raised:
        take(MOSQUITTO_PUB_CONNECT_311 * 2, None)
    assert raised.value.reason is Reason.PROTOCOL_ERROR


def test_a_packet_of_exactly_the_limit_is_taken() -> None:
    packet = mqtt.Publish("a", b"x" * 30, 1, packet_id=1)
    data = encode(packet, V311)
    for limit, is_taken in ((len(data), True), (len(data) - 1, False)):
        decoder = Decoder(V311, max_packet_bytes=limit)
        decoder.feed(data)
        if is_taken:
            assert decoder.next_packet() == packet
        else:
            with pytest.raises(MqttError):
                decoder.next_packet()


@given(packets(V5))
def test_mqtt_5_packets_survive_the_wire(packet: Packet) -> None:
    assert take(encode(packet, V5), None if isinstance(packet, mqtt.Connect) else V5) == [packet]


@given(packets_311())
def test_mqtt_311_packets_survive_the_wire(packet: Packet) -> None:
    assert take(encode(packet, V311), None if isinstance(packet, mqtt.Connect) else V311) == [packet]


@given(st.lists(packets(V5, with_connect=False), max_size=5), st.lists(st.integers(1, 50), max_size=60))
def test_where_the_stream_is_cut_does_not_matter(sent: list[Packet], cuts: list[int]) -> None:
    data = b"".join(encode(packet, V5) for packet in sent)
    decoder, got = Decoder(V5), []
    for size in [*cuts, len(data)]:
        piece, data = data[:size], data[size:]
        decoder.feed(piece)
        got += drain(decoder)
    assert got == sent


@given(st.binary(max_size=200), st.sampled_from([None, V311, V5]))
def test_any_bytes_are_packets_or_the_one_error(data: bytes, level: int | None) -> None:
    _survive(data, level)


@given(packets(V5), st.data())
def test_a_damaged_packet_is_a_packet_or_the_one_error(packet: Packet, data: st.DataObject) -> None:
    whole = bytearray(encode(packet, V5))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    _survive(bytes(whole), None if isinstance(packet, mqtt.Connect) else V5)


def _survive(data: bytes, level: int | None) -> None:
    outcomes = []
    for step in (len(data) + 1, 1):
        decoder, got = Decoder(level), []
        reason = None
        try:
            for start in range(0, len(data), step):
                decoder.feed(data[start : start + step])
                while (packet := decoder.next_packet()) is not None:
                    got.append(packet)
        except MqttError as error:
            reason = error.reason
        outcomes.append((got, reason))
    assert outcomes[0] == outcomes[1]
