"""The tools of the desk's map, walked by mouse and by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from geographiclib.geodesic import Geodesic
from playwright.sync_api import Page, expect

from geo.nearby import distance_m
from tests.browser.conftest import Open
from tests.live_centre import LiveCentre

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CLINIC = (34.3305, 108.7105)


@pytest.fixture(scope="module")
def help_there(centre: LiveCentre) -> str:
    """A clinic with a number where the tests' households live."""
    said = {"kind": "clinic", "name": "吴家堡卫生站", "phone": "029-33333333", "lat": CLINIC[0], "lon": CLINIC[1]}
    return str(centre.ask("POST", "/api/v1/resources", said)["id"])


def at(page: Page, lat: float, lon: float, zoom: int = 15) -> None:
    """The map looks there."""
    page.locator("#map-tools:not([hidden])").wait_for()
    page.evaluate("v => carebell.map.leaflet.setView([v[0], v[1]], v[2], { animate: false })", [lat, lon, zoom])


def press_map(page: Page, lat: float, lon: float) -> None:
    where = page.evaluate(
        "v => { var p = carebell.map.leaflet.latLngToContainerPoint(v), b = carebell.map.leaflet.getContainer()"
        ".getBoundingClientRect(); return [b.left + p.x, b.top + p.y]; }", [lat, lon]
    )  # fmt: skip
    page.mouse.click(*where)


def test_help_near_a_click_of_a_chosen_kind(open_page: Open, centre: LiveCentre, help_there: str) -> None:
    page = open_page()
    at(page, CLINIC[0] - 0.004, CLINIC[1] - 0.004)
    page.get_by_role("button", name="Help nearby").click()
    sign = page.locator(".map-sign")
    expect(sign).to_contain_text("Help nearby")

    press_map(page, CLINIC[0] - 0.003, CLINIC[1])

    expect(sign).to_be_hidden()  # The click was taken: the map is a map again.
    found = page.locator(f"#map-tools [data-resource='{help_there}']")
    expect(found).to_contain_text("330 m")
    expect(found.get_by_role("link")).to_have_attribute("href", "tel:+862933333333")
    number = found.get_attribute("data-number")
    expect(page.locator(".cb-pin-help .cb-sign", has_text=re.compile(f"^{number}$")).first).to_be_visible()
    found.get_by_role("button", name="Line").click()
    expect(page.locator("path.map-route")).to_be_attached()

    page.locator("#map-tools").get_by_role("checkbox", name="Police").check()
    expect(page.locator("#map-tools [data-nearby-list]")).to_contain_text("Nothing of that within 2.0 km")
    page.keyboard.press("Escape")
    expect(page.locator(".map-side")).to_be_hidden()
    expect(page.locator("path.map-route")).to_have_count(0)


def test_help_near_the_alarm_is_listed_in_its_panel(open_page: Open, centre: LiveCentre, help_there: str) -> None:
    alarm_id = centre.household().press()
    page = open_page(f"/?alarm={alarm_id}")
    page.get_by_text("Other help: by kind and distance").click()
    form = page.locator("#panel form[data-nearby]")

    form.get_by_role("radio", name="10 km").check()
    form.get_by_role("checkbox", name="Health station").check()

    listed = page.locator("#panel [data-nearby-list]")
    expect(listed.locator("[data-nearby-item]").first).to_have_attribute("data-kind", "clinic")
    expect(listed).to_contain_text("within 10.0 km")
    form.get_by_label("own").fill("0.1")
    form.get_by_label("own").press("Enter")
    expect(listed).to_contain_text("within 100 m")

    alone = open_page(f"/alarms/{alarm_id}")  # The alarm's own page has no map, and the same list.
    alone.get_by_text("Other help: by kind and distance").click()
    expect(alone.locator("[data-nearby-list]")).to_contain_text("within 2.0 km")


def test_measuring_is_told_exactly_and_never_opens_an_alarm(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    alarm_id = home.press()
    page = open_page()
    lat, lon = home.elder["lat"], home.elder["lon"]
    at(page, lat, lon, 16)
    expect(page.locator("#map_live .cb-pin", has_text=home.name)).to_be_visible()
    page.get_by_role("button", name="Measure").click()
    expect(page.locator(".map-sign")).to_contain_text("Clicks on the map measure")

    press_map(page, lat, lon)  # On the alarm's pin.
    expect(page.locator("[data-sum]")).to_have_text("One point: choose the next.")
    expect(page.locator(f"[data-alarm='{alarm_id}']")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-legs] li")).to_have_count(2)
    page.keyboard.press("Backspace")
    expect(page.locator("[data-legs] li")).to_have_count(1)

    page.keyboard.press("Escape")
    expect(page.locator(".map-sign")).to_be_hidden()
    at(page, lat, lon, 16)
    press_map(page, lat, lon)
    expect(page.locator(f"[data-alarm='{alarm_id}']")).to_be_visible()


def test_lengths_and_areas_are_those_of_the_ellipsoid(open_page: Open) -> None:
    page = open_page()
    page.locator("#map-tools:not([hidden])").wait_for()
    for ring in ([[34.3, 108.7], [34.31, 108.7], [34.31, 108.72]], [[18.2, 109.5], [18.9, 110.3], [19.9, 109.1]]):
        polygon = Geodesic.WGS84.Polygon()
        for corner in ring:
            polygon.AddPoint(*corner)
        length, area = page.evaluate("r => [carebell.geo.distanceM(r[0], r[1]), carebell.geo.areaM2(r)]", ring)

        assert length == pytest.approx(distance_m(*ring[0], *ring[1]), abs=0.001)
        assert area == pytest.approx(abs(polygon.Compute()[2]), rel=1e-4)


def test_a_place_is_found_by_name_and_by_coordinates(open_page: Open, centre: LiveCentre, help_there: str) -> None:
    home = centre.household("惠秀英")
    page = open_page()
    page.locator("#map-tools:not([hidden])").wait_for()
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    page.keyboard.type(home.name)
    page.keyboard.press("Enter")

    expect(page.locator(".map-popup")).to_contain_text("registered home")
    seen = page.evaluate("() => { var b = carebell.map.leaflet.getBounds(); return [b.getSouth(), b.getNorth()]; }")
    assert seen[0] < home.elder["lat"] < seen[1]
    page.locator(".find-form input").fill("108.70, 34.33")
    page.keyboard.press("Enter")
    expect(page.locator("[data-found-list]")).to_contain_text("34.330000, 108.700000")
    page.locator(".found-list [data-near-here]").click()
    expect(page.locator("#map-tools [data-nearby-list] .nearby-sum")).to_be_visible()


def test_a_long_press_asks_for_help_near_it(open_page: Open, centre: LiveCentre, help_there: str) -> None:
    page = open_page()
    at(page, *CLINIC)
    page.locator("#map_live").click(button="right", position={"x": 300, "y": 420})

    expect(page.locator("#map-tools [data-nearby-list] .nearby-sum")).to_be_visible()


def test_a_boundary_that_crosses_itself_is_refused_where_it_does_and_then_drawn_right(
    open_page: Open, centre: LiveCentre
) -> None:
    area = centre.ask("POST", "/api/v1/areas", {"code": "990001", "name": "渭阳里社区", "level": "community"})
    page = open_page("/registry/map", user="root")
    at(page, 34.33, 108.70)
    page.get_by_role("button", name="Boundaries").click()
    page.get_by_label("Area, by name or code").fill("990001")
    page.keyboard.press("Enter")
    page.locator(f"[data-area][data-id='{area['id']}'] [data-area-edit]").click()
    expect(page.locator(".map-sign")).to_contain_text("渭阳里社区: click corner after corner")
    at(page, 34.33, 108.70)

    for lat, lon in ((34.335, 108.70), (34.325, 108.71), (34.335, 108.71), (34.325, 108.70)):
        press_map(page, lat, lon)
    page.get_by_role("button", name="Close the line").click()
    page.get_by_role("button", name="Save the boundary").click()
    expect(page.locator("[data-area-wrong]")).to_contain_text("crosses or touches itself here")
    expect(page.locator(".cb-pin-fault")).to_be_visible()

    page.get_by_role("button", name="Draw anew").click()
    at(page, 34.33, 108.70)
    page.locator("#map_tools").focus()
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter", "ArrowLeft", "Enter", "Backspace"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Close the line").click()
    expect(page.locator("[data-area-size]")).to_contain_text("3 corners")
    at(page, 34.34, 108.70)
    page.get_by_text("Corners, without a mouse").click()
    page.get_by_role("button", name="Corner 1 to the cross").press("Enter")
    expect(page.get_by_role("button", name="Corner 1 to the cross")).to_be_focused()
    page.get_by_role("button", name="Save the boundary").click()

    expect(page.locator("#toasts")).to_contain_text("The boundary of 渭阳里社区 was saved.")
    expect(page.locator("path.map-boundary")).to_have_count(1)
    kept = centre.ask("GET", f"/api/v1/areas/{area['id']}/shape")
    assert len(kept["geometry"]["coordinates"][0]) == 4
    assert kept["bbox"][3] == pytest.approx(34.34, abs=1e-4)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("path.map-boundary")).to_have_count(0)


def test_a_home_is_put_right_with_a_reason_and_taken_back(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household("惠改样")
    before = centre.ask("GET", f"/api/v1/elders/{home.elder['id']}/home")
    page = open_page("/registry/map", user="root")
    page.locator("#map-tools:not([hidden])").wait_for()
    page.get_by_role("button", name="Find a place").click()
    page.keyboard.type(home.name)
    page.keyboard.press("Enter")
    page.locator(".found-list [data-home-move]").click()
    expect(page.locator(".map-sign")).to_contain_text(f"Click where {home.name} really is")
    at(page, before["lat"], before["lon"], 16)

    press_map(page, before["lat"] + 0.001, before["lon"] + 0.001)
    expect(page.locator("[data-place-put] [data-place-sum]")).to_contain_text(re.compile(r"Moves by 14\d m\."))
    page.get_by_label("Why? It is kept in the log.").fill("her daughter showed it")
    page.get_by_role("button", name="Move it here").click()
    expect(page.locator("#toasts")).to_contain_text(f"{home.name} was moved.")
    moved = centre.ask("GET", f"/api/v1/elders/{home.elder['id']}/home")
    assert moved["lat"] == pytest.approx(before["lat"] + 0.001, abs=2e-5)

    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Taken back.")
    assert centre.ask("GET", f"/api/v1/elders/{home.elder['id']}/home")["lat"] == before["lat"]


def test_help_is_added_where_somebody_clicks(open_page: Open, centre: LiveCentre) -> None:
    page = open_page("/registry/map", user="root")
    at(page, 34.33, 108.70)
    page.get_by_role("button", name="Put places right").click()
    page.get_by_role("button", name="Add help on the map").click()
    press_map(page, 34.331, 108.702)
    form = page.locator("form[data-place-add]")
    form.get_by_label("What it is called").fill("渭阳里警务室")
    form.get_by_label("Kind").select_option("police")
    form.get_by_role("button", name="Add it here").click()

    expect(page.locator("#toasts")).to_contain_text("渭阳里警务室 was added.")
    made = centre.ask("GET", "/api/v1/resources?q=渭阳里警务室")["items"][0]
    assert (made["lat"], made["lon"]) == pytest.approx((34.331, 108.702), abs=1e-4)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Taken back.")
    assert centre.ask("GET", "/api/v1/resources?q=渭阳里警务室")["items"] == []


def test_an_officer_is_offered_no_tool_that_writes(open_page: Open) -> None:
    page = open_page()
    page.locator("#map-tools:not([hidden])").wait_for()

    expect(page.get_by_role("button", name="Measure")).to_be_visible()
    expect(page.get_by_role("button", name="Boundaries")).to_have_count(0)
    expect(page.get_by_role("button", name="Put places right")).to_have_count(0)


def test_no_barrier_stands_in_the_tools(open_page: Open) -> None:
    for theme in ("day", "night"):
        page = open_page("/registry/map", user="root", theme=theme)
        page.locator("#map-tools:not([hidden])").wait_for()
        for name in ("Help nearby", "Find a place", "Measure", "Put places right", "Boundaries"):
            page.get_by_role("toolbar").get_by_role("button", name=name).click()
            found = Axe().run(page, context="#map-tools", options={"resultTypes": ["violations"], **RULES})
            assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
