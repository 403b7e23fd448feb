"""The signed links that relatives are sent: they say which attempt is meant, and for how long."""

from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

LINK_LIFETIME = timedelta(hours=24)  # An emergency is over by then; a message found later should open nothing.
_SALT = "carebell.relative"
_MOST_CHARACTERS = 200


def make_link(public_url: str, secret_key: str, attempt_id: str, expires_at: datetime) -> str:
    """The address of the relative's page. Whoever has it may answer for that person until `expires_at`."""
    token = _signer(secret_key).dumps([attempt_id, int(expires_at.timestamp())])
    return f"{public_url.rstrip('/')}/r/{token}"


def read_token(secret_key: str, token: str, now: datetime) -> str | None:
    """The attempt a link was made for; None when it was not made here or its time is over."""
    if len(token) > _MOST_CHARACTERS:
        return None
    try:
        content = _signer(secret_key).loads(token)
    except BadData:
        return None
    match content:
        case [str(attempt_id), int(expires_s)] if now.timestamp() < expires_s:
            return attempt_id
        case _:
            return None


def _signer(secret_key: str) -> URLSafeSerializer:
    # The expiry travels inside, so that the clock is the caller's and not the machine's.
    return URLSafeSerializer(secret_key, salt=_SALT)
