"""A policy tried on a real elder: who would be rung when. Nothing is stored and nobody is called."""

from dataclasses import dataclass
from datetime import datetime

from alarms.forecast import Forecast, forecast
from alarms.ladders import Ladders
from console.centre import Centre
from registry import directory, store
from registry.policy_book import PolicyBook
from registry.profile import PolicySettings
from registry.rungs import policy_settings
from registry.store import ELDERS, Row


@dataclass(frozen=True, slots=True)
class Previewed:
    """`in_force` is the name of the policy that an alarm of this kind would begin with."""

    elder_id: str
    at: datetime
    kind: str
    policy: Row
    in_force: str
    forecast: Forecast


def preview_of(
    centre: Centre, name: str, elder_id: str, at: datetime, kind: str, settings: PolicySettings | None = None
) -> Previewed:
    """With `settings`, the policy as somebody is writing it. Raises NotFound."""
    timezone = centre.settings.timezone
    with centre.db.read() as session:
        policy = centre.registry.policies.get(session, name)
        elder = store.get(session, ELDERS, elder_id)
        book = PolicyBook()
        default = directory.default_policy(session)
        chosen = book.choose(session, default, elder_id=elder_id, area_path=elder["area_path"], kind=kind)
        ladder = Ladders(session, timezone, book, at).of_elder(
            elder_id, settings or policy_settings(policy["settings"])
        )
        found = forecast(ladder, at, kind=kind)
    return Previewed(elder_id, at, kind, policy, chosen.name, found)
