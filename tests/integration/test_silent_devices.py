"""Devices that have fallen silent: found by the sweep, shown at the desk, settled when they are heard again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from core.clock import ManualClock
from core.db import Database
from registry import silence
from registry.findings import FINDINGS
from registry.models import Device, DevicePresence, table_of
from registry.silence import Silence
from tests.console_site import ConsoleSite
from tests.world import START, settle_in

DEVICES, PRESENCE = table_of(Device), table_of(DevicePresence)


@pytest.fixture
def clock(db: Database) -> ManualClock:
    settle_in(db)
    with db.write() as session:  # It lies in the store: nobody waits for its heartbeat.
        session.execute(update(DEVICES).where(DEVICES.c.uid == "dev-stock").values(state="stock"))
    return ManualClock(START)


def heard(db: Database, at: datetime, uid: str = "dev-7") -> None:
    with db.write() as session:
        session.execute(delete(PRESENCE).where(PRESENCE.c.uid == uid))
        session.execute(insert(PRESENCE).values(uid=uid, last_seen_at=at, is_online=True))


def silent(db: Database) -> list[str]:
    with db.read() as session:
        return [row["uid"] for row in silence.page(session, after=None, limit=10)[0]]


def test_three_missed_heartbeats_are_found_once_and_settled_when_it_is_heard(db: Database, clock: ManualClock) -> None:
    heard(db, START)
    heard(db, START, "dev-stock")
    sweep = Silence(db, clock, START - timedelta(days=1))

    clock.advance(3 * 600)
    sweep.sweep()
    assert (silent(db), sweep.silent) == ([], 0)

    clock.advance(1)
    sweep.sweep()
    sweep.sweep()
    assert (silent(db), sweep.silent) == (["dev-7"], 1)

    heard(db, clock.now())
    sweep.sweep()
    assert (silent(db), sweep.silent) == ([], 0)
    with db.read() as session:
        assert len(session.execute(select(FINDINGS.c.id)).all()) == 1


def test_a_device_may_have_a_heartbeat_of_its_own(db: Database, clock: ManualClock) -> None:
    heard(db, START)
    with db.write() as session:
        session.execute(update(DEVICES).values(heartbeat_s=60))
    clock.advance(181)
    Silence(db, clock, START - timedelta(days=1)).sweep()
    assert silent(db) == ["dev-7"]


def test_the_centres_own_absence_is_nobodys_silence(db: Database, clock: ManualClock) -> None:
    heard(db, START - timedelta(days=2))
    sweep = Silence(db, clock, START)

    sweep.sweep()
    assert silent(db) == []

    clock.advance(3 * 600 + 1)
    sweep.sweep()
    assert silent(db) == ["dev-7"]


def test_the_desk_shows_them(db: Database, clock: ManualClock) -> None:
    heard(db, START)
    site = ConsoleSite(db, clock)
    officer = site.as_("officer")
    assert "/silent" not in officer.get("/desk/silent").text.replace("/desk/silent", "")
    clock.advance(3601)
    Silence(db, clock, START - timedelta(days=1)).sweep()

    assert 'href="/silent"' in officer.get("/desk/silent").text
    assert 'href="/silent"' in officer.get("/").text
    shown = officer.get("/silent").text
    assert "dev-7" in shown
    assert "赵桂明" in shown
    assert site.as_("tester").get("/silent").status_code == 403
