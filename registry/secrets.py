"""Device secrets: made here, shown once, kept only as a hash.

A secret has 192 random bits, so nobody can try them all and a fast hash is enough: a gateway checks thousands of
logins a second after a power cut. A slow hash is for what people think up (`registry.passwords`).
"""

import hashlib
import hmac
import secrets

_BYTES = 24


def new_secret() -> str:
    """32 url-safe characters, of which the first is no dash: a spreadsheet or a command line would take it for more."""
    while (secret := secrets.token_urlsafe(_BYTES)).startswith("-"):
        pass
    return secret


def hash_secret(secret: str) -> str:
    """What is kept of a secret: `sha256$salt$digest`, both in hexadecimal."""
    salt = secrets.token_bytes(16)
    return f"sha256${salt.hex()}${_digest(salt, secret.encode())}"


def verify_secret(secret: str | bytes, hashed: str) -> bool:
    """Whether this is the secret; takes the same time for every wrong one, and a broken hash fits nothing."""
    given = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
    kind, _, rest = hashed.partition("$")
    salt, _, digest = rest.partition("$")
    if kind != "sha256":
        return False
    try:
        return hmac.compare_digest(_digest(bytes.fromhex(salt), given), digest)
    except (ValueError, TypeError):
        return False


def _digest(salt: bytes, secret: bytes) -> str:
    return hashlib.sha256(salt + secret).hexdigest()
