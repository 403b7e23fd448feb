"""Twilio as a channel: calls and messages through one account."""

from datetime import datetime

from core.errors import TryAgain
from core.settings import Settings
from notifier.channel import AccountBad, CallOrder, NumberBad, Report, TextOrder
from notifier.twilio_client import SEND_TIMEOUT_S, make_client, translated
from notifier.twilio_sms import TwilioSms
from notifier.twilio_voice import TwilioVoice
from notifier.webhook import CHANNEL


class TwilioChannel:
    """A `Channel`; what becomes of its orders arrives at the console's hooks.

    Units: timeout_s is for connecting and for each read.
    """

    name = CHANNEL

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        from_number: str,
        public_url: str,
        *,
        api_url: str = "",
        timeout_s: float = SEND_TIMEOUT_S,
        detects_machines: bool = True,
        records_calls: bool = False,
    ) -> None:
        self._account_sid = account_sid
        self._client = make_client(account_sid, auth_token, api_url, timeout_s)
        self._voice = TwilioVoice(
            self._client, from_number, public_url, detects_machines=detects_machines, records_calls=records_calls
        )
        self._sms = TwilioSms(self._client, from_number, public_url)

    @classmethod
    def from_settings(cls, settings: Settings) -> "TwilioChannel":
        return cls(
            settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from, settings.public_url,
            api_url=settings.twilio_api_url, records_calls=settings.record_calls,
        )  # fmt: skip

    def call(self, order: CallOrder) -> str:
        return self._voice.call(order)

    def text(self, order: TextOrder) -> str:
        return self._sms.text(order)

    def hang_up(self, provider_ref: str) -> None:
        self._voice.hang_up(provider_ref)

    def find(self, attempt_id: str, phone: str, since: datetime, medium: str = "voice") -> Report | None:
        return (self._sms if medium == "sms" else self._voice).find(attempt_id, phone, since)

    def check(self) -> str | None:
        try:
            with translated(is_order=False):
                account = self._client.api.v2010.accounts(self._account_sid).fetch()
        except AccountBad as problem:
            return f"Twilio refuses the account or its token: {problem}"
        except (TryAgain, NumberBad) as problem:
            return str(problem)
        return None if account.status == "active" else f"the Twilio account is {account.status}"
