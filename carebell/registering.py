"""Registers devices through the centre's HTTP interface, for a fleet that has none of its own."""

import secrets
from collections.abc import Callable

import requests

from firmware_sim.connection import Login

TIMEOUT_S = 10.0
SAY_EVERY = 100


class CannotRegister(RuntimeError):
    """The centre refused; the text says what it answered."""


def register_devices(
    base_url: str, count: int, *, username: str | None, password: str, say: Callable[[str], None]
) -> list[Login]:
    """New devices without an elder. `password` is the user's, or a token when there is no `username`."""
    with requests.Session() as http:
        token = password if username is None else _signed_in(http, base_url, username, password)
        http.headers["Authorization"] = f"Bearer {token}"
        run, logins = secrets.token_hex(3), list[Login]()
        for n in range(1, count + 1):
            body = {"uid": f"sim-{run}-{n:05}", "model": "simulated"}
            answer = http.post(f"{base_url}/api/v1/devices", json=body, timeout=TIMEOUT_S)
            found = _checked(answer)
            logins.append(Login(found["uid"], found["secret"]))
            if n % SAY_EVERY == 0 or n == count:
                say(f"{n} of {count} devices are registered")
        return logins


def _signed_in(http: requests.Session, base_url: str, username: str, password: str) -> str:
    body = {"username": username, "password": password}
    return str(_checked(http.post(f"{base_url}/api/v1/session", json=body, timeout=TIMEOUT_S))["token"])


def _checked(answer: requests.Response) -> dict[str, str]:
    if not answer.ok:
        raise CannotRegister(f"the centre answered {answer.status_code} to {answer.request.method}")
    found = answer.json()
    return found if isinstance(found, dict) else {}
