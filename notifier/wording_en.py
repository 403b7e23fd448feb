"""The wording in English."""

from notifier.wording import Facts, Wording

_HAPPENED = {
    "sos": "pressed the emergency key",
    "fall": "may have fallen",
    "smoke": "has a smoke alarm at home",
    "gas": "has a gas alarm at home",
    "flood": "has a water alarm at home",
    "inactivity": "has shown no sign of activity for a long time",
    "duress": "sent a silent call for help",
    "low_battery": "has a call device with a low battery",
    "mains_lost": "has a call device without mains power",
    "tamper": "has a call device that was tampered with",
}
_ASKED = {
    "help": "If you are going there, press 1. If you cannot go, press 2. To hear this again, press 3.",
    "officer": "To take this alarm, press 1. If you cannot, press 2. To hear this again, press 3.",
    "follow_up_helper": "If you are with the person now, press 1. If you are not there yet or cannot go, press 2. "
    "To hear this again, press 3.",
    "follow_up_elder": "If help came and you are satisfied, press 1. If help has not come, press 2. "
    "If help came but you are not satisfied, press 3.",
    "verify": "If this is you, press 1. If this is not your number, press 2. To hear this again, press 3.",
}
_RECORDED = "This call is being recorded."
_NO_RING_BACK = "Do not ring this person back. Go there and look."
_CENTRE = "the emergency call centre for elderly people"


class _English:
    def call(self, facts: Facts) -> tuple[str, ...]:
        match facts.purpose:
            case "officer":
                lines = _for_officer(facts)
            case "follow_up_helper":
                lines = _for_helper(facts)
            case "follow_up_elder":
                lines = _for_elder(facts)
            case "verify":
                lines = _for_a_test(facts)
            case _:
                lines = _for_help(facts)
        recorded = _RECORDED if facts.is_recorded else ""
        return tuple(filter(None, (*lines, recorded, _ASKED.get(facts.purpose, _ASKED["help"]))))

    def reply(self, facts: Facts, meaning: str) -> tuple[str, ...]:
        if facts.purpose == "verify" and meaning not in ("right", "wrong_person", "unclear"):
            meaning = f"test_{meaning}"
        match meaning:
            case "right":
                return ("Thank you. If somebody needs you, we shall call you on this number. Goodbye.",)
            case "wrong_person":
                return ("Thank you for telling us. We shall put our files right. Goodbye.",)
            case "test_over":
                return ("This was a test call, and it is over. Thank you.",)
            case "test_no_key":
                return ("We have not received a key from you. We shall try again another time. Goodbye.",)
            case "accept":
                lines = ("Thank you. Please leave now.", _address(facts), _access(facts), _quiet(facts))
                return tuple(filter(None, (*lines, "If a life is in danger, call an ambulance.")))
            case "take":
                return ("Thank you. This alarm is yours. Please open the duty desk.",)
            case "decline":
                return ("All right. We are calling somebody else now.",)
            case "arrived":
                return ("Thank you. Please stay with them, and call an ambulance if it is needed.",)
            case "not_arrived":
                return ("All right. We are calling somebody else now.",)
            case "helped":
                return ("Thank you. Take care.",)
            case "not_helped":
                return ("Please stay calm. We are sending somebody again now.",)
            case "dissatisfied":
                return ("Thank you for telling us. We will do better. Take care.",)
            case "over":
                return ("Somebody is already looking after this call for help. Thank you.",)
            case "unclear":
                return ("Sorry, there is no such choice.",)
            case _:
                return ("We have not received a key from you. We are calling somebody else.",)

    def message(self, facts: Facts) -> str:
        if facts.purpose == "follow_up_elder":
            return f"[Emergency follow-up] {_ASKED['follow_up_elder']}"
        at = f" at {facts.at}" if facts.at else ""
        parts = [f"[EMERGENCY] {_person(facts)} {_happened(facts)}{at}."]
        parts.append("They say it was a mistake; please check all the same." if facts.is_cancelled else "")
        parts.append(f"Address: {facts.address}." if facts.address else "")
        parts.append("Do not ring them back." if facts.is_silent else "")
        parts.append("Going? Reply 1, or 2 if you cannot" + (", or open:" if facts.link else "."))
        parts.append(facts.link)
        parts.append(f"No. {facts.number}" if facts.number else "")
        return " ".join(filter(None, parts))


def _for_help(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "Emergency!"),
        f"{_person(facts)} {_happened(facts)}{_when(facts)}. Please go there now.",
        _repeats(facts),
        _cancelled(facts),
        _address(facts),
        _access(facts),
        f"Health: {', '.join(facts.health)}." if facts.health else "",
        _quiet(facts),
        f"Alarm number {facts.number}." if facts.number else "",
    )


def _for_officer(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "The duty officer asks for you." if facts.is_asked else "An alarm that nobody holds!"),
        f"{_person(facts)} {_happened(facts)}{_when(facts)}. "
        + ("Your word is needed." if facts.is_asked else "None of the contacts has confirmed that they are going."),
        _repeats(facts),
        _cancelled(facts),
        _address(facts),
        _quiet(facts),
        f"Alarm number {facts.number}." if facts.number else "",
    )


def _for_helper(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "Follow-up."),
        f"You said that you would go and help {_person(facts)}.",
        _address(facts),
        _quiet(facts),
        f"Alarm number {facts.number}." if facts.number else "",
    )


def _for_elder(facts: Facts) -> tuple[str, ...]:
    who = f"{facts.accepted_by} said they would come and help you." if facts.accepted_by else ""
    name = facts.called or facts.elder or facts.to_name
    hello = f"Hello {name}." if name else "Hello."
    return (f"{hello} This is {_CENTRE}, asking about your call for help.", who)


def _for_a_test(facts: Facts) -> tuple[str, ...]:
    whom = f"{facts.to_name} is" if facts.to_name else "you are"
    return (
        f"Hello. This is {_CENTRE}. Nobody is in danger: this is a test of Carebell.",
        f"{whom[0].upper()}{whom[1:]} down with us as somebody to be called on this number when help is needed.",
    )


def _greeting(facts: Facts, what: str) -> str:
    test = " This is an exercise." if facts.is_test else ""
    hello = f" {facts.to_name}," if facts.to_name else ""
    return f"{what}{test}{hello} this is {_CENTRE}."


def _person(facts: Facts) -> str:
    if not facts.elder:
        return f"Device {facts.device}, which has no person on file," if facts.device else "An elderly person"
    known = ", ".join(filter(None, [facts.sex or "", f"{facts.age} years old" if facts.age else ""]))
    return f"{facts.elder} ({known})" if known else facts.elder


def _when(facts: Facts) -> str:
    return f" at {facts.at}" if facts.at else ""


def _happened(facts: Facts) -> str:
    return _HAPPENED.get(facts.kind, "called for help")


def _repeats(facts: Facts) -> str:
    return f"They have called {facts.press_count} times. It is urgent." if facts.press_count > 1 else ""


def _cancelled(facts: Facts) -> str:
    return "They said afterwards that it was a mistake. Please check all the same." if facts.is_cancelled else ""


def _address(facts: Facts) -> str:
    return f"Address: {facts.address}." if facts.address else "There is no address on file."


def _access(facts: Facts) -> str:
    return f"Getting in: {facts.access}." if facts.access else ""


def _quiet(facts: Facts) -> str:
    return _NO_RING_BACK if facts.is_silent else ""


WORDING: Wording = _English()
