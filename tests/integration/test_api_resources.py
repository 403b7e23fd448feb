"""Help near by over HTTP: when it is open, what it can do, taken away and brought back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.clock import ManualClock
from core.db import Database
from tests.console_site import ConsoleSite, problem_of

MONDAY_NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Xianyang.
ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]
BY_DAY = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
HERE: dict[str, str | float] = {"lat": 34.3, "lon": 108.7}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, clock=ManualClock(MONDAY_NIGHT))


def test_hours_and_abilities_are_kept_and_told(site: ConsoleSite) -> None:
    made = site.make("resources", hours=ALWAYS, capabilities=["dialysis", "急诊", "dialysis"], note="后门在小街")
    path = f"/api/v1/resources/{made['id']}"
    registrar = site.as_("registrar")

    assert (made["open_now"], made["capabilities"], made["note"]) == (True, ["dialysis", "急诊"], "后门在小街")
    closed = registrar.patch(path, json={"hours": BY_DAY}).json()
    assert (closed["open_now"], closed["hours"]) == (False, BY_DAY)
    unknown = registrar.patch(path, json={"hours": None, "capabilities": None}).json()
    assert (unknown["open_now"], unknown["hours"], unknown["capabilities"]) == (None, None, None)


def test_a_place_with_lat_and_lon_the_wrong_way_round_is_told(site: ConsoleSite) -> None:
    given = {"kind": "hospital", "name": "医院", "lat": 108.7, "lon": 34.3}

    told = problem_of(site.as_("registrar").post("/api/v1/resources", json=given), 422)

    assert [(one["where"], one["what"]) for one in told["errors"]] == [
        ("body.lat", "lat and lon are the wrong way round")
    ]


@pytest.mark.parametrize(
    "hours",
    [
        [{"days": [], "from": "08:00", "to": "18:00"}], [{"days": [8], "from": "08:00", "to": "18:00"}],
        [{"days": [1], "from": "8:00", "to": "18:00"}], [{"days": [1], "from": "08:00"}],
        [{"days": [1], "from": "24:00", "to": "01:00"}],
        ["always"], "always",
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused(site: ConsoleSite, hours: Any) -> None:
    given = {"kind": "clinic", "name": "卫生站", "lat": 34.3, "lon": 108.7, "hours": hours}
    problem = problem_of(site.as_("registrar").post("/api/v1/resources", json=given), 422)

    assert problem["errors"][0]["where"].startswith("body.hours")


def test_nearest_that_is_open_and_able(site: ConsoleSite) -> None:
    closed = [site.make("resources", kind="clinic", lat=34.3001, hours=BY_DAY)["id"] for _ in range(9)]
    dialysis = site.make("resources", lat=34.31, hours=ALWAYS, capabilities=["dialysis", "ambulance"])["id"]
    unknown = site.make("resources", lat=34.32, capabilities=["ambulance"])["id"]
    officer = site.as_("officer")

    def near(**ask: Any) -> list[tuple[str, bool | None]]:
        items = officer.get("/api/v1/nearby", params=HERE | ask).json()["items"]
        return [(each["id"], each["open_now"]) for each in items]

    assert near(limit=1)[0][0] in closed
    assert near(open_now=True, limit=1) == [(dialysis, True)]
    assert near(open_now=True) == [(dialysis, True), (unknown, None)]
    assert near(capability="ambulance") == [(dialysis, True), (unknown, None)]
    assert near(capability=["ambulance", "dialysis"]) == [(dialysis, True)]
    assert near(capability='"]') == []
    listed = site.as_("registrar").get("/api/v1/resources", params={"capability": "dialysis"}).json()["items"]
    assert [each["id"] for each in listed] == [dialysis]


def test_what_was_taken_away_comes_back(site: ConsoleSite) -> None:
    made = site.make("resources")
    registrar, path = site.as_("registrar"), f"/api/v1/resources/{made['id']}"

    problem_of(registrar.post(f"{path}/restore"), 409)
    assert registrar.delete(path).status_code == 204
    problem_of(registrar.get(path), 404)
    assert registrar.post(f"{path}/restore").json()["id"] == made["id"]
    assert registrar.get(path).status_code == 200
    problem_of(registrar.post("/api/v1/resources/nobody/restore"), 404)
