"""The code tables: what a centre's own kinds of person, abilities of help and reasons are called."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, page_of
from console.routes.versions import IfMatch
from core.errors import NotFound
from registry import code_tables
from registry.code_intake import CodeNew, CodePatch
from registry.sessions import SignedIn
from registry.vocabularies import VOCABULARIES, Vocabulary

router = APIRouter(prefix="/api/v1/codes", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("codes.write"))]


class Code(BaseModel):
    """One code of a table, with the words that pages show for it."""

    id: str = Field(description="The vocabulary and the code", examples=["elder_kind.veteran"])
    vocabulary: Vocabulary
    code: str
    zh: str
    en: str | None = Field(description="Null where the site gave none: the Chinese is shown")
    rank: int
    is_offered: bool = Field(description="Whether forms offer it; files that have it keep it either way")
    is_built_in: bool = Field(description="Whether it came with the program, and cannot be removed")
    has_own_words: bool = Field(description="Whether the words are the site's")
    version: int


@router.get("")
def list_codes(
    centre: CentreDep, user: Reader, paging: Paging, vocabulary: Annotated[Vocabulary | None, Query()] = None
) -> Page[Code]:
    """In the order in which they are offered."""
    with centre.db.read() as session:
        known = code_tables.tables(session)
    wanted = (vocabulary,) if vocabulary else VOCABULARIES
    return page_of([shown(one) for name in wanted for one in known[name].codes], lambda one: one.id, paging)


@router.post("", status_code=201)
def add_code(given: CodeNew, centre: CentreDep, user: Writer) -> Code:
    return shown(centre.registry.codes.add(given, by=actor_of(user)))


@router.get("/{code_id}")
def get_code(code_id: str, centre: CentreDep, user: Reader) -> Code:
    with centre.db.read() as session:
        return shown(found(code_tables.tables(session), code_id))


@router.patch("/{code_id}")
def change_code(code_id: str, patch: CodePatch, centre: CentreDep, user: Writer, version: IfMatch) -> Code:
    """Its words, its place, and whether it is offered; null goes back to what the program has."""
    return shown(centre.registry.codes.change(code_id, patch, version, by=actor_of(user)))


@router.delete("/{code_id}", status_code=204, response_class=Response)
def remove_code(code_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    """For a code of the site's own that no file has; `…/restore` brings it back."""
    centre.registry.codes.remove(code_id, version, by=actor_of(user))


@router.post("/{code_id}/restore")
def restore_code(code_id: str, centre: CentreDep, user: Writer) -> Code:
    """Undo a removal."""
    return shown(centre.registry.codes.restore(code_id, by=actor_of(user)))


def shown(code: code_tables.Code) -> Code:
    return Code.model_validate(code, from_attributes=True)


def found(known: dict[str, code_tables.CodeTable], code_id: str) -> code_tables.Code:
    """Raises NotFound."""
    vocabulary, _, code = code_id.partition(".")
    one = known[vocabulary].find(code) if vocabulary in known else None
    if one is None:
        raise NotFound("there is no such code")
    return one
