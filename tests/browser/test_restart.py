"""The centre's process dies under ten open boards; each of them comes back by itself and has missed nothing."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre

BOARDS = 10


def shown(page: Page) -> set[str]:
    """The alarms on a board."""
    return set(page.evaluate("Array.from(document.querySelectorAll('#queue .line'), (line) => line.dataset.id)"))


def test_ten_boards_miss_nothing_when_the_centre_is_killed(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    before, between, waiting = centre.household(), centre.household(), centre.household()
    first = before.press()
    pages = [open_page(width=1440 if number % 2 else 1280) for number in range(BOARDS)]
    for page in pages:
        expect(page.locator(f"#line-{first}")).to_contain_text(before.name)
        page.evaluate("window.isTheSamePage = true")

    centre.kill()
    for page in pages:
        expect(page.locator("#stale")).to_be_visible()
    centre.start()
    # Before the boards are back: a press, one more of the first, a claim, and one alarm that comes and is closed.
    second = between.press()
    before.press()
    centre.ask("POST", f"/api/v1/alarms/{first}/claim")
    third = waiting.press()
    centre.ask("POST", f"/api/v1/alarms/{third}/claim")
    centre.ask("POST", f"/api/v1/alarms/{third}/close", {"disposition": "helped", "satisfaction": "satisfied"})

    for page in pages:
        expect(page.locator("#stale")).to_be_hidden()
        expect(page.locator(f"#line-{second}")).to_have_attribute("data-look", "unclaimed")
        expect(page.locator(f"#line-{first}")).to_have_attribute("data-look", "calling")
        expect(page.locator(f"#line-{first}")).to_contain_text("×2")
        expect(page.locator(f"#line-{third}")).to_have_count(0)
        assert page.evaluate("window.isTheSamePage") is True
    open_alarms = {
        one["id"] for one in centre.ask("GET", "/api/v1/alarms?limit=200")["items"] if one["state"] != "closed"
    }
    assert [shown(page) for page in pages] == [open_alarms] * BOARDS
