"""Who is called for an elder."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from console.centre import Centre
from console.contact_views import Contact, TestCallView, contact_views
from console.deps import CentreDep, actor_of, allowed, check_elder, check_named
from console.paging import Page, Paging, encode_cursor, page_of
from console.routes.versions import IfMatch
from core.errors import TryAgain
from registry import phone_checks, store
from registry.contact_intake import ContactNew, ContactOrder, ContactPatch, SamePerson, TestCall, Verified
from registry.intake import ContactRole
from registry.sessions import SignedIn
from registry.store import CONTACTS, Row

router = APIRouter(prefix="/api/v1/contacts", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]


def _views(centre: Centre, rows: list[Row]) -> list[Contact]:
    with centre.db.read() as session:
        return contact_views(session, rows)


@router.post("", status_code=201)
def add_contact(given: ContactNew, centre: CentreDep, user: Writer) -> Contact:
    check_elder(centre, user, given.elder_id)
    return _views(centre, [centre.registry.contacts.add(given, actor_of(user))])[0]


@router.get("")
def list_contacts(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    elder_id: Annotated[str | None, Query(max_length=64)] = None,
    role: ContactRole | None = None,
    person_id: Annotated[str | None, Query(max_length=64, description="All contacts who are this person")] = None,
) -> Page[Contact]:
    asked = {"elder_id": elder_id, "role": role, "person_id": person_id}
    where = [CONTACTS.c[name] == value for name, value in asked.items() if value]
    where += user.scope.where(CONTACTS)
    with centre.db.read() as session:
        rows, following = store.page(session, CONTACTS, after=paging.after, limit=paging.limit, where=where)
        return Page(items=contact_views(session, rows), next_cursor=encode_cursor(following))


@router.put("/order")
def order_contacts(given: ContactOrder, centre: CentreDep, user: Writer) -> list[Contact]:
    """Set who of an elder's contacts is called first; other contacts than these by now are a conflict (409)."""
    check_elder(centre, user, given.elder_id)
    return _views(centre, centre.registry.contacts.order(given, actor_of(user)))


@router.get("/{contact_id}")
def get_contact(contact_id: str, centre: CentreDep, user: Reader) -> Contact:
    with centre.db.read() as session:
        return contact_views(session, [store.get(session, CONTACTS, contact_id)])[0]


@router.patch("/{contact_id}")
def change_contact(
    contact_id: str, patch: ContactPatch, centre: CentreDep, user: Writer, version: IfMatch
) -> Contact:  # fmt: skip
    return _views(centre, [centre.registry.contacts.change(contact_id, patch, version, actor_of(user))])[0]


@router.delete("/{contact_id}", status_code=204, response_class=Response)
def remove_contact(contact_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.contacts.remove(contact_id, version, actor_of(user))


@router.post("/{contact_id}/restore")
def restore_contact(contact_id: str, centre: CentreDep, user: Writer) -> Contact:
    """Undo a removal."""
    return _views(centre, [centre.registry.contacts.restore(contact_id, actor_of(user))])[0]


@router.get("/{contact_id}/alike")
def list_alike(contact_id: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[Contact]:
    """Contacts of other elders with the same first number and name: the same person, if somebody says so."""
    with centre.db.read() as session:
        row = store.get(session, CONTACTS, contact_id)
        others = centre.registry.contacts.alike(session, row)
        seen = [one for one in others if user.scope.sees_elder(session, one["elder_id"])]
        return page_of(contact_views(session, seen), lambda one: one.id, paging)


@router.post("/{contact_id}/same-person")
def join_contact(contact_id: str, given: SamePerson, centre: CentreDep, user: Writer) -> Contact:
    """This contact is the same person as another elder's: from now on they share name, numbers, hours and findings."""
    check_named(centre, user, contact_id=given.contact_id)
    return _views(centre, [centre.registry.contacts.join(contact_id, given.contact_id, actor_of(user))])[0]


@router.post("/{contact_id}/verified")
def verify_contact(contact_id: str, given: Verified, centre: CentreDep, user: Writer) -> Contact:
    """One of their numbers is right, by the word of who says so; a test call is the better way."""
    return _views(centre, [centre.registry.contacts.verified(contact_id, given, actor_of(user))])[0]


@router.post("/{contact_id}/test-call", status_code=202)
def ring_contact(contact_id: str, given: TestCall, centre: CentreDep, user: Writer) -> TestCallView:
    """Ring a number to learn whether it is right: key 1 verifies it, key 2 says it is somebody else's. No alarm."""
    calls = centre.alarms.check_calls if centre.alarms else None
    if calls is None:
        raise TryAgain("this process reaches no telephones")
    return TestCallView.model_validate(calls.ring(contact_id, given.phone, actor_of(user)))


@router.get("/{contact_id}/test-calls")
def list_test_calls(contact_id: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[TestCallView]:
    """The last 50 test calls, the newest first."""
    with centre.db.read() as session:
        store.get(session, CONTACTS, contact_id)
        rows = phone_checks.latest(session, [contact_id], centre.clock.now())
    return page_of([TestCallView.model_validate(row) for row in rows], lambda one: one.id, paging)
