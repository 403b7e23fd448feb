"""The registry's tables. Values are checked in `registry.intake` first: table classes do not validate."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Table
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime


class Elder(SQLModel, table=True):
    """A person who may press. `lat`/`lon` are the home in WGS-84; `home_given` keeps what was given, with its datum."""

    __tablename__ = "elders"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(index=True, max_length=120)
    sex: str | None = Field(default=None, max_length=10)
    birth_date: date | None = None
    phone: str | None = Field(default=None, index=True, max_length=20)
    address: str | None = Field(default=None, max_length=300)
    area: str | None = Field(default=None, index=True, max_length=120)
    lat: float | None = None
    lon: float | None = None
    home_given: dict[str, Any] | None = Field(default=None, sa_type=Json)
    health: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    access_notes: str | None = Field(default=None, max_length=1000)
    language: str = Field(default="zh-CN", max_length=10)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Contact(SQLModel, table=True):
    """Somebody to be called for one elder; `phone` is E.164."""

    __tablename__ = "contacts"

    id: str = Field(primary_key=True, max_length=36)
    elder_id: str = Field(foreign_key="elders.id", index=True, max_length=36)
    name: str = Field(max_length=120)
    role: str = Field(max_length=20)
    phone: str = Field(index=True, max_length=20)
    rank: int
    relation: str | None = Field(default=None, max_length=60)
    language: str = Field(default="zh-CN", max_length=10)
    is_key_holder: bool = False
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Device(SQLModel, table=True):
    """A one-key phone; `secret_hash` is made by `registry.secrets`."""

    __tablename__ = "devices"

    id: str = Field(primary_key=True, max_length=36)
    uid: str = Field(unique=True, max_length=64)
    elder_id: str | None = Field(default=None, foreign_key="elders.id", index=True, max_length=36)
    model: str | None = Field(default=None, max_length=60)
    state: str = Field(default="stock", max_length=20)
    secret_hash: str = Field(max_length=120)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class DevicePresence(SQLModel, table=True):
    """What the last heartbeat said; narrow and without further indexes, because it is written all the time."""

    __tablename__ = "device_presence"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    uid: str = Field(primary_key=True, max_length=64)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    is_online: bool = True
    battery_pct: int | None = None
    rssi_dbm: int | None = None
    mains: bool | None = None
    firmware: str | None = Field(default=None, max_length=60)


class DeviceFix(SQLModel, table=True):
    """The last position a device told of: WGS-84 in `lat`/`lon`, and what it said in `given`."""

    __tablename__ = "device_fixes"

    uid: str = Field(primary_key=True, max_length=64)
    lat: float
    lon: float
    accuracy_m: float | None = None
    fix_at: datetime = Field(sa_type=UtcDateTime)
    source: str | None = Field(default=None, max_length=20)
    given: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)


class Resource(SQLModel, table=True):
    """Help that may be near: a hospital, a police station, a volunteer."""

    __tablename__ = "resources"
    __table_args__ = (Index("ix_resources_lat_lon", "lat", "lon"), Index("ix_resources_kind_lat", "kind", "lat"))

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(max_length=20)
    name: str = Field(max_length=120)
    phone: str | None = Field(default=None, max_length=20)
    address: str | None = Field(default=None, max_length=300)
    lat: float
    lon: float
    given: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Area(SQLModel, table=True):
    """A province, city, district, street or community, by its official code."""

    __tablename__ = "areas"

    id: str = Field(primary_key=True, max_length=36)
    code: str = Field(unique=True, max_length=20)
    name: str = Field(index=True, max_length=120)
    level: str = Field(max_length=20)
    parent_code: str | None = Field(default=None, index=True, max_length=20)


class Policy(SQLModel, table=True):
    """How an alarm climbs, by name; `settings` is a `registry.profile.PolicySettings` as a plain object."""

    __tablename__ = "policies"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(unique=True, max_length=60)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    version: int = 1
    updated_at: datetime = Field(sa_type=UtcDateTime)


class User(SQLModel, table=True):
    """Somebody who signs in at the console."""

    __tablename__ = "users"

    id: str = Field(primary_key=True, max_length=36)
    username: str = Field(unique=True, max_length=60)
    display_name: str = Field(max_length=120)
    role: str = Field(index=True, max_length=20)
    password_hash: str = Field(max_length=200)
    phone: str | None = Field(default=None, max_length=20)
    language: str = Field(default="zh-CN", max_length=10)
    is_active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class UserSession(SQLModel, table=True):
    """A signed-in browser or a machine's token; only the token's hash is kept."""

    __tablename__ = "user_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="users.id", index=True, max_length=36)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


def table_of(model: type[SQLModel]) -> Table:
    """The plain table behind a class, for statements that must be quick and make no objects."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
