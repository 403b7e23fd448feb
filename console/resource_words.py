"""What kinds of help and their hours are called on the pages."""

from typing import Any

from console.i18n import N_, Words
from registry.hours import is_always

KIND_WORDS = {
    "hospital": N_("Hospital"), "clinic": N_("Health station"), "pharmacy": N_("Pharmacy"), "police": N_("Police"),
    "fire": N_("Fire brigade"), "community": N_("Community station"), "volunteer": N_("Volunteer"),
    "service": N_("Service firm"), "other": N_("Other help"),
}  # fmt: skip
KIND_SIGNS = {
    "hospital": "H", "clinic": "+", "pharmacy": "Rx", "police": "P", "fire": "F", "community": "C", "volunteer": "V",
    "service": "S", "other": "·",
}  # fmt: skip
DAY_WORDS = {1: N_("Mon"), 2: N_("Tue"), 3: N_("Wed"), 4: N_("Thu"), 5: N_("Fri"), 6: N_("Sat"), 7: N_("Sun")}
DATUM_WORDS = (
    ("wgs84", N_("GPS (WGS-84)")),
    ("gcj02", N_("Chinese maps (GCJ-02)")),
    ("bd09", N_("Baidu (BD-09)")),
)


def hours_text(hours: list[dict[str, Any]] | None, speech: Words) -> str:
    """Opening hours in a line."""
    if not hours:
        return speech.say(N_("not known"))
    if is_always(hours):
        return speech.say(N_("day and night"))
    return "; ".join(f"{_days(one['days'], speech)} {one['from']}–{one['to']}" for one in hours)


def _days(days: list[int], speech: Words) -> str:
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{speech.say(DAY_WORDS[days[0]])}–{speech.say(DAY_WORDS[days[-1]])}"
    return ", ".join(speech.say(DAY_WORDS[day]) for day in days)
