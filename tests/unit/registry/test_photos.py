"""What becomes of a photo: small, and nothing in it but its pixels."""

import io

import pytest
from PIL import Image

from registry.intake import BadMember
from registry.photos import MAX_BYTES, SHOWN_PX, redrawn


def picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 900), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (120, 90, 60)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_is_kept_small(kind: str) -> None:
    with Image.open(io.BytesIO(redrawn(picture(kind)))) as kept:
        assert (kept.format, kept.size) == ("JPEG", (SHOWN_PX, SHOWN_PX * 3 // 4))


def test_nothing_hidden_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    exif[0x0112] = 6  # Turned by a quarter: the pixels must be turned, since the mark is dropped.
    given = picture(exif=exif, comment=b"SECRET-COMMENT") + b"SECRET-TAIL<script>"
    assert b"SECRET-PLACE" in given

    kept = redrawn(given)

    assert b"SECRET" not in kept
    with Image.open(io.BytesIO(kept)) as shown:
        assert shown.height > shown.width
        assert not dict(shown.getexif())


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:200], picture("GIF"), b"\xff\xd8\xff" + b"x" * 50,
        picture("PNG", (9000, 9000)), b"\x00" * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_fit_picture_is_refused(content: bytes) -> None:
    with pytest.raises(BadMember):
        redrawn(content)
