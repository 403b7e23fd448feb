"""`carebell demo`: a whole centre on a throw-away folder, with a made-up city whose devices press from time to time."""

import csv
import os
import random
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from alarms.models import Alarm
from alarms.values import PROBE_UID
from carebell import demo_faces, demo_people, demo_policies, demo_things
from carebell.demo_city import ELDERS, City, Row, build
from carebell.demo_presses import DemoDevice, DemoPresses, Room
from carebell.wiring import Carebell
from core.clock import Clock
from core.db import Database
from core.ids import new_id
from core.settings import Settings, load_settings
from firmware_sim.connection import reachable
from firmware_sim.logins import DEVICES_FILE
from notifier.models import SandboxPhone
from registry import findings, passwords
from registry.identity import WHAT
from registry.models import (
    Area,
    Contact,
    Device,
    DeviceEvent,
    DeviceModel,
    Elder,
    ElderAddress,
    ElderPhoto,
    Policy,
    PolicyVersion,
    Resource,
    User,
    table_of,
)
from registry.secrets import hash_secret, new_secret

SEED = 1874  # The same city every time.
HTTP_LIMIT_S = 15.0
ROLES = frozenset({"gateway", "engine", "console"})
MANY = 500  # Below every database's limit of parameters in one statement.


@dataclass(frozen=True, slots=True)
class DemoCity:
    """What somebody who tries the demo needs: `devices` are (uid, secret); `yours` is nobody else's to press."""

    officer_username: str
    officer_password: str = field(repr=False)
    supervisor_username: str
    devices: tuple[tuple[str, str], ...] = field(repr=False)
    devices_file: Path
    yours: tuple[str, str] = field(repr=False)
    elder_of_yours: str
    city: City = field(repr=False)


def prepare(db: Database, settings: Settings, clock: Clock, rng: random.Random, *, elders: int = ELDERS) -> DemoCity:
    """Plant the city in an empty database and write `devices.csv`, for this user only, into the data folder."""
    city = build(rng, clock.now(), new_secret, elders=elders)
    password = f"demo-{secrets.token_hex(4)}"
    plant(db, city, clock, rng, password)
    yours = city.secrets[1]
    with db.write() as session:
        kind = [(contact["phone"], demo_people.GOES) for contact in city.contacts_of(yours[0])]
        demo_people.set_moods(session, kind, rng, clock.now())
    devices_file = settings.data_dir / DEVICES_FILE
    write_devices(devices_file, city.secrets)
    leader = next(user for user in city.users if user["role"] == "supervisor")
    return DemoCity(
        officer_username=city.users[0]["username"], officer_password=password, supervisor_username=leader["username"],
        devices=tuple(city.secrets), devices_file=devices_file, yours=yours,
        elder_of_yours=city.elders[1]["name"], city=city,
    )  # fmt: skip


def plant(db: Database, city: City, clock: Clock, rng: random.Random, password: str) -> None:
    """Insert the whole city in one transaction; every user gets the same password."""
    now, hasher = clock.now(), passwords.quick()
    hashes = {uid: hash_secret(secret) for uid, secret in city.secrets}
    more = demo_things.furnish(city.devices, city.resources, now, rng, lambda: hash_secret(new_secret()))
    policies, versions = demo_policies.policies(city.policy, now, city.users[0]["display_name"], new_id)
    tables: list[tuple[type[SQLModel], list[Row]]] = [
        (Area, city.areas),
        (Elder, [one | {"id_number_key": db.vault.blind(WHAT, one["id_number"])} for one in city.elders]),
        (ElderAddress, city.addresses),
        (Contact, city.contacts),
        (Device, [device | {"secret_hash": hashes[device["uid"]]} for device in city.devices]),
        (DeviceModel, more.models),
        (Device, more.spares),
        (DeviceEvent, more.events),
        (Resource, city.resources),
        (User, [user | {"password_hash": hasher.make_hash(password)} for user in city.users]),
        (ElderPhoto, demo_faces.rows(city.elders[:2], now)),
        (Policy, policies),
        (PolicyVersion, versions),
        (SandboxPhone, demo_people.phone_rows(city, rng, now)),
    ]
    with db.write() as session:
        for model, rows in tables:
            for start in range(0, len(rows), MANY):
                session.connection().execute(insert(table_of(model)), rows[start : start + MANY])
        findings.open_all(session, now - timedelta(hours=30), city.findings)


def write_devices(path: Path, logins: list[tuple[str, str]]) -> None:
    """The secrets in plain, which only a throw-away folder may hold."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("uid", "secret"), *logins])


def greeting(settings: Settings, city: DemoCity) -> str:
    """What is printed once everything runs."""
    uid, secret = city.yours
    host, port = reachable(settings.mqtt_host), settings.mqtt_port
    return f"""
  Carebell runs, with {len(city.devices)} made-up elders of Xianyang. Everything is gone when it stops (Ctrl-C).

    the duty desk       {settings.public_url}
    sign in as          {city.officer_username}   (a shift leader: {city.supervisor_username})
    password            {city.officer_password}
    the sandbox phones  {settings.public_url}/sandbox   answer any of them yourself while it rings

  Somebody presses every now and then. To press yourself, as {city.elder_of_yours}:

    carebell sim press {uid} --port {port} --devices {city.devices_file} --wait closed --timeout 180

    mosquitto_pub -h {host} -p {port} -u {uid} -P {secret} -q 1 \\
      -t cb/v1/{uid}/up/alarm -m '{{"msg_id": "by-hand-1"}}'

    carebell sim run offline --port {port} --devices {city.devices_file}
"""


class DemoCentre(Carebell):
    """A centre whose devices begin to press once it has started."""

    def __init__(
        self, settings: Settings, rng: random.Random, say: Callable[[str], None], *, elders: int = 300
    ) -> None:
        super().__init__(settings, ROLES, upgrade=True)
        self.city = prepare(self.db, settings, self.clock, rng, elders=elders)
        self._rng, self._say = rng, say
        self._is_over = threading.Event()
        homes = {elder["id"]: elder for elder in self.city.city.elders}
        secret_of = dict(self.city.devices)
        devices = [
            DemoDevice(d["uid"], secret_of[d["uid"]], homes[d["elder_id"]]["lat"], homes[d["elder_id"]]["lon"])
            for d in self.city.city.devices
        ]
        self.presses = DemoPresses(
            reachable(settings.mqtt_host), settings.mqtt_port, devices, self.clock, rng, room=self._room,
            prepare=self._set_the_scene, on_ready=self._greet, first=self._staged(),
        )  # fmt: skip

    def start(self) -> None:
        super().start()
        self.presses.start()

    def stop(self) -> None:
        self._is_over.set()
        self.presses.stop()
        super().stop()

    def _staged(self) -> list[str]:
        """Who presses first: 赵桂明, then two with enough people for the longer stories; never the visitor's own."""
        uids = [uid for uid, _ in self.city.devices if uid != self.city.yours[0]]
        many = [uid for uid in uids[1:] if sum(c["role"] == "family" for c in self.city.city.contacts_of(uid)) >= 2]
        return [uids[0], *many[:2]]

    def _room(self) -> Room:
        alarms = table_of(Alarm)
        with self.db.read() as session:
            open_uids = (
                session.execute(
                    select(alarms.c.device_uid).where(alarms.c.state != "closed", alarms.c.device_uid != PROBE_UID)
                )
                .scalars()
                .all()
            )
        return Room(len(open_uids), frozenset(open_uids) | {self.city.yours[0]})

    def _set_the_scene(self, uid: str, number: int) -> None:
        """The next caller's people get new moods, and where nobody went for a while somebody comes home."""
        story = demo_people.STORIES[number] if number < len(demo_people.STORIES) else None
        with self.db.write() as session:
            now = self.clock.now()
            demo_people.somebody_comes_home(session, self._rng, now)
            demo_people.set_moods(session, demo_people.deal(self.city.city, uid, story, self._rng), self._rng, now)

    def _greet(self) -> None:
        """Once the console answers too."""
        address = (reachable(self.settings.http_host), self.settings.http_port)
        until = self.clock.now().timestamp() + HTTP_LIMIT_S
        while not self._is_over.wait(0.1) and self.clock.now().timestamp() < until:
            try:
                socket.create_connection(address, 1).close()
            except OSError:
                continue
            self._say(greeting(self.settings, self.city))
            return


def run_demo(settings: Settings, serve: Callable[[Carebell], None]) -> None:
    """Serve a demo until a signal; its folder is removed afterwards. Only where to listen is taken from `settings`."""
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="carebell-demo-") as folder:
        public = settings.public_url
        if settings.http_port != 8000 and public == load_settings({}).public_url:
            public = f"http://{reachable(settings.http_host)}:{settings.http_port}"
        own = settings.model_copy(
            update={
                "data_dir": Path(folder), "database_url": "", "secret_key": "", "mqtt_url": "", "mqtt_admin_url": "",
                "notifier": ("sandbox",), "public_url": public, "record_calls": True,
            }
        )  # fmt: skip
        serve(DemoCentre(own, rng, print_plainly))


def print_plainly(text: str) -> None:
    Console(highlight=False, markup=False, soft_wrap=True).print(text)
