"""From the press published to the marker and the line on an officer's screen, and what the board weighs.

    python bench/console.py [--devices 5000] [--open 200] [--consoles 50] [--presses 100] [--pace-s 0.4]

`carebell up` runs in a process of its own (SQLite, sandbox phones), with that many devices and open alarms, whose calls
go on. The consoles hold the event stream, which brings the lines that changed, as the board does; one real board is
open in Chromium. Each press is of another elder and is published to the centre's MQTT endpoint; the page notes when the
elder's line and marker have been painted (the animation frame after they came into the document), by the same machine's
clock. The weight and the first paint are those of the first visit, with an empty cache. Prints one JSON line.
"""

import argparse
import asyncio
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
from playwright.async_api import Page, async_playwright
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.press import SECRET, START_S, Unit, ended, free_port, log_in, uid_of
from carebell import site
from core.clock import SystemClock
from core.settings import Settings
from registry.models import Contact, Device, Elder, Policy, table_of
from registry.secrets import hash_secret

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "correct horse battery"
OFFICER = "li.min"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip
SEEN_WITHIN_S = 20.0

WATCH = """
(() => {
  const seen = window.benchSeen = {}, pending = window.benchPending = new Set();
  const now = () => performance.timeOrigin + performance.now();
  const note = (kind, name) => requestAnimationFrame(() => {
    const one = seen[name] = seen[name] || {};
    one[kind] = one[kind] || now();
  });
  const look = () => pending.forEach((name) => {
    const one = seen[name] || {};
    if (!one.line && Array.from(document.querySelectorAll('.line-name')).some((each) => each.textContent === name)) {
      note('line', name);
    }
    if (!one.marker && document.querySelector(`.leaflet-marker-icon[aria-label^="${name}"]`)) { note('marker', name); }
  });
  const what = { childList: true, subtree: true, attributeFilter: ['aria-label'] };
  new MutationObserver(look).observe(document.body, what);
})()
"""
PAINT = """
() => {
  const entries = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  const by = {};
  for (const one of entries) {
    const ending = (one.name.split('?')[0].match(/\\.(\\w+)$/) || [0, 'other'])[1];
    const kind = one.entryType === 'navigation' ? 'page' : ending;
    by[kind] = by[kind] || { files: 0, kb: 0, kb_unpacked: 0 };
    by[kind].files += 1; by[kind].kb += one.transferSize / 1024; by[kind].kb_unpacked += one.decodedBodySize / 1024;
  }
  return { first_contentful_paint_ms: first && first.startTime, by };
}
"""


def name_of(number: int) -> str:
    return f"赵桂明{number:05d}"


def plant(folder: Path, count: int) -> None:
    """Elders over a city, each with a device and two contacts."""
    settings = Settings(data_dir=folder)
    db = site.open_database(settings, upgrade=True)
    now, chance = SystemClock().now(), random.Random(7)  # Places on a map, not secrets.
    person = {"language": "zh-CN", "created_at": now, "updated_at": now, "version": 1}
    numbers = range(count)
    secret = hash_secret(SECRET)
    elders = [
        {"id": f"e{n}", "name": name_of(n), "lat": 34.33 + chance.gauss(0, 0.05), "lon": 108.71 + chance.gauss(0, 0.06),
         "address": f"秦都区吴家堡{n}号楼2-401", "health": {}} | person
        for n in numbers
    ]  # fmt: skip
    contacts = [
        {"id": f"c{n}-{rank}", "elder_id": f"e{n}", "name": "李娜", "role": role, "rank": rank,
         "phone": f"+86139{n * 2 + rank:08d}", "is_key_holder": False} | person
        for n in numbers for rank, role in ((0, "family"), (1, "community"))
    ]  # fmt: skip
    stamps = {"created_at": now, "updated_at": now, "version": 1}
    devices = [
        {"id": f"d{n}", "uid": uid_of(n), "elder_id": f"e{n}", "state": "in_service", "secret_hash": secret} | stamps
        for n in numbers
    ]
    policy = {"id": "p", "name": "default", "version": 1, "updated_at": now, "settings": {"ring_s": 30}}
    with db.write() as session:
        for model, rows in ((Elder, elders), (Contact, contacts), (Device, devices), (Policy, [policy])):
            session.connection().execute(insert(table_of(model)), rows)
    db.close()


def command(folder: Path, env: dict[str, str], *words: str, said: str) -> None:
    subprocess.run(  # Our own command, with words of our own.
        [sys.executable, "-m", "carebell", *words], input=said.encode(), env=env, cwd=folder, check=True,
        capture_output=True,
    )  # fmt: skip


class Console:
    """One more board, without its pictures: holds the stream, which brings the lines of what changed."""

    def __init__(self, url: str, token: str) -> None:
        self.events = 0
        self._client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=None)

    async def run(self) -> None:
        async with self._client, self._client.stream("GET", "/api/v1/events?lines=zh-CN") as answer:
            answer.raise_for_status()
            async for part in answer.aiter_raw():
                self.events += part.count(b"event: alarm")


async def ready(url: str, process: subprocess.Popen[str], log: Path) -> None:
    ends_at = time.perf_counter() + START_S
    async with httpx.AsyncClient(base_url=url) as client:
        while True:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if process.poll() is not None or time.perf_counter() > ends_at:
                raise SystemExit(log.read_text()[-2000:])
            await asyncio.sleep(0.1)


async def fill(url: str, token: str, units: list[Unit]) -> None:
    """So many alarms are open, each in the officer's hands, with their calls under way."""
    for unit in units:
        unit.press()
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        claimed: set[str] = set()
        ends_at = time.perf_counter() + START_S
        while len(claimed) < len(units) and time.perf_counter() < ends_at:
            cursor: str | None = None
            while True:
                page = (
                    await client.get("/api/v1/alarms", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
                ).json()
                for one in page["items"]:
                    if one["id"] not in claimed:
                        (await client.post(f"/api/v1/alarms/{one['id']}/claim")).raise_for_status()
                        claimed.add(one["id"])
                cursor = page["next_cursor"]
                if not cursor:
                    break
    if len(claimed) < len(units):
        raise SystemExit(f"only {len(claimed)} of {len(units)} alarms were opened")


async def board(page: Page, url: str) -> dict[str, Any]:
    """Sign in and open the board with an empty cache; what it weighs and when it was painted."""
    await page.goto(f"{url}/sign-in")
    await page.locator("[name=username]").fill(OFFICER)
    await page.locator("[name=password]").fill(PASSWORD)
    session = await page.context.new_cdp_session(page)
    await page.locator("button.primary").click()
    await page.wait_for_url(f"{url}/")
    await session.send("Network.clearBrowserCache")
    await page.goto(f"{url}/", wait_until="load")
    await page.wait_for_selector(".leaflet-marker-icon")
    await page.wait_for_timeout(2000)
    told: dict[str, Any] = await page.evaluate(PAINT)
    await page.evaluate(WATCH)
    return told


async def measured(page: Page, unit: Unit, number: int) -> dict[str, float]:
    """Milliseconds from the publish to the line and to the marker."""
    name = name_of(number)
    await page.evaluate("name => { benchPending.clear(); benchPending.add(name); }", name)
    pressed = time.time() * 1000
    unit.press()
    ends_at = time.perf_counter() + SEEN_WITHIN_S
    seen: dict[str, float] = {}
    while len(seen) < 2 and time.perf_counter() < ends_at:
        await asyncio.sleep(0.05)
        seen = await page.evaluate("name => benchSeen[name] || {}", name)
    return {what: at - pressed for what, at in seen.items()}


@asynccontextmanager
async def centre(folder: Path, devices: int) -> AsyncIterator[tuple[str, int, str]]:
    """A centre with so many devices in a process of its own: its address, its MQTT port and an officer's token."""
    plant(folder, devices)
    mqtt_port, http_port = free_port(), free_port()
    url = f"http://127.0.0.1:{http_port}"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CAREBELL_")}
    env = inherited | {
        "CAREBELL_DATA_DIR": str(folder), "CAREBELL_MQTT_PORT": str(mqtt_port), "CAREBELL_HTTP_PORT": str(http_port),
        "CAREBELL_PUBLIC_URL": url, "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command(folder, env, "user", "add", OFFICER, "--role", "officer", said=PASSWORD)
    log = folder / "log"
    with (
        log.open("w") as out,
        ended(subprocess.Popen([sys.executable, "-m", "carebell", "up"], env=env, cwd=folder, stdout=out, stderr=out,
                               text=True)) as process,
    ):  # fmt: skip
        await ready(url, process, log)
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.post("/api/v1/session", json={"username": OFFICER, "password": PASSWORD})
            token = answer.raise_for_status().json()["token"]
        yield url, mqtt_port, token


@asynccontextmanager
async def big_screen() -> AsyncIterator[Page]:
    """A page of Chromium, as wide as an officer's screen."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield await browser.new_page(viewport={"width": 1920, "height": 1080})
        await browser.close()


async def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    async with centre(folder, options.devices) as (url, mqtt_port, token):
        first, last = options.open, options.open + options.presses
        units = await log_in(mqtt_port, range(last))
        await fill(url, token, units[:first])
        consoles = [Console(url, token) for _ in range(options.consoles)]
        running = [asyncio.create_task(one.run()) for one in consoles]
        async with big_screen() as page:
            weight = await board(page, url)
            begun, before = time.perf_counter(), [one.events for one in consoles]
            seen = []
            for number in range(first, last):
                seen.append(await measured(page, units[number], number))
                await asyncio.sleep(options.pace_s)
            took_s = time.perf_counter() - begun
            heard = [one.events - was for one, was in zip(consoles, before, strict=True)]
        failed = [task.exception() for task in running if task.done() and not task.cancelled()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for unit in units:
            unit.close()
    return {
        "bench": "console", "devices": options.devices, "open": options.open, "consoles": options.consoles,
        "presses": options.presses, "line": spread(seen, "line"), "marker": spread(seen, "marker"),
        "events_per_s": round(statistics.median(heard) / took_s, 1) if heard else 0.0,
        "consoles_failed": [repr(one) for one in failed if one], "board": told(weight),
    }  # fmt: skip


def spread(seen: list[dict[str, float]], what: str) -> dict[str, float]:
    took = sorted(one[what] for one in seen if what in one)
    if not took:
        return {"missed": len(seen)}
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[math.ceil(0.95 * len(took)) - 1], 1),
        "missed": len(seen) - len(took),
    }


def told(weight: dict[str, Any]) -> dict[str, Any]:
    by = {kind: {name: round(value, 1) for name, value in one.items()} for kind, one in weight["by"].items()}
    total = {name: round(sum(one[name] for one in weight["by"].values()), 1) for name in ("files", "kb", "kb_unpacked")}
    return {"first_contentful_paint_ms": round(weight["first_contentful_paint_ms"] or 0), "total": total, "by": by}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=5000)
    parser.add_argument("--open", type=int, default=200, help="alarms that are open meanwhile")
    parser.add_argument("--consoles", type=int, default=50, help="more consoles that are connected")
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--pace-s", type=float, default=0.4, help="between one press seen and the next")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carebell-bench-") as folder:
        print(json.dumps(asyncio.run(run(options, Path(folder)))))


if __name__ == "__main__":
    main()
