"""Writing how an alarm climbs."""

from dataclasses import asdict, dataclass

from core.errors import NotFound
from core.ids import new_id
from registry import store
from registry.desk import Desk
from registry.directory import DEFAULT_POLICY, policy_settings
from registry.intake import BadMember
from registry.policy_intake import PolicyPatch
from registry.store import POLICIES, Row


@dataclass(frozen=True, slots=True)
class Policies:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def set(self, name: str, patch: PolicyPatch, version: int | None = None) -> Row:
        """Change the named members; open alarms keep the policy they started with."""
        if name != DEFAULT_POLICY:
            raise NotFound("there is no such policy")
        now, version = self.desk.clock.now(), version or patch.version
        with self.desk.db.write() as session:
            held = store.hold(session, POLICIES, POLICIES.c.name == name)
            settings = (held[0]["settings"] if held else {}) | patch.said()
            merged = policy_settings(settings)
            if merged.polite_from_hour >= merged.polite_to_hour:
                raise BadMember("polite_from_hour", "must be earlier than polite_to_hour")
            if held:
                values = {"settings": asdict(merged), "updated_at": now}
                return store.change(session, POLICIES, held[0]["id"], values, version=version)
            row = {"id": new_id(), "name": name, "settings": asdict(merged), "version": 1, "updated_at": now}
            store.add(session, POLICIES, row)
            return row
