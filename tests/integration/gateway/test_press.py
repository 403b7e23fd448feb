"""The promises of the device profile about presses, on both ways in and both databases."""

import json
from functools import partial
from typing import Any

import pytest

from gateway import wire
from tests.gateway_site import Site, soon
from tests.integration.gateway.conftest import Entrance


def ok(**members: Any) -> bytes:
    return json.dumps({"msg_id": "g-1", "kind": "sos"} | members).encode()


UGLY = {
    "empty": b"",
    "7 KiB of nothing": b"\xfe\x00" * 3584,
    "invalid UTF-8": b'{"msg_id": "g-1", "note": "\xff\xfe\x80"}',
    "broken JSON": b'{"msg_id": "g-1", "rose garden',
    "null": b"null",
    "NUL": b"\x00",
    "id with a line end": ok(msg_id="a\n"),
    "kind unknown": ok(kind="ufo"),
    "1970": ok(at="1970-01-01T00:00:00Z"),
    "2100": ok(at="2100-01-01T00:00:00Z"),
    "NaN": ok(location={"lat": float("nan"), "lon": float("inf")}),
    "lone surrogate": b'{"msg_id": "g-1", "firmware": "\\ud800"}',
    "NUL in a text": b'{"msg_id": "g-1", "firmware": "a\\u0000b"}',
    "5,000 digits": b'{"msg_id": "g-1", "battery_pct": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 3500 + b"]" * 3500,
    "above 8 KiB": ok(filler="x" * 9000),
}


def test_whatever_a_device_publishes_on_its_alarm_topic_is_a_press(site: Site, entrance: Entrance) -> None:
    devices = {name: site.connect(entrance.port, site.register(f"dev-{n}")) for n, name in enumerate(UGLY)}
    for name, payload in UGLY.items():
        assert devices[name].said("alarm", payload) in (0, 16), name
    for name, device in devices.items():
        soon(partial(site.alarm_rows, device.uid), name)
        assert [(row.is_test, row.press_count) for row in site.alarm_rows(device.uid)] == [(False, 1)], name
        press = site.presses(device.uid)[0]
        assert press.raw == UGLY[name][: wire.MAX_PAYLOAD]
        expected = wire.read_alarm(UGLY[name]).msg_id
        receipt = device.receipt(expected)
        assert receipt.alarm_id == press.alarm_id, name


def test_a_press_is_stored_before_it_is_answered_and_re_sent_it_stays_one(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    for _ in range(3):
        device.said("alarm", wire.write_alarm("p-1"))
    soon(lambda: len(device.receipts()) == 3, "a receipt for each")
    alarm_ids = {receipt.alarm_id for receipt in device.receipts()}
    assert alarm_ids == {row.id for row in site.alarm_rows("dev-7")}
    assert len(site.presses("dev-7")) == 1
    assert len({receipt.received_at for receipt in device.receipts()}) == 1


def test_pressing_again_joins_the_open_alarm_and_raises_it(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    for n in range(100):
        device.say("alarm", wire.write_alarm(f"p-{n}"))
    soon(lambda: len(device.receipts()) == 100, "100 receipts")
    (alarm,) = site.alarm_rows("dev-7")
    assert alarm.press_count == 100
    assert len(site.presses("dev-7")) == 100


def test_two_presses_without_an_id_are_two_presses(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    for _ in range(2):
        device.said("alarm", b"{")
    soon(lambda: [row.press_count for row in site.alarm_rows("dev-7")] == [2], "both presses")


@pytest.mark.parametrize("state", ["retired", "stock", "faulty"])
def test_a_device_without_elder_or_out_of_service_may_press(site: Site, entrance: Entrance, state: str) -> None:
    device = site.connect(entrance.port, site.register("dev-7", state=state, elder=False))
    device.said("alarm", wire.write_alarm("p-1"))
    assert device.receipt("p-1").alarm_id == site.alarm_rows("dev-7")[0].id


def test_a_cancel_closes_nothing(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.said("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
    assert device.said("cancel", wire.write_cancel("c-1", alarm_msg_id="p-1")) in (0, 16)
    (alarm,) = soon(lambda: [row for row in site.alarm_rows("dev-7") if row.cancelled_at], "the cancel")
    assert alarm.state == "open"


def test_a_cancel_of_garbage_without_an_alarm_is_acknowledged(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    assert device.said("cancel", b"\xff") in (0, 16)


def test_the_retain_flag_does_not_take_away_from_a_press(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.say("alarm", wire.write_alarm("p-1"), retain=True)
    device.receipt("p-1")


def test_mqtt_3_devices_are_heard_alike(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"), v5=False)
    device.say("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
