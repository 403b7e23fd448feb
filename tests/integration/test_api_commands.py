"""What people tell devices over HTTP, down to the device that hears it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alarms.events import OfficerAction, Press
from alarms.models import DownMessage
from alarms.service import AlarmService
from core.clock import ManualClock
from core.db import Database
from gateway import wire
from gateway.endpoint import Endpoint
from registry import audit
from registry.models import table_of
from tests.console_site import ConsoleSite, problem_of
from tests.gateway_site import Site, soon

START = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, ManualClock(START))


def waiting(db: Database) -> list[Any]:
    with db.read() as session:
        return list(session.execute(select(table_of(DownMessage)).order_by(table_of(DownMessage).c.id)))


@pytest.mark.parametrize(
    ("given", "lasts"),
    [
        ({"command": "call"}, timedelta(minutes=10)),
        ({"command": "locate"}, timedelta(minutes=10)),
        ({"command": "test"}, timedelta(minutes=10)),
        ({"command": "config", "config": {"heartbeat_every_s": 600, "name": "门厅"}}, timedelta(hours=24)),
    ],
)
def test_command_waits_for_its_device(site: ConsoleSite, given: dict[str, Any], lasts: timedelta) -> None:
    device = site.make("devices")
    woken = site.centre.wake.event("down")

    answers = [site.as_("officer").post(f"/api/v1/devices/{device[key]}/command", json=given) for key in ("uid", "id")]

    rows = waiting(site.db)
    assert [a.status_code for a in answers] == [202, 202]
    assert [a.json()["id"] for a in answers] == [row.id for row in rows]
    assert answers[0].json()["command"] == given["command"]
    assert datetime.fromisoformat(answers[0].json()["expires_at"]) == START + lasts == rows[0].expires_at
    assert {(row.uid, row.topic) for row in rows} == {(device["uid"], "command")}
    told = wire.read_command(wire.down_payload(rows[0].payload))
    assert told is not None
    assert told.command == given["command"]
    assert rows[0].payload == {"command": given["command"]} | given.get("config", {})
    assert woken.is_set()


@pytest.mark.parametrize(
    "given",
    [
        {}, {"command": "explode"}, {"command": "call", "config": {"a": 1}}, {"command": "config"},
        {"command": "config", "config": {}}, {"command": "config", "config": {"command": "call"}},
        {"command": "config", "config": {"a": {"b": 1}}}, {"command": "config", "config": {"a": "\0"}},
        {"command": "config", "config": {"a": 10**400}}, {"command": "config", "config": {"a b": 1}},
        {"command": "config", "config": {f"a{n}": 1 for n in range(33)}},
        {"command": "config", "config": {f"a{n}": "长" * 200 for n in range(32)}},
    ],
)  # fmt: skip
def test_what_is_no_command_is_422(site: ConsoleSite, given: dict[str, Any]) -> None:
    uid = site.make("devices")["uid"]

    problem_of(site.as_("tester").post(f"/api/v1/devices/{uid}/command", json=given), 422)

    assert waiting(site.db) == []


def test_unknown_and_retired_devices_are_told_nothing(site: ConsoleSite) -> None:
    uid = site.make("devices")["uid"]
    assert site.as_("registrar").delete(f"/api/v1/devices/{uid}").status_code == 204

    problem_of(site.as_("officer").post("/api/v1/devices/nobody/command", json={"command": "locate"}), 404)
    problem_of(site.as_("officer").post(f"/api/v1/devices/{uid}/command", json={"command": "locate"}), 409)

    assert waiting(site.db) == []


def test_a_silent_alarm_is_not_given_away(site: ConsoleSite) -> None:
    elder = site.make("elders")["id"]
    pressed, other = (site.make("devices", elder_id=elder)["uid"] for _ in range(2))
    alarms = AlarmService(site.db, site.clock, site.centre.wake)
    alarm_id = alarms.presses([Press(pressed, "p-1", START, kind="duress")])[0].alarm_id

    def status(uid: str, command: str) -> int:
        return site.as_("officer").post(f"/api/v1/devices/{uid}/command", json={"command": command}).status_code

    assert [status(uid, word) for uid in (pressed, other) for word in ("call", "test", "locate")] == [409, 409, 202] * 2
    assert {row.payload["command"] for row in waiting(site.db)} == {"locate"}
    user_id = site.as_("officer").get("/api/v1/session").json()["id"]
    alarms.handle(OfficerAction(alarm_id, "claim", user_id, "Li Min", START))
    alarms.handle(OfficerAction(alarm_id, "close", user_id, "Li Min", START, disposition="helped"))
    assert status(pressed, "call") == 202


def test_a_device_hears_each_command_once_even_if_it_was_away(db: Database, tmp_path: Path) -> None:
    console, site = ConsoleSite(db), Site(db, tmp_path)
    try:
        site.wake.start()
        endpoint = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door)).lines[0]
        assert isinstance(endpoint, Endpoint)
        uid = site.register("dev-7")
        tell = console.as_("officer").post
        assert tell(f"/api/v1/devices/{uid}/command", json={"command": "locate"}).status_code == 202
        device = site.connect(endpoint.port, uid)
        soon(lambda: device.payloads("command"), "the command given while it was away")
        soon(lambda: not site.down(uid), "its acknowledgement")
        config = {"command": "config", "config": {"heartbeat_every_s": 600}}
        assert tell(f"/api/v1/devices/{uid}/command", json=config).status_code == 202
        soon(lambda: len(device.payloads("command")) > 1 and not site.down(uid), "the command given while it was there")
        device.close()
        again = site.connect(endpoint.port, uid)
        again.say("alarm", wire.write_alarm("p-1"))
        again.receipt("p-1")
        assert device.payloads("command") == [wire.command("locate"), wire.command("config", heartbeat_every_s=600)]
        assert again.payloads("command") == []
    finally:
        site.close()


def test_who_gave_a_command_is_on_record(site: ConsoleSite) -> None:
    device = site.make("devices")
    service = AlarmService(site.db, site.clock, site.centre.wake)
    alarm_id = service.presses([Press(device["uid"], "m-1", START)])[0].alarm_id
    officer = site.as_("officer")

    assert officer.post(f"/api/v1/devices/{device['uid']}/command", json={"command": "locate"}).status_code == 202

    line = officer.get(f"/api/v1/alarms/{alarm_id}").json()["timeline"][-1]
    assert (line["what"], line["author"], line["data"]) == ("device_told", "some-officer", {"command": "locate"})
    with site.db.read() as session:
        deeds = list(session.execute(select(audit.AUDIT).where(audit.AUDIT.c.action == "device.command")))
    assert [(deed.actor, deed.subject_id, deed.data) for deed in deeds] == [
        ("some-officer", device["uid"], {"command": "locate", "members": []})
    ]
