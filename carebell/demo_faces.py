"""Faces for a few people of the demo city: drawn with a ruler and a compass, so that nobody takes them for somebody."""

import base64
import io
from datetime import date, datetime
from typing import Any

from PIL import Image, ImageDraw

SIDE_PX = 320
SKIN, LINE, GREY, CHEEK = "#f1d3b3", "#4a3b30", "#b9bcc2", "#e3a48c"
BACKGROUNDS = ("#cfe3ea", "#e6dccb", "#d7e4d0")
CLOTHES = ("#7b4f6a", "#3f5f7d", "#5f6f4a")


def rows(elders: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """A photo for each of these elders, as rows."""
    return [
        {"elder_id": elder["id"], "media_type": "image/jpeg", "content": base64.b64encode(drawn(n, elder)).decode(),
         "taken_on": date(now.year - 1, 4 + n, 12), "updated_at": now}
        for n, elder in enumerate(elders)
    ]  # fmt: skip


def drawn(n: int, elder: dict[str, Any]) -> bytes:
    """A face as JPEG; women have a bun, men a flat cap."""
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), BACKGROUNDS[n % len(BACKGROUNDS)])
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 236, 280, 420), fill=CLOTHES[n % len(CLOTHES)], outline=LINE, width=4)
    if elder.get("sex") == "female":
        pen.ellipse((128, 14, 192, 74), fill=GREY, outline=LINE, width=4)
        pen.ellipse((78, 46, 242, 220), fill=GREY, outline=LINE, width=4)
    pen.ellipse((88, 68, 232, 256), fill=SKIN, outline=LINE, width=4)
    if elder.get("sex") != "female":
        pen.pieslice((80, 40, 240, 190), 180, 360, fill=CLOTHES[(n + 1) % len(CLOTHES)], outline=LINE, width=4)
        pen.rectangle((66, 110, 190, 122), fill=LINE)
    for x in (126, 194):
        pen.ellipse((x - 22, 136, x + 22, 176), outline=LINE, width=4)
        pen.ellipse((x - 5, 150, x + 5, 160), fill=LINE)
        pen.ellipse((x - 16, 186, x + 16, 204), fill=CHEEK)
    pen.line((148, 156, 172, 156), fill=LINE, width=4)
    pen.line((160, 164, 152, 194, 164, 194), fill=LINE, width=4)
    pen.arc((128, 186, 192, 230), 20, 160, fill=LINE, width=5)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
