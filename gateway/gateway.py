"""The gateway as one thing to start and to stop: ways in for devices, and behind all of them the same door."""

import logging
import threading
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from core.clock import Clock
from core.db import Database
from core.wake import Wake
from gateway import wire
from gateway.counts import Counts
from gateway.door import GatewayDoor
from gateway.downlink import Downlink
from gateway.intake import Alarms, Intake
from gateway.lead import Lead
from gateway.places import OpenAlarmPlaces
from gateway.presence import Presence
from gateway.spool import Spool
from gateway.spool_reader import SpoolReader

WATCH_EVERY_S = 1.0
log = logging.getLogger(__name__)


class Line(Protocol):
    """A way in for devices: our own endpoint, or a client of the site's broker."""

    @property
    def is_alive(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool: ...
    def connected_uids(self) -> Container[str]: ...
    def set_centre_state(self, payload: bytes) -> None: ...


@runtime_checkable
class Linked(Protocol):
    """A line that needs somebody else to be there."""

    @property
    def is_connected(self) -> bool: ...


class Lines:
    """Several lines as one sender: a device may be on any of them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def send(self, uid: str, topic: str, payload: bytes, *, on_acked: Callable[[], None] | None = None) -> bool:
        sent = [line.send(uid, topic, payload, on_acked=on_acked) for line in self._lines]
        return any(sent)

    def connected_uids(self) -> Container[str]:
        return _AnyOf([line.connected_uids() for line in self._lines])


class _AnyOf:
    def __init__(self, groups: Sequence[Container[str]]) -> None:
        self._groups = groups

    def __contains__(self, uid: object) -> bool:
        return any(uid in group for group in self._groups)


class Gateway:
    """`lines` are made from the door, as in `[lambda door: Endpoint(host, port, door)]`.

    `is_one_of_many`: other gateways hear the same devices through a broker, so only one of them speaks to them.
    `on_death` is called when a part of the gateway has ended by itself: the process must not live on and be deaf.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        wake: Wake,
        alarms: Alarms,
        lines: Sequence[Callable[[GatewayDoor], Line]],
        *,
        spool_folder: Path,
        on_death: Callable[[], None],
        flush_s: float = 5.0,
        is_one_of_many: bool = False,
        probe_secret: str | None = None,
    ) -> None:
        self.counts = Counts()
        self._clock = clock
        self._on_death = on_death
        self._is_stopping = threading.Event()
        places = OpenAlarmPlaces(db, clock, alarms)
        self.presence = Presence(db, clock, counts=self.counts, flush_s=flush_s, on_fixes=places)
        self.door = GatewayDoor(db, clock, self.presence, counts=self.counts, probe_secret=probe_secret)
        self.lines = [make(self.door) for make in lines]
        sender = Lines(self.lines)
        spool = Spool(spool_folder)
        self.intake = Intake(alarms, self.door.settled, spool, counts=self.counts, on_death=self._died)
        self.spool_reader = SpoolReader(spool, alarms, self.door.settled, counts=self.counts)
        lead = Lead(db) if is_one_of_many else None
        self.downlink = Downlink(db, clock, wake, sender, counts=self.counts, lead=lead)
        self.door.intake, self.door.downlink, self.door.sender = self.intake, self.downlink, sender
        self._watch = threading.Thread(target=self._watch_lines, name="gateway-watch", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether a press that comes now would be taken."""
        is_linked = all(line.is_connected for line in self.lines if isinstance(line, Linked))
        return not self._is_stopping.is_set() and is_linked and self._is_whole()

    def start(self) -> None:
        """Raises OSError when a line cannot be opened; whatever was started is stopped again."""
        self.presence.start()
        self.intake.start()
        self.downlink.start()
        try:
            for line in self.lines:
                line.set_centre_state(wire.centre_state(online=True, at=self._clock.now()))
                line.start()
        except BaseException:
            self.stop()
            raise
        self.spool_reader.start()
        self._watch.start()

    def stop(self) -> None:
        """Close the lines, then store and write what has come in."""
        self._is_stopping.set()
        for line in self.lines:
            line.stop()
        self.spool_reader.stop()
        self.intake.stop()
        self.downlink.stop()
        self.presence.stop()

    def _is_whole(self) -> bool:
        return self.intake.is_alive and self.downlink.is_alive and all(line.is_alive for line in self.lines)

    def _watch_lines(self) -> None:
        while not self._is_stopping.wait(WATCH_EVERY_S):
            if not self._is_whole():
                self._died()
                return

    def _died(self) -> None:
        if not self._is_stopping.is_set():
            log.critical("a part of the gateway has ended; the process must be started again")
            self._on_death()
