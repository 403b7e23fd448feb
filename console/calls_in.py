"""A call that comes in at the centre's number: put through to who is on duty, and never dropped in silence."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from alarms.models import ToDo
from console.centre import Centre
from duty.missed import KIND, RING_S, Missed
from notifier import inbound
from registry.models import Contact, Elder, table_of
from registry.phones import Phones

WITHHELD = "anonymous"  # What a caller without a number is kept under.
MOST_RUNG = 5
_TO_DOS, _CONTACTS, _ELDERS = table_of(ToDo), table_of(Contact), table_of(Elder)


def missed_of(centre: Centre) -> Missed:
    return Missed(centre.db, centre.clock, centre.wake)


def number_of(centre: Centre, written: str) -> str:
    """E.164, or what stands for a number that is not shown or none of any country."""
    settings = centre.settings
    try:
        return Phones(settings.phone_region, settings.phone_area_code).to_e164(written)
    except ValueError:
        return WITHHELD


def is_inbound(form: Mapping[str, str]) -> bool:
    return form.get("Direction", "").lower().startswith("inbound") and not form.get("attempt")


def arrives(centre: Centre, form: Mapping[str, str]) -> str:
    """What the caller hears first, as TwiML; from now on the call is on somebody's list."""
    settings = centre.settings
    missed = missed_of(centre)
    row = missed.came(number_of(centre, form.get("From", "")), rings=True)
    phones = [
        (str(one.phone), _address(centre, "screen", call=row["id"], officer=one.id))
        for one in missed.to_ring(row["id"])[:MOST_RUNG]
    ]
    if not phones:
        missed.not_taken(row["id"])
        return inbound.noted(settings.locale)
    return inbound.put_through(settings.locale, phones, ring_s=RING_S, then=_address(centre, "inbound", call=row["id"]))


def over(centre: Centre, form: Mapping[str, str]) -> str:
    """The officers' phones have stopped ringing, or the talk is over."""
    call, missed = form.get("call", "")[:36], missed_of(centre)
    if form.get("DialCallStatus") in ("completed", "answered") and _is_done(centre, call):
        return inbound.hung_up()
    missed.not_taken(call)
    return inbound.noted(centre.settings.locale)


def screens(centre: Centre, form: Mapping[str, str]) -> str:
    """An officer's phone was picked up: who is calling, and the key that takes it."""
    call, officer, language = form.get("call", "")[:36], form.get("officer", "")[:36], centre.settings.locale
    digits = form.get("Digits")
    if digits is None:
        action = _address(centre, "screen", call=call, officer=officer)
        return inbound.screen(language, who(centre, call), action)
    if digits.strip() == "1" and missed_of(centre).taken(call, officer):
        return inbound.connected()
    return inbound.hung_up()


def who(centre: Centre, todo_id: str) -> str:
    """The caller in a few words."""
    wanted = (
        select(_TO_DOS.c.phone, _ELDERS.c.name.label("elder"), _CONTACTS.c.name.label("contact"))
        .outerjoin(_ELDERS, _ELDERS.c.id == _TO_DOS.c.elder_id)
        .outerjoin(_CONTACTS, _CONTACTS.c.id == _TO_DOS.c.contact_id)
        .where(_TO_DOS.c.id == todo_id)
    )
    with centre.db.read() as session:
        row = session.execute(wanted).one_or_none()
    if row is None:
        return inbound.who_calls(centre.settings.locale, "")
    return inbound.who_calls(centre.settings.locale, row.phone or "", elder=row.elder, contact=row.contact)


def wrote(centre: Centre, phone: str, text: str) -> dict[str, Any]:
    """A message that answers nothing the centre has asked: somebody must read it."""
    return missed_of(centre).came(phone, text=text)


def _is_done(centre: Centre, todo_id: str) -> bool:
    done = select(_TO_DOS.c.done_at).where(_TO_DOS.c.id == todo_id, _TO_DOS.c.kind == KIND)
    with centre.db.read() as session:
        return session.scalar(done) is not None


def _address(centre: Centre, what: str, **members: str) -> str:
    return f"{centre.settings.public_url}/hooks/twilio/{what}?{urlencode(members)}"
