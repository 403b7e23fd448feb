"""What the console shows of alarms: plain objects, ready for JSON and templates, in a fixed number of queries."""

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlmodel import Session

from alarms.closing import missing
from alarms.links import linked_ids
from alarms.models import Alarm, PressRow, TimelineRow
from alarms.models import Attempt as AttemptRow
from alarms.sight import in_sight
from alarms.supplement import open_until
from alarms.values import LIVE, PROBE_UID
from core.errors import Rejected
from geo.position import Position, as_json_or_unknown
from registry import directory
from registry.models import Device, DevicePresence, Elder, User, table_of
from registry.profile import ContactProfile, PrivateNotes
from registry.sessions import SignedIn

_ALARMS, _ATTEMPTS = table_of(Alarm), table_of(AttemptRow)
_PRESSES, _TIMELINE = table_of(PressRow), table_of(TimelineRow)
_ELDERS, _DEVICES, _PRESENCE, _USERS = table_of(Elder), table_of(Device), table_of(DevicePresence), table_of(User)
HISTORY = 20  # Earlier alarms shown beside a new one.
COUNTED_DAYS = (7, 30)
TIMELINE_SHOWN = 500  # The newest lines; a case that nobody takes for days has thousands.
ATTEMPTS_SHOWN = 200

Json = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, or None."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def age_on(birth_date: date | None, now: datetime) -> int | None:
    """Whole years."""
    if birth_date is None:
        return None
    today = now.date()
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def alarm_detail(session: Session, alarm_id: str, now: datetime, *, sees_health: bool) -> Json | None:
    """One alarm with everything an officer needs; None when there is no such alarm."""
    row = session.execute(select(_ALARMS).where(_ALARMS.c.id == alarm_id)).first()
    if row is None:
        return None
    attempts = session.execute(
        select(_ATTEMPTS).where(_ATTEMPTS.c.alarm_id == alarm_id).order_by(_ATTEMPTS.c.seq.desc()).limit(ATTEMPTS_SHOWN)
    ).all()[::-1]
    timeline = session.execute(
        select(_TIMELINE).where(_TIMELINE.c.alarm_id == alarm_id).order_by(_TIMELINE.c.seq.desc()).limit(TIMELINE_SHOWN)
    ).all()[::-1]
    users = _users(session, {row.claimed_by} if row.claimed_by else set())
    linked = linked_ids(session, alarm_id)
    return _core(row, attempts, users, now) | {
        "location": as_json_or_unknown(Position.from_json(row.location), now),
        "elder": _elder(session, row.elder_id, now, sees_health=sees_health),
        "device": _device(session, row.device_uid),
        "attempts": [_attempt(a) for a in attempts],
        "timeline": [_line(line) for line in timeline],
        "presses": _presses(session, alarm_id),
        "history": _history(session, row, linked),
        "history_counts": _history_counts(session, row),
        "linked_to": row.linked_to,
        "links": list(linked),
        "closing_missing": list(missing(row, attempts)),
        "supplement_until": instant(open_until(row.closed_at)) if row.state == "closed" and row.closed_at else None,
        "policy": row.policy,
    }


def alarm_briefs(
    session: Session,
    now: datetime,
    *,
    ids: Collection[str] | None = None,
    states: Collection[str] | None = None,
    limit: int = 50,
    cursor: int | None = None,
    seen_by: SignedIn | None = None,
) -> tuple[list[Json], int | None]:
    """Lines for a list, newest number first, and the cursor (a number) of the next page or None.

    Only what `seen_by` may see; None is the centre itself.
    """
    wanted = select(_ALARMS).where(*in_sight(seen_by)).order_by(_ALARMS.c.number.desc()).limit(limit + 1)
    wanted = wanted.where(_ALARMS.c.device_uid != PROBE_UID if ids is None else _ALARMS.c.id.in_(ids))
    if states is not None:
        wanted = wanted.where(_ALARMS.c.state.in_(states))
    if cursor is not None:
        wanted = wanted.where(_ALARMS.c.number < cursor)
    rows = session.execute(wanted).all()
    page = rows[:limit]
    elders = _elder_lines(session, {r.elder_id for r in page if r.elder_id}, now)
    users = _users(session, {r.claimed_by for r in page if r.claimed_by})
    live = _live_attempts(session, [r.id for r in page])
    lines = [
        _core(row, live.get(row.id, []), users, now)
        | {"elder": elders.get(row.elder_id), "device": {"uid": row.device_uid}}
        for row in page
    ]
    return lines, (page[-1].number if len(rows) > limit else None)


def changes_since(session: Session, seq: int, limit: int) -> list[Json]:
    """Timeline lines of the whole centre after `seq`, in order."""
    wanted = select(_TIMELINE).where(_TIMELINE.c.seq > seq).order_by(_TIMELINE.c.seq).limit(limit)
    return [_line(row) | {"alarm_id": row.alarm_id} for row in session.execute(wanted)]


def last_change(session: Session) -> int:
    """The newest timeline line's number, 0 when there is none."""
    found: int | None = session.scalar(select(_TIMELINE.c.seq).order_by(_TIMELINE.c.seq.desc()).limit(1))
    return found or 0


def relative_view(session: Session, attempt_id: str, now: datetime) -> Json | None:
    """What a relative's page shows: no health data, and of other contacts only who is going."""
    wanted = (
        select(_ALARMS, _ATTEMPTS.c.name.label("you"), _ATTEMPTS.c.role, _ATTEMPTS.c.contact_id, _ATTEMPTS.c.language)
        .join(_ATTEMPTS, _ATTEMPTS.c.alarm_id == _ALARMS.c.id)
        .where(_ATTEMPTS.c.id == attempt_id)
    )
    row = session.execute(wanted).first()
    if row is None:
        return None
    elder = _elder(session, row.elder_id, now, sees_health=False) or {}
    private = directory.private_notes(session, row.elder_id) if row.elder_id else PrivateNotes()
    yours = session.execute(
        select(_TIMELINE.c.what)
        .where(
            _TIMELINE.c.alarm_id == row.id,
            _TIMELINE.c.author == row.you,
            _TIMELINE.c.what.in_(("accepted", "declined")),
        )
        .order_by(_TIMELINE.c.seq.desc())
        .limit(1)
    ).scalar()
    return {
        "alarm_id": row.id, "number": row.number, "state": row.state, "kind": row.kind, "language": row.language,
        "received_at": row.received_at, "accepted_at": row.accepted_at, "arrived_at": row.arrived_at,
        "closed_at": row.closed_at, "eta_min": row.eta_min, "cancelled_at": row.cancelled_at,
        "press_count": row.press_count, "is_silent": row.is_silent,
        "elder": {k: elder.get(k) for k in ("name", "age", "address")}
        | {"access_notes": private.way_in(row.language, now.date())},
        "location": with_age(row.location, now),
        "accepted_by": row.accepted_by, "you": {"name": row.you, "role": row.role, "contact_id": row.contact_id},
        "your_answer": yours, "is_you": bool(row.accepted_by and row.accepted_by.get("contact_id") == row.contact_id),
    }  # fmt: skip


def with_age(location: Mapping[str, Any] | None, now: datetime) -> Json | None:
    """The stored position with its age in seconds as of now."""
    if location is None:
        return None
    fix_at = location.get("fix_at")
    age_s = (now - datetime.fromisoformat(fix_at)).total_seconds() if fix_at else None
    return dict(location) | {"age_s": None if age_s is None else round(max(0.0, age_s), 1)}


def _core(row: Row[Any], attempts: Iterable[Row[Any]], users: Mapping[str, Json], now: datetime) -> Json:
    live = [a for a in attempts if a.state in LIVE and a.medium == "voice"]
    return {
        "id": row.id, "number": row.number, "version": row.version, "state": row.state, "kind": row.kind,
        "priority": row.priority, "press_count": row.press_count, "is_test": row.is_test, "is_silent": row.is_silent,
        "location": with_age(row.location, now), "round": row.round, "officers_wanted": row.officers_wanted,
        "claimed_by": users.get(row.claimed_by, {"id": row.claimed_by}) if row.claimed_by else None,
        "claimed_at": instant(row.claimed_at), "cancelled_at": instant(row.cancelled_at),
        "entered_at": instant(row.entered_at),
        "received_at": instant(row.received_at), "first_call_at": instant(row.first_call_at),
        "accepted_at": instant(row.accepted_at), "accepted_by": row.accepted_by, "eta_min": row.eta_min,
        "arrived_at": instant(row.arrived_at), "closed_at": instant(row.closed_at),
        "disposition": row.disposition, "satisfaction": row.satisfaction,
        "offer": None if row.offer is None else row.offer | {"to": row.offered_to}, "question": row.question,
        "doing": _doing(live),
    } | _next_step(row, live)  # fmt: skip


def _doing(live: Iterable[Row[Any]]) -> Json | None:
    """The call that is under way, the help's before the officer's."""
    under_way = sorted((a for a in live if a.state != "due"), key=lambda a: a.purpose == "officer")
    if not under_way:
        return None
    call = under_way[0]
    since = instant(call.answered_at if call.state == "answered" else call.started_at)
    return {"what": call.state, "name": call.name, "role": call.role, "purpose": call.purpose, "since": since,
            "ring_s": call.ring_s}  # fmt: skip


def _next_step(row: Row[Any], live: Iterable[Row[Any]]) -> Json:
    """When the system acts by itself, and what it will do then."""
    steps: list[tuple[datetime, Json]] = []
    for call in live:
        at = call.due_at if call.state == "due" else call.ends_by or call.lease_until
        what = {"due": "call"}.get(call.state, "wait")
        if at is not None:
            steps.append((at, {"what": what, "name": call.name, "role": call.role, "purpose": call.purpose}))
    if row.due_at is not None:
        steps.append((row.due_at, {"what": row.due_for}))
    if not steps:
        return {"next_action_at": None, "next_action": None}
    at, step = min(steps, key=lambda s: s[0])
    return {"next_action_at": instant(at), "next_action": step}


def _elder(session: Session, elder_id: str | None, now: datetime, *, sees_health: bool) -> Json | None:
    household = directory.households(session, {elder_id}).get(elder_id) if elder_id else None
    if household is None:
        return None
    elder = household.elder
    shown = asdict(elder) | {
        "birth_date": elder.birth_date.isoformat() if elder.birth_date else None,
        "age": age_on(elder.birth_date, now),
        "contacts": [_contact(c) for c in household.contacts],
    }
    del shown["home_given"]
    return shown | _about(session, elder.id, now) | _told_by_role(session, elder.id, sees_health=sees_health)


def _about(session: Session, elder_id: str, now: datetime) -> Json:
    known = directory.circumstances(session, elder_id)
    lives_with = [{"id": one.id, "name": one.name, "age": age_on(one.birth_date, now)} for one in known.housemates]
    return {
        "marks": list(known.marks),
        "kinds": list(known.kinds),
        "has_photo": known.has_photo,
        "lives_with": lives_with,
    }


def _told_by_role(session: Session, elder_id: str, *, sees_health: bool) -> Json:
    if not sees_health:
        return {"access": None, "access_notes": None, "access_confirmed_on": None}
    private = directory.private_notes(session, elder_id)
    confirmed_on = private.access_confirmed_on.isoformat() if private.access_confirmed_on else None
    return {
        "health": private.health, "access": private.access, "access_notes": private.access_notes,
        "access_confirmed_on": confirmed_on, "addressed_as": private.addressed_as,
        "name_reading": private.name_reading,
    }  # fmt: skip


def _contact(contact: ContactProfile) -> Json:
    told = asdict(contact)
    return told | {name: instant(told[name]) for name in ("opted_out_at", "wrong_number_at")}


def _elder_lines(session: Session, ids: Collection[str], now: datetime) -> dict[str | None, Json]:
    if not ids:
        return {}
    columns = (
        _ELDERS.c.id,
        _ELDERS.c.name,
        _ELDERS.c.sex,
        _ELDERS.c.birth_date,
        _ELDERS.c.address,
        _ELDERS.c.area,
        _ELDERS.c.area_path,
    )
    return {
        row.id: {"id": row.id, "name": row.name, "sex": row.sex, "age": age_on(row.birth_date, now),
                 "address": row.address, "area": row.area, "area_path": row.area_path}
        for row in session.execute(select(*columns).where(_ELDERS.c.id.in_(ids)))
    }  # fmt: skip


def _device(session: Session, uid: str) -> Json:
    wanted = (
        select(_DEVICES.c.id, _DEVICES.c.model, _DEVICES.c.state, _PRESENCE)
        .outerjoin(_PRESENCE, _PRESENCE.c.uid == _DEVICES.c.uid)
        .where(_DEVICES.c.uid == uid)
    )
    row = session.execute(wanted).first()
    if row is None:
        return {"uid": uid, "id": None, "model": None, "state": "unknown"}
    return {
        "uid": uid, "id": row.id, "model": row.model, "state": row.state, "is_online": row.is_online,
        "last_seen_at": instant(row.last_seen_at), "battery_pct": row.battery_pct, "rssi_dbm": row.rssi_dbm,
        "mains": row.mains, "firmware": row.firmware,
    }  # fmt: skip


def _live_attempts(session: Session, alarm_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    if alarm_ids:
        wanted = select(_ATTEMPTS).where(_ATTEMPTS.c.alarm_id.in_(alarm_ids), _ATTEMPTS.c.state.in_(LIVE))
        for row in session.execute(wanted.order_by(_ATTEMPTS.c.seq)):
            found.setdefault(row.alarm_id, []).append(row)
    return found


def _users(session: Session, ids: Collection[str]) -> dict[str, Json]:
    if not ids:
        return {}
    rows = session.execute(select(_USERS.c.id, _USERS.c.username, _USERS.c.display_name).where(_USERS.c.id.in_(ids)))
    return {row.id: {"id": row.id, "username": row.username, "name": row.display_name} for row in rows}


def _attempt(row: Row[Any]) -> Json:
    return {
        "id": row.id, "seq": row.seq, "purpose": row.purpose, "medium": row.medium, "role": row.role,
        "contact": {"id": row.contact_id, "name": row.name, "role": row.role, "phone": row.phone},
        "contact_id": row.contact_id, "channel": row.channel, "state": row.state, "outcome": row.outcome,
        "detail": row.detail, "round": row.round, "try_no": row.try_no, "ring_s": row.ring_s,
        "due_at": instant(row.due_at), "started_at": instant(row.started_at), "answered_at": instant(row.answered_at),
        "ended_at": instant(row.ended_at), "ends_by": instant(row.ends_by), "provider_ref": row.provider_ref,
    }  # fmt: skip


def _line(row: Row[Any]) -> Json:
    return {"seq": row.seq, "at": instant(row.at), "what": row.what, "author": row.author, "data": row.data}


def _presses(session: Session, alarm_id: str) -> list[Json]:
    wanted = select(_PRESSES).where(_PRESSES.c.alarm_id == alarm_id).order_by(_PRESSES.c.received_at, _PRESSES.c.id)
    return [_press(row) for row in session.execute(wanted.limit(ATTEMPTS_SHOWN))]


def _press(row: Row[Any]) -> Json:
    """A press as it came; bytes that are no text are shown in base64."""
    shown = {
        "msg_id": row.msg_id.removeprefix("cancel:"), "what": row.what, "device_uid": row.device_uid,
        "received_at": instant(row.received_at), "content": row.content,
    }  # fmt: skip
    try:
        text = row.raw.decode("utf-8")
    except UnicodeDecodeError:
        return shown | {"raw_base64": base64.b64encode(row.raw).decode()}
    return shown | {"raw": text}


def _same(alarm: Row[Any]) -> ColumnElement[bool]:
    """Alarms of the same elder, or of the same device, whoever has it."""
    device = _ALARMS.c.device_uid == alarm.device_uid
    return or_(_ALARMS.c.elder_id == alarm.elder_id, device) if alarm.elder_id else device


def _history(session: Session, alarm: Row[Any], linked: Collection[str]) -> list[Json]:
    """Earlier alarms of the same elder or device, and those that are linked; the newest first."""
    wanted = (
        select(_ALARMS.c.id, _ALARMS.c.number, _ALARMS.c.kind, _ALARMS.c.state, _ALARMS.c.received_at,
               _ALARMS.c.disposition, _ALARMS.c.elder_id, _ALARMS.c.device_uid, _ALARMS.c.is_test)
        .where(or_(and_(_same(alarm), _ALARMS.c.number < alarm.number), _ALARMS.c.id.in_(linked)))
        .order_by(_ALARMS.c.number.desc())
        .limit(HISTORY)
    )  # fmt: skip
    return [
        {"id": r.id, "number": r.number, "kind": r.kind, "state": r.state, "received_at": instant(r.received_at),
         "disposition": r.disposition, "is_linked": r.id in linked, "is_test": r.is_test,
         "is_same": r.device_uid == alarm.device_uid or (r.elder_id is not None and r.elder_id == alarm.elder_id)}
        for r in session.execute(wanted)
    ]  # fmt: skip


def _history_counts(session: Session, alarm: Row[Any]) -> Json:
    """How many alarms of the same elder or device came within the days before this one, this one included; no tests."""
    found = {}
    for days in COUNTED_DAYS:
        since = alarm.received_at - timedelta(days=days)
        wanted = select(func.count()).where(
            _same(alarm), _ALARMS.c.number <= alarm.number, _ALARMS.c.received_at >= since,
            _ALARMS.c.is_test.is_(False),
        )  # fmt: skip
        found[f"days_{days}"] = session.scalar(wanted) or 0
    return found


def alarms_of(session: Session, elder_id: str, *, limit: int = HISTORY) -> list[Json]:
    """An elder's alarms, the newest first, each in one line."""
    wanted = (
        select(_ALARMS.c.id, _ALARMS.c.number, _ALARMS.c.kind, _ALARMS.c.state, _ALARMS.c.received_at,
               _ALARMS.c.disposition, _ALARMS.c.press_count, _ALARMS.c.claimed_by)
        .where(_ALARMS.c.elder_id == elder_id)
        .order_by(_ALARMS.c.number.desc())
        .limit(limit)
    )  # fmt: skip
    return [dict(row._mapping) | {"received_at": instant(row.received_at)} for row in session.execute(wanted)]


def number_cursor(text: str | None) -> int | None:
    """A list's cursor from a query string. Raises Rejected when it is none of ours."""
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Rejected("cursor is not one that this list gave out")
    return int(text)
