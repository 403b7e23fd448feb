"""The registry's devices on a guarded Mosquitto: each alone with the centre."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Rejected, TryAgain
from gateway import wire
from gateway.client import BrokerClient
from gateway.dynsec import DynamicSecurity, Sync
from tests.gateway_site import SECRET, Site, SpeakingDevice, soon
from tests.mosquitto import ADMIN, ADMIN_PASSWORD, Mosquitto

GATEWAY, GATEWAY_PASSWORD = "gateway", "made-up-gateway-password"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "guarded", is_guarded=True)
    yield broker
    broker.stop()


@pytest.fixture
def rights(guarded: Mosquitto) -> DynamicSecurity:
    rights = DynamicSecurity(guarded.url(ADMIN, ADMIN_PASSWORD))
    rights.prepare(GATEWAY, GATEWAY_PASSWORD)
    return rights


def connack(broker: Mosquitto, uid: str, password: str) -> int | None:
    device = SpeakingDevice(broker.port, uid, password=password, subscriptions=())
    device.close()
    return device.connack


def test_a_provisioned_device_presses_and_is_answered(site: Site, guarded: Mosquitto, rights: DynamicSecurity) -> None:
    gateway = site.gateway(
        lambda door: BrokerClient(guarded.url(GATEWAY, GATEWAY_PASSWORD), door, name="a", counts=door.counts),
        flush_s=0.05,
    )
    soon(lambda: gateway.is_ready, "the gateway")
    rights.provision(site.register("dev-7"), SECRET)
    device = site.connect(guarded.port, "dev-7")
    device.client.subscribe(wire.CENTRE_STATE, 1)
    device.say("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
    device.say("heartbeat", wire.write_heartbeat(wire.Vitals(12)))
    soon(lambda: (row := site.presence("dev-7")) and row.battery_pct == 12, "the shared heartbeat")
    soon(lambda: wire.CENTRE_STATE in [h.topic for h in device.heard], "the state of the centre")


def test_a_device_can_neither_speak_nor_listen_for_another(guarded: Mosquitto, rights: DynamicSecurity) -> None:
    for uid in ("dev-a", "dev-b"):
        rights.provision(uid, SECRET)
    a = SpeakingDevice(guarded.port, "dev-a")
    b = SpeakingDevice(guarded.port, "dev-b")
    for topic in ("cb/v1/dev-b/up/alarm", "cb/v1/dev-b/down/receipt", "cb/v1/dev-a/down/receipt", wire.CENTRE_STATE):
        assert a.said("alarm", b"forged", topic=topic) == 135, topic
    forbidden = [
        "#",
        "cb/v1/#",
        "cb/v1/+/up/alarm",
        "cb/v1/dev-b/#",
        "$share/g/cb/v1/+/up/alarm",
        "$share/g/cb/v1/dev-b/#",
    ]
    listener = SpeakingDevice(guarded.port, "dev-a", client_id="a-listener", subscriptions=())
    listener.client.subscribe([(topic, 1) for topic in forbidden])
    assert listener.is_subscribed.wait(10)
    assert listener.granted == [135] * len(forbidden)
    listener.close()
    assert b.heard == []
    a.close()
    b.close()


def test_nobody_gets_in_without_the_present_secret(guarded: Mosquitto, rights: DynamicSecurity) -> None:
    rights.provision("dev-a", SECRET)
    assert connack(guarded, "dev-a", SECRET) == 0
    assert connack(guarded, "dev-a", "wrong") == 135
    assert connack(guarded, "nobody", SECRET) == 135
    rights.provision("dev-a", "rotated")
    assert connack(guarded, "dev-a", SECRET) == 135
    assert connack(guarded, "dev-a", "rotated") == 0
    rights.withdraw("dev-a")
    rights.withdraw("dev-a")
    assert connack(guarded, "dev-a", "rotated") == 135


def test_the_broker_s_devices_are_those_of_the_registry(guarded: Mosquitto, rights: DynamicSecurity) -> None:
    for uid in ("dev-a", "dev-b", "dev-c"):
        rights.provision(uid, SECRET)
    assert rights.sync(["dev-a", "dev-d"]) == Sync(removed=("dev-b", "dev-c"), missing=("dev-d",))
    assert connack(guarded, "dev-a", SECRET) == 0
    assert connack(guarded, "dev-b", SECRET) == 135
    assert connack(guarded, GATEWAY, GATEWAY_PASSWORD) == 0


def test_preparing_again_changes_nothing(guarded: Mosquitto, rights: DynamicSecurity) -> None:
    rights.prepare(GATEWAY, GATEWAY_PASSWORD)
    assert connack(guarded, GATEWAY, GATEWAY_PASSWORD) == 0


def test_what_cannot_be_done_is_said(guarded: Mosquitto, rights: DynamicSecurity) -> None:
    with pytest.raises(Rejected):
        rights.provision("+", SECRET)
    with pytest.raises(Rejected):
        DynamicSecurity(guarded.url(ADMIN, "wrong")).sync([])
    with pytest.raises(Rejected):
        DynamicSecurity(guarded.url(GATEWAY, GATEWAY_PASSWORD)).sync([])
    guarded.stop()
    with pytest.raises(TryAgain):
        rights.sync([])
