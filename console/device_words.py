"""What states, moves, triggers and lines of a device's history are called on its pages."""

from typing import Any

from console.i18n import N_, Words

STATE_WORDS = {
    "stock": N_("in stock"),
    "issued": N_("handed out"),
    "installed": N_("installed"),
    "in_service": N_("in service"),
    "faulty": N_("faulty"),
    "retired": N_("retired"),
}
STATE_LOOKS = {
    "stock": "follow_up", "issued": "calling", "installed": "accepted", "in_service": "arrived", "faulty": "silent",
    "retired": "closed",
}  # fmt: skip
MOVE_WORDS = {
    "stock": N_("Take back to stock"),
    "issued": N_("Hand out"),
    "installed": N_("Installed at the elder's"),
    "in_service": N_("Take into service"),
    "faulty": N_("Report a fault"),
    "retired": N_("Retire"),
}
TRIGGER_WORDS = {
    "key": N_("the key"),
    "pendant": N_("pendant"),
    "wristband": N_("wristband"),
    "cord": N_("pull cord"),
    "smoke": N_("smoke sensor"),
    "gas": N_("gas sensor"),
    "fall": N_("fall sensor"),
}
MEMBER_WORDS = {
    "model": N_("Model"), "triggers": N_("Triggers"), "sim_iccid": N_("SIM card"), "sim_phone": N_("Number of the SIM"),
    "batch": N_("Delivery"), "heartbeat_s": N_("Sign of life every"), "firmware": N_("Firmware"), "note": N_("Note"),
}  # fmt: skip
_LINES = {
    "registered": N_("registered"),
    "paired": N_("given to an elder"),
    "unpaired": N_("taken from its elder"),
    "replaced": N_("replaced by another device"),
    "replaces": N_("took over from another device"),
    "secret": N_("new secret"),
}
SIM_FAULTS = (
    N_("a SIM card's number holds digits only"),
    N_("a SIM card's number has 19 or 20 digits and begins with 89"),
    N_("the check digit is wrong: a digit was misread, or two were swapped"),
    N_("this SIM card is in another device"),
    N_("each trigger is named once"),
    N_("a uid is 1 to 64 of A-Z a-z 0-9 . _ : ~ - and begins with a letter or a digit"),
    N_("named twice"),
    N_("is the centre's own topic"),
    N_("give uids, or count with a prefix"),
    N_("a device does not replace itself"),
)
"""What the registry says of a device's members; translated with the pages."""


def line_text(line: dict[str, Any], speech: Words) -> str:
    """A line of the history in words; who and when stand beside it."""
    what, data = line["what"], line["data"]
    if what == "moved":
        told = speech.say(STATE_WORDS.get(data["to"], data["to"]))
        return speech.say(N_("undone: %(state)s again")) % {"state": told} if data.get("is_undo") else told
    if what == "changed":
        names = [speech.say(MEMBER_WORDS.get(name, name)) for name in data.get("members", ())]
        return speech.say(N_("changed: %(what)s")) % {"what": ", ".join(names)}
    if what == "paired" and data.get("replaces"):
        what = "replaces"
    return speech.say(_LINES.get(what, what))


def told_fault(what: str, speech: Words) -> str:
    """A fault in words; what stands behind a colon is a value and stays as it is."""
    known = speech.say(what)
    if known != what or ": " not in what:
        return known
    head, _, value = what.partition(": ")
    return f"{speech.say(head)}: {value}"
