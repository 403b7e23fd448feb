"""Simulated devices of this very site: those in the data folder's file, and as many more as are wanted."""

import csv
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from carebell.site import registry_of
from core.settings import Settings
from firmware_sim.connection import Login
from firmware_sim.logins import DEVICES_FILE, read_logins
from registry.device_intake import DeviceNew


def devices_file(settings: Settings) -> Path:
    return settings.data_dir / DEVICES_FILE


def own_devices(settings: Settings, wanted: int, say: Callable[[str], None]) -> list[Login]:
    """At least `wanted` devices; what the file lacks is registered, without an elder, and kept in it for the next time.

    Raises BadLogins for a file that cannot be read, CarebellError where the site's database cannot be used.
    """
    path = devices_file(settings)
    known = read_logins(path) if path.exists() else []
    if len(known) >= wanted:
        return known
    added = _registered(settings, wanted - len(known))
    _keep(path, added)
    say(f"{len(added)} simulated devices are registered; their secrets are in {path}")
    return known + added


def _registered(settings: Settings, count: int) -> list[Login]:
    registry = registry_of(settings, upgrade=settings.is_sqlite)
    run, made = secrets.token_hex(3), list[Login]()
    try:
        for n in range(1, count + 1):
            row, secret = registry.devices.add(DeviceNew(uid=f"sim-{run}-{n:05}", model="simulated"))
            made.append(Login(row["uid"], secret))
    finally:
        registry.desk.db.close()
    return made


def _keep(path: Path, logins: list[Login]) -> None:
    """Add them to the file, which is for this user only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+", encoding="utf-8", newline="") as file:
        file.seek(0)
        text = file.read()
        if text and not text.endswith("\n"):
            file.write("\n")
        rows = [(login.uid, login.secret) for login in logins]
        csv.writer(file, lineterminator="\n").writerows(rows if text else [("uid", "secret"), *rows])
