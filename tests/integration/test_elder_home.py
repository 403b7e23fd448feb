"""Where a home is, put right with a reason that is kept; and the area whose boundary it lies in, offered and taken."""

from typing import Any

import pytest

from core.db import Database
from tests.console_site import ConsoleSite, problem_of

SQUARE = [[[108.7, 34.3], [108.72, 34.3], [108.72, 34.32], [108.7, 34.32], [108.7, 34.3]]]
ENGLISH = {"cookie": "carebell_lang=en", "accept": "text/html"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, is_on_land=lambda lat, lon: lon < 120)


def home(elder: dict[str, Any]) -> str:
    return f"/api/v1/elders/{elder['id']}/home"


def test_a_home_is_moved_with_a_reason_and_moved_back(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    elder = site.make("elders", lat=34.3, lon=108.7)
    assert registrar.get(home(elder)).json() == {"lat": 34.3, "lon": 108.7, "version": 1}

    said = {"lat": 34.31, "lon": 108.71, "reason": "the daughter showed it on the map"}
    moved = registrar.put(home(elder), json=said, headers={"if-match": '"1"'}).json()
    assert moved == {"lat": 34.31, "lon": 108.71, "version": 2}
    problem_of(registrar.put(home(elder), json=said, headers={"if-match": '"1"'}), 409)

    newest = registrar.get(f"/api/v1/elders/{elder['id']}/history").json()["items"][0]
    assert newest["action"] == "elder.change"
    assert newest["reason"] == "the daughter showed it on the map"
    assert newest["members"] == ["lat", "lon"]
    back = registrar.put(home(elder), json={"lat": None, "lon": None, "reason": "taken back at once"}).json()
    assert (back["lat"], back["lon"]) == (None, None)


def test_a_home_on_a_chinese_map_is_kept_in_wgs84(site: ConsoleSite) -> None:
    elder = site.make("elders")
    said = {"lat": 34.33, "lon": 108.70, "crs": "gcj02", "reason": "seen on a map"}
    moved = site.as_("registrar").put(home(elder), json=said).json()

    assert (moved["lat"], moved["lon"]) == pytest.approx((34.331463, 108.695358), abs=1e-6)


@pytest.mark.parametrize("wrong", [{"reason": "  "}, {"lat": 91}, {"lon": None}, {"lon": 121}, {"crs": "x"}])
def test_no_reason_or_no_place_is_refused(site: ConsoleSite, wrong: dict[str, Any]) -> None:
    elder = site.make("elders", lat=34.3, lon=108.7)
    said = {"lat": 34.31, "lon": 108.71, "reason": "seen on a map"} | wrong

    problem_of(site.as_("registrar").put(home(elder), json=said), 422)
    assert site.as_("registrar").get(home(elder)).json()["version"] == 1


def test_another_streets_home_is_nobody_elses_to_move(site: ConsoleSite) -> None:
    site.make("areas", code="610402001")
    site.make("areas", code="610402002")
    elder = site.make("elders", lat=34.3, lon=108.7, area_code="610402001")
    theirs = site.of_areas("registrar", "610402002")
    said = {"lat": 34.31, "lon": 108.71, "reason": "seen on a map"}

    problem_of(theirs.put(home(elder), json=said), 404)
    problem_of(theirs.get(home(elder)), 404)
    problem_of(site.as_("officer").put(home(elder), json=said), 403)


def test_a_file_without_an_area_is_offered_the_one_it_lies_in(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    area = site.make("areas", code="610402001", name="吴家堡街道")
    registrar.put(f"/api/v1/areas/{area['id']}/shape", json={"type": "Polygon", "coordinates": SQUARE})
    elder, far = site.make("elders", lat=34.31, lon=108.71), site.make("elders", lat=34.5, lon=108.71)
    page = f"/registry/elders/{elder['id']}"

    assert "lies inside the boundary of 吴家堡街道" in registrar.get(page, headers=ENGLISH).text
    assert "File it there" not in site.as_("officer").get(page, headers=ENGLISH).text
    assert "inside the boundary" not in registrar.get(f"/registry/elders/{far['id']}", headers=ENGLISH).text

    done = registrar.post(f"{page}/area", data={"area_code": "610402001"}, headers=ENGLISH, follow_redirects=False)
    assert done.status_code == 303
    assert registrar.get(f"/api/v1/elders/{elder['id']}").json()["area_code"] == "610402001"
    assert "inside the boundary" not in registrar.get(page, headers=ENGLISH).text


def test_the_map_lists_the_areas_that_may_be_drawn(site: ConsoleSite) -> None:
    site.make("areas", code="610402", name="秦都区", level="district")
    street = site.make("areas", code="610402001", name="吴家堡街道", parent_code="610402")
    site.as_("registrar").put(f"/api/v1/areas/{street['id']}/shape", json={"type": "Polygon", "coordinates": SQUARE})
    theirs = site.of_areas("registrar", "610402001")

    def listed(client: Any, q: str = "") -> str:
        answer = client.post("/desk/map/areas", data={"q": q}, headers=ENGLISH)
        assert answer.status_code == 200
        return str(answer.text)

    assert "吴家堡街道" in listed(site.as_("registrar"))  # What is drawn already.
    assert "drawn by some-registrar" in listed(theirs)
    assert "data-area-edit" in listed(theirs)
    assert "lies outside your areas" in listed(theirs, "秦都区")
    assert "data-area-edit" not in listed(theirs, "610402")
    assert "data-area-edit" not in listed(site.as_("officer"), "秦都区")
    assert "No area is called so" in listed(theirs, "nowhere")


def test_the_registrys_map_is_for_who_reads_the_registry(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    text = registrar.get("/registry/map", headers=ENGLISH).text

    assert 'data-tool="areas"' in text
    assert 'data-nearby-at="alarm"' not in text
    assert "carebell.board(" in registrar.get("/registry/map.js").text
    assert 'data-tool="areas"' not in site.as_("auditor").get("/registry/map", headers=ENGLISH).text
