"""The form of an elder's file: what its fields begin with, the health notes among them, and what a conflict shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session
from starlette.datastructures import FormData

from registry.audit import AUDIT
from registry.store import Row

HEALTH_LISTS = ("allergies", "conditions", "medication", "implants")
HEALTH_TEXTS = ("blood_group", "mobility", "hearing", "sight", "speech", "dialect", "living", "notes")
LONGEST_NOTE = 4000
SENSITIVE = ("id_number", "health", "access", "access_notes")
_DOG = {True: "yes", False: "no"}

Json = dict[str, Any]


def values_of(row: Row) -> Json:
    """A row as the form's first values; a place is shown as it was given, in its own datum."""
    given = row["home_given"] or {"lat": row["lat"], "lon": row["lon"], "crs": "wgs84"}
    access = dict(row["access"] or {})
    if isinstance(access.get("dog"), bool):
        access["dog"] = _DOG[access["dog"]]
    health = {name: _shown(value) for name, value in (row["health"] or {}).items()}
    return row | {"access": access, "health": health} | {name: given.get(name) for name in ("lat", "lon", "crs")}


def health_from(data: FormData, before: Mapping[str, Any]) -> Json | None:
    """The health notes that the fields stand for; None where the form had none of them.

    Members without a field of their own stay, and so does a member of another shape that nobody touched.
    """
    names = [name for name in (*HEALTH_LISTS, *HEALTH_TEXTS) if f"health.{name}" in data]
    if not names:
        return None
    health = dict(before)
    for name in names:
        text = str(data[f"health.{name}"]).replace("\r\n", "\n").strip()[:LONGEST_NOTE]
        if text == str(_text(_shown(before.get(name)))).strip():
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines:
            health.pop(name, None)
        else:
            health[name] = lines if name in HEALTH_LISTS else text
    return health


def _shown(value: Any) -> Any:
    """A member as a field can hold it."""
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return [str(one) for one in value]
    return "" if value is None else value if isinstance(value, str) else str(value)


def _text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else value


def last_deed(session: Session, elder_id: str) -> int:
    """The number of the newest line of the log about this elder, to be kept by the form; 0 when there is none."""
    newest = select(func.max(AUDIT.c.seq)).where(AUDIT.c.subject_kind == "elder", AUDIT.c.subject_id == elder_id)
    return session.scalar(newest) or 0


def changed_since(session: Session, elder_id: str, seen: int) -> tuple[list[str], list[str]]:
    """Which members others have changed since the form was opened, and who they were; `seen` as of `last_deed`."""
    wanted = (
        select(AUDIT.c.actor, AUDIT.c.data)
        .where(AUDIT.c.subject_kind == "elder", AUDIT.c.subject_id == elder_id, AUDIT.c.seq > seen)
        .order_by(AUDIT.c.seq)
        .limit(100)
    )
    rows = [row for row in session.connection().execute(wanted) if row.data.get("members")]
    members = dict.fromkeys(name for row in rows for name in row.data["members"])
    return list(members), list(dict.fromkeys(row.actor for row in rows))


def differences(members: Sequence[str], typed: Mapping[str, Any], row: Row) -> list[Json]:
    """What others have written into these members, beside what was typed here; the same on both sides is left out."""
    now = values_of(row)
    found = []
    for name in members:
        theirs, ours = _plain(now.get(name)), _plain(typed.get(name))
        if name in typed and theirs != ours:
            found.append({"name": name, "theirs": theirs, "ours": ours})
    return found


def _plain(value: Any) -> str:
    """A member as one line, whether it comes from the file or from the fields."""
    if isinstance(value, Mapping):
        return "; ".join(text for name in sorted(value) if (text := _plain(value[name])))
    lines = value if isinstance(value, list) else str("" if value is None else value).splitlines()
    return ", ".join(text for one in lines if (text := str(one).strip()))
