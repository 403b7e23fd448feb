"""The alarm's page without a browser: which words and links are in it."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.labels import CHINESE, ENGLISH, duration, metres
from geo.leaflet import Tiles, js_text
from geo.maps import Sheet, alarm_map, alarm_page, live_map
from geo.position import Fix, choose

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
HOME = Fix(34.3296, 108.7093, source="home")
HERE = Fix(34.3352, 108.7161, 180, NOW - timedelta(minutes=3), "wifi")


def sheet(fix: Fix | None = HERE, home: Fix | None = HOME) -> Sheet:
    return Sheet("警情 0042", "赵桂明", choose(fix, None, home, NOW), NOW, timezone=ZoneInfo("Asia/Shanghai"))


def test_page_says_how_the_place_is_known() -> None:
    page = alarm_page(sheet(), labels=ENGLISH)
    assert "Fix sent with the press" in page
    assert "Wi-Fi · within about 180 m · 3 min ago · 880 m from home" in page
    assert "2026-11-21 16:15:30" in page


def test_page_of_an_unknown_place_says_so_and_needs_no_script() -> None:
    page = alarm_page(sheet(None, None))
    assert CHINESE["unknown"] in page
    assert "<script" not in page
    with pytest.raises(ValueError, match="position"):
        alarm_map(sheet(None, None))


def test_home_has_a_pin_of_its_own_only_when_it_is_another_place() -> None:
    assert '"home"' in alarm_map(sheet()).script
    assert '"home"' not in alarm_map(sheet(fix=None)).script


def test_all_links_are_below_the_asset_base() -> None:
    drawn = [
        alarm_map(sheet(), asset_base="/kept"),
        live_map((34.33, 108.71), alarms_url="/a", asset_base="/kept/"),
    ]
    for one in drawn:
        assert one.js_links
        assert all(link.startswith("/kept/leaflet") for link in (*one.css_links, *one.js_links))
        assert set(re.findall(r"\w+://[^\"'\s]+", one.script)) == {"http://www.w3.org/2000/svg"}


def test_maps_do_not_share_their_links() -> None:
    live_map((34.33, 108.71), alarms_url="/a", asset_base="/other")
    assert not any("/other" in link or "realtime" in link for link in alarm_map(sheet()).js_links)


def test_tiles_of_a_shifted_map_get_shifted_pins() -> None:
    plain, shifted = alarm_map(sheet()), alarm_map(sheet(), tiles=Tiles("/t/{z}/{x}/{y}", "x", crs="gcj02"))
    assert "[34.3352, 108.7161]" in plain.script
    assert "[34.3352, 108.7161]" not in shifted.script


@given(st.text() | st.sampled_from(["{{ 7 * 7 }}", "${x}", "</script>", "{% raw %}", "{#", "\u2028", '"\\']))
def test_text_in_a_script_means_nothing_to_anybody_but_javascript(text: str) -> None:
    literal = js_text(text)
    assert json.loads(literal) == text
    assert literal.isascii()
    assert not set("<>&'`${}%#") & set(literal)


@pytest.mark.parametrize(
    ("distance_m", "text"), [(0, "0 m"), (7.4, "7 m"), (86, "85 m"), (324, "320 m"), (999, "1.0 km"), (23_400, "23 km")]
)
def test_distances_as_people_say_them(distance_m: float, text: str) -> None:
    assert metres(distance_m, ENGLISH) == text


@pytest.mark.parametrize(
    ("age_s", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_300, "2 h"), (200_000, "2 days")]
)
def test_durations_in_the_unit_that_matters(age_s: float, text: str) -> None:
    assert duration(age_s, ENGLISH) == text


def test_both_languages_have_the_same_labels() -> None:
    assert CHINESE.keys() == ENGLISH.keys()
