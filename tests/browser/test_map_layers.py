"""The desk's map: its layers by keyboard, the card of what is chosen, and the ground it is drawn on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from geo.crs import GCJ02, from_wgs84
from tests.browser.conftest import Open
from tests.live_centre import LiveCentre
from tests.made_up_streets import write_streets

MIDDLE = (34.33, 108.71)
GROUNDS = """
[[basemap]]
name = "Streets"
pmtiles = "streets.pmtiles"
[[basemap]]
name = "Shifted streets"
pmtiles = "streets.pmtiles"
crs = "gcj02"
"""
TILES = "() => document.querySelectorAll('.leaflet-tile-pane canvas.leaflet-tile-loaded').length > 3"
ALARMS = "**/desk/alarms.geojson*"
HAS_PINS = "() => carebell.map.crowd.getBounds().isValid()"
COUNT = "name => carebell.map.dots.count(name)"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCentre]:
    folder = tmp_path_factory.mktemp("mapped")
    write_streets(folder / "streets.pmtiles", *MIDDLE, around=3)
    (folder / "maps.toml").write_text(GROUNDS)
    made = LiveCentre(folder, CAREBELL_BASEMAPS=str(folder / "maps.toml"))
    try:
        made.settle_in()
        made.household()
        yield made
    finally:
        made.stop()


def mapped(page: Page) -> Page:
    page.wait_for_function("() => window.carebell && carebell.map && document.querySelector('.leaflet-map-pane')")
    return page


def see(page: Page, place: tuple[float, float], zoom: int) -> None:
    page.evaluate("([place, zoom]) => carebell.map.leaflet.setView(place, zoom, {animate: false})", [place, zoom])


def wait_for(page: Page, layer: str, number: int) -> None:
    page.wait_for_function("([name, n]) => carebell.map.dots.count(name) === n", arg=[layer, number])


def coloured(page: Page) -> int:
    """How many colours the ground's tiles hold, as far as a look at each eighth pixel shows."""
    return int(
        page.evaluate(
            """() => { var seen = new Set();
            document.querySelectorAll(".leaflet-tile-pane canvas").forEach(function (tile) {
              if (!tile.width) { return; }
              var data = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
              for (var i = 0; i < data.length; i += 32) { seen.add(data[i] + "," + data[i + 1] + "," + data[i + 2]); }
            }); return seen.size; }"""
        )
    )


def test_layers_are_chosen_by_keyboard_and_kept(open_page: Open, centre: LiveCentre) -> None:
    page = mapped(open_page())
    see(page, MIDDLE, 14)
    assert page.evaluate(COUNT, "homes") == 0

    page.get_by_label("Layers and legend of the map").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map-layers")).to_have_attribute("open", "")
    box = page.get_by_label("Homes")
    for _ in range(30):
        page.keyboard.press("Tab")
        if box.evaluate("one => one === document.activeElement"):
            break
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(page.locator("#map-note")).to_be_hidden()
    wait_for(page, "homes", 1)
    page.keyboard.press("Escape")
    expect(page.locator("#map-layers")).not_to_have_attribute("open", "")
    expect(page.locator("#map-layers summary")).to_be_focused()

    page.reload()
    mapped(page)
    see(page, MIDDLE, 14)
    wait_for(page, "homes", 1)
    page.get_by_label("Layers and legend of the map").click()
    page.get_by_label("Homes").uncheck()
    wait_for(page, "homes", 0)


def test_a_layer_that_failed_is_asked_for_again_by_itself(open_page: Open) -> None:
    page = open_page()
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=503) if len(asked) == 1 else route.continue_()

    page.route("**/desk/map/homes?*", answer)
    see(mapped(page), MIDDLE, 14)
    page.get_by_label("Layers and legend of the map").click()
    page.get_by_label("Homes").check()

    expect(page.locator("#map-note")).to_contain_text("it tries again")
    wait_for(page, "homes", 1)
    expect(page.locator("#map-note")).to_be_hidden()


def test_alarms_that_come_late_leave_the_officers_view(open_page: Open, centre: LiveCentre) -> None:
    centre.household().press()
    page, held, far_away = open_page(), list[Route](), (35.1, 109.9)
    page.route(ALARMS, lambda route: held.append(route))
    with page.expect_request(ALARMS):
        page.reload()
    see(mapped(page), far_away, 12)
    assert not page.evaluate(HAS_PINS)

    held[0].continue_()
    page.wait_for_function(HAS_PINS)

    middle = page.evaluate("() => { var at = carebell.map.leaflet.getCenter(); return [at.lat, at.lng]; }")
    assert middle == pytest.approx(list(far_away), abs=0.001)


def test_what_lies_under_the_cross_is_opened_by_key(open_page: Open, centre: LiveCentre) -> None:
    elder = centre.household().elder
    page = mapped(open_page())
    page.get_by_label("Layers and legend of the map").click()
    page.get_by_label("Homes").check()
    page.keyboard.press("Escape")
    see(page, (elder["lat"], elder["lon"]), 17)
    page.wait_for_function("() => carebell.map.dots.count('homes') > 0")

    page.locator("#map_live").focus()
    page.keyboard.press("Enter")

    card = page.locator("#map-card")
    expect(card).to_contain_text(elder["name"])
    expect(card.get_by_role("link", name="Open the file")).to_have_attribute("href", f"/registry/elders/{elder['id']}")
    expect(card).not_to_contain_text("高血压")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.locator("#map_live")).to_be_focused()


def test_the_maps_keys_are_not_the_queues(open_page: Open, centre: LiveCentre) -> None:
    """Arrows on the map move the map: whoever looks around does not change alarms."""
    chosen = centre.household().press()
    centre.household().press()
    page = mapped(open_page(f"/?alarm={chosen}"))
    before = page.evaluate("() => carebell.map.leaflet.getCenter().lat")

    page.locator("#map_live").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    assert page.evaluate("() => carebell.map.leaflet.getCenter().lat") < before
    expect(page.locator(f"[data-alarm='{chosen}']")).to_be_attached()
    expect(page.locator("#panel").get_by_role("button", name="Take it")).to_be_visible()


def test_the_sites_streets_are_drawn_and_a_shifted_map_moves_under_the_pins(
    open_page: Open, centre: LiveCentre
) -> None:
    page = mapped(open_page())
    see(page, MIDDLE, 14)
    page.wait_for_function(
        "() => document.querySelectorAll('.leaflet-tile-pane canvas.leaflet-tile-loaded').length > 3"
    )
    assert coloured(page) > 10
    expect(page.locator(".leaflet-control-attribution")).to_have_text("© 测绘院")
    at = "place => { var p = carebell.map.leaflet.project(place, 14); return [p.x, p.y]; }"
    shifted = page.evaluate(at, from_wgs84(*MIDDLE, GCJ02))

    page.get_by_label("Layers and legend of the map").click()
    page.get_by_label("Shifted streets").check()

    page.wait_for_function(
        "([place, x]) => Math.abs(carebell.map.leaflet.project(place, 14).x - x) < 0.1", arg=[MIDDLE, shifted[0]]
    )
    assert page.evaluate(at, MIDDLE) == pytest.approx(shifted, abs=0.1)
    page.get_by_label("Boundaries only").check()
    expect(page.locator(".leaflet-tile-pane canvas")).to_have_count(0)
    assert page.locator(".cb-area").count() > 0


def test_the_night_has_a_ground_of_its_own(open_page: Open, centre: LiveCentre) -> None:
    light = {}
    for theme in ("day", "night"):
        page = mapped(open_page(theme=theme))
        see(page, MIDDLE, 14)
        page.wait_for_function(TILES)
        light[theme] = page.evaluate(
            """() => Math.max(...Array.from(document.querySelectorAll(".leaflet-tile-pane canvas")).map(tile =>
            tile.width ? tile.getContext("2d").getImageData(20, 20, 1, 1).data[1] : 0))"""
        )

    assert light["night"] < 90 < light["day"]
