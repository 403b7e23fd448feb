"""The other way in: a client of the site's broker, which takes the same messages to the same door.

Every gateway subscribes to every alarm and the database keeps one, because a shared subscription strands what a killed
gateway had not acknowledged. Only signs of life are shared.
"""

import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Container
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from gateway import wire
from gateway.counts import Counts

KEEPALIVE_S = 15  # A silent broker is noticed, and the next connection begun, within half a minute.
SESSION_KEPT_S = 7 * 24 * 3600  # How long the broker queues alarms for a gateway that is away.
RECONNECT_S = (1, 15)
HANG_UP_EVERY_S = 5.0  # Only a new connection brings back what was not acknowledged.
GIVEN_UP_AFTER = 3  # deliveries of one message; by then it lies in the spool, and its device sends it anyway.
REFUSALS_REMEMBERED = 10_000
RECEIVE_MAXIMUM = 2000
NOBODY_LISTENS = 16
NEVER_RETAINED = SubscribeOptions.RETAIN_DO_NOT_SEND
ALARMS = ("cb/v1/+/up/alarm", "cb/v1/+/up/cancel")
SHARE = "$share/carebell/"
SIGNS_OF_LIFE = tuple(f"{SHARE}cb/v1/+/up/{kind}" for kind in ("heartbeat", "location", "state"))
log = logging.getLogger(__name__)


class Door(Protocol):
    """Takes what devices say; never blocks."""

    def published(self, uid: str, kind: str, payload: bytes, ack: Callable[[bool], None]) -> None: ...
    def unheard(self, uid: str) -> None: ...


class BrokerClient:
    """One connection, held by a thread of paho's; the other methods are for any thread.

    `url` is `mqtt://user:password@host:port` or `mqtts://…`. `name` is this gateway's own among all of the site, and
    the same after a restart: by it the broker knows the session in which it has kept the alarms.
    """

    def __init__(self, url: str, door: Door, *, name: str, counts: Counts, tls: ssl.SSLContext | None = None) -> None:
        where = urlsplit(url)
        self._host, self._port = where.hostname or "", where.port or (8883 if where.scheme == "mqtts" else 1883)
        self._door = door
        self._counts = counts
        self._lock = threading.Lock()
        self._generation = 0
        self._is_listening = False
        self._centre_state = wire.centre_state(online=True)
        self._sent: dict[int, tuple[str, Callable[[], None] | None]] = {}
        self._outcomes: dict[int, int] = {}
        self._refusals: Counter[int] = Counter()
        self._stopped = threading.Event()
        self._hang_up = threading.Event()
        self._closer = threading.Thread(target=self._close_when_wanted, name="broker-closer", daemon=True)
        self._client = self._make_client(f"carebell-{name}", where.username, where.password)
        if where.scheme == "mqtts":
            self._client.tls_set_context(tls or ssl.create_default_context())

    def _make_client(self, client_id: str, username: str | None, password: str | None) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        client.suppress_exceptions = True  # One in a callback would end paho's thread, and nobody would hear presses.
        client.reconnect_delay_set(*RECONNECT_S)
        client.max_queued_messages_set(10_000)
        client.max_inflight_messages_set(1000)
        if username:
            client.username_pw_set(unquote(username), unquote(password or ""))
        client.will_set(wire.CENTRE_STATE, wire.centre_state(online=False), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    @property
    def is_alive(self) -> bool:
        """Whether its thread lives; while the broker is away it does, and tries again."""
        thread = self._client._thread  # paho has no other way to ask
        return thread is not None and thread.is_alive() and self._closer.is_alive()

    @property
    def is_connected(self) -> bool:
        """Whether the broker has granted the alarms on the present connection."""
        return self._is_listening

    def start(self) -> None:
        """Begin to connect; a broker that is not there yet is tried again."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_KEPT_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(
            self._host, self._port, keepalive=KEEPALIVE_S, clean_start=False, properties=properties
        )
        self._client.loop_start()
        self._closer.start()

    def stop(self) -> None:
        """Say that nobody is listening here any more, and leave; the broker goes on collecting alarms."""
        self._stopped.set()
        self._hang_up.set()
        if self._is_listening:
            self._is_listening = False
            farewell = self._client.publish(wire.CENTRE_STATE, wire.centre_state(online=False), qos=1, retain=True)
            try:
                farewell.wait_for_publish(2)
            except (RuntimeError, ValueError) as problem:
                log.warning("could not say goodbye to the broker: %s", type(problem).__name__)
        self._client.disconnect()
        self._client.loop_stop()

    def connected_uids(self) -> Container[str]:
        """Everybody: only the broker knows who is there."""
        return _Everybody()

    def set_centre_state(self, payload: bytes) -> None:
        self._centre_state = payload
        if self._is_listening:
            self._client.publish(wire.CENTRE_STATE, payload, qos=1, retain=True)

    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool:
        """False while there is no broker. `on_acked`: the broker has it for a device that listens or will return."""
        # Connected is enough: what the session kept arrives before the subscriptions are granted anew.
        if not self._client.is_connected():
            return False
        info = self._client.publish(topic, payload, qos=1)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            return False
        # No lock: paho calls on_publish while it holds one of its own that publish takes. Whoever comes second settles.
        self._sent[info.mid] = (uid, on_acked)
        self._settle(info.mid)
        return True

    # -- paho's thread

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        with self._lock:
            self._generation += 1
        if reason.is_failure:
            log.error("the broker refuses this gateway: %s", reason)
            self._counts.add("broker_refusals")
            return
        alarms = SubscribeOptions(qos=1, retainAsPublished=False, retainHandling=NEVER_RETAINED)
        life = SubscribeOptions(qos=0, retainAsPublished=False, retainHandling=NEVER_RETAINED)
        others = SubscribeOptions(qos=0, noLocal=True)
        wanted = [(topic, alarms) for topic in ALARMS] + [(topic, life) for topic in SIGNS_OF_LIFE]
        client.subscribe([*wanted, (wire.CENTRE_STATE, others)])

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _more: Any) -> None:
        with self._lock:
            self._generation += 1
        self._is_listening = False
        self._counts.add("broker_disconnects")
        if not self._stopped.is_set():
            log.warning("the connection to the broker has ended: %s", reason)

    def _on_subscribe(self, client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _more: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.critical("the broker does not let this gateway hear everything: %s", ", ".join(map(str, reasons)))
            self._counts.add("broker_refusals")
        if any(reason.is_failure for reason in reasons[: len(ALARMS)]):
            self._hang_up.set()
            return
        self._is_listening = True
        client.publish(wire.CENTRE_STATE, self._centre_state, qos=1, retain=True)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._take(message)
        except Exception as problem:  # noqa: BLE001 - it would end paho's thread; unacknowledged, the message returns
            log.error("a message from the broker could not be taken: %s", type(problem).__name__)
            self._counts.add("broker_messages_failed")
            self._hang_up.set()

    def _take(self, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            ack = _Ack(self, self._generation, message)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        if topic == wire.CENTRE_STATE:
            self._speak_up(bytes(message.payload))
            return
        found = wire.split_up_topic(topic)
        if found is None:
            self._counts.add("refused_topics")
            ack(True)
        elif message.retain and found[1] in ("alarm", "cancel"):
            self._counts.add("retained_ignored")
            ack(True)
        else:
            self._door.published(*found, bytes(message.payload), ack)

    def _speak_up(self, said: bytes) -> None:
        """Another gateway's Will says that nobody is listening, but we are."""
        if self._is_listening and wire.read_centre_state(said) is False:
            self._client.publish(wire.CENTRE_STATE, self._centre_state, qos=1, retain=True)

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._outcomes[mid] = reason.value
        self._settle(mid)

    def _settle(self, mid: int) -> None:
        if mid not in self._outcomes or (entry := self._sent.pop(mid, None)) is None:
            return
        outcome = self._outcomes.pop(mid)
        uid, on_acked = entry
        if outcome == NOBODY_LISTENS or outcome >= 128:
            self._counts.add("down_unheard")
            self._door.unheard(uid)
        elif on_acked is not None:
            on_acked()

    # -- acknowledging

    def acknowledge(self, generation: int, message: mqtt.MQTTMessage) -> None:
        """On the connection that brought it; on a later one the number would belong to another message."""
        with self._lock:
            if generation == self._generation:
                self._client.ack(message.mid, message.qos)
            else:
                self._counts.add("late_acks_dropped")

    def refuse(self, generation: int, message: mqtt.MQTTMessage) -> None:
        """Let it come again, but not for ever: a broker stops sending when too much is unacknowledged."""
        key = hash((message.topic, bytes(message.payload)))
        with self._lock:
            if len(self._refusals) >= REFUSALS_REMEMBERED:
                self._refusals.clear()
            self._refusals[key] += 1
            is_hopeless = self._refusals[key] >= GIVEN_UP_AFTER
        if is_hopeless:
            self._counts.add("broker_messages_given_up")
            self.acknowledge(generation, message)
        else:
            self._hang_up.set()

    def _close_when_wanted(self) -> None:
        while not self._stopped.is_set():
            self._hang_up.wait()
            if self._stopped.wait(HANG_UP_EVERY_S):
                return
            self._hang_up.clear()
            connection = self._client.socket()
            if isinstance(connection, socket.socket):
                self._counts.add("broker_reconnects_wanted")
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    log.info("the connection to the broker was already gone")


class _Ack:
    """The answer to one message of the broker; the first call counts."""

    __slots__ = ("_client", "_generation", "_message")

    def __init__(self, client: BrokerClient, generation: int, message: mqtt.MQTTMessage) -> None:
        self._client: BrokerClient | None = client
        self._generation = generation
        self._message = message

    def __call__(self, stored: bool) -> None:
        client, self._client = self._client, None
        if client is None or self._message.qos == 0:
            return
        if stored:
            client.acknowledge(self._generation, self._message)
        else:
            client.refuse(self._generation, self._message)


class _Everybody:
    def __contains__(self, uid: object) -> bool:
        return True
