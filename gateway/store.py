"""The gateway's own queries. Each takes a session of the caller's and never commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from alarms.models import Alarm, DownMessage
from registry.models import Device, DeviceFix, DevicePresence, table_of

_ALARMS, _DEVICES, _DOWN = table_of(Alarm), table_of(Device), table_of(DownMessage)
_PRESENCE, _FIXES = table_of(DevicePresence), table_of(DeviceFix)
_KEPT_WHEN_UNSAID = ("battery_pct", "rssi_dbm", "mains", "firmware")
_MANY = 500  # Below every database's limit of parameters in one statement.


@dataclass(frozen=True, slots=True)
class Down:
    """A message that waits for its device."""

    id: int
    uid: str
    topic: str
    payload: dict[str, Any]


def secret_hash(session: Session, uid: str) -> str | None:
    """None when there is no such device; a device may log in whatever its state is."""
    found: str | None = session.execute(select(_DEVICES.c.secret_hash).where(_DEVICES.c.uid == uid)).scalar()
    return found


def with_open_alarms(session: Session, uids: Collection[str]) -> set[str]:
    """Those of the devices whose alarm is not closed."""
    wanted = select(_ALARMS.c.device_uid).where(_ALARMS.c.device_uid.in_(uids), _ALARMS.c.state != "closed")
    return set(session.scalars(wanted))


def device_uids(session: Session) -> set[str]:
    return set(session.execute(select(_DEVICES.c.uid)).scalars())


# -- what waits for a device


def down_after(session: Session, last_id: int, now: datetime, limit: int) -> list[Down]:
    """Messages with a higher id, oldest first."""
    wanted = _unexpired(now).where(_DOWN.c.id > last_id).order_by(_DOWN.c.id).limit(limit)
    return [Down(*row) for row in session.execute(wanted)]


def down_for(session: Session, uid: str, now: datetime, newest: int) -> list[Down]:
    """The newest messages of one device, oldest first."""
    wanted = _unexpired(now).where(_DOWN.c.uid == uid).order_by(_DOWN.c.id.desc()).limit(newest)
    return [Down(*row) for row in session.execute(wanted)][::-1]


def delete_down(session: Session, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _MANY):
        session.execute(delete(_DOWN).where(_DOWN.c.id.in_(ids[start : start + _MANY])))


def expire_down(session: Session, now: datetime) -> int:
    """How many had waited for too long."""
    return int(session.execute(delete(_DOWN).where(_DOWN.c.expires_at <= now)).rowcount)  # type: ignore[attr-defined]


def _unexpired(now: datetime) -> Any:
    return select(_DOWN.c.id, _DOWN.c.uid, _DOWN.c.topic, _DOWN.c.payload).where(_DOWN.c.expires_at > now)


# -- presence


def save_seen(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Devices that gave a sign of life; what one did not say this time keeps its last value, and news stay newest."""
    insert = _insert(session, _PRESENCE)
    said = insert.excluded
    values = {name: func.coalesce(said[name], _PRESENCE.c[name]) for name in _KEPT_WHEN_UNSAID}
    newer = said.last_seen_at >= _PRESENCE.c.last_seen_at
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["uid"],
            set_={"last_seen_at": said.last_seen_at, "is_online": True} | values,
            where=newer,
        ),
        list(rows),
    )


def save_gone(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Devices (`uid`) whose connection ended (`at`), unless they were seen since."""
    gone = (
        update(_PRESENCE)
        .where(_PRESENCE.c.uid == bindparam("gone_uid"), _PRESENCE.c.last_seen_at <= bindparam("gone_at"))
        .values(is_online=False)
    )
    session.connection().execute(gone, [{"gone_uid": row["uid"], "gone_at": row["at"]} for row in rows])


def save_fixes(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Positions; an older one never overwrites a newer one."""
    insert = _insert(session, _FIXES)
    values = {name: insert.excluded[name] for name in ("lat", "lon", "accuracy_m", "fix_at", "source", "given")}
    newer = insert.excluded.fix_at >= _FIXES.c.fix_at
    session.execute(insert.on_conflict_do_update(index_elements=["uid"], set_=values, where=newer), list(rows))


def _insert(session: Session, table: Table) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
