"""One-key phones: registered, given to their elder, moved through their life, given a secret, replaced."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.errors import Conflict
from core.ids import new_id
from registry import audit, device_history, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.device_intake import DeviceNew, DevicePatch, Pairing, Replacement
from registry.device_life import after_pairing, after_unpairing, begins_anew, check_move, first_state
from registry.device_views import dressed, standing
from registry.intake import BadMember
from registry.secrets import hash_secret, new_secret
from registry.sim_cards import machine_number
from registry.store import DEVICES, ELDERS, Row

SecretHook = Callable[[str, str], None]
"""Told (uid, secret) after a secret was issued: where devices log in at the site's broker, it must learn them."""


def tell_nobody(_uid: str, _secret: str) -> None:
    """Where devices log in at our own endpoint, the hash in the registry is enough."""


@dataclass(frozen=True, slots=True)
class Devices:
    """One transaction for each call, with its line in the device's history and in the audit log. `key` is a device's
    uid or its id. A retired device keeps its link and its secret, because a press of it is still a press."""

    desk: Desk
    on_secret: SecretHook = tell_nobody

    def add(self, given: DeviceNew, *, by: Actor = Actor()) -> tuple[Row, str]:
        """The row and the secret, which is not kept. Raises Conflict for a uid or a SIM card that is taken."""
        row, secret = self.new_row(given)
        with self.desk.db.write() as session:
            _check_elder(session, given.elder_id)
            if store.find(session, DEVICES, DEVICES.c.uid == given.uid):
                raise Conflict("there is a device with this uid")
            _check_sim(session, row["sim_iccid"], row["id"])
            store.add(session, DEVICES, row)
            line = device_history.line(
                row["id"], row["created_at"], "registered", by, state=row["state"], elder_id=row["elder_id"]
            )
            keep(session, [line], by)
            row = store.get(session, DEVICES, row["id"])
        self.on_secret(given.uid, secret)
        return row, secret

    def new_row(self, given: DeviceNew) -> tuple[Row, str]:
        """A new device's row, ready to be written where its uid is free, and its secret. Raises BadMember."""
        now, secret = self.desk.clock.now(), new_secret()
        since = now if given.elder_id else None
        row = self._sim_phoned(given.model_dump()) | {
            "id": new_id(), "version": 1, "created_at": now, "updated_at": now, "paired_at": since,
            "tested_from": since, "secret_hash": hash_secret(secret),
            "state": given.state or first_state(has_elder=given.elder_id is not None),
        }  # fmt: skip
        return row, secret

    def change(self, key: str, patch: DevicePatch, version: int | None = None, *, by: Actor = Actor()) -> Row:
        """Raises Conflict for a move that the device's life does not have, naming what is missing."""
        values = self._sim_phoned(patch.said())
        with self.desk.db.write() as session:
            work = _Work(session, self._held(session, key, version or patch.version), self.desk.clock.now(), by)
            return work.done(values, reason=values.pop("reason", None))

    def pair(
        self, key: str, given: Pairing, version: int | None = None, *, by: Actor = Actor()
    ) -> tuple[Row, str | None]:
        """Give it to an elder; the row, and the id of the elder who had it before."""
        with self.desk.db.write() as session:
            device = self._held(session, key, version or given.version)
            work = _Work(session, device, self.desk.clock.now(), by)
            return work.done({"elder_id": given.elder_id}, reason=given.reason), device["elder_id"]

    def replace(self, key: str, given: Replacement, *, by: Actor = Actor()) -> tuple[Row, Row]:
        """Another device takes over the elder; the new one's row and the old one's. The old one keeps its link: whoever
        finds it in a drawer and presses it is still helped."""
        with self.desk.db.write() as session:
            old_id, new_id_ = (store.get_device(session, each)["id"] for each in (key, given.by))
            held = {row["id"]: row for row in store.hold(session, DEVICES, DEVICES.c.id.in_([old_id, new_id_]))}
            old, new = held[old_id], held[new_id_]
            _check_replacement(old, new)
            now = self.desk.clock.now()
            new_row = _Work(session, new, now, by).done({"elder_id": old["elder_id"]}, given.reason, replaces=old["id"])
            values = {"replaced_by": new["id"]} | ({} if old["state"] == "retired" else {"state": given.state})
            return new_row, _Work(session, old, now, by).done(values, given.reason)

    def retire(self, key: str, version: int | None = None, *, by: Actor = Actor()) -> Row:
        return self.change(key, DevicePatch(state="retired"), version, by=by)

    def restore(self, key: str, *, by: Actor = Actor()) -> Row:
        """Undo a retirement that was the last thing that happened to it."""
        with self.desk.db.write() as session:
            device = self._held(session, key, None)
            last, _ = device_history.of_device(session, device["id"], limit=1)
            if device["state"] != "retired" or not last or last[0]["data"].get("to") != "retired":
                raise Conflict("more has happened to this device since: move it on from where it is")
            now, back = self.desk.clock.now(), last[0]["data"]["from"]
            line = device_history.line(device["id"], now, "moved", by, **{"from": "retired", "to": back}, is_undo=True)
            row = store.change(session, DEVICES, device["id"], {"state": back, "updated_at": now})
            keep(session, [line], by)
            return row

    def renew_secret(self, key: str, *, by: Actor = Actor()) -> tuple[Row, str]:
        """A new secret. The old one opens no session from now on; one that stands is served: a press is a press."""
        secret = new_secret()
        with self.desk.db.write() as session:
            device, now = store.get_device(session, key), self.desk.clock.now()
            values = {"secret_hash": hash_secret(secret), "updated_at": now}
            row = store.change(session, DEVICES, device["id"], values)
            keep(session, [device_history.line(device["id"], now, "secret", by)], by)
        self.on_secret(row["uid"], secret)
        return row, secret

    def _held(self, session: Session, key: str, version: int | None) -> Row:
        """The device, kept from others until the transaction ends. Raises NotFound, Conflict for another version."""
        [device] = store.hold(session, DEVICES, DEVICES.c.id == store.get_device(session, key)["id"])
        if version not in (None, device["version"]):
            raise Conflict(f"somebody changed this device meanwhile: it is at version {device['version']}")
        return device

    def _sim_phoned(self, values: Row) -> Row:
        written = values.get("sim_phone")
        if written is None:
            return values
        try:
            return values | {"sim_phone": machine_number(written) or self.desk.phones.to_e164(written)}
        except ValueError as fault:
            raise BadMember("sim_phone", str(fault)) from None


class _Work:
    """One device being changed: what is written, and the lines of its history."""

    def __init__(self, session: Session, device: Row, now: datetime, by: Actor) -> None:
        self._session, self._device, self._now, self._by = session, device, now, by
        self._values: Row = {}
        self._lines: list[Row] = []

    def done(self, wanted: Row, reason: str | None = None, **more: Any) -> Row:
        """Write what is new of `wanted`; the row afterwards. `more` is said in the line about the elder."""
        news = {name: value for name, value in wanted.items() if value != self._device[name]}
        if not news:
            return self._device
        to = news.pop("state", None)
        if "elder_id" in news:
            self._to_elder(news.pop("elder_id"), reason, more)
        if news:
            self._members(news, reason)
        if to is not None:
            self._move(to, reason)
        self._values["updated_at"] = self._now
        row = store.change(self._session, DEVICES, self._device["id"], self._values)
        keep(self._session, self._lines, self._by)
        return row

    @property
    def _now_is(self) -> Row:
        return self._device | self._values

    def _say(self, what: str, **data: Any) -> None:
        self._lines.append(device_history.line(self._device["id"], self._now, what, self._by, **data))

    def _to_elder(self, elder_id: str | None, reason: str | None, more: Row) -> None:
        before = self._device["elder_id"]
        if elder_id is None:
            state = after_unpairing(self._now_is["state"])
            self._say("unpaired", elder_id=before, reason=reason)
        else:
            _check_elder(self._session, elder_id)
            state = after_pairing(self._now_is["state"])
            self._say("paired", elder_id=elder_id, previous_elder_id=before, reason=reason, **more)
        self._values |= {"elder_id": elder_id, "paired_at": self._now if elder_id else None}
        self._values |= {"tested": None, "tested_from": self._now, "replaced_by": None}
        self._follow(state)

    def _members(self, news: Row, reason: str | None) -> None:
        if news.get("sim_iccid"):
            _check_sim(self._session, news["sim_iccid"], self._device["id"])
        before = dressed(self._session, [self._now_is])[0]
        self._values |= news
        if "replaced_by" in news:
            self._say("replaced", replaced_by=news["replaced_by"], reason=reason)
        else:
            self._say("changed", members=sorted(news), reason=reason)
        after = dressed(self._session, [self._now_is])[0]
        if after["state"] == "in_service" and set(after["untested"]) - set(before["triggers"]):
            self._follow("installed")

    def _move(self, to: str, reason: str | None) -> None:
        device = dressed(self._session, [self._now_is])[0]
        if to == device["state"]:
            return
        check_move(standing(device), to)
        self._say("moved", **{"from": device["state"], "to": to}, reason=reason)
        self._values["state"] = to
        if to == "in_service":
            self._values["tested"] = {name: at.isoformat() for name, at in device["tested"].items()}
        if begins_anew(to):
            self._values |= {"tested": None, "tested_from": self._now}
        if to == "stock":
            self._values["replaced_by"] = None
            if device["elder_id"] is not None:
                self._say("unpaired", elder_id=device["elder_id"])
                self._values |= {"elder_id": None, "paired_at": None}

    def _follow(self, state: str) -> None:
        """A move that comes of another change."""
        before = self._now_is["state"]
        if state != before:
            self._values["state"] = state
            self._say("moved", **{"from": before, "to": state})


def keep(session: Session, lines: list[Row], by: Actor) -> None:
    """Write the lines into the devices' history and the audit log."""
    device_history.append(session, lines)
    deeds = []
    for line in lines:
        data = {name: value for name, value in line["data"].items() if name != "reason"}
        deeds.append(Deed(f"device.{line['what']}", "device", line["device_id"], line["data"].get("reason"), data))
    if lines:
        audit.record(session, by, lines[0]["at"], *deeds)


def _check_elder(session: Session, elder_id: str | None) -> None:
    if elder_id is not None and not store.hold(session, ELDERS, ELDERS.c.id == elder_id):
        raise BadMember("elder_id", "there is no such elder")


def _check_sim(session: Session, iccid: str | None, device_id: str) -> None:
    if iccid is None:
        return
    other = store.find(session, DEVICES, DEVICES.c.sim_iccid == iccid, DEVICES.c.id != device_id)
    if other is not None:
        raise BadMember("sim_iccid", f"this SIM card is in another device: {other['uid']}")


def _check_replacement(old: Row, new: Row) -> None:
    if old["id"] == new["id"]:
        raise BadMember("by", "a device does not replace itself")
    if old["elder_id"] is None:
        raise Conflict("this device has no elder: there is nothing to take over")
    if new["elder_id"] not in (None, old["elder_id"]):
        raise Conflict("the other device is another elder's")
    after_pairing(new["state"])
