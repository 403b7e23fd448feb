"""Test calls: the same channels and telephones as an alarm's, and nothing of its chain.

A test call is no alarm. It is made once, at a registrar's word, and nobody is called instead; what became of it is told
by the same reports. While it lasts, an alarm's call to the number finds it busy and the chain moves on.
"""

import logging
from collections.abc import Sequence

from alarms import claims
from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotFound, Rejected, TryAgain
from notifier.channel import CallOrder, Channel, NumberBad, Report, Unknown
from notifier.script import Prompt
from registry import phone_checks
from registry.audit import Actor
from registry.phone_checks import LIVE, RING_S, PhoneChecks
from registry.store import Row

log = logging.getLogger(__name__)


class CheckCalls:
    """Rings, says what it is about, and takes down the key."""

    def __init__(self, db: Database, clock: Clock, checks: PhoneChecks, channels: Sequence[Channel]) -> None:
        self._db, self._clock, self._checks, self._channels = db, clock, checks, tuple(channels)

    def ring(self, contact_id: str, phone: str | None, by: Actor) -> Row:
        """Begin a test call; the row, whose state tells later what became of it.

        Raises NotFound, BadMember (not a number of this contact's), Conflict (the phone is in a call of ours).
        """
        check = self._checks.begin(contact_id, phone, by)
        with self._db.read() as session:
            is_busy = bool(claims.busy_numbers(session, [check["phone"]]))
        if is_busy:
            self._checks.heard(check["id"], "busy", detail="in a call of ours about an alarm")
            raise Conflict("this phone is being rung about an alarm")
        self._place(check)
        with self._db.read() as session:
            return phone_checks.get(session, check["id"])

    def prompt(self, check_id: str) -> Prompt | None:
        """What there is to say; None when there is no such test call."""
        with self._db.read() as session:
            try:
                return _prompt(phone_checks.seen(phone_checks.get(session, check_id), self._clock.now()))
            except NotFound:
                return None

    def report(self, report: Report) -> None:
        """A channel's word on a test call; one that is not known is noise."""
        try:
            self._checks.heard(report.attempt_id, report.status, report.digits, report.detail)
        except NotFound:
            log.info("a report on a test call that there is not")

    def _place(self, check: Row) -> None:
        order = CallOrder(check["id"], check["phone"], RING_S, _prompt(check), self._clock.now())
        detail = "no channel takes it"
        for channel in self._channels:
            try:
                ref = channel.call(order)
            except Unknown:
                return  # It may ring all the same: a report will tell, or its time runs out.
            except NumberBad as problem:
                self._checks.heard(check["id"], "failed", detail=str(problem))
                return
            except (TryAgain, Rejected) as problem:
                log.warning("channel %s did not take a test call: %s", channel.name, type(problem).__name__)
                detail = f"{channel.name}: {type(problem).__name__}"
                continue
            self._checks.placed(check["id"], channel.name, ref)
            return
        self._checks.heard(check["id"], "failed", detail=detail)


def _prompt(check: Row) -> Prompt:
    return Prompt(
        attempt_id=check["id"], purpose="verify", language=check["language"], to_name=check["name"],
        is_over=check["state"] not in LIVE,
    )  # fmt: skip
