"""The bar across the top: every page at every width, and what is rarely wanted under one's name."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.live_centre import PASSWORD

CUT = "node => node.scrollWidth - node.clientWidth"
PAGES = {"en": ("Duty desk", "Knowledge", "Registry"), "zh-CN": ("值班台", "知识库", "档案")}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_can_be_reached_at_every_width(open_page: Open, language: str) -> None:
    page = open_page(language=language)
    links, opens = page.locator("#pages"), page.locator(".bar-open")
    folded = {}
    for width in (1920, 1440, 1280, 820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        folded[width] = opens.is_visible()
        if folded[width]:
            expect(links).to_be_hidden()
            opens.click()
        for name in PAGES[language]:
            expect(links.get_by_role("link", name=name, exact=True)).to_be_in_viewport(ratio=1)
        assert (width, links.evaluate(CUT), page.locator("html").evaluate(CUT)) == (width, 0, 0)
        if folded[width]:
            page.keyboard.press("Escape")
    assert [width for width in folded if not folded[width]] == ([1920] if language == "en" else [1920, 1440])

    opens.click()
    links.get_by_role("link", name=PAGES[language][1], exact=True).click()
    page.wait_for_url("**/knowledge")


@pytest.mark.parametrize(("width", "theme"), [(1440, "day"), (390, "night")])
def test_what_is_rarely_wanted_waits_under_ones_name(open_page: Open, width: int, theme: str) -> None:
    page = open_page(width=width, theme=theme)
    mine = page.locator("#me")
    expect(mine).to_be_hidden()

    page.locator(".bar-person").click()
    expect(mine.get_by_role("link", name="My account")).to_be_in_viewport(ratio=1)
    assert problems(page) == []
    page.keyboard.press("Escape")
    expect(mine).to_be_hidden()

    page.locator(".bar-person").press("Enter")
    mine.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator(".bar-person").click()
    mine.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in*")

    page.get_by_label("用户名").fill("limin")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#pages")).to_be_attached()
