"""The bare floor of a press: receive, commit one row, POST. Same endpoint, database layer and telephone client.

python bench/floor.py     settings as for the centre; prints the port it listens on; ends with standard input
"""

import os
import queue
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, insert

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.clock import SystemClock
from core.db import Database
from core.settings import load_settings
from gateway.endpoint import Endpoint
from notifier.channel import CallOrder
from notifier.script import Prompt
from notifier.twilio_channel import TwilioChannel

PRESSES = Table("floor", MetaData(), Column("uid", String), Column("payload", LargeBinary))
SENDERS, AT_ONCE = 16, 100


class Floor:
    """A door that queues presses, one thread that commits what has queued up, a pool that posts."""

    def __init__(self) -> None:
        settings = load_settings(os.environ)
        self._db, self._channel = Database(settings.database), TwilioChannel.from_settings(settings)
        PRESSES.metadata.create_all(self._db.engine)
        self._queue: queue.SimpleQueue[tuple[str, bytes, Callable[[bool], None]]] = queue.SimpleQueue()
        self._pool = ThreadPoolExecutor(SENDERS)
        Thread(target=self._commit, daemon=True).start()

    def authenticate(self, username: str, password: bytes) -> str | None:
        return username

    def published(self, uid: str, topic_kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        self._queue.put((uid, payload, ack))

    def connected(self, uid: str, peer: str) -> None: ...
    def disconnected(self, uid: str, graceful: bool) -> None: ...
    def subscribed(self, uid: str) -> None: ...

    def _commit(self) -> None:
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty() and len(batch) < AT_ONCE:
                batch.append(self._queue.get())
            with self._db.write() as session:
                session.connection().execute(insert(PRESSES), [{"uid": uid, "payload": raw} for uid, raw, _ in batch])
            for uid, _, ack in batch:
                ack(True)
                self._pool.submit(self._post, uid)

    def _post(self, uid: str) -> None:
        order = CallOrder(uid, f"+86139{uid[-8:]}", 300, Prompt(attempt_id=uid), SystemClock().now())
        self._channel.call(order)


if __name__ == "__main__":
    endpoint = Endpoint("127.0.0.1", 0, Floor())
    endpoint.start()
    print(endpoint.port, flush=True)
    sys.stdin.read()
