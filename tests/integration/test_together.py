"""Colleagues at several consoles: who looks at what, an alarm from hand to hand, and a question to the leader."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from console.looks import Looks, told_to, who_looks
from core.clock import ManualClock
from core.db import Database
from core.wake import Wake
from registry import sessions
from registry.scope import Scope
from registry.sessions import SignedIn
from registry.store import USERS, find
from tests.console_site import ConsoleSite, problem_of
from tests.world import START, World

HTML = {"accept": "text/html", "sec-fetch-site": "same-origin"}
ONE, TWO = "a" * 24, "b" * 24
LEADERS_PHONE = "+8613900000010"


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    for name in ("limin", "zhouyang"):
        made.add_user(name, "officer")
    made.add_user("wang", "supervisor")
    return made


def browser(site: ConsoleSite, name: str) -> TestClient:
    made = site.open(**HTML)
    made.cookies.set("carebell_lang", "en")
    with site.db.write() as session:
        made.cookies.set("carebell_session", sessions.begin(session, id_of(site, name), site.clock.now()))
    return made


def id_of(site: ConsoleSite, name: str) -> str:
    with site.db.read() as session:
        found = find(session, USERS, USERS.c.username == name)
    assert found is not None
    return str(found["id"])


def post(client: TestClient, alarm_id: str, action: str, **members: Any) -> httpx.Response:
    return client.post(f"/alarms/{alarm_id}/{action}", data=members, headers={"hx-request": "true"})


def alarm(site: ConsoleSite, alarm_id: str) -> dict[str, Any]:
    return dict(site.as_("auditor").get(f"/api/v1/alarms/{alarm_id}").json())


def test_an_offer_is_seen_accepted_and_told(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    limin, zhou = browser(site, "limin"), browser(site, "zhouyang")
    post(limin, alarm_id, "claim")
    assert "zhouyang" in limin.get(f"/alarms/{alarm_id}").text  # On the pick list: signed in just now.

    assert post(limin, alarm_id, "offer", user_id=id_of(site, "zhouyang"), text="换班").status_code == 200

    seen = zhou.get("/desk/for-me").text
    assert "hands you #1" in seen
    assert "换班" in seen
    assert "hands you" not in limin.get("/desk/for-me").text
    assert alarm(site, alarm_id)["claimed_by"]["id"] == id_of(site, "limin")

    assert post(zhou, alarm_id, "take_over").status_code == 200
    assert alarm(site, alarm_id)["claimed_by"]["id"] == id_of(site, "zhouyang")
    assert zhou.get("/desk/for-me").text.strip() == ""


def test_an_offer_that_nobody_answers_comes_back_to_the_giver_by_itself(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    limin, zhou = browser(site, "limin"), browser(site, "zhouyang")
    post(limin, alarm_id, "claim")
    post(limin, alarm_id, "offer", user_id=id_of(site, "zhouyang"))

    world.advance(31)

    assert "has not answered about #1" in limin.get("/desk/for-me").text
    assert alarm(site, alarm_id)["timeline"][-1]["what"] == "offer_unanswered"
    post(limin, alarm_id, "urge")
    assert "hands you #1" in zhou.get("/desk/for-me").text


def test_nobody_hands_an_alarm_to_who_is_not_there(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    officer = site.as_("officer")
    officer.post(f"/api/v1/alarms/{alarm_id}/claim")
    path = f"/api/v1/alarms/{alarm_id}/offer"

    problem_of(officer.post(path, json={"user_id": id_of(site, "zhouyang")}), 409)
    problem_of(officer.post(path, json={"user_id": "nobody"}), 422)
    problem_of(officer.post(path, json={}), 422)
    problem_of(officer.post(f"/api/v1/alarms/{alarm_id}/assign", json={"user_id": id_of(site, "limin")}), 403)
    given = site.as_("supervisor").post(f"/api/v1/alarms/{alarm_id}/assign", json={"user_id": id_of(site, "limin")})
    assert given.json()["claimed_by"]["id"] == id_of(site, "limin")


def test_the_second_of_two_claims_reads_who_was_first(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    post(browser(site, "limin"), alarm_id, "claim")
    world.clock.advance(2)

    late = post(browser(site, "zhouyang"), alarm_id, "claim")

    assert late.status_code == 409
    assert "limin was faster, 2 s ago" in late.text


def test_a_question_reaches_the_leader_and_the_word_comes_back(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    limin = browser(site, "limin")
    post(limin, alarm_id, "claim")

    alone = post(limin, alarm_id, "ask", text="要不要破门？").text
    assert "No leader is at a console now." in alone
    assert "Nor has any leader a phone number" in alone
    assert post(limin, alarm_id, "answer", text="自问自答").status_code == 403

    wang = browser(site, "wang")
    assert "asks you about #1" in wang.get("/desk/for-me").text
    assert "asks the leader" in wang.get("/").text
    assert post(wang, alarm_id, "answer", text="叫上警察一起").status_code == 200

    assert "叫上警察一起" in limin.get(f"/alarms/{alarm_id}").text
    assert wang.get("/desk/for-me").text.strip() == ""
    assert [line["what"] for line in alarm(site, alarm_id)["timeline"][-2:]] == ["asked_leader", "leader_answered"]


def test_the_leader_s_own_phone_is_rung_through_the_centre(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    with site.db.write() as session:
        session.connection().execute(update(USERS).where(USERS.c.username == "wang").values(phone=LEADERS_PHONE))
    officer = site.as_("officer")
    officer.post(f"/api/v1/alarms/{alarm_id}/claim")

    rung = officer.post(f"/api/v1/alarms/{alarm_id}/ring_leader", json={"user_id": id_of(site, "wang")}).json()
    world.settle()
    assert "值班员请示" in world.network.answer(LEADERS_PHONE).said
    world.network.press(LEADERS_PHONE, "1")
    world.settle()

    assert [a["role"] for a in rung["attempts"] if a["purpose"] == "officer"] == ["officer"]
    assert alarm(site, alarm_id)["claimed_by"]["id"] == id_of(site, "wang")


# -- who looks at what


def signed_in(user_id: str, **more: Any) -> SignedIn:
    return SignedIn(user_id, user_id, user_id, "officer", frozenset(), "en", START, **more)


def names(db: Database, clock: ManualClock, reader: SignedIn | None = None) -> dict[str, list[str]]:
    return {alarm: [one["id"] for one in who] for alarm, who in told_to(reader, who_looks(db, clock.now())).items()}


def test_who_looks_is_known_in_every_process_and_ends_with_the_page(site: ConsoleSite, world: World) -> None:
    alarm_id, db, clock = world.press().alarm_id, site.db, world.clock
    limin, zhou = signed_in(id_of(site, "limin")), signed_in(id_of(site, "zhouyang"))
    here, there = Looks(db, clock, Wake(db)), Looks(db, clock, Wake(db))

    here.heard(ONE, limin, alarm_id)
    there.heard(TWO, zhou, alarm_id)
    assert names(db, clock) == {alarm_id: [limin.id, zhou.id]}

    there.gone(TWO)
    here.heard(ONE, limin, None)
    assert names(db, clock) == {}


def test_a_console_that_falls_silent_is_gone(site: ConsoleSite, world: World) -> None:
    alarm_id, clock = world.press().alarm_id, world.clock
    looks = Looks(site.db, clock, Wake(site.db))
    looks.heard(ONE, signed_in(id_of(site, "limin")), alarm_id)
    looks.heard(TWO, signed_in(id_of(site, "zhouyang")), alarm_id)

    for _ in range(3):
        clock.advance(6)
        looks.heard(ONE, signed_in(id_of(site, "limin")), alarm_id)
        looks.tidy()

    assert names(site.db, clock) == {alarm_id: [id_of(site, "limin")]}


def test_what_a_console_says_again_is_not_written_again(site: ConsoleSite, world: World) -> None:
    alarm_id, clock = world.press().alarm_id, world.clock
    version = alarm(site, alarm_id)["version"]
    rings: list[str] = []
    wake = Wake(site.db)
    wake.listen("looks", lambda: rings.append("looks"))
    looks, limin = Looks(site.db, clock, wake), signed_in(id_of(site, "limin"))

    for _ in range(10):
        looks.heard(ONE, limin, alarm_id)
        looks.tidy()

    assert rings == ["looks"]
    assert alarm(site, alarm_id)["version"] == version


def test_a_page_that_went_over_to_another_process_is_not_ended_by_the_first(site: ConsoleSite, world: World) -> None:
    alarm_id, clock, limin = world.press().alarm_id, world.clock, signed_in(id_of(site, "limin"))
    first, second = Looks(site.db, clock, Wake(site.db)), Looks(site.db, clock, Wake(site.db))
    first.heard(ONE, limin, alarm_id)
    clock.advance(10)
    second.heard(ONE, limin, alarm_id)
    clock.advance(10)
    second.heard(ONE, limin, alarm_id)

    first.tidy()
    second.tidy()

    assert names(site.db, clock) == {alarm_id: [limin.id]}


def test_a_reader_with_areas_is_told_only_of_their_own(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    with site.db.write() as session:
        session.connection().exec_driver_sql("UPDATE elders SET area_path = '/61/6104'")
    looks = Looks(site.db, world.clock, Wake(site.db))
    looks.heard(ONE, signed_in(id_of(site, "limin")), alarm_id)
    elsewhere = signed_in("somebody", scope=Scope(("/62",)))

    assert names(site.db, world.clock, elsewhere) == {}
    assert list(names(site.db, world.clock, signed_in("somebody"))) == [alarm_id]


def test_a_page_says_what_is_on_it(site: ConsoleSite, world: World) -> None:
    alarm_id, limin = world.press().alarm_id, browser(site, "limin")

    assert limin.post("/desk/look", data={"console": ONE, "alarm": alarm_id}).status_code == 204
    assert names(site.db, world.clock) == {alarm_id: [id_of(site, "limin")]}
    assert limin.post("/desk/look", data={"console": ONE, "is_gone": "1"}).status_code == 204
    assert names(site.db, world.clock) == {}
    assert limin.post("/desk/look", data={"console": "<b>"}).status_code == 422
