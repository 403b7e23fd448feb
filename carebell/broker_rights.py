"""The devices' logins at the site's Mosquitto, kept like the registry's: given when a secret is made, looked after at
a gateway's start."""

import logging
import threading
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.db import Database
from core.errors import CarebellError, Rejected, TryAgain
from core.settings import Settings
from gateway.dynsec import DynamicSecurity
from registry.models import Device, table_of

RETRY_S = 5.0
log = logging.getLogger(__name__)


class BrokerRights:
    """Speaks to the broker as CAREBELL_MQTT_ADMIN_URL says; without that setting it does nothing.

    A retired device keeps its login: a press of it is still a press. What the registry never knew is removed.
    """

    def __init__(self, settings: Settings, db: Database) -> None:
        self._db = db
        self._gateway = urlsplit(settings.mqtt_url)
        self._broker = DynamicSecurity(settings.mqtt_admin_url) if settings.mqtt_admin_url else None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def give(self, uid: str, secret: str) -> None:
        """A device's secret was made. Raises TryAgain or Rejected: it is registered, but cannot log in yet."""
        if self._broker is None:
            return
        try:
            self._broker.provision(uid, secret)
        except CarebellError as problem:
            text = f"device {uid} is registered, but not at the broker ({problem}): make it a new secret"
            raise type(problem)(text) from problem

    def start(self) -> None:
        """Let the gateways in and remove strangers, as soon as the broker answers; nobody waits for it."""
        if self._broker is not None:
            self._thread = threading.Thread(target=self._until_done, args=(self._broker,), name="rights", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2)

    def _until_done(self, broker: DynamicSecurity) -> None:
        while not self._stop.is_set():
            try:
                self.look_after(broker)
            except Rejected as problem:
                log.error("the broker's rights are not looked after: %s", problem)
            except (TryAgain, SQLAlchemyError) as problem:
                log.warning("the broker's rights must wait (%s)", type(problem).__name__)
                self._stop.wait(RETRY_S)
                continue
            return

    def look_after(self, broker: DynamicSecurity) -> None:
        """Once: the gateways' own login, and the broker's devices beside the registry's."""
        if self._gateway.username:
            broker.prepare(unquote(self._gateway.username), unquote(self._gateway.password or ""))
        devices = table_of(Device)
        with self._db.read() as session:
            uids = session.execute(select(devices.c.uid)).scalars().all()
        found = broker.sync(uids)
        if found.removed:
            log.warning("%d devices that the registry does not know lost their login at the broker", len(found.removed))
        if found.missing:
            shown = ", ".join(found.missing[:10])
            log.warning("%d devices cannot log in at the broker until they get a new secret: %s%s",
                        len(found.missing), shown, " …" if len(found.missing) > 10 else "")  # fmt: skip
