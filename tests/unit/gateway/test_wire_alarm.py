"""What a press becomes, for bytes as devices have sent them and as nobody should."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import wire

FIX = {"lat": 34.3296, "lon": 108.7093, "accuracy_m": 12, "source": "gnss", "crs": "wgs84"}


def ok(**members: Any) -> bytes:
    return json.dumps({"msg_id": "g-1", "kind": "sos"} | members).encode()


def test_the_example_of_the_profile_is_read_whole() -> None:
    said = wire.read_alarm(
        '{"msg_id": "01JD8Z", "kind": "fall", "at": "2026-11-21T08:15:30.250Z",'
        ' "location": {"lat": 34.3296, "lon": 108.7093, "accuracy_m": 12, "fix_at": "2026-11-21T16:15:02+08:00",'
        ' "source": "gnss", "crs": "gcj02"},'
        ' "battery_pct": 83, "rssi_dbm": -87, "mains": true, "firmware": "1.4.2", "test": true, "颜色": "红"}'.encode()
    )
    assert (said.msg_id, said.kind, said.is_test, said.problems) == ("01JD8Z", "fall", True, ())
    assert said.pressed_at == datetime(2026, 11, 21, 8, 15, 30, 250_000, UTC)
    assert said.location == wire.FixMsg(
        34.3296, 108.7093, 12, datetime(2026, 11, 21, 8, 15, 2, tzinfo=UTC), "gnss", "gcj02"
    )
    assert said.vitals == wire.Vitals(83, -87, True, "1.4.2")
    assert said.content["颜色"] == "红"


PROBLEMS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("empty payload", "msg_id missing")),
    "blanks": (b" \r\n", ("not an object", "msg_id missing")),
    "random": (b"\x9c\xf1\x00{", ("not UTF-8", "broken JSON", "msg_id missing")),
    "NUL": (b"\x00", ("broken JSON", "msg_id missing")),
    "UTF-16": ('{"msg_id": "a"}'.encode("utf-16"), ("not UTF-8", "broken JSON", "msg_id missing")),
    "null": (b"null", ("not an object", "msg_id missing")),
    "list": (b"[]", ("not an object", "msg_id missing")),
    "number": (b"0", ("not an object", "msg_id missing")),
    "text": (b'"help"', ("not an object", "msg_id missing")),
    "1 MiB": (b"y" * 1024 * 1024, ("longer than 8 KiB", "broken JSON", "msg_id missing")),
    "deep": (b"[" * 3500 + b"]" * 3500, ("nested too deeply", "msg_id missing")),
    "id missing": (b'{"kind": "sos"}', ("msg_id missing",)),
    "id null": (ok(msg_id=None), ("msg_id missing",)),
    "id number": (ok(msg_id=7), ("msg_id unreadable",)),
    "id list": (ok(msg_id=["a"]), ("msg_id unreadable",)),
    "id empty": (ok(msg_id=""), ("msg_id unreadable",)),
    "id 65": (ok(msg_id="x" * 65), ("msg_id unreadable",)),
    "id space": (ok(msg_id="a b"), ("msg_id unreadable",)),
    "id NUL": (ok(msg_id="a\x00b"), ("a character that cannot be stored", "msg_id unreadable")),
    "id line end": (ok(msg_id="a\n"), ("msg_id unreadable",)),
    "id wide digits": (ok(msg_id="１２"), ("msg_id unreadable",)),
    "id cut": (b'{"msg_id": "g-', ("broken JSON", "msg_id missing")),
}


@pytest.mark.parametrize(("payload", "problems"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_press_without_a_usable_id_is_a_press(payload: bytes, problems: tuple[str, ...]) -> None:
    said = wire.read_alarm(payload)
    assert (said.msg_id, said.kind, said.is_test, said.problems) == (None, "sos", False, problems)


STILL_OURS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "byte order mark": (b"\xef\xbb\xbf" + ok(), ()),
    "kind unknown": (ok(kind="ufo"), ("kind unknown",)),
    "kind number": (ok(kind=5), ("kind unknown",)),
    "kind object": (ok(kind={"a": 1}), ("kind unknown",)),
    "at number": (ok(at=1e300), ("at unreadable",)),
    "at nonsense": (ok(at="yesterday"), ("at unreadable",)),
    "at without zone": (ok(at="2026-11-21T08:15:30"), ("at unreadable",)),
    "at year 10000": (ok(at="10000-01-01T00:00:00Z"), ("at unreadable",)),
    "at before year 1": (ok(at="0001-01-01T00:00:00+14:00"), ("at unreadable",)),
    "at hour 25": (ok(at="2026-11-21T25:00:00Z"), ("at unreadable",)),
    "battery text": (ok(battery_pct="full"), ("battery_pct unreadable",)),
    "battery 1e999": (b'{"msg_id": "g-1", "battery_pct": 1e999}', ("a number too large", "battery_pct unreadable")),
    "battery 5000 digits": (
        b'{"msg_id": "g-1", "battery_pct": ' + b"9" * 5000 + b"}",
        ("a number too large", "battery_pct unreadable"),
    ),
    "battery true": (ok(battery_pct=True), ("battery_pct unreadable",)),
    "battery 101": (ok(battery_pct=101), ("battery_pct unreadable",)),
    "lone surrogate": (b'{"msg_id": "g-1", "firmware": "\\ud800"}', ("a character that cannot be stored",)),
    "NUL in a text": (b'{"msg_id": "g-1", "firmware": "a\\u0000b"}', ("a character that cannot be stored",)),
    "invalid UTF-8 in a text": (b'{"msg_id": "g-1", "note": "\xff\xfe\x80"}', ("not UTF-8",)),
    "deep unknown member": (b'{"msg_id": "g-1", "x": ' + b'{"a":' * 900 + b"1" + b"}" * 901, ("nested too deeply",)),
    "very deep unknown member": (b'{"msg_id": "g-1", "x": ' + b"[" * 4000 + b"]" * 4000 + b"}", ("nested too deeply",)),
    "test as text": (ok(test="no"), ("test unreadable",)),
    "test as number": (ok(test=1), ("test unreadable",)),
    "member twice": (b'{"msg_id": "g-0", "msg_id": "g-1"}', ("a member given twice",)),
    "cut after a member": (b'{"msg_id": "g-1", "battery_pct": 8', ("broken JSON",)),
    "too long": (ok(filler="x" * 9000), ("longer than 8 KiB", "broken JSON")),
    "location text": (ok(location="at home"), ("location unreadable",)),
    "location list": (ok(location=[1, 2]), ("location unreadable",)),
    "location empty": (ok(location={}), ("no position",)),
    "lat 400": (ok(location=FIX | {"lat": 400}), ("lat unreadable", "no position")),
    "NaN coordinates": (
        ok(location={"lat": float("nan"), "lon": float("nan")}),
        ("NaN or Infinity", "lat unreadable", "lon unreadable", "no position"),
    ),
    "no fix yet": (ok(location={"lat": 0, "lon": 0.0}), ("no position",)),
}


@pytest.mark.parametrize(("payload", "problems"), STILL_OURS.values(), ids=STILL_OURS)
def test_what_is_wrong_beside_the_id_does_not_spoil_the_press(payload: bytes, problems: tuple[str, ...]) -> None:
    said = wire.read_alarm(payload)
    assert (said.msg_id, said.kind, said.is_test, said.location) == ("g-1", "sos", False, None)
    assert said.problems == problems


def test_a_cut_number_is_not_taken_for_a_whole_one() -> None:
    said = wire.read_alarm(b'{"msg_id": "g-1", "kind": "gas", "battery_pct": 8')
    assert (said.kind, said.vitals.battery_pct) == ("gas", None)


USABLE_FIXES: dict[str, tuple[dict[str, Any], wire.FixMsg, tuple[str, ...]]] = {
    "infinite accuracy": (
        FIX | {"accuracy_m": float("inf")},
        wire.FixMsg(34.3296, 108.7093, None, None, "gnss"),
        ("NaN or Infinity", "accuracy_m unreadable"),
    ),
    "unknown datum": (
        FIX | {"crs": "mars"},
        wire.FixMsg(34.3296, 108.7093, 1400, None, "gnss"),
        ("crs unknown",),
    ),
    "datum not said": ({"lat": 34, "lon": 108}, wire.FixMsg(34, 108), ()),
    "lat as text": (FIX | {"lat": "34.3"}, wire.FixMsg(34.3, 108.7093, 12, None, "gnss"), ("lat given as text",)),
    "unknown source": (FIX | {"source": 5}, wire.FixMsg(34.3296, 108.7093, 12), ("source unknown",)),
}


@pytest.mark.parametrize(("location", "fix", "problems"), USABLE_FIXES.values(), ids=USABLE_FIXES)
def test_a_position_is_kept_when_something_beside_it_is_wrong(
    location: dict[str, Any], fix: wire.FixMsg, problems: tuple[str, ...]
) -> None:
    said = wire.read_alarm(ok(location=location))
    assert (said.location, said.problems) == (fix, problems)


@pytest.mark.parametrize("kind", wire.KINDS)
def test_every_kind_is_known(kind: str) -> None:
    assert wire.read_alarm(ok(kind=kind)).kind == kind


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_MEMBERS = st.dictionaries(
    st.sampled_from(["msg_id", "kind", "at", "location", "battery_pct", "rssi_dbm", "mains", "firmware", "test", "x"]),
    _JSON | st.fixed_dictionaries({"lat": _JSON, "lon": _JSON}, optional={"fix_at": _JSON, "accuracy_m": _JSON}),
)
_PAYLOADS = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda m: json.dumps(m).encode(), _MEMBERS),
    st.builds(lambda m, cut: json.dumps(m).encode()[:cut], _MEMBERS, st.integers(0, 400)),
    st.builds(
        lambda m, junk, at: json.dumps(m).encode()[:at] + junk + json.dumps(m).encode()[at:],
        _MEMBERS, st.binary(max_size=5), st.integers(0, 200),
    ),
)  # fmt: skip


@given(_PAYLOADS)
def test_no_bytes_break_a_reader_and_all_it_says_can_be_stored(payload: bytes) -> None:
    alarm, cancel = wire.read_alarm(payload), wire.read_cancel(payload)
    position = wire.read_location(payload)
    wire.read_heartbeat(payload)
    wire.read_state(payload)
    wire.read_receipt(payload)
    wire.read_progress(payload)
    wire.read_command(payload)
    for content in (alarm.content, cancel.content, position.content):
        text = json.dumps(content, allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in text
        assert len(text.encode()) <= 8 * wire.MAX_PAYLOAD  # strict UTF-8: a lone surrogate would raise here
    assert alarm.kind in wire.KINDS
    assert alarm.msg_id is None or wire.MSG_ID.fullmatch(alarm.msg_id)
    assert sum(map(len, alarm.problems)) < 1000
    if alarm.location is not None:
        assert abs(alarm.location.lat) <= 90
        assert abs(alarm.location.lon) <= 180
