"""A sandbox phone as the sandbox page shows it: how it behaves and what it is doing now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from notifier import sandbox_store
from notifier.sandbox_call import Behaviour, Call


@dataclass(frozen=True, slots=True)
class Phone:
    """`doing` is quiet, ringing or in_call; `call` the call it is in, or else its last one; `message` the newest
    message it was sent."""

    number: str
    behaviour: Behaviour
    is_set: bool
    doing: str
    call: Call | None
    message: Call | None


def shown(session: Session, rows: Sequence[Row[Any]]) -> list[Phone]:
    """The phones of these rows, in their order; three queries however many they are."""
    numbers = [row.number for row in rows]
    live = sandbox_store.live_calls(session, numbers)
    last = sandbox_store.newest(session, numbers, "call")
    messages = sandbox_store.newest(session, numbers, "sms")
    return [_shown(row, live.get(row.number), last.get(row.number), messages.get(row.number)) for row in rows]


def _shown(
    row: Row[Any],
    live: sandbox_store.Stored | None,
    last: sandbox_store.Stored | None,
    message: sandbox_store.Stored | None,
) -> Phone:
    call = live or last
    return Phone(
        number=row.number,
        behaviour=Behaviour(row.then, row.answer_after_s, row.sms_reply),
        is_set=row.is_set,
        doing="quiet" if live is None else {"ringing": "ringing"}.get(live.call.state, "in_call"),
        call=call.call if call else None,
        message=message.call if message else None,
    )
