"""The knowledge base in a browser: found while typing, beside the alarm, its steps into the timeline."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.live_centre import LiveCentre


def test_a_card_is_found_while_typing(open_page: Open) -> None:
    page = open_page("/knowledge", language="zh-CN")

    page.keyboard.press("/")
    page.keyboard.type("tnb")
    line = page.locator(".card-line")
    expect(line).to_have_count(1)
    expect(line.locator("mark")).to_have_text("糖尿病")
    line.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("糖尿病、低血糖")
    expect(page.locator(".card-text .card-steps").first.locator("li")).to_have_count(7)


def test_the_card_beside_an_alarm_is_gone_through(open_page: Open, centre: LiveCentre) -> None:
    alarm_id = centre.household().press(kind="fall")
    page = open_page(f"/?alarm={alarm_id}")
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Take it").click()
    expect(panel).to_contain_text("yours")

    page.keyboard.press("w")
    card = panel.locator(".card-beside").first
    expect(card).to_have_attribute("open", "")
    expect(card.locator("summary")).to_be_focused()
    card.get_by_text("Let them lie still and do not lift yet", exact=True).first.click()
    card.get_by_text("Write the ticked steps into the timeline").click()
    expect(panel.locator("#part-timeline")).to_contain_text("2 让老人不要动，不要急着扶")


def test_the_pages_of_the_knowledge_base_are_for_everyone(open_page: Open) -> None:
    for theme, width in (("day", 1440), ("night", 390)):
        page = open_page("/knowledge", user="root", theme=theme, width=width)
        assert problems(page) == []
        page.locator(".card-line").first.click()
        page.wait_for_load_state("load")
        assert problems(page) == []
        page.goto(f"{page.url}/edit")
        assert problems(page) == []
        page.goto("/knowledge/print")
        assert problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
