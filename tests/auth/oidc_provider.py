"""An OpenID Connect provider on loopback, correct by default and faulty on demand."""

import json
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import RSAKey

from ioc.domain.base.times import Clock

CLIENT, SECRET = "ioc", "a-client-secret-for-tests"


class Provider:
    """`claims` go into every identity token; `harm` overwrites them, `key` signs them."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        self.issuer, self.clock = issuer, clock
        self.key = self.shown = RSAKey.generate_key(2048, {"kid": "one"})
        self.claims: dict[str, Any] = {"sub": "0001", "preferred_username": "An.Nguyễn@mp.test", "groups": ["truc-ban"]}
        self.harm: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.algorithm = "RS256"

    def agree(self, url: str) -> dict[str, str]:
        """The person signs in there: the query with which their browser comes back."""
        asked = {key: one[0] for key, one in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT and "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """What a code is changed into; each once, by the client that asked for it, with the verifier that fits."""
        asked = self.codes.pop(form.get("code", ""), None)
        given = b64decode(authorization.removeprefix("Basic ")).decode()
        if asked is None or given != f"{CLIENT}:{SECRET}" or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if create_s256_code_challenge(form.get("code_verifier", "")) != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        body = {key: one for key, one in (claims | self.claims | self.harm).items() if one is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, body, self.key, algorithms=[self.algorithm])
        return 200, {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}

    def told(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return {"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in ends.items()}}
        return {"keys": [self.shown.as_dict(private=False)]} if path == "/keys" else None


@contextmanager
def running(clock: Clock, folder: Path | None = None) -> Iterator[Provider]:
    """A provider that answers; with the `folder` of a certificate over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def answer(self, status: int, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            told = made.told(urlsplit(self.path).path)
            self.answer(200 if told else 404, told or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: one[0] for key, one in parse_qs(body).items()}
            self.answer(*made.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if folder:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Provider(f"{'https' if folder else 'http'}://127.0.0.1:{server.server_address[1]}", clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
