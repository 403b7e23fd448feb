"""Writing how an alarm climbs."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.errors import Conflict, Forbidden, NotFound
from core.ids import new_id
from registry import area_store, audit, policy_store, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.policy_intake import SCOPE, PolicyPatch
from registry.profile import DEFAULT_POLICY
from registry.rungs import policy_settings
from registry.store import ELDERS, POLICIES, Row

UNCHANGED: Row = {
    "name": DEFAULT_POLICY, "settings": {}, "version": 0, "updated_at": None, **dict.fromkeys(SCOPE),
}  # fmt: skip
"""The default policy of a site where nobody has touched it."""


@dataclass(frozen=True, slots=True)
class Policies:
    """One transaction for each call; raises as `registry.elders.Elders` does. Open alarms keep what they began with."""

    desk: Desk

    def get(self, session: Session, name: str) -> Row:
        """The policy of that name; the default one always exists. Raises NotFound."""
        row = store.find(session, POLICIES, POLICIES.c.name == name)
        if row is None and name != DEFAULT_POLICY:
            raise NotFound("there is no such policy")
        return row or UNCHANGED

    def set(self, name: str, patch: PolicyPatch, version: int | None = None, by: Actor = Actor()) -> Row:
        """Change the members given, or make a new policy of that name: what is left out is then as in the default."""
        now, version = self.desk.clock.now(), version or patch.version
        with self.desk.db.write() as session:
            default = policy_store.hold_default(session, now)
            before = default if name == DEFAULT_POLICY else store.find(session, POLICIES, POLICIES.c.name == name)
            if before is None and version is not None:
                raise NotFound("there is no such policy")
            held = before or {"name": name, "settings": default["settings"], **dict.fromkeys(SCOPE)}
            after = held | patch.scope() | {"settings": _merged(held["settings"], patch)}
            _refuse_out_of_sight(session, by, after, *([before] if before else []))
            _check_scope(session, after, set(patch.scope()))
            row = self._put(session, before, after, version, by, now)
            changed = [*patch.scope(), *patch.settings()]
            audit.record(session, by, now, Deed("policy.set", "policy", name, data={"members": sorted(changed)}))
            return row

    def restore(self, name: str, number: int, version: int | None = None, by: Actor = Actor()) -> Row:
        """Make a policy what it was at that version, as a new version."""
        now = self.desk.clock.now()
        with self.desk.db.write() as session:
            policy_store.hold_default(session, now)
            before = self.get(session, name)
            kept = policy_store.version(session, before.get("id", ""), number)
            if kept is None:
                raise NotFound("there is no such version")
            after = before | {member: kept["settings"].get(member) for member in SCOPE}
            after["settings"] = asdict(policy_settings(kept["settings"]))
            _refuse_out_of_sight(session, by, before, after)
            _check_scope(session, after, set(SCOPE))
            row = self._put(session, before, after, version, by, now)
            audit.record(session, by, now, Deed("policy.restore", "policy", name, data={"version": number}))
            return row

    def remove(self, name: str, version: int | None = None, by: Actor = Actor()) -> None:
        """Its versions stay, for the alarms that began with it. Raises Conflict for the default policy."""
        if name == DEFAULT_POLICY:
            raise Conflict("the default policy cannot be removed: it serves where no other is meant")
        now = self.desk.clock.now()
        with self.desk.db.write() as session:
            policy_store.hold_default(session, now)
            row = self.get(session, name)
            _refuse_out_of_sight(session, by, row)
            if version not in (None, row["version"]):
                raise Conflict(f"somebody changed this policy meanwhile: it is at version {row['version']}")
            store.erase(session, POLICIES, row["id"])
            policy_store.tell_presses(session)
            audit.record(session, by, now, Deed("policy.remove", "policy", name))

    @staticmethod
    def _put(session: Session, before: Row | None, after: Row, version: int | None, by: Actor, now: datetime) -> Row:
        values: dict[str, Any] = {name: after[name] for name in ("settings", *SCOPE)} | {"updated_at": now}
        if before is None:
            row = values | {"id": new_id(), "name": after["name"], "version": 1}
            store.add(session, POLICIES, row)
        else:
            if before["version"] and policy_store.version(session, before["id"], before["version"]) is None:
                policy_store.keep_version(session, before, Actor(), before["updated_at"])  # Older than the versions.
            row = store.change(session, POLICIES, before["id"], values, version=version)
        policy_store.keep_version(session, row, by, now)
        if row["name"] != DEFAULT_POLICY:  # A press reads that one in any case.
            policy_store.tell_presses(session)
        return row


def _merged(settings: dict[str, Any], patch: PolicyPatch) -> dict[str, Any]:
    merged = policy_settings(settings | patch.settings())
    if merged.polite_from_hour >= merged.polite_to_hour:
        raise BadMember("polite_from_hour", "must be earlier than polite_to_hour")
    return asdict(merged)


def _refuse_out_of_sight(session: Session, by: Actor, *policies: Row) -> None:
    """Who sees some areas only writes policies for those and for the elders there. Raises Forbidden."""
    if by.scope.is_everywhere:
        return
    for policy in policies:
        if policy["elder_id"] is not None:
            is_theirs = by.scope.sees_elder(session, policy["elder_id"])
        else:
            code = policy["area_code"]
            is_theirs = code is not None and by.scope.holds(area_store.path_of(session, code))
        if not is_theirs:
            raise Forbidden("this policy is for people outside your areas")


def _check_scope(session: Session, policy: Row, said: set[str]) -> None:
    """Raises BadMember for somebody or something that there is not, Conflict where another policy is for the same."""
    meant = [name for name in SCOPE if name != "title" and policy[name] is not None]
    if policy["name"] == DEFAULT_POLICY:
        if meant:
            raise BadMember(meant[0], "the default policy is for everybody")
        return
    if policy["elder_id"] is not None and policy["area_code"] is not None:
        raise BadMember("area_code", "a policy is for an elder or for an area, not for both")
    elder_id, area_code = (policy[name] if name in said else None for name in ("elder_id", "area_code"))
    if elder_id is not None and store.find(session, ELDERS, ELDERS.c.id == elder_id) is None:
        raise BadMember("elder_id", "there is no such elder")
    if area_code is not None and area_store.by_code(session, area_code) is None:
        raise BadMember("area_code", "there is no such area")
    if meant and (other := store.find(session, POLICIES, *policy_store.same_scope(policy))):
        raise Conflict(f"the policy {other['name']} is meant for the very same already")
