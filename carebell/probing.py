"""Presses the probe's key once a minute, as a device would: its own login, a test press, the receipt."""

import logging
import secrets
import threading
import time

from alarms.values import PROBE_UID
from core.clock import Clock
from core.db import Database
from core.settings import Settings
from core.synthetic import LastPress, last_press, probe_secret, record_press
from firmware_sim.connection import Address, Line, Login, Loop, reachable
from firmware_sim.device import Phone
from firmware_sim.events import Effect, Pressed, Receipted

PRESS_EVERY_S = 60.0
SOMEBODY_DID_S = 45.0  # Several processes may do it; one press a minute is enough.
LINK_WITHIN_S, RECEIPT_WITHIN_S = 10.0, 10.0
log = logging.getLogger(__name__)


def address_of(settings: Settings) -> Address | None:
    """Where the probe presses; None at a site's broker, where it has no login."""
    if settings.mqtt_url:
        return None
    return Address(reachable(settings.mqtt_host), settings.mqtt_port, settings.mqtt_tls_cert is not None)


def press_once(address: Address, secret: str, clock: Clock) -> tuple[float | None, str | None]:
    """Seconds from the key to the receipt, or why there was none."""
    loop = Loop(address, clock.now)
    heard: list[float] = []

    def hear(_line: Line, effect: Effect) -> None:
        if isinstance(effect, Receipted):
            heard.append(time.monotonic())

    try:
        phone = Phone(PROBE_UID, f"probe{secrets.token_hex(5)}")
        line = loop.add(
            Line(loop, Login(PROBE_UID, secret), phone, hear, client_id=f"{PROBE_UID}-{secrets.token_hex(3)}")
        )
        line.connect()
        loop.run(LINK_WITHIN_S, lambda: line.phone.is_linked or line.problem is not None)
        if not line.phone.is_linked:
            return None, f"the endpoint did not let it in ({line.problem or 'no answer'})"
        pressed = time.monotonic()
        line.happen(Pressed("sos", True))
        loop.run(RECEIPT_WITHIN_S, lambda: bool(heard))
        return (heard[0] - pressed, None) if heard else (None, f"no receipt within {RECEIPT_WITHIN_S:g} s")
    finally:
        loop.close()


class Probe:
    """Presses on a thread of its own, from `start` to `stop`."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, secret_key: str, address: Address) -> None:
        self._settings, self._db, self._clock, self._address = settings, db, clock, address
        self._secret = probe_secret(secret_key)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LINK_WITHIN_S + RECEIPT_WITHIN_S)

    def press(self) -> LastPress | None:
        """Press, unless another process just did; what is known then. Raises SQLAlchemyError."""
        with self._db.read() as session:
            known = last_press(session)
        if known is not None and 0 <= known.age_s(self._clock.now()) < SOMEBODY_DID_S:
            return known
        took_s, problem = press_once(self._address, self._secret, self._clock)
        if problem is not None:
            log.error("the synthetic press failed: %s", problem)
        with self._db.write() as session:
            record_press(session, self._clock.now(), took_s, problem)
            return last_press(session)

    def _run(self) -> None:
        while not self._stop.wait(PRESS_EVERY_S):
            try:
                self.press()
            except Exception as problem:  # noqa: BLE001 - the next press is worth more than this one
                log.error("the synthetic press could not be made: %s", type(problem).__name__)
