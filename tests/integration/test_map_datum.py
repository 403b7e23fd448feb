"""The shift of Chinese maps in the browser: one formula, the same as geo/crs.py's."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Page

from geo.crs import GCJ02, WGS84, from_wgs84, to_wgs84
from geo.maps import live_map
from geo.nearby import distance_m
from tests.map_page import SITE, Watched, collection

PLACES = [(lat, lon) for lat in (1.2, 18.3, 22.55, 31.2, 34.3296, 39.9, 53.4) for lon in (73.6, 87.6, 104.06, 121.47)]
ABROAD = [(48.8584, 2.2945), (-33.87, 151.2), (56.5, 108.0)]
HOME = (34.3296, 108.7093)


@pytest.fixture
def page(watched: Watched) -> Iterator[Page]:
    drawn = live_map(HOME, alarms_url="/alarms")
    links = [f'<link rel="stylesheet" href="{link}">' for link in drawn.css_links]
    scripts = [f'<script src="{link}" defer></script>' for link in (*drawn.js_links, "/map.js")]
    watched.served = {
        "/": ("text/html; charset=utf-8", f"<!DOCTYPE html><head>{''.join(links + scripts)}</head>{drawn.html}"),
        "/map.js": ("text/javascript", drawn.script + "document.body.style.height = '600px';"),
        "/alarms": collection(),
    }
    watched.page.goto(f"{SITE}/")
    watched.page.wait_for_function("() => window.carebell && carebell.map")
    yield watched.page
    assert [told for told in watched.complaints if "404" not in told] == []


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    return distance_m(one[0], one[1], other[0], other[1])


def test_the_browser_shifts_as_the_centre_does(page: Page) -> None:
    places = [*PLACES, *ABROAD]
    there = page.evaluate("places => places.map(one => carebell.toGcj02(one[0], one[1]))", places)
    back = page.evaluate("places => places.map(one => carebell.fromGcj02(one[0], one[1]))", places)

    assert max(apart(seen, from_wgs84(*one, GCJ02)) for seen, one in zip(there, places, strict=True)) < 0.01
    assert max(apart(seen, to_wgs84(*one, GCJ02)) for seen, one in zip(back, places, strict=True)) < 0.01


def test_a_change_of_datum_moves_the_ground_and_keeps_the_view(page: Page) -> None:
    """What Leaflet projects in a shifted map is where the shifted place lies on plain ground."""
    middle = page.evaluate("() => { var c = carebell.map.leaflet.getCenter(); return [c.lat, c.lng]; }")
    plain = page.evaluate("place => { var p = carebell.map.leaflet.project(place, 18); return [p.x, p.y]; }", HOME)
    moved_to = from_wgs84(*HOME, GCJ02)
    wanted = page.evaluate("place => { var p = carebell.map.leaflet.project(place, 18); return [p.x, p.y]; }", moved_to)

    page.evaluate("() => carebell.setDatum(carebell.map.leaflet, 'gcj02')")

    seen = page.evaluate("place => { var p = carebell.map.leaflet.project(place, 18); return [p.x, p.y]; }", HOME)
    assert seen == pytest.approx(wanted, abs=0.1)  # 0.1 of a pixel of zoom 18 is 5 cm.
    assert seen != pytest.approx(plain, abs=100)
    after = page.evaluate("() => { var c = carebell.map.leaflet.getCenter(); return [c.lat, c.lng]; }")
    assert apart(middle, after) < 0.5


def test_a_click_on_a_shifted_map_is_told_in_wgs84(page: Page) -> None:
    page.evaluate("() => carebell.setDatum(carebell.map.leaflet, 'gcj02')")
    script = "p => { var f = carebell.map.leaflet.containerPointToLatLng(p); return [f.lat, f.lng]; }"
    clicked = page.evaluate(script, [333, 222])
    back = page.evaluate(
        "place => { var p = carebell.map.leaflet.latLngToContainerPoint(place); return [p.x, p.y]; }", clicked
    )

    assert back == pytest.approx([333, 222], abs=1)


def test_the_datum_of_the_sites_tiles_is_the_maps() -> None:
    assert f'"{WGS84}"' in live_map(HOME, alarms_url="/alarms").script
