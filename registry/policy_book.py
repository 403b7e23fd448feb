"""Which policy an alarm starts with: read once, and again when one has changed.

The default policy's row carries a number that rises with every change of any other policy. A press reads that row in
any case, so a site with the default alone pays nothing, and nobody starts with a policy of yesterday.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session

from registry.models import Policy, table_of
from registry.profile import PolicyInForce
from registry.rungs import policy_settings

_POLICIES = table_of(Policy)
_MEMBERS = [_POLICIES.c[name] for name in ("name", "title", "version", "settings", "area_code", "elder_id", "kind")]
_MEANT = select(*_MEMBERS).where(
    or_(_POLICIES.c.area_code.is_not(None), _POLICIES.c.elder_id.is_not(None), _POLICIES.c.kind.is_not(None))
)

Scope = tuple[str | None, str | None, str | None]
"""(elder's id, area's code, kind of alarm), each None where the policy does not ask for it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The policies that are meant for somebody or something, by what they are meant for."""

    generation: int = 0
    by_scope: Mapping[Scope, PolicyInForce] | None = None


class PolicyBook:
    """One for each process; any thread may ask."""

    def __init__(self) -> None:
        self._shelf = Shelf()

    def choose(
        self, session: Session, default: PolicyInForce, *, elder_id: str | None, area_path: str | None, kind: str
    ) -> PolicyInForce:
        """The nearest policy: the elder's before the area's, the smaller area's before the larger's, one for the kind
        before one for every kind; where none is meant, the default."""
        if default.generation == 0:
            return default
        return nearest(self._policies(session, default.generation), elder_id, area_path, kind) or default

    def _policies(self, session: Session, generation: int) -> Mapping[Scope, PolicyInForce]:
        shelf = self._shelf
        if shelf.generation != generation or shelf.by_scope is None:
            shelf = self._shelf = Shelf(generation, read_all(session))
        return shelf.by_scope or {}


def read_all(session: Session) -> dict[Scope, PolicyInForce]:
    """Every policy that is meant for somebody or something."""
    return {
        (row.elder_id, row.area_code, row.kind): in_force(row.name, row.title, row.version, row.settings)
        for row in session.connection().execute(_MEANT)
    }


def in_force(name: str, title: str | None, version: int, settings: dict[str, Any] | None) -> PolicyInForce:
    return PolicyInForce(policy_settings(settings), name, version, title)


def nearest(
    policies: Mapping[Scope, PolicyInForce], elder_id: str | None, area_path: str | None, kind: str
) -> PolicyInForce | None:
    """Shape: `area_path` is the codes from the top down, each behind a slash."""
    return next((policies[scope] for scope in scopes(elder_id, area_path, kind) if scope in policies), None)


def scopes(elder_id: str | None, area_path: str | None, kind: str) -> Iterable[Scope]:
    """What a policy for this alarm can be meant for, from the nearest on."""
    if elder_id is not None:
        yield from ((elder_id, None, kind), (elder_id, None, None))
    for code in reversed(area_path.split("/")[1:] if area_path else []):
        yield from ((None, code, kind), (None, code, None))
    yield (None, None, kind)
