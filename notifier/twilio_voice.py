"""Calls through Twilio."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from core.errors import TryAgain
from notifier.channel import CallOrder, Report, Unknown
from notifier.twilio_client import translated
from notifier.webhook import CALL_STATUSES, CHANNEL, RETRY_FRAGMENT, recording_url, status_url, voice_url

EVENTS = ["initiated", "ringing", "answered", "completed"]
TALK_LIMIT_S = 180  # The prompt twice and the answer take about a minute.
CLOCK_SKEW_S = 2.0
LOOKED_AT = 20
REMEMBERED = 10_000


class TwilioVoice:
    """Rings phones, hangs up, and finds out what became of a call whose creation was not answered."""

    def __init__(
        self,
        client: Client,
        from_number: str,
        public_url: str,
        *,
        detects_machines: bool = True,
        records_calls: bool = False,
    ) -> None:
        self._client, self._from, self._public_url = client, from_number, public_url
        self._detects_machines, self._records_calls = detects_machines, records_calls
        self._mutex = Lock()
        self._attempt_of: OrderedDict[str, str] = OrderedDict()

    def call(self, order: CallOrder) -> str:
        """The call's SID. What is said is asked for by Twilio when somebody answers, so that it is true then."""
        more: dict[str, Any] = {}
        if self._detects_machines:
            more = {
                "machine_detection": "Enable",
                "async_amd": "true",  # A person hears the words at once; the machine is found out meanwhile.
                "async_amd_status_callback": status_url(self._public_url, order.attempt_id) + RETRY_FRAGMENT,
                "async_amd_status_callback_method": "POST",
            }
        if self._records_calls and order.prompt.purpose != "verify":
            more |= {
                "record": True,
                "recording_status_callback": recording_url(self._public_url, order.attempt_id) + RETRY_FRAGMENT,
                "recording_status_callback_method": "POST",
                "recording_status_callback_event": ["completed", "absent"],
            }
        with translated(is_order=True):
            made = self._client.calls.create(
                to=order.phone,
                from_=self._from,
                url=voice_url(self._public_url, order.attempt_id),
                method="POST",
                status_callback=status_url(self._public_url, order.attempt_id) + RETRY_FRAGMENT,
                status_callback_event=EVENTS,
                status_callback_method="POST",
                timeout=order.ring_s,
                time_limit=TALK_LIMIT_S,
                **more,
            )
        if not made.sid:
            raise Unknown("Twilio did not name the call")
        self._remember(made.sid, order.attempt_id)
        return str(made.sid)

    def hang_up(self, sid: str) -> None:
        """End a call, ringing or answered; one that is over is left alone."""
        try:
            with translated(is_order=False):
                try:
                    self._client.calls(sid).update(status="completed")
                except TwilioRestException as refused:
                    if refused.status not in (400, 404):  # 21220: it is not in progress any more
                        raise
        except Unknown as lost:
            raise TryAgain("Twilio's answer was lost") from lost

    def find(self, attempt_id: str, phone: str, since: datetime) -> Report | None:
        """The attempt's call by number and time; which attempt a call belongs to is seen from its callbacks.

        A call too young to have had one is taken for ours if no other attempt is known for it: one number has only one
        attempt of ours at a time.
        """
        with translated(is_order=False):
            calls = self._client.calls.list(to=phone, from_=self._from, limit=LOOKED_AT, page_size=LOOKED_AT)
            young = [call for call in calls if _created_at(call, since) >= since]
            for call in young:
                attempt = self._attempt_of.get(call.sid) or self._seen_in_events(call.sid)
                if attempt == attempt_id or (attempt is None and _is_new(call)):
                    return self._report(call, attempt_id, since)
        return None

    def _seen_in_events(self, sid: str) -> str | None:
        """The attempt in the addresses that Twilio has asked for this call; None when it has asked for none yet."""
        try:
            events = self._client.calls(sid).events.list(limit=LOOKED_AT)
        except TwilioException:
            return None
        for event in events:
            request = event.request if isinstance(event.request, dict) else {}
            found = parse_qs(urlsplit(str(request.get("url", ""))).query).get("attempt")
            if found:
                self._remember(sid, found[0])
                return found[0]
        return None

    def _report(self, call: Any, attempt_id: str, since: datetime) -> Report:
        status = CALL_STATUSES.get(str(call.status), "ringing")
        answered_by = str(call.answered_by or "")
        if answered_by.startswith(("machine", "fax")):
            status = "voicemail"
        at = call.end_time or call.start_time or call.date_created or since
        self._remember(call.sid, attempt_id)
        return Report(attempt_id, CHANNEL, call.sid, status, at.astimezone(UTC))

    def _remember(self, sid: str, attempt_id: str) -> None:
        with self._mutex:
            self._attempt_of[sid] = attempt_id
            while len(self._attempt_of) > REMEMBERED:
                self._attempt_of.popitem(last=False)


def _created_at(call: Any, default: datetime) -> datetime:
    """To the second, as Twilio has it."""
    created: datetime = call.date_created or call.start_time or default
    return created + timedelta(seconds=CLOCK_SKEW_S)


def _is_new(call: Any) -> bool:
    return call.status in ("queued", "initiated", "ringing", "in-progress")
