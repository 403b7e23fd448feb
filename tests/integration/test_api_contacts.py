"""Contacts over HTTP: one person for several elders, numbers, hours, order, and who is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console_site import ConsoleSite, open_database, problem_of

HOURS = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
AWAY = [{"from": "2026-01-20", "to": "2026-02-10", "note": "过年"}]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    folder: Path = tmp_path_factory.mktemp("contacts")
    db = open_database(request.param, folder, "api_contacts")
    yield ConsoleSite(db)
    db.close()


def patch(site: ConsoleSite, contact: dict[str, Any], **members: Any) -> Any:
    return site.as_("registrar").patch(f"/api/v1/contacts/{contact['id']}", json=members)


def get(site: ConsoleSite, contact: dict[str, Any]) -> dict[str, Any]:
    return dict(site.as_("registrar").get(f"/api/v1/contacts/{contact['id']}").json())


def findings(site: ConsoleSite, **asked: str) -> list[dict[str, Any]]:
    return list(site.as_("registrar").get("/api/v1/findings", params=asked).json()["items"])


def test_everything_about_a_contact_is_kept_and_shown(site: ConsoleSite) -> None:
    elder = site.make("elders", lat=34.3296, lon=108.7093)
    made = site.make(
        "contacts", elder_id=elder["id"], hours=HOURS, away=AWAY, languages=["zh-CN", "陕西话"], note="白天上班",
        is_key_holder=True, lat=34.3300, lon=108.7093, more_phones=[{"phone": "029 8123 4567", "label": "单位"}],
    )  # fmt: skip

    assert made["hours"] == HOURS
    assert made["away"] == AWAY
    assert made["languages"] == ["zh-CN", "陕西话"]
    assert (made["note"], made["is_key_holder"]) == ("白天上班", True)
    assert made["more_phones"][0].items() >= {"phone": "+862981234567", "label": "单位", "wrong_at": None}.items()
    assert 44 < made["distance_m"] < 45
    assert patch(site, made, hours=None, more_phones=[]).json().items() >= {"hours": [], "more_phones": []}.items()


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"more_phones": [{"phone": "123"}]}, "body.more_phones"),
        ({"more_phones": [{"phone": "13912345678"}, {"phone": "+8613912345678"}]}, "body.more_phones"),
        ({"hours": [{"days": [1], "from": "8", "to": "18:00"}]}, "body.hours.0.from"),
        ({"away": [{"from": "2026-02-10", "to": "2026-01-20"}]}, "body.away.0"),
        ({"lat": 34.0}, "body.lat"),
        ({"rank": -1}, "body.rank"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_member(site: ConsoleSite, members: dict[str, Any], where: str) -> None:
    elder = site.make("elders")
    body = {"elder_id": elder["id"], "name": "李娜", "role": "family", "phone": "13900001111", "rank": 1} | members

    problem = problem_of(site.as_("registrar").post("/api/v1/contacts", json=body), 422)

    assert problem["errors"][0]["where"] == where


def test_one_person_is_called_for_several_elders(site: ConsoleSite) -> None:
    first = site.make("contacts", name="张站长", role="community", phone="13800002001", relation="社区")
    second = site.make(
        "contacts", name="张站长", role="community", phone="13800002001", relation="邻居", same_person_as=first["id"]
    )
    changed = patch(site, second, name="张建国", phone="13800002002", hours=HOURS, relation="老邻居", rank=7).json()

    assert changed["person_id"] == first["id"]
    assert get(site, first).items() >= {
        "name": "张建国", "phone": "+8613800002002", "hours": HOURS, "relation": "社区", "rank": first["rank"],
        "person_id": first["id"],
    }.items()  # fmt: skip
    page = site.as_("registrar").get("/api/v1/contacts", params={"person_id": first["id"]}).json()
    assert {one["id"] for one in page["items"]} == {first["id"], second["id"]}


def test_same_person_must_be_the_same_and_not_twice(site: ConsoleSite) -> None:
    first = site.make("contacts", name="孙大夫", role="doctor", phone="13800002003")
    body = {"name": "孙大夫", "role": "doctor", "phone": "13800002003", "rank": 1, "same_person_as": first["id"]}
    elsewhere = site.make("elders")["id"]
    for wrong in (
        {"elder_id": first["elder_id"]},
        {"elder_id": elsewhere, "name": "别人"},
        {"elder_id": elsewhere, "phone": "13800002999"},
        {"elder_id": elsewhere, "same_person_as": "nobody"},
    ):
        problem = problem_of(site.as_("registrar").post("/api/v1/contacts", json=body | wrong), 422)
        assert problem["errors"][0]["where"] == "body.same_person_as"


def test_people_who_seem_the_same_can_be_joined(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    first = site.make("contacts", name="王 医生", role="doctor", phone="13800002004", hours=HOURS)
    second = site.make("contacts", name="王医生", role="doctor", phone="13800002004")
    other = site.make("contacts", name="刘护士", role="doctor", phone="13800002004")

    alike = registrar.get(f"/api/v1/contacts/{second['id']}/alike").json()["items"]
    assert [one["id"] for one in alike] == [first["id"]]
    joined = registrar.post(f"/api/v1/contacts/{second['id']}/same-person", json={"contact_id": first["id"]}).json()

    assert (joined["person_id"], joined["name"], joined["hours"]) == (first["id"], "王 医生", HOURS)
    assert registrar.get(f"/api/v1/contacts/{second['id']}/alike").json()["items"] == []
    assert get(site, other)["person_id"] is None
    twice = registrar.post(f"/api/v1/contacts/{second['id']}/same-person", json={"contact_id": first["id"]})
    problem_of(twice, 409)


def test_order_is_set_by_one_call(site: ConsoleSite) -> None:
    registrar, elder = site.as_("registrar"), site.make("elders")
    a, b, c = (site.make("contacts", elder_id=elder["id"])["id"] for _ in range(3))

    def order(*ids: str) -> Any:
        return registrar.put("/api/v1/contacts/order", json={"elder_id": elder["id"], "contact_ids": list(ids)})

    assert [one["id"] for one in order(c, a, b).json()] == [c, a, b]
    site.make("contacts", elder_id=elder["id"])
    problem_of(order(a, b, c), 409)
    problem_of(order(a, a, b, c), 409)


def test_elder_is_not_called_about_themselves(site: ConsoleSite) -> None:
    elder = site.make("elders", name="赵桂明", phone="13800003001")
    body = {"elder_id": elder["id"], "name": " 赵 桂明", "role": "family", "phone": "138 0000 3001", "rank": 1}

    problem = problem_of(site.as_("registrar").post("/api/v1/contacts", json=body), 422)

    assert problem["errors"][0]["where"] == "body.name"
    assert "elder" in problem["errors"][0]["what"]
    wife = site.make("contacts", elder_id=elder["id"], name="李娜", phone="13800003001")
    problem_of(patch(site, wife, name="赵桂明"), 422)


def test_shared_landline_is_a_finding_until_it_is_not_shared(site: ConsoleSite) -> None:
    elder = site.make("elders", phone="02981110001")
    wife = site.make("contacts", elder_id=elder["id"], phone="02981110001")

    assert [one["kind"] for one in findings(site, elder_id=elder["id"])] == ["shared_phone"]
    patch(site, wife, phone="13800003002")
    assert findings(site, elder_id=elder["id"]) == []


def test_removal_can_be_undone_and_nobody_left_is_a_finding(site: ConsoleSite) -> None:
    registrar, only = site.as_("registrar"), site.make("contacts")
    path = f"/api/v1/contacts/{only['id']}"

    assert registrar.delete(path).status_code == 204
    assert [one["kind"] for one in findings(site, elder_id=only["elder_id"])] == ["no_contacts"]
    assert registrar.post(f"{path}/restore").json()["id"] == only["id"]
    assert findings(site, elder_id=only["elder_id"]) == []
    assert registrar.post(f"{path}/restore").status_code == 200


def test_word_that_a_number_is_right_and_a_new_number_forgets_it(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    made = site.make("contacts", phone="13800004001", more_phones=[{"phone": "13800004002"}])
    path = f"/api/v1/contacts/{made['id']}/verified"

    assert registrar.post(path, json={"note": "当面核对"}).json()["verified_at"] is not None
    second = registrar.post(path, json={"phone": "13800004002"}).json()["more_phones"][0]
    assert second["verified_at"] is not None
    problem_of(registrar.post(path, json={"phone": "13800004003"}), 422)
    kept = patch(site, made, more_phones=[{"phone": "13800004002", "label": "家"}, {"phone": "13800004005"}]).json()
    assert [one["verified_at"] is not None for one in kept["more_phones"]] == [True, False]
    assert patch(site, made, phone="13800004004").json()["verified_at"] is None


def test_second_registrar_of_one_person_is_told(site: ConsoleSite) -> None:
    first = site.make("contacts", name="郑阿姨", phone="13800005001")
    second = site.make("contacts", name="郑阿姨", phone="13800005001", same_person_as=first["id"])
    patch(site, second, note="只属于这一位")
    seen = get(site, first)["version"]
    patch(site, second, languages=["陕西话"])

    problem_of(patch(site, first, name="郑姨", version=seen), 409)
    assert get(site, second)["name"] == "郑阿姨"
    assert get(site, first)["note"] is None
