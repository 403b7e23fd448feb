"""`carebell doctor`: what would keep the centre from working, one line each."""

import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import migrations
from carebell import site
from console.basemaps import basemaps_of
from core.clock import Clock
from core.db import Database
from core.errors import CarebellError
from core.settings import Settings
from core.synthetic import OVERDUE_S, LastPress, last_press
from gateway.dynsec import DynamicSecurity
from geo.pmtiles import BasemapError
from notifier.twilio_channel import TwilioChannel
from registry import rekey

DISK_WANTED_BYTES = 1 << 30
CLOCK_WANTED = datetime(2026, 1, 1, tzinfo=UTC)  # A clock before this was never set.
CLOCK_SLACK_S = 5.0
CONNECT_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` keeps the centre from working; `concern` does not, but somebody has to look at it."""

    what: str
    problem: str | None
    remark: str = "ok"
    concern: str | None = None

    @property
    def is_well(self) -> bool:
        return self.problem is None

    @property
    def line(self) -> str:
        mark = "FAIL" if self.problem else "warn" if self.concern else "ok  "
        return f"{mark}  {self.what}: {self.problem or self.concern or self.remark}"


def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Every check, in the order in which things are mended."""
    checks: list[tuple[str, Callable[[], str | None]]] = [
        ("disk", lambda: _disk(settings)),
        ("database", lambda: _database(settings)),
        ("data key", lambda: _data_key(settings)),
        ("clock", lambda: _clock(settings, clock)),
    ]
    if settings.mqtt_url:
        checks.append(("mqtt broker", lambda: _broker(settings.mqtt_url)))
    if settings.mqtt_admin_url:
        checks.append(("mqtt rights", lambda: _rights(settings.mqtt_admin_url)))
    elif not settings.mqtt_url and settings.mqtt_tls_cert is not None:
        checks.append(("mqtt certificate", lambda: _certificate(settings)))
    if settings.pmtiles or settings.basemaps:
        checks.append(("basemaps", lambda: _basemaps(settings)))
    if "twilio" in settings.notifier:
        checks.append(("channel twilio", lambda: TwilioChannel.from_settings(settings).check()))
    findings = [Finding("settings", None, f"channels {', '.join(settings.notifier)}, time zone {settings.timezone}")]
    for what, check in checks:
        try:
            findings.append(Finding(what, check()))
        except Exception as broken:  # noqa: BLE001 - a check that breaks is a finding, not the end
            findings.append(Finding(what, f"could not be checked ({type(broken).__name__})"))
    return [*findings, Finding("spool", None, concern=_spooled(settings)), _synthetic_press(settings, clock)]


def _synthetic_press(settings: Settings, clock: Clock) -> Finding:
    """What became of the centre's own last press."""
    what = "synthetic press"
    if settings.mqtt_url:
        return Finding(what, None, remark="not made at a site's broker")
    try:
        last = _last_press(settings)
    except SQLAlchemyError:
        last = None  # The line about the database says why.
    if last is None:
        return Finding(what, None, remark="none yet; a running centre makes one a minute")
    age_s = last.age_s(clock.now())
    ago = f"{age_s:.0f} s ago"
    if age_s > OVERDUE_S:
        return Finding(what, None, concern=f"the last one was {ago}: is `carebell up` or a watchdog running?")
    if last.problem is not None:
        return Finding(what, None, concern=f"{last.problem}, {ago}")
    return Finding(what, None, remark=f"receipt after {(last.took_s or 0) * 1000:.0f} ms, {ago}")


def _last_press(settings: Settings) -> LastPress | None:
    if settings.is_sqlite and not (settings.data_dir / "carebell.db").exists() and not settings.database_url:
        return None
    db = Database(settings.database)
    try:
        with db.read() as session:
            return last_press(session)
    finally:
        db.close()


def _spooled(settings: Settings) -> str | None:
    """Presses that the database would not take; the gateway tries again by itself while it runs."""
    file = settings.data_dir / "spool" / "presses.jsonl"
    if not file.exists() or not file.stat().st_size:
        return None
    count = len(file.read_bytes().splitlines())
    return f"{count} messages of devices could not be stored and wait in {file}: see docs/operations.md"


def _basemaps(settings: Settings) -> str | None:
    try:
        basemaps_of(settings)
    except BasemapError as problem:
        return str(problem)
    return None


def _rights(url: str) -> str | None:
    try:
        DynamicSecurity(url).devices()
    except CarebellError as problem:
        return f"{problem}: check CAREBELL_MQTT_ADMIN_URL"
    return None


def _certificate(settings: Settings) -> str | None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(str(settings.mqtt_tls_cert), settings.mqtt_tls_key)
    except OSError as problem:
        return f"cannot be used with its key ({problem.strerror}): check CAREBELL_MQTT_TLS_CERT and _TLS_KEY"
    return None


def _disk(settings: Settings) -> str | None:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return None if free >= DISK_WANTED_BYTES else f"only {free >> 20} MiB free where CAREBELL_DATA_DIR is"


def _database(settings: Settings) -> str | None:
    if settings.is_sqlite and not (settings.data_dir / "carebell.db").exists() and not settings.database_url:
        return None  # It is made at the first start.
    db = Database(settings.database)
    try:
        problem = migrations.problem(db)
    except Exception as broken:  # noqa: BLE001 - any driver's error means that the database is not usable
        return f"cannot be reached ({type(broken).__name__}): check CAREBELL_DATABASE_URL"
    finally:
        db.close()
    return f"{problem}: run carebell db upgrade" if problem else None


def _data_key(settings: Settings) -> str | None:
    if settings.is_sqlite and not (settings.data_dir / "carebell.db").exists() and not settings.database_url:
        return None  # It is made at the first start.
    db = Database(settings.database, site.vault(settings))
    try:
        if migrations.problem(db) is not None:
            return None  # Told by the database's own line.
        fits = rekey.key_fits(db)
    finally:
        db.close()
    return None if fits else "does not open the sealed notes: put the key they were sealed with into CAREBELL_DATA_KEYS"


def _clock(settings: Settings, clock: Clock) -> str | None:
    now = clock.now()
    if now < CLOCK_WANTED:
        return "this machine's clock was never set: start a time service"
    if settings.is_sqlite:
        return None
    db = Database(settings.database)
    try:
        with db.read() as session:
            theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    finally:
        db.close()
    apart_s = abs((theirs - clock.now()).total_seconds())
    return f"differs from the database's by {apart_s:.0f} s: start a time service" if apart_s > CLOCK_SLACK_S else None


def _broker(url: str) -> str | None:
    parts = urlsplit(url)
    port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_WITHIN_S).close()
    except OSError as problem:
        return f"does not answer ({problem.strerror or type(problem).__name__}): check CAREBELL_MQTT_URL"
    return None
