"""WCAG 2.2 AA as far as axe can see it, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre

LOOKS = 20
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


WATCH_GREY = """() => {
    var body = document.body, watch = new MutationObserver(look);
    function look() { if (body.classList.contains("is-stale")) { body.dataset.turnedGrey = ""; watch.disconnect(); } }
    delete body.dataset.turnedGrey;
    watch.observe(body, {attributes: true, attributeFilter: ["class"]});
    look();
}"""


def problems(page: Page) -> list[str]:
    """What axe finds; not while the page is grey because its stream paused, as it may on a busy machine."""
    page.emulate_media(reduced_motion="reduce")  # What is still sliding in is half transparent.
    for _ in range(LOOKS):
        page.wait_for_function("() => !document.body.classList.contains('is-stale')")
        page.evaluate(WATCH_GREY)
        found = Axe().run(page, options={"resultTypes": ["violations"], **RULES}).response["violations"]
        if not page.evaluate("document.body.dataset.turnedGrey !== undefined"):
            break
    else:
        raise AssertionError("the page turned grey during each look at it")
    return [
        f"{one['id']}: {node['html'][:160]} {node['any'][:1] and node['any'][0]['message']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_use_the_pages(open_page: Open, centre: LiveCentre, theme: str, width: int) -> None:
    alarm_id = centre.household().press()
    page = open_page(theme=theme, width=width)
    for path in ("/", f"/?alarm={alarm_id}", f"/alarms/{alarm_id}", "/alarms", "/sandbox"):
        page.goto(path)
        page.wait_for_load_state("load")
        assert (path, problems(page)) == (path, [])


@pytest.mark.parametrize("path", ["/sign-in", "/r/run-out"])
def test_everybody_can_come_in(open_page: Open, path: str) -> None:
    page = open_page(path, user=None)

    assert problems(page) == []
