"""The settings, read once at start from the environment or a `.env` file and handed down frozen."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.db import sqlite_url
from core.errors import CarebellError
from core.vault import KEY_MIN

PREFIX = "CAREBELL_"
CHANNELS = ("sandbox", "twilio")
ROLES = ("officer", "supervisor", "registrar", "tester", "auditor", "admin")
LOCALES = ("zh-CN", "en")
SECRET_KEY_MIN = 16  # Random characters; fewer could be guessed.


class SettingsError(CarebellError):
    """The settings cannot work; the text is one line that names the setting and says what it should be."""


class Settings(BaseModel):
    """Every setting by its name without the prefix, in small letters; meanings are in docs/operations.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("./carebell-data")
    database_url: str = Field(default="", repr=False)
    mqtt_url: str = Field(default="", repr=False)
    mqtt_admin_url: str = Field(default="", repr=False)
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=0, le=65535)
    mqtt_tls_cert: Path | None = None
    mqtt_tls_key: Path | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8000"
    notifier: tuple[str, ...] = ("sandbox",)
    twilio_account_sid: str = ""
    twilio_auth_token: str = Field(default="", repr=False)
    twilio_from: str = ""
    twilio_api_url: str = ""
    record_calls: bool = False
    secret_key: str = Field(default="", repr=False)
    data_keys: tuple[str, ...] = Field(default=(), repr=False)
    locale: str = "zh-CN"
    timezone: str = "Asia/Shanghai"
    phone_region: str = Field(default="CN", pattern="^[A-Z]{2}$")
    phone_area_code: str = Field(default="", pattern=r"^\d{0,5}$")
    allow_emergency_numbers: bool = False
    access_doubtful_days: int = Field(default=180, ge=1, le=3650)
    offline_list_days: int = Field(default=7, ge=0, le=365)
    tiles_url: str = ""
    tiles_crs: str = Field(default="wgs84", pattern="^(wgs84|gcj02)$")
    pmtiles: Path | None = None
    pmtiles_crs: str = Field(default="wgs84", pattern="^(wgs84|gcj02)$")
    basemaps: Path | None = None
    centre_name: str = "Carebell"
    require_totp: tuple[str, ...] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_username_claim: str = Field(default="preferred_username", pattern=r"^[A-Za-z0-9_:./-]{1,100}$")
    oidc_create_role: str = Field(default="", pattern="^(officer|supervisor|registrar|tester|auditor)?$")
    centre_phone: str = Field(default="", max_length=40)

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not value:
            return value
        try:
            backend = make_url(value).drivername
        except (ArgumentError, ValueError):  # The latter: a port that is no number.
            raise ValueError("is not a database address") from None
        if backend not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("must begin with postgresql+psycopg:// or sqlite:///")
        return value

    @field_validator("mqtt_url", "mqtt_admin_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not _is_address(value, "mqtt", "mqtts"):
            raise ValueError("must look like mqtt://user:password@host:1883 or mqtts://…")
        return value

    @field_validator("mqtt_tls_cert", "mqtt_tls_key", "pmtiles", "basemaps")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("names no file that can be read")
        return value

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _web(cls, value: str) -> str:
        if value and not _is_address(value, "http", "https"):
            raise ValueError("must look like https://host[:port]")
        return value.rstrip("/")

    @field_validator("notifier", mode="before")
    @classmethod
    def _channels(cls, value: object) -> object:
        names = tuple(n.strip() for n in value.split(",") if n.strip()) if isinstance(value, str) else value
        if isinstance(names, tuple):
            unknown = [n for n in names if n not in CHANNELS]
            if unknown or not names:
                raise ValueError(f"knows no channel {', '.join(unknown) or '(empty)'}; there are {', '.join(CHANNELS)}")
        return names

    @field_validator("require_totp", mode="before")
    @classmethod
    def _roles(cls, value: object) -> object:
        roles = tuple(r.strip() for r in value.split(",") if r.strip()) if isinstance(value, str) else value
        if isinstance(roles, tuple) and (unknown := [r for r in roles if r not in ROLES]):
            raise ValueError(f"knows no role {unknown[0]}; there are {', '.join(ROLES)}")
        return roles

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        there = urlsplit(value)
        is_local = there.hostname in ("127.0.0.1", "::1", "localhost")
        if value and (not there.hostname or not (there.scheme == "https" or (there.scheme == "http" and is_local))):
            raise ValueError("must look like https://login.example/realm")
        return value

    @field_validator("data_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        keys = tuple(k.strip() for k in value.split(",")) if isinstance(value, str) else value
        if isinstance(keys, tuple) and any(len(key) < KEY_MIN for key in keys):
            raise ValueError(
                f"holds random texts of {KEY_MIN} characters or more, the newest first, with commas between"
            )
        return keys

    @field_validator("locale")
    @classmethod
    def _locale(cls, value: str) -> str:
        if value not in LOCALES:
            raise ValueError(f"must be one of {', '.join(LOCALES)}")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError.
            raise ValueError(f"knows no time zone {value!r}; an example is Asia/Shanghai") from None
        return value

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        missing = [n for n in ("account_sid", "auth_token", "from") if not getattr(self, f"twilio_{n}")]
        if missing and ("twilio" in self.notifier or len(missing) < 3):
            raise ValueError(f"{PREFIX}TWILIO_{missing[0].upper()} is missing: Twilio needs account, token and number")
        if not self.is_sqlite and len(self.secret_key) < SECRET_KEY_MIN:
            wanted = f"{PREFIX}SECRET_KEY ({SECRET_KEY_MIN} characters or more)"
            raise ValueError(f"{wanted} is required when the database is not SQLite")
        if self.mqtt_admin_url and not urlsplit(self.mqtt_url).username:
            raise ValueError(f"{PREFIX}MQTT_ADMIN_URL needs {PREFIX}MQTT_URL with the gateways' own login")
        if bool(self.mqtt_tls_cert) != bool(self.mqtt_tls_key):
            raise ValueError(f"{PREFIX}MQTT_TLS_CERT and {PREFIX}MQTT_TLS_KEY belong together")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError(f"{PREFIX}OIDC_ISSUER needs {PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET")
        return self

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def database(self) -> str:
        """The database address that holds: the one given, or the file in the data folder."""
        return self.database_url or sqlite_url(self.data_dir)


def _is_address(value: str, *schemes: str) -> bool:
    """Whether it names one of the schemes, a host and, if any, a port that there is."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # A port that is no number, or above 65535.
        return False


def load_settings(environment: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    """The settings of an environment, with a `.env` file beneath it.

    Raises SettingsError: one line, never holding a secret's value.
    """
    found: dict[str, str] = {}
    if dotenv is not None and dotenv.is_file():
        found |= {k: v or "" for k, v in dotenv_values(dotenv).items() if k.startswith(PREFIX)}
    found |= {k: v for k, v in environment.items() if k.startswith(PREFIX)}
    unknown = sorted(k for k in found if k.removeprefix(PREFIX).lower() not in Settings.model_fields)
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}: see docs/operations.md for the names there are")
    try:
        return Settings.model_validate({k.removeprefix(PREFIX).lower(): v for k, v in found.items() if v != ""})
    except ValidationError as problem:
        raise SettingsError(_one_line(problem)) from None


def _one_line(problem: ValidationError) -> str:
    first = problem.errors(include_input=False, include_url=False)[0]
    text = re.sub(r"^Value error, ", "", first["msg"])
    return f"{PREFIX}{str(first['loc'][0]).upper()}: {text}" if first["loc"] else text
