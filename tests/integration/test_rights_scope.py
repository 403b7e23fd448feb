"""A street's officer sees the street: files, devices and alarms of other areas are as if they were not there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from console.live import Hub
from console.sight import SIGHTS
from core.ids import new_id
from registry import sessions
from registry.models import Finding, table_of
from registry.store import AREAS, ELDERS, add
from tests.console_site import ConsoleSite, problem_of
from tests.rights_table import routes
from tests.world import ELDER, OFFICER, World

CITY, STREET, NEXT_STREET = "/610000/610400", "/610000/610400/610402/610402001", "/610000/610400/610402/610402002"


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    with world.db.write() as session:
        for path in (CITY, STREET, NEXT_STREET):
            code = path.rpartition("/")[2]
            add(session, AREAS, {"id": new_id(), "code": code, "name": code, "level": "street", "path": path})
    return made


def file_in(site: ConsoleSite, elder_id: str, path: str | None) -> None:
    with site.db.write() as session:
        session.connection().execute(update(ELDERS).where(ELDERS.c.id == elder_id).values(area_path=path))


def of_area(site: ConsoleSite, role: str, *codes: str) -> TestClient:
    """Somebody who is signed in and has these areas."""
    name = f"{role}-of-{'-'.join(codes)}"
    given = {"username": name, "password": "correct horse battery", "role": role, "areas": list(codes)}
    answer = site.as_("admin").post("/api/v1/users", json=given)
    assert answer.status_code == 201, answer.text
    assert answer.json()["areas"] == list(codes)
    return site.open(authorization=f"Bearer {site.token(name)}")


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_lists_hold_what_lies_in_the_areas(site: ConsoleSite) -> None:
    mine, other, nowhere = (site.make("elders")["id"] for _ in range(3))
    file_in(site, mine, f"{STREET}/610402001003")
    file_in(site, other, f"{STREET}9")
    contacts = [site.make("contacts", elder_id=elder)["id"] for elder in (mine, other)]
    devices = [site.make("devices", elder_id=elder)["id"] for elder in (mine, other, None)]

    registrar = of_area(site, "registrar", "610402001")

    assert ids(registrar.get("/api/v1/elders")) == [mine]
    assert ids(registrar.get("/api/v1/elders?q=zgm")) == [mine]
    assert ids(registrar.post("/api/v1/search", json={"q": "zgm"})) == [mine]
    assert registrar.post("/registry/search", data={"q": "zgm"}).text.count("find-hit") == 1
    assert ids(registrar.get("/api/v1/contacts")) == contacts[:1]
    assert set(ids(registrar.get("/api/v1/devices"))) >= {devices[0], devices[2]}
    assert devices[1] not in ids(registrar.get("/api/v1/devices"))
    assert {mine, other, nowhere} <= set(ids(site.as_("registrar").get("/api/v1/elders")))


def test_what_lies_elsewhere_is_not_there(site: ConsoleSite) -> None:
    other = site.make("elders")["id"]
    file_in(site, other, NEXT_STREET)
    contact, device = site.make("contacts", elder_id=other)["id"], site.make("devices", elder_id=other)
    registrar = of_area(site, "registrar", "610402001")

    for path in (f"elders/{other}", f"contacts/{contact}", f"devices/{device['id']}", f"devices/{device['uid']}"):
        for method in ("GET", "PATCH", "DELETE"):
            problem_of(registrar.request(method, f"/api/v1/{path}", json={}), 404)
    given = {"elder_id": other, "name": "李娜", "role": "family", "phone": "+8613900000001", "rank": 1}
    problem_of(registrar.post("/api/v1/contacts", json=given), 422)
    problem_of(registrar.post("/api/v1/devices", json={"uid": "cb-x", "elder_id": other}), 422)
    assert of_area(site, "registrar", "610400").get(f"/api/v1/elders/{other}").status_code == 200


def test_nobody_files_an_elder_out_of_their_own_sight(site: ConsoleSite) -> None:
    registrar = of_area(site, "registrar", "610402001")

    made = registrar.post("/api/v1/elders", json={"name": "赵", "area_code": "610402001"})

    assert made.status_code == 201, made.text
    for outside in ({"area_code": "610402002"}, {"area": "somewhere"}, {}):
        problem_of(registrar.post("/api/v1/elders", json={"name": "赵"} | outside), 422)
    problem_of(registrar.patch(f"/api/v1/elders/{made.json()['id']}", json={"area_code": "610402002"}), 422)
    assert registrar.patch(f"/api/v1/elders/{made.json()['id']}", json={"name": "赵丽"}).status_code == 200


def test_an_area_that_has_gone_gives_no_right_at_all(site: ConsoleSite) -> None:
    elder = site.make("elders")["id"]
    file_in(site, elder, STREET)
    registrar = of_area(site, "registrar", "610402001")
    with site.db.write() as session:
        session.connection().execute(AREAS.delete().where(AREAS.c.code == "610402001"))
    site.app.state.memory.forget()

    assert ids(registrar.get("/api/v1/elders")) == []
    problem_of(registrar.get(f"/api/v1/elders/{elder}"), 404)


def test_areas_of_a_user_must_be_there(site: ConsoleSite) -> None:
    given = {"username": "limin", "password": "correct horse battery", "role": "officer", "areas": ["999999"]}

    told = problem_of(site.as_("admin").post("/api/v1/users", json=given), 422)

    assert told["errors"] == [{"where": "body.areas", "what": "there is no such area"}]


def test_nobody_gives_or_keeps_more_than_their_own_areas(site: ConsoleSite) -> None:
    street, city = of_area(site, "admin", "610402001"), of_area(site, "admin", "610400")
    users = "/api/v1/users"
    mine, theirs, everybodys = (
        site.registry.users.by_name(name)["id"] for name in ("admin-of-610402001", "admin-of-610400", "some-admin")
    )
    given = {"username": "limin", "password": "correct horse battery", "role": "officer"}

    for areas in (None, [], ["610402002"], ["610402001", "610402002"], ["610400"]):
        problem_of(street.post(users, json=given | {"areas": areas}), 422)
        problem_of(street.patch(f"{users}/{mine}", json={"areas": areas}), 422)
    for other in (theirs, everybodys):
        for doing in (
            street.patch(f"{users}/{other}", json={"display_name": "x"}),
            street.post(f"{users}/{other}/reset-password"),
            street.post(f"{users}/{other}/reset-second-factor"),
            street.post(f"{users}/{other}/unlock"),
            street.delete(f"{users}/{other}/sessions"),
            street.delete(f"{users}/{other}/tokens/none"),
            street.delete(f"{users}/{other}"),
        ):
            problem_of(doing, 403)
    assert street.post(users, json=given | {"areas": ["610402001"]}).status_code == 201
    assert city.patch(f"{users}/{mine}", json={"areas": ["610402002"]}).status_code == 200


def test_an_alarm_elsewhere_is_out_of_sight_until_anybody_is_wanted(site: ConsoleSite, world: World) -> None:
    file_in(site, ELDER.id, NEXT_STREET)
    alarm_id = world.press().alarm_id
    officer = of_area(site, "officer", "610402001")

    assert ids(officer.get("/api/v1/alarms")) == []
    problem_of(officer.get(f"/api/v1/alarms/{alarm_id}"), 404)
    problem_of(officer.post(f"/api/v1/alarms/{alarm_id}/claim"), 404)
    assert alarm_id not in officer.get(f"/?alarm={alarm_id}").text
    assert ids(of_area(site, "officer", "610402002").get("/api/v1/alarms")) == [alarm_id]

    world.advance_until(lambda: world.alarm.officers_wanted, within_s=600)

    assert ids(officer.get("/api/v1/alarms")) == [alarm_id]
    assert officer.post(f"/api/v1/alarms/{alarm_id}/claim").status_code == 200
    assert officer.get(f"/api/v1/alarms/{alarm_id}").json()["claimed_by"]["name"] == "officer-of-610402001"
    assert alarm_id in officer.get("/").text


def test_an_alarm_of_nobody_is_everybodys(site: ConsoleSite, world: World) -> None:
    unlinked, unfiled = world.press("dev-stock").alarm_id, world.press("dev-7").alarm_id

    officer = of_area(site, "officer", "610402001")

    assert set(ids(officer.get("/api/v1/alarms"))) == {unlinked, unfiled}


@pytest.fixture
def hub(world: World) -> Iterator[Hub]:
    made = Hub(world.db, world.clock, world.wake)
    yield made
    made.close()


def test_the_stream_tells_no_more_than_that_something_is_out_of_sight(
    site: ConsoleSite, world: World, hub: Hub
) -> None:
    file_in(site, ELDER.id, NEXT_STREET)
    alarm_id = world.press().alarm_id
    of_area(site, "officer", "610402001")
    world.click("note", text="the door is open")
    token = site.token("officer-of-610402001")
    with world.db.read() as session:
        near = sessions.find(session, token, world.clock.now())
    told = hub._tell(hub._lines(0), 0)

    assert ELDER.name.encode() not in told[0].text_for(near)
    assert OFFICER.name.encode("ascii", "backslashreplace") not in told[-1].text_for(near)
    assert alarm_id.encode() in told[0].text_for(near)
    assert all(b"out_of_sight" in one.text_for(near) for one in told)
    assert not any(b"out_of_sight" in one.text_for(None) for one in told)


def test_nobody_widens_what_they_see_by_moving_areas(site: ConsoleSite) -> None:
    registrar, admin = of_area(site, "registrar", "610402001"), site.as_("admin")
    found = {area["code"]: area for area in admin.get("/api/v1/areas").json()["items"]}

    problem_of(registrar.patch(f"/api/v1/areas/{found['610400']['id']}", json={"parent_code": "610402001"}), 422)
    problem_of(registrar.patch(f"/api/v1/areas/{found['610402002']['id']}", json={"name": "x"}), 403)
    problem_of(registrar.delete(f"/api/v1/areas/{found['610402002']['id']}"), 403)
    problem_of(registrar.post("/api/v1/areas", json={"code": "x", "name": "x", "level": "community"}), 403)
    problem_of(registrar.post("/api/v1/areas/load", json={"code": "610000"}), 403)
    mine = {"code": "x", "name": "x", "level": "community", "parent_code": "610402001"}
    assert registrar.post("/api/v1/areas", json=mine).status_code == 201


def test_a_streets_registrar_sets_the_streets_policies(site: ConsoleSite) -> None:
    registrar, (mine, other) = of_area(site, "registrar", "610402001"), (site.make("elders")["id"] for _ in range(2))
    file_in(site, mine, STREET)
    for name, scope in (("default", {}), ("gas", {"kind": "gas"}), ("there", {"area_code": "610402002"})):
        problem_of(registrar.put(f"/api/v1/policies/{name}", json=scope | {"ring_s": 5}), 403)
    problem_of(registrar.put("/api/v1/policies/other", json={"elder_id": other}), 403)
    for name, scope in (("street", {"area_code": "610402001"}), ("zhao", {"elder_id": mine})):
        assert registrar.put(f"/api/v1/policies/{name}", json=scope).status_code == 200
    site.as_("admin").put("/api/v1/policies/there", json={"area_code": "610402002"})
    problem_of(registrar.put("/api/v1/policies/there", json={"area_code": "610402001"}), 403)
    problem_of(registrar.delete("/api/v1/policies/there"), 403)
    assert registrar.delete("/api/v1/policies/street").status_code == 204


SECRET_NAME, SECRET_UID, SECRET_PLACE = "隐名老人", "cb-hidden-7", "隐蔽路7号"
WHOLE = ("/api/v1/log", "/registry/log", "/api/v1/sandbox", "/sandbox")  # Who reads these answers for all of it.
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def hidden(site: ConsoleSite, world: World) -> dict[str, str]:
    """Everything about an elder of the next street; by the names that paths have for it."""
    elder = site.make("elders", name=SECRET_NAME, address=SECRET_PLACE, area_code="610402002")["id"]
    contact = site.make("contacts", elder_id=elder, name=f"{SECRET_NAME}之女")["id"]
    site.make("devices", uid=SECRET_UID, elder_id=elder)
    alarm = world.press(SECRET_UID).alarm_id
    with site.db.write() as session:
        finding = {"id": new_id(), "kind": "no_device", "subject_kind": "elder", "subject_id": elder, "elder_id": elder}
        finding |= {"subject_key": "hidden", "found_at": world.clock.now(), "gravity": 1, "data": {}}
        session.connection().execute(table_of(Finding).insert().values(finding))
    return {
        "elder_id": elder, "contact_id": contact, "device": SECRET_UID, "device_id": SECRET_UID, "uid": SECRET_UID,
        "alarm_id": alarm, "finding_id": finding["id"],
    }  # fmt: skip


def test_no_page_and_no_list_tells_of_another_street(site: ConsoleSite, world: World) -> None:
    known = hidden(site, world)
    clients = {False: of_area(site, "admin", "610402001"), True: site.as_("admin")}
    told: dict[bool, list[str]] = {False: [], True: []}
    refused = []
    for method, path in routes():
        names = PARAMETER.findall(path)
        if method != "GET" or path in ("/api/v1/events", "/sign-in/oidc", "/sign-in/oidc/back"):
            continue
        filled = PARAMETER.sub(lambda name: known.get(name[1], "x"), path)
        for is_everywhere, client in clients.items():
            answer = client.get(filled, headers={"accept": "*/*"}, follow_redirects=False)
            if any(word in answer.text for word in (SECRET_NAME, SECRET_UID, SECRET_PLACE, known["elder_id"])):
                told[is_everywhere].append(path)
            if not is_everywhere and SIGHTS.keys() & known.keys() & set(names) and answer.status_code != 404:
                refused.append(f"{path}: {answer.status_code}")

    assert [one for one in told[False] if not one.startswith(WHOLE)] == [], (
        "add user.scope.where(TABLE) to these lists (docs/adr/0007)"
    )
    assert refused == []
    assert len(told[True]) > 15  # They do tell who sees everything.


def test_nothing_of_another_street_can_be_changed(site: ConsoleSite, world: World) -> None:
    known = hidden(site, world)
    client = of_area(site, "admin", "610402001")
    wrong = []
    for method, path in routes():
        if method == "GET" or not SIGHTS.keys() & known.keys() & set(PARAMETER.findall(path)):
            continue
        filled = PARAMETER.sub(lambda name: known.get(name[1], "x"), path)
        status = client.request(method, filled, headers={"sec-fetch-site": "same-origin"}).status_code
        if status != 404:
            wrong.append(f"{method} {path}: {status}")

    assert wrong == []
