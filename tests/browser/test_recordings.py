"""A call's recording in a browser: it appears beside the alarm by itself, and one player plays it."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.live_centre import LiveCentre


def test_a_recording_is_played(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    number = home.contact["phone"]
    centre.ask("PUT", f"/api/v1/sandbox/phones/{number}", {"answer_after_s": 0, "then": "key:1"})
    alarm_id = home.press()
    page = open_page(f"/?alarm={alarm_id}")
    panel = page.locator("#panel")
    recordings = panel.locator("#part-recordings")
    expect(recordings).to_contain_text(str(home.contact["name"]))
    expect(recordings.locator("[data-play]")).to_have_count(0)

    panel.locator("form[data-act=claim] button").click()
    expect(panel).to_contain_text("yours")
    with page.expect_response(lambda answer: "/recordings/" in answer.url) as heard:
        recordings.locator("[data-play]").first.click()
    assert heard.value.status in (200, 206)
    player = page.locator(".recording-player")
    expect(player).to_contain_text(str(home.contact["name"]))
    page.wait_for_function("() => document.querySelector('.recording-player audio').duration > 0.4")
    assert page.evaluate("document.querySelector('.recording-player audio').error") is None
    assert problems(page) == []
    player.get_by_role("button", name="Close the player").click()
    expect(player).to_be_hidden()
