"""What the codes of alarms, calls and people are called at the desk. English here, Chinese in the catalogue."""

from collections.abc import Mapping
from typing import Any

from console import closing_words
from console.i18n import N_, Words
from console.resource_words import KIND_WORDS as RESOURCE_KINDS
from console.together_words import TOGETHER_LINES

LOOK_WORDS = {
    "unclaimed": N_("unclaimed"),
    "calling": N_("calling"),
    "accepted": N_("on the way"),
    "arrived": N_("arrived"),
    "follow_up": N_("follow-up"),
    "closed": N_("closed"),
    "silent": N_("silent"),
}
KIND_WORDS = {
    "sos": N_("press"),
    "fall": N_("fall"),
    "smoke": N_("smoke"),
    "gas": N_("gas"),
    "flood": N_("water"),
    "inactivity": N_("no movement"),
    "duress": N_("silent alarm"),
    "low_battery": N_("low battery"),
    "mains_lost": N_("power lost"),
    "tamper": N_("tampering"),
}
ROLE_WORDS = {
    "family": N_("family"),
    "community": N_("community contact"),
    "doctor": N_("doctor"),
    "security": N_("security"),
    "volunteer": N_("volunteer"),
    "other": N_("other contact"),
    "officer": N_("duty officer"),
    "elder": N_("the elder"),
    "supervisor": N_("shift leader"),
    "registrar": N_("registrar"),
    "tester": N_("tester"),
    "auditor": N_("auditor"),
    "admin": N_("administrator"),
}
OUTCOME_WORDS = {
    "due": N_("to be called"),
    "sending": N_("dialling"),
    "ringing": N_("ringing"),
    "answered": N_("talking"),
    "accepted": N_("is going"),
    "declined": N_("cannot go"),
    "no_key": N_("answered, pressed nothing"),
    "voicemail": N_("voicemail"),
    "busy": N_("busy"),
    "no_answer": N_("no answer"),
    "rejected": N_("refused the call"),
    "failed": N_("cannot be reached"),
    "cancelled": N_("not needed any more"),
    "sent": N_("message sent"),
    "delivered": N_("message delivered"),
    "undelivered": N_("message not delivered"),
    "replied": N_("replied"),
    "received": N_("received"),
    "ended": N_("ended"),
}
DISPOSITION_WORDS = {
    "helped": N_("Helped on the spot"),
    "medical": N_("Taken to medical care"),
    "false_alarm": N_("Pressed by mistake"),
    "test": N_("Test"),
    "device_fault": N_("Device fault"),
    "other": N_("Something else"),
}
SATISFACTION_WORDS = {
    "satisfied": N_("satisfied"),
    "dissatisfied": N_("dissatisfied"),
    "unreachable": N_("could not be reached"),
}
HOW_WORDS = {
    "fresh_fix": N_("fix sent with the press"),
    "last_fix": N_("last known fix"),
    "home": N_("registered home"),
    "unknown": N_("place unknown"),
}
SEX_WORDS = {"female": N_("woman"), "male": N_("man"), "f": N_("woman"), "m": N_("man")}
HEALTH_WORDS = {
    "conditions": N_("Illnesses"),
    "allergies": N_("Allergies"),
    "medication": N_("Medication"),
    "mobility": N_("Mobility"),
    "implants": N_("Implants"),
    "hearing": N_("Hearing"),
    "sight": N_("Sight"),
    "vision": N_("Sight"),
    "speech": N_("Speech"),
    "language": N_("Speaks"),
    "dialect": N_("Dialect"),
    "blood_group": N_("Blood group"),
    "living": N_("Lives"),
    "lives_alone": N_("Lives alone"),
    "notes": N_("Notes"),
}
STEP_WORDS = {
    "ask": N_("follow-up call to %(name)s"),
    "call": N_("call %(name)s"),
    "wait": N_("goes on if %(name)s says nothing"),
    "round": N_("call everybody again"),
    "attention": N_("ring the duty officers"),
    "arrival": N_("ask whether %(name)s has arrived"),
    "follow_up": N_("ask the elder how it went"),
    "test_over": N_("close this test"),
}
THEN_WORDS = {
    "manual": N_("waits for a person here"),
    "key:1": N_("presses 1"),
    "key:2": N_("presses 2"),
    "key:3": N_("presses 3"),
    "silence": N_("answers and says nothing"),
    "voicemail": N_("is a voicemail"),
    "busy": N_("is busy"),
    "reject": N_("refuses"),
    "unreachable": N_("cannot be reached"),
    "no_number": N_("does not exist"),
}
AREA_LEVEL_WORDS = {
    "province": N_("province"),
    "city": N_("city"),
    "district": N_("district or county"),
    "street": N_("street or township"),
    "community": N_("community or village"),
}
LEVEL_WORDS = {
    "first_call": N_("first phone rings within 2 s"),
    "taken_60": N_("taken by an officer within 60 s"),
    "taken_180": N_("taken by an officer within 180 s"),
    "arrived_45": N_("helper at the door within 45 min"),
    "arrived_60": N_("helper at the door within 60 min"),
    "followed_up": N_("follow-up done"),
}
WHY_WORDS = {
    "arrival_late": N_("nobody has arrived"),
    "helper_not_there": N_("the helper is not there"),
    "not_helped": N_("the elder was not helped"),
    "follow_up_failed": N_("nobody could be asked"),
    "outside_hours": N_("outside their hours"),
    "away": N_("away"),
    "wrong_number": N_("the number is said to be wrong"),
}
COMMAND_WORDS = {
    "call": N_("ring for a talk"),
    "locate": N_("say where you are"),
    "test": N_("test yourself"),
    "config": N_("take settings"),
}
TIMELINE_WORDS = {
    "pressed": N_("The key was pressed"),
    "pressed_again": N_("Pressed again"),
    "cancelled": N_("The device says it was a mistake"),
    "call_started": N_("Calling %(name)s"),
    "line_engaged": N_("%(name)s is in another call of ours; called again"),
    "call_answered": N_("%(name)s answered"),
    "call_ended": N_("Call to %(name)s: %(outcome)s"),
    "put_back": N_("%(name)s is called behind the others: %(why)s"),
    "message_left_out": N_("No message to %(name)s: they want none"),
    "opted_out": N_("%(name)s wants no more messages; calls are made all the same"),
    "opted_in": N_("%(name)s takes messages again"),
    "wrong_number": N_("The number of %(name)s is wrong"),
    "no_texts": N_("The number of %(name)s takes no messages"),
    "message_sent": N_("Message sent to %(name)s"),
    "message_ended": N_("Message to %(name)s: %(outcome)s"),
    "accepted": N_("%(name)s is going"),
    "declined": N_("%(name)s cannot go"),
    "arrived": N_("Help has arrived"),
    "arrival_late": N_("%(name)s should have been there by now"),
    "follow_up_asked": N_("Follow-up: asked %(name)s"),
    "follow_up_answered": N_("Follow-up answered"),
    "reopened": N_("Open again: %(why)s"),
    "officers_wanted": N_("The duty officers are wanted"),
    "officers_rung": N_("Ringing the duty officers"),
    "round_failed": N_("Nobody of the contacts could be reached"),
    "claimed": N_("%(author)s took the alarm"),
    "released": N_("%(author)s gave the alarm back"),
    **TOGETHER_LINES,
    "noted": N_("Note"),
    "closed": N_("Closed: %(disposition)s"),
    "linked": N_("Linked with another alarm"),
    "recorded": N_("The call with %(name)s was recorded"),
    "located": N_("The device says where it is now"),
    "device_told": N_("%(author)s told the device: %(command)s"),
    "entered_afterwards": N_("Entered afterwards by %(author)s: the call for help came in"),
    "called_by_hand": N_("Called %(name)s by hand: %(outcome)s"),
    "unreadable": N_("The message could not be read whole"),
} | closing_words.LINE_WORDS
EMPTY_STEP = N_("the next step")
REFUSALS = (  # What the rules answer when a button comes too late; the page puts it into the reader's language.
    N_("another officer holds this alarm"),
    N_("nobody holds this alarm"),
    N_("the alarm is closed"),
    N_("that phone is already ringing"),
    N_("a note needs a text"),
    N_("claim the alarm first: only the officer who holds it closes it"),
)


def word(table: Mapping[str, str], code: object, speech: Words) -> str:
    """The word for a code; a code nobody has named is shown as it is."""
    text = table.get(str(code))
    return speech.say(text) if text else str(code if code is not None else "")


def timeline_text(line: Mapping[str, Any], speech: Words) -> str:
    """A line of the timeline as a person would say it."""
    data, what = line.get("data") or {}, str(line["what"])
    members = {
        "author": line["author"],
        "name": data.get("name") or line["author"],
        "outcome": word(OUTCOME_WORDS, data.get("outcome"), speech),
        "why": word(WHY_WORDS, data.get("why"), speech),
        "disposition": word(DISPOSITION_WORDS, data.get("disposition"), speech),
        "command": word(COMMAND_WORDS, data.get("command"), speech),
    } | closing_words.members(data, speech)
    text = word(TIMELINE_WORDS, what, speech) % members if what in TIMELINE_WORDS else what
    more = [str(data["text"])] if what in TOGETHER_LINES and data.get("text") else []
    if data.get("role") and what in ("call_started", "called_by_hand", "accepted", "help_sent_for"):
        more.append(word(RESOURCE_KINDS | ROLE_WORDS, data["role"], speech))
    if data.get("eta_min") is not None:
        more.append(speech.say(N_("in %(minutes)s min")) % {"minutes": data["eta_min"]})
    if what in ("supplemented", "closing_waived"):
        tables = {"disposition": DISPOSITION_WORDS, "satisfaction": SATISFACTION_WORDS}
        more += closing_words.more(data, tables, speech)
    elif data.get("satisfaction"):
        more.append(word(SATISFACTION_WORDS, data["satisfaction"], speech))
    return " · ".join([text, *more])


def step_text(step: Mapping[str, Any] | None, speech: Words) -> str:
    """What the system will do next."""
    if not step:
        return ""
    what, name = str(step.get("what")), step.get("name") or ""
    if what == "call" and str(step.get("purpose")).startswith("follow_up"):
        what = "ask"
    text = STEP_WORDS.get(what)
    return speech.say(text) % {"name": name} if text else speech.say(EMPTY_STEP)
