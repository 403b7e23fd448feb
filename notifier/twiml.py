"""What is said, as TwiML. Pure."""

from twilio.twiml.voice_response import Gather, VoiceResponse

from notifier.script import Prompt, Speech, after_words, spoken

KEY_TIMEOUT_S = 6  # From the last word; one key is awaited.
_VOICES = {"zh-CN": ("cmn-CN", "Polly.Zhiyu"), "en": ("en-US", "Polly.Joanna")}


def ask(prompt: Prompt, action: str, *, after: str | None = None) -> str:
    """Say everything and wait for one key, which goes to `action`, as silence does; `after` is said first."""
    response = VoiceResponse()
    if after is not None:
        _say(response, prompt, after_words(prompt, after))
    # Without actionOnEmptyResult silence would fall through as if all were well.
    gather = response.gather(
        input="dtmf", num_digits=1, timeout=KEY_TIMEOUT_S, action=action, method="POST", action_on_empty_result=True
    )
    _say(gather, prompt, spoken(prompt))
    return str(response)


def tell(prompt: Prompt | None, meaning: str) -> str:
    """Say what follows from a key, or that it is over, and hang up."""
    response = VoiceResponse()
    if prompt is not None:
        _say(response, prompt, after_words(prompt, meaning))
    response.hangup()
    return str(response)


def ask_us_again(url: str, *, after_s: int = 1) -> str:
    """Come back in a moment: our database does not answer just now, and a key must not be lost."""
    response = VoiceResponse()
    response.pause(length=after_s)
    response.redirect(url, method="POST")
    return str(response)


def nothing() -> str:
    """No instruction at all, as a message webhook wants it."""
    return str(VoiceResponse())


def _say(where: VoiceResponse | Gather, prompt: Prompt, speech: Speech) -> None:
    language, voice = _VOICES["en" if prompt.language.lower().startswith("en") else "zh-CN"]
    for line in speech.aloud:
        where.say(line, language=language, voice=voice)
