"""Who is called for an elder."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import store
from registry.contact_intake import ContactNew, ContactPatch
from registry.intake import ContactRole
from registry.sessions import SignedIn
from registry.store import CONTACTS

router = APIRouter(prefix="/api/v1/contacts", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]


class Contact(BaseModel):
    """Somebody to be called; family, community and doctor are called by themselves, each by rank."""

    id: str
    elder_id: str
    name: str
    role: ContactRole
    phone: str = Field(description="E.164")
    rank: int
    relation: str | None
    language: str
    is_key_holder: bool
    version: int
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201)
def add_contact(given: ContactNew, centre: CentreDep, user: Writer) -> Contact:
    return Contact.model_validate(centre.registry.contacts.add(given))


@router.get("")
def list_contacts(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    elder_id: Annotated[str | None, Query(max_length=64)] = None,
    role: ContactRole | None = None,
) -> Page[Contact]:
    where = [CONTACTS.c.elder_id == elder_id] if elder_id else []
    if role:
        where.append(CONTACTS.c.role == role)
    with centre.db.read() as session:
        rows, following = store.page(session, CONTACTS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[Contact.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{contact_id}")
def get_contact(contact_id: str, centre: CentreDep, user: Reader) -> Contact:
    with centre.db.read() as session:
        return Contact.model_validate(store.get(session, CONTACTS, contact_id))


@router.patch("/{contact_id}")
def change_contact(
    contact_id: str, patch: ContactPatch, centre: CentreDep, user: Writer, version: IfMatch
) -> Contact:  # fmt: skip
    return Contact.model_validate(centre.registry.contacts.change(contact_id, patch, version))


@router.delete("/{contact_id}", status_code=204, response_class=Response)
def remove_contact(contact_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.contacts.remove(contact_id, version)
