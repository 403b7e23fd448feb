"""The bare floor of a press: receive, commit one row, POST. Same MQTT endpoint, same HTTP library as the product.

python bench/floor.py DATABASE_FILE POST_URL     prints the port it listens on; ends with standard input
"""

import queue
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gateway.endpoint import Endpoint

SENDERS = 16
Item = tuple[str, bytes, Callable[[bool], None]]


class Floor:
    """A door that queues presses, one thread that commits what has queued up, a pool that posts."""

    def __init__(self, file: str, url: str) -> None:
        self._file, self._url = file, url
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._pool, self._local = ThreadPoolExecutor(SENDERS), threading.local()
        threading.Thread(target=self._commit, daemon=True).start()

    def authenticate(self, username: str, password: bytes) -> str | None:
        return username

    def published(self, uid: str, topic_kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        self._queue.put((uid, payload, ack))

    def connected(self, uid: str, peer: str) -> None: ...
    def disconnected(self, uid: str, graceful: bool) -> None: ...
    def subscribed(self, uid: str) -> None: ...

    def _commit(self) -> None:
        db = sqlite3.connect(self._file, isolation_level=None)
        db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE press (uid, payload)")
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty() and len(batch) < 500:
                batch.append(self._queue.get())
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO press VALUES (?, ?)", [(uid, payload) for uid, payload, _ in batch])
            db.execute("COMMIT")
            for uid, _, ack in batch:
                ack(True)
                self._pool.submit(self._post, uid)

    def _post(self, uid: str) -> None:
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
            self._local.http.trust_env = False
        self._local.http.post(
            self._url, data={"To": f"+86139{uid[-8:]}", "From": "+8610", "Url": "http://x"}, timeout=5
        )


if __name__ == "__main__":
    endpoint = Endpoint("127.0.0.1", 0, Floor(sys.argv[1], sys.argv[2]))
    endpoint.start()
    print(endpoint.port, flush=True)
    sys.stdin.read()
