"""Recordings that Twilio made: fetched with our credentials from our own account's address, and then taken from there.

The address that a callback carries is not used: what is fetched, and from where, follows from the settings and the
recording's id alone.
"""

import time
from collections.abc import Iterator

import requests

from core.errors import Rejected, TryAgain
from core.settings import Settings
from notifier.recording import MEDIA_TYPES, TWILIO_RECORDING, Audio
from notifier.webhook import CHANNEL

API_URL = "https://api.twilio.com"
CONNECT_S, READ_S = 5.0, 30.0
WHOLE_S = 240.0  # A call lasts three minutes at the most; a line this slow is tried again.
_CHUNK = 64 * 1024


class TwilioRecordings:
    """A `Source`."""

    name = CHANNEL

    def __init__(self, account_sid: str, auth_token: str, api_url: str = "") -> None:
        self._base = f"{(api_url or API_URL).rstrip('/')}/2010-04-01/Accounts/{account_sid}/Recordings/"
        self._session = requests.Session()
        self._session.auth = (account_sid, auth_token)

    @classmethod
    def from_settings(cls, settings: Settings) -> "TwilioRecordings":
        return cls(settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url)

    def fetch(self, ref: str) -> Audio:
        answer = self._ask("GET", ref, ".mp3")
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status_code == 200 and media_type in MEDIA_TYPES:
            return Audio(media_type, _read(answer))
        answer.close()
        if answer.status_code == 200:
            raise TryAgain("Twilio did not answer with sound")
        if answer.is_redirect:
            raise Rejected("Twilio keeps this recording elsewhere: switch its external storage off")
        raise TryAgain(f"Twilio answered {answer.status_code}")  # 404 too: it may be told before it can be had.

    def forget(self, ref: str) -> None:
        answer = self._ask("DELETE", ref, ".json")
        answer.close()
        if answer.status_code not in (200, 204, 404, 410):
            raise TryAgain(f"Twilio answered {answer.status_code}")

    def _ask(self, method: str, ref: str, ending: str) -> requests.Response:
        if not TWILIO_RECORDING.fullmatch(ref):
            raise Rejected("this is no recording of Twilio's")
        try:
            return self._session.request(
                method, self._base + ref + ending, stream=True, timeout=(CONNECT_S, READ_S), allow_redirects=False
            )
        except requests.RequestException as broken:
            raise TryAgain(f"Twilio cannot be reached ({type(broken).__name__})") from None


def _read(answer: requests.Response) -> Iterator[bytes]:
    ends_at = time.monotonic() + WHOLE_S
    with answer:
        try:
            for chunk in answer.iter_content(_CHUNK):
                if time.monotonic() > ends_at:
                    raise TryAgain("the recording came too slowly")
                yield chunk
        except requests.RequestException as broken:
            raise TryAgain(f"the recording broke off ({type(broken).__name__})") from None
