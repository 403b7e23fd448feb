"""What the page shows before an alarm is closed, and what may still be said afterwards. Pure, from the alarm's JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alarms.closing import ITEMS, WAIVERS, follow_up_at, is_planned
from console.closing_words import QUESTION_WORDS, WHY_OPEN_WORDS, YES_WORDS
from console.i18n import N_
from registry.profile import TECHNICAL
from registry.rungs import policy_settings
from registry.sessions import SignedIn

Json = dict[str, Any]
FIELDS = tuple(f"{item}{part}" for item in ITEMS for part in ("", "_why", "_text"))
"""The form's members: `safe` is yes or waive, `safe_why` the reason, `safe_text` its words."""


CALL_TO, MESSAGE_TO = N_("call to %(name)s"), N_("message to %(name)s")
ON_THE_WAY = N_("%(name)s is on the way")


class _Call:
    """An attempt's JSON as the rule asks for it."""

    def __init__(self, attempt: Mapping[str, Any]) -> None:
        self.purpose, self.state = str(attempt["purpose"]), str(attempt["state"])


def sheet_of(alarm: Mapping[str, Any], elder: Mapping[str, Any], now: datetime, timezone: str) -> Json:
    """`items` to answer or to see as known, what closing ends, and when the elder is asked (`follow_up`)."""
    planned = [one for one in alarm["attempts"] if is_planned(_Call(one))]
    calls = [str(one["contact"]["name"]) for one in planned if one["medium"] == "voice"]
    messages = [str(one["contact"]["name"]) for one in planned if one["medium"] != "voice"]
    helper = [str(alarm["accepted_by"]["name"])] if alarm["state"] == "accepted" and alarm["accepted_by"] else []
    cut_off = (
        [{"text": ON_THE_WAY, "name": name} for name in helper]
        + [{"text": CALL_TO, "name": name} for name in calls]
        + [{"text": MESSAGE_TO, "name": name} for name in messages]
    )
    return {
        "items": [_item(alarm, item) for item in ITEMS],
        "is_asked": bool(alarm["closing_missing"]),
        "is_nothing": alarm["is_test"] or alarm["kind"] in TECHNICAL,
        "calls": calls,
        "messages": messages,
        "cut_off": cut_off,
        "follow_up": _follow_up(alarm, elder, now, timezone),
        "no_follow_up": _why_nobody_is_asked(alarm, elder),
    }


def _item(alarm: Mapping[str, Any], item: str) -> Json:
    return {
        "name": item, "is_open": item in alarm["closing_missing"], "question": QUESTION_WORDS[item],
        "yes": YES_WORDS[item], "why_open": WHY_OPEN_WORDS[item], "reasons": WAIVERS[item],
    }  # fmt: skip


def _why_nobody_is_asked(alarm: Mapping[str, Any], elder: Mapping[str, Any]) -> str | None:
    if alarm["is_test"] or alarm["kind"] in TECHNICAL:
        return "nothing"
    if alarm["is_silent"]:
        return "silent"
    return None if elder.get("phone") else "no_phone"


def _follow_up(alarm: Mapping[str, Any], elder: Mapping[str, Any], now: datetime, timezone: str) -> Json | None:
    """When the elder would be rung; `minutes` only where no polite hour puts it off."""
    if _why_nobody_is_asked(alarm, elder) is not None:
        return None
    timing = policy_settings(alarm["policy"])
    at = follow_up_at(now, timing, timezone)
    delay_s = (at - now).total_seconds()
    is_put_off = delay_s > timing.follow_up_after_s + 1
    return {"at": at, "minutes": None if is_put_off else round(delay_s / 60)}


def after_of(alarm: Mapping[str, Any], user: SignedIn, now: datetime) -> Json | None:
    """Who may still supplement a closed alarm, and the follow-up that is to come; None while it is open."""
    if alarm["state"] != "closed":
        return None
    until = alarm["supplement_until"]
    is_late = until is not None and now > datetime.fromisoformat(until)
    step = alarm["next_action"] or {}
    may = user.may("alarms.act") and (not is_late or user.may("alarms.supervise"))
    return {
        "until": until, "is_late": is_late, "may": may,
        "follow_up_at": alarm["next_action_at"] if step.get("purpose") == "follow_up_elder" else None,
        "follow_up_name": step.get("name"),
    }  # fmt: skip
