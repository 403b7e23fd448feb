"""Help that may be near, as what comes in says it."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from registry.hours_intake import Hours, Span
from registry.intake import Address, Crs, Lat, Lon, Name, Note, Patch, Phone, Placed, ResourceKind, Short

MAX_CAPABILITIES = 30


def _once_each(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


Capabilities = Annotated[
    list[Short],
    Field(max_length=MAX_CAPABILITIES, description="What it can do", examples=[["emergency_room", "ambulance"]]),
    AfterValidator(_once_each),
]


class ResourceNew(Placed):
    """Help that may be near somebody."""

    kind: ResourceKind
    name: Name
    lat: Lat
    lon: Lon
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    phone: Phone | None = None
    address: Address | None = None
    hours: Hours | None = None
    capabilities: Capabilities | None = None
    note: Note | None = None


class ResourcePatch(Placed, Patch):
    """What is new about a resource; a new place needs both lat and lon."""

    NULLABLE = frozenset({"phone", "address", "hours", "capabilities", "note"})
    kind: ResourceKind | None = None
    name: Name | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = "wgs84"
    phone: Phone | None = None
    address: Address | None = None
    hours: Hours | None = None
    capabilities: Capabilities | None = None
    note: Note | None = None


def kept_hours(hours: list[Span] | None) -> list[dict[str, Any]] | None:
    """As the JSON column keeps them; an empty list is nothing known."""
    return [span.model_dump() for span in hours or ()] or None
