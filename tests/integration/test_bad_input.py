"""Everything wrong that a registrar may bring, over the interface: told beside its field or row, or kept exactly."""

from typing import Any

import pytest

from carebell.site import is_on_land
from console.import_jobs import ImportJobs
from core.db import Database
from core.settings import Settings
from registry.bulk import SYSTEM
from registry.importing import Options
from tests.console_site import ConsoleSite, problem_of
from tests.import_site import workbook

GOOD_ID, OTHER_DIGIT = "610402194103050024", "61040219410305002X"
ELDER = {"name": "赵桂明", "birth_date": "1941-03-05", "sex": "female", "phone": "13900000007"}
STRANGE = ["𠮷田😀", 'O\'Brien "Bob"', "<script>alert(1)</script>", '=HYPERLINK("x")', "名\u3000字", "Zoë Ångström"]


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, is_on_land=is_on_land(Settings()))


def wrong_members(answer: Any) -> set[str]:
    return {error["where"].rpartition(".")[2] for error in problem_of(answer, 422)["errors"]}


@pytest.mark.parametrize(
    ("given", "member"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "not a number"}, "phone"),
        ({"id_number": OTHER_DIGIT}, "id_number"),
        ({"id_number": GOOD_ID, "birth_date": "1942-01-01"}, "birth_date"),
        ({"lat": 21.0, "lon": 125.0}, "lat"),
        ({"lat": 48.2, "lon": 16.4}, "lat"),
        ({"lat": 0.0, "lon": 0.0}, "lat"),
        ({"lat": 108.7, "lon": 34.3}, "lat"),
        ({"birth_date": "1941-13-05"}, "birth_date"),
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, ""),
    ],
)
def test_each_fault_of_an_elder_is_told_beside_its_member(
    site: ConsoleSite, given: dict[str, Any], member: str
) -> None:
    answer = site.as_("registrar").post("/api/v1/elders", json=ELDER | given)

    assert answer.status_code == 422
    if member:
        assert member in str(answer.json()["errors"])
    assert site.as_("registrar").get("/api/v1/elders").json()["items"] == []


def test_two_elders_with_one_id_number_and_a_contact_who_is_the_elder(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    zhao = registrar.post("/api/v1/elders", json=ELDER | {"id_number": GOOD_ID}).json()

    twin = registrar.post("/api/v1/elders", json={"name": "王秀兰", "id_number": GOOD_ID})
    herself = registrar.post(
        "/api/v1/contacts",
        json={"elder_id": zhao["id"], "name": "赵桂明", "role": "family", "phone": "+86 139 0000 0007"},
    )

    assert twin.status_code in (409, 422)
    assert "赵桂明" not in twin.text, "not whose it is"
    assert herself.status_code in (409, 422)


def test_areas_go_in_no_circle(site: ConsoleSite) -> None:
    city = site.make("areas", code="610400", name="咸阳市", level="city")
    site.make("areas", code="610402", name="秦都区", level="district", parent_code="610400")

    answer = site.as_("registrar").patch(f"/api/v1/areas/{city['id']}", json={"parent_code": "610402"})

    assert answer.status_code == 422
    assert "parent_code" in answer.text


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_are_kept_and_shown_exactly(site: ConsoleSite, name: str) -> None:
    registrar = site.as_("registrar")

    made = registrar.post("/api/v1/elders", json={"name": name}).json()
    shown = registrar.get(f"/registry/elders/{made['id']}", headers={"accept": "text/html"})
    imported = outcome_of(site, f'name,phone\n"{name.replace(chr(34), chr(34) * 2)}",13900000009\n'.encode())

    assert registrar.get(f"/api/v1/elders/{made['id']}").json()["name"] == name
    assert shown.status_code == 200
    assert "<script>alert" not in shown.text
    assert imported.added == 1
    assert [item["name"] for item in registrar.get("/api/v1/elders").json()["items"]] == [name, name]


def test_files_that_spreadsheets_make(site: ConsoleSite) -> None:
    gb18030 = "姓名,电话\n𠮷田,13900000001\n".encode("gb18030")
    merged = workbook(["name", "phone"], ["甲", "13900000002"], ["乙", None], merged="B2:B3")
    formula = workbook(["name", "phone"], ["丙", "=1+1"])

    assert outcome_of(site, gb18030).added == 1
    for file, said in ((merged, "merged"), (formula, "formula")):
        told = outcome_of(site, file)
        assert told.added == 0
        assert said in str(told.refusals)


def outcome_of(site: ConsoleSite, data: bytes) -> Any:
    jobs: ImportJobs = site.app.state.imports
    job = jobs.start("elders", "a", data, Options(), SYSTEM)
    jobs._worker.submit(lambda: None).result(60)
    assert job.outcome is not None, job.problem
    return job.outcome


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        (
            "POST",
            "elders",
            {"name": "赵", "birth_date": "1850-01-01"},
            "body.birth_date: is too small: 1900-01-01 is the least",
        ),
        ("POST", "devices", {"uid": "a b"}, "body.uid: is not written as it should be"),
        (
            "PUT",
            "policies/default",
            {"rungs": [{"role": "x"}]},
            "body.rungs.0.role: must be one of: family, community, doctor, security, volunteer, other, officer",
        ),
        ("PUT", "policies/a b", {}, "path.name: is not written as it should be"),
        ("GET", "elders?limit=0", None, "query.limit: is too small: 1 is the least"),
        ("GET", "nearby?lat=34&lon=108&kind=x", None, "query.kind: must be one of: hospital, clinic, pharmacy"),
        ("GET", "nearby?lat=34", None, "query.lon: is needed"),
        ("POST", "elders", [], "body: must be an object with members"),
    ],
)
def test_api_says_what_is_wrong_in_plain_words(site: ConsoleSite, method: str, path: str, body: Any, told: str) -> None:
    answer = site.as_("admin").request(method, f"/api/v1/{path}", json=body)

    assert str(problem_of(answer, 422)["detail"]).startswith(told)
