"""Processes that share the work: who is at work, what each has counted, and what is missing."""

import subprocess
import sys

import pytest
from sqlalchemy import update

from core.clock import ManualClock
from core.db import Database
from core.processes import Attendance, Process, ProcessRow, missing, present
from registry.models import table_of
from tests.console_site import ConsoleSite
from tests.world import START


def attendance(db: Database, clock: ManualClock, name: str, *roles: str, problem: str | None = None) -> Attendance:
    return Attendance(
        db, clock, name, roles, problem=lambda: problem, figures=lambda: {"calls_begun_total": 2.0, "connections": 1.0}
    )


def there(db: Database, clock: ManualClock) -> list[Process]:
    with db.read() as session:
        return present(session, clock.now())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def test_who_signs_in_is_at_work_until_it_signs_out_or_falls_silent(db: Database, clock: ManualClock) -> None:
    gateway, engine = attendance(db, clock, "g", "gateway"), attendance(db, clock, "e", "engine", "console")
    for each in (gateway, engine, gateway):
        each.sign()
    assert [p.role for p in there(db, clock)] == ["console+engine", "gateway"]

    gateway.stop()
    assert [p.role for p in there(db, clock)] == ["console+engine"]

    clock.advance(30)
    assert there(db, clock) == []


def test_a_process_that_was_killed_on_this_machine_is_not_waited_for(db: Database, clock: ManualClock) -> None:
    attendance(db, clock, "g", "gateway").sign()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    rows = table_of(ProcessRow)
    with db.write() as session:
        session.execute(update(rows).values(pid=ended.pid))
    assert there(db, clock) == []

    with db.write() as session:
        session.execute(update(rows).values(host="another-machine"))
    assert len(there(db, clock)) == 1


def test_a_role_is_missing_until_one_process_does_it_well(db: Database, clock: ManualClock) -> None:
    assert missing(there(db, clock), "gateway") == "no gateway is at work"

    attendance(db, clock, "g1", "gateway", problem="the broker is away").sign()
    assert missing(there(db, clock), "gateway") == "the broker is away"

    attendance(db, clock, "g2", "gateway").sign()
    assert missing(there(db, clock), "gateway") is None


@pytest.fixture
def site(db: Database, clock: ManualClock) -> ConsoleSite:
    site = ConsoleSite(db, clock)
    site.centre.processes = lambda: there(db, clock)
    return site


def test_the_console_shows_the_figures_of_all(site: ConsoleSite, db: Database, clock: ManualClock) -> None:
    attendance(db, clock, "g1", "gateway").sign()
    attendance(db, clock, "g2", "gateway", problem="deaf").sign()

    lines = site.as_("admin").get("/metrics").text.splitlines()

    begun = [line for line in lines if line.startswith("carebell_calls_begun_total{")]
    assert [line.rsplit(" ", 1)[1] for line in begun] == ["2.0", "2.0"]
    assert all('role="gateway"' in line and "instance=" in line for line in begun)
    assert lines.count("# TYPE carebell_calls_begun_total counter") == 1
    ready = [line for line in lines if line.startswith("carebell_process_ready{")]
    assert sorted(line.rsplit(" ", 1)[1] for line in ready) == ["0.0", "1.0"]
