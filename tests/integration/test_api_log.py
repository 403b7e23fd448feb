"""The log is read, filtered, exported and verified, by who may; and a person's data is theirs."""

from pathlib import Path

import pytest
from sqlalchemy import update

from core.db import Database
from registry.store import DEVICES
from tests.console_site import ConsoleSite, problem_of
from tests.world import ELDER, World

NOW = "2026-11-21T02:00:00Z"
HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def test_a_look_at_an_illness_leaves_one_line(site: ConsoleSite, world: World) -> None:
    alarm = world.press().alarm_id
    officer, auditor = site.as_("officer"), site.as_("auditor")
    for _ in range(3):
        assert officer.get(f"/api/v1/alarms/{alarm}").status_code == 200
    auditor.get(f"/api/v1/alarms/{alarm}")

    seen = auditor.get("/api/v1/log", params={"action": "elder.view_sensitive"}).json()["items"]

    assert [(line["subject_id"], line["reason"]) for line in seen] == [(ELDER.id, "alarm #1")]
    world.clock.advance(16 * 60)
    officer.get(f"/api/v1/alarms/{alarm}")
    assert len(auditor.get("/api/v1/log", params={"action": "elder.view_sensitive"}).json()["items"]) == 2


def test_the_page_of_an_alarm_nobody_took_shows_no_illness_and_leaves_no_line(site: ConsoleSite, world: World) -> None:
    alarm = world.press().alarm_id

    assert site.as_("officer").get(f"/alarms/{alarm}", headers=HTML).status_code == 200

    lines = site.as_("auditor").get("/api/v1/log").json()["items"]
    assert [line for line in lines if line["action"] == "elder.view_sensitive"] == []


def test_the_log_is_paged_and_filtered(site: ConsoleSite) -> None:
    admin = site.as_("admin")
    for kind in ("presses", "places", "findings"):
        admin.put(f"/api/v1/retention/{kind}", json={"keep_days": 90})

    first = admin.get("/api/v1/log", params={"limit": 2, "action": "retention.change"}).json()
    rest = admin.get(
        "/api/v1/log", params={"limit": 2, "action": "retention.change", "cursor": first["next_cursor"]}
    ).json()

    assert [line["subject_id"] for line in first["items"] + rest["items"]] == ["findings", "places", "presses"]
    assert rest["next_cursor"] is None
    assert admin.get("/api/v1/log", params={"since": "2030-01-01T00:00:00Z"}).json()["items"] == []
    problem_of(admin.get("/api/v1/log", params={"since": "yesterday"}), 422)
    assert admin.get("/api/v1/log/verify").json()["broken_at"] is None


def test_pages_of_the_log(site: ConsoleSite) -> None:
    admin = site.as_("admin")
    admin.put("/api/v1/retention/presses", json={"keep_days": 90})

    shown = admin.get("/registry/log", headers=HTML, params={"since": "2026-01-01", "until": "2099-01-01"})
    verdict = admin.post("/registry/log/verify", headers=HTML)
    exported = admin.get("/registry/log/export")

    assert "数据保存期" in shown.text
    assert "日志完整" in verdict.text
    assert exported.text.startswith("\ufeffseq,at,actor")
    assert "retention.change" in exported.text
    assert admin.get("/registry/log", headers=HTML, params={"actor": "nobody"}).text.count("没有符合条件") == 1


def test_a_cell_of_the_export_starts_no_formula(site: ConsoleSite, world: World) -> None:
    admin = site.as_("admin")
    admin.post(f"/api/v1/elders/{ELDER.id}/personal-data", json={"reason": '=HYPERLINK("x")'})

    assert "'=HYPERLINK" in admin.get("/registry/log/export").text


def test_a_person_is_told_and_erased_for_a_reason(site: ConsoleSite, world: World, tmp_path: Path) -> None:
    admin = site.as_("admin")
    base = f"/api/v1/elders/{ELDER.id}"
    problem_of(admin.post(f"{base}/personal-data", json={"reason": " "}), 422)

    told = admin.post(f"{base}/personal-data", json={"reason": "家属书面申请"}).json()
    assert told["elder"]["name"] == ELDER.name
    problem_of(admin.post(f"{base}/erase", json={"reason": "家属书面申请"}), 409)
    with site.db.write() as session:
        session.execute(update(DEVICES).values(elder_id=None))

    assert admin.post(f"{base}/erase", json={"reason": "家属书面申请"}).status_code == 204

    problem_of(admin.get(base), 404)
    lines = admin.get("/api/v1/log", params={"subject_id": ELDER.id}).json()["items"]
    assert [line["action"] for line in lines][:2] == ["elder.erase", "elder.hand_over"]


def test_erasing_on_the_page_asks_for_the_name(site: ConsoleSite, world: World) -> None:
    admin = site.as_("admin")
    with site.db.write() as session:
        session.execute(update(DEVICES).values(elder_id=None))
    where = f"/registry/elders/{ELDER.id}/erase"

    careless = admin.post(where, data={"reason": "申请", "name": "赵"}, headers=HTML)
    meant = admin.post(where, data={"reason": "申请", "name": ELDER.name}, headers=HTML, follow_redirects=False)

    assert careless.status_code == 422
    assert "无法撤销" in careless.text
    assert (meant.status_code, meant.headers["location"]) == (303, "/registry/privacy")


@pytest.mark.parametrize("days", ["x", "3", "99999999"])
def test_a_period_nobody_can_mean_is_refused_on_the_page(site: ConsoleSite, days: str) -> None:
    answer = site.as_("admin").post("/registry/privacy/presses", data={"keep_days": days}, headers=HTML)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("role", ["officer", "supervisor", "registrar", "tester", "auditor"])
def test_only_the_administrator_hands_over_or_erases(site: ConsoleSite, world: World, role: str) -> None:
    somebody = site.as_(role)

    for what in ("personal-data", "erase"):
        problem_of(somebody.post(f"/api/v1/elders/{ELDER.id}/{what}", json={"reason": "why"}), 403)
