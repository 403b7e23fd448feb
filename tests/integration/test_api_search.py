"""The search over HTTP: by whom, with what answer, and never with a number in an address."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console_site import ConsoleSite, open_database, problem_of

SEARCH = "/api/v1/search"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    db = open_database(request.param, Path(tmp_path_factory.mktemp("search")), "api_search")
    site = ConsoleSite(db)
    registrar = site.as_("registrar")
    for name, phone in (("赵桂明", "13900000007"), ("王秀兰", "13900000008"), ("王秀", "13900000009")):
        made = registrar.post("/api/v1/elders", json={"name": name, "phone": phone, "address": "渭阳西路3号院"})
        assert made.status_code == 201
    yield site
    db.close()


def test_an_answer_says_who_and_why(site: ConsoleSite) -> None:
    answer = site.as_("officer").post(SEARCH, json={"q": "zgm 0007"}).json()

    assert (answer["next_cursor"], answer["is_too_short"]) == (None, False)
    (item,) = answer["items"]
    assert (item["name"], item["phone"], item["devices"]) == ("赵桂明", "+8613900000007", [])
    assert [(why["member"], why["text"][why["start"] : why["end"]]) for why in item["why"]] == [
        ("name", "赵桂明"), ("phone", "0007"),
    ]  # fmt: skip
    assert "health" not in item


def test_pages_go_on_from_the_cursor(site: ConsoleSite) -> None:
    officer, seen, cursor = site.as_("officer"), [], None
    while True:
        answer = officer.post(SEARCH, json={"q": "渭阳西路", "limit": 1, "cursor": cursor}).json()
        seen += [item["name"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    assert seen == ["王秀", "王秀兰", "赵桂明"]


def test_filters_choose(site: ConsoleSite) -> None:
    officer = site.as_("officer")

    def found(**filters: object) -> int:
        return len(officer.post(SEARCH, json={"filters": filters}).json()["items"])

    assert found(risks=["no_device"]) == 3
    assert found(device_states=["in_service"]) == 0
    assert found(areas=["610000"]) == 0
    assert found(age_from=60, age_to=99) == 0


def test_what_fits_everybody_is_too_short(site: ConsoleSite) -> None:
    answer = site.as_("officer").post(SEARCH, json={"q": "7"}).json()

    assert answer == {"items": [], "next_cursor": None, "is_too_short": True}


def test_who_may_search(site: ConsoleSite) -> None:
    problem_of(site.open().post(SEARCH, json={"q": "zgm"}), 401)
    problem_of(site.as_("tester").post(SEARCH, json={"q": "zgm"}), 403)


def test_what_cannot_be_asked_is_refused(site: ConsoleSite) -> None:
    officer = site.as_("officer")

    problem_of(officer.post(SEARCH, json={"q": "x" * 200}), 422)
    problem_of(officer.post(SEARCH, json={"q": "zgm", "limit": 1000}), 422)
    problem_of(officer.post(SEARCH, json={"q": "zgm", "filters": {"colour": "red"}}), 422)
    problem_of(officer.post(SEARCH, json={"q": "zgm", "cursor": "nonsense"}), 422)


def test_elders_with_q_are_the_same_search(site: ConsoleSite) -> None:
    officer = site.as_("officer")

    first = officer.get("/api/v1/elders", params={"q": "王秀", "limit": 1}).json()
    rest = officer.get("/api/v1/elders", params={"q": "王秀", "cursor": first["next_cursor"]}).json()

    assert [item["name"] for item in first["items"] + rest["items"]] == ["王秀", "王秀兰"]
    assert officer.get("/api/v1/elders", params={"q": "zgm", "area": "秦都区"}).json()["items"] == []


def test_below_the_box_stands_who_was_found(site: ConsoleSite) -> None:
    officer = site.as_("officer")

    def below(q: str) -> str:
        answer = officer.post("/registry/search", data={"q": q}, headers={"cookie": "carebell_lang=en"})
        assert answer.status_code == 200
        return answer.text

    assert "<mark>赵桂</mark>明" in below("zg")
    assert "139<mark>0000</mark>0007" in below("赵 0000")
    assert "Type a name" in below("")
    assert "a little more" in below("7")
    assert "Nobody found" in below("不在")
    assert "<script>" not in below("<script>alert(1)</script>")
    problem_of(site.as_("tester").post("/registry/search", data={"q": "zg"}), 403)
