"""An elder's face. What comes in is drawn anew, so that nothing that hid in the file is kept: no place, no name, no
program."""

import base64
import io
import warnings
from dataclasses import dataclass
from datetime import date, datetime

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlmodel import Session

from core.errors import NotFound
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import ELDERS, PHOTOS

MAX_BYTES = 8 * 2**20
MAX_PIXELS = 40_000_000
SHOWN_PX = 640  # The longer side of what is kept: enough to know a face by, and a tenth of a megabyte.
QUALITY = 85
MEDIA_TYPE = "image/jpeg"
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Photo:
    content: bytes
    media_type: str
    updated_at: datetime
    taken_on: date | None = None


@dataclass(frozen=True, slots=True)
class Photos:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def put(self, elder_id: str, content: bytes, taken_on: date | None = None, by: Actor = Actor()) -> None:
        if taken_on is not None and taken_on > self.desk.today:
            raise BadMember("taken_on", "lies in the future")
        drawn = base64.b64encode(redrawn(content)).decode()
        now = self.desk.clock.now()
        row = {
            "elder_id": elder_id,
            "media_type": MEDIA_TYPE,
            "content": drawn,
            "taken_on": taken_on,
            "updated_at": now,
        }
        with self.desk.db.write() as session:
            store.get(session, ELDERS, elder_id)
            session.connection().execute(PHOTOS.delete().where(PHOTOS.c.elder_id == elder_id))
            store.add(session, PHOTOS, row)
            self._log(session, by, elder_id, "put")

    def remove(self, elder_id: str, by: Actor = Actor()) -> None:
        with self.desk.db.write() as session:
            store.get(session, ELDERS, elder_id)
            gone = session.connection().execute(PHOTOS.delete().where(PHOTOS.c.elder_id == elder_id))
            if gone.rowcount != 1:
                raise NotFound("there is no photo of this elder")
            self._log(session, by, elder_id, "remove")

    def _log(self, session: Session, by: Actor, elder_id: str, what: str) -> None:
        deed = Deed("elder.change", "elder", elder_id, data={"members": ["photo"], "what": what})
        audit.record(session, by, self.desk.clock.now(), deed)


def photo_of(session: Session, elder_id: str) -> Photo:
    """Raises NotFound."""
    store.get(session, ELDERS, elder_id)
    row = session.connection().execute(select(PHOTOS).where(PHOTOS.c.elder_id == elder_id)).one_or_none()
    if row is None:
        raise NotFound("there is no photo of this elder")
    return Photo(base64.b64decode(row.content), row.media_type, row.updated_at, row.taken_on)


def photo_at(session: Session, elder_id: str) -> datetime | None:
    """When the elder's photo was last changed; None where there is none."""
    found: datetime | None = session.scalar(select(PHOTOS.c.updated_at).where(PHOTOS.c.elder_id == elder_id))
    return found


def taken_on(session: Session, elder_id: str) -> date | None:
    """When the elder's photo was taken; None where nobody said."""
    found: date | None = session.scalar(select(PHOTOS.c.taken_on).where(PHOTOS.c.elder_id == elder_id))
    return found


def redrawn(content: bytes) -> bytes:
    """The picture as a small JPEG without anything but its pixels. Raises BadMember for what is no fit picture."""
    if len(content) > MAX_BYTES:
        raise BadMember("photo", f"is larger than {MAX_BYTES // 2**20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a picture that would fill the memory.
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise BadMember("photo", f"has more than {MAX_PIXELS // 1_000_000} million pixels")
                opened.draft("RGB", (SHOWN_PX * 2, SHOWN_PX * 2))
                drawn = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as wrong:
        raise BadMember("photo", "is not a JPEG, PNG or WebP picture that can be opened") from wrong
    drawn.thumbnail((SHOWN_PX, SHOWN_PX))
    bare = Image.new("RGB", drawn.size)
    bare.paste(drawn)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
