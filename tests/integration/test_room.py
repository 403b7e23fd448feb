"""The duty room: who is rung first, what is parked comes back, and nothing is handed over silently."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from alarms.views import instant
from core.db import Database
from duty import room
from registry import directory
from tests.console_site import ConsoleSite, problem_of
from tests.world import COLLEAGUE, ELDER, OFFICER, World, add_officer

HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    with db.write() as session:
        add_officer(session, COLLEAGUE)
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def at(world: World, **after: float) -> str:
    return str(instant(world.clock.now() + timedelta(**after)))


def a_shift(world: World, user_id: str = COLLEAGUE.id, **more: Any) -> dict[str, Any]:
    return {"user_id": user_id, "starts_at": at(world, hours=-1), "ends_at": at(world, hours=7)} | more


def test_who_is_on_duty_is_rung_first_and_nobody_is_left_out(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    assert leader.post("/api/v1/shifts", json=a_shift(world)).status_code == 201

    with site.db.read() as session:
        now = [o.id for o in directory.officers_on_duty(session, world.clock.now())]
        later = [o.id for o in directory.officers_on_duty(session, world.clock.now() + timedelta(hours=8))]

    assert now[:2] == [COLLEAGUE.id, OFFICER.id]
    assert later[:2] == [OFFICER.id, COLLEAGUE.id]


def test_shifts_are_told_page_by_page(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    made = [leader.post("/api/v1/shifts", json=a_shift(world, one.id)).json()["id"] for one in (OFFICER, COLLEAGUE)]

    first = leader.get("/api/v1/shifts?limit=1").json()
    second = leader.get("/api/v1/shifts", params={"limit": 1, "cursor": first["next_cursor"]}).json()

    assert [one["id"] for page in (first, second) for one in page["items"]] == made
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"user_id": "nobody"}, 422),
        ({"ends_at": "2026-11-20T00:00:00Z"}, 422),
        ({"ends_at": "2026-11-29T00:00:00Z"}, 422),
        ({"starts_at": "2026-11-21T08:00:00"}, 422),
        ({"starts_at": "tomorrow"}, 422),
    ],
)
def test_a_shift_that_cannot_be_is_refused(site: ConsoleSite, world: World, wrong: dict[str, str], status: int) -> None:
    problem_of(site.as_("supervisor").post("/api/v1/shifts", json=a_shift(world) | wrong), status)


def test_nobody_is_on_duty_twice_at_once(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    first = leader.post("/api/v1/shifts", json=a_shift(world)).json()
    problem_of(leader.post("/api/v1/shifts", json=a_shift(world)), 409)

    assert leader.delete(f"/api/v1/shifts/{first['id']}").status_code == 204
    assert leader.post("/api/v1/shifts", json=a_shift(world)).status_code == 201
    problem_of(leader.delete(f"/api/v1/shifts/{first['id']}"), 404)


def test_an_officer_does_not_change_the_roster(site: ConsoleSite, world: World) -> None:
    problem_of(site.as_("officer").post("/api/v1/shifts", json=a_shift(world)), 403)


def test_what_is_parked_comes_back_to_its_owner_or_to_everybody(site: ConsoleSite, world: World) -> None:
    officer = site.as_("officer")
    for owner in (None, OFFICER.id):
        parked = {"text": "再给女儿打电话", "due_at": at(world, minutes=30), "owner_id": owner, "elder_id": ELDER.id}
        assert officer.post("/api/v1/todos", json=parked).status_code == 201

    def due(user_id: str) -> int:
        with site.db.read() as session:
            return room.due_count(session, user_id, world.clock.now())

    assert due(OFFICER.id) == 0
    world.clock.advance(30 * 60)
    assert (due(OFFICER.id), due(COLLEAGUE.id)) == (2, 1)
    first = officer.get("/api/v1/todos").json()["items"][0]
    done = officer.patch(f"/api/v1/todos/{first['id']}", json={"is_done": True}).json()
    assert (done["done_by"] is not None, due(OFFICER.id)) == (True, 1)
    officer.patch(f"/api/v1/todos/{first['id']}", json={"is_done": False})
    assert due(OFFICER.id) == 2


@pytest.mark.parametrize("wrong", [{"text": ""}, {"text": "x" * 1001}, {"owner_id": "nobody"}, {"elder_id": "nobody"},
                                   {"alarm_id": "nothing"}, {"due_at": None}])  # fmt: skip
def test_a_todo_that_cannot_be_is_refused(site: ConsoleSite, world: World, wrong: dict[str, Any]) -> None:
    parked = {"text": "电梯修好了吗", "due_at": at(world, minutes=5)} | wrong

    problem_of(site.as_("officer").post("/api/v1/todos", json=parked), 422)


def test_a_hand_over_is_signed_by_both_and_lists_what_is_open(site: ConsoleSite, world: World) -> None:
    world.press()
    leaving, coming = site.as_("officer"), site.as_("supervisor")
    leaving.post("/api/v1/todos", json={"text": "回电物业", "due_at": at(world, hours=2)})

    given = leaving.post("/api/v1/hand-overs", json={"note": "3 号楼停电"}).json()

    assert [one["number"] for one in given["content"]["alarms"]] == [1]
    assert [one["text"] for one in given["content"]["todos"]] == ["回电物业"]
    assert "赵桂明" not in str(given["content"])
    problem_of(coming.post("/api/v1/hand-overs", json={}), 409)
    problem_of(leaving.post(f"/api/v1/hand-overs/{given['id']}/take"), 409)
    assert coming.post(f"/api/v1/hand-overs/{given['id']}/take").json()["taken_by"]
    problem_of(coming.post(f"/api/v1/hand-overs/{given['id']}/take"), 409)
    problem_of(coming.post("/api/v1/hand-overs/nothing/take"), 404)


def test_the_room_on_a_page(site: ConsoleSite, world: World) -> None:
    world.press()
    leader = site.as_("supervisor")
    added = leader.post(
        "/room/shifts",
        data={"user_id": COLLEAGUE.id, "day": "2026-11-21", "begins": "20:00", "ends": "08:00"},
        headers=HTML, follow_redirects=False,
    )  # fmt: skip
    parked = leader.post(
        "/room/todos", data={"text": "<b>问物业</b>", "in_min": "30"}, headers=HTML, follow_redirects=False
    )
    shown = leader.get("/room", headers=HTML).text

    assert (added.status_code, parked.status_code) == (303, 303)
    assert "20:00–08:00" in shown
    assert "&lt;b&gt;问物业&lt;/b&gt;" in shown
    assert "赵桂明" in shown


def test_what_is_wrong_on_the_page_stands_beside_it(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    day = leader.post("/room/shifts", data={"user_id": COLLEAGUE.id, "day": "2026-02-30"}, headers=HTML)
    empty = leader.post("/room/todos", data={"text": " "}, headers=HTML)

    assert (day.status_code, empty.status_code) == (422, 422)
    assert "没有这一天" in day.text
    assert "必填" in empty.text


def test_the_undo_of_a_done_todo(site: ConsoleSite, world: World) -> None:
    officer = site.as_("officer")
    todo = officer.post("/api/v1/todos", json={"text": "回电", "due_at": at(world, minutes=1)}).json()

    officer.post(f"/room/todos/{todo['id']}/done", headers=HTML)
    assert officer.get("/api/v1/todos").json()["items"] == []
    officer.post(f"/room/todos/{todo['id']}/open", headers=HTML)

    assert [one["id"] for one in officer.get("/api/v1/todos").json()["items"]] == [todo["id"]]


def test_to_dos_are_paged_without_a_gap(site: ConsoleSite, world: World) -> None:
    officer = site.as_("officer")
    for n in range(5):
        officer.post("/api/v1/todos", json={"text": f"第 {n} 件", "due_at": at(world, minutes=5)})
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = officer.get("/api/v1/todos", params=asked).json()
        seen += [one["text"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == [f"第 {n} 件" for n in range(5)]
    problem_of(officer.get("/api/v1/todos", params={"cursor": "MTp4"}), 422)


def test_hand_overs_are_paged(site: ConsoleSite) -> None:
    leaving, coming = site.as_("officer"), site.as_("supervisor")
    for _ in range(3):
        given = leaving.post("/api/v1/hand-overs", json={}).json()
        coming.post(f"/api/v1/hand-overs/{given['id']}/take")

    first = leaving.get("/api/v1/hand-overs", params={"limit": 2}).json()
    rest = leaving.get("/api/v1/hand-overs", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


def test_a_sheet_keeps_no_words_that_were_forgotten(site: ConsoleSite, world: World) -> None:
    leaving = site.as_("officer")
    parked = {"text": "赵桂明的女儿要回电", "due_at": at(world, hours=1), "elder_id": ELDER.id}
    leaving.post("/api/v1/todos", json=parked)
    leaving.post("/api/v1/hand-overs", json={})
    assert leaving.get("/api/v1/hand-overs").json()["items"][0]["content"]["todos"][0]["text"] == parked["text"]

    with site.db.write() as session:
        session.execute(delete(room.TO_DOS))

    assert leaving.get("/api/v1/hand-overs").json()["items"][0]["content"]["todos"] == []


@pytest.mark.parametrize("back", ["//elsewhere", "/\\elsewhere", "https://elsewhere", "elsewhere"])
def test_parking_leads_to_no_other_site(site: ConsoleSite, back: str) -> None:
    todo = {"text": "回电", "in_min": "5", "back": back}

    answer = site.as_("officer").post("/room/todos", data=todo, headers=HTML, follow_redirects=False)

    assert answer.headers["location"] == "/"


def test_what_nobody_can_do_with_a_todo_is_refused(site: ConsoleSite, world: World) -> None:
    officer = site.as_("officer")
    todo = officer.post("/api/v1/todos", json={"text": "回电", "due_at": at(world, minutes=1)}).json()

    assert officer.post(f"/room/todos/{todo['id']}/explode", headers=HTML).status_code == 422


def test_the_oncoming_leader_reads_what_has_changed_since(site: ConsoleSite, world: World) -> None:
    world.press()
    site.as_("officer").post("/api/v1/hand-overs", json={})
    coming = site.as_("supervisor")
    assert "Changed since" not in coming.get("/room", headers=HTML | {"cookie": "carebell_lang=en"}).text

    world.press("dev-stock")
    world.click("claim", by="colleague")
    site.as_("officer").post("/api/v1/todos", json={"text": "回电物业", "due_at": at(world, hours=2)})

    page = coming.get("/room", headers=HTML | {"cookie": "carebell_lang=en"}).text
    assert "Changed since it was signed (2)" in page
    assert page.count("回电物业") == 2  # On the list, and among what is new.
