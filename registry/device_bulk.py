"""A delivery of devices, registered at once: all of them or none."""

from collections import Counter
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict
from registry import audit, bulk_match, bulk_store, device_history
from registry.audit import Actor, Deed
from registry.device_intake import DeviceNew, ManyDevices
from registry.devices import Devices
from registry.intake import BadMember, Uid
from registry.store import DEVICES, Row

TOLD = 5  # Uids that are named where several are wrong.
_UID = TypeAdapter(Uid)


@dataclass(frozen=True, slots=True)
class DeviceBulk:
    """`add` gives (uid, secret) of every new device, in the order asked for; the secrets are not kept."""

    devices: Devices

    def add(self, given: ManyDevices, *, by: Actor = Actor()) -> list[tuple[str, str]]:
        """Raises BadMember for uids that cannot be or come twice, Conflict for those that are taken."""
        uids = _checked(given)
        rows, secrets = self._rows(uids, given)
        try:
            with self.devices.desk.db.write() as session:
                self._write(session, rows, given, by)
        except IntegrityError as clash:
            raise Conflict("somebody registered one of these devices meanwhile: nothing was written") from clash
        told = list(zip(uids, secrets, strict=True))
        for uid, secret in told:
            self.devices.on_secret(uid, secret)
        return told

    def _rows(self, uids: list[str], given: ManyDevices) -> tuple[list[Row], list[str]]:
        alike = given.model_dump(include={"model", "batch", "note"})
        made = [self.devices.new_row(DeviceNew(uid=uid, **alike)) for uid in uids]
        return [row for row, _ in made], [secret for _, secret in made]

    def _write(self, session: Session, rows: list[Row], given: ManyDevices, by: Actor) -> None:
        taken = sorted(key[0] for key in bulk_match.keys_held(session, "devices", rows))
        if taken:
            raise Conflict(f"{len(taken)} of these uids are taken: {_some(taken)}; nothing was written")
        bulk_store.add_all(session, DEVICES, rows, lambda _what, _done, _total: None)
        now = rows[0]["created_at"]
        device_history.append(
            session,
            [device_history.line(row["id"], now, "registered", by, state="stock", batch=given.batch) for row in rows],
        )
        data = {"count": len(rows), "first": rows[0]["uid"], "last": rows[-1]["uid"]}
        audit.record(session, by, now, Deed("device.register_many", "device", rows[0]["id"], data=data))


def _checked(given: ManyDevices) -> list[str]:
    uids, member = given.names(), "uids" if given.uids is not None else "prefix"
    twice = [uid for uid, times in Counter(uids).items() if times > 1]
    if twice:
        raise BadMember(member, f"named twice: {_some(twice)}")
    try:
        _UID.validate_python(uids[0])
        _UID.validate_python(uids[-1])
    except ValidationError:
        raise BadMember(
            member, "a uid is 1 to 64 of A-Z a-z 0-9 . _ : ~ - and begins with a letter or a digit"
        ) from None
    return uids


def _some(uids: list[str]) -> str:
    more = len(uids) - TOLD
    return ", ".join(uids[:TOLD]) + (f" and {more} more" if more > 0 else "")
