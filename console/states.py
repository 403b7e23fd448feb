"""The language of states: which shape, colour and word an alarm has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alarms.need import is_late, need_of

LOOKS = ("unclaimed", "calling", "accepted", "arrived", "follow_up", "closed")

Json = dict[str, Any]


def look_of(alarm: Mapping[str, Any]) -> str:
    """One of LOOKS: unclaimed needs a human, calling has one and the chain runs."""
    state = str(alarm["state"])
    if state == "open":
        return "calling" if alarm["claimed_by"] else "unclaimed"
    return state


def dressed(alarm: Json, now: datetime) -> Json:
    """The alarm with what a screen needs besides: `look`, `need`, `is_late`, and `place` in WGS-84."""
    location = alarm.get("location") or {}
    place = None
    if location.get("lat") is not None:
        place = {"lat": round(location["lat"], 6), "lon": round(location["lon"], 6)}
    return alarm | {
        "look": look_of(alarm), "need": str(need_of(alarm, now)), "is_late": is_late(alarm, now), "place": place,
    }  # fmt: skip


def feature(alarm: Mapping[str, Any]) -> Json | None:
    """A dressed alarm as GeoJSON for the live map; None where nothing is known of the place."""
    place = alarm["place"]
    if place is None:
        return None
    name = (alarm.get("elder") or {}).get("name") or alarm["device"]["uid"]
    holder = alarm["claimed_by"] or {}
    properties = {
        "id": alarm["id"], "state": alarm["look"], "text": name, "label": name, "holder": holder.get("name") or "",
        "accuracy_m": (alarm["location"] or {}).get("accuracy_m"),
    }  # fmt: skip
    return {
        "type": "Feature", "id": alarm["id"], "properties": properties,
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
    }  # fmt: skip
