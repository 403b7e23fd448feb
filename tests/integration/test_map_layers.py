"""What the map shows beside alarms: by what is in view, within the areas of who looks, on both databases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from starlette.testclient import TestClient

from core.settings import Settings
from registry import in_view
from registry.models import DeviceFix, DevicePresence, table_of
from registry.scope import Scope
from registry.store import AREAS, CONTACTS, DEVICES, ELDERS
from tests.console_site import ConsoleSite, problem_of
from tests.made_up_streets import write_streets
from tests.world import DAUGHTER, ELDER, World

FIXES, PRESENCE = table_of(DeviceFix), table_of(DevicePresence)
BOX = "bbox=108.69,34.32,108.73,34.34&zoom=13"
STREET, NEXT_STREET = "/610000/610400/610402/610402001", "/610000/610400/610402/610402002"
IN_VIEW = in_view.View(34.32, 108.69, 34.34, 108.73, cell_deg=0.01)


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def asked(client: TestClient, path: str) -> dict[str, Any]:
    answer = client.get(f"/desk/map/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def put(site: ConsoleSite, elder_id: str, lat: float, lon: float, path: str | None = None) -> None:
    with site.db.write() as session:
        wanted = update(ELDERS).where(ELDERS.c.id == elder_id).values(lat=lat, lon=lon, area_path=path)
        session.connection().execute(wanted)


def of_street(site: ConsoleSite, role: str = "officer") -> TestClient:
    site.make("areas", code="610402001", level="street", name="吴家堡街道")
    with site.db.write() as session:
        session.connection().execute(update(AREAS).where(AREAS.c.code == "610402001").values(path=STREET))
    given = {"username": f"street-{role}", "password": "correct horse battery", "role": role, "areas": ["610402001"]}
    assert site.as_("admin").post("/api/v1/users", json=given).status_code == 201
    return site.open(authorization=f"Bearer {site.token(f'street-{role}')}")


def test_homes_are_those_in_view(site: ConsoleSite) -> None:
    near, far, gone = (site.make("elders")["id"] for _ in range(3))
    put(site, near, 34.33, 108.71)
    put(site, far, 34.5, 108.71)
    put(site, gone, 34.331, 108.711)
    assert site.as_("registrar").delete(f"/api/v1/elders/{gone}").status_code == 204

    found = asked(site.as_("officer"), f"homes?{BOX}")

    assert [one[0] for one in found["items"] if one[0] != ELDER.id] == [near]
    assert [near, 34.33, 108.71, "home"] in found["items"]
    assert "赵" not in site.as_("officer").get(f"/desk/map/homes?{BOX}").text


def test_a_streets_officer_sees_homes_and_devices_of_the_street(site: ConsoleSite) -> None:
    mine, other = (site.make("elders")["id"] for _ in range(2))
    put(site, mine, 34.33, 108.71, STREET)
    put(site, other, 34.33, 108.711, NEXT_STREET)
    devices = [site.make("devices", elder_id=elder)["uid"] for elder in (mine, other)]
    officer = of_street(site)

    assert [one[0] for one in asked(officer, f"homes?{BOX}")["items"]] == [mine]
    assert devices[1] not in [one[0] for one in asked(officer, f"devices?{BOX}")["items"]]
    assert devices[0] in [one[0] for one in asked(officer, f"devices?{BOX}")["items"]]
    assert officer.get(f"/desk/map/homes/{mine}").status_code == 200
    for path in (f"homes/{other}", f"devices/{devices[1]}"):
        problem_of(officer.get(f"/desk/map/{path}"), 404)


def test_the_look_of_a_device_is_what_matters_most(site: ConsoleSite) -> None:
    now, elder = site.clock.now(), site.make("elders")["id"]
    put(site, elder, 34.33, 108.71)
    uids = [site.make("devices", elder_id=elder)["uid"] for _ in range(5)]
    with site.db.write() as session:
        connection = session.connection()
        connection.execute(update(DEVICES).where(DEVICES.c.uid.in_(uids[:4])).values(state="in_service"))
        connection.execute(update(DEVICES).where(DEVICES.c.uid == uids[4]).values(state="faulty"))
        for uid, ago_s, is_online, battery in (
            (uids[0], 10, True, 80), (uids[1], 10, True, 12), (uids[2], 7200, True, 80), (uids[3], 10, False, 80),
            (uids[4], 10, True, 80),
        ):  # fmt: skip
            seen = {"last_seen_at": now - timedelta(seconds=ago_s), "is_online": is_online, "battery_pct": battery}
            connection.execute(insert(PRESENCE).values(uid=uid, **seen))
        connection.execute(insert(FIXES).values(uid=uids[0], lat=34.325, lon=108.70, fix_at=now, given={}))

    found = {one[0]: one[1:] for one in asked(site.as_("officer"), f"devices?{BOX}")["items"]}

    assert [found[uid][2] for uid in uids] == ["online", "low", "silent", "silent", "off"]
    assert found[uids[0]][:2] == [34.325, 108.7]
    only = asked(site.as_("officer"), f"devices?{BOX}&look=low")["items"]
    assert [one[0] for one in only] == [uids[1]]
    card = site.as_("tester").get(f"/desk/map/devices/{uids[1]}").text
    assert "12 %" in card
    assert "赵桂明" not in card  # A tester sees devices, and not whose they are.
    assert "赵桂明" in site.as_("officer").get(f"/desk/map/devices/{uids[1]}").text


def test_many_are_gathered_and_too_many_are_not_counted(site: ConsoleSite) -> None:
    for number in range(9):
        put(site, site.make("elders")["id"], 34.3205 + number / 1000, 108.7105)
    with site.db.read() as session:
        found = in_view.homes(session, IN_VIEW, Scope(), most=5)
        more = in_view.homes(session, replace(IN_VIEW, most_gathered=6), Scope(), most=5)

    assert found.items == []
    assert sum(cell[2]["home"] for cell in found.cells) >= 9
    assert all(34.32 <= cell[0] <= 34.34 and 108.69 <= cell[1] <= 108.73 for cell in found.cells)
    assert more == in_view.InView(is_too_many=True)


def test_cells_lie_still_when_the_view_moves(site: ConsoleSite) -> None:
    for number in range(8):
        put(site, site.make("elders")["id"], 34.3301 + number / 10_000, 108.7105)
    moved = in_view.View(34.3299, 108.70, 34.35, 108.75, cell_deg=0.01)

    with site.db.read() as session:
        cells = [in_view.homes(session, view, Scope(), most=3).cells for view in (IN_VIEW, moved)]

    assert cells[0][-1] == cells[1][-1]


def test_help_is_told_by_kind_and_its_card_has_the_phone(site: ConsoleSite) -> None:
    place = {"lat": 34.33, "lon": 108.71}
    one = site.make("resources", kind="clinic", name="吴家堡卫生站", phone="+862933310001", **place)
    site.make("resources", kind="police", name="派出所", **place)

    found = asked(site.as_("officer"), f"help?{BOX}&kind=clinic")

    assert found["items"] == [[one["id"], 34.33, 108.71, "clinic", "吴家堡卫生站"]]
    card = site.as_("officer").get(f"/desk/map/help/{one['id']}").text
    assert "tel:+862933310001" in card
    assert f"/registry/resources/{one['id']}" in card
    problem_of(site.as_("officer").get("/desk/map/help/none"), 404)


def test_the_sites_own_areas_come_with_their_boundaries(site: ConsoleSite) -> None:
    area = site.make("areas", name="吴家堡街道")
    ring = [[108.70, 34.325], [108.72, 34.325], [108.72, 34.335], [108.70, 34.335], [108.70, 34.325]]
    body = {"type": "Polygon", "coordinates": [ring]}
    answer = site.as_("registrar").put(f"/api/v1/areas/{area['id']}/shape", json=body)
    assert answer.status_code == 200, answer.text

    found = asked(site.as_("officer"), f"areas?{BOX}")["items"]

    assert [(one["id"], one["name"]) for one in found] == [(area["id"], "吴家堡街道")]
    assert found[0]["shape"]["type"] in ("Polygon", "MultiPolygon")
    assert asked(site.as_("officer"), "areas?bbox=100,30,101,31&zoom=9")["items"] == []


def test_a_homes_card_leads_to_the_file_and_tells_no_illness(site: ConsoleSite) -> None:
    elder = site.make("elders", phone="+8613800138000", address="吴家堡3号楼", health={"conditions": ["高血压"]})

    card = site.as_("officer").get(f"/desk/map/homes/{elder['id']}").text

    assert "吴家堡3号楼" in card
    assert "tel:+8613800138000" in card
    assert f"/registry/elders/{elder['id']}" in card
    assert site.as_("officer").get(f"/registry/elders/{elder['id']}").status_code == 200
    assert "高血压" not in card


@pytest.mark.parametrize("box", ["", "1,2,3", "a,b,c,d", "1,2,nan,4", "5,2,3,4", "1,5,3,4", "1,2,inf,4"])
def test_a_view_that_is_none_is_refused(site: ConsoleSite, box: str) -> None:
    problem_of(site.as_("officer").get(f"/desk/map/help?bbox={box}&zoom=3"), 422)


def test_who_is_going_is_told_with_where_they_set_out(site: ConsoleSite, world: World) -> None:
    with site.db.write() as session:
        wanted = update(CONTACTS).where(CONTACTS.c.id == DAUGHTER.id).values(lat=34.34, lon=108.72)
        session.connection().execute(wanted)
    alarm_id = world.press().alarm_id
    officer = site.as_("officer")
    assert asked(officer, "helpers") == {"items": []}
    body = {"contact_id": DAUGHTER.id, "eta_min": 8}
    assert officer.post(f"/api/v1/alarms/{alarm_id}/accept", json=body).status_code == 200

    found = asked(officer, "helpers")["items"]

    assert [(one["id"], one["name"], one["lat"], one["lon"]) for one in found] == [
        (alarm_id, DAUGHTER.name, 34.34, 108.72)
    ]
    assert found[0]["due_at"] == (world.clock.now() + timedelta(minutes=8)).isoformat().replace("+00:00", "Z")


def test_a_basemap_is_served_in_ranges_to_who_is_signed_in(world: World, tmp_path: Path) -> None:
    file = write_streets(tmp_path / "streets.pmtiles", 34.33, 108.71, zooms=range(3))
    site = ConsoleSite(world.db, world.clock, settings=Settings(pmtiles=file))
    officer = site.as_("officer")

    part = officer.get("/desk/basemaps/vector.pmtiles", headers={"range": "bytes=0-6"})

    assert (part.status_code, part.content) == (206, b"PMTiles")
    assert part.headers["content-range"] == f"bytes 0-6/{file.stat().st_size}"
    problem_of(officer.get("/desk/basemaps/other.pmtiles"), 404)
    assert site.open().get("/desk/basemaps/vector.pmtiles").status_code == 401
    assert "protomaps-leaflet.js" in officer.get("/").text


def test_a_site_without_basemaps_loads_nothing_for_them(site: ConsoleSite) -> None:
    assert "protomaps" not in site.as_("officer").get("/").text
