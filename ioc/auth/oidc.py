"""OpenID Connect client: authorization code flow with PKCE, state and nonce, for the provider of access.yaml."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.mfa import MfaChallenge
from ioc.auth.oidc_accounts import OidcIdentity, OidcProvisioning
from ioc.auth.oidc_keys import public_keys
from ioc.auth.oidc_provider import UNREADABLE, InvalidResponseError, ProviderConnection
from ioc.auth.secret_key import SecretKey
from ioc.auth.sessions import NewSession
from ioc.domain.access.principal import Role
from ioc.domain.base.access_policy import OidcProvider
from ioc.domain.base.text import has_forbidden_characters
from ioc.domain.base.times import Clock

STATE_SECONDS = 600  # from the redirect to the provider until the return
_CLOCK_LEEWAY_SECONDS = 60
_MAX_NAME_LENGTH = 255  # characters, of a subject (OpenID Connect Core, 2) and of names
_SIGNING_ALGORITHMS = ["RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """`url`: of the provider, for the browser. `state_cookie`: encrypted, for the browser's cookie until it returns."""

    url: str
    state_cookie: str


class OidcClient:
    """Login through an identity provider. joserfc is loaded at the first use. `ca`: see ProviderConnection."""

    def __init__(
        self, provider: OidcProvider, accounts: OidcProvisioning, secret: SecretKey, clock: Clock,
        client_secret: str = "", ca: Path | None = None,
    ) -> None:  # fmt: skip
        self.provider, self.accounts, self.clock = provider, accounts, clock
        self._connection = ProviderConnection(provider, clock, client_secret, ca)
        self._key = secret.derive("openid")

    def begin_login(self, redirect_uri: str) -> AuthorizationRequest:
        """Starts a login; `redirect_uri`: our own address to return to. Raises AuthError: OIDC_UNAVAILABLE."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = self._connection.authorization_url(redirect_uri, state, nonce, verifier)
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
                raise InvalidResponseError(AuthCode.OIDC_STATE_MISMATCH)
            identity = self._connection.redeem_code(
                state["redirect"], query.get("code", ""), state["verifier"],
                lambda token, keys: self._identity_of(self._validate_id_token(token, keys, state["nonce"])),
            )  # fmt: skip
        except InvalidResponseError as error:
            raise AuthError(AuthCode.OIDC_FAILED, cause=error.cause) from None
        return self.accounts.sign_in_oidc(identity, address, user_agent=user_agent)

    def _decrypt_state(self, state_cookie: str) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        try:
            body = self._fernet().decrypt_at_time(state_cookie.encode(), STATE_SECONDS, int(self.clock().timestamp()))
        except (InvalidToken, UnicodeEncodeError):
            raise InvalidResponseError(AuthCode.OIDC_STATE_EXPIRED) from None
        return dict(json.loads(body))

    def _validate_id_token(self, token: str, key_set: dict[str, Any], nonce: str) -> dict[str, Any]:
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
            keys = KeySet.import_key_set({"keys": public_keys(key_set)})  # type: ignore[typeddict-item]
            claims = dict(jwt.decode(token, keys, algorithms=_SIGNING_ALGORITHMS).claims)
            rules.validate(claims)
        except (JoseError, KeyError, *UNREADABLE) as error:
            raise InvalidResponseError(AuthCode.OIDC_RESPONSE_INVALID, type(error).__name__) from None
        has_several_audiences = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (has_several_audiences or "azp" in claims) and claims.get("azp") != self.provider.client_id:
            raise InvalidResponseError(AuthCode.OIDC_TOKEN_FOREIGN)
        return claims

    def _identity_of(self, claims: Mapping[str, Any]) -> OidcIdentity:
        """Raises InvalidResponseError for a subject or name that could not be stored, or found again."""
        groups = _texts(claims.get(self.provider.groups_claim))
        roles = {role for group in groups for role in self.provider.roles_by_group.get(group, ())}
        # In the order of access.yaml: a provider names groups in any order, which may change with each sign-in.
        agencies = (agency for group, agency in self.provider.agencies_by_group.items() if group in groups)
        contexts = {str(claims.get("acr", "")), *_texts(claims.get("amr"))}
        if not (subject := _name(claims, "sub")).strip():
            raise InvalidResponseError(AuthCode.OIDC_CLAIM_INVALID, "sub")
        return OidcIdentity(
            f"{self.provider.issuer}|{subject}",
            _name(claims, "preferred_username") or subject,
            _name(claims, "name"),
            tuple(sorted(role.value for role in Role if role.value in roles)),
            next(agencies, ""),
            not contexts.isdisjoint(self.provider.mfa_values),
            self.provider.requires_mfa,
        )

    def _fernet(self) -> Any:
        from cryptography.fernet import Fernet

        return Fernet(urlsafe_b64encode(self._key))


def _name(claims: Mapping[str, Any], claim: str) -> str:
    """A claim that is a short text, "" for none. It is never cut or cleaned: two people must not become one."""
    text = claims.get(claim) or ""
    if not isinstance(text, str) or len(text) > _MAX_NAME_LENGTH or has_forbidden_characters(text):
        raise InvalidResponseError(AuthCode.OIDC_CLAIM_INVALID, claim)
    return text


def _texts(claim: object) -> list[str]:
    """A claim that is a text or a list of texts; whatever else a provider may send in it is left out."""
    items = claim if isinstance(claim, list) else [claim]
    return [item for item in items if isinstance(item, str)]
