"""A PMTiles archive (version 3) as far as a site must be told whether it will do: its header, which is 127 bytes, and
whether the file is as long as the header says. What draws it is protomaps-leaflet, in the browser."""

import gzip
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import CarebellError

HEADER_BYTES = 127
MOST_METADATA_BYTES = 1 << 20
MAGIC, VERSION = b"PMTiles", 3
VECTOR = 1  # Tile type MVT; the others are pictures.
GZIP = 2
_NUMBERS = struct.Struct("<11Q")  # Offset and length of root, metadata, leaves and tiles; then three counts.
_TAG = re.compile(r"<[^>]*>")


class BasemapError(CarebellError):
    """A site's basemap cannot be drawn; the text is one line that names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What the header tells: zoom steps, both included, and the credit that its maker asks for, as plain text."""

    path: Path
    min_zoom: int
    max_zoom: int
    attribution: str = ""


def read_archive(path: Path) -> Archive:
    """Raises BasemapError for a file that is empty, cut short, or something else."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            size = path.stat().st_size
            numbers = _checked(header, size, path)
            metadata = _metadata(file, numbers[2], numbers[3], header[97])
    except OSError as problem:
        raise BasemapError(f"basemap {path}: {problem.strerror or 'cannot be read'}") from None
    return Archive(path, header[100], header[101], _TAG.sub("", str(metadata.get("attribution") or ""))[:300])


def _checked(header: bytes, size: int, path: Path) -> tuple[int, ...]:
    if not header:
        raise BasemapError(f"basemap {path} is empty: copy it again")
    if len(header) < HEADER_BYTES or header[:7] != MAGIC or header[7] != VERSION:
        raise BasemapError(f"basemap {path} is no PMTiles archive of version 3: make it with `pmtiles convert`")
    numbers = _NUMBERS.unpack_from(header, 8)
    parts = list(zip(numbers[0:8:2], numbers[1:8:2], strict=True))
    if not numbers[1] or not numbers[7]:
        raise BasemapError(f"basemap {path} holds no tiles: make it again")
    ends_at = max(offset + length for offset, length in parts)
    if ends_at > size:
        raise BasemapError(f"basemap {path} is cut short ({size} of {ends_at} bytes): copy it again")
    if header[99] != VECTOR:
        raise BasemapError(f"basemap {path} holds pictures, not vector tiles: serve those as CAREBELL_TILES_URL")
    return numbers


def _metadata(file: Any, offset: int, length: int, compression: int) -> dict[str, Any]:
    """The archive's own description; without it the map is as good."""
    if not 0 < length <= MOST_METADATA_BYTES:
        return {}
    file.seek(offset)
    packed = file.read(length)
    try:
        told = json.loads(gzip.decompress(packed) if compression == GZIP else packed)
    except (OSError, EOFError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
