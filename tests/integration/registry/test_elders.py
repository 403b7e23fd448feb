"""Elders' files over HTTP: what they hold, who sees it, and what is refused."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select, text

from core.clock import ManualClock
from core.db import Database
from geo.country import Country
from geo.outlines import GeocnOutlines
from registry.audit import AUDIT
from registry.id_numbers import check_digit
from registry.store import ELDERS
from tests.console_site import ConsoleSite, problem_of

START = datetime(2026, 11, 21, 2, tzinfo=UTC)
COUNTRY = Country(GeocnOutlines())
WOMAN = "61040219410305002" + check_digit("61040219410305002")
FULL: dict[str, Any] = {
    "name": "曾桂明", "name_reading": "增桂明", "addressed_as": "曾奶奶", "sex": "female", "birth_date": "1941-03-05",
    "id_number": WOMAN, "service_card": "XY-0042", "kinds": ["veteran", "living_alone"], "marks": ["vip"],
    "joined_on": "2020-01-02", "service_from": "2020-02-01", "health": {"conditions": ["高血压"], "notes": "怕冷"},
    "access": {"key_holder": "门卫老刘", "door_code": "4711#", "floor": "5", "dog": True, "note": "敲门要重"},
    "address": "渭阳西路3号", "lat": 34.33, "lon": 108.71,
}  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def site(db: Database, clock: ManualClock) -> ConsoleSite:
    return ConsoleSite(db, clock, is_on_land=COUNTRY.holds)


@pytest.fixture
def registrar(site: ConsoleSite) -> TestClient:
    return site.as_("registrar")


def path_of(elder: dict[str, Any], *more: str) -> str:
    return "/".join(["/api/v1/elders", elder["id"], *more])


def deeds(site: ConsoleSite, elder: dict[str, Any]) -> list[tuple[str, str | None]]:
    wanted = select(AUDIT.c.action, AUDIT.c.reason).where(AUDIT.c.subject_id == elder["id"]).order_by(AUDIT.c.seq)
    with site.db.read() as session:
        return [(row.action, row.reason) for row in session.connection().execute(wanted)]


def wrong_members(answer: Any, status: int = 422) -> list[str]:
    return [error["where"] for error in problem_of(answer, status)["errors"]]


# -- what a file holds


def test_every_member_is_kept_and_shown(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", **FULL)

    assert made.items() >= FULL.items()
    assert made["access_confirmed_on"] == "2026-11-21"
    assert registrar.get(path_of(made)).json() == made
    emptied = dict.fromkeys(FULL.keys() - {"name", "health", "lat", "lon"}) | {"lat": None, "lon": None}
    gone = registrar.patch(path_of(made), json=emptied).json()
    assert gone.items() >= emptied.items()
    assert gone["access_confirmed_on"] is None


def test_sensitive_members_are_sealed_and_shown_by_role_and_never_in_lists(site: ConsoleSite) -> None:
    made = site.make("elders", **FULL)

    hidden = dict.fromkeys(("health", "access", "access_notes", "id_number"))
    assert site.as_("auditor").get(path_of(made)).json().items() >= hidden.items()
    assert site.as_("officer").get(path_of(made)).json()["id_number"] == WOMAN
    (line,) = site.as_("registrar").get("/api/v1/elders").json()["items"]
    assert line.items() >= hidden.items()
    with site.db.read() as session:
        kept = session.connection().execute(text("SELECT id_number, access, health FROM elders")).one()
    assert not any(word in str(kept) for word in (WOMAN, "4711", "高血压"))


def test_empty_members_follow_from_the_id_number(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", id_number=WOMAN.lower())
    assert (made["birth_date"], made["sex"]) == ("1941-03-05", "female")
    bare = site.make("elders", sex="other")

    later = registrar.patch(path_of(bare), json={"id_number": made["id_number"][:14] + "0036"})

    assert later.status_code == 422  # Another check digit.
    number = made["id_number"][:14] + "003"
    given = registrar.patch(path_of(bare), json={"id_number": number + check_digit(number)}).json()
    assert (given["birth_date"], given["sex"]) == ("1941-03-05", "other")


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"birth_date": "1941-03-06"}, "birth_date"),
        ({"sex": "male"}, "sex"),
        ({"id_number": "610402410305002"}, "id_number"),
        ({"id_number": WOMAN[:17] + ("0" if WOMAN[17] != "0" else "1")}, "id_number"),
        ({"id_number": "11010519491231002X"}, "id_number"),
        ({"lat": 0.0, "lon": 0.0}, "lat"),
        ({"lat": 30.0, "lon": 125.0}, "lat"),
        ({"lat": 48.85, "lon": 2.35}, "lat"),
        ({"area_code": "nowhere"}, "area_code"),
        ({"kinds": ["king"]}, "kinds"),
        ({"kinds": ["King!"]}, "kinds.0"),
        ({"access": {"secret": "x"}}, "access.secret"),
        ({"joined_on": "soon"}, "joined_on"),
        ({"joined_on": "2050-01-01"}, "joined_on"),
        ({"service_from": "2027-11-23"}, "service_from"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_member(
    site: ConsoleSite, registrar: TestClient, change: dict[str, Any], member: str
) -> None:
    made = site.make("elders", **FULL)

    assert wrong_members(registrar.patch(path_of(made), json=change)) == [f"body.{member}"]
    assert registrar.get(path_of(made)).json() == made


def test_lat_and_lon_the_wrong_way_round_are_told(site: ConsoleSite, registrar: TestClient) -> None:
    refused = problem_of(registrar.post("/api/v1/elders", json={"name": "赵", "lat": 43.8, "lon": 25.0}), 422)
    swapped = problem_of(registrar.post("/api/v1/elders", json={"name": "赵", "lat": 30.5, "lon": 30.5}), 422)
    told = problem_of(registrar.post("/api/v1/elders", json={"name": "赵", "lat": 87.6, "lon": 43.8}), 422)

    assert "outside the country" in refused["detail"]
    assert "outside the country" in swapped["detail"]
    assert "wrong way round" in told["detail"]


def test_one_id_number_is_one_living_person(site: ConsoleSite, registrar: TestClient) -> None:
    first, second = site.make("elders", id_number=WOMAN), site.make("elders")

    twin = problem_of(registrar.post("/api/v1/elders", json={"name": "x", "id_number": WOMAN}), 409)
    assert [e["where"] for e in twin["errors"]] == ["body.id_number"]
    assert first["name"] not in str(twin)
    assert wrong_members(registrar.patch(path_of(second), json={"id_number": WOMAN}), 409) == ["body.id_number"]

    assert registrar.delete(path_of(first)).status_code == 204
    assert registrar.patch(path_of(second), json={"id_number": WOMAN}).json()["id_number"] == WOMAN
    problem_of(registrar.post(path_of(first, "restore")), 409)
    registrar.patch(path_of(second), json={"id_number": None})
    assert registrar.post(path_of(first, "restore")).json()["id_number"] == WOMAN
    problem_of(registrar.patch(path_of(second), json={"id_number": WOMAN}), 409)


def test_an_id_number_of_somebody_born_before_1900_is_refused(registrar: TestClient) -> None:
    number = "44052418800101001" + check_digit("44052418800101001")

    assert wrong_members(registrar.post("/api/v1/elders", json={"name": "x", "id_number": number})) == [
        "body.id_number"
    ]


def test_one_service_card_is_one_living_person(site: ConsoleSite, registrar: TestClient) -> None:
    first, second = site.make("elders", service_card="XY-1"), site.make("elders")

    assert wrong_members(registrar.patch(path_of(second), json={"service_card": "XY-1"}), 409) == ["body.service_card"]
    assert registrar.patch(path_of(first), json={"service_card": "XY-1", "phone": None}).status_code == 200
    registrar.delete(path_of(first))
    assert registrar.patch(path_of(second), json={"service_card": "XY-1"}).status_code == 200
    problem_of(registrar.post(path_of(first, "restore")), 409)


def test_an_elder_does_not_become_their_own_contact(site: ConsoleSite, registrar: TestClient) -> None:
    elder = site.make("elders", name="赵桂明", phone="13900000001")
    site.make("contacts", elder_id=elder["id"], name="李娜", phone="13900000002")

    assert registrar.patch(path_of(elder), json={"name": "李娜"}).status_code == 200
    assert wrong_members(registrar.patch(path_of(elder), json={"phone": "13900000002"})) == ["body.phone"]


def test_names_of_every_kind_are_kept_exactly(site: ConsoleSite, registrar: TestClient) -> None:
    name = "𠮷田'\"<script>alert(1)</script>😀"
    made = site.make("elders", name=name, health={"notes": name})

    assert registrar.get(path_of(made)).json()["name"] == name


def test_area_is_a_place_of_the_administration(site: ConsoleSite, registrar: TestClient) -> None:
    city = site.make("areas", level="city", code="610400", name="咸阳市")
    district = site.make("areas", level="district", code="610402", name="秦都区", parent_code=city["code"])
    made = site.make("elders", area_code=district["code"])
    site.make("elders")

    assert "秦都区" in made["area"]
    for code in (city["code"], district["code"]):
        found = registrar.get("/api/v1/elders", params={"area_code": code}).json()["items"]
        assert [one["id"] for one in found] == [made["id"]]
    assert registrar.get("/api/v1/elders", params={"area_code": "nowhere"}).json()["items"] == []
    assert registrar.patch(path_of(made), json={"area_code": None}).json()["area_code"] is None
    named = site.make("elders", area="咸阳市秦都区")
    assert named["area_code"] == "610402"
    assert registrar.patch(path_of(named), json={"area": "渭河边上"}).json()["area_code"] is None


def test_lists_are_narrowed_by_kind_and_mark(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", kinds=["veteran", "other"], marks=["vip"])
    site.make("elders", kinds=["other"], marks=["blacklisted"])

    for query in ({"kind": "veteran"}, {"mark": "vip"}, {"kind": "other", "mark": "vip"}):
        found = registrar.get("/api/v1/elders", params=query).json()["items"]
        assert [one["id"] for one in found] == [made["id"]]


# -- the way in


def test_way_in_is_dated_and_confirmed(site: ConsoleSite, registrar: TestClient, clock: ManualClock) -> None:
    made = site.make("elders", access={"floor": "3"})
    clock.advance(seconds=timedelta(days=200).total_seconds())
    site.add_user("later", "registrar")
    later = site.open(authorization=f"Bearer {site.token('later')}")  # Sessions end sooner than that.

    assert later.patch(path_of(made), json={"phone": "13801000123"}).json()["access_confirmed_on"] == "2026-11-21"
    confirmed = later.post(path_of(made, "access", "confirm")).json()

    assert confirmed["access_confirmed_on"] == "2027-06-09"
    bare = later.post("/api/v1/elders", json={"name": "赵"}).json()
    problem_of(later.post(path_of(bare, "access", "confirm")), 409)


# -- views, history, removal


def test_every_view_is_logged_once_and_told_to_who_may_read_logs(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders")
    site.as_("officer").get(path_of(made))
    registrar.get("/api/v1/elders")
    registrar.patch(path_of(made), json={"phone": "13801000123", "access": {"floor": "3"}})

    assert [action for action, _ in deeds(site, made)] == ["elder.add", "elder.view", "elder.change"]
    seen = registrar.get(path_of(made, "history"), params={"limit": 1}).json()
    assert seen["items"][0].items() >= {"actor": "some-registrar", "members": ["access", "phone"]}.items()
    rest = registrar.get(path_of(made, "history"), params={"cursor": seen["next_cursor"]}).json()
    assert [one["action"] for one in rest["items"]] == ["elder.add"]
    told = site.as_("auditor").get(path_of(made, "history")).json()["items"]
    assert [one["action"] for one in told] == ["elder.change", "elder.view", "elder.add"]


def test_why_a_program_opens_a_file_is_kept(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", **FULL)
    why = {"Carebell-Reason": quote("家属来电：核对地址")}

    for parts in ((), ("addresses",), ("household",), ("home",)):
        assert registrar.get(path_of(made, *parts), headers=why).status_code == 200
        assert deeds(site, made)[-1] == ("elder.view", "家属来电：核对地址")
    assert registrar.get(path_of(made, "addresses")).status_code == 200
    assert deeds(site, made)[-1] == ("elder.view", None)
    for wrong in ("%ff", "a%0Ab", "x" * 301):
        problem_of(registrar.get(path_of(made), headers={"Carebell-Reason": wrong}), 422)


def test_removal_is_undone_with_the_contacts_that_went_along(
    site: ConsoleSite, registrar: TestClient, clock: ManualClock
) -> None:
    made = site.make("elders", **FULL)
    before, with_it = (site.make("contacts", elder_id=made["id"]) for _ in range(2))
    registrar.delete(f"/api/v1/contacts/{before['id']}")
    clock.advance(seconds=1)
    assert registrar.delete(path_of(made)).status_code == 204
    problem_of(registrar.get(path_of(made)), 404)
    problem_of(registrar.post(path_of(made, "access", "confirm")), 404)

    back = registrar.post(path_of(made, "restore")).json()

    assert back.items() >= FULL.items()
    listed = registrar.get("/api/v1/contacts", params={"elder_id": made["id"]}).json()["items"]
    assert [contact["id"] for contact in listed] == [with_it["id"]]
    assert registrar.post(path_of(made, "restore")).status_code == 200
    problem_of(registrar.post("/api/v1/elders/nobody/restore"), 404)
    problem_of(site.as_("officer").post(path_of(made, "restore")), 403)


# -- homes over the year


def home_of(site: ConsoleSite, elder: dict[str, Any]) -> tuple[str, float, str | None]:
    with site.db.read() as session:
        row = session.connection().execute(select(ELDERS).where(ELDERS.c.id == elder["id"])).one()
    return row.address, row.lat, (row.access or {}).get("floor")


def test_elder_moves_with_the_calendar(site: ConsoleSite, registrar: TestClient, clock: ManualClock) -> None:
    made = site.make("elders", address="渭阳西路3号", lat=34.33, lon=108.71, access={"floor": "5"})
    winter = {"label": "女儿家", "address": "海口路1号", "lat": 20.0, "lon": 110.3, "access": {"floor": "12"}}

    given = registrar.post(path_of(made, "addresses"), json=winter | {"from_day": "12-01", "to_day": "02-28"})

    assert given.status_code == 201
    assert home_of(site, made) == ("渭阳西路3号", 34.33, "5")
    clock.advance(seconds=timedelta(days=11).total_seconds())
    assert site.registry.addresses.settle_all() == 1
    assert home_of(site, made) == ("海口路1号", 20.0, "12")
    assert site.registry.addresses.settle_all() == 0
    assert ("elder.move", None) in deeds(site, made)
    clock.advance(seconds=timedelta(days=100).total_seconds())
    assert site.registry.addresses.settle_all() == 1
    assert home_of(site, made) == ("渭阳西路3号", 34.33, "5")


def test_address_in_force_is_changed_from_either_side(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", address="渭阳西路3号")
    now = {"label": "女儿家", "address": "世纪大道9号", "from_day": "11-01", "to_day": "11-30"}
    added = registrar.post(path_of(made, "addresses"), json=now).json()
    assert added["is_current"] is True

    registrar.patch(path_of(made), json={"address": "世纪大道10号", "access": {"floor": "2"}})
    items = registrar.get(path_of(made, "addresses")).json()["items"]
    assert [(one["label"], one["address"]) for one in items] == [("home", "渭阳西路3号"), ("女儿家", "世纪大道10号")]
    registrar.patch(path_of(made, "addresses", added["id"]), json={"address": "世纪大道11号"})
    assert home_of(site, made)[0] == "世纪大道11号"

    assert registrar.patch(path_of(made, "addresses", added["id"]), json={"from_day": "12-01", "to_day": "12-31"})
    assert home_of(site, made)[0] == "渭阳西路3号"
    problem_of(registrar.delete(path_of(made, "addresses", items[0]["id"])), 409)
    assert registrar.delete(path_of(made, "addresses", added["id"])).status_code == 204
    assert home_of(site, made)[0] == "渭阳西路3号"


@pytest.mark.parametrize(
    ("given", "member"),
    [
        ({"from_day": "12-15", "to_day": "12-20"}, "from_day"),
        ({"from_day": "02-01", "to_day": "04-01"}, "from_day"),
        ({"from_day": "10-01", "to_day": "04-01"}, "from_day"),
        ({}, "from_day"),
        ({"from_day": "02-30", "to_day": "04-01"}, "from_day"),
        ({"from_day": "13-01", "to_day": "04-01"}, "from_day"),
        ({"from_day": "05-01", "to_day": "05-31", "lat": 0.0, "lon": 0.0}, "lat"),
    ],
)
def test_days_belong_to_one_address(
    site: ConsoleSite, registrar: TestClient, given: dict[str, Any], member: str
) -> None:
    made = site.make("elders", address="渭阳西路3号")
    other = {"label": "女儿家", "address": "海口路1号"}
    registrar.post(path_of(made, "addresses"), json=other | {"from_day": "12-01", "to_day": "02-28"})

    assert wrong_members(registrar.post(path_of(made, "addresses"), json=other | given)) == [f"body.{member}"]


def test_addresses_of_another_elder_are_not_found(site: ConsoleSite, registrar: TestClient) -> None:
    made, other = site.make("elders"), site.make("elders")
    given = {"label": "x", "address": "y", "from_day": "12-01", "to_day": "02-28"}
    address = registrar.post(path_of(made, "addresses"), json=given).json()

    for method in ("PATCH", "DELETE"):
        problem_of(registrar.request(method, path_of(other, "addresses", address["id"]), json={}), 404)
    problem_of(registrar.get("/api/v1/elders/nobody/addresses"), 404)


# -- the photo, the household


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1500, 1500), (120, 90, 60)).save(out, "PNG")
    return out.getvalue()


def test_photo_is_sealed_served_with_rights_and_taken_away(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders")
    assert registrar.put(path_of(made, "photo"), content=picture()).status_code == 204

    shown = site.as_("officer").get(path_of(made, "photo"))

    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert shown.content.startswith(b"\xff\xd8\xff")
    problem_of(site.as_("auditor").get(path_of(made, "photo")), 403)
    problem_of(site.as_("officer").put(path_of(made, "photo"), content=picture()), 403)
    assert wrong_members(registrar.put(path_of(made, "photo"), content=b"no picture")) == ["body.photo"]
    with site.db.read() as session:
        assert not str(session.connection().execute(text("SELECT content FROM elder_photos")).scalar()).startswith(
            "/9j"
        )
    assert registrar.delete(path_of(made, "photo")).status_code == 204
    problem_of(registrar.get(path_of(made, "photo")), 404)
    problem_of(registrar.delete(path_of(made, "photo")), 404)


def test_photo_may_be_larger_than_other_requests(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders")

    assert wrong_members(registrar.put(path_of(made, "photo"), content=b"x" * (2 << 20))) == ["body.photo"]
    problem_of(registrar.put(path_of(made, "photo"), content=b"x" * (10 << 20)), 413)


def test_couple_is_two_elders_of_one_household(site: ConsoleSite, registrar: TestClient) -> None:
    wife, husband, lodger = (site.make("elders") for _ in range(3))

    def home(elder: dict[str, Any]) -> set[str]:
        return {one["id"] for one in registrar.get(path_of(elder, "household")).json()["items"]}

    registrar.put(path_of(wife, "household"), json={"with_elder_id": husband["id"]})
    registrar.put(path_of(lodger, "household"), json={"with_elder_id": wife["id"]})
    assert home(wife) == {husband["id"], lodger["id"]}
    assert home(husband) == {wife["id"], lodger["id"]}

    registrar.delete(path_of(lodger, "household"))
    assert (home(wife), home(lodger)) == ({husband["id"]}, set())
    registrar.put(path_of(wife, "household"), json={"with_elder_id": lodger["id"]})
    assert (home(wife), home(husband)) == ({lodger["id"]}, set())
    assert registrar.get(path_of(husband)).json()["household_id"] is None
    assert registrar.delete(path_of(husband, "household")).status_code == 204
    assert wrong_members(registrar.put(path_of(wife, "household"), json={"with_elder_id": wife["id"]}))
    assert wrong_members(registrar.put(path_of(wife, "household"), json={"with_elder_id": "nobody"}))


def test_two_registrars_and_one_file(site: ConsoleSite, registrar: TestClient) -> None:
    made = site.make("elders", **FULL)
    first = {"kinds": ["disabled"], "version": made["version"]}
    assert registrar.patch(path_of(made), json=first).json()["kinds"] == ["disabled"]

    problem_of(registrar.patch(path_of(made), json={"marks": [], "version": made["version"]}), 409)

    assert registrar.get(path_of(made)).json()["marks"] == ["vip"]
