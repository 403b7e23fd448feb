"""A console without an engine hangs up the phones that its officers' decisions no longer need."""

import threading
from datetime import UTC, datetime
from typing import Any

from alarms.engine import Engine
from alarms.events import OfficerAction, Press
from alarms.hangups import HangUps
from alarms.service import AlarmService
from core.clock import ManualClock
from core.db import Database
from core.wake import Wake
from notifier.channel import CallOrder, Report, TextOrder
from registry.models import Contact, Device, Elder

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SOON_S = 10


class Line:
    """A channel that remembers which calls were hung up."""

    name = "sandbox"

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.has_ended = threading.Event()

    def call(self, order: CallOrder) -> str:
        return f"call-{order.phone}"

    def text(self, order: TextOrder) -> str:
        return f"text-{order.phone}"

    def hang_up(self, provider_ref: str) -> None:
        self.ended.append(provider_ref)
        self.has_ended.set()

    def find(self, attempt_id: str, phone: str, since: datetime, medium: str = "voice") -> Report | None:
        return None

    def check(self) -> str | None:
        return None


def test_an_officers_word_at_another_process_ends_the_ringing(db: Database) -> None:
    clock, line = ManualClock(NOW), Line()
    stamps: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}
    with db.write() as session:
        session.add(Elder(id="e", name="Zhao", **stamps))
        session.flush()
        session.add(Contact(id="c", elder_id="e", name="Li", role="family", phone="+8613900000001", rank=1, **stamps))
        session.add(Device(id="d", uid="dev-7", elder_id="e", secret_hash="x", **stamps))
    with_engine, console = AlarmService(db, clock, Wake()), AlarmService(db, clock, Wake())
    with_engine.dispatcher = Engine(db, clock, Wake(), with_engine, [line], senders=0)
    hang_ups = HangUps([line])
    console.dispatcher = hang_ups

    alarm_id = with_engine.presses([Press("dev-7", "m-1", NOW)])[0].alarm_id
    console.handle(OfficerAction(alarm_id, "accept", "u", "Li Min", NOW, contact_id="c"))

    assert line.has_ended.wait(SOON_S)
    assert line.ended == ["call-+8613900000001"]
    hang_ups.stop()
