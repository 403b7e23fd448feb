"""What is said on a call and written in a message: data in, words out.

The wording is here and nowhere else; a channel only decides how words become sound. A neighbour hears no illness: the
health of an elder is said to a doctor and to nobody else, and how to get in only to those who are asked to go there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from notifier import wording_en, wording_zh
from notifier.reading import clean, digits_apart_en, digits_apart_zh, plain
from notifier.wording import Facts, Wording

LANGUAGES = ("zh-CN", "en")
PURPOSES = ("help", "follow_up_helper", "follow_up_elder", "officer", "message", "verify")
HEARS_HEALTH = frozenset({"doctor"})
HEARS_ACCESS = frozenset({"family", "community", "doctor", "security"})
SMS_UNITS = 134  # Two parts of UCS-2 text, 67 UTF-16 units each.
SMS_ASCII = 306  # Two parts of seven-bit text, 153 characters each.

KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "help": {"1": "accept", "2": "decline", "3": "repeat"},
    "officer": {"1": "take", "2": "decline", "3": "repeat"},
    "follow_up_helper": {"1": "arrived", "2": "not_arrived", "3": "repeat"},
    "follow_up_elder": {"1": "helped", "2": "not_helped", "3": "dissatisfied"},
    "message": {"1": "accept", "2": "decline"},
    "verify": {"1": "right", "2": "wrong_person", "3": "repeat"},
})  # fmt: skip
"""What each key means, by purpose. `repeat` is answered by the channel itself and is no report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Everything that may be said on one attempt; text as it stands in the registry, cleaned when it is said.

    `elder_reading` is the name as a voice must be given it, `elder_addressed_as` how the elder is called to their face.
    `purpose` is one of PURPOSES, `language` one of LANGUAGES (anything else is spoken as zh-CN), `kind` an alarm kind
    (an unknown one is an emergency). `is_cancelled`: the person says it was a mistake; `is_silent`: nobody may ring the
    elder back; `is_over`: this listener is needed no more; `is_recorded`: the call is, and says so; `is_asked`: the
    officer who holds the alarm asks this one. `received_at_local` is a local time to read out, such as 08:15; `link`
    the relative's page.
    """

    attempt_id: str
    purpose: str = "help"
    language: str = "zh-CN"
    alarm_id: str = ""
    alarm_number: int | None = None
    to_role: str = ""
    to_name: str = ""
    kind: str = "sos"
    elder_name: str | None = None
    elder_reading: str | None = None
    elder_addressed_as: str | None = None
    elder_age: int | None = None
    elder_sex: str | None = None
    address: str | None = None
    access_notes: str | None = None
    health: tuple[str, ...] = ()
    press_count: int = 1
    is_cancelled: bool = False
    is_silent: bool = False
    is_test: bool = False
    is_over: bool = False
    is_recorded: bool = False
    device_uid: str | None = None
    accepted_by_name: str | None = None
    received_at_local: str | None = None
    link: str | None = None
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said, line by line: `lines` as it is written, `aloud` as a voice must be given it (numbers digit by
    digit); `keys` is what each key means."""

    lines: tuple[str, ...]
    aloud: tuple[str, ...]
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def spoken(prompt: Prompt) -> Speech:
    """What somebody hears who picks up; no key means anything once it is over."""
    if prompt.is_over:
        return after_words(prompt, "over")
    return _speech(prompt, lambda wording, facts: wording.call(facts), KEYS.get(prompt.purpose, KEYS["help"]))


def after_key(prompt: Prompt, digits: str) -> str | None:
    """What the pressed key means; None for one that was not asked for."""
    if prompt.is_over:
        return None
    return KEYS.get(prompt.purpose, KEYS["help"]).get(digits.strip()[:1])


def after_words(prompt: Prompt, meaning: str) -> Speech:
    """What is said in return: the meaning of a key, `unclear` for a key that was not asked for, `no_key` at the end of
    silence, `over` when the alarm needs nobody any more."""
    return _speech(prompt, lambda wording, facts: wording.reply(facts, meaning), {})


def text_message(prompt: Prompt) -> str:
    """The message beside a call, in two parts where that can be; the link is never shortened."""
    wording = _wording(prompt)
    facts = _facts(prompt, str)
    for shortened in (facts, facts.without_person(), facts.without_person().with_address_of(24)):
        text = wording.message(shortened)
        if utf16_units(text) <= (SMS_ASCII if text.isascii() else SMS_UNITS):
            return text
    return text


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _speech(
    prompt: Prompt, words: Callable[[Wording, Facts], tuple[str, ...]], keys: Mapping[str, str]
) -> Speech:  # fmt: skip
    wording = _wording(prompt)
    apart = digits_apart_en if wording is wording_en.WORDING else digits_apart_zh
    heard = replace(prompt, elder_name=prompt.elder_reading or prompt.elder_name)
    return Speech(words(wording, _facts(prompt, str)), words(wording, _facts(heard, apart)), keys)


def _wording(prompt: Prompt) -> Wording:
    return wording_en.WORDING if plain(prompt.language).lower().startswith("en") else wording_zh.WORDING


def _facts(prompt: Prompt, number: Callable[[str], str]) -> Facts:
    """What this listener may hear, cleaned; `number` says how digits that are no quantity are read."""
    going = prompt.purpose not in ("officer", "follow_up_helper", "follow_up_elder", "verify")
    access = prompt.access_notes if going and prompt.to_role in HEARS_ACCESS else None
    health = prompt.health if going and prompt.to_role in HEARS_HEALTH else ()
    return Facts(
        purpose=prompt.purpose,
        kind=prompt.kind,
        to_name=clean(prompt.to_name),
        elder=clean(prompt.elder_name),
        called=clean(prompt.elder_addressed_as),
        age=prompt.elder_age if prompt.elder_age is not None and 0 < prompt.elder_age < 130 else None,
        sex={"f": "female", "female": "female", "女": "female", "m": "male", "male": "male", "男": "male"}.get(
            clean(prompt.elder_sex).lower()
        ),
        address=number(clean(prompt.address)),
        access=number(clean(access)),
        health=tuple(filter(None, map(clean, health))),
        press_count=prompt.press_count,
        is_cancelled=prompt.is_cancelled,
        is_silent=prompt.is_silent,
        is_test=prompt.is_test,
        is_recorded=prompt.is_recorded,
        device=number(clean(prompt.device_uid)),
        accepted_by=clean(prompt.accepted_by_name),
        at=clean(prompt.received_at_local),
        number=number(str(prompt.alarm_number)) if prompt.alarm_number is not None else "",
        link=clean(prompt.link),
        is_asked=prompt.is_asked,
    )
