"""Many deadlines under one timer. Pure."""

from typing import Generic, TypeVar

T = TypeVar("T")

LOOK_AGAIN_S = 60.0  # What is long gone leaves the wheel after this time, however far its deadline was.


class DeadlineWheel(Generic[T]):
    """Things to look at again, in slots of `tick_s`.

    A deadline that moves back is not moved here: its owner is handed out at the old time, at the latest after a minute,
    and is scheduled again.
    """

    def __init__(self, *, tick_s: float, now: float) -> None:
        self._tick_s = tick_s
        self._slots: dict[int, list[T]] = {}
        self._next = int(now / tick_s)

    def schedule(self, thing: T, at: float, now: float) -> None:
        slot = int(min(at, now + LOOK_AGAIN_S) / self._tick_s) + 1
        self._slots.setdefault(max(slot, self._next), []).append(thing)

    def due(self, now: float) -> list[T]:
        """Everything whose slot has come since the last call."""
        current = int(now / self._tick_s)
        found: list[T] = []
        for slot in range(self._next, current + 1):
            found += self._slots.pop(slot, ())
        self._next = max(self._next, current + 1)
        return found

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))
