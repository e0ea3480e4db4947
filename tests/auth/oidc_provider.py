"""An OpenID Connect provider on loopback, correct by default and faulty on demand."""

import json
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import RSAKey

from ioc.domain.base.times import Clock

CLIENT, SECRET = "ioc", "a-client-secret-for-tests"


@cache
def _signing_key() -> RSAKey:
    """One for all providers of this process: to make one takes longer than a test."""
    return RSAKey.generate_key(2048, {"kid": "one"})


class Provider:
    """`claims` go into every identity token; `overrides` replace them, `key` signs them.

    `published_keys`: what it publishes. `make_token`: replaces the signing. `charset`: parameter of each Content-Type.
    `raw_answers`: path -> status, headers and body that are sent as they are.
    """

    def __init__(self, issuer: str, clock: Clock) -> None:
        self.issuer, self.clock = issuer, clock
        self.key = _signing_key()
        self.published_keys: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.make_token: Callable[[dict[str, Any]], str] = self.sign
        self.raw_answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.charset = ""
        self.claims: dict[str, Any] = {"sub": "0001", "preferred_username": "An.Nguyễn@mp.test", "groups": ["truc-ban"]}
        self.overrides: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.address, self.requests = issuer, list[str]()

    def authorize(self, url: str) -> dict[str, str]:
        """The user signs in at the provider: the query with which the browser returns."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT and "openid" in query["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint: each code once, for its client, with the right PKCE verifier."""
        query = self.codes.pop(form.get("code", ""), None)
        credentials = b64decode(authorization.removeprefix("Basic ")).decode()
        if query is None or credentials != f"{CLIENT}:{SECRET}" or form.get("redirect_uri") != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if create_s256_code_challenge(form.get("code_verifier", "")) != query["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        body = {key: value for key, value in (claims | self.claims | self.overrides).items() if value is not None}
        token = self.make_token(body)
        return 200, {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}

    def sign(self, claims: dict[str, Any]) -> str:
        """An honest identity token."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def document(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return {"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in ends.items()}}
        return {"keys": self.published_keys} if path == "/keys" else None


@contextmanager
def running(clock: Clock, folder: Path | None = None) -> Iterator[Provider]:
    """A running provider; over TLS with the certificate of `folder`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def answer(self, status: int, body: object) -> None:
            provider.requests.append(self.path)
            status, headers, text = provider.raw_answers.get(
                urlsplit(self.path).path, (status, {}, json.dumps(body).encode())
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", f"application/json{provider.charset}")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            document = provider.document(urlsplit(self.path).path)
            self.answer(200 if document else 404, document or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            self.answer(*provider.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if folder:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    provider = Provider(f"{'https' if folder else 'http'}://127.0.0.1:{server.server_address[1]}", clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
