"""Topics, the smaller messages, and that both sides of the wire understand each other."""

import json
from datetime import UTC, datetime

import pytest

from gateway import wire

AT = datetime(2026, 11, 21, 8, 15, 30, 250_000, UTC)
FIX = wire.FixMsg(34.3296, 108.7093, 12, AT, "gnss", "gcj02")
VITALS = wire.Vitals(83, -87, False, "1.4.2")


@pytest.mark.parametrize(
    "topic",
    ["", "cb/v1", "cb/v1//up/alarm", "cb/v1/a/up", "cb/v1/a/up/alarm/x", "cb/v2/a/up/alarm", "cb/v1/a/down/receipt",
     "cb/v1/a/up/siren", "cb/v1/+/up/alarm", "cb/v1/a#/up/alarm", "cb/v1/a\0/up/alarm", "/cb/v1/a/up/alarm"],
)  # fmt: skip
def test_a_topic_that_is_no_device_s_own_is_none_of_ours(topic: str) -> None:
    assert wire.split_up_topic(topic) is None


def test_a_topic_says_whose_and_what() -> None:
    for kind in wire.UP_KINDS:
        assert wire.split_up_topic(wire.up_topic("dev-7", kind)) == ("dev-7", kind)
    assert wire.down_topic("dev-7", "receipt") == "cb/v1/dev-7/down/receipt"
    assert wire.CENTRE_STATE == "cb/v1/centre/state"


def test_the_device_s_messages_are_read_as_they_were_written() -> None:
    alarm = wire.read_alarm(
        wire.write_alarm("a:1", kind="gas", at=AT, location=FIX, vitals=VITALS, test=True, colour="红")
    )
    assert (alarm.msg_id, alarm.kind, alarm.pressed_at, alarm.location) == ("a:1", "gas", AT, FIX)
    assert (alarm.vitals, alarm.is_test, alarm.content["colour"], alarm.problems) == (VITALS, True, "红", ())
    cancel = wire.read_cancel(wire.write_cancel("c-1", alarm_msg_id="a:1", at=AT))
    assert (cancel.msg_id, cancel.alarm_msg_id, cancel.problems) == ("c-1", "a:1", ())
    assert wire.read_heartbeat(wire.write_heartbeat(VITALS, at=AT)) == wire.HeartbeatMsg(VITALS)
    assert wire.read_location(wire.write_location(FIX)).fix == FIX
    assert [wire.read_state(wire.write_state(online=on)) for on in (True, False)] == [True, False]


def test_the_centre_s_messages_are_read_as_they_were_written() -> None:
    assert wire.read_receipt(wire.receipt("a:1", "al-1", AT)) == wire.ReceiptMsg("a:1", "al-1", AT)
    assert json.loads(wire.receipt(None, "al-1", AT)) == {
        "msg_id": None, "alarm_id": "al-1", "received_at": "2026-11-21T08:15:30.250Z",
    }  # fmt: skip
    said = wire.read_progress(wire.progress("al-1", "on_the_way", "王芳正在赶来", "zh-CN"))
    assert said == wire.ProgressMsg("al-1", "on_the_way", "王芳正在赶来", "zh-CN")
    assert wire.read_command(wire.command("config", heartbeat_s=60)) == wire.CommandMsg("config", {"heartbeat_s": 60})
    assert wire.read_centre_state(wire.centre_state(online=True, at=AT)) is True
    assert wire.centre_state(online=False) == b'{"online":false}'


@pytest.mark.parametrize("payload", [b"", b"null", b'{"online": "yes"}', b'{"stage": "lost", "alarm_id": "a"}'])
def test_a_device_shrugs_at_what_it_cannot_read(payload: bytes) -> None:
    assert wire.read_receipt(payload) is None
    assert wire.read_progress(payload) is None
    assert wire.read_command(payload) is None
    assert wire.read_centre_state(payload) is None


def test_a_garbage_heartbeat_is_a_heartbeat() -> None:
    assert wire.read_heartbeat(b"\xff").vitals == wire.Vitals()
    half = wire.read_heartbeat(b'{"battery_pct": "low", "mains": true, "firmware": 7}')
    assert half.vitals == wire.Vitals(mains=True)
    assert half.problems == ("battery_pct unreadable", "firmware unreadable")


def test_a_fix_may_come_wrapped_as_in_an_alarm() -> None:
    assert wire.read_location(b'{"location": {"lat": 34, "lon": 108}}').fix == wire.FixMsg(34, 108)
    assert wire.read_location(b'{"location": "home"}').fix is None


def test_a_cancel_of_garbage_is_a_cancel() -> None:
    assert wire.read_cancel(b"\x00{") == wire.CancelMsg(None, None, {}, ("broken JSON", "msg_id missing"))
    assert wire.read_cancel(b'{"msg_id": "c", "alarm_msg_id": "a b"}').alarm_msg_id is None
