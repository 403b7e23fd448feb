"""The search box as a hand at the keyboard meets it."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre


def test_a_slash_initials_and_arrows_find_somebody(open_page: Open, centre: LiveCentre) -> None:
    centre.household()
    page = open_page("/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Find an elder")
    expect(box).to_be_focused()
    expect(page.get_by_text("Type a name, its pinyin or initials")).to_be_visible()

    page.keyboard.type("zgm")

    first = page.get_by_role("option").first
    expect(first.locator("mark").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert "zgm" not in page.url


def test_words_nobody_has_say_what_else_can_be_tried(open_page: Open) -> None:
    page = open_page("/")

    page.get_by_role("combobox", name="Find an elder").fill("不在这里")

    expect(page.get_by_text("Nobody found.")).to_be_visible()
