"""How many alarms are open, looked at once a second for all consoles of this process that see the same areas."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alarms.board import Counts, counts
from alarms.views import instant
from console.centre import Centre
from registry.sessions import SignedIn

FRESH_FOR = timedelta(seconds=1)
MOST_LOOKS = 200


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    counts: Counts


class Counted:
    """Fifty consoles in a surge ask all the time; the answer is read from the database once a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[str, _Look] = {}

    def counts(self, centre: Centre, user: SignedIn) -> Counts:
        now, key = centre.clock.now(), "" if user.scope.is_everywhere else user.id
        with self._lock:
            look = self._looks.get(key)
            if look is None or not timedelta(0) <= now - look.at < FRESH_FOR:
                if len(self._looks) >= MOST_LOOKS:
                    self._looks.clear()
                with centre.db.read() as session:
                    look = self._looks[key] = _Look(now, counts(session, now, user))
            return look.counts


def as_json(found: Counts) -> dict[str, Any]:
    """The counts for scripts; `oldest` is the press that waits longest for somebody to take it."""
    return {
        "open": found.open, "unclaimed": found.unclaimed, "overdue": found.overdue,
        "late": found.late, "oldest": instant(found.oldest),
    }  # fmt: skip
