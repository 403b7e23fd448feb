"""`carebell watchdog`: apart from the engine, so that its silence is noticed."""

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta

import requests
from sqlalchemy.exc import SQLAlchemyError

from alarms import claims
from carebell.probing import Probe, address_of
from core.clock import Clock
from core.db import Database
from core.settings import Settings

LOOK_EVERY_S = 10.0
OVERDUE_S = 15.0  # The engine looks every second; three of its longest requests may be under way.
ANSWER_WITHIN_S = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Troubles:
    """What one look found, as short texts; none when all is well."""

    texts: tuple[str, ...] = ()


def look(settings: Settings, db: Database, clock: Clock) -> Troubles:
    """One look from outside: is the next step of any alarm overdue, and can the console take an alarm?"""
    found: list[str] = []
    now = clock.now()
    try:
        with db.read() as session:
            wake_at = claims.next_wake(session, now)
        if wake_at is not None and wake_at < now - timedelta(seconds=OVERDUE_S):
            found.append(
                f"an alarm's next step is {int((now - wake_at).total_seconds())} s overdue: is an engine running?"
            )
    except SQLAlchemyError as problem:
        found.append(f"the database does not answer ({type(problem).__name__})")
    try:
        answer = requests.get(f"{settings.public_url}/readyz", timeout=ANSWER_WITHIN_S)
        if answer.status_code != requests.codes.ok:
            found.append(f"/readyz answers {answer.status_code}")
    except requests.RequestException as problem:
        found.append(f"the console does not answer ({type(problem).__name__})")
    return Troubles(tuple(found))


def watch(settings: Settings, db: Database, clock: Clock, secret_key: str) -> None:
    """Look, and press the probe's key, for ever; every trouble and its end is a log line."""
    address = address_of(settings)
    if address is not None:
        Probe(settings, db, clock, secret_key, address).start()
    pause, before = threading.Event(), Troubles()
    while True:
        now = look(settings, db, clock)
        for text in now.texts:
            log.error("%s", text)
        if before.texts and not now.texts:
            log.info("all is well again")
        before = now
        pause.wait(LOOK_EVERY_S)
