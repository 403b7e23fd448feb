"""An alarm in a hidden tab gives its connection back, and is up to date when it is looked at again."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre

HIDE = """
hidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}
"""


def streams_of(page: Page) -> list[str]:
    """Each time the page opens its event stream, one more."""
    opened: list[str] = []
    page.on("request", lambda asked: opened.append(asked.url) if "/api/v1/events" in asked.url else None)
    return opened


def test_a_hidden_alarm_lets_go_and_catches_up(open_page: Open, centre: LiveCentre) -> None:
    alarm_id = centre.household().press()
    page = open_page("/alarms")
    page.clock.install()
    opened = streams_of(page)
    page.goto(f"/alarms/{alarm_id}")
    expect(page.locator(".panel-state")).to_contain_text("unclaimed")
    assert len(opened) == 1
    assert "last_event_id=" in opened[0]

    page.evaluate(HIDE, True)
    page.clock.fast_forward(60_000)
    before = len(opened)
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/claim")
    page.evaluate(HIDE, False)

    expect(page.locator(".panel-state")).to_contain_text("with Root")
    expect(page.locator("#stale")).to_be_hidden()
    assert len(opened) == before + 1
    assert "last_event_id=" in opened[-1]
