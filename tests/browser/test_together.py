"""Two officers at two screens, and a screen that was cut off."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.line import Line
from tests.live_centre import PASSWORD, Household, LiveCentre


@pytest.fixture
def line(centre: LiveCentre) -> Iterator[Line]:
    made = Line(centre.http_port)
    yield made
    made.close()


def shown(page: Page, alarm_id: str) -> Any:
    page.locator(f"#line-{alarm_id}").click()
    expect(page.locator(f"#panel [data-alarm='{alarm_id}']")).to_be_visible()
    return page.locator("#panel")


def taken(open_page: Open, centre: LiveCentre) -> tuple[Page, str, Household]:
    """Limin's screen with an alarm that is hers."""
    home = centre.household()
    limin = open_page()
    alarm_id = home.press()
    panel = shown(limin, alarm_id)
    panel.get_by_role("button", name="Take it", exact=True).click()
    expect(panel.locator(".panel-holder")).to_have_text("yours")
    return limin, alarm_id, home


def test_who_looks_at_it_too_is_seen_and_goes_with_them(open_page: Open, centre: LiveCentre) -> None:
    limin, alarm_id, _ = taken(open_page, centre)
    zhou = open_page(user="zhou")
    shown(zhou, alarm_id)

    expect(limin.locator("#panel .lookers")).to_have_text("Zhou is looking at it too")
    expect(zhou.locator("#panel .lookers")).to_have_text("Limin is looking at it too")
    expect(zhou.locator(f"#line-{alarm_id} .line-lookers")).to_have_text("Limin")
    version = centre.alarm(alarm_id)["version"]

    zhou.close()

    expect(limin.locator("#panel .lookers")).to_be_hidden()
    assert centre.alarm(alarm_id)["version"] == version


def test_an_offer_is_loud_and_goes_over_with_one_click(open_page: Open, centre: LiveCentre) -> None:
    limin, alarm_id, _ = taken(open_page, centre)
    zhou = open_page(user="zhou")

    limin.keyboard.press("h")
    limin.locator("#act-offer").get_by_label("Zhou").check()
    limin.locator("#act-offer input[name=text]").fill("my shift ends")
    limin.get_by_role("button", name="Offer it").click()

    bar = zhou.locator(".for-me-row")
    expect(bar).to_contain_text("Limin hands you #")
    expect(bar).to_contain_text("my shift ends")
    expect(limin.locator("#part-together")).to_contain_text("Offered to Zhou")
    assert centre.alarm(alarm_id)["claimed_by"]["name"] == "Limin"
    bar.get_by_role("button", name="I take it over").click()

    expect(zhou.locator(f"#panel [data-alarm='{alarm_id}'] .panel-holder")).to_have_text("yours")
    expect(limin.locator("#panel .panel-holder")).to_contain_text("Zhou")
    expect(limin.locator("#toasts")).to_contain_text("Zhou has taken")
    expect(bar).to_have_count(0)


def test_a_declined_offer_is_said_and_stays(open_page: Open, centre: LiveCentre) -> None:
    limin, alarm_id, _ = taken(open_page, centre)
    zhou = open_page(user="zhou")
    limin.keyboard.press("h")
    limin.locator("#act-offer").get_by_label("Zhou").check()
    limin.get_by_role("button", name="Offer it").click()

    zhou.locator(".for-me-row").get_by_role("button", name="I cannot take it").click()

    expect(limin.locator("#toasts")).to_contain_text("It stays with you")
    expect(limin.locator("#panel .panel-holder")).to_have_text("yours")
    assert centre.alarm(alarm_id)["offer"] is None


def test_two_claims_at_once_name_the_faster_one(open_page: Open, centre: LiveCentre) -> None:
    _, alarm_id, _ = taken(open_page, centre)
    zhou = open_page(user="zhou")

    # What her click would have sent, had it come a moment before the event.
    late = zhou.evaluate(
        "id => fetch(`/alarms/${id}/claim`, {method: 'POST', body: new URLSearchParams()}).then(one => one.text())",
        alarm_id,
    )

    assert "Limin was faster" in late


def test_a_missed_call_stands_over_the_desk_until_it_is_dealt_with(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    limin = open_page()
    expect(limin.locator("#queue")).to_be_attached()

    centre.ask("POST", f"/api/v1/sandbox/phones/{home.elder['phone']}/dial")

    bar = limin.locator(".for-me-row", has_text=home.name)
    expect(bar).to_contain_text("called the centre")
    bar.get_by_role("button", name="Dealt with").click()
    expect(bar).to_have_count(0)


# -- a screen that was cut off


def test_killed_and_started_again_the_page_misses_nothing_and_keeps_what_was_typed(
    open_page: Open, centre: LiveCentre
) -> None:
    limin, alarm_id, _ = taken(open_page, centre)
    limin.locator("#note-text").fill("the door is open")

    centre.kill()
    expect(limin.locator("#stale")).to_be_visible()
    expect(limin.locator("body.is-stale")).to_be_attached()
    centre.start()
    other = centre.household().press()

    expect(limin.locator("#stale")).to_be_hidden()
    expect(limin.locator(f"#line-{other}")).to_be_visible()
    expect(limin.locator("#note-text")).to_have_value("the door is open")
    limin.get_by_role("button", name="Write it down").click()
    expect(limin.locator("#part-timeline")).to_contain_text("the door is open")
    assert "the door is open" in str(centre.alarm(alarm_id)["timeline"])


def test_a_laptop_that_slept_wakes_up_to_what_is(open_page: Open, centre: LiveCentre) -> None:
    limin, alarm_id, home = taken(open_page, centre)
    control = limin.context.new_cdp_session(limin)

    control.send("Page.setWebLifecycleState", {"state": "frozen"})
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/note", {"text": "said while asleep"})
    home.press()
    control.send("Page.setWebLifecycleState", {"state": "active"})

    expect(limin.locator("#part-timeline")).to_contain_text("said while asleep")
    expect(limin.locator(f"#line-{alarm_id}")).to_contain_text("×2")


def test_a_proxy_without_its_centre_is_told_and_got_over(open_page: Open, centre: LiveCentre, line: Line) -> None:
    home = centre.household()
    page = open_page(user=None, path="about:blank")
    page.goto(f"http://127.0.0.1:{line.port}/sign-in")
    page.get_by_label("User name").fill("limin")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url(f"http://127.0.0.1:{line.port}/")
    expect(page.locator("#queue")).to_be_attached()

    line.cut()
    expect(page.locator("#stale")).to_be_visible()
    alarm_id = home.press()
    line.mend()

    expect(page.locator(f"#line-{alarm_id}")).to_be_visible()
    expect(page.locator("#stale")).to_be_hidden()


def test_a_session_that_ran_out_leads_back_to_where_one_was(open_page: Open, centre: LiveCentre) -> None:
    limin, alarm_id, _ = taken(open_page, centre)
    limin.locator("#note-text").fill("half a sentence")

    limin.context.clear_cookies(name="carebell_session")

    limin.wait_for_url("**/sign-in**", timeout=15_000)
    limin.get_by_label("User name").fill("limin")
    limin.get_by_label("Password").fill(PASSWORD)
    limin.locator("button.primary").click()
    expect(limin.locator(f"#panel [data-alarm='{alarm_id}']")).to_be_visible()
    expect(limin.locator("#note-text")).to_have_value("half a sentence")
