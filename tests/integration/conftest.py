"""A browser for the maps, started where a test asks for a page."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.map_page import Watched


@pytest.fixture(scope="module")
def map_browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield started
        started.close()


@pytest.fixture
def watched(map_browser: Browser) -> Iterator[Watched]:
    page = map_browser.new_page(viewport={"width": 1200, "height": 800})
    yield Watched(page)
    page.close()
