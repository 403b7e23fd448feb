"""Photographs of the duty desk for docs/images: the demo's city, a real centre, real presses, Debian's Chromium.

python tools/screenshots.py [FOLDER]
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import requests
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, sync_playwright

from carebell import site
from carebell.demo import SEED, DemoCity, prepare
from core.clock import SystemClock
from core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
WIDE, PHONE = (1440, 900), (390, 844)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
PATIENCE_S = 60.0
PRESSES = (  # Device by its place in the city, kind, whether it knows where it is, and how often the key is pressed.
    (0, "sos", True, 3), (5, "fall", False, 1), (8, "smoke", False, 1), (12, "sos", True, 1), (17, "sos", False, 1),
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any], what: str) -> Any:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        answer = found()
        if answer:
            return answer
        threading.Event().wait(0.2)
    raise SystemExit(f"screenshots: this did not happen: {what}")


class Scene:
    """A centre with a city in it, and what happens in front of the camera."""

    def __init__(self, folder: Path) -> None:
        self.port, self.mqtt_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        wanted = {"DATA_DIR": str(folder), "HTTP_PORT": str(self.port), "MQTT_PORT": str(self.mqtt_port)}
        named = {f"CAREBELL_{name}": value for name, value in (wanted | {"PUBLIC_URL": self.url}).items()}
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("CAREBELL_")} | named
        self._env |= {"CAREBELL_CENTRE_NAME": "秦都区中心"}
        self.settings: Settings = load_settings(self._env)
        self.city = self._planted()
        self._process = subprocess.Popen([sys.executable, "-m", "carebell", "up"], env=self._env, cwd=folder)
        self._http = requests.Session()
        until(self._is_ready, "the centre starts")
        signed_in = {"username": self.city.officer_username, "password": self.city.officer_password}
        token = self._http.post(f"{self.url}/api/v1/session", json=signed_in, timeout=15).json()["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._http.cookies.clear()

    def _planted(self) -> DemoCity:
        db = site.open_database(self.settings, upgrade=True)
        try:
            return prepare(db, self.settings, SystemClock(), random.Random(SEED))  # noqa: S311  # a made-up city
        finally:
            db.close()

    def _is_ready(self) -> bool:
        try:
            return self._http.get(f"{self.url}/readyz", timeout=2).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, self.url + path, json=body, timeout=15)
        answer.raise_for_status()
        return answer.json()

    def play(self) -> dict[str, str]:
        """Presses, and what officers and relatives do; gives the alarms' ids by role in the scene."""
        uids = [self.city.devices[place][0] for place, *_ in PRESSES]
        for contact in self.city.city.contacts_of(uids[0]):
            self.ask("PUT", f"/api/v1/sandbox/phones/{contact['phone']}", {"then": "manual", "answer_after_s": None})
        for place, kind, knows_where, times in PRESSES:
            self._press(place, kind, knows_where=knows_where, times=times)
        found = until(lambda: self._alarms(uids), "every press becomes an alarm")
        chosen, going, there = (found[uid]["id"] for uid in (uids[0], uids[1], uids[3]))
        self.ask("POST", f"/api/v1/alarms/{chosen}/claim")
        self.ask("POST", f"/api/v1/alarms/{chosen}/note", {"text": "电话里能听到她说话，摔倒了，起不来。"})
        contact = self.city.city.contacts_of(uids[1])[0]
        self.ask("POST", f"/api/v1/alarms/{going}/accept", {"contact_id": contact["id"], "eta_min": 8})
        self.ask("POST", f"/api/v1/alarms/{there}/arrived")
        link = until(lambda: self._link(uids[0]), "the relative's message")
        return {
            "elder": self.city.city.elders[PRESSES[0][0]]["id"],
            "device": uids[0],
            "chosen": chosen,
            "waiting": found[uids[2]]["id"],
            "link": link,
        }

    def _press(self, place: int, kind: str, *, knows_where: bool, times: int) -> None:
        uid, secret = self.city.devices[place]
        elder = self.city.city.elders[place]
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=uid)
        client.username_pw_set(uid, secret)
        client.connect("127.0.0.1", self.mqtt_port)
        client.loop_start()
        client.publish(f"cb/v1/{uid}/up/heartbeat", json.dumps({"battery_pct": 83, "rssi_dbm": -87}), qos=1)
        for number in range(times):
            told: dict[str, Any] = {"msg_id": f"{uid}-{number}", "kind": kind, "battery_pct": 83}
            if knows_where:
                told["location"] = {"lat": elder["lat"] + 0.002, "lon": elder["lon"] - 0.0025, "accuracy_m": 40,
                                    "source": "gnss"}  # fmt: skip
            client.publish(f"cb/v1/{uid}/up/alarm", json.dumps(told), qos=1).wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()

    def _alarms(self, uids: list[str]) -> dict[str, Any] | None:
        found = {one["device"]["uid"]: one for one in self.ask("GET", "/api/v1/alarms")["items"]}
        return found if set(uids) <= set(found) else None

    def _link(self, uid: str) -> str | None:
        first = self.city.city.contacts_of(uid)[0]["phone"]
        phone = self.ask("GET", f"/api/v1/sandbox/phones/{first}")
        said = (phone["message"] or {}).get("said", "")
        return str(said[said.index("/r/") :].split()[0]) if "/r/" in said else None


def shoot(browser: Browser, scene: Scene, name: str, path: str, size: tuple[int, int], theme: str, folder: Path,
          *, language: str = "zh-CN", wait_s: float = 2.0) -> None:  # fmt: skip
    """One photograph, signed in unless it is a page for everybody."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, timezone_id="Asia/Shanghai",
                                  device_scale_factor=2 if size == PHONE else 1)  # fmt: skip
    context.add_cookies([{"name": "carebell_theme", "value": theme, "url": scene.url},
                         {"name": "carebell_lang", "value": language, "url": scene.url}])  # fmt: skip
    page = context.new_page()
    if not path.startswith(("/r/", "/sign-in")):
        page.goto(f"{scene.url}/sign-in")
        page.fill("[name=username]", scene.city.officer_username)
        page.fill("[name=password]", scene.city.officer_password)
        page.click("button.primary")
        page.wait_for_url(f"{scene.url}/")
    page.goto(scene.url + path)
    page.wait_for_timeout(wait_s * 1000)
    page.screenshot(path=folder / f"{name}.png")
    context.close()
    print(f"screenshots: {name}.png")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("screenshots: install chromium")
    with tempfile.TemporaryDirectory(prefix="carebell-screenshots-") as data, sync_playwright() as playwright:
        scene = Scene(Path(data))
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            played = scene.play()
            alarm = f"/?alarm={played['chosen']}"
            for name, path, size, theme, language in (
                ("desk-day", alarm, WIDE, "day", "zh-CN"),
                ("desk-night", alarm, WIDE, "night", "zh-CN"),
                ("desk-english", f"/?alarm={played['waiting']}", WIDE, "day", "en"),
                ("sandbox-day", "/sandbox", WIDE, "day", "zh-CN"),
                ("relative-day", played["link"], PHONE, "day", "zh-CN"),
                ("relative-night", played["link"], PHONE, "night", "zh-CN"),
                ("phone-queue-night", "/", PHONE, "night", "zh-CN"),
                ("phone-alarm-day", alarm, PHONE, "day", "zh-CN"),
                ("map-sheet", f"/alarms/{played['chosen']}/map", WIDE, "day", "zh-CN"),
                ("sign-in", "/sign-in", WIDE, "day", "zh-CN"),
                ("wall-night", "/wall", WIDE, "night", "zh-CN"),
                ("room-day", "/room", WIDE, "day", "zh-CN"),
                ("elders-day", "/registry/elders", WIDE, "day", "zh-CN"),
                ("elder-day", f"/registry/elders/{played['elder']}", WIDE, "day", "zh-CN"),
                ("device-day", f"/registry/devices/{played['device']}", WIDE, "day", "zh-CN"),
            ):
                shoot(browser, scene, name, path, size, theme, folder, language=language)
        finally:
            browser.close()
            scene.stop()


if __name__ == "__main__":
    main()
