"""Fixes that come while an alarm is open: whoever goes there must know where the elder is now."""

from collections.abc import Sequence
from typing import Any

from alarms.events import Located
from core.clock import Clock
from core.db import Database
from gateway import store
from gateway.intake import Alarms


class OpenAlarmPlaces:
    """Tells the alarms of fixes, those of devices without an open alarm left out in one query."""

    def __init__(self, db: Database, clock: Clock, alarms: Alarms) -> None:
        self._db, self._clock, self._alarms = db, clock, alarms

    def __call__(self, fixes: Sequence[dict[str, Any]]) -> None:
        with self._db.read() as session:
            wanted = store.with_open_alarms(session, [row["uid"] for row in fixes])
        for row in fixes:
            if row["uid"] in wanted:
                self._alarms.handle(Located(row["uid"], self._clock.now(), row["given"]))
