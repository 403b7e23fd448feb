"""Which devices there are and their secrets: a CSV or JSON file of `uid` and `secret`."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from firmware_sim.connection import Login

DEVICES_FILE = "devices.csv"


class BadLogins(ValueError):
    """The file cannot be used; the text says where and why and never holds a secret."""


def read_logins(path: Path) -> list[Login]:
    """The devices of a file, in its order.

    CSV has a header line with at least `uid,secret`; JSON is a list of objects, or one object of uid to secret.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise BadLogins(f"{path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise BadLogins(f"{path}: not UTF-8") from None
    rows = _json_rows(path, text) if path.suffix == ".json" else _csv_rows(path, text)
    logins = []
    for where, row in rows:
        uid, secret = row.get("uid"), row.get("secret")
        if not isinstance(uid, str) or not isinstance(secret, str) or not uid or not secret:
            raise BadLogins(f"{path}, {where}: a device needs uid and secret")
        logins.append(Login(uid, secret))
    if not logins:
        raise BadLogins(f"{path}: there is no device in it")
    return logins


def _csv_rows(path: Path, text: str) -> list[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text))
    if not {"uid", "secret"} <= set(reader.fieldnames or ()):
        raise BadLogins(f"{path}: the first line must name the columns uid,secret")
    return [(f"line {reader.line_num}", row) for row in reader]


def _json_rows(path: Path, text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        content = json.loads(text)
    except ValueError as problem:
        raise BadLogins(f"{path}: {problem}") from None
    if isinstance(content, dict):
        content = [{"uid": uid, "secret": secret} for uid, secret in content.items()]
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise BadLogins(f"{path}: must be a list of objects with uid and secret")
    return [(f"item {n}", row) for n, row in enumerate(content, 1)]
