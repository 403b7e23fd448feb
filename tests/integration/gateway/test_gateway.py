"""The gateway as a whole: who gets in, when it is ready, and that it never lives on deaf."""

import socket
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from alarms.events import Cancel, Press
from alarms.service import PressReceipt
from core.errors import TryAgain
from gateway import wire
from gateway.endpoint import Endpoint
from tests.gateway_site import SECRET, Site, soon


def test_a_device_gets_in_with_its_secret_in_whatever_state_it_is(site: Site) -> None:
    gateway = site.gateway()
    for state in ("stock", "in_service", "retired"):
        site.register(f"dev-{state}", state=state, elder=False)
        assert gateway.door.authenticate(f"dev-{state}", SECRET.encode()) == f"dev-{state}"
    for uid, password in (("dev-stock", b""), ("dev-stock", b"wrong"), ("nobody", SECRET.encode()), ("+", b"\xff")):
        assert gateway.door.authenticate(uid, password) is None
    assert gateway.counts["logins_refused"] == 4


def test_a_login_that_cannot_be_checked_is_not_a_wrong_one(site: Site) -> None:
    gateway = site.gateway()
    if site.db.is_sqlite:
        with site.db.write() as session:
            session.execute(text("ALTER TABLE devices RENAME TO hidden"))
        with pytest.raises(TryAgain):
            gateway.door.authenticate("dev-7", b"x")
        with site.db.write() as session:
            session.execute(text("ALTER TABLE hidden RENAME TO devices"))
    assert gateway.door.authenticate("dev-7", b"x") is None


def test_a_taken_port_ends_the_start_with_one_clear_line(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="cannot listen for devices"):
            site.gateway(lambda door: Endpoint("127.0.0.1", port, door))


class Dying:
    """An alarm service that ends the thread that asks it."""

    def presses(self, batch: Sequence[Press], /) -> list[PressReceipt]:
        raise SystemExit

    def handle(self, event: Cancel, /) -> object:
        raise SystemExit


def test_a_gateway_whose_intake_has_died_ends_the_process(site: Site) -> None:
    gateway = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), alarms=Dying())
    assert gateway.is_ready
    gateway.door.published("dev-7", "alarm", wire.write_alarm("p-1"), lambda stored: None)
    soon(lambda: site.deaths, "the word of it")
    assert not gateway.is_ready


def test_a_gateway_whose_endpoint_has_died_ends_the_process(site: Site) -> None:
    gateway = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door))
    line = gateway.lines[0]
    line.stop()
    soon(lambda: site.deaths, "the word of it")
    assert not gateway.is_ready


def test_stopping_stores_what_has_come_in(site: Site) -> None:
    gateway = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door))
    acks: list[bool] = []
    for n in range(300):
        gateway.door.published("dev-7", "alarm", wire.write_alarm(f"p-{n}"), acks.append)
    gateway.door.published("dev-7", "heartbeat", wire.write_heartbeat(wire.Vitals(50)), lambda stored: None)
    gateway.stop()
    assert acks == [True] * 300
    assert len(site.presses("dev-7")) == 300
    assert site.presence("dev-7").battery_pct == 50
    assert site.deaths == []
