"""The keys of the duty desk: the card on `?` and the script that obeys them are both made from this list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.i18n import N_


@dataclass(frozen=True, slots=True)
class Key:
    """What pressing one of `keys` (names as the browser gives them, small letters) does.

    `shown` is what stands on the card; `action` is the name of what the script does, None where another script of the
    desk listens for it.
    """

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    does: str
    action: str | None


def _letter(letter: str, does: str, action: str | None) -> Key:
    return Key((letter.lower(),), (letter,), does, action)


SPACE = N_("Space")
DESK_KEYS: tuple[Key, ...] = (
    Key((" ",), (SPACE,), N_("take the alarm that needs somebody most"), "takeNext"),
    Key(("Enter",), ("Enter",), N_("the big button of the alarm shown"), "primary"),
    Key(("ArrowDown", "j"), ("↓", "J"), N_("the next line"), "next"),
    Key(("ArrowUp", "k"), ("↑", "K"), N_("the line before"), "previous"),
    _letter("S", N_("take the alarm shown"), "claim"),
    _letter("U", N_("give it back"), "release"),
    _letter("A", N_("somebody is going"), "accept"),
    _letter("R", N_("help is there"), "arrived"),
    _letter("C", N_("close the alarm"), "close"),
    _letter("N", N_("write a note"), "note"),
    _letter("F", N_("usual phrases for a note"), None),
    Key(("0",), ("0",), N_("while closing: you spoke with the elder, who is safe"), None),
    Key(tuple("123456789"), ("1", "9"), N_("call that contact; while closing: what it was"), "digit"),
    _letter("H", N_("hand it to a colleague"), "handOver"),
    _letter("L", N_("ask the leader"), "askLeader"),
    _letter("W", N_("what to say and do"), None),
    _letter("B", N_("help nearby"), "nearby"),
    _letter("P", N_("the map sheet, to print"), "sheet"),
    _letter("T", N_("the map's tools"), None),
    _letter("E", N_("go on to queue, map, alarm"), "pane"),
    _letter("G", N_("by area, and back"), "areas"),
    _letter("V", N_("my alarms, and back"), "mine"),
    _letter("O", N_("show 100 more lines"), "more"),
    _letter("Z", N_("undo, while it is offered"), "undo"),
    Key(("/",), ("/",), N_("find an elder"), None),
    _letter("M", N_("mute for 60 s"), "mute"),
    _letter("D", N_("day, night, by the clock"), "theme"),
    Key(("?",), ("?",), N_("this card"), "card"),
    Key(("Escape",), ("Esc",), N_("back"), "back"),
)


def for_script(keys: Sequence[Key] = DESK_KEYS) -> dict[str, Any]:
    """Key → action, for the script."""
    return {name: key.action for key in keys for name in key.keys if key.action is not None}
