"""The one door behind both ways in: who may enter, and what becomes of what a device says."""

import hmac
import logging
from collections.abc import Callable

from alarms.events import Press
from alarms.values import PROBE_UID
from core.clock import Clock
from core.db import Database
from core.errors import TryAgain
from core.ids import new_id
from gateway import store, wire
from gateway.counts import Counts
from gateway.downlink import Downlink, Sender
from gateway.intake import MAY_PASS, Intake, PressReceipt, Settled, Waiting
from gateway.presence import Presence
from gateway.reading import cancel_of, press_of
from registry.secrets import verify_secret

log = logging.getLogger(__name__)


class GatewayDoor:
    """Every method is quick and for any thread, except `authenticate`, which asks the database.

    `intake`, `downlink` and `sender` are given after construction, because each of them needs the door or another one.
    """

    intake: Intake
    downlink: Downlink
    sender: Sender

    def __init__(
        self,
        db: Database,
        clock: Clock,
        presence: Presence,
        *,
        counts: Counts,
        make_id: Callable[[], str] = new_id,
        probe_secret: str | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._presence = presence
        self.counts = counts
        self._new_id = make_id
        self._probe_secret = probe_secret

    def authenticate(self, username: str, password: bytes) -> str | None:
        """The uid of the device whose secret this is, whatever state the device is in; None for anybody else.

        Raises TryAgain when the database cannot be asked.
        """
        if username == PROBE_UID:
            return self._let_the_probe_in(password)
        try:
            with self._db.read() as session:
                hashed = store.secret_hash(session, username)
        except MAY_PASS as problem:
            raise TryAgain("no login can be checked now") from problem
        if hashed is None or not verify_secret(password, hashed):
            self.counts.add("logins_refused")
            return None
        return username

    def _let_the_probe_in(self, password: bytes) -> str | None:
        known = (self._probe_secret or "").encode()
        if known and hmac.compare_digest(known, password):
            return PROBE_UID
        self.counts.add("logins_refused")
        return None

    def connected(self, uid: str, _peer: str = "") -> None:
        self._presence.alive(uid)
        self.downlink.is_new(uid)

    def disconnected(self, uid: str, _graceful: bool = True) -> None:
        self._presence.gone(uid)
        self.downlink.is_new(uid)

    def subscribed(self, uid: str) -> None:
        self.downlink.is_listening(uid)

    def unheard(self, uid: str) -> None:
        """The broker says that nobody listened to what was sent to this device."""
        self.downlink.is_deaf(uid)

    def published(self, uid: str, kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        """Take one message of a device. `ack(True)` is called when it is safe, `ack(False)` when it is not."""
        self.counts.add(f"received_{kind}")
        self.downlink.is_heard(uid)
        if kind == "alarm":
            self._press(uid, payload, ack)
        elif kind == "cancel":
            self._cancel(uid, payload, ack)
        else:
            self._note(uid, kind, payload)
            ack(True)

    def _press(self, uid: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        now = self._clock.now()
        said = wire.read_alarm(payload)
        if said.problems:
            self.counts.add("alarms_not_read_whole")
        press = press_of(uid, payload, now, said, self._made_up_id())
        self.intake.put(Waiting(press, ack))
        self._presence.alive(uid, said.vitals)
        if said.location is not None:
            self._presence.place(uid, said.location, is_with_press=True)

    def _cancel(self, uid: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        cancel = cancel_of(uid, payload, self._clock.now(), self._made_up_id())
        self.intake.put(Waiting(cancel, ack))
        self._presence.alive(uid)

    def _made_up_id(self) -> str:
        """A new one each time: two presses without an id are two presses, and both join the elder's open alarm."""
        return f"anon-{self._new_id()}"

    def _note(self, uid: str, kind: str, payload: bytes) -> None:
        if kind == "heartbeat":
            self._presence.alive(uid, wire.read_heartbeat(payload).vitals)
        elif kind == "location":
            self._presence.alive(uid)
            fix = wire.read_location(payload).fix
            if fix is not None:
                self._presence.place(uid, fix)
        elif wire.read_state(payload) is False:
            self._presence.gone(uid)
        else:
            self._presence.alive(uid)

    def settled(self, settled: list[Settled]) -> None:
        """After a commit: acknowledge each message, and send each press its receipt."""
        for each in settled:
            try:
                each.waiting.ack(each.is_stored)
            except Exception as problem:  # noqa: BLE001 - one connection that is gone must not cost the others theirs
                log.error("could not acknowledge %s: %s", each.waiting.event.device_uid, type(problem).__name__)
        for each in settled:
            if each.receipt is not None and isinstance(each.waiting.event, Press):
                self._send_receipt(each.waiting.event, each.receipt)

    def _send_receipt(self, press: Press, receipt: PressReceipt) -> None:
        msg_id = press.msg_id if press.has_own_id else None
        payload = wire.receipt(msg_id, receipt.alarm_id, receipt.received_at)
        # Not kept when it cannot be sent: the device asks again until it has one.
        if not self.sender.send(press.device_uid, wire.down_topic(press.device_uid, "receipt"), payload):
            self.counts.add("receipts_unsent")
