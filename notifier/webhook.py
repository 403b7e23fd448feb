"""What Twilio tells us, as reports, and what it is answered. Pure: form values in, values out.

Callbacks come late, twice and out of order; every report stands for itself and none is remembered here.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from notifier import twiml
from notifier.channel import Report
from notifier.script import Prompt, after_key

CHANNEL = "twilio"
ASKED_AT_MOST = 2  # The prompt, and once more; afterwards nobody confirmed.
LATEST_NEWS = timedelta(hours=1)  # An older time than this is a mistake, not a late callback.
RETRIES = 5  # For a key that could not be stored at once.
# Twilio repeats a callback three times on any failure ("connection overrides"); a fragment is not signed.
RETRY_FRAGMENT = "#rc=3&rp=all"

CALL_STATUSES = {
    "queued": "ringing", "initiated": "ringing", "ringing": "ringing", "in-progress": "answered",
    "answered": "answered", "completed": "completed", "busy": "busy", "no-answer": "no_answer", "failed": "failed",
    "canceled": "cancelled",
}  # fmt: skip
"""Twilio's word for a call → ours. Queued and initiated already bind its reference to the attempt."""

MESSAGE_STATUSES = {
    "accepted": "sent", "scheduled": "sent", "queued": "sent", "sending": "sent", "sent": "sent",
    "delivered": "delivered", "read": "delivered", "partially_delivered": "undelivered",
    "undelivered": "undelivered", "failed": "failed", "canceled": "cancelled",
}  # fmt: skip

FAILURES = {
    "30003": "the phone cannot be reached", "30004": "the message is blocked", "30005": "the number does not exist",
    "30006": "a landline takes no messages", "30007": "the carrier filtered the message", "30008": "unknown to Twilio",
    "13224": "the number is invalid", "13225": "the number is forbidden", "13227": "no right to call this country",
    "21610": "the person has opted out",
}  # fmt: skip


def voice_url(public_url: str, attempt_id: str, **more: object) -> str:
    """Where Twilio asks what to say."""
    return f"{public_url}/hooks/twilio/voice?{urlencode({'attempt': attempt_id} | more)}"


def status_url(public_url: str, attempt_id: str) -> str:
    """Where Twilio tells what became of a call or a message."""
    return f"{public_url}/hooks/twilio/status?{urlencode({'attempt': attempt_id})}"


def recording_url(public_url: str, attempt_id: str) -> str:
    """Where Twilio tells that a call's recording is ready."""
    return f"{public_url}/hooks/twilio/recording?{urlencode({'attempt': attempt_id})}"


def status_report(form: Mapping[str, str], attempt_id: str, now: datetime) -> Report | None:
    """What a status callback says of a call or a message; None when it is no news."""
    if form.get("MessageSid") or form.get("MessageStatus"):
        return message_report(form, attempt_id, now)
    return call_report(form, attempt_id, now)


def call_report(form: Mapping[str, str], attempt_id: str, now: datetime) -> Report | None:
    """A call's progress, or the word of the machine detection."""
    status = CALL_STATUSES.get(form.get("CallStatus", "").strip().lower())
    if is_machine(form):
        status = "voicemail"
    if status is None:
        return None
    detail = _detail(form, "SipResponseCode") if status in ("failed", "busy", "no_answer") else None
    return Report(attempt_id, CHANNEL, form.get("CallSid") or None, status, _at(form, now), None, detail)


def message_report(form: Mapping[str, str], attempt_id: str, now: datetime) -> Report | None:
    """What became of a message."""
    status = MESSAGE_STATUSES.get((form.get("MessageStatus") or form.get("SmsStatus") or "").strip().lower())
    if status is None:
        return None
    sid = form.get("MessageSid") or form.get("SmsSid") or None
    detail = _detail(form) if status in ("undelivered", "failed") else None
    return Report(attempt_id, CHANNEL, sid, status, _at(form, now), None, detail)


def reply_report(form: Mapping[str, str], attempt_id: str, now: datetime) -> Report:
    """A person's answer by message; full-width and padded digits are read as what they mean."""
    text = " ".join(unicodedata.normalize("NFKC", form.get("Body", "")).split())
    return Report(attempt_id, CHANNEL, None, "replied", now, text[:200])


def is_machine(form: Mapping[str, str]) -> bool:
    return form.get("AnsweredBy", "").startswith(("machine", "fax"))


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of the talk on a call: what is reported, if anything, and what is said next (TwiML).

    `later` is said instead when the report could not be stored: Twilio then comes back with the same key.
    """

    report: Report | None
    answer: str
    later: str


def voice_turn(form: Mapping[str, str], attempt_id: str, prompt: Prompt | None, public_url: str, now: datetime) -> Turn:
    """Somebody, or a machine, is on the line. `form` holds the query's `turn` and `retry` besides Twilio's values.

    Only a key that the prompt asked for is reported as one; a machine's greeting presses none.
    """
    turn, retry = _count(form.get("turn"), 1), _count(form.get("retry"), 0)
    digits = form.get("Digits")
    again = {"turn": turn, "retry": retry + 1} | ({"Digits": digits} if digits is not None else {})
    gone = twiml.tell(prompt, "over")
    later = twiml.ask_us_again(voice_url(public_url, attempt_id, **again)) if retry < RETRIES else gone

    def report(status: str, key: str | None = None) -> Report:
        return Report(attempt_id, CHANNEL, form.get("CallSid") or None, status, _at(form, now), key)

    if is_machine(form):
        return Turn(report("voicemail"), twiml.tell(None, ""), later)
    if prompt is None or prompt.is_over:
        return Turn(None if prompt is None else report("answered"), gone, later)
    if digits is None:
        return Turn(report("answered"), twiml.ask(prompt, voice_url(public_url, attempt_id, turn=1)), later)
    meaning = after_key(prompt, digits)
    if meaning == "repeat":
        return Turn(None, twiml.ask(prompt, voice_url(public_url, attempt_id, turn=turn)), later)
    if meaning is not None:
        return Turn(report("answered", digits.strip()[:1]), twiml.tell(prompt, meaning), later)
    if turn < ASKED_AT_MOST:
        action = voice_url(public_url, attempt_id, turn=turn + 1)
        return Turn(None, twiml.ask(prompt, action, after="unclear" if digits else None), later)
    return Turn(report("no_key"), twiml.tell(prompt, "no_key"), later)


def _detail(form: Mapping[str, str], *names: str) -> str | None:
    code = form.get("ErrorCode") or next((form[name] for name in names if form.get(name)), "")
    code = "".join(c for c in code if c.isalnum())[:10]
    return " ".join(filter(None, [code, FAILURES.get(code)])) or None


def _at(form: Mapping[str, str], now: datetime) -> datetime:
    """When it happened by Twilio's clock; ours where it says nothing, nonsense, or a time that cannot be."""
    try:
        at = parsedate_to_datetime(form.get("Timestamp", ""))
    except (ValueError, TypeError, OverflowError):
        return now
    try:
        at = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except OverflowError:
        return now
    return min(at, now) if now - at < LATEST_NEWS else now


def _count(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 3 else default
