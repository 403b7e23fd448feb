"""Both ways in and both databases: what a device may rely on holds on each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.db import Database
from gateway.client import BrokerClient
from gateway.endpoint import Endpoint
from gateway.gateway import Gateway
from tests.gateway_site import Site, soon
from tests.mosquitto import Mosquitto


@pytest.fixture
def site(db: Database, tmp_path: Path) -> Iterator[Site]:
    site = Site(db, tmp_path)
    yield site
    site.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "mosquitto")
    yield broker
    broker.stop()


@dataclass
class Entrance:
    """Where devices connect, and the gateway behind it."""

    kind: str
    port: int
    gateway: Gateway


@pytest.fixture(params=["endpoint", "broker"])
def entrance(request: pytest.FixtureRequest, site: Site) -> Entrance:
    if request.param == "endpoint":
        gateway = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), flush_s=0.05)
        line = gateway.lines[0]
        assert isinstance(line, Endpoint)
        return Entrance("endpoint", line.port, gateway)
    broker: Mosquitto = request.getfixturevalue("broker")
    gateway = open_client(site, broker, "a")
    return Entrance("broker", broker.port, gateway)


def open_client(site: Site, broker: Mosquitto, name: str) -> Gateway:
    gateway = site.gateway(
        lambda door: BrokerClient(broker.url(), door, name=name, counts=door.counts), flush_s=0.05, is_one_of_many=True
    )
    soon(lambda: gateway.is_ready, "the gateway to hear the broker")
    return gateway
