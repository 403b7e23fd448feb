"""The life of a one-key phone (R-2): stock → issued → installed and tested → in service → faulty → retired.

One table of moves and the few rules beside it; nothing here reads or writes. A press of a device is an alarm in every
state: these rules say what may be written on the file, not who is helped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from core.errors import Conflict

STATES = ("stock", "issued", "installed", "in_service", "faulty", "retired")
DEFAULT_TRIGGERS = ("key",)
MOVES = MappingProxyType(
    {
        "stock": ("issued", "faulty", "retired"),
        "issued": ("installed", "stock", "faulty", "retired"),
        "installed": ("in_service", "stock", "faulty", "retired"),
        "in_service": ("faulty", "stock", "retired"),
        "faulty": ("installed", "stock", "retired"),
        "retired": ("stock",),
    }
)
"""From a state to those that may follow, the usual one first."""
AT_AN_ELDERS = frozenset({"installed", "in_service"})
PAIRABLE = frozenset({"stock", "issued", "installed", "in_service"})

Tested = Mapping[str, datetime]
"""When a test press of each trigger was last heard, since the device has been where it is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules look at."""

    state: str
    has_elder: bool
    triggers: Sequence[str] = DEFAULT_TRIGGERS
    tested: Tested = field(default_factory=dict)

    @property
    def untested(self) -> tuple[str, ...]:
        """The triggers of which no test press has come."""
        return tuple(trigger for trigger in self.triggers if trigger not in self.tested)


def check_move(now: Standing, to: str) -> None:
    """Raise Conflict, naming what is missing, when this device may not be moved to that state."""
    if to == now.state:
        return
    if to not in MOVES[now.state]:
        raise Conflict(f"a device that is {now.state} can become {', '.join(MOVES[now.state])}, and not {to}")
    if to in AT_AN_ELDERS and not now.has_elder:
        raise Conflict(f"a device is {to} at an elder's home: pair it with one first")
    if to == "in_service" and now.untested:
        raise Conflict(f"no test press was received from: {', '.join(now.untested)}")


def possible_moves(now: Standing) -> tuple[str, ...]:
    """The moves that `check_move` lets pass, the usual one first."""
    return tuple(to for to in MOVES[now.state] if _may(now, to))


def _may(now: Standing, to: str) -> bool:
    try:
        check_move(now, to)
    except Conflict:
        return False
    return True


def first_state(*, has_elder: bool) -> str:
    """Where a new device's life begins."""
    return "issued" if has_elder else "stock"


def after_pairing(state: str) -> str:
    """The state of a device that is given to an elder, who is another one than before: it has to be installed and
    tested there. Raises Conflict for a device that is out of use."""
    if state not in PAIRABLE:
        raise Conflict(f"a device that is {state} is given to nobody: take it to stock first")
    return "issued"


def after_unpairing(state: str) -> str:
    """The state of a device that is taken from its elder."""
    return "stock" if state in PAIRABLE else state


def begins_anew(to: str) -> bool:
    """Whether tests of before do not count any more once a device has come to this state."""
    return to in ("stock", "issued", "faulty")
