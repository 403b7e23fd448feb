"""Pages: one Jinja environment a language, the filters that put codes into words, and the page for errors."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alarms.views import instant
from console import elder_words as e
from console import flash
from console import words as w
from console.alarm_history import ordinal
from console.centre import Centre
from console.closing_words import FIX_SOURCES, ITEM_WORDS, WAIVER_WORDS
from console.contact_words import FINDING_WORDS
from console.desk_keys import DESK_KEYS, for_script
from console.i18n import LANGUAGES, N_, Words, language_of, words
from console.log_words import KEPT_KINDS, SUBJECTS, deed_text
from console.map_tool_words import TOOL_WORDS
from console.panel import distance_text
from console.resource_words import DATUM_WORDS
from console.resource_words import KIND_WORDS as RESOURCE_KINDS
from console.sections import sections_for
from console.signal_words import SIGNAL_WORDS
from console.together_words import TOGETHER_SCRIPT_WORDS
from registry.access import access_sentence
from registry.contact_text import absence_lines, hours_lines
from registry.intake import SHORTEST_REASON
from registry.sessions import SignedIn

LINK = re.compile(r"(https?://[A-Za-z0-9._~:/?#=&%+-]+)")
LINK_SHOWN = 36
LAND_LINE = re.compile(r"(?!400|800)\d{10,11}")  # Without the 0 before its area code, which +86 leaves out.
THEME_COOKIE = "carebell_theme"
THEMES = ("auto", "day", "night")
SCRIPT_WORDS = {
    "now": N_("just now"),
    "minutes": N_("%(n)s min ago"),
    "hours": N_("%(n)s h ago"),
    "days": N_("%(n)s days ago"),
    "in": N_("in %(n)s s"),
    "inMinutes": N_("in %(n)s min"),
    "atOnce": N_("now"),
    "stale": N_("No connection since %(at)s. What you see is old. Trying again …"),
    "open": N_("%(n)s open"),
    "unclaimed": N_("%(n)s unclaimed"),
    "oldest": N_("oldest %(at)s"),
    "newAlarm": N_("New alarm"),
    "newAbove": N_("%(n)s new above"),
    "muted": N_("muted, %(n)s s"),
    "failed": N_("That did not work: %(why)s"),
    "offline": N_("The centre does not answer. Nothing was changed; try again."),
    "notShown": N_("This alarm could not be shown: the one before is still here. Choose it again."),
    "taken": N_("You have taken alarm %(n)s."),
    "undo": N_("Give it back"),
    "waits.0": N_("just pressed"),
    "waits.15": N_("nobody yet"),
    "waits.30": N_("30 s, nobody yet"),
    "waits.60": N_("%(n)s min, nobody yet"),
    "waits.180": N_("%(n)s min, nobody!"),
    "takenMany": N_("You have taken %(n)s alarms."),
    "sayFirst": N_("Write it first."),
    "closePlayer": N_("Close the player"),
    "noSound": N_("The recording cannot be played. Open it in a tab of its own to read why."),
    "copied": N_("Copied: %(what)s"),
    "notCopied": N_("This browser does not let a page copy. Copy by hand: %(what)s"),
    "noneWaiting": N_("No alarm waits to be taken."),
    **TOGETHER_SCRIPT_WORDS,
    **SIGNAL_WORDS,
    **{f"look.{code}": text for code, text in w.LOOK_WORDS.items()},
}


def page(
    request: Request, template: str, user: SignedIn | None = None, *, status: int = 200, **members: Any
) -> HTMLResponse:
    """A page in the browser's language and theme."""
    centre: Centre = request.app.state.centre
    language = language_of(request, centre.settings.locale)
    theme = request.cookies.get(THEME_COOKIE)
    told = flash.taken(request)
    text = _environment(language, centre.settings.timezone).get_template(template).render(
        user=user,
        sections=sections_for(request, user),
        flash=told,
        language=language,
        languages=LANGUAGES,
        theme=theme if theme in THEMES else "auto",
        centre_name=centre.settings.centre_name,
        timezone=centre.settings.timezone,
        now=instant(centre.clock.now()),
        path=request.url.path,
        desk_keys=DESK_KEYS,
        key_list=for_script(),
        script_words={name: words(language).say(said) for name, said in SCRIPT_WORDS.items()},
        **members,
    )  # fmt: skip
    answer = HTMLResponse(text, status)
    if told is not None:
        flash.forget(answer)
    return answer


def queue_line(timezone: str, alarm: Mapping[str, Any], language: str) -> str:
    """A dressed alarm as its line of the queue, HTML."""
    return _environment(language, timezone).get_template("_line.html").render(alarm=alarm)


def error_page(request: Request, status: int, title: str, detail: str | None) -> HTMLResponse:
    """What went wrong and what to do, where a person is looking."""
    return page(request, "error.html", status=status, code=status, title=title, detail=detail)


def phone_text(number: str | None) -> str:
    """A number as it is read aloud and dialled: 138 0013 8000, 02933210000; one from elsewhere keeps its code."""
    if not number:
        return ""
    own = number.removeprefix("+86")
    if own != number and len(own) == 11 and own.startswith("1"):
        return f"{own[:3]} {own[3:7]} {own[7:]}"
    if own != number and LAND_LINE.fullmatch(own):
        return f"0{own}"
    return own


def linked(text: str) -> Markup:
    """A message with its links to press, as a telephone shows it."""
    link = Markup('<a href="{0}" target="_blank" rel="noopener">{1}</a>')
    parts = [
        link.format(part, f"{part[:LINK_SHOWN]}…" if len(part) > LINK_SHOWN else part)
        if LINK.fullmatch(part)
        else escape(part)
        for part in LINK.split(text)
    ]
    return Markup("").join(parts)


def marked(text: str, hit: Any) -> Markup:
    """A text with what answers the question marked in it; `hit` has `text`, `start` and `end`, or is None."""
    if hit is None or hit.text != text:
        return escape(text)
    return escape(text[: hit.start]) + Markup("<mark>{}</mark>").format(text[hit.start : hit.end]) + text[hit.end :]


@cache
def _environment(language: str, timezone: str) -> Environment:
    made = Environment(
        loader=PackageLoader("console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    speech = words(language)
    made.install_gettext_callables(speech.say, speech.count, newstyle=True)  # type: ignore[attr-defined]
    made.globals["kind_choices"] = lambda codes: [(code, w.word(w.KIND_WORDS, code, speech)) for code in codes]
    made.globals |= {"resource_kinds": RESOURCE_KINDS, "datums": DATUM_WORDS, "shortest_reason": SHORTEST_REASON}
    made.globals["map_tool_words"] = {name: speech.say(text) for name, text in TOOL_WORDS.items()}
    made.globals["area_levels"] = lambda codes: [(code, w.word(w.AREA_LEVEL_WORDS, code, speech)) for code in codes]
    made.filters |= _filters(speech, ZoneInfo(timezone))
    return made


def _filters(speech: Words, zone: ZoneInfo) -> dict[str, Any]:
    def coded(table: Mapping[str, str]) -> Any:
        return lambda code: w.word(table, code, speech)

    def local(at: str | datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        if at is None:
            return ""
        known = datetime.fromisoformat(at) if isinstance(at, str) else at
        return known.astimezone(zone).strftime(form)

    def health_value(value: Any) -> str:
        match value:
            case bool():
                return speech.say(N_("yes")) if value else speech.say(N_("no"))
            case list():
                return "、".join(map(str, value)) if speech.language == "zh-CN" else ", ".join(map(str, value))
            case _:
                return str(value)

    return {
        "look": coded(w.LOOK_WORDS), "kind": coded(w.KIND_WORDS), "role": coded(RESOURCE_KINDS | w.ROLE_WORDS),
        "outcome": coded(w.OUTCOME_WORDS), "disposition": coded(w.DISPOSITION_WORDS),
        "satisfaction": coded(w.SATISFACTION_WORDS), "then": coded(w.THEN_WORDS), "how": coded(w.HOW_WORDS),
        "ordinal": ordinal, "fix_source": coded(FIX_SOURCES), "resource_kind": coded(RESOURCE_KINDS),
        "waiver": coded(WAIVER_WORDS), "closing_item": coded(ITEM_WORDS),
        "sex": coded(w.SEX_WORDS), "say": speech.say, "finding": coded(FINDING_WORDS), "absence_lines": absence_lines,
        "hours_lines": lambda hours: hours_lines(hours, speech.language), "why": coded(w.WHY_WORDS),
        "logged": lambda action: deed_text(action, speech), "subject": coded(SUBJECTS), "kept_kind": coded(KEPT_KINDS),
        "health": coded(w.HEALTH_WORDS), "health_value": health_value,
        "mark": coded(e.MARK_WORDS), "member": coded(e.MEMBER_WORDS),
        "deed": coded(e.DEED_WORDS), "device_state": coded(e.DEVICE_FILTERS), "why_found": coded(e.WHY_FOUND_WORDS),
        "level": coded(w.LEVEL_WORDS), "area_level": coded(w.AREA_LEVEL_WORDS),
        "marked": marked, "access_part": coded(e.ACCESS_WORDS),
        "way_in": lambda way: access_sentence(way.get("access"), way.get("access_notes"), speech.language),
        "line": lambda line: w.timeline_text(line, speech), "step": lambda step: w.step_text(step, speech),
        "phone": phone_text, "linked": linked, "distance": distance_text, "local": local,
        "iso": lambda at: instant(at) if isinstance(at, datetime) else at,
    }  # fmt: skip
