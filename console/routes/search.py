"""The one search: a word of a name, a number, an address or a device, and the files that answer."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from console.deps import CentreDep, allowed
from console.paging import Page, decode_cursor, encode_cursor
from registry import search
from registry.intake import AreaCode, DeviceState, Sex
from registry.search_document import RISKS
from registry.search_query import LONGEST, Filters
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1/search", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Risk = Literal["no_device", "no_contact", "no_key_holder", "no_place", "living_alone"]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Age = Annotated[int, Field(strict=True, ge=0, le=150)]


class SearchFilters(BaseModel):
    """What the file must be besides; of several values of one filter any will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    areas: list[AreaCode] = Field(default_factory=list, max_length=50, description="Codes; what lies in them counts")
    kinds: list[Code] = Field(default_factory=list, max_length=20, description="Kinds of person")
    marks: list[Code] = Field(default_factory=list, max_length=10)
    risks: list[Risk] = Field(default_factory=list, max_length=len(RISKS))
    device_states: list[DeviceState] = Field(default_factory=list, max_length=6)
    sex: Sex | None = None
    age_from: Age | None = Field(default=None, description="Whole years")
    age_to: Age | None = None

    def asked(self) -> Filters:
        return Filters(
            areas=tuple(self.areas), kinds=tuple(self.kinds), marks=tuple(self.marks), risks=tuple(self.risks),
            device_states=tuple(self.device_states), sex=self.sex, age_from=self.age_from, age_to=self.age_to,
        )  # fmt: skip


class SearchAsked(BaseModel):
    """A question. Every word must be found: in the name (in Chinese, in pinyin, by its initials), in a number of the
    elder or of a contact (four digits or more), in the service card or a device's uid (three signs), in an address or
    a contact's name (two characters); an ID number whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    q: str = Field(default="", max_length=LONGEST, examples=["zgm"])
    filters: SearchFilters = Field(default_factory=SearchFilters)
    limit: int = Field(default=20, ge=1, le=search.MOST)
    cursor: str | None = Field(default=None, max_length=200, description="`next_cursor` of the page before")


class SearchWhy(BaseModel):
    """Where a word was found: from `start` to `end` in the text, counted in characters."""

    member: str = Field(
        examples=["name"],
        description="name, reading, phone, service_card, device, contact, contact_phone, address, area, birth_date "
        "or id_number",
    )
    text: str
    start: int
    end: int


class SearchDevice(BaseModel):
    uid: str
    state: str


class SearchItem(BaseModel):
    """An elder in short, and why this one."""

    id: str
    name: str
    sex: str | None
    birth_date: date | None
    phone: str | None
    address: str | None
    area: str | None
    kinds: list[str]
    marks: list[str]
    devices: list[SearchDevice]
    why: list[SearchWhy]


class SearchPage(Page[SearchItem]):
    is_too_short: bool = Field(description="Nothing was looked up: a word would fit too many files")


@router.post("")
def search_files(asked: SearchAsked, centre: CentreDep, user: Reader) -> SearchPage:
    """The files that answer, the best first: what is so from end to end, then what begins so, then the rest; within
    each the newest first."""
    wanted = search.Wanted(
        asked.q, asked.filters.asked(), asked.limit, decode_cursor(asked.cursor) if asked.cursor else None,
        search.scopes_of(user.scope.codes),
    )  # fmt: skip
    answer = centre.registry.search(wanted)
    return SearchPage(
        items=[item_of(found) for found in answer.found], next_cursor=encode_cursor(answer.following),
        is_too_short=answer.is_too_short,
    )  # fmt: skip


def item_of(found: search.Found) -> SearchItem:
    file = found.file
    reasons = [SearchWhy(member=one.member, text=one.text, start=one.start, end=one.end) for one in found.why]
    if found.is_by_id_number:
        reasons.append(SearchWhy(member="id_number", text="", start=0, end=0))
    return SearchItem(
        id=file.id, name=file.name, sex=file.sex, birth_date=file.birth_date, phone=file.phone, address=file.address,
        area=file.area, kinds=list(file.kinds), marks=list(file.marks), why=reasons,
        devices=[SearchDevice(uid=device.uid, state=device.state) for device in file.devices],
    )  # fmt: skip
