"""After an earthquake: 600 open alarms on the board, grouped, answered many at once; and the keys of the desk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import insert

from alarms.models import Alarm
from core.db import Database, sqlite_url
from core.ids import new_id
from registry.models import Elder, table_of
from registry.store import AREAS, add
from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.integration.test_board import row
from tests.live_centre import LiveCentre

STREET, SOUTH, NORTH = "/6104/610402001", "/6104/610402001/610402001001", "/6104/610402001/610402001002"
NAMES = {STREET: ("Renmin street", "street"), SOUTH: ("South court", "community"), NORTH: ("North court", "community")}
COUNT, IN_SOUTH = 600, 12


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCentre]:
    """A centre of its own: the first twelve who pressed live in South court, all others in North court."""
    folder = tmp_path_factory.mktemp("surge")
    made = LiveCentre(folder)
    try:
        made.settle_in()
        _flood(Database(sqlite_url(folder / "data")))
        yield made
    finally:
        made.stop()


def _flood(db: Database) -> None:
    now = datetime.now(UTC)
    born = {"created_at": now, "updated_at": now, "language": "zh-CN", "version": 1}
    numbers = range(1, COUNT + 1)
    with db.write() as session:
        for path, (name, level) in NAMES.items():
            code = path.rpartition("/")[2]
            add(session, AREAS, {"id": new_id(), "code": code, "name": name, "level": level, "path": path})
        elders = [
            {"id": f"e-{n}", "name": f"Elder {n}", "area_path": SOUTH if n <= IN_SOUTH else NORTH} for n in numbers
        ]
        session.execute(insert(table_of(Elder)), [elder | born for elder in elders])
        alarms = [row(n, elder_id=f"e-{n}", received_at=now - timedelta(seconds=COUNT + 200 - n)) for n in numbers]
        session.execute(insert(table_of(Alarm)), alarms)
    db.close()


def of_area(page: Page, name: str) -> None:
    page.locator(".area-head", has_text=name).click()
    expect(page.locator("#area-form")).to_be_visible()


def test_so_many_are_grouped_and_one_key_shows_the_neediest_first(open_page: Open) -> None:
    page = open_page()
    expect(page.locator(".area-head")).to_have_count(2)
    expect(page.locator(".area-head").first).to_contain_text("South court")
    expect(page.locator("#counts")).to_contain_text("600 open")

    page.keyboard.press("g")

    lines = page.locator("#queue > .line")
    expect(lines).to_have_count(100)
    expect(lines.first).to_contain_text("Elder 1")
    expect(lines.first).to_have_attribute("data-waits", "180")
    expect(lines.first).to_contain_text("min, nobody!")
    page.keyboard.press("o")
    expect(lines).to_have_count(200)


def test_a_click_counts_though_the_list_is_brought_up_to_date_under_it(open_page: Open) -> None:
    page = open_page()
    head = page.locator(".area-head", has_text="South court")
    expect(head).to_be_visible()
    late: list[Route] = []
    page.route("**/desk/areas*", lambda route: late.append(route) if not late else route.continue_())
    with page.expect_request("**/desk/areas*"):
        page.evaluate("() => carebell.areas.show()")
    page.evaluate(
        "() => document.querySelectorAll('.area').forEach(one => { one.carebellSource = 'is brought anew'; })"
    )
    head.hover()

    page.mouse.down()
    with page.expect_response("**/desk/areas*"):
        late[0].continue_()
    page.evaluate("() => new Promise(done => setTimeout(done, 300))")
    page.mouse.up()

    expect(page.locator("#area-form")).to_be_visible()
    page.unroute_all(behavior="wait")


def test_a_refused_look_is_asked_for_again(open_page: Open) -> None:
    page = open_page()
    head = page.locator(".area-head", has_text="South court")
    expect(head).to_be_visible()
    page.route("**/desk/areas*", lambda route: route.fulfill(status=503), times=1)

    head.click()

    expect(page.locator("#area-form")).to_be_visible()


def test_a_whole_area_is_taken_and_given_back(open_page: Open, centre: LiveCentre) -> None:
    page = open_page()
    of_area(page, "South court")

    page.get_by_role("button", name="Take all 12").click()
    expect(page.locator("#areas-result")).to_contain_text("12 taken")
    assert centre.alarm("alarm-7")["claimed_by"]["username"] == "limin"

    page.keyboard.press("z")
    expect(page.locator("#areas-result")).to_contain_text("12 given back")
    assert centre.alarm("alarm-7")["claimed_by"] is None


def test_one_arrangement_for_the_ticked(open_page: Open, centre: LiveCentre) -> None:
    page = open_page()
    of_area(page, "South court")
    page.get_by_label("Tick Elder 3").check()
    page.get_by_label("Tick Elder 4").check()
    expect(page.get_by_role("button", name="Take the 2 ticked")).to_be_visible()

    page.get_by_text("Somebody is going …").click()
    page.get_by_label("Who is going?").fill("Fire brigade")
    page.locator("#area-accept").get_by_text("20 min").click()
    page.get_by_role("button", name="They are going, to all of them").click()

    expect(page.locator("#areas-result")).to_contain_text("Said for 2")
    alarm = centre.alarm("alarm-3")
    assert (alarm["state"], alarm["accepted_by"]["name"], alarm["eta_min"]) == ("accepted", "Fire brigade", 20)
    assert centre.alarm("alarm-5")["state"] == "open"


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_answer_many(open_page: Open, theme: str, width: int) -> None:
    page = open_page(theme=theme, width=width)
    of_area(page, "South court")
    page.get_by_text("Somebody is going …").click()

    assert problems(page) == []
    page.locator("[data-view=all]").click()
    expect(page.locator("#queue > .line").first).to_have_attribute("data-waits", "180")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_waits_too_long_stands_on_every_page_until_it_is_taken(open_page: Open) -> None:
    elsewhere = open_page("/alarms")
    expect(elsewhere.locator("#overdue")).to_contain_text("have waited more than 3 minutes")

    page = open_page()
    before = page.locator("#overdue [data-overdue]")
    count = int(before.get_attribute("data-overdue") or 0)
    page.get_by_role("link", name="Take the next").click()

    expect(page.locator("#panel .panel-holder")).to_have_text("yours")
    expect(page.locator(f"#overdue [data-overdue='{count}']")).to_have_count(0)


def test_the_card_shows_what_the_keys_do(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()

    listed = page.evaluate("Object.values(JSON.parse(document.getElementById('key-list').textContent))")
    done = page.evaluate("carebell.keys.actions()")
    shown = page.evaluate(
        "Array.from(document.querySelectorAll('[data-key-action]')).map(one => one.dataset.keyAction)"
    )

    assert set(listed) == set(done) == set(shown) - {""}


def test_no_key_acts_while_somebody_types_or_composes(open_page: Open) -> None:
    page = open_page("/?alarm=alarm-9")
    note = page.locator("#note-text")
    note.fill("")
    note.press_sequentially("gsu")

    expect(note).to_have_value("gsu")
    expect(page.locator("#areas")).to_be_visible()
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'g', isComposing: true, bubbles: true}))"
    )
    expect(page.locator("#areas")).to_be_visible()


def test_the_keys_can_be_switched_off(open_page: Open) -> None:
    page = open_page()
    page.locator("#keys-button").click()
    page.get_by_label("Keys work while nobody types").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("g")

    expect(page.locator("#areas")).to_be_visible()
