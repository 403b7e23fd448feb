"""Help nearby beside an alarm: who can be sent by the system, whom an officer must phone, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alarms.sending import is_rung
from geo.nearby import Nearby

LIVE = frozenset({"due", "sending", "ringing", "answered"})


@dataclass(frozen=True, slots=True)
class Helper:
    """A resource and the newest call to it; `way` is send, phone (a number that only a person dials) or none."""

    resource: Nearby
    call: Mapping[str, Any] | None
    way: str
    is_going: bool

    @property
    def is_live(self) -> bool:
        return self.call is not None and self.call["state"] in LIVE


def helpers_of(help_near: Sequence[Nearby], alarm: Mapping[str, Any]) -> list[Helper]:
    """In the order of `help_near`: nearest first."""
    going = (alarm["accepted_by"] or {}).get("contact_id")
    calls = {one["contact"]["id"]: one for one in alarm["attempts"] if one["purpose"] == "sent"}
    return [Helper(one, calls.get(one.id), _way(one.phone), one.id == going) for one in help_near]


def _way(phone: str | None) -> str:
    if not phone:
        return "none"
    return "send" if is_rung(phone) else "phone"
