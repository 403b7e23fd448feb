"""Shifts, to-dos and hand-overs, as what comes in says them."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from registry.intake import Change, Given, Id, YesNo

LONGEST_SHIFT = timedelta(hours=24)


def _lines(text: str) -> str:
    if any(ord(c) < 32 and c not in "\n\t\r" for c in text):
        raise ValueError("holds characters that cannot be seen")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_lines)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_lines)]


class ShiftNew(Given):
    """Somebody's turn of duty; instants are aware."""

    user_id: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    is_leader: YesNo = False
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if not timedelta() < self.ends_at - self.starts_at <= LONGEST_SHIFT:
            raise ValueError("a shift ends after it begins, and within 24 hours")
        return self


class ToDoNew(Given):
    """Work parked until `due_at`; without an owner everybody on duty is reminded."""

    text: Text
    due_at: AwareDatetime
    alarm_id: Id | None = None
    elder_id: Id | None = None
    owner_id: Id | None = None


class ToDoPatch(Change):
    """What is new about a to-do; `is_done` closes it, or opens it again."""

    NULLABLE = frozenset({"owner_id"})
    text: Text | None = None
    due_at: AwareDatetime | None = None
    owner_id: Id | None = None
    is_done: YesNo | None = None


class HandOverNew(Given):
    """What the leaving leader adds to what the system lists by itself."""

    note: Remark = Field(default="", examples=["3 号楼停电，物业 22 点恢复"])
