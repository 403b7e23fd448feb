"""What the map's layers and marks are called."""

from typing import Any

from console.basemaps import grounds_of
from console.i18n import N_, words
from console.resource_words import KIND_SIGNS, KIND_WORDS
from core.settings import Settings

DEVICE_LOOK_WORDS = {
    "online": N_("online"),
    "silent": N_("silent"),
    "low": N_("battery low"),
    "off": N_("faulty or not in service"),
}
MAP_WORDS = {
    "mapZoomIn": N_("Too many homes or devices to draw here: zoom in."),
    "mapAlarms": N_("%(n)s alarms here, %(unclaimed)s of them unclaimed; opens them up"),
    "mapGoing": N_("%(name)s, on the way"),
    "mapGoingIn": N_("%(name)s, there in %(n)s min"),
    "mapLate": N_("%(name)s, should be there"),
    "mapFailed": N_("The map could not fetch what to draw; it tries again."),
    "mapGroundFailed": N_("This basemap cannot be read. Boundaries are drawn instead."),
}


def map_members(settings: Settings, language: str) -> dict[str, Any]:
    """What the map's part of a page is given."""
    return {
        "grounds": grounds_of(settings),
        "map_words": {name: words(language).say(said) for name, said in MAP_WORDS.items()},
        "device_looks": DEVICE_LOOK_WORDS,
        "help_kinds": KIND_WORDS,
        "help_signs": KIND_SIGNS,
    }
