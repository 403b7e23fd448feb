"""An elder's ID number among the other members of the file: compared with them, sealed, and found again."""

from datetime import date

from sqlmodel import Session

from core.errors import Conflict
from core.vault import Vault
from registry import store
from registry.id_numbers import IdNumber, read_id_number
from registry.intake import EARLIEST_BIRTH, BadMember
from registry.store import ELDERS, Row

WHAT = "id_number"


def identified(values: Row, before: Row, vault: Vault) -> Row:
    """The values of a new or changed file, in which ID number, birth date and sex agree; what is empty is filled in.

    `before` is the file as it is, {} for a new one. Raises BadMember beside the member that was given.
    """
    if not values.keys() & {"id_number", "birth_date", "sex"}:
        return values
    written = values["id_number"] if "id_number" in values else before.get("id_number")
    if written is None:
        return values | {"id_number_key": None} if "id_number" in values else values
    try:
        number = read_id_number(written)
    except ValueError as wrong:
        raise BadMember("id_number", str(wrong)) from None
    if number.birth_date < EARLIEST_BIRTH:
        raise BadMember("id_number", "holds a day of birth before 1900")
    agreed = _agreed(values, before, number)
    if "id_number" not in values:
        return agreed
    return agreed | {"id_number": number.text, "id_number_key": vault.blind(WHAT, number.text)}


def _agreed(values: Row, before: Row, number: IdNumber) -> Row:
    filled = dict(values)
    said: dict[str, date | str] = {"birth_date": number.birth_date, "sex": number.sex}
    for member, implied in said.items():
        held = values[member] if member in values else before.get(member)
        if held is None:
            filled[member] = implied
        elif held not in (implied, "other"):
            if member in values:
                raise BadMember(member, "does not fit the ID number")
            raise BadMember("id_number", f"does not fit the {member.replace('_', ' ')} on file")
    return filled


def refuse_twin(session: Session, vault: Vault, values: Row, elder_id: str) -> None:
    """Two people never have one ID number or service card. Raises Conflict, which does not tell whose the other file
    is."""
    others = ELDERS.c.deleted_at.is_(None), ELDERS.c.id != elder_id
    number, card = values.get("id_number"), values.get("service_card")
    if number is not None:
        keys = vault.blinds(WHAT, number)
        if store.count(session, ELDERS, ELDERS.c.id_number_key.in_(keys), *others):
            raise TwinFile("id_number", "there is another file with this ID number")
    if card is not None and store.count(session, ELDERS, ELDERS.c.service_card == card, *others):
        raise TwinFile("service_card", "there is another file with this service card")


class TwinFile(BadMember, Conflict):
    """A second file of the same person: 409, told beside the member."""
