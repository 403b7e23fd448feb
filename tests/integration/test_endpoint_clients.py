"""The endpoint with clients we did not write: paho-mqtt, mosquitto_pub and _sub, npm's mqtt."""

import gc
import json
import queue
import socket
import ssl
import subprocess
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.endpoint import Endpoint, Limits
from tests.integration.endpoint_door import PATIENCE_S, SECRET, RememberingDoor, serving, wait_until

UID = "dev-7"
RECEIPT = b'{"alarm_id": 1}'
CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture
def door() -> RememberingDoor:
    return RememberingDoor()


@pytest.fixture
def endpoint(door: RememberingDoor) -> Iterator[Endpoint]:
    with serving(door) as endpoint:
        yield endpoint


class Paho:
    """paho-mqtt with its callbacks turned into queues."""

    def __init__(
        self, port: int, level: MQTTProtocolVersion, *, secret: str = SECRET, tls: ssl.SSLContext | None = None
    ) -> None:
        self.connacks: queue.Queue[ReasonCode] = queue.Queue()
        self.acks: queue.Queue[ReasonCode] = queue.Queue()
        self.subacks: queue.Queue[list[ReasonCode]] = queue.Queue()
        self.order: queue.Queue[str] = queue.Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho", protocol=level)
        self.client.username_pw_set(UID, secret)
        self.client.on_connect = self._on_connect
        self.client.on_publish = self._on_publish
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = lambda _client, _data, message: self.order.put(f"{message.topic} {message.payload!r}")
        if tls:
            self.client.tls_set_context(tls)
        self.client.will_set(f"cb/v1/{UID}/up/state", '{"online": false}', 1, retain=True)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, _c: paho.Client, _d: object, _f: object, reason: ReasonCode, _p: Properties | None) -> None:
        self.connacks.put(reason)

    def _on_publish(self, _c: paho.Client, _d: object, _mid: int, reason: ReasonCode, _p: Properties | None) -> None:
        self.acks.put(reason)
        self.order.put("acknowledged")

    def _on_subscribe(
        self, _c: paho.Client, _d: object, _mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        self.subacks.put(reasons)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> int:
        self.client.publish(topic, payload, qos, retain)
        return int(self.acks.get(timeout=PATIENCE_S).value)

    def subscribe(self, topic: str) -> int:
        self.client.subscribe(topic, 1)
        return int(self.subacks.get(timeout=PATIENCE_S)[0].value)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


both_versions = pytest.mark.parametrize("level", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])


@both_versions
def test_paho_presses_and_hears_the_receipt_after_the_acknowledgement(
    endpoint: Endpoint, door: RememberingDoor, level: MQTTProtocolVersion
) -> None:
    topic = f"cb/v1/{UID}/down/receipt"

    def store(uid: str, kind: str, payload: bytes, ack: object) -> None:
        assert callable(ack)
        ack(True)
        endpoint.send(uid, topic, RECEIPT, on_acked=lambda: door.events.append(("acked",)))

    door.on_published = store
    device = Paho(endpoint.port, level)
    assert device.connacks.get(timeout=PATIENCE_S).value == 0
    assert device.subscribe(f"cb/v1/{UID}/down/#") == 1
    assert device.publish(f"cb/v1/{UID}/up/alarm", b'{"msg_id": "1"}', retain=True) == 0
    assert [device.order.get(timeout=PATIENCE_S) for _ in range(2)] == [
        "acknowledged",
        f"{topic} {RECEIPT!r}",
    ]
    wait_until(lambda: ("acked",) in door.events, "the receipt's acknowledgement")
    assert door.payloads() == [b'{"msg_id": "1"}']
    device.close()
    wait_until(lambda: ("disconnected", UID, "gracefully") in door.events, "the goodbye")
    assert door.payloads("state") == []


@both_versions
def test_paho_is_told_what_it_may_not(endpoint: Endpoint, door: RememberingDoor, level: MQTTProtocolVersion) -> None:
    device = Paho(endpoint.port, level)
    refused = 0x87 if level == MQTTProtocolVersion.MQTTv5 else 0x80
    assert device.subscribe("cb/v1/dev-8/down/#") == refused
    assert device.subscribe("#") == refused
    assert device.publish("cb/v1/dev-8/up/alarm", b"forged") == (0x87 if level == MQTTProtocolVersion.MQTTv5 else 0)
    assert device.publish(f"cb/v1/{UID}/up/alarm", b"own") == 0
    device.close()
    assert door.published_ == [(UID, "alarm", b"own")]
    assert endpoint.counters.refused_publishes == 1
    assert endpoint.counters.refused_subscribes == 2


@both_versions
def test_paho_with_a_wrong_secret_stays_outside(endpoint: Endpoint, level: MQTTProtocolVersion) -> None:
    device = Paho(endpoint.port, level, secret="wrong")
    assert device.connacks.get(timeout=PATIENCE_S).value == 0x86
    device.close()
    assert endpoint.counters.refused_connects["bad_username_or_password"] >= 1


def test_an_old_firmware_may_press_at_qos_2(endpoint: Endpoint, door: RememberingDoor) -> None:
    device = Paho(endpoint.port, MQTTProtocolVersion.MQTTv311)
    for _ in range(3):
        assert device.publish(f"cb/v1/{UID}/up/alarm", b"x", 2) == 0
    device.close()
    assert door.payloads() == [b"x"] * 3


def mosquitto(tool: str, endpoint: Endpoint, version: str, *arguments: str, secret: str = SECRET) -> list[str]:
    login = ["-h", "127.0.0.1", "-p", str(endpoint.port), "-u", UID, "-P", secret, "-V", version, "-q", "1"]
    return [tool, *login, *arguments]


both_names = pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])


@both_names
def test_mosquitto_pub_presses(endpoint: Endpoint, door: RememberingDoor, version: str) -> None:
    press = mosquitto("mosquitto_pub", endpoint, version, "-t", f"cb/v1/{UID}/up/alarm", "-m", '{"msg_id": "1"}')
    subprocess.run(press, check=True, timeout=PATIENCE_S)
    assert door.payloads() == [b'{"msg_id": "1"}']
    many = mosquitto("mosquitto_pub", endpoint, version, "-t", f"cb/v1/{UID}/up/alarm", "-l")
    subprocess.run(many, check=True, timeout=PATIENCE_S, input="\n".join(map(str, range(300))), text=True)
    assert sorted(map(int, door.payloads()[1:])) == list(range(300))


@both_names
def test_mosquitto_with_a_wrong_secret_fails(endpoint: Endpoint, version: str) -> None:
    press = mosquitto("mosquitto_pub", endpoint, version, "-t", f"cb/v1/{UID}/up/alarm", "-m", "x", secret="no")
    assert subprocess.run(press, check=False, timeout=PATIENCE_S, capture_output=True).returncode != 0


@both_names
def test_mosquitto_sub_hears_what_waited_and_the_state_of_the_centre(
    endpoint: Endpoint, door: RememberingDoor, version: str
) -> None:
    endpoint.set_centre_state(b'{"online": true}')
    door.on_subscribed = lambda uid: endpoint.send(uid, f"cb/v1/{uid}/down/receipt", b"waiting")
    topics = ("-t", f"cb/v1/{UID}/down/#", "-t", "cb/v1/centre/state", "-C", "2")
    heard = subprocess.run(
        mosquitto("mosquitto_sub", endpoint, version, *topics), check=True, timeout=PATIENCE_S, capture_output=True
    )
    assert set(heard.stdout.splitlines()) == {b"waiting", b'{"online": true}'}


@pytest.mark.parametrize("level", ["4", "5"])
def test_npm_mqtt_presses_and_hears_the_receipt(endpoint: Endpoint, door: RememberingDoor, level: str) -> None:
    def store(uid: str, kind: str, payload: bytes, ack: object) -> None:
        assert callable(ack)
        ack(True)
        endpoint.send(uid, f"cb/v1/{uid}/down/receipt", payload)

    door.on_published = store
    command = ["node", "press.mjs", str(endpoint.port), UID, SECRET, level]
    done = subprocess.run(command, cwd=CLIENTS, check=True, timeout=4 * PATIENCE_S, capture_output=True)
    assert json.loads(done.stdout)["topic"] == f"cb/v1/{UID}/down/receipt"
    assert door.payloads() == [b'{"msg_id": "from-node"}']
    wait_until(lambda: ("disconnected", UID, "gracefully") in door.events, "the goodbye")


@both_versions
def test_paho_presses_over_tls(tmp_path: Path, door: RememberingDoor, level: MQTTProtocolVersion) -> None:
    certificate, key = make_certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    endpoint = Endpoint("127.0.0.1", 0, door, tls=server_side)
    endpoint.start()
    device = Paho(endpoint.port, level, tls=ssl.create_default_context(cafile=str(certificate)))
    assert device.publish(f"cb/v1/{UID}/up/alarm", b"x" * 60_000) == 0
    device.close()
    endpoint.stop()
    assert door.payloads() == [b"x" * 8192]


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "endpoint.pem", folder / "endpoint.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


class Cycle:
    """What a failed handshake leaves behind: something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_failed_handshakes_leave_behind_is_collected(tmp_path: Path, door: RememberingDoor) -> None:
    certificate, key = make_certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    endpoint = Endpoint("127.0.0.1", 0, door, tls=server_side, limits=Limits(litter_s=0.05))
    before = gc.get_threshold()
    gc.set_threshold(0)  # As in a process that has told the collector to come seldom.
    left_behind = weakref.ref(Cycle())
    endpoint.start()
    try:
        with socket.create_connection(("127.0.0.1", endpoint.port), 5) as scanner:
            scanner.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while scanner.recv(100):
                pass
        wait_until(lambda: left_behind() is None, "the collector comes")
    finally:
        gc.set_threshold(*before)
        endpoint.stop()


@pytest.mark.parametrize("is_sealed", [False, True])
def test_whoever_comes_while_it_stops_is_closed(tmp_path: Path, door: RememberingDoor, is_sealed: bool) -> None:
    server_side = None
    if is_sealed:
        server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_side.load_cert_chain(*make_certificate(tmp_path))
    for _ in range(12):
        endpoint = Endpoint("127.0.0.1", 0, door, tls=server_side)
        endpoint.start()
        came: list[socket.socket] = []
        with ThreadPoolExecutor(2) as pool:
            coming = [pool.submit(keep_coming, endpoint.port, came) for _ in range(2)]
            wait_until(partial(came.__getitem__, slice(10, None)), "some who have come")
            endpoint.stop()
            assert [one.result() for one in coming] == [None, None]
        for one in came:
            one.settimeout(PATIENCE_S)
            with one, suppress(ConnectionError):
                assert one.recv(100) == b""
    gc.collect()  # Pytest tells of a transport that was left open.


def keep_coming(port: int, came: list[socket.socket]) -> None:
    """Connect again and again, saying nothing, until nobody listens."""
    with suppress(ConnectionError):
        while True:
            came.append(socket.create_connection(("127.0.0.1", port), PATIENCE_S))
