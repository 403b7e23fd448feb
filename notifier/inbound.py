"""What somebody hears who rings the centre, and the officer to whom they are put through. As TwiML; pure."""

from collections.abc import Sequence

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

KEY_TIMEOUT_S = 6
_VOICES = {"zh-CN": ("cmn-CN", "Polly.Zhiyu"), "en": ("en-US", "Polly.Joanna")}
WORDS = {
    "zh-CN": {
        "connecting": "您好，这里是老年人紧急呼叫中心。正在为您转接值班员，请不要挂机。",
        "noted": "值班员正忙。我们已记下您的号码，会马上给您回电。如有生命危险，请拨打120。再见。",
        "screen": "呼叫中心来电：{who}。接听请按 1。",
        "elder": "{name}，登记的老人",
        "contact": "{name}，{elder}的联系人",
        "unknown": "没有登记的号码，尾号 {tail}",
    },
    "en": {
        "connecting": "This is the emergency centre for elderly people. You are being put through to a duty officer.",
        "noted": "All officers are busy. We have your number and will call you back at once. "
                 "If a life is in danger, call the emergency services. Goodbye.",
        "screen": "A call to the centre from {who}. Press 1 to take it.",
        "elder": "{name}, a registered elder",
        "contact": "{name}, a contact of {elder}",
        "unknown": "an unregistered number ending in {tail}",
    },
}  # fmt: skip


def language_of(wanted: str) -> str:
    return "en" if wanted.lower().startswith("en") else "zh-CN"


def said(language: str, what: str, **members: str) -> str:
    return WORDS[language_of(language)][what].format(**members)


def who_calls(language: str, phone: str, *, elder: str | None = None, contact: str | None = None) -> str:
    """The caller in a few words; of a number that nobody has registered, its end."""
    if contact:
        return said(language, "contact", name=contact, elder=elder or "–")
    if elder:
        return said(language, "elder", name=elder)
    return said(language, "unknown", tail=" ".join(phone[-4:]))


def put_through(language: str, phones: Sequence[tuple[str, str]], *, ring_s: int, then: str) -> str:
    """Ring these phones at once, each with the address that asks its owner for a key; `then` hears how it ended."""
    response = VoiceResponse()
    _say(response, language, "connecting")
    dial = response.dial(timeout=ring_s, action=then, method="POST")
    for phone, screen_url in phones:
        _number(dial, phone, screen_url)
    return str(response)


def screen(language: str, who: str, action: str) -> str:
    """What the officer hears before the caller: without a key it was a voicemail, and the call goes on ringing."""
    response = VoiceResponse()
    gather = response.gather(input="dtmf", num_digits=1, timeout=KEY_TIMEOUT_S, action=action, method="POST")
    _say(gather, language, "screen", who=who)
    response.hangup()
    return str(response)


def noted(language: str) -> str:
    """Nobody could take it: the number is noted, and somebody calls back."""
    response = VoiceResponse()
    _say(response, language, "noted")
    response.hangup()
    return str(response)


def hung_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def connected() -> str:
    """No instruction: the officer and the caller hear each other."""
    return str(VoiceResponse())


def _number(dial: Dial, phone: str, screen_url: str) -> None:
    dial.number(phone, url=screen_url, method="POST")


def _say(where: VoiceResponse | Gather, language: str, what: str, **members: str) -> None:
    spoken, voice = _VOICES[language_of(language)]
    where.say(said(language, what, **members), language=spoken, voice=voice)
