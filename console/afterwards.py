"""What comes in of a case that is entered afterwards (补录): as JSON, and as the form of the duty room."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, StringConstraints

from alarms.events import Afterwards, CallMade
from console.i18n import N_
from console.schemas import Disposition, Satisfaction
from registry.intake import BadMember, ContactRole, Given, Id, YesNo
from registry.sessions import SignedIn

MOST_CALLS = 40
NEXT_DAY_WITHIN = timedelta(hours=12)
Kind = Literal["sos", "fall", "smoke", "gas", "flood", "inactivity", "duress"]
Outcome = Literal["accepted", "declined", "no_key", "voicemail", "busy", "no_answer", "rejected", "failed"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
ENTRY_REFUSALS = (
    N_("lies in the future"),
    N_("lies before the call for help"),
    N_("is more than a year ago"),
    N_("is needed for what began more than 12 hours ago: say how it ended"),
    N_("is needed where the case is closed"),
    N_("lies before somebody was on the way"),
    N_("lies before something that was done"),
    N_("say who went"),
    N_("is not a day that there is"),
    N_("write a time as 14:05"),
    N_("say what became of the call"),
    N_("say when the call was made"),
    N_("say when they set out"),
    N_("say when it was closed"),
)
"""What is wrong with an entry, in words that are translated."""


class CallGiven(Given):
    """A call that an officer dialled by hand: to a contact, or to somebody who has a name here."""

    at: AwareDatetime
    outcome: Outcome
    contact_id: Id | None = None
    name: Name | None = None
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] | None = None
    role: ContactRole = "other"


class AfterwardsNew(Given):
    """A case of the time without the system, with its real times; without `closed_at` it goes on from now."""

    elder_id: Id
    pressed_at: AwareDatetime = Field(description="When the call for help came in")
    kind: Kind = "sos"
    calls: Annotated[list[CallGiven], Field(max_length=MOST_CALLS)] = Field(default_factory=list)
    helper_id: Id | None = Field(default=None, description="The contact who went")
    helper_name: Name | None = Field(default=None, description="Who went, where that is no contact")
    accepted_at: AwareDatetime | None = None
    arrived_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    disposition: Disposition | None = None
    satisfaction: Satisfaction | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] | None = None
    add_to: Id | None = Field(default=None, description="An alarm of this elder that this belongs to")
    is_certain: YesNo = Field(default=False, description="It is another case than the one that looks like it")

    def event(self, user: SignedIn, now: datetime, device_uid: str | None) -> Afterwards:
        calls = tuple(CallMade(**one.model_dump()) for one in self.calls)
        members = self.model_dump(exclude={"calls"})
        return Afterwards(**members, calls=calls, user_id=user.id, user_name=user.name, at=now, device_uid=device_uid)


def typed(form: Mapping[str, str], contact_ids: Sequence[str], elder_id: str, zone: ZoneInfo) -> AfterwardsNew:
    """The form as that input. A time of day earlier than the call for help is the next day's, within 12 hours.

    Raises BadMember with the field's name, and pydantic's ValidationError.
    """
    times = _Times(form, zone)
    calls = []
    for contact_id in contact_ids:
        name = f"call.{contact_id}"
        at, outcome = times.of(f"{name}.at"), form.get(f"{name}.outcome", "")
        if at is None and not outcome:
            continue
        if at is None:
            raise BadMember(f"{name}.at", "say when the call was made")
        if not outcome:
            raise BadMember(f"{name}.at", "say what became of the call")
        calls.append({"at": at, "outcome": outcome, "contact_id": contact_id})
    helper, name = form.get("helper_id", ""), form.get("helper_name", "").strip()
    accepted_at, closed_at = times.of("accepted_at"), times.of("closed_at")
    if (helper or name) and accepted_at is None:
        raise BadMember("accepted_at", "say when they set out")
    if (form.get("disposition") or form.get("satisfaction")) and closed_at is None:
        raise BadMember("closed_at", "say when it was closed")
    values: dict[str, Any] = {
        "elder_id": elder_id, "pressed_at": times.pressed_at, "kind": form.get("kind") or "sos", "calls": calls,
        "helper_id": helper or None, "helper_name": name or None, "accepted_at": accepted_at,
        "arrived_at": times.of("arrived_at"), "closed_at": closed_at, "disposition": form.get("disposition") or None,
        "satisfaction": form.get("satisfaction") or None, "text": form.get("text", "").strip() or None,
        "add_to": form.get("add_to") or None, "is_certain": form.get("is_certain") == "1",
    }  # fmt: skip
    return AfterwardsNew.model_validate(values)


class _Times:
    """Times of day as instants, counted from the call for help."""

    def __init__(self, form: Mapping[str, str], zone: ZoneInfo) -> None:
        self._form, self._zone = form, zone
        try:
            self._day = date.fromisoformat(form.get("day", ""))
        except ValueError:
            raise BadMember("day", "is not a day that there is") from None
        found = self._read("pressed_at")
        if found is None:
            raise BadMember("pressed_at", "write a time as 14:05")
        self.pressed_at = datetime.combine(self._day, found, zone)

    def of(self, member: str) -> datetime | None:
        found = self._read(member)
        if found is None:
            return None
        at = datetime.combine(self._day, found, self._zone)
        following = datetime.combine(self._day + timedelta(days=1), found, self._zone)
        return following if at < self.pressed_at and following - self.pressed_at <= NEXT_DAY_WITHIN else at

    def _read(self, member: str) -> time | None:
        text = self._form.get(member, "").strip()
        if not text:
            return None
        try:
            return time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            raise BadMember(member, "write a time as 14:05") from None
