"""The second factor: a code of six digits that changes every 30 seconds (TOTP, RFC 6238), or a recovery code. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

STEP_S = 30
STEPS_EITHER_WAY = 1  # A telephone's clock may be half a minute off.
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 random bits: a plain hash of them cannot be guessed.


def new_secret() -> str:
    return pyotp.random_base32(32)


def address_of(secret: str, username: str, centre: str) -> str:
    """What an authenticator's camera reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=centre)


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step this code belongs to; None for a wrong code, and for one of a step that was used already."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    current = int(now.timestamp()) // STEP_S
    for step in range(current - STEPS_EITHER_WAY, current + STEPS_EITHER_WAY + 1):
        fits = hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step), digits)
        if fits and (last_step is None or step > last_step):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """To be shown once and kept on paper: four groups of four."""
    texts = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[n : n + 4] for n in range(0, 16, 4)) for text in texts]


def recovery_hash(code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def without_used(hashes: Sequence[str] | None, code: str) -> list[str] | None:
    """The recovery codes that are left when this one is used; None when it is none of them."""
    used = recovery_hash(code)
    left = [one for one in hashes or () if not hmac.compare_digest(one, used)]
    return left if len(left) < len(hashes or ()) else None
