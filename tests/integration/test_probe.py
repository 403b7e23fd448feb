"""The centre's own press: through the whole path, in nobody's way, and seen by whoever asks how the centre is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alarms import store
from alarms.values import PROBE_UID
from alarms.views import alarm_briefs, last_change
from carebell import doctor
from carebell.probing import Probe, press_once
from core.clock import ManualClock, SystemClock
from core.db import Database
from core.settings import Settings
from core.synthetic import last_press, probe_secret, record_press
from firmware_sim.connection import Address
from gateway.endpoint import Endpoint
from tests.console_site import ConsoleSite
from tests.gateway_site import SECRET, Site
from tests.world import START

KEY = "the secret key of this test"


@pytest.fixture
def site(db: Database, tmp_path: Path) -> Any:
    site = Site(db, tmp_path)
    yield site
    site.close()


@pytest.fixture
def address(site: Site) -> Address:
    gateway = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), probe_secret=probe_secret(KEY))
    line = gateway.lines[0]
    assert isinstance(line, Endpoint)
    return Address("127.0.0.1", line.port)


def test_it_gets_its_receipt_and_is_nobodys_alarm(site: Site, address: Address, db: Database) -> None:
    for _ in range(2):
        took_s, problem = press_once(address, probe_secret(KEY), SystemClock())
        assert problem is None
        assert took_s is not None

    assert [(a.is_test, a.press_count, a.due_at) for a in site.alarm_rows(PROBE_UID)] == [(True, 2, None)]
    with db.read() as session:
        assert alarm_briefs(session, SystemClock().now()) == ([], None)
        assert last_change(session) == 0
    assert site.down(PROBE_UID) == []


def test_nobody_else_presses_as_the_probe(site: Site, address: Address) -> None:
    site.register(PROBE_UID)
    for wrong in (SECRET, probe_secret("another key"), ""):
        assert press_once(address, wrong, SystemClock())[0] is None
    assert site.alarm_rows(PROBE_UID) == []


def test_what_became_of_it_is_kept_and_two_processes_take_turns(site: Site, address: Address, db: Database) -> None:
    probes = [Probe(Settings(), db, SystemClock(), KEY, address) for _ in range(2)]

    found = [probe.press() for probe in probes]

    assert [(f.presses, f.failed, f.problem) for f in found if f is not None] == [(1, 0, None)] * 2


def test_a_centre_that_hears_nobody_is_seen(db: Database) -> None:
    nowhere = Probe(Settings(), db, SystemClock(), KEY, Address("127.0.0.1", 1))

    found = nowhere.press()

    assert found is not None
    assert (found.presses, found.failed, found.took_s) == (1, 1, None)
    assert found.problem


def test_readyz_and_metrics_tell_of_the_last_one(db: Database) -> None:
    clock = ManualClock(START)
    site = ConsoleSite(db, clock)
    assert site.open().get("/readyz").json()["synthetic_press"] is None
    with db.write() as session:
        record_press(session, START, 0.025, None)
    clock.advance(30)

    shown = site.open().get("/readyz").json()["synthetic_press"]
    figures = site.as_("admin").get("/metrics").text.splitlines()

    assert (shown["took_s"], shown["problem"]) == (0.025, None)
    assert "carebell_synthetic_press_ok 1.0" in figures
    assert "carebell_synthetic_press_age_seconds 30.0" in figures
    assert "carebell_synthetic_presses_total 1.0" in figures


@pytest.mark.parametrize(
    ("took_s", "problem", "later_s", "line"),
    [
        (0.025, None, 30, "ok    synthetic press: receipt after 25 ms, 30 s ago"),
        (None, "no receipt within 10 s", 30, "warn  synthetic press: no receipt within 10 s, 30 s ago"),
        (0.025, None, 900, "warn  synthetic press: the last one was 900 s ago"),
    ],
)
def test_the_doctor_tells_of_it(
    db: Database, took_s: float | None, problem: str | None, later_s: int, line: str
) -> None:
    with db.write() as session:
        record_press(session, START, took_s, problem)
    settings = Settings(database_url=db.url.render_as_string(hide_password=False), secret_key=KEY)
    found = doctor.examine(settings, ManualClock(START + timedelta(seconds=later_s)))
    assert next(f.line for f in found if f.what == "synthetic press").startswith(line)


def test_its_old_presses_are_forgotten(site: Site, address: Address, db: Database) -> None:
    press_once(address, probe_secret(KEY), SystemClock())
    with db.write() as session:
        store.forget_probe_presses(session, SystemClock().now() + timedelta(seconds=1))
    assert site.presses(PROBE_UID) == []
    assert press_once(address, probe_secret(KEY), SystemClock())[1] is None
    with db.read() as session:
        assert last_press(session) is None
