"""What one connection may do, told as bytes in and bytes out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import mqtt_packets as mqtt
from gateway.mqtt_codec import Decoder, encode
from gateway.mqtt_events import Acked, CentreStateWanted, Closed, Event, Login, Published, Subscribed
from gateway.mqtt_limits import Counters, Limits
from gateway.mqtt_packets import V5, V311, Packet, Reason, property_of
from gateway.mqtt_properties import (
    ASSIGNED_CLIENT_ID,
    MAXIMUM_PACKET_SIZE,
    MAXIMUM_QOS,
    RECEIVE_MAXIMUM,
    SERVER_KEEP_ALIVE,
    SUBSCRIPTION_ID,
    TOPIC_ALIAS,
)
from gateway.mqtt_session import Session
from tests.unit.gateway.mqtt_strategies import packets

UID = "dev-7"
ALARM = f"cb/v1/{UID}/up/alarm"
RECEIPT = f"cb/v1/{UID}/down/receipt"
CENTRE = "cb/v1/centre/state"
WILL = mqtt.Will(f"cb/v1/{UID}/up/state", b'{"online": false}', 1, True)


class Device:
    """The other end of a session, in memory."""

    def __init__(self, level: int = V5, **limits: Any) -> None:
        self.level = level
        self.counters = Counters()
        self.session = Session(Limits(**limits), self.counters, now=0.0)

    def send(self, *packets: Packet, now: float = 0.0) -> list[Event]:
        return self.session.receive(b"".join(encode(packet, self.level) for packet in packets), now)

    def got(self) -> list[Packet]:
        decoder = Decoder(self.level)
        decoder.feed(self.session.take_output())
        found = []
        while (packet := decoder.next_packet()) is not None:
            found.append(packet)
        return found

    def log_in(self, **connect: Any) -> "Device":
        fields = {"client_id": "c1", "username": UID, "password": b"pw"} | connect
        assert self.send(mqtt.Connect(self.level, **fields)) == [Login(UID, b"pw")]
        self.session.accept(assigned_id="given", now=0.0)
        assert [type(packet) for packet in self.got()] == [mqtt.ConnAck]
        return self

    def subscribe(self, topic_filter: str, qos: int = 1, **options: Any) -> list[Event]:
        return self.send(mqtt.Subscribe(9, (mqtt.Subscription(topic_filter, qos, **options),)))


both_levels = pytest.mark.parametrize("level", [V311, V5])


# Getting in.


@both_levels
def test_a_press_sent_together_with_connect_waits_for_the_login(level: int) -> None:
    device = Device(level)
    connect = mqtt.Connect(level, "c1", username=UID, password=b"pw")
    assert device.send(connect, mqtt.Publish(ALARM, b"{}", 1, packet_id=3)) == [Login(UID, b"pw")]
    assert device.session.is_holding
    device.session.accept(assigned_id="", now=0.0)
    assert device.session.proceed() == [Published("alarm", b"{}", 1, 3)]
    assert not device.session.is_holding


@pytest.mark.parametrize(
    ("connect", "code_311", "reason"),
    [
        ({"username": None, "password": None}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": "", "password": b"pw"}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": UID, "password": None}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": UID, "password": b""}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": "+"}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": "#"}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"username": "dev-7/up"}, 4, Reason.BAD_USERNAME_OR_PASSWORD),
        ({"will": mqtt.Will("cb/v1/dev-8/up/state", b"x")}, 5, Reason.NOT_AUTHORIZED),
        ({"will": mqtt.Will(RECEIPT, b"x")}, 5, Reason.NOT_AUTHORIZED),
    ],
)
@both_levels
def test_refused_at_sight(level: int, connect: dict[str, Any], code_311: int, reason: Reason) -> None:
    device = Device(level)
    fields = {"client_id": "c1", "username": UID, "password": b"pw"} | connect
    assert device.send(mqtt.Connect(level, **fields)) == [Closed(graceful=False)]
    assert device.got() == [mqtt.ConnAck(reason if level == V5 else code_311)]
    assert device.counters.refused_connects[reason.name.lower()] == 1
    assert device.session.is_closed


@both_levels
def test_an_answer_for_a_wrong_login_and_for_one_that_cannot_be_checked(level: int) -> None:
    for reason, code_311 in ((Reason.BAD_USERNAME_OR_PASSWORD, 4), (Reason.SERVER_UNAVAILABLE, 3)):
        device = Device(level)
        device.send(mqtt.Connect(level, "c", username=UID, password=b"no"))
        assert device.session.refuse(reason) == [Closed(graceful=False)]
        assert device.got() == [mqtt.ConnAck(reason if level == V5 else code_311)]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ("10 11 0006 4d5149736470 03 02 003c 0003 646576", "20020001"),  # MQTT 3.1
        ("10 0f 0004 4d515454 03 02 003c 0003 646576", "20020001"),
        ("10 10 0004 4d515454 06 02 003c 00 0003 646576", "2003008400"),
        ("10 10 0004 4d515454 05 03 003c 00 0003 646576", "2003008100"),  # reserved flag
        ("10 0f 0004 4d515454 04 03 003c 0003 646576", ""),
        ("474554202f20485454502f312e310d0a", ""),  # GET / HTTP/1.1
        ("c000", ""),
        ("16030100f8010000f4", ""),  # TLS where none is spoken
    ],
)
def test_strangers_are_answered_in_their_own_version_or_not_at_all(data: str, answer: str) -> None:
    device = Device()
    assert device.session.receive(bytes.fromhex(data), 0.0) == [Closed(graceful=False)]
    assert device.session.take_output().hex() == answer


def test_mqtt_5_is_told_what_there_is() -> None:
    device = Device()
    device.send(mqtt.Connect(V5, "", keep_alive_s=0, username=UID, password=b"pw", properties=((0x11, 600),)))
    device.session.accept(assigned_id="given", now=0.0)
    (connack,) = device.got()
    assert isinstance(connack, mqtt.ConnAck)
    offered = dict(connack.properties)
    assert offered[MAXIMUM_QOS] == 1
    assert offered[ASSIGNED_CLIENT_ID] == "given"
    assert offered[SERVER_KEEP_ALIVE] == Limits().keep_alive_max_s
    assert offered[0x11] == 0
    assert not connack.session_present
    assert property_of(connack.properties, RECEIVE_MAXIMUM) == Limits().unacknowledged


def test_an_empty_client_id_needs_a_clean_session_in_311() -> None:
    device = Device(V311)
    device.send(mqtt.Connect(V311, "", clean_start=False, username=UID, password=b"pw"))
    assert device.got() == [mqtt.ConnAck(2)]
    Device(V311).log_in(client_id="", clean_start=True)


def test_a_stranger_gets_less_memory_than_a_device() -> None:
    device = Device(connect_packet_bytes=100)
    device.session.receive(bytes.fromhex("10 65"), 0.0)
    assert device.session.is_closed
    assert device.counters.oversize == 1


# Publishing.


@both_levels
def test_the_acknowledgement_is_the_commit(level: int) -> None:
    device = Device(level).log_in()
    assert device.send(mqtt.Publish(ALARM, b"help", 1, packet_id=5)) == [Published("alarm", b"help", 1, 5)]
    assert device.got() == []
    device.session.acknowledge(5, 1, stored=True)
    assert device.got() == [mqtt.PubAck(5)]


def test_what_could_not_be_stored_is_said_in_5_and_kept_silent_in_311() -> None:
    for level, answer in ((V5, [mqtt.PubAck(5, 0x80)]), (V311, [])):
        device = Device(level).log_in()
        device.send(mqtt.Publish(ALARM, b"help", 1, packet_id=5))
        device.session.acknowledge(5, 1, stored=False)
        assert device.got() == answer
        again = mqtt.Publish(ALARM, b"help", 1, dup=True, packet_id=5)
        assert device.send(again) == [Published("alarm", b"help", 1, 5)]


@pytest.mark.parametrize("kind", ["alarm", "cancel", "heartbeat", "location", "state"])
@pytest.mark.parametrize("retain", [False, True])
@both_levels
def test_own_topics_are_heard(level: int, kind: str, retain: bool) -> None:
    device = Device(level).log_in()
    assert device.send(mqtt.Publish(f"cb/v1/{UID}/up/{kind}", b"", retain=retain)) == [Published(kind, b"", 0, 0)]


@pytest.mark.parametrize(
    "topic",
    ["cb/v1/dev-8/up/alarm", RECEIPT, CENTRE, f"cb/v1/{UID}/up/nothing", "x", f"cb/v1/{UID}/up", f"/{ALARM}"],
)
def test_other_topics_are_refused_and_cost_nothing_else(topic: str) -> None:
    for level, answer in ((V5, mqtt.PubAck(5, Reason.NOT_AUTHORIZED)), (V311, mqtt.PubAck(5))):
        device = Device(level).log_in()
        assert device.send(mqtt.Publish(topic, b"x", 1, packet_id=5)) == []
        assert device.got() == [answer]
        assert device.counters.refused_publishes == 1
        assert device.send(mqtt.Publish(ALARM, b"x")) == [Published("alarm", b"x", 0, 0)]


@both_levels
def test_a_repeat_of_what_is_being_stored_is_answered_once(level: int) -> None:
    device = Device(level).log_in()
    device.send(mqtt.Publish(ALARM, b"x", 1, packet_id=5))
    assert device.send(mqtt.Publish(ALARM, b"x", 1, dup=True, packet_id=5)) == []
    device.session.acknowledge(5, 1, stored=True)
    device.session.acknowledge(5, 1, stored=True)
    assert device.got() == [mqtt.PubAck(5)]


def test_a_firmware_that_numbers_every_message_1_is_heard_every_time() -> None:
    device = Device(V311).log_in()
    press = mqtt.Publish(ALARM, b"x", 1, packet_id=1)
    assert len(device.send(press, press, press)) == 3
    for _ in range(4):
        device.session.acknowledge(1, 1, stored=True)
    assert device.got() == [mqtt.PubAck(1)] * 3


@both_levels
def test_an_alarm_too_long_is_still_an_alarm(level: int) -> None:
    device = Device(level).log_in()
    (published,) = device.send(mqtt.Publish(ALARM, b"x" * 9_000, 1, packet_id=1))
    assert published == Published("alarm", b"x" * 8192, 1, 1)
    assert device.send(mqtt.Publish(f"cb/v1/{UID}/up/location", b"x" * 9_000, 1, packet_id=2)) == []
    assert device.got() == [mqtt.PubAck(2, Reason.QUOTA_EXCEEDED if level == V5 else 0)]
    assert device.counters.oversize == 2


def test_a_packet_too_large_ends_the_connection_at_its_header() -> None:
    for level, answer in ((V5, [mqtt.Disconnect(Reason.PACKET_TOO_LARGE)]), (V311, [])):
        device = Device(level).log_in()
        assert device.session.receive(bytes.fromhex("32 80 80 40"), 0.0) == [Closed(graceful=False)]
        assert device.got() == answer


def test_whoever_is_faster_than_the_commits_is_held_and_not_dropped() -> None:
    device = Device(V311, unacknowledged=2).log_in()
    events = device.send(*(mqtt.Publish(ALARM, b"", 1, packet_id=n) for n in (1, 2, 3)))
    assert len(events) == 2
    assert device.session.is_holding
    device.session.acknowledge(1, 1, stored=True)
    assert device.session.proceed() == [Published("alarm", b"", 1, 3)]


def test_qos_2_is_served_once_to_311() -> None:
    device = Device(V311).log_in()
    press = mqtt.Publish(ALARM, b"x", 2, packet_id=5)
    assert device.send(press) == [Published("alarm", b"x", 2, 5)]
    device.session.acknowledge(5, 2, stored=True)
    assert device.got() == [mqtt.PubRec(5)]
    assert device.send(mqtt.Publish(ALARM, b"x", 2, dup=True, packet_id=5)) == []
    assert device.send(mqtt.PubRel(5)) == []
    assert device.got() == [mqtt.PubRec(5), mqtt.PubComp(5)]
    assert device.send(press) == [Published("alarm", b"x", 2, 5)]


def test_qos_2_and_topic_aliases_are_errors_where_they_were_not_offered() -> None:
    for packet, reason in (
        (mqtt.Publish(ALARM, b"", 2, packet_id=1), Reason.QOS_NOT_SUPPORTED),
        (mqtt.Publish(ALARM, b"", properties=((TOPIC_ALIAS, 1),)), Reason.TOPIC_ALIAS_INVALID),
        (mqtt.Publish("", b"", properties=((TOPIC_ALIAS, 1),)), Reason.TOPIC_ALIAS_INVALID),
        (mqtt.Auth(0x18), Reason.PROTOCOL_ERROR),
        (mqtt.SubAck(1, (0,)), Reason.PROTOCOL_ERROR),
    ):
        device = Device().log_in()
        assert device.send(packet) == [Closed(graceful=False)]
        assert device.got() == [mqtt.Disconnect(reason)]


# Listening.


@pytest.mark.parametrize(
    ("topic_filter", "reason"),
    [
        (f"cb/v1/{UID}/down/#", 1),
        (f"cb/v1/{UID}/down/receipt", 1),
        (f"cb/v1/{UID}/down/+", 1),
        (f"cb/v1/{UID}/#", 1),
        (f"cb/v1/{UID}/+/receipt", 1),
        (CENTRE, 1),
        ("#", 0x87),
        ("+/#", 0x87),
        ("cb/v1/+/down/#", 0x87),
        ("cb/v1/#", 0x87),
        ("cb/v1/+/state", 0x87),
        ("cb/v1/centre/#", 0x87),
        ("cb/v1/dev-8/down/receipt", 0x87),
        (f"cb/v1/{UID}8/#", 0x87),
        ("$SYS/#", 0x87),
        (f"$share/g/cb/v1/{UID}/down/#", 0x9E),
        (f"cb/v1/{UID}/#/x", 0x8F),
        (f"cb/v1/{UID}/a+", 0x8F),
        ("", 0x8F),
    ],
)
def test_only_its_own_and_the_centre_can_be_subscribed(topic_filter: str, reason: int) -> None:
    for level in (V5, V311):
        device = Device(level).log_in()
        device.subscribe(topic_filter)
        assert device.got() == [mqtt.SubAck(9, (reason if level == V5 or reason < 0x80 else 0x80,))]
        assert device.counters.refused_subscribes == (reason >= 0x80)


def test_the_door_is_told_when_the_device_listens() -> None:
    device = Device().log_in()
    assert device.subscribe(f"cb/v1/{UID}/down/#") == [Subscribed()]
    assert device.subscribe(f"cb/v1/{UID}/up/#") == []
    assert device.subscribe(CENTRE) == [CentreStateWanted()]
    assert device.subscribe(CENTRE, retain_handling=1) == []
    assert device.subscribe(CENTRE, retain_handling=2) == []
    assert device.send(mqtt.Subscribe(9, (mqtt.Subscription(CENTRE),), ((SUBSCRIPTION_ID, 1),))) == []
    assert device.got()[-1] == mqtt.SubAck(9, (0xA1,))


def test_subscriptions_are_bounded() -> None:
    device = Device(filters=2).log_in()
    for number in range(3):
        device.subscribe(f"cb/v1/{UID}/down/{number}")
    assert device.got()[-1] == mqtt.SubAck(9, (Reason.QUOTA_EXCEEDED,))


@both_levels
def test_down_messages_keep_to_the_window_and_the_queue(level: int) -> None:
    device = Device(level, window=2, queue=1).log_in()
    device.subscribe(f"cb/v1/{UID}/down/#")
    device.got()
    results = [device.session.deliver(RECEIPT, bytes([n]), n) for n in range(4)]
    assert results == [[], [], [], None]
    sent = device.got()
    assert sent == [mqtt.Publish(RECEIPT, bytes([n]), 1, packet_id=n + 1) for n in range(2)]
    assert device.send(mqtt.PubAck(2)) == [Acked(1)]
    assert device.got() == [mqtt.Publish(RECEIPT, b"\x02", 1, packet_id=3)]
    assert device.send(mqtt.PubAck(2)) == []


def test_the_receive_maximum_and_packet_size_of_the_client_count() -> None:
    device = Device().log_in(properties=((RECEIVE_MAXIMUM, 1), (MAXIMUM_PACKET_SIZE, 60)))
    device.subscribe(f"cb/v1/{UID}/down/#")
    device.got()
    assert device.session.deliver(RECEIPT, b"x" * 60, 0) is None
    assert [device.session.deliver(RECEIPT, b"", n) for n in range(2)] == [[], []]
    assert len(device.got()) == 1


def test_a_message_the_client_refuses_has_not_arrived() -> None:
    device = Device().log_in()
    device.subscribe(f"cb/v1/{UID}/down/#")
    device.session.deliver(RECEIPT, b"", "token")
    assert device.send(mqtt.PubAck(1, 0x83)) == []


def test_qos_0_listeners_get_qos_0_and_the_deaf_nothing() -> None:
    device = Device().log_in()
    assert device.session.deliver(RECEIPT, b"x", "token") is None
    device.subscribe(f"cb/v1/{UID}/down/#", qos=0)
    device.got()
    assert device.session.deliver(RECEIPT, b"x", "token") == [Acked("token")]
    assert device.got() == [mqtt.Publish(RECEIPT, b"x")]
    device.send(mqtt.Unsubscribe(3, (f"cb/v1/{UID}/down/#", "nothing")))
    assert device.got() == [mqtt.UnsubAck(3, (0, 0x11))]
    assert device.session.deliver(RECEIPT, b"x", "token") is None


# Staying, and going.


@both_levels
def test_silence_counts_after_one_and_a_half_keepalives(level: int) -> None:
    device = Device(level).log_in(keep_alive_s=60)
    assert device.session.silent_after == 90.0
    device.send(mqtt.PingReq(), now=50.0)
    assert device.got() == [mqtt.PingResp()]
    assert device.session.silent_after == 140.0


def test_the_will_is_handed_on_unless_the_device_said_goodbye() -> None:
    will = Published("state", WILL.payload, 0, 0)
    assert Device().log_in(will=WILL).session.lost() == [will, Closed(graceful=False)]
    assert Device().log_in(will=WILL).send(mqtt.Disconnect()) == [Closed(graceful=True)]
    assert Device().log_in(will=WILL).send(mqtt.Disconnect(4)) == [will, Closed(graceful=False)]
    assert Device().log_in(will=WILL).session.receive(b"\x00\x00", 0.0) == [will, Closed(graceful=False)]
    taken_over = Device().log_in(will=WILL)
    assert taken_over.session.end(Reason.SESSION_TAKEN_OVER) == [will, Closed(graceful=False)]
    assert taken_over.got() == [mqtt.Disconnect(0x8E)]
    assert taken_over.session.lost() == []


def test_what_follows_a_goodbye_is_not_read() -> None:
    device = Device().log_in()
    assert device.send(mqtt.Disconnect(), mqtt.Publish(ALARM, b"x")) == [Closed(graceful=True)]


def test_a_will_whose_login_was_wrong_is_never_handed_on() -> None:
    device = Device()
    device.send(mqtt.Connect(V5, "c", username=UID, password=b"no", will=WILL))
    device.session.refuse(Reason.BAD_USERNAME_OR_PASSWORD)
    assert device.session.lost() == []


# Whatever it says.


@given(st.lists(packets(V5, with_connect=False), max_size=12), st.binary(max_size=40), st.booleans())
def test_no_conversation_breaks_the_session(said: list[Packet], noise: bytes, stored: bool) -> None:
    device = Device(unacknowledged=3).log_in(will=WILL)
    device.subscribe(f"cb/v1/{UID}/#")
    events = device.send(*said) + device.session.receive(noise, 0.0)
    for event in events:
        if isinstance(event, Published) and event.qos:
            device.session.acknowledge(event.packet_id, event.qos, stored=stored)
    events += device.session.proceed()
    device.session.deliver(RECEIPT, b"x", "token")
    device.got()
    events += device.session.lost()
    assert sum(isinstance(event, Closed) for event in events) == 1
    assert all(
        event.kind in ("alarm", "cancel", "heartbeat", "location", "state")
        for event in events
        if isinstance(event, Published)
    )
