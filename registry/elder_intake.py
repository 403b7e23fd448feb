"""An elder, as what comes in says it."""

from pydantic import Field

from registry.intake import Address, BirthDate, Crs, Given, Health, Language, Lat, Lon, Name, Note, Patch, Phone, Sex


class _ElderRest(Given):
    sex: Sex | None = None
    birth_date: BirthDate | None = None
    phone: Phone | None = None
    address: Address | None = None
    area: Name | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    access_notes: Note | None = Field(default=None, description="Who has the key, which floor; shown by role")


class ElderNew(_ElderRest):
    """An elder to be kept."""

    name: Name
    health: Health = Field(default_factory=dict)
    language: Language = "zh-CN"


class ElderPatch(_ElderRest, Patch):
    """What is new about an elder."""

    NULLABLE = frozenset({"sex", "birth_date", "phone", "address", "area", "lat", "lon", "access_notes"})
    name: Name | None = None
    health: Health | None = None
    language: Language | None = None
