"""A one-key phone as a pure state machine: the phone, what happens to it and the time in; the phone as it then is, and
what it does, out. Nothing here opens a socket or asks for the time.

The firmware's one duty: a press is kept and sent again, with the same msg_id, until its receipt has come.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from firmware_sim.events import (
    Acked,
    BeatDue,
    CancelPressed,
    ClockSet,
    Deafened,
    Effect,
    Event,
    Heard,
    Linked,
    Lit,
    Moved,
    NotTaken,
    PowerSet,
    Pressed,
    PressedRaw,
    Progressed,
    Publish,
    Receipted,
    ReceiptLost,
    Refused,
    Said,
    SentTwice,
    Ticked,
    Unlinked,
)
from gateway import wire
from gateway.wire import FixMsg, Vitals

RESEND_S = (2.0, 4.0, 8.0, 16.0, 30.0)  # Gaps between tries; the last one stays. Source: the device profile.
NOT_HEARD_S = 30.0  # After this the lamp says so, and a real phone falls back to its own dialler.
LOW_PCT = 15.0
MAX_OUTBOX = 200  # What a small phone's flash has room for; the oldest goes first.
REMEMBERED = 200  # msg_ids whose further receipts are recognised.
ALL = -1  # `deaf_for`: no receipt is ever heard.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """A press or a cancel (`kind` of topic alarm or cancel) on its way; `next_at` None: not sent yet on this link."""

    msg_id: str
    topic: str
    payload: bytes
    pressed_at: datetime
    is_shown: bool = True
    tries: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """The phone's whole memory. `boot` and `serial` make msg_ids that no other press of this phone has ever had.

    `clock_error_s` is how far its clock is wrong. `stage` is the last progress heard since the last press.
    """

    uid: str
    boot: str
    serial: int = 0
    language: str = "zh-CN"
    firmware: str = "sim-1.0"
    fix: FixMsg | None = None
    rssi_dbm: int = -84
    battery_pct: float = 100.0
    battery_at: datetime | None = None
    drain_pct_per_h: float = 0.0
    mains: bool = True
    has_told_low: bool = False
    clock_error_s: float = 0.0
    heartbeat_every_s: float | None = None
    next_beat_at: datetime | None = None
    deaf_for: int = 0
    is_linked: bool = False
    centre_online: bool | None = None
    outbox: tuple[Message, ...] = ()
    last_press: Message | None = None
    receipted: tuple[tuple[str, str], ...] = ()
    stage: str | None = None
    lamp: str = "off"

    @property
    def is_dead(self) -> bool:
        return not self.mains and self.battery_pct <= 0

    @property
    def waiting(self) -> tuple[Message, ...]:
        """Presses without a receipt, oldest first."""
        return tuple(m for m in self.outbox if m.topic == "alarm")

    def due_at(self) -> datetime | None:
        """When `Ticked` does something next; None when only an event from outside does."""
        if self.is_dead:
            return None
        times = [m.next_at for m in self.outbox if self.is_linked and m.next_at is not None]
        times += [m.pressed_at + timedelta(seconds=NOT_HEARD_S) for m in self.waiting if self.lamp == "waiting"]
        if self.is_linked and self.next_beat_at is not None:
            times.append(self.next_beat_at)
        return min(times, default=None)


Step = tuple[Phone, tuple[Effect, ...]]


def step(phone: Phone, event: Event, now: datetime) -> Step:
    """What becomes of the phone, and what it does, in order. `now` is the true time, aware UTC."""
    phone = _drained(phone, now)
    if phone.is_dead and not isinstance(event, PowerSet | Unlinked):
        return phone, ()
    phone, effects = _happened(phone, event, now)
    phone, more = _low_battery(phone, now)
    lamp = _lamp(phone, now)
    lit: tuple[Effect, ...] = () if lamp == phone.lamp else (Lit(lamp),)
    return replace(phone, lamp=lamp), (*effects, *more, *lit)


def _happened(phone: Phone, event: Event, now: datetime) -> Step:
    match event:
        case Pressed():
            return _pressed(phone, event, now)
        case CancelPressed():
            return _cancelled(phone, now)
        case Heard():
            return _heard(phone, event, now)
        case Linked():
            return _linked(phone, now)
        case Unlinked():
            outbox = tuple(replace(m, tries=0, next_at=None) for m in phone.outbox)
            return replace(phone, is_linked=False, next_beat_at=None, centre_online=None, outbox=outbox), ()
        case Ticked():
            return _ticked(phone, now)
        case Acked():
            done = [m for m in phone.outbox if m.topic == "cancel" and m.msg_id == event.msg_id]
            return replace(phone, outbox=tuple(m for m in phone.outbox if m not in done)), ()
        case Refused():
            return phone, (NotTaken(event.msg_id, event.reason),)
        case _:
            return _played(phone, event, now)


def _played(phone: Phone, event: Event, now: datetime) -> Step:
    """What a scenario does to a phone rather than a person."""
    match event:
        case PressedRaw() if phone.is_linked:
            return phone, (Publish(wire.up_topic(phone.uid, "alarm"), event.payload),)
        case SentTwice() if phone.is_linked and phone.last_press is not None:
            return phone, tuple(_publish(phone, phone.last_press) for _ in range(event.copies))
        case BeatDue() if phone.is_linked:
            return _beat(phone, now)
        case Moved():
            phone = replace(phone, fix=event.fix)
            told = event.is_told and phone.is_linked
            return phone, (Publish(wire.up_topic(phone.uid, "location"), wire.write_location(event.fix)),) * told
        case ClockSet():
            return replace(phone, clock_error_s=event.error_s), ()
        case PowerSet():
            return _powered(phone, event), ()
        case Deafened():
            return replace(phone, deaf_for=ALL if event.receipts is None else event.receipts), ()
        case _:
            return phone, ()


# -- pressing and sending


def _pressed(phone: Phone, event: Pressed, now: datetime) -> Step:
    msg_id, phone = _next_id(phone)
    payload = wire.write_alarm(
        msg_id, kind=event.kind, at=phone_time(phone, now), location=phone.fix, vitals=_vitals(phone),
        test=event.is_test, **({"trigger": event.trigger} if event.trigger else {}),
    )  # fmt: skip
    message = Message(msg_id, "alarm", payload, now, is_shown=event.kind != "duress")
    return _put(replace(phone, last_press=message, stage=None), message, now)


def _cancelled(phone: Phone, now: datetime) -> Step:
    msg_id, phone = _next_id(phone)
    last = phone.last_press
    payload = wire.write_cancel(msg_id, alarm_msg_id=last.msg_id if last else None, at=phone_time(phone, now))
    return _put(phone, Message(msg_id, "cancel", payload, now), now)


def _next_id(phone: Phone) -> tuple[str, Phone]:
    serial = phone.serial + 1
    return f"{phone.boot}-{serial}", replace(phone, serial=serial)


def _put(phone: Phone, message: Message, now: datetime) -> Step:
    phone = replace(phone, outbox=(*phone.outbox, message)[-MAX_OUTBOX:])
    return _sent(phone, (message,), now) if phone.is_linked else (phone, ())


def _sent(phone: Phone, messages: tuple[Message, ...], now: datetime) -> Step:
    """Send these of the outbox, and say when each is sent again."""
    sent = {m.msg_id: _tried(m, now) for m in messages}
    phone = replace(phone, outbox=tuple(sent.get(m.msg_id, m) for m in phone.outbox))
    return phone, tuple(_publish(phone, m) for m in sent.values())


def _tried(message: Message, now: datetime) -> Message:
    gap_s = RESEND_S[min(message.tries, len(RESEND_S) - 1)]
    return replace(message, tries=message.tries + 1, next_at=now + timedelta(seconds=gap_s))


def _publish(phone: Phone, message: Message) -> Publish:
    topic = wire.up_topic(phone.uid, message.topic)
    return Publish(topic, message.payload, msg_id=message.msg_id, try_no=max(1, message.tries))


def _linked(phone: Phone, now: datetime) -> Step:
    """What waited goes out at once, oldest first."""
    phone = replace(phone, is_linked=True)
    online = Publish(wire.up_topic(phone.uid, "state"), wire.write_state(online=True), retain=True)
    phone, sent = _sent(phone, phone.outbox, now)
    phone, beat = _beat(phone, now) if phone.heartbeat_every_s is not None else (phone, ())
    return phone, (*sent, online, *beat)


def _ticked(phone: Phone, now: datetime) -> Step:
    if not phone.is_linked:
        return phone, ()
    due = tuple(m for m in phone.outbox if m.next_at is not None and m.next_at <= now)
    phone, sent = _sent(phone, due, now)
    if phone.next_beat_at is None or phone.next_beat_at > now:
        return phone, sent
    phone, beat = _beat(phone, now)
    return phone, (*sent, *beat)


def _beat(phone: Phone, now: datetime) -> Step:
    every_s = phone.heartbeat_every_s
    phone = replace(phone, next_beat_at=None if every_s is None else now + timedelta(seconds=every_s))
    payload = wire.write_heartbeat(_vitals(phone), at=phone_time(phone, now))
    return phone, (Publish(wire.up_topic(phone.uid, "heartbeat"), payload, qos=0),)


# -- hearing


def _heard(phone: Phone, event: Heard, now: datetime) -> Step:
    if event.topic == wire.CENTRE_STATE:
        return replace(phone, centre_online=wire.read_centre_state(event.payload)), ()
    if event.topic == wire.down_topic(phone.uid, "receipt"):
        return _receipt(phone, event.payload, now)
    if event.topic == wire.down_topic(phone.uid, "progress"):
        return _progress(phone, event.payload)
    if event.topic == wire.down_topic(phone.uid, "command"):
        return _command(phone, event.payload, now)
    return phone, ()


def _receipt(phone: Phone, payload: bytes, now: datetime) -> Step:
    receipt = wire.read_receipt(payload)
    if receipt is None:
        return phone, ()
    if phone.deaf_for:
        return replace(phone, deaf_for=max(ALL, phone.deaf_for - (phone.deaf_for > 0))), (ReceiptLost(receipt.msg_id),)
    if receipt.msg_id is None:
        return phone, (Receipted("", receipt.alarm_id, receipt.received_at, 0.0, is_first=True),)
    mine = next((m for m in phone.waiting if m.msg_id == receipt.msg_id), None)
    if mine is None:
        return phone, (Receipted(receipt.msg_id, receipt.alarm_id, receipt.received_at, 0.0, is_first=False),)
    waited_s = (now - mine.pressed_at).total_seconds()
    remembered = (*phone.receipted, (mine.msg_id, receipt.alarm_id))[-REMEMBERED:]
    phone = replace(phone, outbox=tuple(m for m in phone.outbox if m is not mine), receipted=remembered)
    return phone, (Receipted(mine.msg_id, receipt.alarm_id, receipt.received_at, waited_s, is_first=True),)


def _progress(phone: Phone, payload: bytes) -> Step:
    told = wire.read_progress(payload)
    if told is None:
        return phone, ()
    news = Progressed(told.alarm_id, told.stage, told.text, told.lang)
    if phone.last_press is not None and not phone.last_press.is_shown:
        return phone, (news,)
    return replace(phone, stage=told.stage), (news, Said(told.text, told.lang))


def _command(phone: Phone, payload: bytes, now: datetime) -> Step:
    told = wire.read_command(payload)
    match told.command if told else None:
        case "locate" if phone.fix is not None and phone.is_linked:
            return phone, (Publish(wire.up_topic(phone.uid, "location"), wire.write_location(phone.fix)),)
        case "test":
            return _pressed(phone, Pressed(is_test=True), now)
        case "call":
            return phone, (Said("…", phone.language),)
        case "config":
            every_s = told.content.get("heartbeat_every_s") if told else None
            if isinstance(every_s, int | float) and 1 <= every_s <= 86_400:
                return _beat(replace(phone, heartbeat_every_s=float(every_s)), now) if phone.is_linked else (phone, ())
    return phone, ()


def _lamp(phone: Phone, now: datetime) -> str:
    """What the lamp shows; nothing of a silent press, ever."""
    shown = [m for m in phone.waiting if m.is_shown]
    if shown:
        is_late = (now - shown[0].pressed_at).total_seconds() >= NOT_HEARD_S
        return "not_heard" if is_late or phone.centre_online is False or not phone.is_linked else "waiting"
    if phone.last_press is None or not phone.last_press.is_shown or phone.stage == "closed":
        return "off"
    return phone.stage or "heard"


# -- clock and battery


def phone_time(phone: Phone, now: datetime) -> datetime:
    """What the phone believes the time is."""
    low, high = (EARLIEST - now).total_seconds(), (LATEST - now).total_seconds()
    return now + timedelta(seconds=min(max(phone.clock_error_s, low), high))


def _vitals(phone: Phone) -> Vitals:
    return Vitals(round(phone.battery_pct), phone.rssi_dbm, phone.mains, phone.firmware)


def _drained(phone: Phone, now: datetime) -> Phone:
    if phone.mains or not phone.drain_pct_per_h or phone.battery_at is None:
        return replace(phone, battery_at=now)
    hours = max(0.0, (now - phone.battery_at).total_seconds() / 3600)
    return replace(phone, battery_at=now, battery_pct=max(0.0, phone.battery_pct - hours * phone.drain_pct_per_h))


def _powered(phone: Phone, event: PowerSet) -> Phone:
    battery = phone.battery_pct if event.battery_pct is None else min(100.0, max(0.0, event.battery_pct))
    mains = phone.mains if event.mains is None else event.mains
    drain = phone.drain_pct_per_h if event.drain_pct_per_h is None else event.drain_pct_per_h
    has_told = phone.has_told_low and battery < LOW_PCT
    return replace(phone, battery_pct=battery, mains=mains, drain_pct_per_h=drain, has_told_low=has_told)


def _low_battery(phone: Phone, now: datetime) -> Step:
    """Below LOW_PCT without mains the phone presses by itself, once."""
    if phone.has_told_low or phone.mains or phone.battery_pct >= LOW_PCT or phone.is_dead:
        return phone, ()
    last, stage = phone.last_press, phone.stage
    phone, effects = _pressed(replace(phone, has_told_low=True), Pressed("low_battery"), now)
    if last is None:
        return phone, effects
    return replace(phone, last_press=last, stage=stage), effects
