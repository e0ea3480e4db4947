"""OpenID Connect client: authorization code flow with PKCE, state and nonce, for the provider of access.yaml."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.mfa import MfaChallenge
from ioc.auth.oidc_accounts import OidcIdentity, OidcProvisioning
from ioc.auth.principal import Role
from ioc.auth.secret_key import SecretKey
from ioc.auth.sessions import NewSession
from ioc.domain.base.access_policy import OidcProvider
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock

if TYPE_CHECKING:
    from ssl import SSLContext

STATE_SECONDS = 600  # from the redirect to the provider until the return
_CLOCK_LEEWAY_SECONDS, _TIMEOUT_SECONDS, _MAX_BODY_BYTES = 60, 10.0, 1_000_000
# What parsers of the provider's answers raise: for malformed JSON, deep nesting, JSON of another shape.
_UNREADABLE = (ValueError, RecursionError, TypeError, AttributeError)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SIGNING_ALGORITHMS = ["RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """`url`: of the provider, for the browser. `state_cookie`: encrypted, for the browser's cookie until it returns."""

    url: str
    state_cookie: str


class _InvalidResponseError(Exception):
    """The provider's response cannot be used. `cause`: for the audit log."""

    def __init__(self, code: AuthCode, external: str = "") -> None:
        self.cause = Failure(code, external=external)
        super().__init__(str(self.cause))


class OidcClient:
    """Login through an identity provider. authlib, joserfc and requests are loaded at the first use.

    `ca`: file of certificates that are trusted beside the system's.
    """

    def __init__(
        self, provider: OidcProvider, accounts: OidcProvisioning, secret: SecretKey, clock: Clock,
        client_secret: str = "", ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.provider, self.accounts, self.clock = provider, accounts, clock
        self._client_secret, self._ca = client_secret, ca
        self._key = secret.derive("openid")
        self._metadata: dict[str, Any] | None = None

    def begin_login(self, redirect_uri: str) -> AuthorizationRequest:
        """Starts a login; `redirect_uri`: our own address to return to. Raises AuthError: OIDC_UNAVAILABLE."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._oauth_session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._provider_metadata()["authorization_endpoint"], state=state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )  # fmt: skip
        body = json.dumps({"state": state, "nonce": nonce, "verifier": verifier, "redirect": redirect_uri}).encode()
        cookie = self._fernet().encrypt_at_time(body, int(self.clock().timestamp()))
        return AuthorizationRequest(url, cookie.decode())

    def complete_login(
        self, state_cookie: str, query: Mapping[str, str], address: str, *, user_agent: str = ""
    ) -> NewSession | MfaChallenge:
        """Completes a login with the query string of the return.

        Raises AuthError: OIDC_FAILED, OIDC_DENIED, OIDC_UNAVAILABLE.
        """
        try:
            state = self._decrypt_state(state_cookie)
            if not secrets.compare_digest(query.get("state", "").encode(), state["state"].encode()):
                raise _InvalidResponseError(AuthCode.OIDC_STATE_MISMATCH)
            claims = self._fetch_claims(state, query.get("code", ""))
        except _InvalidResponseError as error:
            raise AuthError(AuthCode.OIDC_FAILED, cause=error.cause) from None
        return self.accounts.sign_in_oidc(self._identity_of(claims), address, user_agent=user_agent)

    def _decrypt_state(self, state_cookie: str) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        try:
            body = self._fernet().decrypt_at_time(state_cookie.encode(), STATE_SECONDS, int(self.clock().timestamp()))
        except (InvalidToken, UnicodeEncodeError):
            raise _InvalidResponseError(AuthCode.OIDC_STATE_EXPIRED) from None
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
        except (OAuthError, RequestException, *_UNREADABLE) as error:
            raise _InvalidResponseError(AuthCode.OIDC_RESPONSE_INVALID, type(error).__name__) from None
        return self._validate_id_token(str(token.get("id_token", "")), state["nonce"])

    def _validate_id_token(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token, once signature, issuer, audience, times and nonce are checked."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now, issuers = int(self.clock().timestamp()), [self.provider.issuer, f"{self.provider.issuer}/"]
        rules = jwt.JWTClaimsRegistry(
            now=now, leeway=_CLOCK_LEEWAY_SECONDS, iss={"essential": True, "values": issuers}, sub={"essential": True},
            aud={"essential": True, "value": self.provider.client_id}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            keys = KeySet.import_key_set(self._get_json(self._provider_metadata()["jwks_uri"]))  # type: ignore[arg-type]
            claims = dict(jwt.decode(token, keys, algorithms=_SIGNING_ALGORITHMS).claims)
            rules.validate(claims)
        except (JoseError, KeyError, *_UNREADABLE) as error:
            raise _InvalidResponseError(AuthCode.OIDC_RESPONSE_INVALID, type(error).__name__) from None
        has_several_audiences = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (has_several_audiences or "azp" in claims) and claims.get("azp") != self.provider.client_id:
            raise _InvalidResponseError(AuthCode.OIDC_TOKEN_FOREIGN)
        return claims

    def _identity_of(self, claims: Mapping[str, Any]) -> OidcIdentity:
        groups = _texts(claims.get(self.provider.groups_claim))
        roles = {role for group in groups for role in self.provider.roles_by_group.get(group, ())}
        agencies = (
            self.provider.agencies_by_group[group] for group in groups if group in self.provider.agencies_by_group
        )
        contexts = {str(claims.get("acr", "")), *_texts(claims.get("amr"))}
        return OidcIdentity(
            f"{self.provider.issuer}|{claims['sub']}",
            str(claims.get("preferred_username") or claims["sub"]),
            str(claims.get("name", "")),
            tuple(sorted(role.value for role in Role if role.value in roles)),
            next(agencies, ""),
            not contexts.isdisjoint(self.provider.mfa_values),
            self.provider.requires_mfa,
        )

    def _provider_metadata(self) -> dict[str, Any]:
        """The provider's discovery document, fetched once."""
        if self._metadata is None:
            metadata = self._get_json(f"{self.provider.issuer}/.well-known/openid-configuration")
            schemes = {urlsplit(str(metadata.get(name, ""))).scheme for name in _ENDPOINTS}
            has_issuer = str(metadata.get("issuer", "")).rstrip("/") == self.provider.issuer
            if not has_issuer or not schemes <= {"https", urlsplit(self.provider.issuer).scheme}:
                raise AuthError(AuthCode.OIDC_UNAVAILABLE)
            self._metadata = metadata
        return self._metadata

    def _get_json(self, url: str) -> dict[str, Any]:
        import requests

        try:
            with (
                self._with_tls_adapter(requests.Session()) as session,
                session.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True) as response,
            ):
                response.raise_for_status()
                body = response.raw.read(_MAX_BODY_BYTES, decode_content=True)
            document = json.loads(body)
        except (requests.RequestException, *_UNREADABLE):
            raise AuthError(AuthCode.OIDC_UNAVAILABLE) from None
        if not isinstance(document, dict):
            raise AuthError(AuthCode.OIDC_UNAVAILABLE)
        return document

    def _oauth_session(self, redirect_uri: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

        method = "client_secret_basic" if self._client_secret else "none"
        return self._with_tls_adapter(
            OAuth2Session(
                self.provider.client_id,
                self._client_secret or None,
                scope=" ".join(self.provider.scopes),
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


def _texts(claim: object) -> list[str]:
    """A claim that is a text or a list of texts; whatever else a provider may send in it is left out."""
    items = claim if isinstance(claim, list) else [claim]
    return [item for item in items if isinstance(item, str)]
