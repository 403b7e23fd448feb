"""Signs of life on their way to the database, without a device around them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from core.clock import ManualClock
from core.db import Database
from gateway import wire
from gateway.counts import Counts
from gateway.presence import Presence
from registry.models import DeviceFix, DevicePresence, table_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def presence(db: Database, clock: ManualClock, counts: Counts) -> Presence:
    return Presence(db, clock, counts=counts)


def rows(db: Database, model: Any = DevicePresence) -> dict[str, Any]:
    with db.read() as session:
        return {row.uid: row for row in session.execute(select(table_of(model)))}


def test_many_devices_are_written_at_once(db: Database, presence: Presence) -> None:
    for n in range(2500):
        presence.alive(f"dev-{n}", wire.Vitals(battery_pct=n % 101))
    presence.flush()
    found = rows(db)
    assert len(found) == 2500
    assert found["dev-99"].battery_pct == 99
    assert found["dev-99"].last_seen_at == NOW


def test_several_heartbeats_between_two_sweeps_become_one(db: Database, presence: Presence, clock: ManualClock) -> None:
    presence.alive("dev-7", wire.Vitals(50, -80, True, "1.0"))
    clock.advance(60)
    presence.alive("dev-7", wire.Vitals(49))
    presence.alive("dev-7")
    presence.flush()
    row = rows(db)["dev-7"]
    assert (row.battery_pct, row.rssi_dbm, row.mains, row.firmware) == (49, -80, True, "1.0")
    assert row.last_seen_at == NOW + timedelta(seconds=60)


def test_an_end_is_noted_unless_another_gateway_has_seen_it_since(
    db: Database, presence: Presence, clock: ManualClock
) -> None:
    other_clock = ManualClock(NOW + timedelta(seconds=30))
    other = Presence(db, other_clock, counts=Counts())
    for uid in ("stays", "goes"):
        presence.alive(uid)
    presence.flush()
    other.alive("stays")
    other.flush()
    clock.advance(10)
    presence.gone("stays")
    presence.gone("goes")
    presence.flush()
    found = rows(db)
    assert (found["stays"].is_online, found["goes"].is_online) == (True, False)
    assert found["goes"].last_seen_at == NOW


def test_news_from_a_slow_gateway_do_not_overwrite_newer_ones(db: Database, presence: Presence) -> None:
    other = Presence(db, ManualClock(NOW + timedelta(seconds=30)), counts=Counts())
    other.alive("dev-7", wire.Vitals(40))
    other.flush()
    presence.alive("dev-7", wire.Vitals(80))
    presence.flush()
    assert rows(db)["dev-7"].battery_pct == 40


def test_an_end_and_a_return_between_two_sweeps(db: Database, presence: Presence) -> None:
    presence.alive("dev-7")
    presence.gone("dev-7")
    presence.alive("dev-7")
    presence.flush()
    assert rows(db)["dev-7"].is_online


def test_an_older_fix_never_overwrites_a_newer_one(db: Database, presence: Presence, clock: ManualClock) -> None:
    for lat, age_s in ((34.1, 60), (34.2, 10), (34.3, 30)):
        presence.place("dev-7", wire.FixMsg(lat, 108, 5, NOW - timedelta(seconds=age_s), "gnss"))
    presence.flush()
    assert rows(db, DeviceFix)["dev-7"].lat == 34.2
    presence.place("dev-7", wire.FixMsg(34.4, 108, 5, NOW - timedelta(seconds=11), "gnss"))
    presence.flush()
    assert rows(db, DeviceFix)["dev-7"].lat == 34.2
    clock.advance(5)
    presence.place("dev-7", wire.FixMsg(34.5, 108, 5, None, "cell"))
    presence.flush()
    fix = rows(db, DeviceFix)["dev-7"]
    assert (fix.lat, fix.fix_at, fix.source) == (34.5, NOW + timedelta(seconds=5), "cell")


def test_what_cannot_be_written_now_is_written_later_under_the_news(
    db: Database, presence: Presence, clock: ManualClock, counts: Counts
) -> None:
    with db.write() as session:
        session.execute(text("ALTER TABLE device_presence RENAME TO hidden"))
    if db.is_sqlite:  # There a missing table looks like an outage, and rows wait for the end of it.
        presence.alive("dev-7", wire.Vitals(80, -90))
        presence.alive("dev-8", wire.Vitals(70))
        presence.gone("dev-8")
        presence.flush()
        assert counts["presence_writes_failed"] == 2
        clock.advance(60)
        presence.alive("dev-7", wire.Vitals(79))
    with db.write() as session:
        session.execute(text("ALTER TABLE hidden RENAME TO device_presence"))
    presence.flush()
    if db.is_sqlite:
        found = rows(db)
        assert (found["dev-7"].battery_pct, found["dev-7"].rssi_dbm) == (79, -90)
        assert (found["dev-8"].battery_pct, found["dev-8"].is_online) == (70, False)


def test_one_bad_row_does_not_silence_the_others(db: Database, presence: Presence, counts: Counts) -> None:
    presence.alive("dev-7", wire.Vitals(80))
    presence.alive("bad", wire.Vitals(firmware={"no": "text"}))  # type: ignore[arg-type]
    presence.flush()
    assert rows(db)["dev-7"].battery_pct == 80
    assert counts["presence_rows_dropped"] == 1


def test_there_is_a_bound_to_what_is_remembered(db: Database, clock: ManualClock, counts: Counts) -> None:
    presence = Presence(db, clock, counts=counts, max_devices=2)
    for uid in ("a", "b", "c"):
        presence.alive(uid)
    presence.alive("a", wire.Vitals(5))
    presence.flush()
    assert sorted(rows(db)) == ["a", "b"]
    assert counts["presence_full"] == 1


def test_stopping_writes_what_is_left(db: Database, presence: Presence) -> None:
    presence.start()
    presence.alive("dev-7")
    presence.stop()
    assert "dev-7" in rows(db)
