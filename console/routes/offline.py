"""The list for the day without the system: as a sealed file, and on paper."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from console import offline_words
from console.centre import Centre
from console.deps import CentreDep, actor_of, allowed
from console.forms import Form as Fields
from console.i18n import N_, language_of, words
from console.pages import page
from console.routes.exchange import download
from duty import offline
from duty.offline_file import checked_passphrase, encrypted_page
from registry.area_store import full_names
from registry.intake import BadMember
from registry.models import Area, table_of
from registry.sessions import SignedIn

router = APIRouter(prefix="/room/offline", include_in_schema=False)
Maker = Annotated[SignedIn, Depends(allowed("offline.make"))]
SeesHealth = Annotated[SignedIn, Depends(allowed("health.read"))]
AREAS = table_of(Area)
MOST_AREAS = 2000
LISTS_SHOWN = 10
LEVELS_OFFERED = ("city", "district", "street")
NOT_THE_SAME = N_("the two are not the same")


@router.get("", name="offline_list")
def offline_page(request: Request, centre: CentreDep, user: Maker, _sees: SeesHealth) -> HTMLResponse:
    return _shown(request, centre, user)


@router.post("/file")
def sealed_file(
    request: Request,
    centre: CentreDep,
    user: Maker,
    _sees: SeesHealth,
    reason: Annotated[str, Form(max_length=300)] = "",
    area_code: Annotated[str, Form(max_length=12)] = "",
    passphrase: Annotated[str, Form(max_length=400)] = "",
    again: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """One HTML file that opens by itself; the passphrase goes into the key and nowhere else."""
    language = language_of(request, centre.settings.locale)
    try:
        checked_passphrase(passphrase, user.username)
        if passphrase != again:
            raise BadMember("again", NOT_THE_SAME)
        begun = offline.begin(
            centre.registry, actor_of(user), reason=reason, area_code=area_code or None, how="file", language=language
        )
    except BadMember as wrong:
        return _refused(request, centre, user, "file", {"reason": reason, "area_code": area_code}, wrong)
    said = offline_words.file_words(words(language))
    pieces = encrypted_page(begun.mark, begun.chunks, passphrase, words=said, language=language)
    name = f"carebell-offline-{begun.mark.made_text.replace(' ', '-').replace(':', '')}.html"
    return download(pieces, name, "text/html; charset=utf-8")


@router.post("/paper")
def on_paper(
    request: Request,
    centre: CentreDep,
    user: Maker,
    _sees: SeesHealth,
    reason: Annotated[str, Form(max_length=300)] = "",
    area_code: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """A page to be printed, with who made it, when and why on each sheet."""
    language = language_of(request, centre.settings.locale)
    try:
        begun = offline.begin(
            centre.registry, actor_of(user), reason=reason, area_code=area_code or None, how="paper", language=language
        )
    except BadMember as wrong:
        return _refused(request, centre, user, "paper", {"reason": reason, "area_code": area_code}, wrong)
    elders = [one for chunk in begun.chunks for one in chunk]
    return page(request, "offline_paper.html", user, mark=begun.mark, elders=elders)


def _refused(
    request: Request, centre: Centre, user: SignedIn, which: str, typed: Mapping[str, Any], wrong: BadMember
) -> HTMLResponse:
    return _shown(request, centre, user, {which: Fields(typed, {wrong.member: wrong.what})}, status=422)


def _shown(
    request: Request, centre: Centre, user: SignedIn, forms: Mapping[str, Fields] | None = None, *, status: int = 200
) -> HTMLResponse:
    with centre.db.read() as session:
        found = session.execute(
            select(AREAS.c.code, AREAS.c.path)
            .where(AREAS.c.level.in_(LEVELS_OFFERED), user.scope.within(AREAS.c.path))
            .order_by(AREAS.c.path)
            .limit(MOST_AREAS)
        ).all()
        names = full_names(session, [row.path for row in found])
        lists = offline.last_made(session, LISTS_SHOWN)
    areas = [(row.code, names.get(row.path, row.code)) for row in found]
    return page(
        request, "offline.html", user, forms={"file": Fields(), "paper": Fields()} | dict(forms or {}), areas=areas,
        lists=lists, how_made=offline_words.HOW_MADE, is_overdue=offline.is_overdue(
            lists[0] if lists else None, centre.clock.now(), centre.settings.offline_list_days
        ), after_days=centre.settings.offline_list_days, status=status,
    )  # fmt: skip
