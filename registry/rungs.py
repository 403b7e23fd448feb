"""Stored policies as values, and back."""

from dataclasses import asdict, fields, replace
from functools import lru_cache
from typing import Any

from registry.profile import PolicyInForce, PolicySettings, Rung


def policy_settings(stored: dict[str, Any] | None) -> PolicySettings:
    """A stored policy as a value; members that this version does not know are left out."""
    members = tuple(sorted((k, v) for k, v in (stored or {}).items() if k in _PLAIN_MEMBERS))
    return _policy(members, tuple(_rung_key(one) for one in (stored or {}).get("rungs") or ()))


def _rung_key(stored: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(stored.get(f.name) for f in fields(Rung))


_PLAIN_MEMBERS = frozenset(f.name for f in fields(PolicySettings)) - {"rungs"}


@lru_cache(maxsize=1024)
def _policy(members: tuple[tuple[str, Any], ...], rungs: tuple[tuple[Any, ...], ...]) -> PolicySettings:
    return replace(PolicySettings(), **dict(members), rungs=tuple(Rung(*one) for one in rungs))


@lru_cache(maxsize=1024)
def kept(policy: PolicyInForce) -> dict[str, Any]:
    """A policy as the plain object that an alarm keeps; shared, so not to be changed."""
    return asdict(policy.settings) | {"name": policy.name, "title": policy.title, "version": policy.version}
