"""The end of an alarm at the desk, by keyboard alone."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre


def pressed_and_taken(open_page: Open, centre: LiveCentre) -> tuple[Page, str]:
    centre.claim_everything()
    page = open_page()
    alarm_id = centre.household().press()
    expect(page.locator(f"#line-{alarm_id}")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator(f"#panel [data-alarm='{alarm_id}'] .panel-holder")).to_have_text("yours")
    return page, alarm_id


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(40):
        if page.locator(selector).evaluate_all("found => found.includes(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


def test_refused_then_waived_and_closed_by_keyboard(open_page: Open, centre: LiveCentre) -> None:
    page, alarm_id = pressed_and_taken(open_page, centre)
    page.keyboard.press("c")
    page.keyboard.press("1")
    tab_to(page, "#act-close button.primary")

    page.keyboard.press("Enter")

    expect(page.locator("#fault-contact, #fault-safe, #fault-steps")).to_have_count(3)
    assert centre.alarm(alarm_id)["state"] == "open"
    expect(page.locator("[name=disposition][value=helped]")).to_be_checked()  # Nothing that was said is lost.
    expect(page.locator("[name=contact][value=yes]")).to_be_focused()
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/note", {"text": "meanwhile"})
    expect(page.locator("#panel .entry-noted")).to_contain_text("meanwhile")  # The panel is another one by now.
    expect(page.locator("#fault-contact, #fault-safe, #fault-steps")).to_have_count(3)
    expect(page.locator("[name=disposition][value=helped]")).to_be_checked()
    expect(page.locator("[name=contact][value=yes]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[name=contact][value=waive]")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[name=contact_why][value=spoke_with_elder]")).to_be_checked()
    tab_to(page, "[name=safe]")
    page.keyboard.press("Space")
    tab_to(page, "[name=steps]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page, "#act-close button.primary")
    page.keyboard.press("Enter")

    expect(page.locator("#panel .closed-as")).to_contain_text("Helped on the spot")
    alarm = centre.alarm(alarm_id)
    waived = [line["data"]["item"] for line in alarm["timeline"] if line["what"] == "closing_waived"]
    assert (alarm["state"], waived) == ("closed", ["contact", "steps"])
    expect(page.locator("#panel")).to_contain_text("May be supplemented until")


def test_one_key_for_an_elder_one_has_spoken_with_and_a_supplement_afterwards(
    open_page: Open, centre: LiveCentre
) -> None:
    page, alarm_id = pressed_and_taken(open_page, centre)
    page.keyboard.press("c")
    page.keyboard.press("3")
    page.keyboard.press("0")
    tab_to(page, "#act-close button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#panel .closed-as")).to_contain_text("Pressed by mistake")

    page.get_by_text("Supplement …").click()
    page.locator("#act-supplement").get_by_label("Taken to medical care").check()
    page.get_by_label("What is to be added?").fill("She fell after all")
    page.get_by_role("button", name="Save the supplement").click()

    expect(page.locator("#panel .closed-as")).to_contain_text("Taken to medical care")
    expect(page.locator("#panel .entry-supplemented").first).to_contain_text(
        "Pressed by mistake → Taken to medical care"
    )
    assert centre.alarm(alarm_id)["disposition"] == "medical"
