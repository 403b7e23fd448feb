"""Builds the system from its settings. The only place that knows everybody."""

import gc
import logging
import os
import resource
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import geopy.distance  # noqa: F401 - short commands go without these two; the first press must not wait for them
import pypinyin  # noqa: F401
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from alarms import personal, retention
from alarms import store as alarm_store
from alarms.check_calls import CheckCalls
from alarms.engine import Engine
from alarms.hangups import HangUps
from alarms.recordings import Recordings
from alarms.service import AlarmService
from carebell import site
from carebell.broker_rights import BrokerRights
from carebell.probing import Probe, address_of
from console.app import create_app
from console.centre import Centre, Check, Figures
from console.links import make_link
from console.server import ConsoleServer
from core.clock import SystemClock
from core.db import Database
from core.errors import CarebellError
from core.ids import new_id
from core.processes import Attendance, Process, missing, present
from core.settings import Settings
from core.synthetic import probe_secret
from core.wake import Wake
from gateway.client import BrokerClient
from gateway.counts import Counts
from gateway.door import GatewayDoor
from gateway.endpoint import Endpoint
from gateway.gateway import Gateway, Line
from geo.crs import to_wgs84
from notifier.channel import Channel
from notifier.recording import Source
from notifier.sandbox import SandboxNetwork
from notifier.sandbox_recording import SandboxRecordings
from notifier.twilio_channel import TwilioChannel
from notifier.twilio_recording import TwilioRecordings
from registry import search
from registry.phones import Phones
from registry.service import RegistryService
from registry.silence import Silence

ROLES = frozenset({"gateway", "engine", "console"})
CLEAN_UP_EVERY_S = 600
TIDY_EVERY_S = 2
SWEEP_EVERY_S = 60
RECORD_EVERY_S = 3
CATCH_UP_EVERY_S, CATCH_UP_MOST = 3, 2000  # Seconds, files.
LOOK_THROUGH_AT_HOUR = 2
LET_GO_AT_HOUR = 3  # Local: the quietest hour of a duty room.
CONDENSED_FOR = timedelta(days=2)  # Nights after an erasure in which the search's index is rewritten.
COLLECT_AFTER = (50_000, 20, 100)  # Allocations and generations; the defaults look at everything time and again.
log = logging.getLogger(__name__)


def end_process() -> None:
    """A part that must not die has died: leave at once, so that whoever supervises the process starts it anew."""
    log.critical("a vital part has ended; leaving")
    logging.shutdown()
    os._exit(1)


def allow_many_connections() -> None:
    """Every device is an open file: take what the machine allows, where it grants only a part of it at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def spare_the_collector() -> None:
    """What is there at the start stays: the garbage collector need not look at it again while calls wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


class Carebell:
    """The roles of one process, from `start` to `stop`."""

    def __init__(self, settings: Settings, roles: frozenset[str], *, upgrade: bool) -> None:
        allow_many_connections()
        self.settings, self.roles = settings, roles
        self.clock = SystemClock()
        self.db: Database = site.open_database(settings, upgrade=upgrade)
        self.wake = Wake(self.db)
        secret = site.secret_key(settings)
        self.alarms = AlarmService(
            self.db, self.clock, self.wake, timezone=settings.timezone,
            make_link=partial(_link, settings.public_url, secret), access_doubtful_days=settings.access_doubtful_days,
            records_calls=settings.record_calls,
        )  # fmt: skip
        self.sandbox = self._sandbox()
        self.engine: Engine | None = None
        self.hang_ups: HangUps | None = None
        self._line_counts = Counts()
        self._endpoint: Endpoint | None = None
        self.gateway: Gateway | None = None
        self.rights = BrokerRights(settings, self.db)
        self.registry = RegistryService(
            self.db, self.clock, to_wgs84=to_wgs84, timezone=settings.timezone, on_device_secret=self.rights.give,
            phones=Phones(settings.phone_region, settings.phone_area_code, settings.allow_emergency_numbers),
            is_on_land=site.is_on_land(settings), check_removal=personal.refuse_open_alarm,
        )  # fmt: skip
        channels = self._channels()
        self.recordings = self._recordings()
        self.alarms.check_calls = CheckCalls(self.db, self.clock, self.registry.phone_checks, channels)
        if "engine" in roles:
            self.engine = Engine(self.db, self.clock, self.wake, self.alarms, channels, on_death=end_process)
            self.alarms.dispatcher = self.engine
        else:
            self.hang_ups = HangUps(channels)
            self.alarms.dispatcher = self.hang_ups
        if "gateway" in roles:
            self.gateway = Gateway(
                self.db, self.clock, self.wake, self.alarms, [self._line],
                spool_folder=site.data_dir(settings) / "spool", on_death=end_process,
                is_one_of_many=bool(settings.mqtt_url), probe_secret=probe_secret(secret),
            )  # fmt: skip
        self.silence = Silence(self.db, self.clock, self.clock.now()) if "engine" in roles else None
        self.attendance = self._attendance()
        address = address_of(settings) if roles >= ROLES else None
        self.probe = Probe(settings, self.db, self.clock, secret, address) if address is not None else None
        self.server = self._server(secret) if "console" in roles else None
        self._calendar = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})

    def _line(self, door: GatewayDoor) -> Line:
        """Where the devices are: at our own endpoint, or at the site's broker."""
        settings = self.settings
        if settings.mqtt_url:
            name = site.gateway_name(settings)
            return BrokerClient(settings.mqtt_url, door, name=name, counts=self._line_counts)
        endpoint = Endpoint(settings.mqtt_host, settings.mqtt_port, door, tls=tls_context(settings))
        self._endpoint = endpoint
        return endpoint

    def _sandbox(self) -> SandboxNetwork | None:
        if "sandbox" not in self.settings.notifier:
            return None
        return SandboxNetwork(
            self.db, self.clock, self.alarms.report, self.wake, new_id, prompt_of=self.alarms.prompt,
            on_death=end_process,
        )  # fmt: skip

    def _channels(self) -> list[Channel]:
        makers: dict[str, Callable[[], Channel | None]] = {
            "sandbox": lambda: self.sandbox,
            "twilio": lambda: TwilioChannel.from_settings(self.settings),
        }
        return [channel for name in self.settings.notifier if (channel := makers[name]()) is not None]

    def _recordings(self) -> Recordings:
        """With every channel, whether or not calls are recorded now: an earlier recording may be on its way."""
        sources: list[Source] = []
        if "sandbox" in self.settings.notifier:
            sources.append(SandboxRecordings(self.db))
        if "twilio" in self.settings.notifier:
            sources.append(TwilioRecordings.from_settings(self.settings))
        folder = site.data_dir(self.settings) / "recordings"
        return Recordings(
            self.db, self.clock, folder, self.wake, {source.name: source for source in sources},
            records_calls=self.settings.record_calls,
        )  # fmt: skip

    def _server(self, secret: str) -> ConsoleServer:
        centre = Centre(
            settings=self.settings.model_copy(update={"secret_key": secret}), db=self.db, clock=self.clock,
            wake=self.wake, registry=self.registry, alarms=self.alarms, sandbox=self.sandbox,
            recordings=self.recordings,
            checks=self.checks() | self._checks_elsewhere(), figures=self.figures(),
            processes=None if self.attendance is None else self._present,
        )  # fmt: skip
        return ConsoleServer(create_app(centre), self.settings.http_host, self.settings.http_port)

    def _attendance(self) -> Attendance | None:
        """On a database that several processes may share, each signs in."""
        if self.settings.is_sqlite:
            return None
        checks, figures = self.checks(), self.figures()
        return Attendance(
            self.db, self.clock, new_id(), self.roles,
            problem=lambda: next((found for check in checks.values() if (found := check())), None),
            figures=lambda: {name: value for each in figures for name, value in each().items()},
        )  # fmt: skip

    def _present(self) -> list[Process]:
        with self.db.read() as session:
            return present(session, self.clock.now())

    def _checks_elsewhere(self) -> dict[str, Check]:
        """What other processes must do, because this one does not."""
        if self.attendance is None:
            return {}
        return {role: partial(self._missing, role) for role in ("engine", "gateway") if role not in self.roles}

    def _missing(self, role: str) -> str | None:
        try:
            return missing(self._present(), role)
        except SQLAlchemyError as problem:
            return f"is not known ({type(problem).__name__})"

    def checks(self) -> dict[str, Check]:
        """What must hold so that an alarm can be taken now."""
        checks: dict[str, Check] = {}
        if self.engine is not None:
            engine = self.engine
            checks["engine"] = lambda: None if engine.is_alive else "the engine does not run"
        if self.gateway is not None:
            gateway = self.gateway
            checks["gateway"] = lambda: None if gateway.is_ready else "the gateway takes no messages"
        return checks

    def figures(self) -> tuple[Figures, ...]:
        found: list[Figures] = []
        if self.engine is not None:
            engine = self.engine
            found.append(lambda: {f"engine_{name}": count for name, count in engine.counts.items()})
        if self.gateway is not None:
            for counts in (self.gateway.counts, self._line_counts):
                found.append(partial(_gateway_figures, counts))
        if self.silence is not None:
            silence = self.silence
            found.append(lambda: {"devices_silent": float(silence.silent)})
        if self._endpoint is not None:
            found.append(partial(_endpoint_figures, self._endpoint))
        return tuple(found)

    def start(self) -> None:
        """Begin every role but the console, which `run` serves; the telephones before the devices."""
        if self.server is not None:
            self.server.listen()
        self.wake.start()
        if self.engine is not None:
            if self.sandbox is not None:
                self.sandbox.start()
            self.engine.start(is_only_one=self.settings.is_sqlite)
            self._calendar.add_job(self._clean_up, "interval", seconds=CLEAN_UP_EVERY_S)
            self._calendar.add_job(self.db.tidy, "interval", seconds=TIDY_EVERY_S)
            self._calendar.add_job(self.registry.addresses.settle_all)  # At once: what this centre has slept through.
            self._calendar.add_job(
                self.registry.addresses.settle_all, "cron", hour=0, minute=1, timezone=self.settings.timezone
            )
            if self.silence is not None:
                self._calendar.add_job(self.silence.sweep, "interval", seconds=SWEEP_EVERY_S)
            self._calendar.add_job(self._record, "interval", seconds=RECORD_EVERY_S)
            self._calendar.add_job(self._catch_up, "interval", seconds=CATCH_UP_EVERY_S)
            zone = self.settings.timezone
            self._calendar.add_job(self._let_go, "cron", hour=LET_GO_AT_HOUR, timezone=zone, misfire_grace_time=None)
            look_through = replace(self.registry.inspection, confirm_days=self.settings.access_doubtful_days).look
            self._calendar.add_job(
                look_through, "cron", hour=LOOK_THROUGH_AT_HOUR, timezone=zone, misfire_grace_time=None,
                args=[lambda: not self._calendar.running],
            )  # fmt: skip
            self._calendar.start()
        if self.gateway is not None:
            self.rights.start()
            self.gateway.start()
        if self.attendance is not None:
            self.attendance.start()
        if self.probe is not None:
            self.probe.start()
        spare_the_collector()

    def run(self, stop_wanted: threading.Event) -> None:
        """Serve until a signal or `stop_wanted`."""
        if self.server is None:
            stop_wanted.wait()
            return
        self.server.run_until(stop_wanted)

    def stop(self) -> None:
        """The devices first, so that nothing new comes in; then what is under way."""
        if self.server is not None:
            self.server.close()
        self.rights.stop()
        if self.probe is not None:
            self.probe.stop()
        if self.attendance is not None:
            self.attendance.stop()
        if self.gateway is not None:
            self.gateway.stop()
        if self._calendar.running:
            self._calendar.shutdown(wait=False)
        if self.engine is not None:
            self.engine.stop()
        if self.sandbox is not None and self.engine is not None:
            self.sandbox.stop()
        if self.hang_ups is not None:
            self.hang_ups.stop()
        self.wake.stop()
        self.db.close()

    def _record(self) -> None:
        try:
            self.recordings.step()
        except (CarebellError, SQLAlchemyError) as problem:
            log.warning("the recordings' step failed (%s); trying again", type(problem).__name__)

    def _catch_up(self) -> None:
        """Index what was written past the registry's services: by an older version, or by a press."""
        search.catch_up(self.db, most=CATCH_UP_MOST)

    def _let_go(self) -> None:
        """Once a night; several engines at once only find less to do."""
        done = {kind: count for kind, count in retention.let_go(self.db, self.clock).items() if count}
        if done:
            log.info("let go of what was kept long enough: %s", done)
        with self.db.read() as session:
            is_due = personal.erased_since(session, self.clock.now() - CONDENSED_FOR)
        if is_due:
            search.condense(self.db)

    def _clean_up(self) -> None:
        with self.db.write() as session:
            now = self.clock.now()
            alarm_store.forget_down_messages(session, now)
            alarm_store.forget_probe_presses(session, now - timedelta(seconds=CLEAN_UP_EVERY_S))


def _gateway_figures(counts: Counts) -> dict[str, float]:
    return {f"gateway_{name}_total": float(count) for name, count in counts.snapshot().items()}


def _endpoint_figures(endpoint: Endpoint) -> dict[str, float]:
    now = ("connections", "sessions")
    counts = endpoint.counters.snapshot()
    return {f"mqtt_{name}" if name in now else f"mqtt_{name}_total": float(count) for name, count in counts.items()}


def _link(public_url: str, secret: str, attempt_id: str, now: datetime) -> str:
    return make_link(public_url, secret, attempt_id, now + timedelta(days=1))


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS for the devices' endpoint, where a certificate is given."""
    if settings.mqtt_tls_cert is None or settings.mqtt_tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.mqtt_tls_cert, settings.mqtt_tls_key)
    except OSError as problem:
        raise site.SiteError(
            f"CAREBELL_MQTT_TLS_CERT and CAREBELL_MQTT_TLS_KEY: no certificate with its key ({problem.strerror})"
        ) from problem
    return context
