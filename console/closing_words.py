"""What closing and supplementing are called at the desk: the questions, the reasons, the lines of the timeline."""

from collections.abc import Iterable, Mapping
from typing import Any

from console.i18n import N_, Words

QUESTION_WORDS = {
    "contact": N_("Was a contact reached?"),
    "safe": N_("Is the elder safe?"),
    "steps": N_("Is every planned step done?"),
}
YES_WORDS = {
    "contact": N_("Yes, somebody was reached"),
    "safe": N_("Yes, the elder is safe"),
    "steps": N_("Yes, all done"),
}
WHY_OPEN_WORDS = {
    "contact": N_("Nobody has confirmed that they are going."),
    "safe": N_("Nobody has said that the elder is safe."),
    "steps": N_("This would be cut off:"),
}
ITEM_WORDS = {
    "contact": N_("a contact was reached"),
    "safe": N_("the elder is safe"),
    "steps": N_("every planned step is done"),
}
WAIVER_WORDS = {
    "spoke_with_elder": N_("I spoke with the elder myself"),
    "services_there": N_("ambulance, police or fire service is there"),
    "nobody_registered": N_("nobody is registered"),
    "no_person": N_("no person was involved"),
    "in_care": N_("in hospital or in a doctor's care"),
    "with_somebody": N_("somebody is with them and will tell us"),
    "not_needed": N_("not needed any more"),
    "done_otherwise": N_("done in another way"),
    "other": N_("another reason"),
}
LINE_WORDS = {
    "closing_confirmed": N_("Said at the closing: %(items)s"),
    "closing_waived": N_("Left open at the closing: %(item)s – %(reason)s"),
    "closed_without": N_("Closed without knowing: %(items)s"),
    "supplemented": N_("Supplement"),
    "help_sent_for": N_("%(author)s sends for %(name)s"),
    "unlinked": N_("Not linked with another alarm any more"),
}
FIX_SOURCES = {
    "gnss": N_("satellites"),
    "wifi": N_("Wi-Fi"),
    "cell": N_("mobile network"),
    "manual": N_("entered by hand"),
}
PHRASES = (
    N_("No answer; ringing again."),
    N_("Spoke with the elder."),
    N_("The elder says it was a mistake."),
    N_("The family knows."),
    N_("The ambulance is called (120)."),
    N_("The door is locked; the key is on its way."),
)
"""What is noted again and again, by key."""
REFUSALS = (
    N_("say whether a contact was reached, or why that is not needed"),
    N_("say whether the elder is safe, or why nobody can say so"),
    N_("say whether every planned step is done, or why they are left"),
    N_("choose one of the reasons"),
    N_("write the reason in words"),
    N_("say what it was"),
    N_("closed more than 7 days ago: ask a supervisor to supplement it"),
    N_("closed more than 7 days ago: say why it is supplemented now"),
    N_("say what is to be corrected, or write what is to be added"),
    N_("these two alarms are not linked"),
    N_("claim the alarm first: only the officer who holds it sends help"),
    N_("this is a test: nobody is sent out"),
    N_("no number is registered there: reach them another way, and record it"),
    N_("the system never dials this number: phone it yourself, and record it"),
    N_("the other alarm does not exist"),
    N_("say which other alarm belongs to this one"),
)
"""What the rules answer; the page puts it into the reader's language."""


def members(data: Mapping[str, Any], speech: Words) -> dict[str, str]:
    """The places of LINE_WORDS, filled from a timeline line."""
    items: Iterable[str] = data.get("items") or data.get("missing") or ()
    return {
        "items": _and(items, speech),
        "item": _and([data["item"]] if data.get("item") else [], speech),
        "reason": speech.say(WAIVER_WORDS.get(str(data.get("reason")), "")) if data.get("reason") else "",
    }


def more(data: Mapping[str, Any], words_of: Mapping[str, Mapping[str, str]], speech: Words) -> list[str]:
    """What a supplement corrected; `words_of` has the words of each member's codes."""
    told = []
    for name, table in words_of.items():
        if f"{name}_before" in data:
            before, after = (speech.say(table.get(str(data[key]), "–")) for key in (f"{name}_before", name))
            told.append(speech.say(N_("%(before)s → %(after)s")) % {"before": before, "after": after})
    return told + [str(data[key]) for key in ("text", "late_reason") if data.get(key)]


def _and(items: Iterable[str], speech: Words) -> str:
    comma = "、" if speech.language == "zh-CN" else ", "
    return comma.join(speech.say(ITEM_WORDS[item]) if item in ITEM_WORDS else item for item in items)
