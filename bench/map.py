"""How smoothly the desk's map moves with a city on it, still and while alarms change.

    python bench/map.py [--devices 5000] [--open 500] [--rate 20] [--seconds 8]

`carebell up` runs in a process of its own; the real board is open in Chromium with every device and alarm in view. The
map is dragged to and fro, and the time between frames is noted: with an empty map, with everything on it, with that
many alarm events a second besides, and with every alarm a pin of its own instead of groups. A frame is slow from 50 ms
on. Frames are drawn in software where there is no graphics card, so compare the parts rather than the figures: `ratio`
is a part's median to the empty map's. Prints one JSON line.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.console import OFFICER, PASSWORD, big_screen, centre, fill
from bench.press import Unit, log_in

SLOW_MS = 50.0
DRAG_PX, STEPS = 140, 12

WATCH = """
() => {
  const frames = window.benchFrames = [];
  let last = performance.now();
  window.benchRuns = true;
  const turn = now => { frames.push(now - last); last = now; if (window.benchRuns) { requestAnimationFrame(turn); } };
  requestAnimationFrame(turn);
}
"""
EMPTY = """
() => {
  const dots = carebell.map.dots;
  ["homes", "devices", "help"].forEach(name => carebell.marks.show(name, null));
  carebell.map.leaflet.removeLayer(carebell.map.crowd);
}
"""
FULL = """
([most]) => {
  carebell.map.crowd.options.most = most;
  carebell.map.leaflet.addLayer(carebell.map.crowd);
  carebell.marks.show("devices", new URLSearchParams());
  carebell.map.leaflet.fitBounds(carebell.map.crowd.getBounds(), { animate: false });
}
"""
COUNTS = """
() => ({ devices: carebell.map.dots.count("devices"), pins: document.querySelectorAll(".cb-alarm").length,
  groups: document.querySelectorAll(".cb-group").length })
"""
ZOOM = """
() => new Promise(done => {
  const map = carebell.map.leaflet, begun = performance.now();
  map.setZoom(map.getZoom() + 1, { animate: false });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const took = performance.now() - begun;
    map.setZoom(map.getZoom() - 1, { animate: false });
    setTimeout(() => done(took), 300);
  }));
})
"""


async def dragged(page: Page, seconds: float) -> dict[str, Any]:
    """The frames of a map that is dragged to and fro, with the pauses that a hand makes."""
    box = await page.locator("#map_live").bounding_box()
    if box is None:
        raise SystemExit("the map is not to be seen")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    await page.evaluate(WATCH)
    ends_at = asyncio.get_running_loop().time() + seconds
    side = 1
    while asyncio.get_running_loop().time() < ends_at:
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + side * DRAG_PX, y + side * DRAG_PX / 2, steps=STEPS)
        await page.mouse.up()
        await asyncio.sleep(0.25)
        side = -side
    frames: list[float] = await page.evaluate("() => { window.benchRuns = false; return window.benchFrames; }")
    ordered = sorted(frames)
    return {
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1),
        "slow_share": round(sum(one >= SLOW_MS for one in ordered) / len(ordered), 3),
        "frames": len(ordered),
    }


async def pressing(units: list[Unit], rate: float) -> None:
    """Each press of an alarm that is open already joins it, and every board hears of it."""
    number = 0
    while True:
        units[number % len(units)].press()
        number += 1
        await asyncio.sleep(1 / rate)


async def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    async with centre(folder, options.devices) as (url, mqtt_port, token):
        units = await log_in(mqtt_port, range(options.open))
        await fill(url, token, units)
        async with big_screen() as page:
            parts, counts = await measured(page, url, units, options)
        for unit in units:
            unit.close()
    usual = parts["empty"]["p50_ms"]
    ratios = {name: round(part["p50_ms"] / usual, 2) for name, part in parts.items()}
    return {"bench": "map", "devices": options.devices, "open": options.open, "events_per_s": options.rate,
            "ratio": ratios, "parts": parts, "counts": counts}  # fmt: skip


async def measured(
    page: Page, url: str, units: list[Unit], options: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, Any]]:
    await page.goto(f"{url}/sign-in")
    await page.locator("[name=username]").fill(OFFICER)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("button.primary").click()
    await page.wait_for_url(f"{url}/")
    await page.wait_for_selector(".leaflet-marker-icon.cb-icon")
    usual = await page.evaluate("() => carebell.map.crowd.options.most")
    parts: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    await page.evaluate(EMPTY)
    await page.wait_for_timeout(1000)
    parts["empty"] = await dragged(page, options.seconds)
    for name, most in (("full", usual), ("ungrouped", 10_000)):
        await page.evaluate(FULL, [most])
        await page.wait_for_timeout(2500)
        counts[name] = await page.evaluate(COUNTS)
        parts[name] = await dragged(page, options.seconds)
        parts[name]["zoom_ms"] = round(statistics.median([await page.evaluate(ZOOM) for _ in range(5)]), 1)
        presses = asyncio.create_task(pressing(units, options.rate))
        parts[f"{name}_events"] = await dragged(page, options.seconds)
        presses.cancel()
        await asyncio.gather(presses, return_exceptions=True)
        await page.wait_for_timeout(1000)
    return parts, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=5000)
    parser.add_argument("--open", type=int, default=500, help="alarms that are open meanwhile")
    parser.add_argument("--rate", type=float, default=20.0, help="alarm events a second")
    parser.add_argument("--seconds", type=float, default=8.0, help="of dragging, for each part")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carebell-bench-") as folder:
        print(json.dumps(asyncio.run(run(options, Path(folder)))))


if __name__ == "__main__":
    main()
