"""The recordings of an alarm: which there are, to be heard, to be taken along, and who listened.

Whoever holds the alarm listens; everybody else says why first. Each hearing and each download is in the log.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import RedirectResponse, Response, StreamingResponse

from alarms import recording_store
from alarms.recordings import Recordings
from console.centre import Centre
from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, page_of
from console.recording_access import hears
from console.routes.alarms import AlarmId
from core.errors import Forbidden, NotFound, TryAgain
from notifier.recording import MEDIA_TYPES
from registry import audit
from registry.audit import Deed
from registry.intake import SHORTEST_REASON
from registry.sessions import SignedIn

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
Listener = Annotated[SignedIn, Depends(allowed("recordings.listen"))]
Taker = Annotated[SignedIn, Depends(allowed("recordings.download"))]
RecordingId = Annotated[str, StringConstraints(max_length=36)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_REASON, max_length=200)]

router = APIRouter(tags=["alarms"])


class RecordingShown(BaseModel):
    """A recording of a call; `state` is due (being fetched), kept, absent or failed."""

    id: str
    attempt_id: str
    state: str
    made_at: datetime
    duration_s: int | None
    media_type: str | None
    size_bytes: int | None
    sha256: str | None
    transcript: str | None = Field(description="Where the words are known: on calls of the sandbox")
    detail: str | None = Field(description="Why there is none, or none yet")


class OpenRecordings(BaseModel):
    """Why somebody who does not hold the alarm listens."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


@router.get("/api/v1/alarms/{alarm_id}/recordings")
def list_recordings(alarm_id: AlarmId, centre: CentreDep, user: Listener, paging: Paging) -> Page[RecordingShown]:
    """In the order in which they were made."""
    with centre.db.read() as session:
        rows = recording_store.of_alarms(session, [alarm_id])
        if not hears(session, centre, user, alarm_id):
            rows = [row | {"transcript": None} for row in rows]
    return page_of([RecordingShown.model_validate(row) for row in rows], lambda one: one.id, paging)


@router.post("/api/v1/alarms/{alarm_id}/recordings/open", status_code=204, response_class=Response)
def open_recordings(alarm_id: AlarmId, given: OpenRecordings, centre: CentreDep, user: Listener) -> None:
    """For an hour, to who does not hold the alarm; the log keeps the reason."""
    _open(centre, user, alarm_id, given.reason)


@router.post("/alarms/{alarm_id}/recordings/open", include_in_schema=False)
def open_recordings_page(
    alarm_id: AlarmId, centre: CentreDep, user: Listener, text: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    if len(text.strip()) >= SHORTEST_REASON:
        _open(centre, user, alarm_id, text.strip())
    return RedirectResponse(f"/alarms/{alarm_id}", 303)


@router.get(
    "/api/v1/alarms/{alarm_id}/recordings/{recording_id}",
    response_class=Response,
    responses={
        200: {"content": {"audio/mpeg": {}, "audio/wav": {}}, "description": "The sound"},
        206: {"content": {"audio/mpeg": {}, "audio/wav": {}}, "description": "The part that Range asks for"},
        416: {"description": "The sound has no such part"},
    },
)
def hear_recording(
    request: Request,
    alarm_id: AlarmId,
    recording_id: RecordingId,
    centre: CentreDep,
    user: Listener,
    range_: Annotated[str | None, Header(alias="range", max_length=100)] = None,
) -> Response:
    """To listen. 403 says that a reason is wanted first (`POST …/recordings/open`)."""
    row = _kept(centre, user, alarm_id, recording_id)
    deed = Deed("recording.listen", "recording", recording_id, data={"alarm_id": alarm_id})
    request.app.state.views.note(centre, user, deed)
    return _sound(_recordings(centre), row, range_, f'inline; filename="recording.{_ending(row)}"')


@router.get(
    "/api/v1/alarms/{alarm_id}/recordings/{recording_id}/file",
    response_class=Response,
    responses={200: {"content": {"audio/mpeg": {}, "audio/wav": {}}, "description": "The file"}},
)
def take_recording(alarm_id: AlarmId, recording_id: RecordingId, centre: CentreDep, user: Taker) -> Response:
    """To take along; its name names nobody."""
    row = _kept(centre, user, alarm_id, recording_id)
    answer = _sound(_recordings(centre), row, None, f'attachment; filename="{recording_id}.{_ending(row)}"')
    with centre.db.write() as session:
        deed = Deed(
            "recording.download", "recording", recording_id, data={"alarm_id": alarm_id, "sha256": row["sha256"]}
        )
        audit.record(session, actor_of(user), centre.clock.now(), deed)
    return answer


def _open(centre: Centre, user: SignedIn, alarm_id: str, reason: str) -> None:
    with centre.db.write() as session:
        if not recording_store.of_alarms(session, [alarm_id]):
            raise NotFound("this alarm has no recordings")
        deed = Deed("recording.open", "alarm", alarm_id, reason=reason)
        audit.record(session, actor_of(user), centre.clock.now(), deed)


def _kept(centre: Centre, user: SignedIn, alarm_id: str, recording_id: str) -> dict[str, Any]:
    with centre.db.read() as session:
        row = recording_store.kept(session, alarm_id, recording_id)
        if not hears(session, centre, user, alarm_id):
            raise Forbidden("you do not hold this alarm: say why you listen first")
    return row


def _recordings(centre: Centre) -> Recordings:
    if centre.recordings is None:
        raise TryAgain("this process has no recordings")
    return centre.recordings


def _sound(recordings: Recordings, row: dict[str, Any], asked: str | None, disposition: str) -> Response:
    if not recordings.is_here(row):
        raise NotFound("the file of this recording is not on this machine: see docs/operations.md")
    size = row["size_bytes"]
    headers = {
        "Accept-Ranges": "bytes", "Cache-Control": "private, no-store", "Content-Disposition": disposition,
    }  # fmt: skip
    part = _part(asked, size)
    if part is None:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = part
    status = 200 if asked is None or ((start, end) == (0, size) and not RANGE.fullmatch(asked)) else 206
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    chunks: Iterator[bytes] = recordings.read(row, start, end)
    return StreamingResponse(chunks, status, headers, row["media_type"])


def _part(asked: str | None, size: int) -> tuple[int, int] | None:
    """From and to (not included) of one range; the whole for none and for what is no range; None where there is no
    such part."""
    found = RANGE.fullmatch(asked.strip()) if asked is not None else None
    if found is None or not (found[1] or found[2]):
        return 0, size
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    return (start, end) if start < end else None


def _ending(row: dict[str, Any]) -> str:
    return MEDIA_TYPES.get(row["media_type"], "bin")
