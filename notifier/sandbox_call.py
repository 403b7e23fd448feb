"""How a sandbox phone behaves: a call or a message, the time, and what becomes of it. Pure.

Ringing ends with an answer, a refusal or the end of the ring time; an answered call ends with a key that was asked
for, with silence, or with a machine's greeting, which never presses a key. A message is delivered, perhaps replied to.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.errors import Conflict
from notifier.channel import CallOrder, Report, TextOrder
from notifier.script import Prompt, after_key, after_words, spoken, text_message

CHANNEL = "sandbox"
THEN = re.compile(r"key:[0-9*#]|silence|voicemail|busy|reject|unreachable|no_number|manual")
LISTENS_S = 0.5  # A simulated person hears the first words, then presses.
GREETING_S = 0.5  # A machine is known by its greeting.
SILENCE_S = 5.0  # Asked twice and no key; shorter than on a real telephone, where the words take their time.
BY_HAND_S = 45.0  # A person at the sandbox page reads before pressing.
DELIVERY_S = 0.2
REPLY_S = 1.0  # To a phone that says nothing of when it answers.
NO_NUMBER = "404 there is no such number"  # As a telephone network says it (SIP).
OUTCOMES = {
    "accept": "accepted", "take": "accepted", "arrived": "accepted", "helped": "accepted", "dissatisfied": "accepted",
    "right": "accepted", "wrong_person": "declined",
    "decline": "declined", "not_arrived": "declined", "not_helped": "declined",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a phone does: `then` is one of THEN, `answer_after_s` None never answers, `sms_reply` answers messages."""

    then: str = "manual"
    answer_after_s: float | None = None
    sms_reply: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call (`kind` call: ringing, answered, ended) or a message (`kind` sms: sent, delivered, undelivered, replied,
    received). `said` is all that the phone was told so far; `due_at` when it does something by itself."""

    id: str
    number: str
    kind: str
    state: str
    started_at: datetime
    behaviour: Behaviour = Behaviour()
    attempt_id: str | None = None
    prompt: Prompt | None = None
    is_inbound: bool = False
    ring_s: int = 0
    outcome: str | None = None
    said: str = ""
    keys: str = ""
    times_asked: int = 0
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.kind == "call" and self.state in ("ringing", "answered")

    @property
    def key_meanings(self) -> dict[str, str]:
        """What each key means now; nothing before the call is answered and after it is over."""
        return dict(spoken(self.prompt).keys) if self.state == "answered" and self.prompt else {}


Change = tuple[Call, tuple[Report, ...]]
"""A call as it then is, and what is to be told of it, in order."""


def placed(order: CallOrder, behaviour: Behaviour, call_id: str, now: datetime, *, is_engaged: bool) -> Change:
    """A call just dialled. Nothing is reported of ringing: who dialled knows."""
    call = Call(
        id=call_id, number=order.phone, kind="call", state="ringing", started_at=now, behaviour=behaviour,
        attempt_id=order.attempt_id, prompt=order.prompt, ring_s=order.ring_s,
    )  # fmt: skip
    if is_engaged or behaviour.then == "busy":
        return _ended(call, "busy", now)
    if behaviour.then == "unreachable":
        return _ended(call, "failed", now, detail="the number cannot be reached")
    if behaviour.then == "no_number":
        return _ended(call, "failed", now, detail=NO_NUMBER)
    if behaviour.then == "reject" and behaviour.answer_after_s is None:
        return _ended(call, "rejected", now)
    rings_s = call.ring_s if not _picks_up(call) else min(call.ring_s, behaviour.answer_after_s or 0)
    return replace(call, due_at=now + timedelta(seconds=rings_s)), ()


def sent(order: TextOrder, behaviour: Behaviour, call_id: str, now: datetime) -> Change:
    """A message just sent."""
    call = Call(
        id=call_id, number=order.phone, kind="sms", state="sent", outcome="sent", started_at=now, behaviour=behaviour,
        attempt_id=order.attempt_id, prompt=order.prompt, said=text_message(order.prompt),
        due_at=now + timedelta(seconds=DELIVERY_S),
    )  # fmt: skip
    return call, ()


def will_answer(call: Call, now: datetime) -> bool:
    """Whether the next step is that somebody, or a machine, picks up: the words are then wanted afresh."""
    return call.state == "ringing" and _is_due(call, now) and _picks_up(call) and call.behaviour.then != "reject"


def advance(call: Call, now: datetime, prompt: Prompt | None) -> Change:
    """The one step that is due by `now`, if any. `prompt` is what is to be said if the call is answered in it; None
    means that there is no such attempt any more."""
    if not _is_due(call, now):
        return call, ()
    if call.kind == "sms":
        return _message_step(call, now)
    if call.state == "answered":
        if call.behaviour.then == "voicemail":
            return _ended(call, "voicemail", now)
        key = call.behaviour.then.removeprefix("key:")
        if key != call.behaviour.then and not call.keys:
            return pressed(call, key, now)
        return _ended(_told(call, "no_key"), "no_key", now)
    if not _picks_up(call):
        return _ended(call, "no_answer", now)
    if call.behaviour.then == "reject":
        return _ended(call, "rejected", now)
    return _picked_up(call, now, prompt)


def answered(call: Call, now: datetime, prompt: Prompt | None) -> Change:
    """A person picks up by hand. Raises Conflict when the phone does not ring."""
    if call.state != "ringing":
        raise Conflict("this phone is not ringing")
    by_hand = replace(call, behaviour=replace(call.behaviour, then="manual"))
    return _picked_up(by_hand, now, prompt)


def pressed(call: Call, digits: str, now: datetime) -> Change:
    """Keys pressed, the first of which counts. Raises Conflict when nobody is on the phone."""
    prompt = call.prompt
    if call.state != "answered" or prompt is None:
        raise Conflict("nobody is on the line of this phone")
    call = replace(call, keys=(call.keys + digits)[:200])
    meaning = after_key(prompt, digits)
    if meaning is None or meaning == "repeat":
        told = call if meaning else _told(call, "unclear")
        said = _joined(told.said, spoken(prompt).text)
        return replace(told, said=said, times_asked=call.times_asked + 1, due_at=_listens_until(call, now)), ()
    told = _told(call, meaning)
    ended = replace(told, state="ended", outcome=OUTCOMES[meaning], ended_at=now, due_at=None)
    return ended, (_report(ended, "answered", now, digits=digits[:1]),)


def hung_up(call: Call, now: datetime) -> Change:
    """The person hangs up, or refuses to pick up. Raises Conflict when the phone is quiet."""
    if not call.is_live:
        raise Conflict("this phone is neither ringing nor in a call")
    return _ended(call, "rejected" if call.state == "ringing" else "no_key", now)


def cancelled(call: Call, now: datetime) -> Change:
    """The centre hangs up; a call that is over stays as it is. The centre knows, so nothing is reported."""
    if not call.is_live:
        return call, ()
    return _ended(call, "cancelled", now)[0], ()


def replied(call: Call, text: str, now: datetime) -> Change:
    """The person answers a message, once more if they like."""
    keys = _joined(call.keys, text)[-200:]
    call = replace(
        call,
        state="replied",
        outcome="replied",
        keys=keys,
        answered_at=call.answered_at or now,
        ended_at=now,
        due_at=None,
    )
    return call, (_report(call, "replied", now, digits=text[:200]),)


def report_of(call: Call, now: datetime) -> Report:
    """What is known of a call or message, for somebody who asks later."""
    if call.outcome in ("accepted", "declined"):
        return _report(call, "answered", now, digits=call.keys[-1:])
    status = call.outcome or call.state
    return _report(call, status, now, digits=call.keys if status == "replied" else None)


def _is_due(call: Call, now: datetime) -> bool:
    return call.due_at is not None and call.due_at <= now


def _picks_up(call: Call) -> bool:
    after_s = call.behaviour.answer_after_s
    return call.behaviour.then != "manual" and after_s is not None and after_s < call.ring_s


def _picked_up(call: Call, now: datetime, prompt: Prompt | None) -> Change:
    if prompt is None or prompt.is_over:
        over = _told(call, "over") if call.prompt else call
        return _ended(replace(over, answered_at=now), "cancelled", now)
    call = replace(
        call, state="answered", answered_at=now, prompt=prompt, said=spoken(prompt).text, times_asked=1,
        due_at=_listens_until(call, now),
    )  # fmt: skip
    return call, () if call.behaviour.then == "voicemail" else (_report(call, "answered", now),)


def _listens_until(call: Call, now: datetime) -> datetime:
    then = call.behaviour.then
    if then == "voicemail":
        return now + timedelta(seconds=GREETING_S)
    if then.startswith("key:") and not call.keys:
        return now + timedelta(seconds=LISTENS_S)
    return now + timedelta(seconds=BY_HAND_S if then == "manual" else SILENCE_S)


def _message_step(call: Call, now: datetime) -> Change:
    if call.state == "delivered" and call.behaviour.sms_reply:
        return replied(call, call.behaviour.sms_reply, now)
    if call.behaviour.then in ("unreachable", "no_number"):
        return _ended(call, "undelivered", now)
    call, reports = _ended(call, "delivered", now)
    if call.behaviour.sms_reply:
        after_s = REPLY_S if call.behaviour.answer_after_s is None else call.behaviour.answer_after_s
        call = replace(call, due_at=now + timedelta(seconds=after_s))
    return call, reports


def _ended(call: Call, outcome: str, now: datetime, *, detail: str | None = None) -> Change:
    state = "ended" if call.kind == "call" else outcome
    call = replace(call, state=state, outcome=outcome, ended_at=now, due_at=None)
    return call, (_report(call, outcome, now, detail=detail),)


def _told(call: Call, meaning: str) -> Call:
    words = after_words(call.prompt, meaning).text if call.prompt else ""
    return replace(call, said=_joined(call.said, words))


def _joined(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _report(
    call: Call, status: str, now: datetime, *, digits: str | None = None, detail: str | None = None
) -> Report:  # fmt: skip
    return Report(call.attempt_id or "", CHANNEL, call.id, status, now, digits, detail)
