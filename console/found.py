"""What the search found, as lines to be read: who it is, and what of the file answers, marked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from alarms.views import age_on
from console.i18n import N_
from console.pages import phone_text
from registry.search import Found
from registry.search_query import Why

MEMBER_WORDS = {
    "reading": N_("reading"),
    "service_card": N_("service card"),
    "device": N_("device"),
    "contact": N_("contact"),
    "contact_phone": N_("contact's number"),
    "id_number": N_("ID number"),
    "birth_date": N_("Birth date"),
    "area": N_("area"),
}
_MARK = Markup("<mark>{}</mark>")


@dataclass(frozen=True, slots=True)
class Hit:
    """One file. `name`, `phone` and `place` are always shown; `others` are (what it is, text) of what is not."""

    id: str
    name: Markup
    age: int | None
    sex: str | None
    phone: Markup
    place: Markup
    marks: tuple[str, ...]
    others: tuple[tuple[str, Markup], ...]


def hits(found: Iterable[Found], now: datetime) -> list[Hit]:
    return [_hit(one, now) for one in found]


def _hit(found: Found, now: datetime) -> Hit:
    file = found.file
    by_text: dict[tuple[str, str], list[Why]] = defaultdict(list)
    for reason in found.why:
        by_text[reason.member, reason.text].append(reason)
    place = next((text for member, text in by_text if member == "address"), file.address or file.area or "")
    phone = next((text for member, text in by_text if member == "phone"), (file.phone or "").removeprefix("+86"))
    others = [
        (MEMBER_WORDS[member], marked(text, reasons))
        for (member, text), reasons in by_text.items()
        if member in MEMBER_WORDS and not (member == "area" and text == place)
    ]
    if found.is_by_id_number:
        others.append((MEMBER_WORDS["id_number"], Markup("")))
    return Hit(
        file.id, marked(file.name, by_text["name", file.name]), age_on(file.birth_date, now), file.sex,
        marked(phone, by_text["phone", phone]) if by_text["phone", phone] else escape(phone_text(file.phone)),
        marked(place, [*by_text["address", place], *by_text["area", place]]), file.marks, tuple(others),
    )  # fmt: skip


def marked(text: str, reasons: Sequence[Why]) -> Markup:
    """The text, escaped, with what was found in it marked; places that overlap are one."""
    shown, at = Markup(""), 0
    for start, end in sorted((reason.start, reason.end) for reason in reasons):
        if end > max(at, start):
            shown += escape(text[at : max(at, start)]) + _MARK.format(text[max(at, start) : end])
            at = end
    return shown + escape(text[at:])
