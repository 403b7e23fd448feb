"""A sign-in service on this machine: OpenID Connect as a site's own one speaks it, with what a bad one would say."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from core.clock import Clock

CLIENT_ID, CLIENT_SECRET = "carebell", "a secret of the client's"
Json = dict[str, Any]


@dataclass
class Issuer:
    """`claims` are about whoever signs in; `spoil` changes an id token's claims before they are signed with `key`."""

    clock: Clock
    claims: Json = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "limin", "name": "李敏"})
    spoil: Callable[[Json], Json] = dict
    is_broken: bool = False

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signs_with = self.key
        self._asked: dict[str, Json] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                answers = {"/.well-known/openid-configuration": issuer.about, "/keys": issuer.keys}
                self._say(*(answers[path]() if path in answers else (404, {})))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                given = {name: values[0] for name, values in parse_qs(body).items()}
                self._say(*issuer.token(given, self.headers.get("authorization", "")))

            def _say(self, status: int, members: Json) -> None:
                content = json.dumps(members).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def about(self) -> tuple[int, Json]:
        if self.is_broken:
            return 500, {}
        return 200, {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
        }  # fmt: skip

    def keys(self) -> tuple[int, Json]:
        return 200, dict(KeySet([self.key]).as_dict())

    def signed_in(self, address: str) -> str:
        """Where the browser comes back to, after somebody signed in at this address of ours."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.address}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self._asked)}"
        self._asked[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'state': asked['state'], 'code': code})}"

    def token(self, given: Json, authorization: str) -> tuple[int, Json]:
        asked = self._asked.pop(given.get("code", ""), None)
        client = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or authorization != f"Basic {client}"
            or given["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, self.spoil(claims | self.claims), self.signs_with)
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": token}
