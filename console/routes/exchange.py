"""Files out of the registry, and workbooks to be filled in for it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import StreamingResponse

from console.deps import CentreDep, actor_of, allowed
from registry import code_tables
from registry.exporting import MEDIA_TYPES, SUFFIXES, Exports, Format, Wanted
from registry.import_template import template
from registry.intake import SHORTEST_REASON, AreaCode
from registry.sessions import SignedIn

Kind = Literal["elders", "contacts", "devices", "resources"]
Exporter = Annotated[SignedIn, Depends(allowed("registry.export"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
router = APIRouter(prefix="/api/v1", tags=["registry"])
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {kind.split(";")[0]: {} for kind in MEDIA_TYPES.values()}}}


class ExportAsked(BaseModel):
    """What is to be exported, and why; who, when and why are logged and stand in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Format = "csv"
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_REASON, max_length=300)]
    with_sealed: bool = Field(default=False, description="ID numbers, health and the way in, for who may read them")
    area_code: AreaCode | None = Field(default=None, description="Only what lies in this area")
    in_chinese: bool = Field(default=True, description="Columns and codes in Chinese")


@router.post("/exports/{kind}", response_class=StreamingResponse, responses=_FILE)
def export(kind: Kind, asked: ExportAsked, centre: CentreDep, user: Exporter) -> StreamingResponse:
    """A file that an import reads again; a FHIR bundle holds elders with their contacts."""
    wanted = Wanted(kind, asked.format, asked.reason, asked.with_sealed, asked.area_code, asked.in_chinese)
    exports = Exports(centre.registry, actor_of(user), may_read_sealed=user.may("health.read"))
    return download(exports.stream(wanted), f"{kind}{SUFFIXES[asked.format]}", MEDIA_TYPES[asked.format])


@router.get("/import-templates/{kind}", response_class=Response, responses=_FILE)
def import_template(
    kind: Kind,
    centre: CentreDep,
    user: Writer,
    format: Annotated[Literal["xlsx", "csv"], Query()] = "xlsx",  # the word people know
) -> Response:
    """The columns of a kind with an example, lists to choose from and a sheet that explains."""
    name = f"{kind}-template.{format}"
    with centre.db.read() as session:
        codes = code_tables.offered_words(session)
    return Response(template(kind, format, codes), media_type=MEDIA_TYPES[format], headers=attached(name))


def download(pieces: Iterator[bytes], name: str, media_type: str) -> StreamingResponse:
    return StreamingResponse(pieces, media_type=media_type, headers=attached(name))


def attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
