"""What Twilio's callbacks mean, however odd, late or broken they are."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import webhook
from notifier.script import LANGUAGES, PURPOSES, Prompt, after_key
from notifier.webhook import Turn, call_report, message_report, reply_report, status_report, voice_turn

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PUBLIC = "https://centre.example"
PROMPT = Prompt(attempt_id="a1", elder_name="赵桂明", address="人民路1102号", to_role="family")
OUTCOMES = {"ringing", "answered", "completed", "busy", "no_answer", "failed", "cancelled", "voicemail"}
MESSAGE_OUTCOMES = {"sent", "delivered", "undelivered", "failed", "cancelled"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("queued", "ringing"), ("initiated", "ringing"), ("ringing", "ringing"), ("in-progress", "answered"),
        ("answered", "answered"), ("completed", "completed"), ("busy", "busy"), ("no-answer", "no_answer"),
        ("failed", "failed"), ("canceled", "cancelled"),
    ],
)  # fmt: skip
def test_status_words_of_a_call(status: str, expected: str) -> None:
    report = call_report({"CallStatus": status, "CallSid": "CA1", "SequenceNumber": "3"}, "a1", NOW)

    assert report is not None
    assert (report.status, report.provider_ref, report.attempt_id) == (expected, "CA1", "a1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("accepted", "sent"), ("queued", "sent"), ("sending", "sent"), ("sent", "sent"), ("delivered", "delivered"),
        ("read", "delivered"), ("undelivered", "undelivered"), ("failed", "failed"), ("canceled", "cancelled"),
    ],
)  # fmt: skip
def test_status_words_of_a_message(status: str, expected: str) -> None:
    report = status_report({"MessageStatus": status, "MessageSid": "SM1", "ErrorCode": ""}, "a1", NOW)

    assert report is not None
    assert (report.status, report.provider_ref, report.detail) == (expected, "SM1", None)


def test_what_is_no_news_is_no_report() -> None:
    assert call_report({"CallStatus": "dreaming"}, "a1", NOW) is None
    assert call_report({"AnsweredBy": "human", "CallSid": "CA1"}, "a1", NOW) is None
    assert message_report({"MessageStatus": "receiving"}, "a1", NOW) is None
    assert status_report({}, "a1", NOW) is None


def test_a_failure_says_why() -> None:
    report = message_report({"MessageStatus": "undelivered", "ErrorCode": "30006"}, "a1", NOW)

    assert report is not None
    assert report.detail == "30006 a landline takes no messages"


@pytest.mark.parametrize("answered_by", ["machine_start", "machine_end_beep", "machine_end_silence", "fax"])
def test_a_machine_is_voicemail_whatever_else_is_said(answered_by: str) -> None:
    form = {"CallSid": "CA1", "CallStatus": "in-progress", "AnsweredBy": answered_by, "Digits": "1"}

    report = call_report(form, "a1", NOW)
    turn = voice_turn(form, "a1", PROMPT, PUBLIC, NOW)

    assert report is not None
    assert (report.status, report.digits) == ("voicemail", None)
    assert turn.report is not None
    assert (turn.report.status, turn.report.digits) == ("voicemail", None)
    assert "<Gather" not in turn.answer


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("Sat, 21 Nov 2026 07:59:58 +0000", datetime(2026, 11, 21, 7, 59, 58, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 15:59:58 +0800", datetime(2026, 11, 21, 7, 59, 58, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 09:00:00 +0000", NOW),
        ("yesterday", NOW),
        ("", NOW),
        ("Mon, 01 Jan 0001 00:00:00 +1400", NOW),
    ],
)
def test_when_it_happened(stamp: str, expected: datetime) -> None:
    report = call_report({"CallStatus": "busy", "Timestamp": stamp}, "a1", NOW)

    assert report is not None
    assert report.at == expected


@pytest.mark.parametrize(
    ("body", "digits"), [("1", "1"), (" １ ", "1"), ("2\n", "2"), ("我去 ok", "我去 ok"), ("", "")]
)
def test_a_reply_is_read_as_it_is_meant(body: str, digits: str) -> None:
    assert reply_report({"Body": body}, "a1", NOW).digits == digits


def heard(turn: Turn) -> str:
    return "\n".join(say.text or "" for say in ElementTree.fromstring(turn.answer).iter("Say"))  # noqa: S314


def action(turn: Turn) -> str | None:
    gather = ElementTree.fromstring(turn.answer).find("Gather")  # noqa: S314
    return gather.get("action") if gather is not None else None


def test_the_talk_to_an_acceptance() -> None:
    first = voice_turn({"CallSid": "CA1", "CallStatus": "in-progress"}, "a1", PROMPT, PUBLIC, NOW)
    second = voice_turn({"CallSid": "CA1", "Digits": "1", "turn": "1"}, "a1", PROMPT, PUBLIC, NOW)

    assert first.report is not None
    assert (first.report.status, first.report.digits) == ("answered", None)
    assert "赵桂明" in heard(first)
    assert "人民路幺幺零二号" in heard(first)
    assert action(first) == f"{PUBLIC}/hooks/twilio/voice?attempt=a1&turn=1"
    assert second.report is not None
    assert (second.report.status, second.report.digits) == ("answered", "1")
    assert "请马上出发" in heard(second)
    assert action(second) is None
    assert "<Hangup" in second.answer


def test_silence_is_asked_once_more_and_then_is_no_key() -> None:
    once = voice_turn({"Digits": "", "turn": "1"}, "a1", PROMPT, PUBLIC, NOW)
    twice = voice_turn({"Digits": "", "turn": "2"}, "a1", PROMPT, PUBLIC, NOW)

    assert once.report is None
    assert "turn=2" in (action(once) or "")
    assert twice.report is not None
    assert (twice.report.status, twice.report.digits) == ("no_key", None)
    assert action(twice) is None


def test_a_key_that_was_not_asked_for_confirms_nothing() -> None:
    once = voice_turn({"Digits": "9", "turn": "1"}, "a1", PROMPT, PUBLIC, NOW)
    twice = voice_turn({"Digits": "9", "turn": "2"}, "a1", PROMPT, PUBLIC, NOW)

    assert once.report is None
    assert "没有这个选项" in heard(once)
    assert twice.report is not None
    assert twice.report.digits is None


def test_hearing_it_again_costs_nothing() -> None:
    again = voice_turn({"Digits": "3", "turn": "2"}, "a1", PROMPT, PUBLIC, NOW)

    assert again.report is None
    assert "turn=2" in (action(again) or "")
    assert "赵桂明" in heard(again)


def test_whoever_answers_too_late_hears_that_it_is_over() -> None:
    over = voice_turn({"CallSid": "CA1"}, "a1", replace(PROMPT, is_over=True), PUBLIC, NOW)
    unknown = voice_turn({"CallSid": "CA1", "Digits": "1"}, "a1", None, PUBLIC, NOW)

    assert "已经有人处理" in heard(over)
    assert action(over) is None
    assert unknown.report is None
    assert "<Hangup" in unknown.answer


def test_a_key_that_cannot_be_stored_comes_back() -> None:
    turn = voice_turn({"Digits": "1", "turn": "1"}, "a1", PROMPT, PUBLIC, NOW)
    redirect = ElementTree.fromstring(turn.later).find("Redirect")  # noqa: S314

    assert redirect is not None
    assert redirect.text == f"{PUBLIC}/hooks/twilio/voice?attempt=a1&turn=1&retry=1&Digits=1"
    last = voice_turn({"Digits": "1", "retry": str(webhook.RETRIES)}, "a1", PROMPT, PUBLIC, NOW)
    assert "<Redirect" not in last.later


names = st.sampled_from(
    ["CallSid", "CallStatus", "MessageStatus", "MessageSid", "AnsweredBy", "Digits", "Timestamp", "ErrorCode", "Body",
     "turn", "retry", "SequenceNumber", "SmsStatus"]
)  # fmt: skip
words = st.sampled_from(
    ["", "in-progress", "completed", "busy", "no-answer", "queued", "delivered", "machine_start", "human", "1", "2",
     "3", "9", "#", "-1", "²"]
)  # fmt: skip
forms = st.dictionaries(names, words | st.text(max_size=30), max_size=10)


@given(forms)
def test_whatever_comes_in_is_a_report_that_can_be_stored_or_nothing(form: dict[str, str]) -> None:
    report = status_report(form, "a1", NOW)

    if report is not None:
        assert report.status in OUTCOMES | MESSAGE_OUTCOMES
        assert report.digits is None
        assert report.at <= NOW
        assert report.at.tzinfo is not None
    assert reply_report(form, "a1", NOW).status == "replied"


prompts = st.builds(
    Prompt,
    attempt_id=st.text(max_size=40),
    elder_name=st.text(max_size=40),
    address=st.text(max_size=60),
    purpose=st.sampled_from(PURPOSES),
    language=st.sampled_from(LANGUAGES),
)


@given(forms, st.none() | prompts | prompts.map(lambda prompt: replace(prompt, is_over=True)))
def test_whatever_is_pressed_is_answered_and_only_what_was_asked_for_is_reported(
    form: dict[str, str], prompt: Prompt | None
) -> None:
    turn = voice_turn(form, "a1", prompt, PUBLIC, NOW)

    for answer in (turn.answer, turn.later):
        assert ElementTree.fromstring(answer).tag == "Response"  # noqa: S314
    if turn.report is not None and turn.report.digits is not None:
        assert prompt is not None
        assert turn.report.digits in "123"
        assert not webhook.is_machine(form)
        assert after_key(prompt, form["Digits"]) not in (None, "repeat")


@given(prompts)
def test_whatever_the_registry_holds_is_well_formed_xml(prompt: Prompt) -> None:
    turn = voice_turn({}, prompt.attempt_id, prompt, PUBLIC, NOW)

    gather = ElementTree.fromstring(turn.answer).find("Gather")  # noqa: S314
    assert gather is not None
    assert gather.get("actionOnEmptyResult") == "true"
    assert gather.get("numDigits") == "1"
