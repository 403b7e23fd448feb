"""The knowledge base over HTTP: found, written, reviewed, undone; and beside an alarm, without telling an illness."""

from typing import Any

import pytest
from sqlalchemy import update

from core.db import Database
from registry import knowledge_start
from registry.store import ELDERS
from tests.console_site import ConsoleSite, problem_of
from tests.world import World

CARD: dict[str, Any] = {
    "kinds": ["sos"],
    "zh": {"title": "门锁", "steps": ["打 110", "等锁匠"], "phones": [{"label": "锁匠", "number": "400-123 4567"}]},
}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    made = ConsoleSite(db)
    knowledge_start.load(db, made.clock)
    return made


def test_the_cards_of_the_package_come_once(site: ConsoleSite) -> None:
    officer, leader = site.as_("officer"), site.as_("supervisor")
    fall = officer.get("/api/v1/knowledge", params={"q": "dd"}).json()["items"][0]
    assert (fall["key"], fall["why"][0]["text"][:2], fall["reviewed_by"]) == ("fall", "跌倒", None)

    assert leader.delete(f"/api/v1/knowledge/{fall['id']}").status_code == 204
    assert knowledge_start.load(site.db, site.clock) == 0
    problem_of(officer.get(f"/api/v1/knowledge/{fall['id']}"), 404)
    assert leader.post(f"/api/v1/knowledge/{fall['id']}/restore").json()["key"] == "fall"
    problem_of(leader.post(f"/api/v1/knowledge/{fall['id']}/restore"), 409)
    problem_of(leader.post("/api/v1/knowledge/nobody/restore"), 404)


def test_all_pages_of_the_list_hold_all_cards(site: ConsoleSite) -> None:
    officer, cursor, seen = site.as_("officer"), None, []
    while True:
        asked = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        answer = officer.get("/api/v1/knowledge", params=asked).json()
        seen += [one["key"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    assert seen == [key for key, _ in knowledge_start.starting_cards()]
    assert [one["key"] for one in officer.get("/api/v1/knowledge?kind=gas").json()["items"]] == ["gas"]
    problem_of(officer.get("/api/v1/knowledge", params={"cursor": "MTp4"}), 422)


def test_a_card_is_written_reviewed_and_changed(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    made = leader.post("/api/v1/knowledge", json=CARD)
    assert made.status_code == 201, made.text
    path = f"/api/v1/knowledge/{made.json()['id']}"

    reviewed = leader.patch(path, json={"reviewed_by": "王主任", "reviewed_on": "2026-01-05"}).json()
    assert (reviewed["version"], reviewed["reviewed_by"]) == (2, "王主任")
    moved = leader.patch(path, json={"source": "本中心"}).json()
    assert moved["reviewed_by"] == "王主任"
    rewritten = leader.patch(path, json={"zh": CARD["zh"] | {"steps": ["打 110"]}}, headers={"If-Match": '"3"'}).json()
    assert (rewritten["version"], rewritten["reviewed_by"], rewritten["reviewed_on"]) == (4, None, None)
    assert leader.patch(path, json={"source": "本中心"}).json()["version"] == 4
    problem_of(leader.patch(path, json={"kinds": []}, headers={"If-Match": '"3"'}), 409)

    versions = leader.get(f"{path}/versions").json()["items"]
    assert [(one["version"], one["by"]) for one in versions] == [(n, "some-supervisor") for n in (4, 3, 2, 1)]
    assert versions[-1]["content"]["zh"]["steps"] == ["打 110", "等锁匠"]
    assert versions[1]["content"]["reviewed_on"] == "2026-01-05"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"zh": {"title": "门锁", "steps": []}}, "body.zh.steps"),
        ({"zh": {"title": "门锁", "steps": ["x"] * 8}}, "body.zh.steps"),
        ({"zh": {"title": "门锁", "steps": ["x"], "phones": ["没有号码"]}}, "body.zh.phones"),
        ({"kinds": ["earthquake"]}, "body.kinds"),
        ({"reviewed_by": "王主任"}, "reviewed_by"),
        ({"reviewed_by": "王主任", "reviewed_on": "2199-01-01"}, "reviewed_on"),
    ],
)
def test_a_card_that_cannot_be_is_refused(site: ConsoleSite, change: dict[str, Any], where: str) -> None:
    problem = problem_of(site.as_("registrar").post("/api/v1/knowledge", json=CARD | change), 422)

    assert where in str(problem)


def test_the_pages_show_find_and_change_a_card(site: ConsoleSite) -> None:
    site.add_user("leader", "supervisor")
    browser = site.open(authorization=f"Bearer {site.token('leader')}")
    assert "跌倒：先不扶起" in browser.get("/knowledge").text
    found = browser.post("/knowledge", data={"q": "xzb"}, headers={"hx-request": "true"}).text
    assert "<mark>心脏病</mark>" in found
    assert "<html" not in found
    assert "没有卡片提到" in browser.post("/knowledge", data={"q": "qqq"}).text
    assert "Shut the valve" in browser.get("/knowledge/print", headers={"cookie": "carebell_lang=en"}).text

    typed = {
        "zh.title": "门锁", "zh.steps": "打 110\n等锁匠", "zh.phones": "锁匠 400-1234567", "en.title": "",
        "en.steps": " ", "kinds": ["", "sos"], "conditions": "",
    }  # fmt: skip
    refused = browser.post("/knowledge/new", data=typed | {"zh.phones": "没有号码"})
    assert refused.status_code == 422
    assert "没有号码" in refused.text
    made = browser.post("/knowledge/new", data=typed, follow_redirects=False)
    path = made.headers["location"]
    shown = browser.get(path).text
    assert "400-1234567" in shown
    assert "未经本单位医疗负责人审核" in shown
    assert browser.get(f"{path}/edit").text.count("锁匠 400-1234567") == 1

    late = browser.post(f"{path}/edit", data=typed | {"version": "1", "zh.title": "门锁坏了"}, follow_redirects=False)
    assert late.status_code == 303
    assert browser.post(f"{path}/edit", data=typed | {"version": "1"}).status_code == 409
    history = browser.get(f"{path}/versions").text
    assert "门锁坏了" in history
    gone = browser.post(f"{path}/remove", follow_redirects=False)
    assert gone.headers["location"] == "/knowledge"
    assert browser.post(f"{path}/restore", follow_redirects=False).headers["location"] == path


def test_beside_an_alarm_the_card_tells_no_illness_to_who_may_not_see_it(world: World) -> None:
    knowledge_start.load(world.db, world.clock)
    site = ConsoleSite(world.db, world.clock)
    site.centre.alarms = world.alarms
    site.add_user("limin", "officer")
    browser = site.open(authorization=f"Bearer {site.token('limin')}")
    with world.db.write() as session:
        values = {"health": {"conditions": ["糖尿病"], "hearing": "差"}, "language": "en"}
        session.connection().execute(update(ELDERS).values(values))
    world.press("dev-7")
    path = f"/alarms/{world.alarm.id}"

    folded = browser.get(path).text
    assert "一键呼叫：先问清楚" in folded
    assert 'id="card-' in folded
    assert "因为：" not in folded
    assert "I can hear you, and I am staying with you." in folded  # The elder speaks English.

    browser.post(f"{path}/claim")
    held = browser.get(path).text
    assert "因为：糖尿病" in held
    assert "因为：听力差" in held

    found = site.as_("officer").get("/api/v1/knowledge").json()["items"]
    cards = {one["key"]: one["id"] for one in found}
    answer = browser.post(f"{path}/cards/{cards['sos']}", data={"done": ["1", "3", "9"]}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    browser.post(f"{path}/cards/{cards['diabetes']}", data={"done": ["2"]})
    browser.post(f"{path}/cards/{cards['sos']}")
    problem_of(browser.post(f"{path}/cards/nothing", data={"done": ["2"]}, headers={"accept": "application/json"}), 404)
    notes = [line["data"]["text"] for line in world.alarm.timeline if line["what"] == "noted"]
    assert notes == [
        "按卡片《一键呼叫：先问清楚》已做：1 报出中心名称，叫对方的称呼；3 听不到回答：当作出事，继续呼叫家属",
        "按这一病情的卡片已做：第 2 步",
    ]
