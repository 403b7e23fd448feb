"""What must not be read out of a stolen database: sealed with a key that is kept outside of it.

A sealed value is a Fernet token (AES-128-CBC and HMAC-SHA-256, from `cryptography`). Several keys may be given: the
first one seals, all of them open, so that a key can be changed without a pause.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from core.errors import CarebellError

KEY_MIN = 16  # Characters; they should be random, `carebell` makes 64 of them.


class Locked(CarebellError):
    """No key at hand opens this, or the database was opened without keys."""


class Vault:
    """Seals and opens texts; safe to use from any thread."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are random texts, the newest first. Raises ValueError for none and for one that could be guessed."""
        if not keys or any(len(key) < KEY_MIN for key in keys):
            raise ValueError(f"a data key is a random text of {KEY_MIN} characters or more")
        self._boxes = [Fernet(base64.urlsafe_b64encode(_derived(key, b"carebell data"))) for key in keys]
        self._all = MultiFernet(self._boxes)
        self._search_keys = [_derived(key, b"carebell search") for key in keys]

    def seal(self, text: str) -> str:
        return self._boxes[0].encrypt(text.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises Locked."""
        try:
            return self._all.decrypt(sealed.encode("ascii")).decode("utf-8", "surrogatepass")
        except (InvalidToken, UnicodeError):
            raise Locked("a sealed value cannot be opened: the data key is not the one it was sealed with") from None

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed this."""
        try:
            self._boxes[0].decrypt(sealed.encode("ascii"))
        except (InvalidToken, UnicodeError):
            return False
        return True

    def blind(self, what: str, value: str) -> str:
        """A keyed hash by which a sealed value is found again; `what` keeps different members apart. 64 hex digits."""
        return self.blinds(what, value)[0]

    def blinds(self, what: str, value: str) -> list[str]:
        """The hash under every key, the newest first: what to look for while a key is being changed."""
        message = f"{what}\0{value}".encode("utf-8", "surrogatepass")
        return [hmac.new(key, message, hashlib.sha256).hexdigest() for key in self._search_keys]


class SealedText(TypeDecorator[str]):
    """A text column that is sealed on its way in and opened on its way out, with the vault of the database at hand.

    Reading one costs some 30 microseconds; a press reads none.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).open(value)


class SealedJson(TypeDecorator[Any]):
    """As SealedText, for what JSON can hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).seal(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(vault_of(dialect).open(value))


def give_vault(dialect: Dialect, vault: Vault) -> None:
    """Let the sealed columns of everything that uses this dialect be read and written."""
    dialect.carebell_vault = vault  # type: ignore[attr-defined]


def vault_of(dialect: Dialect) -> Vault:
    """Raises Locked where the database was opened without keys."""
    vault: Vault | None = getattr(dialect, "carebell_vault", None)
    if vault is None:
        raise Locked("this database was opened without a data key")
    return vault


def _derived(key: str, purpose: bytes) -> bytes:
    material = key.encode("utf-8", "surrogatepass")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(material)
