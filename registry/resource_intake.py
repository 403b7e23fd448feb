"""Help that may be near, as what comes in says it."""

from pydantic import Field

from registry.intake import Address, Crs, Given, Lat, Lon, Name, Patch, Phone, ResourceKind


class ResourceNew(Given):
    """Help that may be near somebody."""

    kind: ResourceKind
    name: Name
    lat: Lat
    lon: Lon
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    phone: Phone | None = None
    address: Address | None = None


class ResourcePatch(Patch):
    """What is new about a resource; a new place needs both lat and lon."""

    NULLABLE = frozenset({"phone", "address"})
    kind: ResourceKind | None = None
    name: Name | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = "wgs84"
    phone: Phone | None = None
    address: Address | None = None
