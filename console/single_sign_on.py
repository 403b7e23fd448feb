"""The site's own sign-in service: OpenID Connect, authorization code with PKCE.

What has to fit before anybody is believed: `state` (the answer belongs to this browser), the code verifier (to this
question), the signature by the service's published keys, issuer, audience, expiry, and `nonce` (to this sign-in).
"""

import hmac
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import CarebellError
from core.settings import Settings

SCOPE = "openid profile email"
BACK = "/sign-in/oidc/back"
TIME_LIMIT_S = 5.0  # Somebody waits in front of the page.
KNOWN_FOR = timedelta(hours=1)  # How long the service's addresses and keys are believed to be the same.
LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures by a key of the service's alone: HS256 would let everybody who knows the client's secret speak for it."""


class NotVouchedFor(CarebellError):
    """The service did not answer, or what it said does not fit; the reason is for the log and names nobody."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one browser's sign-in is recognised by; kept in that browser, signed."""

    state: str
    nonce: str
    verifier: str
    following: str

    def kept(self) -> str:
        return json.dumps([self.state, self.nonce, self.verifier, self.following])


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who the service says it is: its own id of them, and the name that a user here may have."""

    subject: str
    username: str | None
    display_name: str | None


def question_of(kept: str) -> Question | None:
    """The question as the browser has kept it; None for what is none."""
    try:
        state, nonce, verifier, following = json.loads(kept)
    except (ValueError, TypeError):
        return None
    members = (state, nonce, verifier, following)
    return Question(*members) if all(isinstance(one, str) for one in members) else None


class SingleSignOn:
    """One service; may be used from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._known: tuple[dict[str, Any], KeySet] | None = None
        self._known_until: datetime | None = None

    @property
    def is_there(self) -> bool:
        return bool(self._settings.oidc_issuer)

    def begin(self, following: str, now: datetime) -> tuple[str, Question]:
        """Where to send the browser, and what it has to keep. Raises NotVouchedFor."""
        about, _ = self._service(now)
        question = Question(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), following)
        with self._session() as session:
            address, _ = session.create_authorization_url(
                about["authorization_endpoint"], state=question.state, nonce=question.nonce,
                code_verifier=question.verifier,
            )  # fmt: skip
        return str(address), question

    def finish(self, question: Question, state: str, code: str, now: datetime) -> Vouched:
        """Whom the service vouches for. Raises NotVouchedFor."""
        if not hmac.compare_digest(question.state.encode(), state.encode()):
            raise NotVouchedFor("the answer belongs to another browser")
        about, keys = self._service(now)
        token = self._exchanged(about["token_endpoint"], code, question.verifier)
        try:
            claims = self._claims(token, keys, question.nonce, now)
        except JoseError:
            # Its keys may have changed since we asked.
            _, keys = self._service(now, anew=True)
            try:
                claims = self._claims(token, keys, question.nonce, now)
            except JoseError as wrong:
                raise NotVouchedFor(f"the id token does not hold ({type(wrong).__name__})") from None
        return self._vouched(claims)

    def _exchanged(self, endpoint: str, code: str, verifier: str) -> str:
        try:
            with self._session() as session:
                told = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=verifier, timeout=TIME_LIMIT_S
                )
        except (requests.RequestException, AuthlibBaseError, ValueError) as problem:
            raise NotVouchedFor(f"the code was not exchanged ({type(problem).__name__})") from None
        token = told.get("id_token") if isinstance(told, dict) else None
        if not isinstance(token, str):
            raise NotVouchedFor("the service gave no id token")
        return token

    def _claims(self, token: str, keys: KeySet, nonce: str, now: datetime) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except ValueError as wrong:
            raise NotVouchedFor("the id token cannot be read") from wrong
        wanted = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": self._settings.oidc_client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        wanted.validate(claims)
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise NotVouchedFor("the id token was made for another client")
        return dict(claims)

    def _vouched(self, claims: dict[str, Any]) -> Vouched:
        subject, name = claims["sub"], claims.get(self._settings.oidc_username_claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= 200:
            raise NotVouchedFor("sub is not what it should be")
        if self._settings.oidc_username_claim == "email" and claims.get("email_verified") is not True:
            name = None  # Anybody could have written it there.
        shown = claims.get("name")
        return Vouched(subject, name if isinstance(name, str) else None, shown if isinstance(shown, str) else None)

    def _service(self, now: datetime, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        with self._lock:
            if self._known is None or self._known_until is None or now >= self._known_until or anew:
                self._known, self._known_until = self._asked(), now + KNOWN_FOR
            return self._known

    def _asked(self) -> tuple[dict[str, Any], KeySet]:
        issuer = self._settings.oidc_issuer
        about = _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        missing = [one for one in ("authorization_endpoint", "token_endpoint", "jwks_uri") if not about.get(one)]
        if about.get("issuer") != issuer or missing:
            raise NotVouchedFor("the service's description is not that of the issuer in the settings")
        try:
            return about, KeySet.import_key_set(_fetched(about["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            raise NotVouchedFor("the service's keys cannot be read") from wrong

    def _session(self) -> Any:
        return OAuth2Session(
            self._settings.oidc_client_id, self._settings.oidc_client_secret, scope=SCOPE,
            redirect_uri=f"{self._settings.public_url}{BACK}", code_challenge_method="S256",
        )  # fmt: skip


def _fetched(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=TIME_LIMIT_S, headers={"Accept": "application/json"})
        answer.raise_for_status()
        told = answer.json()
    except (requests.RequestException, ValueError) as problem:
        raise NotVouchedFor(f"the service does not answer ({type(problem).__name__})") from None
    if not isinstance(told, dict):
        raise NotVouchedFor("the service's answer is no object")
    return told
