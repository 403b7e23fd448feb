"""A whole centre in a process of its own, as `carebell up` runs it, with people and devices in it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx2 as httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

PASSWORD = "correct horse battery"
READY_WITHIN_S = 60.0
PATIENCE_S = 60.0
POLICY = {"ring_s": 20, "officer_ring_s": 20, "follow_up_after_s": 600}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any], what: str) -> Any:
    """The first true answer, asked for again and again within PATIENCE_S."""
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        answer = found()
        if answer:
            return answer
        threading.Event().wait(0.05)
    raise AssertionError(f"this did not happen: {what}")


class LiveCentre:
    """`start`, `kill` and `stop` are the process; the rest is done over HTTP and MQTT like everybody else. `settings`
    are more of the environment, such as CAREBELL_PMTILES."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.http_port, self.mqtt_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._log = folder / "centre.log"
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("CAREBELL_")} | {
            "CAREBELL_DATA_DIR": str(folder / "data"),
            "CAREBELL_HTTP_PORT": str(self.http_port),
            "CAREBELL_MQTT_PORT": str(self.mqtt_port),
            "CAREBELL_PUBLIC_URL": self.url,
            "CAREBELL_RECORD_CALLS": "true",
            **settings,
        }
        self._folder = folder
        self.numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=self.url, timeout=15)

    def settle_in(self) -> None:
        """The first users, then the process, then its policy."""
        for name, role in (("limin", "officer"), ("zhou", "officer"), ("root", "admin")):
            self.command("user", "add", name, "--role", role, "--display-name", name.title(), said=PASSWORD)
        self.start()
        token = self._http.post("/api/v1/session", json={"username": "root", "password": PASSWORD}).json()["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        self.ask("PUT", "/api/v1/policies/default", POLICY)

    def command(self, *words: str, said: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-m", "carebell", *words], input=said.encode(), env=self._env, cwd=self._folder,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-500:]

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "carebell", "up"], env=self._env, cwd=self._folder, stdout=out, stderr=out
            )
        ends_at = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > ends_at:
                raise AssertionError(f"the centre did not start: {self._log.read_text()[-2000:]}")
            threading.Event().wait(0.1)

    def _is_ready(self) -> bool:
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    @property
    def token(self) -> str:
        return self._http.headers["Authorization"].removeprefix("Bearer ")

    def log_text(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self._http.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(20)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def household(self, name: str = "赵桂明") -> "Household":
        """An elder with a daughter and a device; homes lie within 9 km, however many there are."""
        number = next(self.numbers)
        lat, lon = 34.33 + number % 40 / 500, 108.71 + number // 40 / 500
        elder = self.ask("POST", "/api/v1/elders", {
            "name": f"{name}{number}", "birth_date": "1944-03-05", "phone": f"+86138{number:08d}",
            "address": f"秦都区吴家堡{number}号楼2-401", "lat": lat, "lon": lon,
            "health": {"conditions": ["高血压"]},
        })  # fmt: skip
        contact = self.ask("POST", "/api/v1/contacts", {
            "elder_id": elder["id"], "name": f"李娜{number}", "role": "family", "phone": f"+86139{number:08d}",
            "rank": 1,
        })  # fmt: skip
        device = self.ask("POST", "/api/v1/devices", {"uid": f"live-{number}", "elder_id": elder["id"]})
        return Household(self, elder, contact, device["uid"], device["secret"])

    def claim_everything(self) -> None:
        """Whatever other tests left open is in somebody's hands."""
        for one in self.ask("GET", "/api/v1/alarms?limit=200")["items"]:
            if one["state"] != "closed" and one["claimed_by"] is None:
                self.ask("POST", f"/api/v1/alarms/{one['id']}/claim")

    def alarm(self, alarm_id: str) -> dict[str, Any]:
        return dict(self.ask("GET", f"/api/v1/alarms/{alarm_id}"))

    def phones(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/api/v1/sandbox/phones?limit=200")["items"])


class Household:
    """One elder's home. `press` is the key on the device, over MQTT."""

    def __init__(
        self, centre: LiveCentre, elder: dict[str, Any], contact: dict[str, Any], uid: str, secret: str
    ) -> None:
        self.centre, self.elder, self.contact, self.uid, self._secret = centre, elder, contact, uid, secret
        self.name = str(elder["name"])

    def press(self, **members: Any) -> str:
        """The alarm's id, once it is stored."""
        before = {one["id"]: one["press_count"] for one in self._alarms()}
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{self.uid}-{next(self.centre.numbers)}")
        client.username_pw_set(self.uid, self._secret)
        client.connect("127.0.0.1", self.centre.mqtt_port)
        client.loop_start()
        client.publish(
            f"cb/v1/{self.uid}/up/alarm", json.dumps({"msg_id": f"press-{next(self.centre.numbers)}"} | members), qos=1
        )

        def stored() -> str | None:
            return next((one["id"] for one in self._alarms() if one["press_count"] > before.get(one["id"], 0)), None)

        alarm_id = until(stored, "the press is stored")
        client.disconnect()
        client.loop_stop()
        return str(alarm_id)

    def _alarms(self) -> list[dict[str, Any]]:
        items = self.centre.ask("GET", "/api/v1/alarms?limit=200")["items"]
        return [one for one in items if one["device"]["uid"] == self.uid]
