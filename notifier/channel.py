"""How a person is reached: what every channel can do, and the values that go in and come back.

A channel never decides anything about an alarm. It is given an order, and what becomes of it is told in reports, which
may be late, repeated and out of order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import Rejected, TryAgain
from notifier.script import Prompt


@dataclass(frozen=True, slots=True)
class CallOrder:
    """Ring `phone` (E.164) for at most `ring_s` seconds."""

    attempt_id: str
    phone: str
    ring_s: int
    prompt: Prompt
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TextOrder:
    """Send a message to `phone` (E.164)."""

    attempt_id: str
    phone: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an attempt.

    `status`: ringing, answered, completed (over, and the channel does not know why), or an outcome: no_key, voicemail,
    busy, no_answer, rejected, failed, cancelled; of a message sent, delivered, undelivered, replied, failed. `digits`
    are keys that the prompt asked for, or a reply's text; "" when keys were asked for and none came; None otherwise.
    """

    attempt_id: str
    channel: str
    provider_ref: str | None
    status: str
    at: datetime
    digits: str | None = None
    detail: str | None = None


Relay = Callable[[Report], None]
"""Where reports go; returns once a report is safely stored. Raises TryAgain to be told again later."""


class NumberBad(Rejected):
    """This number can never be reached this way: the attempt has failed, the chain moves on."""


class ChannelDown(TryAgain):
    """The request certainly did not get through: another channel may be tried at once."""


class AccountBad(TryAgain):
    """The provider refuses us, whatever the number: another channel may be tried, and somebody must be told."""


class Unknown(TryAgain):
    """The request may have got through: ask `find` before dialling again."""


class Channel(Protocol):
    """One way to reach people. Safe for many threads; every method ends within a few seconds."""

    @property
    def name(self) -> str:
        """The word of the settings: sandbox, twilio."""
        ...

    def call(self, order: CallOrder) -> str:
        """Ring a phone; the provider's reference. Raises NumberBad, ChannelDown, AccountBad, Unknown."""
        ...

    def text(self, order: TextOrder) -> str:
        """Send a message; the provider's reference. Raises as `call`."""
        ...

    def hang_up(self, provider_ref: str) -> None:
        """End a call, ringing or answered; one that is over is left alone. No report need follow."""
        ...

    def find(self, attempt_id: str, phone: str, since: datetime, medium: str = "voice") -> Report | None:
        """What became of an order that may have been lost; None when the provider knows nothing of it (yet).

        `medium` is voice or sms. Raises ChannelDown, AccountBad when the provider cannot be asked.
        """
        ...

    def check(self) -> str | None:
        """What is wrong with the channel, in one line; None when it works."""
        ...
