"""OpenID Connect: authorization code with PKCE, state and nonce, against the one provider of access.yaml."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ioc.auth.errors import Refused
from ioc.auth.login import SignedIn, Waiting
from ioc.auth.oidc_accounts import Vouched
from ioc.auth.principal import Role
from ioc.auth.secret_key import Secret
from ioc.auth.users import People
from ioc.domain.base.access_policy import OpenId
from ioc.domain.base.times import Clock

if TYPE_CHECKING:
    from ssl import SSLContext

SECONDS = 600  # from leaving for the provider until coming back
_SLIP, _TIMEOUT, _MOST = 60, 10.0, 1_000_000
_SIGNED = ["RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Begun:
    """`url`: where the browser goes. `held`: what its cookie keeps meanwhile, enciphered."""

    url: str
    held: str


class _Wrong(Exception):
    """The provider's answer cannot be used; the text says why, for the log."""


class Door:
    """The way in through a provider. authlib, joserfc and requests are loaded at the first use.

    `ca`: certificates that are believed beside the system's.
    """

    def __init__(
        self, rules: OpenId, people: People, secret: Secret, clock: Clock, client_secret: str = "",
        ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.rules, self.people, self.clock = rules, people, clock
        self._client_secret, self._ca = client_secret, ca
        self._key = secret.key("openid")
        self._told: dict[str, Any] | None = None

    def begin(self, redirect: str) -> Begun:
        """Leaves for the provider; `redirect`: our address to come back to. Refused("openid_away")."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._session(redirect) as session:
            url, _ = session.create_authorization_url(
                self._provider()["authorization_endpoint"], state=state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )  # fmt: skip
        held = {"state": state, "nonce": nonce, "verifier": verifier, "redirect": redirect}
        at = int(self.clock().timestamp())
        return Begun(url, self._fernet().encrypt_at_time(json.dumps(held).encode(), at).decode())

    def finish(self, held: str, given: Mapping[str, str], address: str, *, agent: str = "") -> SignedIn | Waiting:
        """Back from the provider with the query `given`. Refused: openid_failed, openid_refused, openid_away."""
        try:
            mine = self._opened(held)
            if not secrets.compare_digest(given.get("state", "").encode(), mine["state"].encode()):
                raise _Wrong("state")
            claims = self._claims(mine, given.get("code", ""))
        except _Wrong as wrong:
            raise Refused("openid_failed", why=str(wrong)) from None
        return self.people.vouched(self._vouched(claims), address, agent=agent)

    def _opened(self, held: str) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        try:
            body = self._fernet().decrypt_at_time(held.encode(), SECONDS, int(self.clock().timestamp()))
        except (InvalidToken, UnicodeEncodeError):
            raise _Wrong("late") from None
        return dict(json.loads(body))

    def _claims(self, mine: dict[str, str], code: str) -> dict[str, Any]:
        from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]
        from requests import RequestException

        try:
            with self._session(mine["redirect"]) as session:
                token = session.fetch_token(
                    self._provider()["token_endpoint"], code=code, code_verifier=mine["verifier"],
                    timeout=_TIMEOUT, allow_redirects=False,
                )  # fmt: skip
        except (OAuthError, RequestException, ValueError) as error:
            raise _Wrong(type(error).__name__) from None
        return self._checked(str(token.get("id_token", "")), mine["nonce"])

    def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token that is the provider's, for us, for now, and for this very sign-in."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now, issuers = int(self.clock().timestamp()), [self.rules.issuer, f"{self.rules.issuer}/"]
        rules = jwt.JWTClaimsRegistry(
            now=now, leeway=_SLIP, iss={"essential": True, "values": issuers}, sub={"essential": True},
            aud={"essential": True, "value": self.rules.client}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            keys = KeySet.import_key_set(self._get(self._provider()["jwks_uri"]))  # type: ignore[arg-type]
            claims = dict(jwt.decode(token, keys, algorithms=_SIGNED).claims)
            rules.validate(claims)
        except (JoseError, ValueError, KeyError) as error:
            raise _Wrong(type(error).__name__) from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.rules.client:
            raise _Wrong("azp")
        return claims

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        groups = claims.get(self.rules.claim, [])
        groups = [groups] if isinstance(groups, str) else [one for one in groups if isinstance(one, str)]
        given = {role for one in groups for role in self.rules.roles.get(one, ())}
        methods = claims.get("amr", [])
        shown = {str(claims.get("acr", "")), *(methods if isinstance(methods, list) else [methods])}
        return Vouched(
            f"{self.rules.issuer}|{claims['sub']}",
            str(claims.get("preferred_username") or claims["sub"]),
            str(claims.get("name", "")),
            tuple(sorted(one.value for one in Role if one.value in given)),
            next((self.rules.agencies[one] for one in groups if one in self.rules.agencies), ""),
            not shown.isdisjoint(self.rules.mfa),
            self.rules.asks_factor,
        )

    def _provider(self) -> dict[str, Any]:
        """What the provider says of itself, asked once."""
        if self._told is None:
            told = self._get(f"{self.rules.issuer}/.well-known/openid-configuration")
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            scheme = urlsplit(self.rules.issuer).scheme
            good = str(told.get("issuer", "")).rstrip("/") == self.rules.issuer
            if not good or any(urlsplit(str(told.get(one, ""))).scheme not in ("https", scheme) for one in wanted):
                raise Refused("openid_away")
            self._told = told
        return self._told

    def _get(self, url: str) -> dict[str, Any]:
        import requests

        try:
            with (
                self._trusted(requests.Session()) as session,
                session.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer,
            ):
                answer.raise_for_status()
                body = answer.raw.read(_MOST, decode_content=True)
            told = json.loads(body)
        except (requests.RequestException, ValueError):
            raise Refused("openid_away") from None
        if not isinstance(told, dict):
            raise Refused("openid_away")
        return told

    def _session(self, redirect: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

        method = "client_secret_basic" if self._client_secret else "none"
        return self._trusted(OAuth2Session(
            self.rules.client, self._client_secret or None, scope=" ".join(self.rules.scopes), redirect_uri=redirect,
            token_endpoint_auth_method=method,
        ))  # fmt: skip

    def _trusted(self, session: Any) -> Any:
        from ioc.net.tls import Trusted

        session.mount("https://", Trusted(self._trust))
        return session

    @cached_property
    def _trust(self) -> "SSLContext":
        from ioc.net.tls import trusting

        return trusting(self._ca)

    def _fernet(self) -> Any:
        from cryptography.fernet import Fernet

        return Fernet(urlsafe_b64encode(self._key))
