"""Files of devices and their secrets."""

from pathlib import Path

import pytest

from firmware_sim.connection import Login
from firmware_sim.logins import BadLogins, read_logins

TWO = [Login("a", "s1"), Login("b", "s2")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.csv", "uid,secret\na,s1\nb,s2\n"),
        ("d.csv", "\ufeffmodel,secret,uid\nx,s1,a\ny,s2,b\n"),
        ("d.json", '[{"uid": "a", "secret": "s1"}, {"uid": "b", "secret": "s2"}]'),
        ("d.json", '{"a": "s1", "b": "s2"}'),
    ],
)
def test_devices_are_read_in_their_order(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_logins(tmp_path / name) == TWO


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("d.csv", "", "must name the columns uid,secret"),
        ("d.csv", "uid,key\na,s1\n", "must name the columns uid,secret"),
        ("d.csv", "uid,secret\n", "there is no device in it"),
        ("d.csv", "uid,secret\na,topsecret\nb\n", "line 3: a device needs uid and secret"),
        ("d.json", "[1]", "must be a list of objects"),
        ("d.json", '[{"uid": "a", "secret": 3}]', "item 1: a device needs uid and secret"),
        ("d.json", "{", "line 1 column 2"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadLogins, match=expected) as found:
        read_logins(tmp_path / name)
    assert "topsecret" not in str(found.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadLogins, match="No such file"):
        read_logins(tmp_path / "none.csv")


def test_a_secret_is_not_shown() -> None:
    assert "s1" not in repr(TWO[0])
