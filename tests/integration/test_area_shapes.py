"""Boundaries of areas: kept with their version, refused with the place that is wrong, written by who may, asked by
place."""

from typing import Any

import pytest

from core.db import Database
from tests.console_site import ConsoleSite, problem_of

SQUARE = [[108.7, 34.3], [108.72, 34.3], [108.72, 34.32], [108.7, 34.32], [108.7, 34.3]]
SMALL = [[108.705, 34.305], [108.71, 34.305], [108.71, 34.31], [108.705, 34.31], [108.705, 34.305]]
BOW = [[108.7, 34.3], [108.72, 34.32], [108.72, 34.3], [108.7, 34.32], [108.7, 34.3]]


def polygon(line: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [line]}


class District(ConsoleSite):
    """Two districts, and a street of the first; the sea begins at 120° east."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, is_on_land=lambda lat, lon: lon < 120)
        self.district = self.make("areas", code="610402", name="秦都区", level="district")
        self.street = self.make("areas", code="610402001", name="吴家堡街道", level="street", parent_code="610402")
        self.other = self.make("areas", code="610403", name="渭城区", level="district")


@pytest.fixture
def site(db: Database) -> District:
    return District(db)


def url(area: dict[str, Any]) -> str:
    return f"/api/v1/areas/{area['id']}/shape"


def test_a_boundary_is_drawn_read_changed_and_removed(site: District) -> None:
    registrar = site.as_("registrar")
    problem_of(registrar.get(url(site.street)), 404)

    made = registrar.put(url(site.street), json=polygon(SQUARE)).json()
    assert made["properties"]["name"] == "吴家堡街道"
    assert made["properties"]["version"] == 1
    assert made["properties"]["updated_by"] == "some-registrar"
    assert made["properties"]["area_m2"] == pytest.approx(4.08e6, rel=0.01)
    assert made["bbox"] == [108.7, 34.3, 108.72, 34.32]
    assert registrar.get(url(site.street)).json() == made

    changed = registrar.put(url(site.street), json=made | {"geometry": polygon(SMALL)}, headers={"if-match": '"1"'})
    assert changed.json()["properties"]["version"] == 2
    stale = problem_of(registrar.put(url(site.street), json=polygon(SQUARE), headers={"if-match": '"1"'}), 409)
    assert "version 2" in stale["detail"]
    problem_of(registrar.delete(url(site.street), headers={"if-match": '"1"'}), 409)
    assert registrar.delete(url(site.street), headers={"if-match": '"2"'}).status_code == 204
    problem_of(registrar.delete(url(site.street)), 404)
    problem_of(registrar.put(url(site.street), json=polygon(SQUARE), headers={"if-match": '"2"'}), 409)

    deeds = site.as_("auditor").get("/api/v1/log", params={"subject_kind": "area", "subject_id": "610402001"}).json()
    assert [one["action"] for one in deeds["items"]] == [
        "area.shape_remove", "area.shape", "area.shape", "area.add",
    ]  # fmt: skip


def test_what_is_wrong_is_told_with_its_place(site: District) -> None:
    registrar = site.as_("registrar")
    crossed = problem_of(registrar.put(url(site.street), json=polygon(BOW)), 422)
    assert crossed["at"] == pytest.approx([108.71, 34.31], abs=1e-6)
    assert crossed["errors"][0]["what"] == "the line crosses or touches itself here"

    abroad = polygon([[119.9, 34.0], [119.95, 34.0], [120.0, 34.1]])
    assert problem_of(registrar.put(url(site.street), json=abroad), 422)["at"] == [120.0, 34.1]
    assert "at" not in problem_of(registrar.put(url(site.street), json={"type": "Point"}), 422)
    problem_of(registrar.put("/api/v1/areas/nowhere/shape", json=polygon(SQUARE)), 404)
    problem_of(registrar.get(url(site.street)), 404)


def test_a_streets_registrar_draws_the_street_alone(site: District) -> None:
    registrar = site.of_areas("registrar", "610402001")

    assert registrar.put(url(site.street), json=polygon(SQUARE)).status_code == 200
    problem_of(registrar.put(url(site.district), json=polygon(SQUARE)), 403)
    problem_of(registrar.put(url(site.other), json=polygon(SQUARE)), 403)
    both = [{"type": "Feature", "properties": {"code": c}, "geometry": polygon(SMALL)} for c in ("610402001", "610403")]
    many = {"type": "FeatureCollection", "features": both}
    problem_of(registrar.post("/api/v1/areas/shapes", json=many), 403)
    assert registrar.get(url(site.street)).json()["properties"]["version"] == 1
    problem_of(registrar.delete(url(site.other)), 403)
    problem_of(site.as_("officer").put(url(site.street), json=polygon(SMALL)), 403)


def test_the_areas_of_a_place_are_told_the_smallest_first(site: District) -> None:
    registrar, officer = site.as_("registrar"), site.as_("officer")
    registrar.put(url(site.district), json=polygon(SQUARE))
    registrar.put(url(site.street), json=polygon(SMALL))

    def at(lat: float, lon: float, **more: str) -> list[str]:
        found = officer.get("/api/v1/areas/at", params={"lat": str(lat), "lon": str(lon)} | more).json()["items"]
        return [one["full_name"] for one in found]

    assert at(34.307, 108.707) == ["秦都区吴家堡街道", "秦都区"]
    assert at(34.318, 108.718) == ["秦都区"]
    assert at(34.4, 108.7) == []
    assert at(34.307 - 0.0015, 108.707 + 0.0046, crs="gcj02") == ["秦都区吴家堡街道", "秦都区"]


def test_boundaries_leave_and_come_as_one_file(site: District) -> None:
    registrar = site.as_("registrar")
    features: list[dict[str, Any]] = [
        {"type": "Feature", "properties": {"code": "610402"}, "geometry": polygon(SQUARE)},
        {"type": "Feature", "properties": {"code": "610402001"}, "geometry": polygon(SMALL)},
    ]
    many = {"type": "FeatureCollection", "features": features}
    assert registrar.post("/api/v1/areas/shapes", json=many).status_code == 200
    kept = registrar.get("/api/v1/areas/shapes").json()
    assert [one["properties"]["code"] for one in kept["features"]] == ["610402", "610402001"]
    assert registrar.get("/api/v1/areas/shapes", params={"bbox": "100,30,101,31"}).json()["features"] == []
    assert registrar.post("/api/v1/areas/shapes", json=kept).status_code == 200
    problem_of(registrar.get("/api/v1/areas/shapes", params={"bbox": "1,2,3"}), 422)

    features[1]["geometry"] = polygon(BOW)
    refused = problem_of(registrar.post("/api/v1/areas/shapes", json=many), 422)
    assert "feature 2 (610402001)" in refused["detail"]
    features[1]["properties"] = {"code": "1"}
    problem_of(registrar.post("/api/v1/areas/shapes", json=many), 422)
    assert registrar.get(url(site.district)).json()["properties"]["version"] == 2


def test_a_boundary_goes_with_its_area_and_stays_when_the_area_moves(site: District) -> None:
    registrar = site.as_("registrar")
    registrar.put(url(site.street), json=polygon(SQUARE))

    registrar.patch(f"/api/v1/areas/{site.street['id']}", json={"parent_code": "610403"})
    assert registrar.get(url(site.street)).json()["properties"]["version"] == 1
    assert registrar.delete(f"/api/v1/areas/{site.street['id']}").status_code == 204
    assert registrar.get("/api/v1/areas/shapes").json()["features"] == []
