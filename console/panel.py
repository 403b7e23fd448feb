"""The alarm page's content: one alarm as an officer reads it. Pure, from the plain object of `alarms.views`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from console.alarm_people import TALKS
from console.states import dressed
from geo.nearby import Nearby
from registry.access import DOUBTFUL_AFTER_DAYS, is_doubtful
from registry.profile import CALL_ORDER
from registry.sessions import SignedIn

Json = dict[str, Any]
LIVE = frozenset({"due", "sending", "ringing", "answered"})
NOBODY: Json = dict.fromkeys(
    ("id", "name", "age", "sex", "phone", "address", "language", "addressed_as", "name_reading")
) | {
    "marks": (), "lives_with": (), "has_photo": False,
}  # fmt: skip
"""What a page asks of an elder, where a device is linked with none: templates are strict about what is missing."""
FOLLOW_UPS = ("follow_up_helper", "follow_up_elder")
OTHERS = ("officer", *FOLLOW_UPS)
SAME_PLACE_M = 15.0
TIMELINE_SHOWN = 12
ETAS_MIN = (3, 5, 10, 15, 20, 30, 45)


@dataclass(frozen=True, slots=True)
class Rung:
    """A contact with what became of calling them: the attempt under way, the one planned, and the last result."""

    contact: Mapping[str, Any]
    live: Mapping[str, Any] | None
    planned: Mapping[str, Any] | None
    last: Mapping[str, Any] | None
    is_accepted: bool
    may_call: bool
    why_later: str | None = None

    @property
    def phone(self) -> str:
        """The number that is being rung or is next, and without one the first."""
        call = self.live or self.planned
        return str(call["contact"]["phone"] if call else self.contact["phone"])


def panel_of(
    detail: Json,
    user: SignedIn,
    now: datetime,
    *,
    is_opened: bool = False,
    access_doubtful_days: int = DOUBTFUL_AFTER_DAYS,
) -> Json:
    """Everything the template needs. Health is in it only when the alarm is the user's or was opened with a reason."""
    alarm = dressed(detail, now)
    elder: Json = NOBODY | (alarm.get("elder") or {})
    holder = alarm["claimed_by"] or {}
    is_mine = bool(holder) and holder.get("id") == user.id
    may_act = user.may("alarms.act")
    may_see = user.may("health.read") and (is_mine or is_opened or alarm["state"] == "closed")
    health = elder.pop("health", None) or {}
    way_in = {name: elder.pop(name, None) for name in ("access", "access_notes", "access_confirmed_on")}
    confirmed_on = date.fromisoformat(way_in["access_confirmed_on"]) if way_in["access_confirmed_on"] else None
    return {
        "alarm": alarm,
        "elder": elder,
        "is_mine": is_mine,
        "may_act": may_act,
        "holds": may_act and (is_mine or not holder or user.may("alarms.supervise")),
        "may_close": may_act and (is_mine or user.may("alarms.supervise")),
        "sees_health": may_see,
        "may_open_health": user.may("health.read") and not may_see and bool(health),
        "health": [(name, value) for name, value in health.items() if value not in (None, "", [], False)]
        if may_see
        else [],
        "way_in": way_in if way_in["access"] or way_in["access_notes"] else None,
        "way_in_is_doubtful": is_doubtful(confirmed_on, now.date(), access_doubtful_days),
        "shows_photo": elder["has_photo"] and user.may("health.read"),
        "talks": [(name, health[name]) for name in TALKS if health.get(name)]
        if may_act and user.may("health.read")
        else [],
        "may_open_files": user.may("registry.read"),
        "rungs": rungs_of(alarm, elder.get("contacts") or (), may_act=may_act),
        "other_calls": [
            a for a in alarm["attempts"] if a["purpose"] in ("officer", "sent", *FOLLOW_UPS) and a["medium"] != "sms"
        ],
        "primary": primary_of(alarm, is_mine=is_mine) if may_act else None,
        "etas": ETAS_MIN,
        "shown_lines": TIMELINE_SHOWN,
    }


def rungs_of(alarm: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]], *, may_act: bool) -> list[Rung]:
    """The contacts in dialling order, those whom only an officer calls behind."""
    accepted = (alarm["accepted_by"] or {}).get("contact_id")
    later = {d.get("contact_id"): d.get("why") for d in _put_back(alarm)}
    rungs = []
    for contact in sorted(contacts, key=_order):
        calls = [a for a in alarm["attempts"] if a["contact"]["id"] == contact["id"] and a["medium"] != "sms"]
        live = next((a for a in calls if a["state"] in LIVE and a["state"] != "due"), None)
        rungs.append(
            Rung(
                contact=contact,
                live=live,
                planned=next((a for a in calls if a["state"] == "due" and a["purpose"] not in FOLLOW_UPS), None),
                last=next((a for a in reversed(calls) if a["outcome"]), None),
                is_accepted=contact["id"] == accepted,
                may_call=may_act and live is None and alarm["state"] != "closed",
                why_later=later.get(contact["id"]),
            )
        )
    return rungs


def _put_back(alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What this round's beginning said of who comes later."""
    lines = alarm.get("timeline") or ()
    begun = max((line["seq"] for line in lines if line["what"] in ("round_failed", "reopened")), default=0)
    return [line["data"] for line in lines if line["what"] == "put_back" and line["seq"] > begun]


def _order(contact: Mapping[str, Any]) -> tuple[int, int]:
    role = contact["role"]
    return (CALL_ORDER.index(role) if role in CALL_ORDER else len(CALL_ORDER)), contact["rank"]


def primary_of(alarm: Mapping[str, Any], *, is_mine: bool) -> str | None:
    """The one action that answers to Enter."""
    match alarm["state"]:
        case "closed":
            return None
        case "open" if not alarm["claimed_by"]:
            return "claim"
        case "open":
            return "accept"
        case "accepted":
            return "arrived"
        case _:
            return "close" if is_mine else "claim"


def places_of(alarm: Mapping[str, Any], help_near: Sequence[Nearby]) -> Json | None:
    """What the map draws around the chosen alarm, in WGS-84; None where nothing is known of the place."""
    location = alarm["location"] or {}
    if location.get("lat") is None:
        return None
    home = location.get("home") or {}
    is_apart = (home.get("distance_m") or 0.0) > SAME_PLACE_M
    return {
        "here": (location["lat"], location["lon"]),
        "accuracy_m": location.get("accuracy_m"),
        "home": (home["lat"], home["lon"]) if is_apart else None,
        "help": [{"place": (one.lat, one.lon), "text": distance_text(one.distance_m)} for one in help_near],
    }


def distance_text(metres: float | None) -> str:
    """As people say it: 85 m, 320 m, 1.4 km."""
    if metres is None:
        return ""
    if metres < 1000:
        return f"{round(metres / 10) * 10 if metres >= 100 else round(metres)} m"
    return f"{metres / 1000:.1f} km"
