"""Registering a device on a site with a guarded Mosquitto: it can log in there at once."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from carebell import doctor
from carebell.broker_rights import BrokerRights
from core.clock import SystemClock
from core.db import Database
from core.errors import TryAgain
from core.settings import Settings, load_settings
from gateway import wire
from gateway.client import BrokerClient
from geo.crs import to_wgs84
from registry.device_intake import DeviceNew
from registry.service import RegistryService
from tests.gateway_site import SECRET, Site, SpeakingDevice, soon
from tests.mosquitto import ADMIN, ADMIN_PASSWORD, Mosquitto


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "guarded", is_guarded=True)
    yield broker
    broker.stop()


@pytest.fixture
def settings(guarded: Mosquitto, tmp_path: Path) -> Settings:
    return load_settings({
        "CAREBELL_DATA_DIR": str(tmp_path),
        "CAREBELL_MQTT_URL": guarded.url("gateway", "made-up-gateway-password"),
        "CAREBELL_MQTT_ADMIN_URL": guarded.url(ADMIN, ADMIN_PASSWORD),
    })  # fmt: skip


@pytest.fixture
def rights(settings: Settings, db: Database) -> Iterator[BrokerRights]:
    rights = BrokerRights(settings, db)
    yield rights
    rights.stop()


def registry_of(db: Database, rights: BrokerRights) -> RegistryService:
    return RegistryService(db, SystemClock(), to_wgs84=to_wgs84, on_device_secret=rights.give)


def connack(broker: Mosquitto, uid: str, secret: str) -> int | None:
    device = SpeakingDevice(broker.port, uid, password=secret, subscriptions=())
    device.close()
    return device.connack


def test_a_registered_device_presses_through_the_broker(
    db: Database, site: Site, guarded: Mosquitto, settings: Settings, rights: BrokerRights
) -> None:
    rights.start()
    gateway = site.gateway(lambda door: BrokerClient(settings.mqtt_url, door, name="a", counts=door.counts))
    soon(lambda: gateway.is_ready, "the gateway's login")
    registry = registry_of(db, rights)
    _, secret = registry.devices.add(DeviceNew(uid="dev-new"))
    device = SpeakingDevice(guarded.port, "dev-new", password=secret)
    device.say("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
    device.close()
    _, renewed = registry.devices.renew_secret("dev-new")
    registry.devices.retire("dev-new")
    assert connack(guarded, "dev-new", secret) == 135
    retired = SpeakingDevice(guarded.port, "dev-new", password=renewed)
    retired.say("alarm", wire.write_alarm("p-2"))
    retired.receipt("p-2")
    retired.close()


def test_a_start_removes_strangers_and_names_who_is_missing(
    site: Site, guarded: Mosquitto, rights: BrokerRights, caplog: pytest.LogCaptureFixture
) -> None:
    rights.give("stranger", SECRET)
    site.register("dev-missed")
    with caplog.at_level(logging.WARNING):
        rights.start()
        soon(lambda: "dev-missed" in caplog.text, "the warning")
    assert connack(guarded, "stranger", SECRET) == 135


def test_a_broker_that_is_away_is_said_and_makes_no_device_unusable(
    db: Database, guarded: Mosquitto, rights: BrokerRights
) -> None:
    registry = registry_of(db, rights)
    guarded.stop()
    with pytest.raises(TryAgain, match="dev-late is registered, but not at the broker"):
        registry.devices.add(DeviceNew(uid="dev-late"))
    guarded.start()
    _, secret = registry.devices.renew_secret("dev-late")
    assert connack(guarded, "dev-late", secret) == 0


def test_the_doctor_tries_the_administrator_s_login(settings: Settings, guarded: Mosquitto) -> None:
    def finding(of: Settings) -> doctor.Finding:
        return next(f for f in doctor.examine(of, SystemClock()) if f.what == "mqtt rights")

    assert finding(settings).is_well
    wrong = settings.model_copy(update={"mqtt_admin_url": guarded.url(ADMIN, "wrong")})
    assert "CAREBELL_MQTT_ADMIN_URL" in finding(wrong).line
