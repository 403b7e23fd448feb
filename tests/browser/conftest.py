"""Debian's Chromium before a real centre. A request that leaves the machine, or a script's error, fails the test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.live_centre import PASSWORD, LiveCentre

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PATIENCE_MS = 60_000
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCentre]:
    made = LiveCentre(tmp_path_factory.mktemp("centre"))
    try:
        made.settle_in()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a file: its event loop must be over before tests that run one of their own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "the browser tests need chromium (Debian: apt-get install chromium)"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, centre: LiveCentre) -> Iterator[Open]:
    """Opens a page of the centre, signed in as `user` unless that is None."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def watch(page: Page) -> Page:
        def asked(request: Request) -> None:
            where = urlsplit(request.url)
            if where.scheme not in ("data", "blob", "file") and where.hostname != "127.0.0.1":
                wrong.append(f"a request left the machine: {request.url}")

        page.on("request", asked)
        page.on("pageerror", lambda problem: wrong.append(f"a script failed on {page.url}: {problem}"))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        page.set_default_timeout(PATIENCE_MS)
        return page

    def open_(
        path: str = "/", *, user: str | None = "limin", width: int = 1440, height: int = 900, theme: str = "day",
        language: str = "en",
    ) -> Page:  # fmt: skip
        # Without a graphics card whatever moves is drawn by the processor, sixty times a second for each open page.
        context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=centre.url, reduced_motion="reduce"
        )
        contexts.append(context)
        context.add_cookies([
            {"name": "carebell_theme", "value": theme, "url": centre.url},
            {"name": "carebell_lang", "value": language, "url": centre.url},
        ])  # fmt: skip
        page = watch(context.new_page())
        if user is not None:
            context.request.post("/sign-in", form={"username": user, "password": PASSWORD}, max_redirects=0)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        with suppress(BrowserError):
            context.close()
    assert wrong == []
