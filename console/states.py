"""The language of states: which shape, colour and word an alarm has, and in which order alarms need somebody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

LOOKS = ("unclaimed", "calling", "accepted", "arrived", "follow_up", "closed")
LATE_AFTER = timedelta(minutes=5)  # A helper who said 8 minutes and takes 12 is not late yet.

Json = dict[str, Any]


def look_of(alarm: Mapping[str, Any]) -> str:
    """One of LOOKS: unclaimed needs a human, calling has one and the chain runs."""
    state = str(alarm["state"])
    if state == "open":
        return "calling" if alarm["claimed_by"] else "unclaimed"
    return state


def is_late(alarm: Mapping[str, Any], now: datetime) -> bool:
    """The helper should have been there."""
    if alarm["state"] != "accepted" or not alarm["accepted_at"] or alarm["eta_min"] is None:
        return False
    accepted_at = datetime.fromisoformat(alarm["accepted_at"])
    return now > accepted_at + timedelta(minutes=alarm["eta_min"]) + LATE_AFTER


def need_of(alarm: Mapping[str, Any], now: datetime) -> str:
    """Sorts as text, the neediest first: nobody has it, help is late, the chain runs, help is coming, it is there."""
    look = look_of(alarm)
    rank = 1 if is_late(alarm, now) else {"unclaimed": 0, "calling": 2, "accepted": 3, "arrived": 4}.get(look, 5)
    if alarm["is_test"]:
        rank = 8
    urgency = 99_999 - max(0, min(99_999, int(alarm["priority"])))
    return f"{rank}.{urgency:05d}.{alarm['received_at']}.{alarm['number']:010d}"


def dressed(alarm: Json, now: datetime) -> Json:
    """The alarm with what a screen needs besides: `look`, `need`, `is_late`, and `place` in WGS-84."""
    location = alarm.get("location") or {}
    place = None
    if location.get("lat") is not None:
        place = {"lat": round(location["lat"], 6), "lon": round(location["lon"], 6)}
    return alarm | {
        "look": look_of(alarm), "need": need_of(alarm, now), "is_late": is_late(alarm, now), "place": place,
    }  # fmt: skip


def feature(alarm: Mapping[str, Any]) -> Json | None:
    """A dressed alarm as GeoJSON for the live map; None where nothing is known of the place."""
    place = alarm["place"]
    if place is None:
        return None
    name = (alarm.get("elder") or {}).get("name") or alarm["device"]["uid"]
    properties = {"id": alarm["id"], "state": alarm["look"], "text": name, "label": name}
    return {
        "type": "Feature", "id": alarm["id"], "properties": properties,
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
    }  # fmt: skip
