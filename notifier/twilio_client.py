"""Twilio's client, made fit for emergencies: time limits, no repeated POST, and errors that say what to do next."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3 import exceptions as urllib3_errors

from notifier.channel import AccountBad, ChannelDown, NumberBad, Unknown

SEND_TIMEOUT_S = 5.0  # Twilio's client waits for ever unless told otherwise.
CONNECTIONS = 32

# Twilio's error codes for a number that this will never reach; any other refusal is the account's own trouble
# (credentials, a country without permission, a sender it does not own) and may work by another channel.
NUMBER_BAD = frozenset({21211, 21214, 21217, 21401, 21610, 21612, 21614, 21635, 13224})
SLOW_DOWN = 20429
_NEVER_SENT = (
    urllib3_errors.NewConnectionError,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.NameResolutionError,
    urllib3_errors.SSLError,
    urllib3_errors.ProxyError,
)


class PromptHttpClient(TwilioHttpClient):  # type: ignore[misc]  # comes without types
    """Requests with a time limit, never repeated by themselves, and never logged: they hold phone numbers.

    `api_url` replaces scheme, host and port of every request; a path in it goes in front.
    """

    def __init__(self, api_url: str = "", timeout_s: float = SEND_TIMEOUT_S) -> None:
        super().__init__(timeout=timeout_s, logger=logging.getLogger(__name__))
        self._api = urlsplit(api_url) if api_url else None
        self.session = requests.Session()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(CONNECTIONS, CONNECTIONS, max_retries=0, pool_block=False))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if self._api is not None:
            asked = urlsplit(url)
            path = self._api.path.rstrip("/") + asked.path
            url = urlunsplit((self._api.scheme, self._api.netloc, path, asked.query, ""))
        return super().request(method, url, *args, **kwargs)

    def log_request(self, kwargs: Any) -> None:
        """Nothing: the request holds a phone number and the words of a call."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Nothing, likewise."""


def make_client(
    account_sid: str, auth_token: str, api_url: str = "", timeout_s: float = SEND_TIMEOUT_S
) -> Client:  # fmt: skip
    return Client(account_sid, auth_token, http_client=PromptHttpClient(api_url, timeout_s))


@contextmanager
def translated(*, is_order: bool) -> Iterator[None]:
    """Say what to do next about an error of the client; `is_order` is a request that must not be made twice.

    Raises NumberBad, AccountBad, ChannelDown, Unknown; the texts hold no number and no name.
    """
    try:
        yield
    except TwilioRestException as refused:
        raise _of_answer(refused.status, refused.code, is_order=is_order) from None
    except requests.RequestException as broken:
        raise _of_transport(broken, is_order=is_order) from None
    except TwilioException as refused:
        raise _of_list(refused, is_order=is_order) from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as unreadable:
        kind = Unknown if is_order else ChannelDown
        raise kind(f"Twilio's answer cannot be read ({type(unreadable).__name__})") from None


def _of_answer(status: int, code: int | None, *, is_order: bool) -> Exception:
    words = f"Twilio answered {status}" + (f", error {code}" if code else "")
    if status in (500, 502, 504) and is_order:
        return Unknown(words)
    if status >= 500 or status in (408, 429) or code == SLOW_DOWN:
        return ChannelDown(words)
    if code in NUMBER_BAD:
        return NumberBad(words)
    return AccountBad(words)


def _of_list(refused: TwilioException, *, is_order: bool) -> Exception:
    """A list is refused with a plain exception that carries the response."""
    status = getattr(refused.args[1], "status_code", None) if len(refused.args) > 1 else None
    if isinstance(status, int):
        return _of_answer(status, None, is_order=is_order)
    return (Unknown if is_order else ChannelDown)("Twilio's answer cannot be read")


def _of_transport(broken: requests.RequestException, *, is_order: bool) -> Exception:
    words = f"Twilio cannot be reached ({type(broken).__name__})"
    cause = broken.args[0] if broken.args else None
    reason = getattr(cause, "reason", cause)
    was_never_sent = isinstance(broken, requests.ConnectTimeout) or isinstance(reason, _NEVER_SENT)
    is_our_mistake = not isinstance(
        broken, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    )
    return Unknown(words) if is_order and not was_never_sent and not is_our_mistake else ChannelDown(words)
