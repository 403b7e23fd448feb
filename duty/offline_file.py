"""A list that opens without Carebell: one HTML file that a browser decrypts by itself, from a stick, without a network.

Key: PBKDF2-HMAC-SHA-256 over the passphrase; boxes: AES-256-GCM over gzipped JSON, one a few hundred elders, so that
the list is never in memory whole. Each box is bound to its place and the last one to being the last, so that a file
that was cut or put together otherwise says so. Both are what every browser has (WebCrypto), and nothing else is needed.
"""

import base64
import gzip
import hashlib
import html
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from registry.intake import BadMember
from registry.password_rules import check

ROUNDS = 600_000  # OWASP's figure for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet, 2023).
SALT_BYTES, KEY_BYTES, NONCE_BYTES = 16, 32, 12
SHORTEST_PASSPHRASE = 14  # Characters: whoever steals the file may guess for years, which no lock slows down.
LONGEST_PASSPHRASE = 200
FORMAT = "carebell-offline-1"
_FOLDER = Path(__file__).parent / "offline_page"


@dataclass(frozen=True, slots=True)
class Mark:
    """Who made a list, when (RFC 3339 and as it is shown), why and of which area; it stands on every printed page."""

    made_at: str
    made_text: str
    made_by: str
    reason: str
    area: str
    elders: int


def checked_passphrase(text: str, username: str, member: str = "passphrase") -> str:
    """The passphrase, if it will do. Raises BadMember in words for the person who chose it; it is kept nowhere."""
    if not SHORTEST_PASSPHRASE <= len(text) <= LONGEST_PASSPHRASE:
        raise BadMember(member, "needs 14 characters or more: four words in a row are easy to keep")
    check(text, username, member)
    return text


def encrypted_page(
    mark: Mark, chunks: Iterable[Sequence[Mapping[str, Any]]], passphrase: str, *, words: Mapping[str, str],
    language: str, rounds: int = ROUNDS,
) -> Iterator[bytes]:  # fmt: skip
    """The file, piece by piece. `words` are the page's texts in the reader's language."""
    salt = os.urandom(SALT_BYTES)
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=KEY_BYTES, salt=salt, iterations=rounds)
    cipher = AESGCM(kdf.derive(passphrase.encode("utf-8")))
    about = {
        "format": FORMAT, "made_at": mark.made_at, "made_text": mark.made_text,
        "salt": base64.b64encode(salt).decode(), "rounds": rounds, "words": dict(words),
    }  # fmt: skip
    yield _head(about, language, mark.made_text)
    for number, (content, is_last) in enumerate(_with_last(_contents(mark, chunks))):
        yield _box(cipher, number, content, is_last=is_last)
    yield _foot()


def _contents(mark: Mark, chunks: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    yield {"mark": asdict(mark)}
    for chunk in chunks:
        yield {"elders": list(chunk)}


def _with_last(contents: Iterator[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bool]]:
    waiting = next(contents)
    for following in contents:
        yield waiting, False
        waiting = following
    yield waiting, True


def _box(cipher: AESGCM, number: int, content: dict[str, Any], *, is_last: bool) -> bytes:
    """The nonce may be a counter: the salt makes the key new with every file."""
    plain = gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    bound = f"{FORMAT}:{number}:{'last' if is_last else 'more'}".encode()
    sealed = cipher.encrypt(number.to_bytes(NONCE_BYTES), plain, bound)
    return b'<script type="text/plain" class="box">' + base64.b64encode(sealed) + b"</script>\n"


def _head(about: dict[str, Any], language: str, made_text: str) -> bytes:
    """Everything the page needs is in it, and its own policy lets it fetch nothing."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; form-action 'none'"
    return _asset("page.html").format(
        language=html.escape(language), policy=policy, title=html.escape(f"Carebell {made_text}"), style=style,
        about=json.dumps(about, ensure_ascii=False).replace("<", "\\u003c"),
    ).encode()  # fmt: skip


def _foot() -> bytes:
    return f"<script>{_asset('page.js')}</script>\n</body>\n</html>\n".encode()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
