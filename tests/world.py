"""A small world for stories: one household, its phones, the duty room, and a clock that moves only when it is told to.

Everything but the clock and the threads is the real thing: database, service, engine, and the sandbox's telephones.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, insert, select, update

from alarms.engine import Engine
from alarms.events import Cancel, OfficerAction, Press, RelativeAnswer
from alarms.models import Alarm, Attempt, DownMessage, TimelineRow
from alarms.service import AlarmService, Handled, PressReceipt
from alarms.values import LIVE
from alarms.views import alarm_detail
from core.clock import ManualClock
from core.db import Database
from core.ids import new_id
from core.vault import Vault
from core.wake import Wake
from notifier.channel import Channel
from notifier.sandbox import SandboxNetwork
from notifier.sandbox_call import Behaviour, Call
from registry.models import Contact, Device, Elder, Policy, User, table_of
from registry.profile import PolicySettings

VAULT = Vault(["a key for made-up people"])
START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in Xianyang: a polite hour.
ROUNDS_AT_ONE_INSTANT = 60  # Longer than any chain of steps that are due together; more is a loop that never ends.
ALARMS, ATTEMPTS, TIMELINE, DOWN = table_of(Alarm), table_of(Attempt), table_of(TimelineRow), table_of(DownMessage)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the household or of the duty room; `id` is the contact's, the user's or the elder's."""

    id: str
    name: str
    role: str
    phone: str


ELDER = Somebody("elder-zhao", "赵桂明", "elder", "+8613900000007")
DAUGHTER = Somebody("contact-daughter", "赵丽", "family", "+8613900000001")
NEIGHBOUR = Somebody("contact-neighbour", "王姐", "community", "+8613900000002")
DOCTOR = Somebody("contact-doctor", "孙大夫", "doctor", "+8613900000003")
GUARD = Somebody("contact-guard", "老刘", "security", "+8613900000004")
OFFICER = Somebody("user-limin", "李敏", "officer", "+8613900000005")
COLLEAGUE = Somebody("user-zhou", "周洋", "officer", "+8613900000006")
PEOPLE = {
    "elder": ELDER, "daughter": DAUGHTER, "neighbour": NEIGHBOUR, "doctor": DOCTOR, "guard": GUARD,
    "officer": OFFICER, "colleague": COLLEAGUE,
}  # fmt: skip


def open_quickly(url: str) -> Database:
    """A database that does not wait for the disk: a killed process loses nothing by it, only a power cut would."""
    db = Database(url, VAULT)
    if db.is_sqlite:
        event.listen(db.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return db


def settle_in(
    db: Database,
    *,
    contacts: Sequence[Somebody] = (DAUGHTER, NEIGHBOUR, DOCTOR, GUARD),
    officers: Sequence[Somebody] = (OFFICER,),
    policy: PolicySettings | None = None,
) -> None:
    """Fill an empty registry: elder Zhao with the device dev-7, the people around her, and a device in stock."""
    made = {"created_at": START, "updated_at": START}
    device = {"state": "in_service", "secret_hash": "", "version": 1} | made
    with db.write() as session:
        home = {"address": "渭阳西路3号院2单元501", "lat": 34.3296, "lon": 108.7093}
        elder = {"id": ELDER.id, "name": ELDER.name, "phone": ELDER.phone, "language": "zh-CN", "version": 1}
        elder |= {"health": {"conditions": ["心脏病"]}}
        session.execute(insert(table_of(Elder)).values(elder | home | made))
        session.execute(
            insert(table_of(Device)),
            [
                {"id": new_id(), "uid": "dev-7", "elder_id": ELDER.id} | device,
                {"id": new_id(), "uid": "dev-stock", "elder_id": None} | device,
            ],
        )
        for rank, person in enumerate(contacts, start=1):
            row = {"elder_id": ELDER.id, "rank": rank, "language": "zh-CN", "is_key_holder": False, "version": 1}
            session.execute(insert(table_of(Contact)).values(asdict(person) | row | made))
        for officer in officers:
            add_officer(session, officer)
        if policy is not None:
            row = {"id": new_id(), "name": "default", "settings": asdict(policy), "version": 1, "updated_at": START}
            session.execute(insert(table_of(Policy)).values(row))


def add_officer(session: Any, officer: Somebody) -> None:
    row: dict[str, Any] = {
        "id": officer.id,
        "username": officer.id,
        "display_name": officer.name,
        "phone": officer.phone,
    }
    row |= {"role": "officer", "password_hash": "", "language": "zh-CN", "is_active": True, "created_at": START}
    session.execute(insert(table_of(User)).values(row))


class World:
    """`press`, `phone(who)` and `click` are what people do; `advance` is time passing, every step at its moment."""

    def __init__(
        self,
        db: Database,
        *,
        now: datetime = START,
        channels: Callable[[SandboxNetwork], Sequence[Channel]] = lambda network: [network],
        senders: int = 0,
    ) -> None:
        self.db, self.clock, self.wake = db, ManualClock(now), Wake(db)
        self.alarms = AlarmService(db, self.clock, self.wake)
        self.network = SandboxNetwork(db, self.clock, self.alarms.report, self.wake, prompt_of=self.alarms.prompt)
        self.engine = Engine(db, self.clock, self.wake, self.alarms, channels(self.network), senders=senders)
        self.alarms.dispatcher = self.engine
        self._presses = 0

    # What devices and people do

    def press(self, uid: str = "dev-7", msg_id: str | None = None, **more: Any) -> PressReceipt:
        """A key is pressed; `more` are members of `Press`."""
        self._presses += 1
        press = Press(uid, msg_id or f"press-{self._presses}", self.clock.now(), **more)
        receipt = self.alarms.presses([press])[0]
        self.settle()
        return receipt

    def cancel(self, uid: str = "dev-7", *, alarm_msg_id: str | None = None) -> Handled:
        self._presses += 1
        handled = self.alarms.handle(Cancel(uid, f"cancel-{self._presses}", self.clock.now(), alarm_msg_id))
        self.settle()
        return handled

    def phone(self, who: str) -> "PhoneOf":
        return PhoneOf(self, PEOPLE[who])

    def click(self, action: str, by: str = "officer", **more: Any) -> Handled:
        """An officer acts at the desk; `to` names the contact it is about."""
        officer = PEOPLE[by]
        to = more.pop("to", None)
        contact_id = PEOPLE[to].id if to else None
        event = OfficerAction(
            self.alarm.id, action, officer.id, officer.name, self.clock.now(), contact_id=contact_id, **more
        )
        handled = self.alarms.handle(event)
        self.settle()
        return handled

    def page(self, who: str, *, is_going: bool, eta_min: int | None = None) -> Handled:
        """The relative's page, opened from the link in the newest message to this person."""
        message = [a for a in self.attempts if a["medium"] == "sms" and a["contact_id"] == PEOPLE[who].id][-1]
        handled = self.alarms.handle(RelativeAnswer(message["id"], is_going, self.clock.now(), eta_min))
        self.settle()
        return handled

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass; whatever falls due meanwhile happens at its own instant, in order."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while (due := self.settle()) is not None and due <= until:
            self._move_to(due)
        self._move_to(until)
        self.settle()

    def advance_until(self, reached: Callable[[], bool], *, within_s: float, what: str = "it") -> None:
        """Let time pass until something is so."""
        until = self.clock.now() + timedelta(seconds=within_s)
        while not reached():
            due = self.settle()
            assert due is not None, f"nothing more will happen, and {what} has not"
            assert due <= until, f"{within_s} s have passed without {what}"
            self._move_to(due)
            self.settle()

    def settle(self) -> datetime | None:
        """Do all that is due now, by the engine and by the telephones; when something will be due again."""
        for _ in range(ROUNDS_AT_ONE_INSTANT):
            soonest = min(filter(None, (self.engine.step(), self.network.step())), default=None)
            if soonest is None or soonest > self.clock.now():
                return soonest
        raise AssertionError("something is due again and again at one instant")

    def _move_to(self, instant: datetime) -> None:
        self.clock.advance((instant - self.clock.now()).total_seconds())

    # What can be seen

    @property
    def alarm(self) -> "Seen":
        """The newest alarm as the console shows it."""
        return Seen(self.all_alarms()[-1])

    def all_alarms(self) -> list[dict[str, Any]]:
        with self.db.read() as session:
            ids = list(session.scalars(select(ALARMS.c.id).order_by(ALARMS.c.number)))
            found = [alarm_detail(session, each, self.clock.now(), sees_health=True) for each in ids]
        return [each for each in found if each is not None]

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return list(self.alarm.attempts)

    @property
    def story(self) -> list[str]:
        """What the newest alarm's timeline tells, in order."""
        return [line["what"] for line in self.alarm.timeline]

    def told(self, uid: str = "dev-7") -> list[str]:
        """The stages that the device was sent, in order."""
        with self.db.read() as session:
            rows = session.execute(select(DOWN).where(DOWN.c.uid == uid).order_by(DOWN.c.id)).all()
        return [row.payload["stage"] for row in rows if row.topic == "progress"]

    def calls(self, who: str | None = None) -> list[Call]:
        """Every call the telephone network has carried (to one person), oldest first."""
        number = PEOPLE[who].phone if who else None
        log, _ = self.network.log(limit=500, number=number)
        return [call for call in reversed(log) if call.kind == "call"]

    def change_policy(self, **members: Any) -> None:
        """The policy of alarms that open from now on."""
        settings = asdict(replace(PolicySettings(), **members))
        with self.db.write() as session:
            policies = table_of(Policy)
            row = {"id": new_id(), "name": "default", "settings": settings, "version": 1, "updated_at": START}
            if not session.execute(update(policies).values(settings=settings)).rowcount:  # type: ignore[attr-defined]
                session.execute(insert(policies).values(row))


class Seen:
    """An alarm's members as attributes: `world.alarm.state`."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    def __getattr__(self, name: str) -> Any:
        return self._members[name]

    @property
    def is_looked_after(self) -> bool:
        """Closed, or somebody is called or will be, or a named officer holds it."""
        has_call = any(a["medium"] == "voice" and a["state"] in LIVE for a in self.attempts)
        return self.state == "closed" or has_call or self.next_action_at is not None or self.claimed_by is not None


class PhoneOf:
    """One person's phone in the sandbox."""

    def __init__(self, world: World, person: Somebody) -> None:
        self._world, self._network, self._number = world, world.network, person.phone

    @property
    def is_ringing(self) -> bool:
        return self._doing == "ringing"

    @property
    def is_quiet(self) -> bool:
        return self._doing == "quiet"

    @property
    def _doing(self) -> str:
        phone = self._network.phone(self._number)
        return phone.doing if phone else "quiet"

    def behaves(self, then: str, *, answer_after_s: float | None = 2, sms_reply: str | None = None) -> None:
        """From the next call on; see `notifier.sandbox_call`."""
        self._network.set_phone(self._number, Behaviour(then, answer_after_s, sms_reply))

    def answer(self) -> str:
        """Pick up; what is heard."""
        said = self._network.answer(self._number).said
        self._world.settle()
        return said

    def press(self, digits: str) -> str:
        """Press a key in the call; all that was heard."""
        said = self._network.press(self._number, digits).said
        self._world.settle()
        return said

    def says(self, digits: str) -> str:
        """Pick up and press a key."""
        self.answer()
        return self.press(digits)

    def hang_up(self) -> None:
        self._network.hang_up_phone(self._number)
        self._world.settle()

    def writes(self, text: str) -> None:
        self._network.text_from(self._number, text)
        self._world.settle()

    @property
    def messages(self) -> list[str]:
        log, _ = self._network.log(limit=500, number=self._number)
        return [message.said for message in reversed(log) if message.kind == "sms" and not message.is_inbound]
