"""Every page that a link leads to: usable by everybody by day and by night, at 200 % zoom and on a telephone."""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.live_centre import LiveCentre

AN_ID = re.compile(r"/(?:[0-9a-f-]{20,}|[0-9]+|live-[0-9]+|[a-z_]+\.[a-z0-9_]+)(?=/|$)")
NO_PAGES = re.compile(
    r"/sign-out|/static/|/oidc|/api/|/openapi|\.(?:csv|xlsx|json|js|css|png|svg|zip|html)$|/export|/download"
)
MOST_PAGES = 120
WIDTHS = {"two windows beside each other, or 200 % zoom": 720, "a telephone": 390}
LINKS = "Array.from(document.querySelectorAll('a[href]:not([download])'), (link) => link.href)"


def each_page(page: Page, start: str) -> Iterator[str]:
    """The kinds of pages that links lead to, their paths with ids left out; one of each is open when it is given."""
    found: set[str] = set()
    waiting = deque([start])
    while waiting and len(found) < MOST_PAGES:
        path = waiting.popleft()
        kind = AN_ID.sub("/…", path)
        if kind in found or NO_PAGES.search(path):
            continue
        found.add(kind)
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(path)
        assert answer is not None
        assert answer.status < 400, f"a link leads to {path}: {answer.status}"
        for link in page.evaluate(LINKS):
            parts = urlsplit(link)
            if parts.hostname == "127.0.0.1":
                waiting.append(parts.path)
        yield kind


def fill_what_is_empty_at_first(page: Page, centre: LiveCentre) -> None:
    """The lists of imports, of offline lists and of what was removed, and what is wrong in an import, have something to
    show."""
    rows = "name,phone,address\n吴桂英,13900000077,秦都区吴家堡3号楼\n赵桂兰,一三九,秦都区吴家堡4号楼\n"
    file: FilePayload = {"name": "街道老人登记表第三次汇总.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    form = {"kind": "elders", "on_existing": "update", "rows": "good"}
    origin = {"Origin": "http://" + urlsplit(page.url).netloc}
    assert page.request.post("/registry/import", multipart={**form, "file": file}, headers=origin).ok
    reason: dict[str, str | float | bool] = {"reason": "Weekly copy for the street's office"}
    assert page.request.post("/room/offline/paper", form=reason, headers=origin).ok
    gone = centre.ask("POST", "/api/v1/resources", {
        "name": "秦都区第二人民医院社区卫生服务中心", "kind": "clinic", "lat": 34.33, "lon": 108.71,
        "address": "陕西省咸阳市秦都区人民路街道渭阳西路中段18号",
    })  # fmt: skip
    ours = {"Authorization": f"Bearer {centre.token}"}
    assert page.request.delete(f"/api/v1/resources/{gone['id']}", headers=ours).ok


@pytest.mark.parametrize("user", ["root", "auditor"])
def test_every_page_is_for_everybody(open_page: Open, centre: LiveCentre, user: str) -> None:
    centre.household().press()
    if user == "auditor":
        centre.command("user", "add", "auditor", "--role", "auditor", said="correct horse battery")
    page = open_page("/account", user=user)
    if user == "root":
        fill_what_is_empty_at_first(page, centre)
    wrong, looked_at = [], 0
    for kind in each_page(page, "/registry" if user == "auditor" else "/"):
        looked_at += 1
        if user == "root":
            wrong += [f"{kind} by day: {one}" for one in problems(page)]
        page.evaluate("document.documentElement.dataset.theme = 'night'")
        for what, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{kind} is {wide} px wide on {what}")
        wrong += [f"{kind} by night on a telephone: {one}" for one in problems(page)]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    assert looked_at > 3
