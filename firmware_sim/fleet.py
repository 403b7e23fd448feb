"""A fleet: many phones in one process that press at a steady rate, and an account of what became of every press.

The presses are an open loop: a slow centre does not slow them down. Every phone keeps re-sending until its receipt.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from firmware_sim.connection import Address, Line, Login, Loop, Now
from firmware_sim.device import Phone
from firmware_sim.events import Effect, NotTaken, Pressed, Publish, Receipted

AT_ONCE = 32  # Logins under way at a time: each costs the centre a look at its registry.
CONNECT_LIMIT_S = 60.0
DRAIN_S = 15.0  # How long the last receipts are waited for.

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`devices` phones press `rate_per_s` times a second in all, for `seconds`."""

    devices: int
    rate_per_s: float
    seconds: float
    kind: str = "sos"
    is_test: bool = False
    is_v5: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What became of it all; latencies are from the key to the receipt, in milliseconds, None without a receipt.

    `lost`: presses without a receipt; `doubled`: presses that were given two different alarms; `repeated`: further
    receipts, one for each time a press was sent again; `late_s`: how far the fleet itself fell behind its plan.
    """

    devices: int
    connected: int
    presses: int
    sent: int
    receipts: int
    repeated: int
    refused: int
    lost: int
    doubled: int
    alarms: int
    seconds: float
    rate_per_s: float
    late_s: float
    p50_ms: float | None
    p99_ms: float | None
    worst_ms: float | None

    @property
    def is_good(self) -> bool:
        return self.connected == self.devices and not self.lost and not self.doubled

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.is_good}

    def line(self) -> str:
        latency = "no receipt" if self.p50_ms is None else f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"
        return (
            f"{self.connected} of {self.devices} phones, {self.presses} presses in {self.seconds:.1f} s "
            f"({self.rate_per_s:.1f}/s), {self.receipts} receipts, {self.repeated} repeated, {self.lost} lost, "
            f"{self.doubled} doubled, {self.alarms} alarms; {latency}"
        )


@dataclass(slots=True)
class _Tally:
    presses: int = 0
    sent: int = 0
    repeated: int = 0
    refused: int = 0
    doubled: int = 0
    waits_s: list[float] = field(default_factory=list)
    alarm_of: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, line: Line, effect: Effect) -> None:
        match effect:
            case Publish() if effect.topic.endswith("/up/alarm"):
                self.sent += 1
            case NotTaken():
                self.refused += 1
            case Receipted():
                known = self.alarm_of.setdefault((line.login.uid, effect.msg_id), effect.alarm_id)
                self.doubled += known != effect.alarm_id
                if effect.is_first:
                    self.waits_s.append(effect.waited_s)
                else:
                    self.repeated += 1


class Fleet:
    """`run` once; `logins` must hold at least as many devices as the plan wants."""

    def __init__(
        self, address: Address, logins: Sequence[Login], plan: Plan, now: Now, boot: str,
        *, connect_limit_s: float = CONNECT_LIMIT_S,
    ) -> None:  # fmt: skip
        self._plan, self._tally, self._connect_limit_s = plan, _Tally(), connect_limit_s
        self._loop = Loop(address, now)
        for login in logins[: plan.devices]:
            phone = Phone(login.uid, boot, firmware="sim-fleet")
            line = Line(
                self._loop, login, phone, self._tally.take, is_v5=plan.is_v5, client_id=f"{login.uid}-{boot}"
            )  # fmt: skip
            self._loop.add(line)

    def run(self, say: Say = lambda _text: None, progress: Callable[[int], None] = lambda _presses: None) -> Report:
        """Connect, press, wait for the last receipts. `progress` is told the number of presses so far."""
        try:
            connected = self._connect(say)
            seconds, late_s = self._press(progress) if connected else (0.0, 0.0)
            self._loop.run(DRAIN_S if connected else 0.0, lambda: not any(line.phone.waiting for line in self._lines))
            return self._report(connected, seconds, late_s)
        finally:
            self._loop.close()

    @property
    def _lines(self) -> list[Line]:
        return self._loop.lines

    def _connect(self, say: Say) -> int:
        todo, begun = list(reversed(self._lines)), list[Line]()
        end_at = time.monotonic() + self._connect_limit_s
        while (todo or begun) and time.monotonic() < end_at:
            begun = [line for line in begun if not line.phone.is_linked]
            while todo and len(begun) < AT_ONCE:
                begun.append(todo.pop())
                begun[-1].connect()
            self._loop.step(0.01)
        missing = [line for line in self._lines if not line.phone.is_linked]
        say(f"{len(self._lines) - len(missing)} of {len(self._lines)} phones are connected")
        if missing:
            say(f"the first that is not: {missing[0].login.uid}: {missing[0].problem or 'no answer'}")
        return len(self._lines) - len(missing)

    def _press(self, progress: Callable[[int], None]) -> tuple[float, float]:
        """How long it took, and the furthest that a press was behind its time."""
        plan, late_s = self._plan, 0.0
        total = max(1, round(plan.rate_per_s * plan.seconds))
        begun_at = time.monotonic()
        for n in range(total):
            due_s = n / plan.rate_per_s
            while (ahead_s := due_s - (time.monotonic() - begun_at)) > 0:
                self._loop.step(min(0.05, ahead_s))
            late_s = max(late_s, -ahead_s)
            self._lines[n % len(self._lines)].happen(Pressed(plan.kind, plan.is_test))
            self._tally.presses += 1
            progress(n + 1)
            if ahead_s < 0:  # Behind its time: the sockets still get their turn.
                self._loop.step(0)
        return time.monotonic() - begun_at, late_s

    def _report(self, connected: int, seconds: float, late_s: float) -> Report:
        tally, waits_ms = self._tally, sorted(wait_s * 1000 for wait_s in self._tally.waits_s)
        return Report(
            devices=len(self._lines), connected=connected, presses=tally.presses, sent=tally.sent,
            receipts=len(waits_ms), repeated=tally.repeated, refused=tally.refused,
            lost=tally.presses - len(waits_ms), doubled=tally.doubled, alarms=len(set(tally.alarm_of.values())),
            seconds=round(seconds, 3), rate_per_s=round(tally.presses / seconds, 1) if seconds else 0.0,
            late_s=round(late_s, 3), p50_ms=_share(waits_ms, 0.50), p99_ms=_share(waits_ms, 0.99),
            worst_ms=_share(waits_ms, 1.0),
        )  # fmt: skip


def _share(ordered: Sequence[float], share: float) -> float | None:
    """The value below which this share of an ordered sequence lies."""
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
