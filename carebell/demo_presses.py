"""The demo city's devices: all of them connected over real MQTT, and now and then somebody presses."""

import logging
import random
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import Clock
from firmware_sim.connection import Address, Line, Login, Loop
from firmware_sim.device import Phone
from firmware_sim.events import CancelPressed, Effect, Event, Moved, Pressed
from gateway.wire import FixMsg

FIRST_AFTER_S = 5.0
EVERY_S = (25.0, 65.0)
FULL_LOOK_S = 10.0  # When too many alarms are open, look again after this.
MOST_OPEN = 8
HEARTBEAT_S = 60.0
AT_ONCE = 16  # Logins under way at a time.
STEP_S = 0.1
log = logging.getLogger(__name__)

Script = tuple[tuple[float, Event], ...]
"""What somebody does, each so many seconds after the first."""

SCRIPTS: tuple[tuple[float, Script], ...] = (
    (66, ((0.0, Pressed()),)),
    (10, ((0.0, Pressed()), (2.5, Pressed()), (5.0, Pressed()))),
    (9, ((0.0, Pressed()), (8.0, CancelPressed()))),
    (11, ((0.0, Pressed("fall")),)),
    (2, ((0.0, Pressed("smoke")),)),
    (2, ((0.0, Pressed(is_test=True)),)),
)
"""With weights: mostly one press; a frightened person presses again; a mistake; a fall; smoke; an installer's test."""


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device and where its elder lives (degrees, WGS-84)."""

    uid: str
    secret: str = field(repr=False)
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Room:
    """What the presses ask the centre: how many alarms are open, and whose devices would join one of them."""

    open_count: int = 0
    busy_uids: frozenset[str] = frozenset()


class DemoPresses:
    """One thread from `start` to `stop`.

    `room` is asked before each press, `prepare` is told the uid that presses next and how many have pressed before it;
    `on_ready` is called once the first phone is connected. `first` press in this order before dice decide.
    """

    def __init__(
        self,
        host: str,
        port: int,
        devices: Sequence[DemoDevice],
        clock: Clock,
        rng: random.Random,
        *,
        room: Callable[[], Room] = Room,
        prepare: Callable[[str, int], None] = lambda _uid, _n: None,
        on_ready: Callable[[], None] = lambda: None,
        first: Sequence[str] = (),
        first_after_s: float = FIRST_AFTER_S,
    ) -> None:
        self.presses = 0
        self._clock, self._rng = clock, rng
        self._room, self._prepare, self._on_ready = room, prepare, on_ready
        self._first, self._first_after_s = list(first), first_after_s
        self._loop = Loop(Address(host, port), clock.now)
        boot = secrets.token_hex(4)
        for device in devices:
            phone = self._phone(device, boot)
            line = Line(
                self._loop, Login(device.uid, device.secret), phone, _listen, client_id=f"{device.uid}-demo"
            )  # fmt: skip
            self._loop.add(line)
        self._todo: list[tuple[datetime, Line, Event]] = []
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-presses", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The phones say goodbye and the thread ends."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _phone(self, device: DemoDevice, boot: str) -> Phone:
        fix = None
        if self._rng.random() < 0.4:  # Only some models have a receiver.
            fix = self._fix(device.lat, device.lon)
        return Phone(
            device.uid, boot, fix=fix, heartbeat_every_s=HEARTBEAT_S, rssi_dbm=self._rng.randrange(-104, -62),
            battery_pct=float(self._rng.randrange(38, 101)), firmware=self._rng.choice(("1.4.2", "1.4.2", "1.3.9")),
        )  # fmt: skip

    def _fix(self, lat: float, lon: float) -> FixMsg:
        """A position some metres from home, as a receiver behind a window has it."""
        return FixMsg(
            round(lat + self._rng.gauss(0, 0.00012), 6), round(lon + self._rng.gauss(0, 0.00014), 6),
            float(self._rng.randrange(6, 45)), self._clock.now(), self._rng.choice(("gnss", "gnss", "wifi")),
        )  # fmt: skip

    def _run(self) -> None:
        try:
            if self._connect():
                self._on_ready()
                self._press_on()
        except Exception:
            log.exception("the demo's devices have stopped")
        finally:
            self._loop.close()

    def _connect(self) -> bool:
        """Everybody logs in, a few at a time; False when `stop` came first."""
        todo, begun = list(reversed(self._loop.lines)), list[Line]()
        while (todo or begun) and not self._is_stopping.is_set():
            begun = [line for line in begun if not line.phone.is_linked]
            while todo and len(begun) < AT_ONCE:
                begun.append(todo.pop())
                begun[-1].connect()
            self._loop.step(STEP_S)
        return not self._is_stopping.is_set()

    def _press_on(self) -> None:
        next_at = self._clock.now() + timedelta(seconds=self._first_after_s)
        while not self._is_stopping.is_set():
            self._loop.step(STEP_S)
            now = self._clock.now()
            self._do_due(now)
            if now >= next_at:
                pause_s = self._rng.uniform(*EVERY_S) if self._somebody_presses(now) else FULL_LOOK_S
                next_at = now + timedelta(seconds=pause_s)

    def _do_due(self, now: datetime) -> None:
        due = [item for item in self._todo if item[0] <= now]
        self._todo = [item for item in self._todo if item[0] > now]
        for _, line, event in due:
            line.happen(event)

    def _somebody_presses(self, now: datetime) -> bool:
        room = self._room()
        free = [line for line in self._loop.lines if line.phone.is_linked and line.login.uid not in room.busy_uids]
        if room.open_count >= MOST_OPEN or not free:
            return False
        is_staged = bool(self._first)
        line = self._rng.choice(free)
        if is_staged:
            wanted = self._first.pop(0)
            line = next((free_line for free_line in free if free_line.login.uid == wanted), line)
        self._prepare(line.login.uid, self.presses)
        scripts = [script for _, script in SCRIPTS]
        script = scripts[0] if is_staged else self._rng.choices(scripts, [weight for weight, _ in SCRIPTS])[0]
        if line.phone.fix is not None:
            line.happen(Moved(self._fix(line.phone.fix.lat, line.phone.fix.lon), is_told=False))
        self._todo += [(now + timedelta(seconds=after_s), line, event) for after_s, event in script]
        self._do_due(now)
        self.presses += 1
        return True


def _listen(_line: Line, _effect: Effect) -> None:
    """The desk shows what the phones do; nobody watches them here."""
