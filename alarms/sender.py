"""Asks a channel to ring or to write, and finds out what became of a request whose answer was lost."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from alarms import claims
from alarms.claims import Claimed, Overdue, Placed
from alarms.events import CallReport, Deadline, Event
from alarms.ledger import Entry, Ledger
from alarms.prompts import purpose_of
from alarms.replies import ends_by
from alarms.service import SEND_LEASE_S, AlarmService
from core.clock import Clock
from core.db import Database
from core.errors import CarebellError, Rejected, TryAgain
from notifier.channel import CallOrder, Channel, NumberBad, TextOrder, Unknown
from notifier.script import Prompt

LOOK_BACK_S = 30  # Clocks of providers differ from ours.
log = logging.getLogger(__name__)


class Sender:
    """Tries the channels in their order; what none of them takes has failed, and the chain moves on."""

    def __init__(
        self, db: Database, clock: Clock, service: AlarmService, channels: Sequence[Channel], ledger: Ledger
    ) -> None:
        self._db, self._clock, self._service = db, clock, service
        self._channels, self._ledger = tuple(channels), ledger

    def send(self, claimed: Claimed) -> None:
        """Begin one claimed attempt; whatever happens ends as a report."""
        try:
            self._ledger.put(self._try_channels(claimed))
        except Unknown:
            log.warning("a provider's answer was lost; it will be asked what became of the request")
        except Exception:
            log.exception("an attempt could not be begun")
            self._ledger.put(self._report(claimed, "failed", detail="could not be begun"))

    def _try_channels(self, claimed: Claimed) -> Entry:
        detail = "no channel takes it"
        for position, channel in enumerate(self._channels):
            if position:
                self._renew(claimed.attempt_id)
            try:
                ref = self._ask(channel, claimed)
            except Unknown:
                raise
            except NumberBad as problem:
                return self._report(claimed, "failed", detail=str(problem)[:200])
            except (TryAgain, Rejected) as problem:
                log.warning("channel %s did not take an attempt: %s", channel.name, type(problem).__name__)
                detail = f"{channel.name}: {type(problem).__name__}"
                continue
            if claimed.medium == "voice":
                return Placed(claimed.attempt_id, channel.name, ref, ends_by(claimed.started_at, claimed.ring_s))
            return self._report(claimed, "sent", channel=channel.name, provider_ref=ref)
        return self._report(claimed, "failed", detail=detail)

    def _ask(self, channel: Channel, claimed: Claimed) -> str:
        if claimed.medium == "voice":
            # The words are asked for when somebody answers, so no look-up stands in front of the ringing.
            prompt = Prompt(
                attempt_id=claimed.attempt_id, purpose=purpose_of(claimed.purpose), alarm_id=claimed.alarm_id,
                to_role=claimed.role, to_name=claimed.name,
            )  # fmt: skip
            order = CallOrder(claimed.attempt_id, claimed.phone, claimed.ring_s, prompt, claimed.started_at)
            return channel.call(order)
        message = self._service.prompt(claimed.attempt_id)
        if message is None:
            raise Rejected("there is nothing to say")
        return channel.text(TextOrder(claimed.attempt_id, claimed.phone, message))

    def _renew(self, attempt_id: str) -> None:
        try:
            with self._db.write() as session:
                claims.renew(session, attempt_id, self._clock.now() + timedelta(seconds=SEND_LEASE_S))
        except SQLAlchemyError:
            log.warning("a lease could not be renewed")

    def _report(
        self, claimed: Claimed, status: str, *, channel: str | None = None, provider_ref: str | None = None,
        detail: str | None = None,
    ) -> CallReport:  # fmt: skip
        return CallReport(claimed.attempt_id, status, self._clock.now(), None, channel, provider_ref, detail)

    def became_of(self, overdue: Overdue, now: datetime) -> Event:
        """The event that moves an overdue attempt on: the provider's word on a lost request, or the deadline."""
        if overdue.state == "sending":
            for channel in self._channels:
                found = self._find(channel, overdue)
                if found is not None:
                    return found
        return Deadline(overdue.alarm_id, now, overdue.id)

    def _find(self, channel: Channel, overdue: Overdue) -> CallReport | None:
        since = overdue.started_at - timedelta(seconds=LOOK_BACK_S)
        try:
            found = channel.find(overdue.id, overdue.phone, since, overdue.medium)
        except CarebellError:
            return None
        if found is None:
            return None
        return CallReport(
            overdue.id, found.status, found.at, found.digits, channel.name, found.provider_ref, found.detail
        )
