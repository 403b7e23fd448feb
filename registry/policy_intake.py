"""How an alarm climbs, as what comes in says it."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from registry.intake import AreaCode, ContactRole, Given, Id, Name, Patch, YesNo
from registry.profile import OFFICER_RUNG

MOST_RUNGS = 8
AlarmKind = Literal[
    "sos", "fall", "smoke", "gas", "flood", "inactivity", "duress", "low_battery", "mains_lost", "tamper"
]  # fmt: skip
PolicyName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]{0,59}$"),
    Field(description="The policy's name in addresses; `default` is the one for everybody", examples=["night"]),
]
RingS = Annotated[int, Field(strict=True, ge=1, le=300)]
Tries = Annotated[int, Field(strict=True, ge=1, le=10)]


class RungGiven(Given):
    """The contacts of one role, by rank; null is as the policy has it for everybody. At `officer` the duty officers
    begin to be rung, beside whoever comes next."""

    role: Literal[ContactRole, "officer"]
    ring_s: RingS | None = None
    tries: Tries | None = Field(default=None, description="How often each of their numbers is called in a round")

    @model_validator(mode="after")
    def _officers_are_rung_until_one_takes_it(self) -> Self:
        if self.role == OFFICER_RUNG and self.tries is not None:
            raise ValueError("officers are rung until one of them takes it: leave tries out")
        return self


class PolicyPatch(Patch):
    """How an alarm climbs; members that are left out stay as they are. Every `_s` is in seconds, hours are local.

    `elder_id` or `area_code`, and `kind`, say for whom and for what; the nearest policy wins.
    """

    NULLABLE = frozenset({"title", "area_code", "elder_id", "kind"})
    title: Name | None = Field(default=None, description="What people call it")
    area_code: AreaCode | None = None
    elder_id: Id | None = None
    kind: AlarmKind | None = None
    rungs: Annotated[list[RungGiven], Field(max_length=MOST_RUNGS)] | None = Field(
        default=None, description="Who is climbed to, in order, each role once; empty: family, community, doctor"
    )
    ring_s: RingS | None = None
    tries_per_contact: Tries | None = None
    follow_up_after_s: Annotated[int, Field(strict=True, ge=1, le=604_800)] | None = None
    follow_up_tries: Annotated[int, Field(strict=True, ge=1, le=10)] | None = None
    follow_up_retry_s: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    follow_up_at_night: YesNo | None = None
    officer_ring_s: RingS | None = None
    round_pause_s: Annotated[int, Field(strict=True, ge=0, le=3600)] | None = None
    arrival_within_s: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    polite_from_hour: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None
    polite_to_hour: Annotated[int, Field(strict=True, ge=1, le=24)] | None = None
    send_messages: YesNo | None = None

    @model_validator(mode="after")
    def _each_role_once(self) -> Self:
        roles = [rung.role for rung in self.rungs or ()]
        if len(set(roles)) < len(roles):
            raise ValueError("rungs: each role can be named once")
        return self

    def settings(self) -> dict[str, Any]:
        """The members that a policy's settings hold, as plain values."""
        said = self.model_dump(include=self.model_fields_set - {"version", *SCOPE})
        return {name: value for name, value in said.items() if value is not None}

    def scope(self) -> dict[str, Any]:
        """What was said about its title, and for whom and what it is meant."""
        return {name: getattr(self, name) for name in SCOPE if name in self.model_fields_set}


SCOPE = ("title", "area_code", "elder_id", "kind")
