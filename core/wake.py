"""Wake-ups: a shortcut that makes rows prompt; never the only reason why work is found.

Inside one process a wake-up is an event; across processes on PostgreSQL it is NOTIFY, sent with the commit.
"""

import logging
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from core.db import Database

TOPICS = ("engine", "live", "down", "sandbox", "looks", "todos")
LISTEN_RETRY_S = 1.0
log = logging.getLogger(__name__)


class Wake:
    """Rings everybody who waits for a topic, here and, on PostgreSQL, in the other processes."""

    def __init__(self, db: Database | None = None) -> None:
        self._db = db if db is not None and not db.is_sqlite else None
        self._listeners: dict[str, list[Callable[[], None]]] = {topic: [] for topic in TOPICS}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, topic: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quick, from any thread, never raising) whenever the topic is woken."""
        self._listeners[topic].append(ring)

    def event(self, topic: str) -> threading.Event:
        """An event of the caller's own that is set whenever the topic is woken; the caller clears it."""
        event = threading.Event()
        self.listen(topic, event.set)
        return event

    def with_commit(self, session: Session, *topics: str) -> None:
        """Let other processes know when this transaction commits."""
        if self._db is not None:
            for topic in topics:
                session.execute(text("SELECT pg_notify('carebell', :topic)"), {"topic": topic})

    def here(self, *topics: str) -> None:
        """Wake this process; call it after the commit, so that the work can be seen."""
        for topic in topics:
            for ring in self._listeners[topic]:
                ring()

    def start(self) -> None:
        """Begin to hear other processes (PostgreSQL only)."""
        if self._db is not None and self._thread is None:
            self._thread = threading.Thread(target=self._hear, args=(self._db,), name="wake", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _hear(self, db: Database) -> None:
        url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute("LISTEN carebell")
                    self.here(*TOPICS)  # Something may have been said while nobody was listening.
                    while not self._stop.is_set():
                        for notice in connection.notifies(timeout=1.0):
                            if notice.payload in self._listeners:
                                self.here(notice.payload)
            except psycopg.Error as problem:
                log.warning("wake-ups interrupted (%s); the periodic look carries on", type(problem).__name__)
                self._stop.wait(LISTEN_RETRY_S)
