"""The signed links that relatives are sent: they say which attempt is meant, and for how long."""

import base64
import binascii
import uuid
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer

LINK_LIFETIME = timedelta(hours=24)  # An emergency is over by then; a message found later should open nothing.
_SALT = "carebell.relative"
_EXPIRY_BYTES = 5
_MOST_CHARACTERS = 80


def make_link(public_url: str, secret_key: str, attempt_id: str, expires_at: datetime) -> str:
    """The address of the relative's page. Whoever has it may answer for that person until `expires_at`.

    Short, because a text message with Chinese in it holds 70 characters: 56 for the token.
    """
    content = uuid.UUID(attempt_id).bytes + int(expires_at.timestamp()).to_bytes(_EXPIRY_BYTES, "big")
    token = _signer(secret_key).sign(base64.urlsafe_b64encode(content)).decode()
    return f"{public_url.rstrip('/')}/r/{token}"


def read_token(secret_key: str, token: str, now: datetime) -> str | None:
    """The attempt a link was made for; None when it was not made here or its time is over."""
    if len(token) > _MOST_CHARACTERS or not token.isascii():
        return None
    try:
        content = base64.urlsafe_b64decode(_signer(secret_key).unsign(token))
    except (BadSignature, binascii.Error):
        return None
    expires_s = int.from_bytes(content[-_EXPIRY_BYTES:], "big")
    return str(uuid.UUID(bytes=content[:-_EXPIRY_BYTES])) if now.timestamp() < expires_s else None


def _signer(secret_key: str) -> Signer:
    # The expiry travels inside, so that the clock is the caller's and not the machine's.
    return Signer(secret_key, salt=_SALT)
