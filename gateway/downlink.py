"""What the centre has to say to devices: kept in the database until each device has acknowledged it.

A row is made in the transaction that made it true. Here it is sent when its device is there, once for each connection,
and deleted when the device says that it has it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Protocol

from core.clock import Clock
from core.db import Database
from core.wake import Wake
from gateway import store, wire
from gateway.counts import Counts
from gateway.intake import MAY_PASS
from gateway.lead import Lead

LOOK_EVERY_S = 1.0  # In case a wake-up is lost.
NEWEST = 50  # A device that was away for days need not speak every sentence it missed.
PAGE = 1000
LOOK_BACK = 1000  # On PostgreSQL ids are given before the commit: a lower one may show up after a higher one.
GATHER_S = 0.05  # What is said within this shares one look.
EXPIRE_EVERY = 60  # looks
AGAIN_AFTER = timedelta(seconds=15)  # Before a device is tried again that had no room or was not listening.
AGAIN_AT_ONCE = 200  # devices in one look
log = logging.getLogger(__name__)


class Sender(Protocol):
    """Whoever holds the devices' connections."""

    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool:
        """Any thread. False: the device is not here, or has no room now."""
        ...

    def connected_uids(self) -> Container[str]: ...


class Downlink:
    """One thread between the rows and the connections; its other methods are quick and for any thread."""

    def __init__(
        self, db: Database, clock: Clock, wake: Wake, sender: Sender, *, counts: Counts, lead: Lead | None = None
    ) -> None:
        self._lead = lead
        self._db = db
        self._clock = clock
        self._sender = sender
        self._counts = counts
        self._look_back = 0 if db.is_sqlite else LOOK_BACK
        self._woken = wake.event("down")
        self._gathering = threading.Event()
        self._lock = threading.Lock()
        self._flying: dict[int, str] = {}
        self._acked: deque[int] = deque()
        self._listening: deque[str] = deque()
        self._again: dict[str, datetime] = {}
        self._last_id = 0
        self._looked_at: set[int] = set()
        self._looks = 0
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="downlink", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        self._gathering.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def is_new(self, uid: str) -> None:
        """A connection begins or has ended: what was under way on the old one has to be sent again."""
        with self._lock:
            for row_id in [row_id for row_id, whose in self._flying.items() if whose == uid]:
                del self._flying[row_id]

    def is_listening(self, uid: str) -> None:
        """The device has subscribed: it can be told what waits for it."""
        self._listening.append(uid)
        self._woken.set()

    def is_deaf(self, uid: str) -> None:
        """What was sent reached nobody: try this device again after a while."""
        self.is_new(uid)
        with self._lock:
            self._again[uid] = self._clock.now() + AGAIN_AFTER

    def is_heard(self, uid: str) -> None:
        """The device has said something: if it was not there before, it is worth a try now."""
        if uid in self._again:
            self._listening.append(uid)
            self._woken.set()

    def _run(self) -> None:
        while not self._is_stopping:
            if self._woken.wait(LOOK_EVERY_S):
                self._gathering.wait(GATHER_S)
            self._woken.clear()
            try:
                self.look()
            except MAY_PASS as problem:
                log.warning("messages to devices wait: %s", type(problem).__name__)
            except Exception as problem:  # noqa: BLE001 - rows stay where they are, and the next look finds them
                log.error("a look for messages to devices failed: %s", type(problem).__name__)
                self._counts.add("down_looks_failed")
        if self._lead is not None:
            self._lead.release()

    def look(self) -> None:
        """Delete what was acknowledged, then send what is new and what devices wait for."""
        self._looks += 1
        self._delete_acked()
        if self._lead is not None and not self._lead.is_mine():
            return
        self._send_new()
        for uid in self._who_waits():
            with self._db.read() as session:
                waiting = store.down_for(session, uid, self._clock.now(), NEWEST)
            self._send(waiting)
        if self._looks % EXPIRE_EVERY == 1:
            with self._db.write() as session:
                self._counts.add("down_expired", store.expire_down(session, self._clock.now()))

    def _delete_acked(self) -> None:
        ids = [self._acked.popleft() for _ in range(len(self._acked))]
        if not ids:
            return
        try:
            with self._db.write() as session:
                store.delete_down(session, ids)
        except Exception:
            self._acked.extend(ids)
            raise
        self._counts.add("down_acknowledged", len(ids))
        with self._lock:
            for row_id in ids:
                self._flying.pop(row_id, None)

    def _send_new(self) -> None:
        """What was not there at the last look; a device that is away now gets it when it subscribes."""
        after = max(0, self._last_id - self._look_back)
        while True:
            with self._db.read() as session:
                page = store.down_after(session, after, self._clock.now(), PAGE)
            if page:
                after = page[-1].id
                self._last_id = max(self._last_id, after)
                here = self._sender.connected_uids()
                new = [down for down in page if down.id not in self._looked_at]
                self._send([down for down in new if down.uid in here])
                self._looked_at.update(down.id for down in new)
            if len(page) < PAGE:
                break
        self._looked_at = {row_id for row_id in self._looked_at if row_id > self._last_id - self._look_back}

    def _who_waits(self) -> list[str]:
        """Devices that have just subscribed, and those whose time to be tried again has come."""
        uids = dict.fromkeys(self._listening.popleft() for _ in range(len(self._listening)))
        with self._lock:
            now = self._clock.now()
            again = (uid for uid, at in self._again.items() if at <= now)
            uids |= dict.fromkeys(islice(again, AGAIN_AT_ONCE))
            for uid in uids:
                self._again.pop(uid, None)
        return list(uids)

    def _send(self, waiting: list[store.Down]) -> None:
        for down in waiting:
            with self._lock:
                if down.id in self._flying or down.uid in self._again:
                    continue
                self._flying[down.id] = down.uid
            topic, payload = wire.down_topic(down.uid, down.topic), wire.down_payload(down.payload)
            if self._sender.send(down.uid, topic, payload, on_acked=partial(self._has_arrived, down.id)):
                self._counts.add("down_sent")
            else:
                self._was_not_taken(down)

    def _was_not_taken(self, down: store.Down) -> None:
        is_here = down.uid in self._sender.connected_uids()
        with self._lock:
            self._flying.pop(down.id, None)
            if is_here:  # Otherwise it is told when it subscribes.
                self._again[down.uid] = self._clock.now() + AGAIN_AFTER

    def _has_arrived(self, row_id: int) -> None:
        self._acked.append(row_id)
        self._woken.set()
