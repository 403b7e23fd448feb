"""What the list for the day without the system says, in the file that opens by itself and on paper."""

from collections.abc import Mapping

from console import words as w
from console.i18n import N_, Words

FILE_WORDS = {
    "title": N_("Elders and contacts, for the day without the system"),
    "made": N_("List of %(at)s"),
    "mark": N_("%(area)s · %(n)s elders · made %(at)s by %(by)s: %(why)s · confidential, destroy when replaced"),
    "today": N_("less than a day old"),
    "day": N_("1 day old"),
    "days": N_("%(n)s days old"),
    "sealed": N_("This list is sealed. The passphrase chosen when it was made opens it; no network is needed."),
    "passphrase": N_("Passphrase"),
    "open": N_("Open the list"),
    "opening": N_("Opening … %(n)s of 100"),
    "wrong": N_("This is not the passphrase. Look out for capital letters and the input method."),
    "broken": N_("The file is damaged or was cut: take another copy."),
    "browser": N_("This browser is too old. Open the file with a current Chrome, Edge or Firefox."),
    "search": N_("Name, initials, number or address"),
    "area": N_("Area"),
    "everywhere": N_("all areas"),
    "print": N_("Print what was found"),
    "lock": N_("Close the list"),
    "found": N_("%(n)s found"),
    "first": N_("%(n)s found, the first %(shown)s are shown; all of them are printed"),
    "age": N_("%(n)s years"),
    "address": N_("Address"),
    "phone": N_("Telephone"),
    "way_in": N_("How to get in"),
    "call": N_("Call in this order"),
    "nobody": N_("nobody is known: go there, or send the nearest help"),
    "key": N_("has a key"),
    "away": N_("away"),
    "help": N_("Nearest help"),
    "yes": N_("yes"),
    "no": N_("no"),
}  # fmt: skip
OFFLINE_REFUSALS = (
    N_("say why"),
    N_("there is no such area"),
    N_("nobody lives in this area"),
    N_("more than 3,000 elders are too many for paper: choose a smaller area"),
    N_("more than 20,000 elders are too many for one list: choose a smaller area"),
    N_("needs 14 characters or more: four words in a row are easy to keep"),
    N_("the two are not the same"),
)
"""What is answered to who asks for a list, in words that are translated."""
HOW_MADE = {"file": N_("sealed file"), "paper": N_("paper"), "command": N_("sealed file, by command")}


def file_words(speech: Words) -> dict[str, str]:
    """Every text of the file, by the names that its script asks for."""
    tables: Mapping[str, Mapping[str, str]] = {"role": w.ROLE_WORDS, "sex": w.SEX_WORDS, "health": w.HEALTH_WORDS}
    coded = {f"{name}.{code}": text for name, table in tables.items() for code, text in table.items()}
    return {name: speech.say(text) for name, text in (FILE_WORDS | coded).items()}
