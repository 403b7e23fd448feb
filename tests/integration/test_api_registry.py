"""The registry over HTTP, on both databases, as a registrar's script would use it."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console_site import ConsoleSite, open_database, problem_of

KINDS = ("elders", "contacts", "devices", "resources", "areas")
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    folder: Path = tmp_path_factory.mktemp("registry")
    db = open_database(request.param, folder, "api_registry")
    yield ConsoleSite(db)
    db.close()


@pytest.mark.parametrize("what", KINDS)
def test_made_read_changed_and_taken_away(site: ConsoleSite, what: str) -> None:
    registrar, made = site.as_("registrar"), site.make(what)
    path = f"/api/v1/{what}/{made['id']}"

    assert registrar.get(path).json() == {k: v for k, v in made.items() if k != "secret"}
    change = {"model": "K2"} if what == "devices" else {"name": "改名"}
    changed = registrar.patch(path, json=change).json()
    assert changed.items() >= change.items()
    assert registrar.delete(path).status_code == 204
    if what == "devices":
        assert registrar.get(path).json()["state"] == "retired"
    else:
        problem_of(registrar.get(path), 404)
        problem_of(registrar.delete(path), 404)


@pytest.mark.parametrize("what", KINDS)
def test_pages_give_every_item_once(site: ConsoleSite, what: str) -> None:
    made = {site.make(what)["id"] for _ in range(5)}
    registrar, found, cursor = site.as_("registrar"), [], None
    while True:
        page = registrar.get(f"/api/v1/{what}", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 2
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(found) == len(set(found))
    assert made <= set(found)


@pytest.mark.parametrize("what", [k for k in KINDS if k != "areas"])
def test_second_registrar_is_told_and_nothing_is_overwritten(site: ConsoleSite, what: str) -> None:
    registrar, made = site.as_("registrar"), site.make(what)
    path, seen = f"/api/v1/{what}/{made['id']}", made["version"]
    change: dict[str, Any] = {"model": "first"} if what == "devices" else {"name": "first"}
    late = dict.fromkeys(change, "second")

    assert registrar.patch(path, json=change | {"version": seen}).json()["version"] == seen + 1

    problem_of(registrar.patch(path, json=late | {"version": seen}), 409)
    problem_of(registrar.patch(path, json=late, headers={"If-Match": f'"{seen}"'}), 409)
    problem_of(registrar.patch(path, json=late, headers={"If-Match": "yesterday"}), 422)
    problem_of(registrar.delete(path, headers={"If-Match": str(seen)}), 409)
    assert registrar.get(path).json().items() >= change.items()


def test_elder_keeps_home_in_wgs84_and_what_was_given(site: ConsoleSite) -> None:
    made = site.make("elders", lat=34.3296, lon=108.7093, crs="gcj02", health={"allergy": "青霉素"})

    assert made["home_given"] == {"lat": 34.3296, "lon": 108.7093, "crs": "gcj02"}
    assert made["lat"] != 34.3296
    moved = site.as_("registrar").patch(f"/api/v1/elders/{made['id']}", json={"lat": 34.0, "lon": 108.0}).json()
    assert (moved["lat"], moved["lon"], moved["home_given"]["crs"]) == (34.0, 108.0, "wgs84")
    gone = site.as_("registrar").patch(f"/api/v1/elders/{made['id']}", json={"lat": None, "lon": None}).json()
    assert (gone["lat"], gone["home_given"]) == (None, None)


def test_elder_with_a_device_stays(site: ConsoleSite) -> None:
    registrar, elder = site.as_("registrar"), site.make("elders")
    device, contact = site.make("devices", elder_id=elder["id"]), site.make("contacts", elder_id=elder["id"])
    path = f"/api/v1/elders/{elder['id']}"

    problem_of(registrar.delete(path), 409)
    assert registrar.patch(f"/api/v1/devices/{device['uid']}", json={"elder_id": None}).json()["elder_id"] is None

    assert registrar.delete(path).status_code == 204
    problem_of(registrar.get(f"/api/v1/contacts/{contact['id']}"), 404)


def test_device_secret_is_shown_once_and_renewed(site: ConsoleSite) -> None:
    registrar, made = site.as_("registrar"), site.make("devices")
    path = f"/api/v1/devices/{made['uid']}"

    assert "secret" not in registrar.get(path).json()
    assert "secret" not in str(registrar.get("/api/v1/devices", params={"q": made["uid"]}).json())
    renewed = registrar.post(f"{path}/secret").json()
    assert renewed["secret"] != made["secret"]
    assert site.secrets_told[-2:] == [(made["uid"], made["secret"]), (made["uid"], renewed["secret"])]
    problem_of(registrar.post("/api/v1/devices", json={"uid": made["uid"]}), 409)
    problem_of(registrar.post("/api/v1/devices/nobody/secret"), 404)


def test_contacts_of_one_elder_and_search(site: ConsoleSite) -> None:
    registrar, elder = site.as_("registrar"), site.make("elders", name="100%_特别")
    contact = site.make("contacts", elder_id=elder["id"])
    site.make("contacts")

    listed = registrar.get("/api/v1/contacts", params={"elder_id": elder["id"]}).json()["items"]
    assert [c["id"] for c in listed] == [contact["id"]]
    found = registrar.get("/api/v1/elders", params={"q": "100%_"}).json()["items"]
    assert [e["id"] for e in found] == [elder["id"]]
    assert registrar.get("/api/v1/elders", params={"q": "1__%"}).json()["items"] == []


def test_policy_changes_by_member_and_keeps_the_rest(site: ConsoleSite) -> None:
    registrar, path = site.as_("registrar"), "/api/v1/policies/default"
    before = registrar.get(path).json()

    after = registrar.put(path, json={"ring_s": 5, "follow_up_after_s": 3}).json()

    assert after["ring_s"] == 5
    unchanged = before.keys() - {"ring_s", "follow_up_after_s", "version", "updated_at"}
    assert {k: after[k] for k in unchanged} == {k: before[k] for k in unchanged}
    assert [p["name"] for p in registrar.get("/api/v1/policies").json()["items"]] == ["default"]
    problem_of(registrar.put(path, json={"ring_s": 6, "version": after["version"] + 1}), 409)
    problem_of(registrar.put(path, json={"polite_from_hour": 21, "polite_to_hour": 8}), 422)
    assert registrar.get(path).json() == after


def test_a_named_policy_lives_and_its_versions_are_told(site: ConsoleSite) -> None:
    registrar, path = site.as_("registrar"), "/api/v1/policies/night"
    rungs: list[dict[str, Any]] = [
        {"role": "security", "ring_s": 40},
        {"role": "family", "tries": 2},
        {"role": "officer"},
    ]

    made = registrar.put(path, json={"title": "夜间", "kind": "fall", "rungs": rungs}).json()

    assert made["rungs"] == [{"ring_s": None, "tries": None, **rung} for rung in rungs]
    assert (made["name"], made["title"], made["kind"], made["version"]) == ("night", "夜间", "fall", 1)
    assert registrar.get(path).json() == made
    second = registrar.put(path, json={"rungs": [], "kind": None}).json()
    assert (second["rungs"], second["kind"], second["title"]) == ([], None, "夜间")
    first_page = registrar.get(f"{path}/versions", params={"limit": 1}).json()
    rest = registrar.get(f"{path}/versions", params={"cursor": first_page["next_cursor"]}).json()
    assert [v["version"] for v in (*first_page["items"], *rest["items"])] == [2, 1]
    assert rest["items"][0]["rungs"] == made["rungs"]
    assert rest["items"][0]["author"] == "some-registrar"
    back = registrar.post(f"{path}/versions/1/restore", headers={"If-Match": "2"}).json()
    assert back == made | {"version": 3, "updated_at": back["updated_at"]}
    problem_of(registrar.delete(path, headers={"If-Match": "2"}), 409)
    assert registrar.delete(path).status_code == 204
    problem_of(registrar.get(path), 404)
    problem_of(registrar.delete("/api/v1/policies/default"), 409)


def test_a_policy_is_previewed_on_an_elder_and_checked(site: ConsoleSite) -> None:
    registrar, elder = site.as_("registrar"), site.make("elders")["id"]
    for role in ("family", "security"):
        site.make("contacts", elder_id=elder, role=role)
    path = "/api/v1/policies/tried"
    registrar.put(path, json={"rungs": [{"role": "security", "ring_s": 40}, {"role": "family", "ring_s": 25}]})

    seen = registrar.get(f"{path}/preview", params={"elder_id": elder, "at": "2026-11-22T03:00"}).json()

    assert (seen["at"], seen["policy"], seen["in_force"]) == ("2026-11-21T19:00:00Z", "tried", "default")
    helped = [(r["at_s"], r["until_s"], r["role"]) for r in seen["rings"] if r["purpose"] == "help"]
    assert helped == [(0, 40, "security"), (40, 65, "family")]
    problem_of(registrar.get(f"{path}/preview", params={"elder_id": NOBODY}), 404)
    problem_of(registrar.get(f"{path}/preview"), 422)
    found = registrar.get(f"{path}/check").json()
    assert len(found["hours"]) == 168
    assert found["elders"] >= found["no_rung"] >= found["nobody"]
    registrar.delete(path)


@pytest.mark.parametrize(
    "members",
    [
        {"rungs": [{"role": "nobody"}]},
        {"rungs": [{"role": "family"}, {"role": "family"}]},
        {"rungs": [{"role": "officer", "tries": 2}]},
        {"rungs": [{"role": "family", "ring_s": 0}]},
        {"rungs": [{"role": "family", "tries": 99}]},
        {"rungs": None},
        {"kind": "boredom"},
        {"title": ""},
    ],
)
def test_policy_that_cannot_be_is_refused(site: ConsoleSite, members: dict[str, Any]) -> None:
    registrar = site.as_("registrar")
    problem_of(registrar.put("/api/v1/policies/odd", json=members), 422)
    problem_of(registrar.put("/api/v1/policies/o d d", json={}), 422)
    problem_of(registrar.get("/api/v1/policies/odd"), 404)


def test_areas_are_told_with_their_place_and_what_they_hold(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    city = site.make("areas", level="city", name="渭水市")
    street = site.make("areas", level="street", name="河堤街道", parent_code=city["code"])
    assert (street["path"], street["full_name"]) == (f"/{city['code']}/{street['code']}", "渭水市河堤街道")
    elder = site.make("elders", area="河堤街道")
    site.make("devices", elder_id=elder["id"])

    inside = registrar.get("/api/v1/areas", params={"parent_code": city["code"], "counts": True}).json()["items"]

    assert [one["counts"] for one in inside] == [{"inside": 0, "elders": 1, "devices": 1}]
    top = registrar.get("/api/v1/areas", params={"top": True, "counts": True, "limit": 200}).json()["items"]
    mine = next(one for one in top if one["code"] == city["code"])
    assert mine["counts"] == {"inside": 1, "elders": 1, "devices": 1}
    problem_of(registrar.get("/api/v1/areas", params={"counts": True}), 422)


def test_an_area_that_the_official_list_does_not_have_is_not_loaded(site: ConsoleSite) -> None:
    problem_of(site.as_("registrar").post("/api/v1/areas/load", json={"code": "990000"}), 404)
    problem_of(site.as_("officer").post("/api/v1/areas/load", json={"code": "990000"}), 403)
    problem_of(site.as_("registrar").post("/api/v1/areas/load", json={}), 422)


def test_areas_know_what_lies_in_them_and_form_no_ring(site: ConsoleSite) -> None:
    registrar, city = site.as_("registrar"), site.make("areas", level="city")
    street = site.make("areas", parent_code=city["code"])

    problem_of(registrar.patch(f"/api/v1/areas/{city['id']}", json={"parent_code": street["code"]}), 422)
    problem_of(registrar.patch(f"/api/v1/areas/{city['id']}", json={"parent_code": city["code"]}), 422)
    problem_of(registrar.post("/api/v1/areas", json=city | {"parent_code": "none"}), 422)
    problem_of(registrar.delete(f"/api/v1/areas/{city['id']}"), 409)
    listed = registrar.get("/api/v1/areas", params={"parent_code": city["code"]}).json()["items"]
    assert [a["id"] for a in listed] == [street["id"]]


def test_nearest_help_comes_first(site: ConsoleSite) -> None:
    near = site.make("resources", lat=-75.0, lon=20.0, kind="pharmacy", phone="120")
    far = site.make("resources", lat=-75.1, lon=20.0, kind="pharmacy")
    ask: dict[str, str | float] = {"lat": -74.99, "lon": 20.0, "kind": "pharmacy", "limit": 2}

    found = site.as_("officer").get("/api/v1/nearby", params=ask).json()["items"]

    assert [f["id"] for f in found] == [near["id"], far["id"]]
    assert found[0]["distance_m"] == pytest.approx(1116, rel=0.01)
    assert site.as_("officer").get("/api/v1/nearby", params=ask | {"within_m": 10}).json()["items"] == []


def test_nearest_help_comes_page_by_page(site: ConsoleSite) -> None:
    made = [site.make("resources", lat=-75.0 - step / 100, lon=20.0, kind="fire")["id"] for step in range(5)]
    ask: dict[str, str | float] = {"lat": -74.99, "lon": 20.0, "kind": "fire", "limit": 2}
    officer = site.as_("officer")
    found: list[str] = []
    cursor: str | None = None

    for _ in range(3):
        page = officer.get("/api/v1/nearby", params=ask | ({"cursor": cursor} if cursor else {})).json()
        found += [f["id"] for f in page["items"]]
        cursor = page["next_cursor"]

    assert (found, cursor) == (made, None)
    problem_of(officer.get("/api/v1/nearby", params=ask | {"cursor": "9"}), 422)


@pytest.mark.parametrize(
    ("path", "given", "member"),
    [
        ("elders", {"name": "赵", "birth_date": "2999-01-01"}, "body.birth_date"),
        ("elders", {"name": "赵", "lat": 34.3}, "body.lat"),
        ("elders", {"name": "赵", "phone": "call me"}, "body.phone"),
        ("contacts", {"elder_id": NOBODY, "name": "李", "role": "other", "phone": "13900000009", "rank": 1},
         "body.elder_id"),
        ("contacts", {"elder_id": NOBODY, "name": "李", "role": "family", "phone": "120", "rank": 1}, "body.phone"),
        ("devices", {"uid": "cb-x", "elder_id": NOBODY}, "body.elder_id"),
        ("areas", {"code": "61 04", "name": "x", "level": "city"}, "body.code"),
    ],
)  # fmt: skip
def test_error_names_its_member(site: ConsoleSite, path: str, given: dict[str, Any], member: str) -> None:
    problem = problem_of(site.as_("registrar").post(f"/api/v1/{path}", json=given), 422)

    assert [e["where"] for e in problem["errors"]] == [member]


@pytest.mark.parametrize("what", [*KINDS, "users"])
@pytest.mark.parametrize(
    "key", [NOBODY, "999999999", "%00", "9" * 300, "%F0%9F%98%80", "%ED%A0%80", "..%2f..", "'%3B--", "a" * 3000]
)
def test_path_of_any_shape_is_not_found(site: ConsoleSite, what: str, key: str) -> None:
    for method in ("GET", "DELETE"):
        problem_of(site.as_("admin").request(method, f"/api/v1/{what}/{key}"), 404)


@pytest.mark.parametrize("what", [*KINDS, "users", "policies"])
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=abc", f"limit={10**20}", "cursor=%27%3B--", "cursor=" + "A" * 3000, "cursor=%00"],
)
def test_page_that_cannot_be_is_refused(site: ConsoleSite, what: str, query: str) -> None:
    problem_of(site.as_("admin").get(f"/api/v1/{what}?{query}"), 422)
