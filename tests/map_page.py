"""A page with a map in Debian's Chromium: what the site does not serve does not exist, and every request is noted."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Page, Route

import console

VENDOR = Path(console.__file__).parent / "static" / "vendor"
SITE = "http://centre.test"
STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"


class Watched:
    """A page that notes every address it asked for, every dialog and every complaint of the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.served: dict[str, tuple[str, str]] = {}
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", self._refuse)
        page.route(f"{SITE}/**", self._serve)

    def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/vendor/"):
            route.fulfill(path=VENDOR / path.removeprefix("/static/vendor/"))
        elif path in self.served:
            kind, body = self.served[path]
            route.fulfill(body=body, content_type=kind, headers={"Content-Security-Policy": STRICT})
        else:
            route.fulfill(status=404)


def collection(*features: dict[str, Any]) -> tuple[str, str]:
    return "application/geo+json", json.dumps({"type": "FeatureCollection", "features": features})
