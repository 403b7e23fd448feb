"""Twilio's own client against the stand-in: what is asked, and what every kind of trouble becomes."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from notifier.channel import AccountBad, CallOrder, ChannelDown, NumberBad, TextOrder, Unknown
from notifier.script import Prompt
from notifier.twilio_channel import TwilioChannel
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, FROM, TwilioStandIn

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NUMBER = "+8613900000001"
PUBLIC = "https://centre.example"
PROMPT = Prompt(attempt_id="a1", elder_name="赵桂明", link=f"{PUBLIC}/r/token")


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn(lambda: NOW) as stand_in:
        yield stand_in


def channel(url: str, *, token: str = AUTH_TOKEN, timeout_s: float = 5.0) -> TwilioChannel:
    return TwilioChannel(ACCOUNT_SID, token, FROM, PUBLIC, api_url=url, timeout_s=timeout_s)


def order(attempt_id: str = "a1") -> CallOrder:
    return CallOrder(attempt_id, NUMBER, 25, PROMPT, NOW)


def test_a_call_asks_for_its_words_only_when_somebody_answers(twilio: TwilioStandIn) -> None:
    ref = channel(twilio.url).call(order())

    call = twilio.calls[0]
    assert ref == call.sid
    assert call.form["To"] == NUMBER
    assert call.form["Timeout"] == "25"
    assert call.form["Url"] == f"{PUBLIC}/hooks/twilio/voice?attempt=a1"
    assert call.form["StatusCallback"].startswith(f"{PUBLIC}/hooks/twilio/status?attempt=a1#")
    assert call.events == ("initiated", "ringing", "answered", "completed")
    assert call.form["AsyncAmd"] == "true"
    assert int(call.form["TimeLimit"]) > 60
    assert "Twiml" not in call.form


def test_a_message_carries_its_words_and_its_link(twilio: TwilioStandIn) -> None:
    ref = channel(twilio.url).text(TextOrder("a1", NUMBER, PROMPT))

    message = twilio.messages[0]
    assert ref == message.sid
    assert "赵桂明" in message.form["Body"]
    assert message.form["Body"].endswith("/r/token")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400:21211", NumberBad),
        ("400:21217", NumberBad),
        ("400:21614", NumberBad),
        ("400:21610", NumberBad),
        ("400:21215", AccountBad),
        ("400:21408", AccountBad),
        ("400:20429", ChannelDown),
        ("401:20003", AccountBad),
        ("403:20005", AccountBad),
        ("429:20429", ChannelDown),
        ("503", ChannelDown),
        ("500", Unknown),
        ("504", Unknown),
        ("lost", Unknown),
    ],
)
def test_every_trouble_says_what_to_do_next(twilio: TwilioStandIn, fault: str, error: type[Exception]) -> None:
    twilio.fail_next(fault, fault)

    with pytest.raises(error) as calling:
        channel(twilio.url).call(order())
    with pytest.raises(error):
        channel(twilio.url).text(TextOrder("a1", NUMBER, PROMPT))

    assert type(calling.value) is error
    assert NUMBER not in str(calling.value)
    assert len(twilio.calls) == (1 if fault == "lost" else 0)  # Never asked twice by itself.


def test_wrong_credentials_are_the_account_s_trouble(twilio: TwilioStandIn) -> None:
    wrong = channel(twilio.url, token="wrong")

    with pytest.raises(AccountBad):
        wrong.call(order())
    with pytest.raises(AccountBad):
        wrong.find("a1", NUMBER, NOW)
    assert "refuses" in (wrong.check() or "")
    assert channel(twilio.url).check() is None


def test_an_answer_that_does_not_come_in_time_may_have_been_a_call(twilio: TwilioStandIn) -> None:
    twilio.fail_next("hang")

    with pytest.raises(Unknown):
        channel(twilio.url, timeout_s=0.2).call(order())

    assert len(twilio.calls) == 1


def test_a_refused_connection_certainly_was_no_call() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = channel(f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ChannelDown):
            nobody.call(order())
        with pytest.raises(ChannelDown):
            nobody.find("a1", NUMBER, NOW)
        assert nobody.check() is not None


def test_hanging_up_twice_and_what_is_over_is_no_trouble(twilio: TwilioStandIn) -> None:
    ours = channel(twilio.url)
    ref = ours.call(order())

    for _ in range(2):
        ours.hang_up(ref)
    ours.hang_up("CA" + "0" * 32)

    assert twilio.calls[0].status == "completed"


def test_a_lost_call_is_found_and_not_dialled_again(twilio: TwilioStandIn) -> None:
    twilio.fail_next("lost")
    with pytest.raises(Unknown):
        channel(twilio.url).call(order())

    found = channel(twilio.url).find("a1", NUMBER, NOW - timedelta(seconds=5))

    assert found is not None
    assert (found.status, found.provider_ref, found.attempt_id) == ("ringing", twilio.calls[0].sid, "a1")


@pytest.mark.parametrize(
    ("status", "answered_by", "expected"),
    [
        ("ringing", None, "ringing"),
        ("in-progress", None, "answered"),
        ("in-progress", "machine_start", "voicemail"),
        ("busy", None, "busy"),
        ("no-answer", None, "no_answer"),
        ("failed", None, "failed"),
        ("completed", None, "completed"),
        ("canceled", None, "cancelled"),
    ],
)
def test_what_became_of_a_lost_call(
    twilio: TwilioStandIn, status: str, answered_by: str | None, expected: str
) -> None:  # fmt: skip
    ours = channel(twilio.url)
    ours.call(order())
    twilio.calls[0].status, twilio.calls[0].answered_by = status, answered_by

    found = ours.find("a1", NUMBER, NOW - timedelta(seconds=5))

    assert found is not None
    assert found.status == expected


def test_another_attempt_s_call_to_the_same_number_is_not_taken_for_ours(twilio: TwilioStandIn) -> None:
    channel(twilio.url).call(order("earlier"))
    twilio.calls[0].asked.append(f"{PUBLIC}/hooks/twilio/status?attempt=earlier")

    assert channel(twilio.url).find("a1", NUMBER, NOW - timedelta(seconds=30)) is None

    twilio.has_events = False
    twilio.calls[0].status = "no-answer"
    assert channel(twilio.url).find("a1", NUMBER, NOW - timedelta(seconds=30)) is None


def test_an_old_call_is_not_taken_for_ours(twilio: TwilioStandIn) -> None:
    channel(twilio.url).call(order())
    twilio.calls[0].at = NOW - timedelta(minutes=10)

    assert channel(twilio.url).find("a1", NUMBER, NOW - timedelta(seconds=30)) is None


def test_a_lost_message_is_found(twilio: TwilioStandIn) -> None:
    twilio.fail_next("lost")
    with pytest.raises(Unknown):
        channel(twilio.url).text(TextOrder("a1", NUMBER, PROMPT))

    found = channel(twilio.url).find("a1", NUMBER, NOW - timedelta(seconds=5), "sms")

    assert found is not None
    assert (found.status, found.provider_ref) == ("sent", twilio.messages[0].sid)
    assert channel(twilio.url).find("a1", "+8613900000009", NOW, "sms") is None
