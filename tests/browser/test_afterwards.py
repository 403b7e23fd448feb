"""补录 at the desk's own pace: find, fill in by keyboard, enter, and the next one."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre


def test_one_case_after_the_other(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    page = open_page("/room/afterwards")
    days = page.evaluate("[2, 3].map(n => new Date(carebell.now() - n * 864e5).toISOString().slice(0, 10))")
    for day, said in zip(days, ("She felt dizzy.", "The second time the door was open."), strict=True):
        page.get_by_label("Whose case?").fill(home.name)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(home.name)
        page.get_by_label("Day").fill(day)
        page.get_by_label("Came in at").fill("14:05")
        page.get_by_label(f"Called at, {home.contact['name']}").fill("14:06")
        page.get_by_label(f"What became of it, {home.contact['name']}").select_option("accepted")
        page.get_by_label("Who went").select_option(label=f"{home.contact['name']} · family")
        page.get_by_label("On the way at").fill("14:07")
        page.get_by_label("Arrived at").fill("14:20")
        page.get_by_label("Closed at").fill("14:50")
        page.get_by_label("What it turned out to be").select_option("helped")
        page.get_by_label("Notes").fill(said)
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#satisfaction-error")).to_contain_text("is needed where the case is closed")
        expect(page.get_by_label("Notes")).to_have_value(said)
        page.get_by_label("Satisfaction").select_option("satisfied")
        page.get_by_role("button", name="Enter").click()
        expect(page.get_by_label("Whose case?")).to_be_focused()

    page.locator(".pick-list a", has_text=home.name).first.click()
    expect(page.locator(".panel-state")).to_contain_text("closed")
    expect(page.locator("#part-timeline")).to_contain_text(f"entered afterwards; it was at {days[1][5:]} 14:20")
