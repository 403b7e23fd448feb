"""A site's own file of areas: its rows as the loader of areas takes them, and what would become of them."""

from dataclasses import dataclass

from registry import importing
from registry.area_assign import assign
from registry.area_load import AreaEntry, AreaPlan, say_nothing
from registry.audit import Actor
from registry.service import RegistryService


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file held; `elders_filed` are those whose area was a text only and names one of these."""

    plan: AreaPlan
    is_written: bool = False
    elders_filed: int = 0


def take(registry: RegistryService, data: bytes, *, by: Actor, dry_run: bool) -> Taken:
    """Nothing is written where anything is refused. Raises UnreadableFile, and what `registry.area_load` raises."""
    _, found = importing.read("areas", data)
    plan = registry.area_loads.plan(AreaEntry(one.row, one.values, one.faults) for one in found)
    if dry_run or plan.refusals:
        return Taken(plan)
    registry.area_loads.write(plan, by=by, source="file")
    return Taken(plan, True, assign(registry.desk, say_nothing, by).filed)
