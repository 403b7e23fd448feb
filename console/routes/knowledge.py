"""The knowledge base: what to ask, say and do, found by words or pinyin."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from core.errors import Rejected
from registry import store
from registry.knowledge import CARDS, all_cards, versions_of
from registry.knowledge_intake import CardKind, CardNew, CardPatch, CardText
from registry.knowledge_search import Found, find
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"])
Reader = Annotated[SignedIn, Depends(allowed("knowledge.read"))]
Writer = Annotated[SignedIn, Depends(allowed("knowledge.write"))]


class Card(BaseModel):
    """A card in Chinese and, where there is one, in English."""

    id: str
    key: str | None = Field(description="The name of a card that came with the package")
    kinds: list[str]
    conditions: list[str]
    zh: CardText
    en: CardText | None
    source: str | None
    reviewed_by: str | None = Field(description="Null: no medical lead of this site has reviewed the card as it is")
    reviewed_on: date | None
    version: int
    updated_by: str
    created_at: datetime
    updated_at: datetime


class CardHit(BaseModel):
    """Where a word was found: from `start` to `end` in the text, counted in characters."""

    language: str = Field(examples=["zh"])
    member: str = Field(examples=["title"])
    text: str
    start: int
    end: int


class FoundCard(Card):
    why: list[CardHit]


class CardVersion(BaseModel):
    """The card as it was from then on."""

    version: int
    at: datetime
    by: str
    content: dict[str, Any]


@router.get("")
def list_cards(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=120, description="Words, pinyin or initials; each must be found", examples=["zf"])
    ] = None,
    kind: CardKind | None = None,
) -> Page[FoundCard]:
    with centre.db.read() as session:
        found = find(all_cards(session), q or "", kind=kind)
    begin = _place(paging.after)
    until = begin + paging.limit
    items = [shown(one) for one in found[begin:until]]
    return Page(items=items, next_cursor=encode_cursor(until if len(found) > until else None))


@router.post("", status_code=201)
def add_card(given: CardNew, centre: CentreDep, user: Writer) -> Card:
    return Card.model_validate(centre.registry.knowledge.add(given, by=actor_of(user)))


@router.get("/{card_id}")
def get_card(card_id: str, centre: CentreDep, user: Reader) -> Card:
    with centre.db.read() as session:
        return Card.model_validate(store.get(session, CARDS, card_id))


@router.patch("/{card_id}")
def change_card(card_id: str, patch: CardPatch, centre: CentreDep, user: Writer, version: IfMatch) -> Card:
    """New words without a new review (another name or day) have none."""
    return Card.model_validate(centre.registry.knowledge.change(card_id, patch, version, by=actor_of(user)))


@router.delete("/{card_id}", status_code=204, response_class=Response)
def remove_card(card_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    """It is in no list any more; `…/restore` brings it back."""
    centre.registry.knowledge.remove(card_id, version, by=actor_of(user))


@router.post("/{card_id}/restore")
def restore_card(card_id: str, centre: CentreDep, user: Writer) -> Card:
    """Undo a removal."""
    return Card.model_validate(centre.registry.knowledge.restore(card_id, by=actor_of(user)))


@router.get("/{card_id}/versions")
def list_versions(card_id: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[CardVersion]:
    """What the card has been, the newest first."""
    with centre.db.read() as session:
        rows: list[Row] = versions_of(session, card_id)
    begin = _place(paging.after)
    until = begin + paging.limit
    items = [CardVersion.model_validate(row) for row in rows[begin:until]]
    return Page(items=items, next_cursor=encode_cursor(until if len(rows) > until else None))


def shown(found: Found) -> FoundCard:
    why = [CardHit.model_validate(hit, from_attributes=True) for hit in found.why]
    return FoundCard.model_validate({**found.card, "why": why})


def _place(after: str | None) -> int:
    """The cursor of these lists is a place: they are short, and change seldom."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 7):
        raise Rejected("this cursor was not given by this list")
    return int(after)
