"""Plays a scenario on real phones: every step in order, every expectation with its time limit."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firmware_sim.connection import Address, Line, Login, Loop, Now
from firmware_sim.device import Phone
from firmware_sim.events import Effect, Pressed, Progressed, Publish, Receipted, ReceiptLost
from firmware_sim.scenario import Action, Expect, Offline, Online, PhoneSpec, Repeat, Scenario, Step, Wait, WrongClock

CONNECT_LIMIT_S = 10.0


class NoPhone(ValueError):
    """There is no device for a phone of the scenario."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What became of a step; `problem` None: all well. `heard` is what the phones heard while it lasted."""

    step: Step
    seconds: float
    heard: tuple[str, ...]
    problem: str | None = None

    def line(self) -> str:
        mark = "ok  " if self.problem is None else "FAIL"
        tail = "" if self.problem is None else f": {self.problem}"
        return f"{mark} line {self.step.line:>3}  {self.seconds:6.2f} s  {self.step.text}{tail}"


@dataclass(slots=True)
class _Seen:
    """What one phone sent and heard."""

    alarms: dict[str, str] = field(default_factory=dict)
    stages: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    receipts: int = 0


def choose(phones: Sequence[PhoneSpec], logins: Sequence[Login], rng: random.Random) -> dict[str, Login]:
    """A device for each phone: the one it names, else any that no other phone has. Raises NoPhone."""
    known = {login.uid: login for login in logins}
    chosen: dict[str, Login] = {}
    for phone in phones:
        if phone.uid is not None:
            if phone.secret is None and phone.uid not in known:
                raise NoPhone(f"phone {phone.name}: there is no secret for {phone.uid}")
            chosen[phone.name] = Login(phone.uid, phone.secret) if phone.secret else known[phone.uid]
    taken = {login.uid for login in chosen.values()}
    free = [login for login in logins if login.uid not in taken]
    rng.shuffle(free)
    for phone in phones:
        if phone.name not in chosen:
            if not free:
                raise NoPhone(f"phone {phone.name}: there is no device left; name a file of devices with their secrets")
            chosen[phone.name] = free.pop()
    return chosen


class Stage:
    """`play` once."""

    def __init__(
        self,
        scenario: Scenario,
        logins: Sequence[Login],
        address: Address,
        now: Now,
        rng: random.Random,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._scenario, self._now, self._say = scenario, now, say
        self._loop = Loop(address, now)
        self._heard: list[str] = []
        self._seen: dict[str, _Seen] = {}
        self._lines: dict[str, Line] = {}
        chosen, boot = choose(scenario.phones, logins, rng), f"sc{rng.getrandbits(40):010x}"
        for spec in scenario.phones:
            login = chosen[spec.name]
            phone = Phone(login.uid, boot, fix=spec.fix, heartbeat_every_s=spec.heartbeat_every_s)
            line = Line(self._loop, login, phone, self._listener(spec.name), client_id=f"{login.uid}-{boot}")
            self._seen[spec.name], self._lines[spec.name] = _Seen(), self._loop.add(line)

    @property
    def uids(self) -> dict[str, str]:
        """Which device plays which phone."""
        return {name: line.login.uid for name, line in self._lines.items()}

    def play(self) -> list[StepReport]:
        """Every step up to the first that fails. Raises ConnectionError when a phone cannot connect."""
        try:
            self._connect(list(self._lines.values()))
            reports: list[StepReport] = []
            for step in self._scenario.steps:
                reports.append(self._step(step))
                self._say(reports[-1].line())
                if reports[-1].problem is not None:
                    break
            return reports
        finally:
            self._loop.close()

    def _connect(self, lines: Sequence[Line]) -> None:
        for line in lines:
            line.connect()
        if not self._loop.run(CONNECT_LIMIT_S, lambda: all(line.phone.is_linked for line in lines)):
            missing = next(line for line in lines if not line.phone.is_linked)
            raise ConnectionError(f"{missing.login.uid} cannot connect: {missing.problem or 'no answer'}")

    def _listener(self, name: str) -> Callable[[Line, Effect], None]:
        def listen(_line: Line, effect: Effect) -> None:
            seen = self._seen[name]
            match effect:
                case Publish() if effect.topic.endswith("/up/alarm"):
                    key = effect.msg_id or ""
                    seen.sent[key] = seen.sent.get(key, 0) + 1
                case Receipted():
                    seen.alarms[effect.msg_id] = effect.alarm_id
                    seen.receipts += 1
                    self._tell(name, f"receipt of {effect.msg_id or 'a press without a msg_id'}")
                case ReceiptLost():
                    seen.lost += 1
                    self._tell(name, "a receipt was lost")
                case Progressed():
                    seen.stages.append(effect.stage)
                    self._tell(name, f"{effect.stage}: {effect.text}")
                case _:
                    pass

        return listen

    def _tell(self, name: str, what: str) -> None:
        text = what if len(self._lines) == 1 else f"{name}: {what}"
        self._heard.append(text)
        self._say(f"       < {text}")

    def _step(self, step: Step) -> StepReport:
        self._heard.clear()
        begun_at = self._now()
        problem = self._do(step.phone, step.action)
        return StepReport(step, (self._now() - begun_at).total_seconds(), tuple(self._heard), problem)

    def _do(self, name: str, action: Action) -> str | None:
        """What was not as expected, or None."""
        line = self._lines[name]
        match action:
            case Expect():
                return self._expect(name, action)
            case Wait():
                self._loop.run(action.seconds)
            case Offline():
                line.drop()
            case Online():
                try:
                    self._connect([line])
                except ConnectionError as problem:
                    return str(problem)
            case Repeat():
                for n in range(action.times):
                    self._loop.run(action.every_s if n else 0.0)
                    line.happen(Pressed())
            case WrongClock():
                line.happen(action.event(self._now()))
            case _:
                line.happen(action)
        self._loop.step(0)
        return None

    def _expect(self, name: str, wanted: Expect) -> str | None:
        if wanted.receipt is False:
            before = self._seen[name].receipts
            came = self._loop.run(wanted.within_s, lambda: self._seen[name].receipts > before)
            return "a receipt came" if came else self._missing(name, wanted)
        self._loop.run(wanted.within_s, lambda: self._missing(name, wanted) is None)
        missing = self._missing(name, wanted)
        return None if missing is None else f"{missing} after {wanted.within_s:g} s"

    def _missing(self, name: str, wanted: Expect) -> str | None:
        """The first thing that is not as it should be."""
        seen, phone = self._seen[name], self._lines[name].phone
        last = phone.last_press.msg_id if phone.last_press else ""
        if wanted.receipt and (phone.waiting or not seen.receipts):
            return f"{len(phone.waiting)} presses have no receipt"
        if wanted.progress is not None and wanted.progress not in seen.stages:
            return f"{wanted.progress} was not told (told: {', '.join(seen.stages) or 'nothing'})"
        if wanted.alarms is not None and (found := len(set(seen.alarms.values()))) != wanted.alarms:
            return f"{found} alarms instead of {wanted.alarms}"
        if wanted.lamp is not None and phone.lamp != wanted.lamp:
            return f"the lamp shows {phone.lamp} instead of {wanted.lamp}"
        if wanted.sent is not None and seen.sent.get(last, 0) < wanted.sent:
            return f"the last press was sent {seen.sent.get(last, 0)} times instead of {wanted.sent}"
        if wanted.lost is not None and seen.lost < wanted.lost:
            return f"{seen.lost} receipts were lost instead of {wanted.lost}"
        return None
