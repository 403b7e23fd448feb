"""Ending calls that nobody needs any more, also in a process that begins none."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from alarms.claims import Claimed
from alarms.values import Attempt
from core.errors import CarebellError
from notifier.channel import Channel

THREADS = 4
log = logging.getLogger(__name__)


def end_call(channel: Channel, provider_ref: str) -> None:
    """Hang up; a call that cannot be ended now ends with its ring time."""
    try:
        channel.hang_up(provider_ref)
    except CarebellError as problem:
        log.info("a call could not be hung up: %s", type(problem).__name__)


class HangUps:
    """A dispatcher for a console or a gateway without an engine: its officers' and devices' decisions end calls too."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = {channel.name: channel for channel in channels}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="hang-up")

    def room(self) -> int:
        """None: what is due is left to the engines."""
        return 0

    def take(self, claimed: Sequence[Claimed]) -> None:
        """Never called, since there is no room."""

    def hang_up(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            channel = self._channels.get(attempt.channel or "")
            if channel is not None and attempt.provider_ref:
                self._pool.submit(end_call, channel, attempt.provider_ref)

    def stop(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
