"""What belongs to the place it runs at: the data folder, the secret key, the schema, the registry."""

import os
import secrets
from pathlib import Path

import migrations
from alarms.personal import refuse_open_alarm
from carebell.broker_rights import BrokerRights
from core.clock import SystemClock
from core.db import Database
from core.errors import CarebellError
from core.settings import Settings
from core.vault import Vault
from geo.country import Country
from geo.crs import to_wgs84
from geo.outlines import outlines
from registry import knowledge_start
from registry.desk import IsOnLand, anywhere
from registry.phones import Phones
from registry.service import RegistryService

SECRET_BYTES = 32


class SiteError(CarebellError):
    """The place is not fit to run; the text is one line that says what to do."""


def data_dir(settings: Settings) -> Path:
    """The data folder, made when it is missing, for this user only."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SiteError(f"CAREBELL_DATA_DIR {settings.data_dir}: {problem.strerror}") from problem
    return settings.data_dir


def secret_key(settings: Settings) -> str:
    """The key that signs links: the setting, or one made once in the data folder."""
    return settings.secret_key or _kept(settings, "secret.key")


def vault(settings: Settings) -> Vault:
    """What seals health, ID numbers and access notes: the data keys of the settings.

    Without them, a key made once in the data folder; where several machines share a database, the secret key's.
    """
    if settings.data_keys:
        return Vault(settings.data_keys)
    return Vault([_kept(settings, "data.key") if settings.is_sqlite else settings.secret_key])


def is_on_land(settings: Settings) -> IsOnLand:
    """Tells homes from mistyped places; only China's outlines are known."""
    return Country(outlines()).holds if settings.phone_region == "CN" else anywhere


def gateway_name(settings: Settings) -> str:
    """This gateway's own name at the site's broker, the same after a restart: the broker queues alarms under it."""
    return f"carebell-gateway-{_kept(settings, 'gateway.name')[:16]}"


def _kept(settings: Settings, file: str) -> str:
    """A random text, made once and kept in the data folder for this user only."""
    path = data_dir(settings) / file
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as written:
        written.write(secrets.token_hex(SECRET_BYTES))
    return path.read_text().strip()


def open_database(settings: Settings, *, upgrade: bool) -> Database:
    """The database at the schema's head. Raises SiteError when it cannot be reached or is not there yet."""
    if settings.is_sqlite:
        data_dir(settings)
    db = Database(settings.database, vault(settings))
    try:
        if upgrade:
            migrations.upgrade(db)
            knowledge_start.load(db, SystemClock())
        problem = migrations.problem(db)
    except CarebellError:
        raise
    except Exception as broken:
        raise SiteError(f"CAREBELL_DATABASE_URL: the database cannot be used ({type(broken).__name__})") from broken
    if problem is not None:
        raise SiteError(f"{problem}: run carebell db upgrade")
    return db


def registry_of(settings: Settings, *, upgrade: bool) -> RegistryService:
    """The registry of this site, for commands that write to it."""
    db = open_database(settings, upgrade=upgrade)
    return RegistryService(
        db, SystemClock(), to_wgs84=to_wgs84, timezone=settings.timezone,
        on_device_secret=BrokerRights(settings, db).give,
        phones=Phones(settings.phone_region, settings.phone_area_code, settings.allow_emergency_numbers),
        is_on_land=is_on_land(settings), check_removal=refuse_open_alarm,
    )  # fmt: skip
