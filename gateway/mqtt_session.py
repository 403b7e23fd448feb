"""One device's MQTT connection as state: bytes and decisions in, bytes and events out. No sockets, clock or threads.

Whoever owns the socket gives bytes to `receive`, acts on the events in their order, and sends what `take_output` holds
after every call. Times are monotonic seconds given by the caller.

Where the versions leave a choice, the choice is the one that does not keep a person's press from arriving:

- A publish that is not allowed is refused alone in MQTT 5 (PUBACK 0x87). 3.1.1 knows no refusal, only closing or an
  acknowledgement without effect (MQTT-3.3.5-2): it is acknowledged, because a firmware with one wrong message at the
  head of its queue would otherwise be closed again and again and never get to its alarm.
- Above 8 KiB an alarm is handed on cut to its first 8 KiB, for a press is a press; other messages are refused alike.
- QoS 2 is served to 3.1.1, where it cannot be declined beforehand; MQTT 5 clients are told that QoS 1 is the most.
- Whoever sends faster than its messages are committed is not read for a while, rather than disconnected.
- Nothing is kept here over a reconnect: what has to reach the device lies in the database, so there is never a session
  present.
"""

from enum import Enum
from typing import Any, Final

from gateway import mqtt_packets as mqtt
from gateway.mqtt_codec import Decoder, encode
from gateway.mqtt_events import Acked, CentreStateWanted, Closed, Event, Login, Published, Subscribed
from gateway.mqtt_limits import Counters, Limits
from gateway.mqtt_login import kept_alive_s, refusal, refused_at_sight, welcome
from gateway.mqtt_outbound import Outbound
from gateway.mqtt_packets import V5, V311, MqttError, Packet, Reason, number_of, property_of
from gateway.mqtt_properties import MAXIMUM_PACKET_SIZE, RECEIVE_MAXIMUM, SUBSCRIPTION_ID, TOPIC_ALIAS
from gateway.mqtt_rights import CENTRE_STATE, hears_down_messages, is_filter, matches, may_subscribe, own_up_kind

_SUBACK_FAILURE_311: Final = 0x80
_PUBLISH_OVERHEAD: Final = 5 + 2 + 2 + 1  # Fixed header, length of the topic, packet identifier, no properties.
_MISSED_KEEP_ALIVES: Final = 1.5  # Both versions, section 3.1.2.10.


class _Phase(Enum):
    EXPECTING = 1
    CHECKING = 2
    OPEN = 3
    CLOSED = 4


class Session:
    """The server's side of one connection."""

    __slots__ = (
        "_connect",
        "_counters",
        "_decoder",
        "_limits",
        "_outbound",
        "_output",
        "_packet_bytes_taken",
        "_phase",
        "_qos2_received",
        "_subscriptions",
        "_unacknowledged",
        "_waiting",
        "_will",
        "client_id",
        "heard_at",
        "keep_alive_s",
        "uid",
    )

    def __init__(self, limits: Limits, counters: Counters, *, now: float) -> None:
        self._limits = limits
        self._counters = counters
        self._decoder = Decoder(max_packet_bytes=limits.connect_packet_bytes)
        self._phase = _Phase.EXPECTING
        self._connect: mqtt.Connect | None = None  # Only while its login is checked.
        self._outbound: Outbound | None = None
        self._output: list[bytes] = []
        self._subscriptions: dict[str, mqtt.Subscription] = {}  # Replaced, never changed: other threads read it.
        self._unacknowledged: dict[int, int] = {}  # How often each packet identifier waits for its commit.
        self._waiting = 0  # The sum of those.
        self._packet_bytes_taken = 0
        self._will: mqtt.Will | None = None
        self._qos2_received: set[int] = set()
        self.uid = ""
        self.client_id = ""
        self.heard_at = now
        self.keep_alive_s = 0

    # What the owner of the socket asks.

    @property
    def is_open(self) -> bool:
        return self._phase is _Phase.OPEN

    @property
    def is_closed(self) -> bool:
        return self._phase is _Phase.CLOSED

    @property
    def is_expecting_connect(self) -> bool:
        return self._phase is _Phase.EXPECTING

    @property
    def is_holding(self) -> bool:
        """True while nothing more is to be read: a login is being checked, or too much waits for its commit."""
        return self._phase is _Phase.CHECKING or self._waiting >= self._limits.unacknowledged

    @property
    def is_waiting_for_commits(self) -> bool:
        return self._waiting > 0

    @property
    def silent_after(self) -> float | None:
        """When this device counts as gone unless it is heard before; None when it need not be heard."""
        return self.heard_at + self.keep_alive_s * _MISSED_KEEP_ALIVES if self.keep_alive_s else None

    def hears(self, topic: str) -> mqtt.Subscription | None:
        """The best subscription that covers a topic. May be asked from any thread."""
        covering = [s for s in self._subscriptions.values() if matches(s.filter, topic)]
        return max(covering, key=lambda subscription: subscription.qos, default=None)

    @property
    def has_room(self) -> bool:
        return self._outbound is not None and not self._outbound.is_full

    def take_output(self) -> bytes:
        if not self._output:
            return b""
        output, self._output = self._output, []
        return b"".join(output)

    # What comes from the device.

    def receive(self, data: bytes, now: float) -> list[Event]:
        self.heard_at = now
        self._decoder.feed(data)
        return self.proceed()

    def proceed(self) -> list[Event]:
        """Take what has been received and not looked at, as far as that is allowed now."""
        events: list[Event] = []
        try:
            while self._phase is not _Phase.CLOSED and not self.is_holding:
                packet = self._decoder.next_packet()
                if packet is None:
                    break
                if type(packet) is mqtt.Publish:
                    self._on_publish(packet, events)
                else:
                    self._on_packet(packet, events)
        except MqttError as error:
            self._on_broken_protocol(error, events)
        return events

    def _on_packet(self, packet: Packet, events: list[Event]) -> None:
        match packet:
            case mqtt.PubAck(packet_id, reason):
                self._on_puback(packet_id, reason, events)
            case mqtt.PingReq():
                self._send(mqtt.PingResp())
            case mqtt.Connect():
                self._on_connect(packet, events)
            case mqtt.Subscribe():
                self._on_subscribe(packet, events)
            case mqtt.Unsubscribe():
                self._on_unsubscribe(packet)
            case mqtt.Disconnect(reason):
                self._finish(events, graceful=reason != Reason.DISCONNECT_WITH_WILL)
            case mqtt.PubRel(packet_id):
                is_known = packet_id in self._qos2_received
                self._qos2_received.discard(packet_id)
                self._send(mqtt.PubComp(packet_id, 0 if is_known else Reason.PACKET_ID_NOT_FOUND))
            case mqtt.PubRec(packet_id):
                self._send(mqtt.PubRel(packet_id, Reason.PACKET_ID_NOT_FOUND))  # Nothing is ever sent at QoS 2.
            case mqtt.PubComp():
                pass
            case _:
                raise MqttError(Reason.PROTOCOL_ERROR, f"a device does not send {type(packet).__name__}")

    def _on_publish(self, packet: mqtt.Publish, events: list[Event]) -> None:
        if packet.properties and property_of(packet.properties, TOPIC_ALIAS) is not None:
            raise MqttError(Reason.TOPIC_ALIAS_INVALID, "no topic aliases were offered")
        qos, packet_id = packet.qos, packet.packet_id
        if qos == 2 and self._is_settled_qos2(packet_id):
            return
        kind = own_up_kind(self.uid, packet.topic)
        if kind is None:
            self._counters.refused_publishes += 1
            self._answer(qos, packet_id, Reason.NOT_AUTHORIZED)
            return
        payload = packet.payload
        if len(payload) > self._limits.payload_bytes:
            self._counters.oversize += 1
            if kind != "alarm":
                self._answer(qos, packet_id, Reason.QUOTA_EXCEEDED)
                return
            payload = payload[: self._limits.payload_bytes]
        self._counters.publishes += 1
        if qos:
            waiting = self._unacknowledged.get(packet_id, 0)
            if waiting and packet.dup:
                return  # The first copy is still being committed, and its acknowledgement answers both.
            self._unacknowledged[packet_id] = waiting + 1
            self._waiting += 1
        events.append(Published(kind, payload, qos, packet_id))

    def _is_settled_qos2(self, packet_id: int) -> bool:
        """Answer a repeated QoS 2 message; refuse the service where it was not offered."""
        if self._decoder.level == V5:
            raise MqttError(Reason.QOS_NOT_SUPPORTED, "QoS 2 where 1 is the most")
        if packet_id in self._qos2_received:
            self._send(mqtt.PubRec(packet_id))
            return True
        if len(self._qos2_received) >= self._limits.unacknowledged:
            raise MqttError(Reason.QUOTA_EXCEEDED, "too many QoS 2 messages that were never released")
        return False

    def _answer(self, qos: int, packet_id: int, reason: int) -> None:
        if qos == 1:
            self._send(mqtt.PubAck(packet_id, reason))
        elif qos == 2:
            self._qos2_received.add(packet_id)
            self._send(mqtt.PubRec(packet_id, reason))

    def _on_puback(self, packet_id: int, reason: int, events: list[Event]) -> None:
        arrived = self._outbound.acknowledged(packet_id) if self._outbound else None
        if arrived is None:
            return
        token, following = arrived
        self._output.append(following)
        if reason < Reason.UNSPECIFIED_ERROR:
            events.append(Acked(token))

    def _on_subscribe(self, packet: mqtt.Subscribe, events: list[Event]) -> None:
        with_id = property_of(packet.properties, SUBSCRIPTION_ID) is not None
        subscriptions = dict(self._subscriptions)
        reasons: list[int] = []
        is_centre_state_wanted = hears_down = False
        for wanted in packet.subscriptions:
            refusal = Reason.SUBSCRIPTION_IDS_NOT_SUPPORTED if with_id else self._refusal(wanted.filter, subscriptions)
            if refusal:
                self._counters.refused_subscribes += 1
                reasons.append(refusal if self._decoder.level == V5 else _SUBACK_FAILURE_311)
                continue
            reasons.append(min(wanted.qos, 1))
            if wanted.filter == CENTRE_STATE:
                is_new = CENTRE_STATE not in subscriptions
                is_centre_state_wanted |= wanted.retain_handling == 0 or (wanted.retain_handling == 1 and is_new)
            subscriptions[wanted.filter] = wanted
            hears_down |= hears_down_messages(self.uid, wanted.filter)
        self._subscriptions = subscriptions
        self._send(mqtt.SubAck(packet.packet_id, tuple(reasons)))
        if is_centre_state_wanted:
            events.append(CentreStateWanted())
        if hears_down:
            events.append(Subscribed())

    def _refusal(self, topic_filter: str, held: dict[str, mqtt.Subscription]) -> Reason | None:
        if topic_filter.startswith("$share/"):
            return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
        if not is_filter(topic_filter):
            return Reason.TOPIC_FILTER_INVALID
        if not may_subscribe(self.uid, topic_filter):
            return Reason.NOT_AUTHORIZED
        if topic_filter not in held and len(held) >= self._limits.filters:
            return Reason.QUOTA_EXCEEDED
        return None

    def _on_unsubscribe(self, packet: mqtt.Unsubscribe) -> None:
        held = self._subscriptions
        reasons = tuple(0 if wanted in held else Reason.NO_SUBSCRIPTION_EXISTED for wanted in packet.filters)
        self._subscriptions = {key: value for key, value in held.items() if key not in packet.filters}
        self._send(mqtt.UnsubAck(packet.packet_id, reasons))

    # Logging in.

    def _on_connect(self, packet: mqtt.Connect, events: list[Event]) -> None:
        self._connect = packet
        reason = refused_at_sight(packet)
        if reason:
            events += self.refuse(reason)
            return
        self._phase = _Phase.CHECKING
        events.append(Login(packet.username or "", packet.password or b""))

    def accept(self, *, assigned_id: str, now: float) -> None:
        """The login was right. `assigned_id` becomes the client identifier of a client that brought none.

        Call `proceed` afterwards for what the client has sent without waiting.
        """
        connect = self._connect
        if connect is None or self._phase is not _Phase.CHECKING:
            return
        self._phase = _Phase.OPEN
        self.heard_at = now
        self.uid = connect.username or ""
        self.client_id = connect.client_id or assigned_id
        self.keep_alive_s = kept_alive_s(connect, self._limits)
        self._decoder.max_packet_bytes = self._limits.packet_bytes
        self._will = connect.will
        self._connect = None  # It holds the password, and is large.
        self._packet_bytes_taken = number_of(connect.properties, MAXIMUM_PACKET_SIZE, self._limits.packet_bytes)
        window = min(number_of(connect.properties, RECEIVE_MAXIMUM, 0xFFFF), self._limits.window)
        self._outbound = Outbound(connect.level, window, self._limits.queue)
        self._counters.connects += 1
        self._output.append(welcome(connect, self._limits, client_id=self.client_id))

    def refuse(self, reason: Reason) -> list[Event]:
        """The login was wrong, or cannot be checked now."""
        if self._phase not in (_Phase.EXPECTING, _Phase.CHECKING):
            return []
        self._counters.refused_connects[reason.name.lower()] += 1
        self._output.append(refusal(reason, self._decoder.level))
        self._phase = _Phase.CLOSED
        return [Closed(graceful=False)]

    # What goes to the device.

    def acknowledge(self, packet_id: int, qos: int, *, stored: bool) -> None:
        """Answer a Published event. Not stored: MQTT 5 hears 0x80; 3.1.1 hears nothing and sends again."""
        waiting = self._unacknowledged.get(packet_id, 0)
        if self._phase is not _Phase.OPEN or not waiting:
            return
        self._waiting -= 1
        if waiting == 1:
            del self._unacknowledged[packet_id]
        else:
            self._unacknowledged[packet_id] = waiting - 1
        if stored:
            self._counters.acks += 1
            self._answer(qos, packet_id, 0)
        elif self._decoder.level == V5:
            self._answer(qos, packet_id, Reason.UNSPECIFIED_ERROR)

    def deliver(self, topic: str, payload: bytes, token: Any, *, retained: bool = False) -> list[Event] | None:
        """Send one message at the QoS the device subscribed with, 1 at most.

        None when it does not listen there, has no room left, or takes no packets that large.
        """
        outbound, subscription = self._outbound, self.hears(topic)
        if outbound is None or subscription is None or not self.is_open:
            return None
        if len(payload) + len(topic.encode()) + _PUBLISH_OVERHEAD > self._packet_bytes_taken:
            return None
        retained |= subscription.retain_as_published and topic == CENTRE_STATE
        if subscription.qos == 0:
            self._send(mqtt.Publish(topic, payload, retain=retained))
            return [Acked(token)]  # There is no better news to come at QoS 0.
        sent = outbound.push(topic, payload, retain=retained, token=token)
        if sent is None:
            return None
        self._output.append(sent)
        return []

    # The end.

    def end(self, reason: Reason) -> list[Event]:
        """Close from our side; the device's Will, if any, comes out as a Published event."""
        if self._phase is _Phase.CHECKING:
            return self.refuse(reason)
        if self._phase is _Phase.EXPECTING:
            self._phase = _Phase.CLOSED
            return [Closed(graceful=False)]
        events: list[Event] = []
        if self._phase is _Phase.OPEN:
            if self._decoder.level == V5:
                self._send(mqtt.Disconnect(reason))
            self._finish(events, graceful=reason == Reason.SERVER_SHUTTING_DOWN)
        return events

    def lost(self) -> list[Event]:
        """The socket is gone."""
        events: list[Event] = []
        if self._phase is _Phase.OPEN:
            self._finish(events, graceful=False)
        self._phase = _Phase.CLOSED
        return events

    def _finish(self, events: list[Event], *, graceful: bool) -> None:
        self._phase = _Phase.CLOSED
        will = self._will
        kind = own_up_kind(self.uid, will.topic) if will else None
        if will and kind and not graceful:
            self._counters.wills += 1
            events.append(Published(kind, will.payload[: self._limits.payload_bytes], 0, 0))
        events.append(Closed(graceful))

    def _on_broken_protocol(self, error: MqttError, events: list[Event]) -> None:
        if error.reason is Reason.UNSUPPORTED_VERSION:
            events += self.refuse(error.reason)
            return
        if error.reason is Reason.PACKET_TOO_LARGE:
            self._counters.oversize += 1
        else:
            self._counters.malformed += 1
        if self._phase is _Phase.EXPECTING and self._decoder.level == V5:
            events += self.refuse(error.reason)
        else:
            events += self.end(error.reason)

    def _send(self, packet: Packet) -> None:
        self._output.append(encode(packet, self._decoder.level or V311))
