"""Passwords of console users: argon2id, and never so many at once that the machine suffers."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_ONCE = 2  # One check costs 64 MiB and all cores for a moment; the phones must go on ringing meanwhile.


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._nobody: str | None = None

    def make_hash(self, password: str) -> str:
        with self._turn:
            return self._hasher.hash(_one_form(password))

    def check(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password; None (no such user) takes as long as a wrong password."""
        known = hashed if hashed is not None else self._hash_of_nobody()
        with self._turn:
            try:
                return self._hasher.verify(known, _one_form(password)) and hashed is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than today's and should be made anew."""
        return self._hasher.check_needs_rehash(hashed)

    def _hash_of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = self.make_hash("nobody has this password")
        return self._nobody


def _one_form(password: str) -> bytes:
    """The same bytes for the same characters, whichever keyboard composed them."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def quick() -> Passwords:
    """Hashes that cost next to nothing, for tests and throw-away demos."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
