"""What the map's tools ask the centre: help near a place, of the chosen kinds and within the chosen distance."""

import re
from datetime import UTC, datetime

import pytest

from core.clock import ManualClock
from core.db import Database
from registry.models import DeviceFix
from tests.console_site import ConsoleSite
from tests.world import World

HERE = {"lat": "34.3000", "lon": "108.7000"}
ENGLISH = {"cookie": "carebell_lang=en"}
NIGHT = datetime(2026, 3, 4, 19, 0, tzinfo=UTC)  # 3 a.m. in China


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, ManualClock(NIGHT))


def near(site: ConsoleSite, role: str = "officer", **said: object) -> str:
    answer = site.as_(role).post("/desk/map/nearby", data=HERE | said, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


def names(text: str) -> list[str]:
    return re.findall(r'data-name="([^"]+)"', text)


def test_nearest_first_with_number_distance_telephone_and_hours(site: ConsoleSite) -> None:
    site.make("resources", name="远站", kind="clinic", lat=34.31, lon=108.7)
    always = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]
    site.make("resources", name="近站", kind="clinic", lat=34.302, lon=108.7, phone="029-33333333", hours=always)
    text = near(site)

    assert names(text) == ["近站", "远站"]
    assert re.findall(r'data-number="(\d+)"', text) == ["1", "2"]
    assert re.findall(r'data-distance="([^"]+)"', text) == ["220 m", "1.1 km"]
    assert 'href="tel:+862933333333"' in text
    assert "open now" in text
    assert "hours not known" in text


def test_only_the_chosen_kinds_and_distance(site: ConsoleSite) -> None:
    site.make("resources", name="医院", kind="hospital", lat=34.301, lon=108.7)
    site.make("resources", name="药店", kind="pharmacy", lat=34.302, lon=108.7)
    site.make("resources", name="派出所", kind="police", lat=34.303, lon=108.7)
    site.make("resources", name="远药店", kind="pharmacy", lat=34.33, lon=108.7)

    assert names(near(site, kind=["pharmacy", "police"])) == ["药店", "派出所"]
    assert names(near(site, kind="pharmacy", within_m=5000)) == ["药店", "远药店"]
    assert names(near(site, within_m=150)) == ["医院"]
    assert "Choose a larger distance" in near(site, kind="fire")


def test_what_is_closed_can_be_left_out(site: ConsoleSite) -> None:
    site.make("resources", name="关了", lat=34.301, lon=108.7, hours=[{"days": [4], "from": "08:00", "to": "18:00"}])
    site.make("resources", name="不详", lat=34.302, lon=108.7)

    assert names(near(site)) == ["关了", "不详"]
    assert names(near(site, open_now="1")) == ["不详"]


def test_a_place_of_a_chinese_map_is_taken_in_its_datum(site: ConsoleSite) -> None:
    site.make("resources", name="医院", lat=34.3, lon=108.7, crs="gcj02")

    assert 'data-distance="0 m"' in near(site, crs="gcj02")
    assert 'data-distance="0 m"' not in near(site)


@pytest.mark.parametrize(
    "wrong", [{"lat": "91"}, {"lon": "nan"}, {"within_m": "0"}, {"within_m": "1e9"}, {"kind": "castle"}, {"crs": "x"}]
)
def test_nonsense_is_refused(site: ConsoleSite, wrong: dict[str, str]) -> None:
    assert site.as_("officer").post("/desk/map/nearby", data=HERE | wrong).status_code == 422


def test_only_who_writes_the_registry_is_offered_to_move_a_place(site: ConsoleSite) -> None:
    site.make("resources", lat=34.301, lon=108.7)

    assert "data-place-move" not in near(site)
    assert "data-place-move" in near(site, role="admin")


# -- where something is -----------------------------------------------------------------------------------------------


def find(site: ConsoleSite, q: str, role: str = "officer", **said: object) -> str:
    answer = site.as_(role).post("/desk/map/find", data={"q": q} | said, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


@pytest.fixture
def village(site: ConsoleSite) -> ConsoleSite:
    site.make("areas", code="610402", name="秦都区", level="district")
    site.make("areas", code="610402001", name="人民路街道", level="street", parent_code="610402")
    site.make("areas", code="610402001201", name="吴家堡村委会", level="community", parent_code="610402001")
    return site


def test_an_elder_is_found_at_home_with_the_distance(site: ConsoleSite) -> None:
    site.make("elders", name="赵桂明", lat=34.3, lon=108.7, phone="+8613800138000", address="秦都区吴家堡3号楼")
    text = find(site, "赵桂明", from_lat="34.31", from_lon="108.7")

    assert names(text) == ["赵桂明"]
    assert 'data-lat="34.3" data-lon="108.7"' in text
    assert "registered home" in text
    assert "1.1 km" in text
    assert "distances from the middle of the map" in text
    assert 'href="tel:+8613800138000"' in text


def test_help_is_found_by_name_and_by_address(site: ConsoleSite) -> None:
    site.make("resources", name="吴家堡卫生站", address="秦都区渭阳西路", lat=34.3, lon=108.7)

    assert names(find(site, "卫生站")) == ["吴家堡卫生站"]
    assert names(find(site, "渭阳西路")) == ["吴家堡卫生站"]
    assert names(find(site, "%")) == []


@pytest.mark.parametrize(("q", "crs", "title"), [
    ("34.33,108.70", "wgs84", "34.330000, 108.700000"),
    ("108.70，34.33", "wgs84", "34.330000, 108.700000"),
    ("北纬34.33 东经108.70", "wgs84", "34.330000, 108.700000"),
    ("N34.33° E108.70°", "wgs84", "34.330000, 108.700000"),
    ("34.33, 108.70", "gcj02", "34.331463, 108.695358"),
])  # fmt: skip
def test_typed_coordinates_are_a_place_in_the_datum_that_is_chosen(
    site: ConsoleSite, q: str, crs: str, title: str
) -> None:
    text = find(site, q, crs=crs)

    assert names(text) == [title]
    assert "咸阳市秦都区" in text
    assert ("the larger number was typed first" in text) == q.startswith("108")


def test_a_device_is_found_where_it_last_was(site: ConsoleSite) -> None:
    elder = site.make("elders", name="赵桂明", lat=34.3, lon=108.7)
    site.make("devices", uid="cb-77", elder_id=elder["id"])
    assert 'data-kind="device" data-id="cb-77" data-name="cb-77" data-lat="34.3"' in find(site, "cb-77")

    with site.db.write() as session:
        session.add(DeviceFix(uid="cb-77", lat=34.35, lon=108.75, accuracy_m=20, fix_at=NIGHT, source="gnss", given={}))
    text = find(site, "cb-77")
    assert 'data-lat="34.35" data-lon="108.75" data-within="20.0"' in text
    assert "where the device last was" in text


def test_an_address_that_nobody_has_leads_to_its_village_and_says_how_exact_that_is(village: ConsoleSite) -> None:
    unknown = find(village, "秦都区吴家堡7组老槐树旁")
    assert names(unknown) == ["吴家堡村委会"]
    assert "Not exact: only the middle of 秦都区 is known" in unknown

    for lat in (34.33, 34.34):
        village.make("elders", lat=lat, lon=108.7, area_code="610402001201")
    homes = find(village, "吴家堡老槐树")
    assert "Middle of the 2 homes known there; they lie up to 550 m from it." in homes
    assert 'data-lat="34.335"' in homes

    areas = village.as_("registrar").get("/api/v1/areas", params={"level": "community"}).json()["items"]
    line = [[108.7, 34.3], [108.72, 34.3], [108.72, 34.32], [108.7, 34.32]]
    village.as_("registrar").put(
        f"/api/v1/areas/{areas[0]['id']}/shape", json={"type": "Polygon", "coordinates": [line]}
    )
    drawn = find(village, "吴家堡老槐树")
    assert "Middle of the drawn boundary; its edge is up to 1.4 km away." in drawn


def test_an_elder_whose_home_has_no_place_is_shown_at_the_middle_of_the_village(village: ConsoleSite) -> None:
    village.make("elders", name="王秀兰", area_code="610402001201")

    assert "Not exact: only the middle of 秦都区 is known" in find(village, "王秀兰")


def test_another_streets_people_are_not_found_nor_counted(village: ConsoleSite) -> None:
    village.make("areas", code="610402002", name="西兰路街道", level="street", parent_code="610402")
    elder = village.make("elders", name="赵桂明", lat=34.33, lon=108.7, area_code="610402001201")
    village.make("devices", uid="cb-77", elder_id=elder["id"])
    theirs = village.of_areas("officer", "610402002")

    def seen(q: str) -> str:
        return theirs.post("/desk/map/find", data={"q": q}, headers=ENGLISH).text

    assert names(seen("赵桂明")) == []
    assert names(seen("cb-77")) == []
    assert names(seen("吴家堡村")) == ["吴家堡村委会"]
    assert "homes known there" not in seen("吴家堡村")
    assert names(find(village, "赵桂明")) == ["赵桂明"]


def test_an_alarm_says_inside_which_area_it_is(world: World) -> None:
    site = ConsoleSite(world.db, world.clock)
    site.centre.alarms, site.centre.sandbox = world.alarms, world.network
    alarm_id = world.press().alarm_id
    assert "inside" not in panel_of(site, alarm_id)
    area = site.make("areas", code="610402001", name="渭阳西路街道")
    line = [[108.70, 34.32], [108.72, 34.32], [108.72, 34.34], [108.70, 34.34]]
    site.as_("registrar").put(
        f"/api/v1/areas/{area['id']}/shape", json={"type": "Polygon", "coordinates": [line]}
    ).raise_for_status()

    assert "inside 渭阳西路街道" in panel_of(site, alarm_id)


def panel_of(site: ConsoleSite, alarm_id: str | None) -> str:
    answer = site.as_("officer").get(f"/alarms/{alarm_id}", headers=ENGLISH | {"accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)
