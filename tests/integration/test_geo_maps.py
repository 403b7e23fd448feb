"""The maps in a real browser: nothing leaves the machine, nothing that somebody is called is executed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from geo.labels import ENGLISH
from geo.maps import Sheet, Tiles, alarm_map, alarm_page, live_map, map_css, sheet_css
from geo.nearby import Resource, nearest
from geo.outlines import GeocnOutlines
from geo.position import Fix, choose
from tests.map_page import SITE, VENDOR, Watched, collection

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
HOME = Fix(34.3296, 108.7093, source="home")
HERE = Fix(34.3352, 108.7161, 180, NOW - timedelta(seconds=40), "wifi")
NASTY = (
    "<script>alert(1)</script>",
    "${alert(1)}",
    "{{ 7 * 7 }}{% set x = 1 %}{# gone #}",
    """"'`\\</script><img src=x onerror=alert(1)>""",
    "赵桂明 😀 & <b>夫人</b>",
    "</style><script src=http://evil.test/x.js></script>",
)
OUTLINES = GeocnOutlines()


def sheet(name: str) -> Sheet:
    help_near = [
        Resource("1", "clinic", name, "+862933310001", name, 34.3331, 108.7128),
        Resource("2", "police", "渭阳西路派出所", None, None, 34.3378, 108.7222),
    ]
    position = choose(HERE, None, HOME, NOW)
    return Sheet(name, name, position, NOW, tuple(nearest(help_near, 34.3352, 108.7161, limit=5)), name, name, NOW)


@pytest.mark.parametrize("name", NASTY)
def test_sent_file_opens_alone_and_shows_names_as_they_are(watched: Watched, tmp_path: Path, name: str) -> None:
    file = tmp_path / "alarm.html"
    file.write_text(alarm_page(sheet(name), outlines=OUTLINES, inline_assets=VENDOR), encoding="utf-8")

    watched.page.goto(file.as_uri())

    expect(watched.page.locator(".cb-pin-help")).to_have_count(2)
    assert watched.page.locator("h1").text_content() == name
    assert watched.page.locator(".cb-pin-place .cb-text").text_content() == name
    assert watched.page.locator(".cb-name").first.text_content() == name
    assert watched.page.locator(".cb-area").count() > 0
    assert watched.asked == [file.as_uri()]
    assert watched.complaints == []


@pytest.mark.parametrize("name", NASTY)
def test_served_page_needs_no_inline_script_and_asks_nobody_else(watched: Watched, name: str) -> None:
    page = alarm_page(sheet(name), labels=ENGLISH, outlines=OUTLINES, script_url="/map.js", style_url="/map.css")
    watched.served = {
        "/": ("text/html; charset=utf-8", page),
        "/map.js": ("text/javascript", alarm_map(sheet(name), ENGLISH, OUTLINES).script),
        "/map.css": ("text/css", sheet_css()),
    }

    watched.page.goto(f"{SITE}/")

    expect(watched.page.locator(".cb-pin-place .cb-text")).to_have_text(name)
    assert {url for url in watched.asked if not url.startswith(f"{SITE}/")} == set()
    assert [told for told in watched.complaints if "favicon" not in told and "404" not in told] == []


def test_printed_sheet_is_one_page_with_the_whole_map(watched: Watched, tmp_path: Path) -> None:
    file = tmp_path / "alarm.html"
    file.write_text(alarm_page(sheet("赵桂明"), outlines=OUTLINES, inline_assets=VENDOR), encoding="utf-8")
    watched.page.goto(file.as_uri())

    pdf = watched.page.pdf(prefer_css_page_size=True, print_background=True)

    assert pdf.count(b"/Type /Page\n") == 1


def test_site_with_tiles_gets_them_and_their_datum(watched: Watched) -> None:
    tiles = Tiles("/tiles/{z}/{x}/{y}.png", "测绘院", 17, crs="gcj02")
    page = alarm_page(sheet("赵桂明"), tiles=tiles, script_url="/map.js", style_url="/map.css")
    watched.served = {
        "/": ("text/html; charset=utf-8", page),
        "/map.js": ("text/javascript", alarm_map(sheet("赵桂明"), tiles=tiles).script),
        "/map.css": ("text/css", sheet_css()),
    }
    with watched.page.expect_request(f"{SITE}/tiles/**"):
        watched.page.goto(f"{SITE}/")

    expect(watched.page.locator(".leaflet-control-attribution")).to_have_text("测绘院")
    assert {url for url in watched.asked if not url.startswith(f"{SITE}/")} == set()


def feature(number: int, state: str, name: str = "", lat: float = 34.33) -> dict[str, Any]:
    told = {"id": f"a{number}", "state": state, "label": f"{name} {state}", "text": name}
    return {"type": "Feature", "properties": told, "geometry": {"type": "Point", "coordinates": [108.71, lat]}}


@pytest.fixture
def live(watched: Watched) -> Watched:
    drawn = live_map((34.33, 108.71), alarms_url="/alarms", outlines=OUTLINES)
    links = [f'<link rel="stylesheet" href="{link}">' for link in (*drawn.css_links, "/map.css")]
    scripts = [f'<script src="{link}" defer></script>' for link in ("/page.js", *drawn.js_links, "/map.js")]
    page = f"<!DOCTYPE html><head>{''.join(links + scripts)}</head><main class=desk>{drawn.html}</main>"
    listening = "addEventListener('carebell:alarm', e => { document.title = e.detail.id; });"
    watched.served = {
        "/": ("text/html; charset=utf-8", page),
        "/page.js": ("text/javascript", listening),
        "/map.js": ("text/javascript", drawn.script),
        "/map.css": ("text/css", map_css() + ".desk { height: 600px }"),
        "/alarms": collection(feature(1, "unclaimed", NASTY[0]), feature(2, "calling", "李德福", 34.35)),
    }
    watched.page.goto(f"{SITE}/")
    expect(watched.page.locator(".cb-pin-unclaimed")).to_have_count(1)
    return watched


def push(live: Watched, script: str, told: object = None) -> None:
    live.page.evaluate(f"told => {{ {script} }}", told)


def test_live_map_shows_what_is_pushed(live: Watched) -> None:
    page = live.page
    expect(page.locator(".cb-pin-calling .cb-text")).to_have_text("李德福")
    expect(page.locator(".cb-pin-unclaimed .cb-text")).to_have_text(NASTY[0])

    push(live, "carebell.map.pushAlarm(told)", feature(2, "accepted", "李德福", 34.35))
    push(live, "carebell.map.pushAlarm(told)", feature(3, "unclaimed", NASTY[1], 34.31))
    expect(page.locator(".cb-pin-calling")).to_have_count(0)
    expect(page.locator(".cb-pin-accepted")).to_have_count(1)
    expect(page.locator(".cb-pin-unclaimed")).to_have_count(2)
    expect(page.get_by_label("李德福 accepted")).to_be_visible()

    push(live, "carebell.map.dropAlarm('a2'); carebell.map.dropAlarm('never there')")
    expect(page.locator(".cb-pin-accepted")).to_have_count(0)

    assert live.complaints == [] or all("favicon" in told or "404" in told for told in live.complaints)
    assert {url for url in live.asked if not url.startswith(f"{SITE}/")} == set()


DOTS = """() => carebell.map.dots.set("devices", {items: [
    {id: "d1", place: L.latLng(34.33, 108.72), mark: "silent", sign: ""}], cells: [
    {place: L.latLng(34.34, 108.73), number: 4711, mark: "online", bad: 3}]})"""
DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def test_devices_are_drawn_above_the_outlines(live: Watched) -> None:
    live.page.evaluate(DRAWN)
    without_devices = live.page.screenshot()

    live.page.evaluate(DOTS)
    live.page.evaluate(DRAWN)

    assert live.page.screenshot() != without_devices


def test_what_is_drawn_is_found_where_it_is_drawn(live: Watched) -> None:
    live.page.evaluate(DOTS)
    at = """place => { var map = carebell.map.leaflet, p = map.latLngToContainerPoint(place);
        var at = far => carebell.map.dots.at(L.point(p.x + far, p.y - far), 12), found = at(5), far = at(90);
        return [found && (found.item ? found.item.id : found.cell.number), far]; }"""

    assert live.page.evaluate(at, [34.33, 108.72]) == ["d1", None]
    assert live.page.evaluate(at, [34.34, 108.73])[0] == 4711


def test_what_is_pushed_while_all_is_fetched_stays(live: Watched) -> None:
    """A whole answer is older than what came by itself meanwhile."""
    push(
        live,
        "var whole = carebell.map.refresh(); carebell.map.pushAlarm(told); return whole",
        feature(2, "accepted", "李德福", 34.35),
    )

    expect(live.page.locator(".cb-pin-accepted")).to_have_count(1)
    expect(live.page.locator(".cb-pin-calling")).to_have_count(0)


def test_many_alarms_stand_in_groups_that_open(live: Watched) -> None:
    many = [feature(100 + n, "calling" if n % 3 else "unclaimed", f"老人{n}", 34.3 + n / 5000) for n in range(300)]
    push(live, "carebell.map.pushAlarm(told[0]); told.forEach(carebell.map.pushAlarm)", many)
    groups = live.page.locator(".cb-group")
    expect(groups.first).to_be_attached()
    pins = live.page.locator(".cb-alarm").count()
    assert pins < 80
    told = sum(int(text.rpartition("/")[2]) for text in groups.locator(".cb-sign").all_text_contents())
    shown = live.page.evaluate("() => carebell.map.crowd.shown().length")
    assert told + shown == 302

    push(live, "carebell.map.choose('a205')")
    expect(live.page.locator(".cb-alarm.is-chosen")).to_have_count(1)

    zoom = live.page.evaluate("() => carebell.map.leaflet.getZoom()")
    live.page.locator(".cb-icon", has=live.page.locator(".cb-group")).first.focus()
    live.page.keyboard.press("Enter")
    assert live.page.evaluate("() => carebell.map.leaflet.getZoom()") > zoom


def test_a_group_follows_what_becomes_of_its_alarms(live: Watched) -> None:
    many = [feature(100 + n, "calling", f"老人{n}", 34.34) for n in range(200)]
    push(live, "told.forEach(carebell.map.pushAlarm)", many)
    expect(live.page.locator(".cb-group.cb-pin-calling")).to_have_count(1)

    push(
        live,
        "told.forEach(carebell.map.pushAlarm)",
        [one | {"properties": one["properties"] | {"state": "arrived"}} for one in many],
    )

    expect(live.page.locator(".cb-group.cb-pin-arrived")).to_have_count(1)


def test_what_nobody_has_taken_stands_alone_while_few_wait(live: Watched) -> None:
    many = [feature(100 + n, "unclaimed" if n < 5 else "calling", f"老人{n}", 34.33) for n in range(300)]
    push(live, "told.forEach(carebell.map.pushAlarm)", many)

    expect(live.page.locator(".cb-group")).to_have_count(1)
    expect(live.page.locator(".cb-alarm.cb-pin-unclaimed")).to_have_count(6)


def test_a_helpers_way_and_a_vague_place_are_drawn_under_the_pins(live: Watched) -> None:
    live.page.evaluate(DRAWN)
    plain = live.page.screenshot()

    way = "{id: 'a2', place: L.latLng(34.32, 108.75), text: told}"
    push(live, f"carebell.map.ways([{way}, {way.replace('a2', 'of nobody here')}])", NASTY[0])
    live.page.evaluate(DRAWN)
    with_way = live.page.screenshot()
    vague = feature(2, "calling", "李德福", 34.35)
    vague["properties"]["accuracy_m"] = 900
    push(live, "carebell.map.pushAlarm(told)", vague)
    live.page.evaluate(DRAWN)
    live.page.evaluate(DRAWN)
    with_circle = live.page.screenshot()

    assert len({plain, with_way, with_circle}) == 3
    push(live, "carebell.map.circles(false); carebell.map.ways([])")
    live.page.evaluate(DRAWN)
    live.page.evaluate(DRAWN)
    assert live.page.screenshot() == plain


def test_colleagues_who_look_stand_beside_the_pin_through_changes(live: Watched) -> None:
    push(live, "carebell.map.eyes({a2: told})", NASTY[0])
    expect(live.page.locator(".cb-pin-calling .cb-eyes")).to_have_text(f"◉ {NASTY[0]}")

    push(live, "carebell.map.pushAlarm(told)", feature(2, "accepted", "李德福", 34.35))
    expect(live.page.locator(".cb-pin-accepted .cb-eyes")).to_have_text(f"◉ {NASTY[0]}")
    push(live, "carebell.map.eyes({})")
    expect(live.page.locator(".cb-eyes")).to_have_count(0)


def test_alarms_behind_one_door_open_the_neediest(live: Watched) -> None:
    same = [feature(500 + n, "calling" if n == 77 else "arrived", "同楼", 34.3) for n in range(190)]
    push(
        live,
        "told.forEach(carebell.map.pushAlarm); carebell.map.leaflet.setView([34.3, 108.71], 18, {animate: false})",
        same,
    )
    expect(live.page.locator(".cb-group")).to_have_count(1)

    live.page.locator(".cb-group").click()

    expect(live.page).to_have_title("a577")


def test_live_map_starts_again_from_the_whole_list(live: Watched) -> None:
    live.served["/alarms"] = collection(feature(4, "arrived", "王秀兰"))

    push(live, "carebell.map.refresh()")

    expect(live.page.locator(".cb-pin-arrived")).to_have_count(1)
    expect(live.page.locator(".cb-pin-unclaimed")).to_have_count(0)


def test_chosen_pin_is_told_to_the_page_by_mouse_and_by_key(live: Watched) -> None:
    live.page.locator(".cb-pin-calling").click()
    assert live.page.title() == "a2"

    live.page.locator(".cb-icon", has=live.page.locator(".cb-pin-unclaimed")).focus()
    live.page.keyboard.press("Enter")
    assert live.page.title() == "a1"


def test_pin_that_changes_keeps_the_focus(live: Watched) -> None:
    live.page.locator(".cb-icon", has=live.page.locator(".cb-pin-calling")).focus()

    push(live, "carebell.map.pushAlarm(told)", feature(2, "accepted", "李德福", 34.35))

    expect(live.page.locator(".cb-icon", has=live.page.locator(".cb-pin-accepted"))).to_be_focused()


def test_data_that_cannot_be_fetched_is_told_to_the_page(live: Watched) -> None:
    del live.served["/alarms"]
    push(live, "addEventListener('carebell:stale', () => { document.title = 'stale'; })")

    push(live, "carebell.map.refresh()")

    expect(live.page).to_have_title("stale")
    expect(live.page.locator(".cb-pin-unclaimed")).to_have_count(1)
