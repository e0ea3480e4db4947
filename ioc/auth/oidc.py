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

from ioc.auth.account_service import AccountService
from ioc.auth.errors import AuthError
from ioc.auth.login import MfaChallenge, NewSession
from ioc.auth.oidc_accounts import OidcIdentity
from ioc.auth.principal import Role
from ioc.auth.secret_key import SecretKey
from ioc.domain.base.access_policy import OidcProvider
from ioc.domain.base.times import Clock

if TYPE_CHECKING:
    from ssl import SSLContext

STATE_SECONDS = 600  # from leaving for the provider until coming back
_CLOCK_LEEWAY_SECONDS, _TIMEOUT_SECONDS, _MAX_BODY_BYTES = 60, 10.0, 1_000_000
_SIGNING_ALGORITHMS = ["RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """`url`: where the browser goes. `held`: what its cookie keeps meanwhile, enciphered."""

    url: str
    state_cookie: str


class _InvalidResponseError(Exception):
    """The provider's answer cannot be used; the text says why, for the log."""


class OidcClient:
    """The way in through a provider. authlib, joserfc and requests are loaded at the first use.

    `ca`: certificates that are believed beside the system's.
    """

    def __init__(
        self, rules: OidcProvider, accounts: AccountService, secret: SecretKey, clock: Clock, client_secret: str = "",
        ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.rules, self.accounts, self.clock = rules, accounts, clock
        self._client_secret, self._ca = client_secret, ca
        self._key = secret.derive("openid")
        self._metadata: dict[str, Any] | None = None

    def begin_login(self, redirect_uri: str) -> AuthorizationRequest:
        """Leaves for the provider; `redirect`: our address to come back to. Refused("openid_away")."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._oauth_session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._provider_metadata()["authorization_endpoint"], state=state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )  # fmt: skip
        held = {"state": state, "nonce": nonce, "verifier": verifier, "redirect": redirect_uri}
        at = int(self.clock().timestamp())
        return AuthorizationRequest(url, self._fernet().encrypt_at_time(json.dumps(held).encode(), at).decode())

    def complete_login(
        self, state_cookie: str, query: Mapping[str, str], address: str, *, user_agent: str = ""
    ) -> NewSession | MfaChallenge:
        """Back from the provider with the query `given`. Refused: openid_failed, openid_refused, openid_away."""
        try:
            mine = self._decrypt_state(state_cookie)
            if not secrets.compare_digest(query.get("state", "").encode(), mine["state"].encode()):
                raise _InvalidResponseError("state")
            claims = self._fetch_claims(mine, query.get("code", ""))
        except _InvalidResponseError as wrong:
            raise AuthError("openid_failed", why=str(wrong)) from None
        return self.accounts.sign_in_oidc(self._identity_of(claims), address, user_agent=user_agent)

    def _decrypt_state(self, state_cookie: str) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        try:
            body = self._fernet().decrypt_at_time(state_cookie.encode(), STATE_SECONDS, int(self.clock().timestamp()))
        except (InvalidToken, UnicodeEncodeError):
            raise _InvalidResponseError("late") from None
        return dict(json.loads(body))

    def _fetch_claims(self, state: dict[str, str], code: str) -> dict[str, Any]:
        from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]
        from requests import RequestException

        try:
            with self._oauth_session(state["redirect"]) as session:
                token = session.fetch_token(
                    self._provider_metadata()["token_endpoint"], code=code, code_verifier=state["verifier"],
                    timeout=_TIMEOUT_SECONDS, allow_redirects=False,
                )  # fmt: skip
        except (OAuthError, RequestException, ValueError) as error:
            raise _InvalidResponseError(type(error).__name__) from None
        return self._validate_id_token(str(token.get("id_token", "")), state["nonce"])

    def _validate_id_token(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token that is the provider's, for us, for now, and for this very sign-in."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now, issuers = int(self.clock().timestamp()), [self.rules.issuer, f"{self.rules.issuer}/"]
        rules = jwt.JWTClaimsRegistry(
            now=now, leeway=_CLOCK_LEEWAY_SECONDS, iss={"essential": True, "values": issuers}, sub={"essential": True},
            aud={"essential": True, "value": self.rules.client_id}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            keys = KeySet.import_key_set(self._get_json(self._provider_metadata()["jwks_uri"]))  # type: ignore[arg-type]
            claims = dict(jwt.decode(token, keys, algorithms=_SIGNING_ALGORITHMS).claims)
            rules.validate(claims)
        except (JoseError, ValueError, KeyError) as error:
            raise _InvalidResponseError(type(error).__name__) from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.rules.client_id:
            raise _InvalidResponseError("azp")
        return claims

    def _identity_of(self, claims: Mapping[str, Any]) -> OidcIdentity:
        groups = claims.get(self.rules.groups_claim, [])
        groups = [groups] if isinstance(groups, str) else [one for one in groups if isinstance(one, str)]
        given = {role for one in groups for role in self.rules.roles_by_group.get(one, ())}
        methods = claims.get("amr", [])
        shown = {str(claims.get("acr", "")), *(methods if isinstance(methods, list) else [methods])}
        return OidcIdentity(
            f"{self.rules.issuer}|{claims['sub']}",
            str(claims.get("preferred_username") or claims["sub"]),
            str(claims.get("name", "")),
            tuple(sorted(one.value for one in Role if one.value in given)),
            next((self.rules.agencies_by_group[one] for one in groups if one in self.rules.agencies_by_group), ""),
            not shown.isdisjoint(self.rules.mfa_values),
            self.rules.requires_mfa,
        )

    def _provider_metadata(self) -> dict[str, Any]:
        """What the provider says of itself, asked once."""
        if self._metadata is None:
            told = self._get_json(f"{self.rules.issuer}/.well-known/openid-configuration")
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            scheme = urlsplit(self.rules.issuer).scheme
            good = str(told.get("issuer", "")).rstrip("/") == self.rules.issuer
            if not good or any(urlsplit(str(told.get(one, ""))).scheme not in ("https", scheme) for one in wanted):
                raise AuthError("openid_away")
            self._metadata = told
        return self._metadata

    def _get_json(self, url: str) -> dict[str, Any]:
        import requests

        try:
            with (
                self._with_tls_adapter(requests.Session()) as session,
                session.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer,
            ):
                answer.raise_for_status()
                body = answer.raw.read(_MAX_BODY_BYTES, decode_content=True)
            told = json.loads(body)
        except (requests.RequestException, ValueError):
            raise AuthError("openid_away") from None
        if not isinstance(told, dict):
            raise AuthError("openid_away")
        return told

    def _oauth_session(self, redirect_uri: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

        method = "client_secret_basic" if self._client_secret else "none"
        return self._with_tls_adapter(
            OAuth2Session(
                self.rules.client_id,
                self._client_secret or None,
                scope=" ".join(self.rules.scopes),
                redirect_uri=redirect_uri,
                token_endpoint_auth_method=method,
            )
        )

    def _with_tls_adapter(self, session: Any) -> Any:
        from ioc.net.tls import TlsAdapter

        session.mount("https://", TlsAdapter(self._tls_context))
        return session

    @cached_property
    def _tls_context(self) -> "SSLContext":
        from ioc.net.tls import tls_context

        return tls_context(self._ca)

    def _fernet(self) -> Any:
        from cryptography.fernet import Fernet

        return Fernet(urlsafe_b64encode(self._key))
