"""A console with a real database and no neighbours, and people who are signed in at it."""

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2 as httpx
from starlette.testclient import TestClient

import migrations
from alarms.personal import refuse_open_alarm
from console.app import create_app
from console.centre import Centre
from core.clock import Clock, SystemClock
from core.db import Database, sqlite_url
from core.settings import Settings
from core.wake import Wake
from geo.crs import to_wgs84
from registry import passwords
from registry.desk import IsOnLand, anywhere
from registry.service import RegistryService
from registry.user_intake import UserNew
from tests import pg_cluster
from tests.world import open_quickly

PASSWORD = "correct horse battery"


def open_database(kind: str, folder: Path, name: str) -> Database:
    """A database at the schema's head: `sqlite` in the folder, or `postgresql` under that name."""
    url = pg_cluster.shared().url_for(name) if kind == "postgresql" else sqlite_url(folder)
    db = open_quickly(url)
    migrations.upgrade(db)
    return db


@dataclass
class ConsoleSite:
    """`as_("registrar")` is a client signed in with a token; `open()` is nobody."""

    db: Database
    clock: Clock = field(default_factory=SystemClock)
    settings: Settings = field(default_factory=Settings)
    secrets_told: list[tuple[str, str]] = field(default_factory=list)
    is_on_land: IsOnLand = anywhere

    def __post_init__(self) -> None:
        self.registry = RegistryService(
            self.db, self.clock, to_wgs84=to_wgs84, passwords=passwords.quick(),
            on_device_secret=lambda uid, secret: self.secrets_told.append((uid, secret)), is_on_land=self.is_on_land,
            check_removal=refuse_open_alarm,
        )  # fmt: skip
        self.centre = Centre(
            settings=self.settings, db=self.db, clock=self.clock, wake=Wake(self.db), registry=self.registry
        )
        self.app = create_app(self.centre)
        self._signed_in: dict[str, TestClient] = {}
        self._numbers = count(1)

    def open(self, **headers: str) -> TestClient:
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)

    def add_user(self, name: str, role: Any) -> None:
        self.registry.users.add(UserNew.model_validate({"username": name, "password": PASSWORD, "role": role}))

    def as_(self, role: str) -> TestClient:
        if role not in self._signed_in:
            self.add_user(f"some-{role}", role)
            token = self.token(f"some-{role}")
            self._signed_in[role] = self.open(authorization=f"Bearer {token}")
        return self._signed_in[role]

    def of_areas(self, role: str, *codes: str) -> TestClient:
        """A client signed in as somebody of these areas only."""
        name = f"some-{role}-{'-'.join(codes)}"
        given = {"username": name, "password": PASSWORD, "role": role, "areas": codes}
        self.registry.users.add(UserNew.model_validate(given))
        return self.open(authorization=f"Bearer {self.token(name)}")

    def token(self, name: str) -> str:
        answer = self.open().post("/api/v1/session", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def make(self, what: str, **members: Any) -> dict[str, Any]:
        """One more elder, contact, device, resource or area, made by a registrar."""
        number = next(self._numbers)
        usual: dict[str, dict[str, Any]] = {
            "elders": {"name": f"赵桂明 {number}"},
            "contacts": {"name": f"李娜 {number}", "role": "family", "phone": f"+86139{number:08d}", "rank": 1},
            "devices": {"uid": f"cb-{number:06d}"},
            "resources": {"kind": "hospital", "name": f"医院 {number}", "lat": 34.3, "lon": 108.7},
            "areas": {"code": f"6104{number:04d}", "name": f"街道 {number}", "level": "street"},
        }
        if what == "contacts" and "elder_id" not in members:
            members["elder_id"] = self.make("elders")["id"]
        answer = self.as_("registrar").post(f"/api/v1/{what}", json=usual[what] | members)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def problem_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer that must have that status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    found = json.loads(answer.text, parse_constant=_no_json)
    assert found["status"] == status
    assert found["title"]
    return dict(found)


def _no_json(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
