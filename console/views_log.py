"""Who looked at what is personal: one line in the log for a look, however often the page refreshes itself."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from console.centre import Centre
from registry import audit
from registry.audit import Actor, Deed
from registry.sessions import SignedIn

ONE_LOOK = timedelta(minutes=15)
_MOST_REMEMBERED = 10_000
log = logging.getLogger(__name__)


def health_seen(request: Request, centre: Centre, user: SignedIn, alarm: Mapping[str, Any]) -> None:
    """An alarm's page or answer shows what ails its elder."""
    views: Views = request.app.state.views
    elder = alarm.get("elder") or {}
    if elder.get("id"):
        seen = Deed("elder.view_sensitive", "elder", elder["id"], reason=f"alarm #{alarm['number']}")
        views.note(centre, user, seen)


class Views:
    """Remembers the looks of the last minutes: a page that follows its alarm does not write each time."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str, str], datetime] = {}
        self._lock = threading.Lock()

    def note(self, centre: Centre, user: SignedIn, deed: Deed) -> None:
        """Log the look unless it is one that is logged already."""
        now, key = centre.clock.now(), (user.id, deed.action, deed.subject_id)
        with self._lock:
            if self._until.get(key, now) > now:
                return
            if len(self._until) >= _MOST_REMEMBERED:
                self._until.clear()
            self._until[key] = now + ONE_LOOK
        try:
            with centre.db.write() as session:
                audit.record_once(session, Actor(user.id, user.name), now, deed, ONE_LOOK)
        except SQLAlchemyError as broken:  # Whoever helps must see the file even when the log cannot be written.
            log.error("a look into a file could not be logged: %s", type(broken).__name__)
            with self._lock:
                self._until.pop(key, None)
