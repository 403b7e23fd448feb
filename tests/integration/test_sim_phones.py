"""Simulated phones, scenarios and a fleet against the centre's own endpoint, on real MQTT."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.db import Database
from firmware_sim.connection import Address, Line, Login, Loop
from firmware_sim.device import Phone
from firmware_sim.events import CancelPressed, Effect, Pressed, Receipted
from firmware_sim.fleet import Fleet, Plan
from firmware_sim.scenario_file import load_scenario, read_scenario
from firmware_sim.stage import NoPhone, Stage, StepReport
from gateway.endpoint import Endpoint
from tests.gateway_site import SECRET, Site, soon

SOON_S = 15.0
NOW = SystemClock().now


@pytest.fixture
def site(db: Database, tmp_path: Path) -> Iterator[Site]:
    site = Site(db, tmp_path)
    yield site
    site.close()


@pytest.fixture
def address(site: Site) -> Address:
    line = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), flush_s=0.05).lines[0]
    assert isinstance(line, Endpoint)
    return Address("127.0.0.1", line.port)


@pytest.fixture
def loop(address: Address) -> Iterator[Loop]:
    loop = Loop(address, NOW)
    yield loop
    loop.close()


def registered(site: Site, count: int) -> list[Login]:
    return [Login(site.register(f"sim-{n}"), SECRET) for n in range(count)]


def line_of(loop: Loop, login: Login, heard: list[Effect], *, is_v5: bool = True) -> Line:
    return loop.add(Line(loop, login, Phone(login.uid, "b"), lambda _line, effect: heard.append(effect), is_v5=is_v5))


@pytest.mark.parametrize("is_v5", [True, False])
def test_a_press_made_offline_is_receipted_once_the_phone_is_connected(site: Site, loop: Loop, is_v5: bool) -> None:
    heard: list[Effect] = []
    line = line_of(loop, registered(site, 1)[0], heard, is_v5=is_v5)
    line.happen(Pressed("fall"))
    line.connect()
    assert loop.run(SOON_S, lambda: any(isinstance(e, Receipted) for e in heard)), line.problem
    assert [row.msg_id for row in site.presses("sim-0")] == ["b-1"]
    assert site.alarm_rows("sim-0")[0].kind == "fall"


def test_a_cancel_reaches_the_alarm(site: Site, loop: Loop) -> None:
    line = line_of(loop, registered(site, 1)[0], [])
    line.happen(Pressed())
    line.happen(CancelPressed())
    line.connect()
    assert loop.run(SOON_S, lambda: line.phone.is_linked and not line.phone.outbox)
    soon(lambda: site.alarm_rows("sim-0")[0].cancelled_at, "the cancel")


def test_a_phone_comes_back_by_itself_when_the_centre_was_away(site: Site, address: Address, loop: Loop) -> None:
    heard: list[Effect] = []
    line = line_of(loop, registered(site, 1)[0], heard)
    line.connect()
    assert loop.run(SOON_S, lambda: line.phone.is_linked)
    site.gateways.pop().stop()
    assert loop.run(SOON_S, lambda: not line.phone.is_linked)
    line.happen(Pressed())

    site.gateway(lambda door: Endpoint("127.0.0.1", address.port, door), flush_s=0.05)

    assert loop.run(SOON_S, lambda: any(isinstance(e, Receipted) for e in heard)), line.problem


def test_a_wrong_secret_is_said(site: Site, loop: Loop) -> None:
    site.register("sim-0")
    line = line_of(loop, Login("sim-0", "wrong"), [])
    line.connect()
    assert loop.run(SOON_S, lambda: line.problem is not None)
    assert "user name or password" in (line.problem or "").lower()
    assert not line.phone.is_linked


def test_a_dropped_phone_is_shown_offline_by_its_will(site: Site, loop: Loop) -> None:
    line = line_of(loop, registered(site, 1)[0], [])
    line.connect()
    assert loop.run(SOON_S, lambda: bool((row := site.presence("sim-0")) and row.is_online))
    line.drop()
    soon(lambda: not site.presence("sim-0").is_online, "the Will")


def played(address: Address, name: str, logins: Sequence[Login]) -> list[StepReport]:
    return Stage(load_scenario(name), logins, address, NOW, random.Random(7)).play()


@pytest.mark.parametrize(
    "name", ["press", "cancel", "duplicate", "wrong_clock", "garbage", "neighbours", "test_press", "walk"]
)
def test_the_shipped_scenarios_go_well(site: Site, address: Address, name: str) -> None:
    reports = played(address, name, registered(site, 2))
    assert [report.line() for report in reports if report.problem] == []


def test_presses_made_offline_come_in_with_their_own_times(site: Site, address: Address) -> None:
    story = read_scenario(
        "steps: [offline, press, press, {expect: {lamp: not_heard}}, online, {expect: {receipt: true, alarms: 1}}]", "s"
    )
    logins = registered(site, 1)
    assert not [r for r in Stage(story, logins, address, NOW, random.Random(7)).play() if r.problem]
    assert site.alarm_rows("sim-0")[0].press_count == 2


def test_a_scenario_stops_at_the_expectation_that_fails(site: Site, address: Address) -> None:
    story = read_scenario("steps: [press, {expect: {alarms: 1}}, {expect: {alarms: 2, within_s: 0.3}}, press]", "s")
    reports = Stage(story, registered(site, 1), address, NOW, random.Random(7)).play()
    assert [report.problem is None for report in reports] == [True, True, False]
    assert "1 alarms instead of 2" in reports[2].line()


def test_a_story_without_a_device_is_refused(address: Address) -> None:
    with pytest.raises(NoPhone, match="no device left"):
        Stage(load_scenario("press"), [], address, NOW, random.Random(7))


def test_a_fleet_accounts_for_every_press(site: Site, address: Address) -> None:
    plan = Plan(devices=20, rate_per_s=100, seconds=1)
    report = Fleet(address, registered(site, 20), plan, NOW, "f").run()
    assert report.is_good, report.line()
    assert (report.presses, report.receipts, report.lost, report.alarms) == (100, 100, 0, 20)
    assert sum(len(site.presses(f"sim-{n}")) for n in range(20)) == 100


def test_a_fleet_that_cannot_log_in_says_so(site: Site, address: Address) -> None:
    said: list[str] = []
    fleet = Fleet(address, [Login("nobody", "x")], Plan(1, 10, 0.1), NOW, "f", connect_limit_s=1.0)
    report = fleet.run(said.append)
    assert not report.is_good
    assert "user name or password" in said[1].lower()
