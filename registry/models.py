"""The registry's tables. Values are checked in `registry.intake` first: table classes do not validate."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Table, false, text
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime
from core.vault import SealedJson, SealedText

PATH_LENGTH = 160
AreaPath = String(PATH_LENGTH).with_variant(String(PATH_LENGTH, collation="C"), "postgresql")
"""Compared by bytes on both databases: what lies in an area is a range of paths (`registry.area_store.within`)."""
_IS_OPEN = "resolved_at IS NULL"


class Elder(SQLModel, table=True):
    """A person who may press. `lat`/`lon` are the home in WGS-84; `home_given` keeps what was given, with its datum.

    `id_number_key` finds the sealed ID number; `area_path` is that of the area with `area_code`; people of one
    `household_id` share a home and perhaps a device. `marks` are caller marks, `kinds` the kinds of person.
    """

    __tablename__ = "elders"
    __table_args__ = (
        Index("ix_elders_area_path", "area_path", "deleted_at"),
        Index("ix_elders_lat_lon", "lat", "lon"),
    )

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
    health: dict[str, Any] | None = Field(default=None, sa_type=SealedJson)
    access_notes: str | None = Field(default=None, sa_type=SealedText)
    access: dict[str, Any] | None = Field(default=None, sa_type=SealedJson)
    access_confirmed_on: date | None = None
    language: str = Field(default="zh-CN", max_length=10)
    id_number: str | None = Field(default=None, sa_type=SealedText)
    id_number_key: str | None = Field(default=None, index=True, unique=True, max_length=64)
    service_card: str | None = Field(default=None, index=True, max_length=40)
    kinds: list[str] | None = Field(default=None, sa_type=Json)
    marks: list[str] | None = Field(default=None, sa_type=Json)
    name_reading: str | None = Field(default=None, max_length=120)
    addressed_as: str | None = Field(default=None, max_length=60)
    joined_on: date | None = None
    service_from: date | None = None
    area_code: str | None = Field(default=None, index=True, max_length=20)
    area_path: str | None = Field(default=None, sa_type=AreaPath)
    household_id: str | None = Field(default=None, index=True, max_length=36)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ElderPhoto(SQLModel, table=True):
    """A face, so that a helper knows whom they look for; sealed, because it is one."""

    __tablename__ = "elder_photos"

    elder_id: str = Field(primary_key=True, foreign_key="elders.id", max_length=36)
    media_type: str = Field(max_length=40)
    content: str = Field(sa_type=SealedText)
    taken_on: date | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ElderAddress(SQLModel, table=True):
    """Where somebody lives for a part of the year, from `from_day` to `to_day` (MM-DD, both included, over New Year
    where the first is the later); without days, for the rest of it. The elder's own row carries what is in force today,
    which is the one that `is_current`."""

    __tablename__ = "elder_addresses"

    id: str = Field(primary_key=True, max_length=36)
    elder_id: str = Field(foreign_key="elders.id", index=True, max_length=36)
    label: str = Field(max_length=60)
    address: str = Field(max_length=300)
    lat: float | None = None
    lon: float | None = None
    given: dict[str, Any] | None = Field(default=None, sa_type=Json)
    access: dict[str, Any] | None = Field(default=None, sa_type=SealedJson)
    access_notes: str | None = Field(default=None, sa_type=SealedText)
    access_confirmed_on: date | None = None
    from_day: str | None = Field(default=None, max_length=5)
    to_day: str | None = Field(default=None, max_length=5)
    is_current: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Contact(SQLModel, table=True):
    """Somebody to be called for one elder; `phone` is E.164.

    Who is called for several elders has a row for each, joined by `person_id`: what belongs to the person (name,
    numbers, hours, languages, findings) is the same in all of them, so that a press reads one table only.
    `verified_at` and `wrong_number_at` are about `phone`; each of `more_phones` ({phone, label?, verified_at?,
    wrong_at?}) has its own.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_name", "name", postgresql_ops={"name": "varchar_pattern_ops"}),)

    id: str = Field(primary_key=True, max_length=36)
    elder_id: str = Field(foreign_key="elders.id", index=True, max_length=36)
    name: str = Field(max_length=120)
    role: str = Field(max_length=20)
    phone: str = Field(index=True, max_length=20)
    rank: int
    relation: str | None = Field(default=None, max_length=60)
    language: str = Field(default="zh-CN", max_length=10)
    is_key_holder: bool = False
    person_id: str | None = Field(default=None, index=True, max_length=36)
    more_phones: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    hours: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    away: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    languages: list[str] | None = Field(default=None, sa_type=Json)
    lat: float | None = None
    lon: float | None = None
    given: dict[str, Any] | None = Field(default=None, sa_type=Json)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opted_out_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wrong_number_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str | None = Field(default=None, max_length=1000)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PhoneCheck(SQLModel, table=True):
    """A test call to a contact's number: "press 1 if this is you". No alarm, and nothing of an alarm's.

    `state` is an attempt's: sending, ringing, answered, then its outcome; `ends_by` when silence counts as one.
    """

    __tablename__ = "phone_checks"

    id: str = Field(primary_key=True, max_length=36)
    contact_id: str = Field(foreign_key="contacts.id", index=True, max_length=36)
    name: str = Field(max_length=120)
    phone: str = Field(index=True, max_length=20)
    language: str = Field(default="zh-CN", max_length=10)
    asked_by: str = Field(max_length=120)
    state: str = Field(max_length=20)
    detail: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=20)
    provider_ref: str | None = Field(default=None, max_length=80)
    started_at: datetime = Field(sa_type=UtcDateTime)
    ends_by: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Device(SQLModel, table=True):
    """A one-key phone; `registry.secrets` makes its `secret_hash`, `registry.device_life` has the rules of its life.

    `triggers` are what can be pressed (the key, a pendant), `tested` when a test press of each was last heard: it is
    *in service* only when none is missing. Test presses count from `tested_from` on. Triggers, `heartbeat_s` and the
    `firmware` it should run are its model's where they are empty here.
    """

    __tablename__ = "devices"
    __table_args__ = (Index("ix_devices_state", "state", "id"), Index("ix_devices_model", "model", "id"))

    id: str = Field(primary_key=True, max_length=36)
    uid: str = Field(unique=True, max_length=64)
    elder_id: str | None = Field(default=None, foreign_key="elders.id", index=True, max_length=36)
    model: str | None = Field(default=None, max_length=60)
    state: str = Field(default="stock", max_length=20)
    secret_hash: str = Field(max_length=120)
    triggers: list[str] | None = Field(default=None, sa_type=Json)
    tested: dict[str, str] | None = Field(default=None, sa_type=Json)
    firmware: str | None = Field(default=None, max_length=60)
    sim_iccid: str | None = Field(default=None, index=True, max_length=22)
    sim_phone: str | None = Field(default=None, index=True, max_length=20)
    batch: str | None = Field(default=None, index=True, max_length=60)
    heartbeat_s: int | None = None
    replaced_by: str | None = Field(default=None, max_length=36)
    paired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tested_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str | None = Field(default=None, max_length=1000)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class DeviceModel(SQLModel, table=True):
    """What phones of one make have in common; a device names its model, known here or not."""

    __tablename__ = "device_models"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(unique=True, max_length=60)
    triggers: list[str] | None = Field(default=None, sa_type=Json)
    heartbeat_s: int | None = None
    firmware: str | None = Field(default=None, max_length=60)
    note: str | None = Field(default=None, max_length=1000)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class DeviceEvent(SQLModel, table=True):
    """The life of a device, appended to: a change of state, a pairing, a test, a new secret."""

    __tablename__ = "device_events"

    id: str = Field(primary_key=True, max_length=36)
    device_id: str = Field(foreign_key="devices.id", index=True, max_length=36)
    at: datetime = Field(sa_type=UtcDateTime)
    what: str = Field(max_length=30)
    author: str = Field(max_length=120)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)


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
    __table_args__ = (Index("ix_device_fixes_lat_lon", "lat", "lon"),)

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
    hours: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    capabilities: list[str] | None = Field(default=None, sa_type=Json)
    note: str | None = Field(default=None, max_length=1000)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Area(SQLModel, table=True):
    """A province, city, district, street or community, by its official code.

    `path` is the codes from the top down to this one, each behind a slash (`/610000/610400/610402`): whatever lies in
    an area has a path that begins with the area's.
    """

    __tablename__ = "areas"

    id: str = Field(primary_key=True, max_length=36)
    code: str = Field(unique=True, max_length=20)
    name: str = Field(index=True, max_length=120)
    level: str = Field(max_length=20)
    parent_code: str | None = Field(default=None, index=True, max_length=20)
    path: str = Field(default="", index=True, sa_type=AreaPath, sa_column_kwargs={"server_default": ""})


class AreaShape(SQLModel, table=True):
    """The boundary of the area with this id: a GeoJSON geometry in WGS-84, the box around it, a place inside (`lat`,
    `lon`), and how far its farthest corner is from there."""

    __tablename__ = "area_shapes"
    __table_args__ = (Index("ix_area_shapes_lat", "lat_min", "lat_max"),)

    id: str = Field(primary_key=True, foreign_key="areas.id", ondelete="CASCADE", max_length=36)
    shape: dict[str, Any] = Field(sa_type=Json, nullable=False)
    lat_min: float
    lat_max: float
    lon_min: float
    lon_max: float
    lat: float
    lon: float
    reach_m: float
    area_m2: float
    version: int = 1
    updated_at: datetime = Field(sa_type=UtcDateTime)
    updated_by: str = Field(max_length=120)


class Policy(SQLModel, table=True):
    """How an alarm climbs, by name; `settings` is a `registry.profile.PolicySettings` as a plain object.

    `area_code`, `elder_id` and `kind` say for whom and for what it is meant; where all are empty it is the default, or
    still a draft. The nearest one wins: the elder's before the area's, the smaller area's before the larger's, one for
    the kind before one for every kind. `generation`, on the default's row, rises with every change of another.
    """

    __tablename__ = "policies"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(unique=True, max_length=60)
    title: str | None = Field(default=None, max_length=120)
    area_code: str | None = Field(default=None, index=True, max_length=20)
    elder_id: str | None = Field(default=None, index=True, max_length=36)
    kind: str | None = Field(default=None, max_length=20)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    version: int = 1
    generation: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PolicyVersion(SQLModel, table=True):
    """A policy as it was from `at` on; appended to, so that an old alarm can be explained. `settings` has its title and
    what it was meant for as well."""

    __tablename__ = "policy_versions"

    policy_id: str = Field(primary_key=True, max_length=36)
    version: int = Field(primary_key=True)
    name: str = Field(max_length=60)
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    at: datetime = Field(sa_type=UtcDateTime)
    author: str = Field(max_length=120)


class ImportJob(SQLModel, table=True):
    """An import over HTTP; its file and outcome are in `import_parts`. Whoever works on it renews `seen_at`: one that
    is neither over nor was seen for a while has lost its console."""

    __tablename__ = "import_jobs"

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(max_length=20)
    file_name: str = Field(default="", max_length=120)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    user_id: str = Field(index=True, max_length=36)
    user_name: str = Field(max_length=120)
    state: str = Field(max_length=20)
    what: str = Field(default="", max_length=20)
    done: int = 0
    total: int = 0
    problem: str | None = Field(default=None, max_length=500)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class ImportPart(SQLModel, table=True):
    """A piece of an import's file (`what` file) or of what became of it (`outcome`), packed and sealed; or `secrets`
    of new devices until they are fetched, sealed."""

    __tablename__ = "import_parts"

    job_id: str = Field(primary_key=True, max_length=36)
    what: str = Field(primary_key=True, max_length=10)
    n: int = Field(primary_key=True)
    content: str = Field(sa_type=SealedText, nullable=False)


class User(SQLModel, table=True):
    """Somebody who signs in at the console.

    `areas` are the codes of the areas whose files they see; empty means all. `oidc_subject` is who they
    are at the site's own sign-in service, `past_hashes` their passwords of before.
    """

    __tablename__ = "users"

    id: str = Field(primary_key=True, max_length=36)
    username: str = Field(unique=True, max_length=60)
    display_name: str = Field(max_length=120)
    role: str = Field(index=True, max_length=20)
    password_hash: str = Field(max_length=200)
    phone: str | None = Field(default=None, max_length=20)
    language: str = Field(default="zh-CN", max_length=10)
    is_active: bool = True
    areas: list[str] | None = Field(default=None, sa_type=Json)
    totp_secret: str | None = Field(default=None, sa_type=SealedText)
    totp_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_last_step: int | None = None
    recovery_hashes: list[str] | None = Field(default=None, sa_type=Json)
    oidc_subject: str | None = Field(default=None, index=True, unique=True, max_length=300)
    past_hashes: list[str] | None = Field(default=None, sa_type=Json)
    password_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    must_change_password: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    failed_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_signed_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Shift(SQLModel, table=True):
    """Who is on duty from when to when; who is on duty now is rung before the others."""

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_times", "ends_at", "starts_at"),)

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(foreign_key="users.id", index=True, max_length=36)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    is_leader: bool = False
    note: str | None = Field(default=None, max_length=200)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)


class UserSession(SQLModel, table=True):
    """A signed-in browser (`session`) or a machine's `token`, by `kind`; only the token's hash is kept."""

    __tablename__ = "user_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="users.id", index=True, max_length=36)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    kind: str = Field(default="session", max_length=10, sa_column_kwargs={"server_default": "session"})
    name: str | None = Field(default=None, max_length=120)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Finding(SQLModel, table=True):
    """Work for the registrar: what came to light about a file and waits for somebody to put it right.

    `subject_key` is unique while the finding is open, so that the same thing is not found twice. `gravity` orders the
    work: 1 somebody may not be reached at all, 2 help is late or lame, 3 the file is not in order.
    """

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_open", "gravity", "id", postgresql_where=text(_IS_OPEN), sqlite_where=text(_IS_OPEN)),
    )

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(index=True, max_length=30)
    subject_kind: str = Field(max_length=20)
    subject_id: str = Field(index=True, max_length=64)
    subject_key: str | None = Field(default=None, unique=True, max_length=120)
    elder_id: str | None = Field(default=None, index=True, max_length=36)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    found_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    gravity: int = Field(default=2, sa_column_kwargs={"server_default": "2"})
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    owner_id: str | None = Field(default=None, max_length=36)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    resolved_by: str | None = Field(default=None, max_length=120)
    note: str | None = Field(default=None, max_length=1000)


class Retention(SQLModel, table=True):
    """How long one kind of personal data is kept, where the site said so; `done_until` is how far the job has come."""

    __tablename__ = "retention"

    kind: str = Field(primary_key=True, max_length=30)
    keep_days: int | None = None
    is_set: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    done_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditEntry(SQLModel, table=True):
    """Who did what to whose file, when and why; appended to only, each line holding the hash of the one before."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_subject", "subject_kind", "subject_id", "seq"),
        Index("ix_audit_log_actor", "actor_id", "seq"),
    )

    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    actor_id: str = Field(max_length=36)
    actor: str = Field(max_length=120)
    action: str = Field(index=True, max_length=40)
    subject_kind: str = Field(max_length=20)
    subject_id: str = Field(max_length=64)
    reason: str | None = Field(default=None, max_length=500)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    previous_hash: str = Field(max_length=64)
    entry_hash: str = Field(max_length=64)


class AuditEnd(SQLModel, table=True):
    """Where the log ends, sealed: {"seq", "hash"} of its last entry. One row."""

    __tablename__ = "audit_end"

    id: int = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_type=SealedJson)


def table_of(model: type[SQLModel]) -> Table:
    """The plain table behind a class, for statements that must be quick and make no objects."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
