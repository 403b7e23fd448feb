from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from registry.faults import faults


class Rung(BaseModel):
    role: Literal["family"] | Literal["officer"]
    ring_s: Annotated[int, Field(strict=True, le=300)] | bool = 1


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")
    born: date = Field(default=date(1940, 1, 1), ge=date(1900, 1, 1))
    uid: Annotated[str, StringConstraints(pattern="^[a-z]+$")] = "a"
    at: AwareDatetime | None = None
    rungs: list[Rung] = Field(default=[Rung(role="family")], min_length=1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"born": "1850-01-01"}, {"born": "is too small: 1900-01-01 is the least"}),
        ({"uid": "?"}, {"uid": "is not written as it should be"}),
        ({"at": "2026-01-31T08:00:00"}, {"at": "needs its time zone, as 2026-01-31T08:00:00+08:00"}),
        ({"at": "soon"}, {"at": "is not a time that there is"}),
        ({"rungs": []}, {"rungs": "has too few entries: 1 are the least"}),
        ({"rungs": 7}, {"rungs": "must be a list"}),
        ({"rungs": [7, {}]}, {"rungs.0": "must be an object with members", "rungs.1.role": "is needed"}),
        ({"rungs": [{"role": "x"}]}, {"rungs.0.role": "must be one of: family, or must be one of: officer"}),
        (
            {"rungs": [{"role": "family", "ring_s": "x"}]},
            {"rungs.0.ring_s": "must be a whole number, or must be yes or no"},
        ),
        ({"more": 1}, {"more": "is not known here"}),
    ],
)
def test_fault_is_told_at_its_place_in_plain_words(given: dict[str, object], told: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as wrong:
        Given.model_validate(given)

    assert faults(wrong.value.errors(), given) == told
