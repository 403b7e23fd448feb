"""What a language has to be able to say, and the facts that it says it of."""

from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one listener may hear, cleaned; "" and None where nothing is known. `sex` is female, male or None;
    `called` is how the elder is spoken to; `is_asked`: a colleague who holds the alarm wants this officer's word."""

    purpose: str
    kind: str
    to_name: str
    elder: str
    called: str
    age: int | None
    sex: str | None
    address: str
    access: str
    health: tuple[str, ...]
    press_count: int
    is_cancelled: bool
    is_silent: bool
    is_test: bool
    is_recorded: bool
    device: str
    accepted_by: str
    at: str
    number: str
    link: str
    is_asked: bool = False

    def without_person(self) -> "Facts":
        return replace(self, age=None, sex=None, at="")

    def with_address_of(self, most: int) -> "Facts":
        short = self.address if len(self.address) <= most else self.address[: most - 1] + "…"
        return replace(self, address=short)


class Wording(Protocol):
    """One language."""

    def call(self, facts: Facts) -> tuple[str, ...]:
        """What is said when somebody picks up."""
        ...

    def reply(self, facts: Facts, meaning: str) -> tuple[str, ...]:
        """What is said after a key, or at the end of silence."""
        ...

    def message(self, facts: Facts) -> str:
        """The text message."""
        ...
