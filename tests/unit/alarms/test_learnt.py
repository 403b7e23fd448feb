from dataclasses import replace
from typing import Any

import pytest

from alarms.events import CallReport
from alarms.learnt import of_report, of_text
from alarms.values import Attempt
from tests.unit.alarms.rehearsal import START

CALL = Attempt(1, "help", "voice", "family", "Li Na", "+8613900000001", START, contact_id="c-1")
MESSAGE = replace(CALL, medium="sms", purpose="message")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("STOP", "opted_out"), (" stop ", "opted_out"), ("TD", "opted_out"), ("td", "opted_out"), ("退订", "opted_out"),
        ("退订。", "opted_out"), ("START", "opted_in"), ("1", None), ("2", None), ("", None),
        ("please stop calling", None),
    ],
)  # fmt: skip
def test_words_that_end_and_begin_messages(text: str, what: str | None) -> None:
    assert of_text(text) == what


@pytest.mark.parametrize(
    ("attempt", "report", "what"),
    [
        (CALL, {"status": "failed", "detail": "Twilio answered 400, error 21211"}, "wrong_number"),
        (CALL, {"status": "failed", "detail": "Twilio answered 400, error 21217"}, "wrong_number"),
        (CALL, {"status": "failed", "detail": "Twilio answered 400, error 21614"}, "wrong_number"),
        (CALL, {"status": "failed", "detail": "404"}, "wrong_number"),
        (CALL, {"status": "failed", "detail": "404 there is no such number"}, "wrong_number"),
        (CALL, {"status": "failed", "detail": "Twilio answered 404"}, None),  # Its own web page, not the telephone.
        (CALL, {"status": "failed", "detail": "480"}, None),  # Switched off.
        (CALL, {"status": "failed", "detail": "the number cannot be reached"}, None),
        (CALL, {"status": "failed"}, None),
        (CALL, {"status": "busy", "detail": "404"}, None),
        (CALL, {"status": "answered", "digits": "STOP"}, None),
        (MESSAGE, {"status": "failed", "detail": "Twilio answered 400, error 21610"}, "opted_out"),
        (MESSAGE, {"status": "undelivered", "detail": "21610 the person has opted out"}, "opted_out"),
        (MESSAGE, {"status": "failed", "detail": "Twilio answered 400, error 21614"}, "no_texts"),  # A landline.
        (MESSAGE, {"status": "undelivered", "detail": "30006 a landline takes no messages"}, "no_texts"),
        (MESSAGE, {"status": "undelivered", "detail": "30003 the phone cannot be reached"}, None),
        (MESSAGE, {"status": "replied", "digits": "TD"}, "opted_out"),
        (MESSAGE, {"status": "replied", "digits": "1"}, None),
        (MESSAGE, {"status": "delivered"}, None),
    ],
)
def test_what_a_report_says_of_the_number(attempt: Attempt, report: dict[str, Any], what: str | None) -> None:
    assert of_report(attempt, CallReport("a1", at=START, **report)) == what
