"""A device's life over HTTP, on both databases: given, tested, taken into service, replaced, and what is refused."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alarms.events import Press
from alarms.service import AlarmService
from core.clock import ManualClock
from core.db import Database
from registry.models import AuditEntry, DevicePresence, table_of
from registry.secrets import verify_secret
from registry.store import DEVICES
from tests.console_site import ConsoleSite, problem_of
from tests.world import START

ICCID = "89860012345678901238"


class Site(ConsoleSite):
    """A console whose clock stands still, and devices that press."""

    def press(self, uid: str, msg_id: str, **content: Any) -> None:
        self.tick()
        alarms = AlarmService(self.db, self.clock, self.centre.wake)
        is_test = content.get("test") is True
        alarms.presses([Press(uid, msg_id, self.clock.now(), is_test=is_test, content=content)])
        self.tick()

    def tick(self) -> None:
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(1)

    def move(self, uid: str, state: str, status: int = 200, **more: Any) -> dict[str, Any]:
        self.tick()
        answer = self.as_("registrar").patch(f"/api/v1/devices/{uid}", json={"state": state} | more)
        if status == 200:
            assert answer.status_code == 200, answer.text
            return dict(answer.json())
        return problem_of(answer, status)

    def history(self, uid: str) -> list[dict[str, Any]]:
        found = self.as_("registrar").get(f"/api/v1/devices/{uid}/history").json()["items"]
        return list(reversed(found))


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db, clock=ManualClock(START))


def installed(site: Site, **members: Any) -> dict[str, Any]:
    elder = site.make("elders")
    made = site.make("devices", elder_id=elder["id"], **members)
    return site.move(made["uid"], "installed")


def test_life_begins_in_stock_or_with_its_elder(site: Site) -> None:
    assert site.make("devices")["state"] == "stock"
    made = site.make("devices", elder_id=site.make("elders")["id"])

    assert (made["state"], made["triggers"], made["untested"]) == ("issued", ["key"], ["key"])
    problem = problem_of(site.as_("registrar").post("/api/v1/devices", json={"uid": "x", "state": "in_service"}), 422)
    assert "test press of every trigger" in problem["errors"][0]["what"]


def test_in_service_only_after_a_test_press_of_every_trigger(site: Site) -> None:
    uid = installed(site, triggers=["key", "pendant"])["uid"]
    path = f"/api/v1/devices/{uid}"

    assert "key, pendant" in site.move(uid, "in_service", 409)["detail"]
    site.press(uid, "1", test=True)
    site.press(uid, "2", trigger="pendant")
    site.press(uid, "3", trigger="pendant", test="true")
    assert site.move(uid, "in_service", 409)["detail"] == "no test press was received from: pendant"

    site.press(uid, "4", trigger="pendant", test=True)
    site.press(uid, "5", trigger="cord", test=True)
    seen = site.as_("registrar").get(path).json()
    assert (seen["untested"], seen["other_triggers"], sorted(seen["tested"])) == ([], ["cord"], ["key", "pendant"])
    site.move(uid, "in_service")

    assert site.as_("registrar").get(path).json()["state"] == "in_service"
    lines = [(line["what"], line["data"].get("to"), line["author"]) for line in site.history(uid)]
    assert lines == [
        ("registered", None, "some-registrar"), ("moved", "installed", "some-registrar"),
        ("moved", "in_service", "some-registrar"),
    ]  # fmt: skip


def test_the_test_holds_when_the_presses_are_forgotten(site: Site) -> None:
    uid = installed(site)["uid"]
    site.press(uid, "1", test=True)
    site.move(uid, "in_service")
    with site.db.write() as session:
        kept = session.execute(select(DEVICES.c.tested).where(DEVICES.c.uid == uid)).scalar_one()

    assert list(kept) == ["key"]


def test_given_to_another_elder_it_is_tested_anew(site: Site) -> None:
    registrar, first = site.as_("registrar"), installed(site)
    uid, other = first["uid"], site.make("elders")
    site.press(uid, "1", test=True)
    site.move(uid, "in_service")
    site.tick()

    paired = registrar.post(f"/api/v1/devices/{uid}/pair", json={"elder_id": other["id"], "reason": "搬家"}).json()

    assert (paired["previous_elder_id"], paired["elder_id"]) == (first["elder_id"], other["id"])
    assert (paired["state"], paired["untested"]) == ("issued", ["key"])
    site.move(uid, "installed")
    site.move(uid, "in_service", 409)
    line = next(line for line in site.history(uid) if line["what"] == "paired")
    assert line["data"] == {"elder_id": other["id"], "previous_elder_id": first["elder_id"], "reason": "搬家"}
    nobody = registrar.post(f"/api/v1/devices/{uid}/pair", json={"elder_id": "nobody"})
    assert problem_of(nobody, 422)["errors"][0]["where"] == "body.elder_id"


def test_a_fault_ends_the_tests_and_stock_the_pairing(site: Site) -> None:
    uid = installed(site)["uid"]
    site.press(uid, "1", test=True)
    site.move(uid, "in_service")

    assert site.move(uid, "faulty", reason="按键卡住")["untested"] == ["key"]
    site.move(uid, "in_service", 409)
    site.move(uid, "installed")
    assert site.move(uid, "stock")["elder_id"] is None
    problem = site.move(uid, "installed", 409)
    assert problem["detail"] == "a device that is stock can become issued, faulty, retired, and not installed"
    site.move(uid, "issued")
    assert "pair it with one first" in site.move(uid, "installed", 409)["detail"]


def test_another_trigger_takes_it_out_of_service_until_it_is_tested(site: Site) -> None:
    uid = installed(site)["uid"]
    site.press(uid, "1", test=True)
    site.move(uid, "in_service")
    registrar, path = site.as_("registrar"), f"/api/v1/devices/{uid}"

    assert registrar.patch(path, json={"note": "新电池"}).json()["state"] == "in_service"
    wider = registrar.patch(path, json={"triggers": ["key", "pendant"]}).json()

    assert (wider["state"], wider["untested"]) == ("installed", ["pendant"])


def test_a_device_takes_over_from_a_faulty_one(site: Site) -> None:
    registrar, old, new = site.as_("registrar"), installed(site), site.make("devices")
    site.move(old["uid"], "faulty")
    path = f"/api/v1/devices/{old['uid']}/replace"

    problem_of(registrar.post(path, json={"by": old["uid"]}), 422)
    problem_of(registrar.post(path, json={"by": installed(site)["uid"]}), 409)
    problem_of(registrar.post(path, json={"by": "nobody"}), 404)
    both = registrar.post(path, json={"by": new["uid"], "reason": "电路坏"}).json()

    assert (both["device"]["elder_id"], both["device"]["state"]) == (old["elder_id"], "issued")
    assert (both["replaced"]["state"], both["replaced"]["replaced_by"]) == ("retired", new["id"])
    assert both["replaced"]["elder_id"] == old["elder_id"]
    assert [line["data"].get("replaces") for line in site.history(new["uid"])][-2:] == [old["id"], None]


def test_retirement_can_be_undone_while_nothing_else_happened(site: Site) -> None:
    uid = installed(site)["uid"]
    site.press(uid, "1", test=True)
    site.move(uid, "in_service")
    site.move(uid, "retired")

    assert site.registry.devices.restore(uid)["state"] == "in_service"
    assert site.history(uid)[-1]["data"] == {"from": "retired", "to": "in_service", "is_undo": True}
    again = site.as_("registrar").delete(f"/api/v1/devices/{uid}")
    assert again.status_code == 204


def test_a_press_of_any_state_is_an_alarm(site: Site) -> None:
    uid = installed(site)["uid"]
    site.move(uid, "retired")
    site.press(uid, "1")

    alarms = site.as_("officer").get("/api/v1/alarms").json()["items"]
    assert alarms[0]["device"]["uid"] == uid


def test_sim_cards_are_checked_and_are_in_one_device(site: Site) -> None:
    made = site.make("devices", sim_iccid="8986 0012 3456 7890 1238", sim_phone="1064 8123 45678")
    registrar = site.as_("registrar")

    assert (made["sim_iccid"], made["sim_phone"]) == (ICCID, "+861064812345678")
    for members, where in (
        ({"sim_iccid": ICCID}, "body.sim_iccid"), ({"sim_iccid": "123"}, "body.sim_iccid"),
        ({"sim_phone": "12"}, "body.sim_phone"), ({"triggers": []}, "body.triggers"),
        ({"triggers": ["key", "key"]}, "body.triggers"), ({"heartbeat_s": 0}, "body.heartbeat_s"),
    ):  # fmt: skip
        answer = registrar.post("/api/v1/devices", json={"uid": "cb-other"} | members)
        assert problem_of(answer, 422)["errors"][0]["where"].startswith(where)


def test_a_model_says_what_its_phones_have(site: Site) -> None:
    registrar = site.as_("registrar")
    model = {"name": "YJT-2 挂件", "triggers": ["key", "pendant"], "heartbeat_s": 600, "firmware": "1.4.2"}
    made = registrar.post("/api/v1/device-models", json=model).json()
    device = site.make("devices", model="YJT-2 挂件")

    assert (device["triggers"], device["heartbeat_s"], device["firmware"]) == (["key", "pendant"], 600, "1.4.2")
    problem_of(registrar.post("/api/v1/device-models", json=model), 409)
    path = f"/api/v1/device-models/{made['id']}"
    assert registrar.patch(path, json={"heartbeat_s": 300, "version": 1}).json()["version"] == 2
    problem_of(registrar.patch(path, json={"heartbeat_s": 60, "version": 1}), 409)
    assert registrar.get(f"/api/v1/devices/{device['uid']}").json()["heartbeat_s"] == 300
    assert [m["name"] for m in registrar.get("/api/v1/device-models").json()["items"]] == ["YJT-2 挂件"]
    assert registrar.delete(path).status_code == 204
    assert registrar.get(f"/api/v1/devices/{device['uid']}").json()["triggers"] == ["key"]


def test_a_delivery_is_registered_whole_or_not_at_all(site: Site) -> None:
    registrar = site.as_("registrar")
    many = {"count": 1200, "prefix": "yjt-", "first": 1, "digits": 5, "model": "YJT-1", "batch": "2026-11"}

    answer = registrar.post("/api/v1/devices/bulk", json=many)

    assert answer.status_code == 201, answer.text
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", "text/csv; charset=utf-8")
    secrets = {row["uid"]: row["secret"] for row in csv.DictReader(io.StringIO(answer.text))}
    assert (len(secrets), *sorted(secrets)[:: len(secrets) - 1]) == (1200, "yjt-00001", "yjt-01200")
    assert dict(site.secrets_told) == secrets
    with site.db.read() as session:
        hashes = {row.uid: row.secret_hash for row in session.execute(select(DEVICES.c.uid, DEVICES.c.secret_hash))}
    assert all(verify_secret(secrets[uid], hashes[uid]) for uid in ("yjt-00001", "yjt-01200"))
    again = problem_of(registrar.post("/api/v1/devices/bulk", json={"uids": ["new-1", "yjt-00007"]}), 409)
    assert again["detail"] == "1 of these uids are taken: yjt-00007; nothing was written"
    problem_of(registrar.get("/api/v1/devices/new-1"), 404)
    listed = registrar.get("/api/v1/devices", params={"batch": "2026-11", "model": "YJT-1", "limit": 200}).json()
    assert (len(listed["items"]), bool(listed["next_cursor"])) == (200, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0}, {"count": 10_001}, {}, {"uids": []}, {"uids": ["a", "a"]}, {"uids": ["a"], "count": 1},
        {"uids": ["a b"]}, {"count": 2, "prefix": "-"}, {"count": 2, "prefix": "x" * 50, "digits": 13, "first": 10**12},
        {"count": 2, "prefix": "赵"}, {"count": 2, "prefix": "=1+"},
    ],
)  # fmt: skip
def test_a_delivery_that_cannot_be_is_refused(site: Site, wrong: dict[str, Any]) -> None:
    answer = site.as_("registrar").post("/api/v1/devices/bulk", json=wrong)

    if wrong.get("first"):
        assert answer.status_code == 201  # 63 characters: long, and still a uid.
    else:
        problem_of(answer, 422)


def test_lists_know_silence_battery_and_area(site: Site) -> None:
    registrar = site.as_("registrar")
    quiet, weak, fine = (installed(site, heartbeat_s=60)["uid"] for _ in range(3))
    now = site.clock.now()
    presence = table_of(DevicePresence)
    with site.db.write() as session:
        for uid, ago_s, battery in ((quiet, 181, 90), (weak, 170, 15), (fine, 10, 90)):
            seen = {"uid": uid, "last_seen_at": now - timedelta(seconds=ago_s), "is_online": True}
            session.execute(presence.insert().values(seen | {"battery_pct": battery, "firmware": "1.4.2"}))

    def uids(**ask: Any) -> list[str]:
        return [d["uid"] for d in registrar.get("/api/v1/devices", params=ask).json()["items"]]

    assert uids(silent=True) == [quiet]
    assert uids(low_battery=True) == [weak]
    assert uids(area="610402") == []
    seen = registrar.get(f"/api/v1/devices/{weak}").json()["presence"]
    assert (seen["battery_pct"], seen["firmware"], seen["is_online"]) == (15, "1.4.2", True)


def test_the_code_on_the_label_is_the_uid(site: Site) -> None:
    made = site.make("devices")
    answer = site.as_("registrar").get(f"/api/v1/devices/{made['uid']}/qr.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
    assert made["secret"] not in answer.text
    problem_of(site.as_("registrar").get("/api/v1/devices/nobody/qr.svg"), 404)


def test_who_did_it_is_in_the_log(site: Site) -> None:
    uid = installed(site)["uid"]
    site.as_("registrar").post(f"/api/v1/devices/{uid}/secret")

    log = table_of(AuditEntry)
    with site.db.read() as session:
        found = session.execute(select(log.c.action, log.c.actor).where(log.c.subject_kind == "device")).all()
    assert [tuple(row) for row in found] == [
        (f"device.{what}", "some-registrar") for what in ("registered", "moved", "secret")
    ]
