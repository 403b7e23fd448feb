"""What the map's tools ask the centre: help near a place, of the chosen kinds and within the chosen distance."""

import re
from datetime import UTC, datetime

import pytest

from core.clock import ManualClock
from core.db import Database
from tests.console_site import ConsoleSite

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
