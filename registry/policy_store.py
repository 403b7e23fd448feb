"""The policies' SQL: their versions, and the number that tells a press when one has changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlmodel import Session

from core.ids import new_id
from registry import store
from registry.audit import Actor
from registry.models import PolicyVersion, table_of
from registry.policy_intake import SCOPE
from registry.profile import DEFAULT_POLICY
from registry.store import POLICIES, Row

VERSIONS = table_of(PolicyVersion)


def hold_default(session: Session, now: datetime) -> Row:
    """The default policy's row, held until the transaction ends: whoever changes any policy takes turns at it."""
    held = store.hold(session, POLICIES, POLICIES.c.name == DEFAULT_POLICY)
    if held:
        return held[0]
    row: Row = {"id": new_id(), "name": DEFAULT_POLICY, "settings": {}, "version": 0, "updated_at": now}
    store.add(session, POLICIES, row)
    return store.get(session, POLICIES, row["id"])


def tell_presses(session: Session) -> None:
    """The next press reads all policies anew."""
    is_default = POLICIES.c.name == DEFAULT_POLICY
    session.connection().execute(update(POLICIES).where(is_default).values(generation=POLICIES.c.generation + 1))


def same_scope(row: Row) -> list[ColumnElement[bool]]:
    """The condition that another policy is meant for the very same."""
    meant = (POLICIES.c[name].is_not_distinct_from(row[name]) for name in SCOPE if name != "title")
    return [POLICIES.c.name != row["name"], POLICIES.c.name != DEFAULT_POLICY, *meant]


def keep_version(session: Session, policy: Row, by: Actor, now: datetime) -> None:
    """Append what the policy is now."""
    settings = policy["settings"] | {name: policy[name] for name in SCOPE}
    row = {
        "policy_id": policy["id"], "version": policy["version"], "name": policy["name"], "settings": settings,
        "at": now, "author": by.name,
    }  # fmt: skip
    session.connection().execute(insert(VERSIONS), row)


def version(session: Session, policy_id: str, number: int) -> Row | None:
    wanted = select(VERSIONS).where(VERSIONS.c.policy_id == policy_id, VERSIONS.c.version == number)
    row = session.connection().execute(wanted).one_or_none()
    return None if row is None else dict(row._mapping)


def versions(session: Session, policy_id: str, *, before: int | None, limit: int) -> tuple[list[Row], int | None]:
    """The newest first, from the one before that number on; and the number to go on before, None at the end."""
    wanted = select(VERSIONS).where(VERSIONS.c.policy_id == policy_id).order_by(VERSIONS.c.version.desc())
    if before is not None:
        wanted = wanted.where(VERSIONS.c.version < before)
    rows: list[dict[str, Any]] = [dict(r._mapping) for r in session.connection().execute(wanted.limit(limit + 1))]
    return rows[:limit], rows[limit - 1]["version"] if len(rows) > limit else None
