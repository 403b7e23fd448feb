"""Messages through Twilio."""

from datetime import UTC, datetime
from typing import Any

from twilio.rest import Client

from notifier.channel import Report, TextOrder, Unknown
from notifier.script import text_message
from notifier.twilio_client import translated
from notifier.webhook import CHANNEL, MESSAGE_STATUSES, RETRY_FRAGMENT, status_url

LOOKED_AT = 20
VALID_FOR_S = 3600  # A call for help that could not be delivered for an hour is no news.


class TwilioSms:
    """Sends messages, and finds out what became of one whose sending was not answered."""

    def __init__(self, client: Client, from_number: str, public_url: str) -> None:
        self._client, self._from, self._public_url = client, from_number, public_url

    def text(self, order: TextOrder) -> str:
        """The message's SID."""
        with translated(is_order=True):
            made = self._client.messages.create(
                to=order.phone,
                from_=self._from,
                body=text_message(order.prompt),
                status_callback=status_url(self._public_url, order.attempt_id) + RETRY_FRAGMENT,
                validity_period=VALID_FOR_S,
            )
        if not made.sid:
            raise Unknown("Twilio did not name the message")
        return str(made.sid)

    def find(self, attempt_id: str, phone: str, since: datetime) -> Report | None:
        """The newest message to this number since then: a second one would say the same."""
        with translated(is_order=False):
            messages = self._client.messages.list(to=phone, from_=self._from, limit=LOOKED_AT, page_size=LOOKED_AT)
            newest: Any = next((m for m in messages if (m.date_created or since) >= since.replace(microsecond=0)), None)
        if newest is None:
            return None
        status = MESSAGE_STATUSES.get(str(newest.status), "sent")
        at = newest.date_updated or newest.date_created or since
        return Report(attempt_id, CHANNEL, newest.sid, status, at.astimezone(UTC))
