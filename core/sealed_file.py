"""Large secrets on the disc: sealed piece by piece, so that neither writing nor reading holds the whole in memory.

Each file has a random key of its own (AES-256-GCM, a piece of 64 KiB after another, the nonce its number). Whoever
forgets the key has destroyed the file, its copies in every backup included.
"""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Rejected
from core.vault import Locked

PIECE = 64 * 1024
_TAG = 16
_MORE, _LAST = b"more", b"last"  # Sealed with the piece: a file that was cut off does not end in a last one.


@dataclass(frozen=True, slots=True)
class Written:
    """What the file holds when it is opened: its bytes and their SHA-256, in hex."""

    size: int
    sha256: str


def new_key() -> str:
    """A random key as a text, to be kept sealed in the database."""
    return base64.urlsafe_b64encode(AESGCM.generate_key(256)).decode("ascii")


def write(path: Path, key: str, chunks: Iterable[bytes], *, most: int) -> Written:
    """Seal a stream into a file, there whole or not at all. Raises Rejected above `most` bytes, and OSError."""
    box = AESGCM(base64.urlsafe_b64decode(key))
    digest, size = hashlib.sha256(), 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for number, (piece, is_last) in enumerate(_pieces(chunks)):
                size += len(piece)
                if size > most:
                    raise Rejected(f"is larger than {most} bytes")
                digest.update(piece)
                file.write(box.encrypt(_nonce(number), piece, _LAST if is_last else _MORE))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return Written(size, digest.hexdigest())


def read(path: Path, key: str, size: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes from `start` up to `end` (not included; None: all of the `size`). Raises Locked for a file that is not
    what was written, and OSError."""
    box = AESGCM(base64.urlsafe_b64decode(key))
    until = size if end is None else min(end, size)
    last = max(0, size - 1) // PIECE
    with path.open("rb") as file:
        for number in range(start // PIECE, last + 1):
            begins = number * PIECE
            if begins >= until and number:
                return
            file.seek(number * (PIECE + _TAG))
            sealed = file.read(PIECE + _TAG)
            try:
                piece = box.decrypt(_nonce(number), sealed, _LAST if number == last else _MORE)
            except (InvalidTag, ValueError):
                raise Locked("a sealed file cannot be opened: it is damaged, or its key is another") from None
            yield piece[max(0, start - begins) : until - begins]


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of one length and whether it is the last, which may be shorter; an empty stream is one empty piece."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        while len(kept) > PIECE:
            yield bytes(kept[:PIECE]), False
            del kept[:PIECE]
    yield bytes(kept), True


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
