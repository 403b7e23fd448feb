"""What a report says about a number itself, whatever becomes of the alarm. Pure.

Careful on purpose: who is taken for a wrong number is rung last, so only what says that there is no such number counts
for that. A phone that is off, or a landline that takes no messages, is none.
"""

import re

from alarms.events import CallReport
from alarms.values import Attempt
from registry.numbers import What

NO_SUCH_NUMBER = frozenset({"21211", "21217", "21401", "21614", "13224"})
"""Twilio's errors for a call to what is no number."""

NO_SUCH_NUMBER_SIP = frozenset({"404", "410", "484", "604"})
"""RFC 3261, the answer that came back over the telephone network: not found, gone, incomplete, nowhere."""

OPTED_OUT, TAKES_NO_TEXTS = "21610", frozenset({"21614", "30005", "30006"})
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE", "TD", "T", "退订"})
_START = frozenset({"START", "UNSTOP"})
_CODE = re.compile(r"\b\d{3,5}\b")


def of_text(text: str) -> What | None:
    """What a person's message says: no more messages, or messages again."""
    word = text.strip().strip(".!。！").upper()
    return "opted_out" if word in _STOP else "opted_in" if word in _START else None


def is_answer(text: str) -> bool:
    """Whether a reply is one that was asked for: its first character is a key."""
    return text.strip()[:1] in ("1", "2", "3")


def of_report(attempt: Attempt, report: CallReport) -> What | None:
    """What is learnt from a report; None for most."""
    if not attempt.is_call and report.status == "replied":
        return of_text(report.digits or "")
    if report.status not in ("failed", "undelivered") or not report.detail:
        return None
    codes = _CODE.findall(report.detail)
    if not attempt.is_call:
        if OPTED_OUT in codes:
            return "opted_out"
        return "no_texts" if TAKES_NO_TEXTS & set(codes) else None
    is_sip = codes[:1] == report.detail.split()[:1] and bool(NO_SUCH_NUMBER_SIP & set(codes[:1]))
    return "wrong_number" if is_sip or NO_SUCH_NUMBER & set(codes) else None
