"""Requests to the identity provider, bounded in time, size and number; a failure to answer is remembered a while."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ioc.auth.errors import AuthCode, AuthError
from ioc.domain.base.access_policy import OidcProvider
from ioc.domain.base.clock_set_back import is_within
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock

if TYPE_CHECKING:
    from ssl import SSLContext

DEADLINE_SECONDS = 10.0  # of all requests of one step of a login
METADATA_LIFETIME = timedelta(hours=1)  # a provider that moves its endpoints needs no restart here
RETRY_AFTER = timedelta(seconds=15)  # a provider that did not answer is not asked again before
MAX_BODY_BYTES = 1_000_000
# At once in this process: they hold threads that PDF and cameras use too. A further one waits so many seconds.
_MAX_EXCHANGES, _WAIT_SECONDS = 2, 0.5
# What parsers of the provider's answers raise: for malformed JSON, deep nesting, JSON of another shape.
UNREADABLE = (ValueError, RecursionError, TypeError, AttributeError, OverflowError)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_MAX_ADDRESS_LENGTH = 2_048  # characters
T = TypeVar("T")


class InvalidResponseError(Exception):
    """The provider's response cannot be used. `cause`: for the audit log."""

    def __init__(self, code: AuthCode, external: str = "") -> None:
        self.cause = Failure(code, external=external)
        super().__init__(str(self.cause))


class ProviderConnection:
    """One per process, safe to share between threads. authlib and requests are loaded at the first use.

    `ca`: file of certificates that are trusted beside the system's.
    """

    def __init__(self, provider: OidcProvider, clock: Clock, client_secret: str = "", ca: Path | None = None) -> None:
        self._provider, self._clock, self._client_secret, self._ca = provider, clock, client_secret, ca
        self._metadata: tuple[dict[str, Any], datetime] | None = None  # and when it was fetched
        self._failed_at: datetime | None = None
        self._slots = BoundedSemaphore(_MAX_EXCHANGES)

    def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in. Raises AuthError: OIDC_UNAVAILABLE."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

        with self._exchange(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._fetch_metadata(session)["authorization_endpoint"], state=state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )  # fmt: skip
        return str(url)

    def redeem_code(self, redirect_uri: str, code: str, verifier: str, read: Callable[[str, dict[str, Any]], T]) -> T:
        """What `read` makes of the identity token and the provider's key set, within the same bounds.

        Raises AuthError: OIDC_UNAVAILABLE; InvalidResponseError.
        """
        from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]

        with self._exchange(redirect_uri) as session:
            metadata = self._fetch_metadata(session)
            try:
                token = session.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=verifier, allow_redirects=False
                )
                identity_token, key_set = str(token.get("id_token", "")), _get_json(session, metadata["jwks_uri"])
            except (OAuthError, *UNREADABLE) as error:
                raise InvalidResponseError(AuthCode.OIDC_RESPONSE_INVALID, type(error).__name__) from None
            return read(identity_token, key_set)

    def _fetch_metadata(self, session: Any) -> dict[str, Any]:
        """The provider's discovery document, not older than METADATA_LIFETIME."""
        known = self._metadata  # another thread may forget it
        if known is None or not is_within(METADATA_LIFETIME, known[1], self._clock()):
            metadata = _get_json(session, f"{self._provider.issuer}/.well-known/openid-configuration")
            schemes = {"https", urlsplit(self._provider.issuer).scheme}
            has_issuer = str(metadata.get("issuer", "")).rstrip("/") == self._provider.issuer
            if not has_issuer or not all(_is_address(metadata.get(name), schemes) for name in _ENDPOINTS):
                raise AuthError(AuthCode.OIDC_UNAVAILABLE)
            known = self._metadata = metadata, self._clock()
        return known[0]

    @contextmanager
    def _exchange(self, redirect_uri: str) -> Iterator[Any]:
        """A session of OAuth whose requests end at one deadline. Raises AuthError: OIDC_UNAVAILABLE."""
        from requests import ConnectionError as RequestConnectionError
        from requests import RequestException, Timeout

        from ioc.net.bounded_http import BodyTooLargeError, ExchangeTimeoutError, bounded_exchange

        with self._slot(), self._oauth_session(redirect_uri) as session:
            bounds = self._tls_context, DEADLINE_SECONDS, MAX_BODY_BYTES
            try:
                with bounded_exchange(session, *bounds, allow_private=True):
                    yield session
            except (ExchangeTimeoutError, BodyTooLargeError, RequestException) as error:
                self._metadata = None  # its addresses may be wrong
                if isinstance(error, ExchangeTimeoutError | RequestConnectionError | Timeout):
                    self._failed_at = self._clock()
                raise AuthError(AuthCode.OIDC_UNAVAILABLE) from None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if self._is_failing() or not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise AuthError(AuthCode.OIDC_UNAVAILABLE)
        try:
            if self._is_failing():  # as the one before found out
                raise AuthError(AuthCode.OIDC_UNAVAILABLE)
            yield
        finally:
            self._slots.release()

    def _is_failing(self) -> bool:
        return self._failed_at is not None and is_within(RETRY_AFTER, self._failed_at, self._clock())

    def _oauth_session(self, redirect_uri: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

        session = OAuth2Session(
            self._provider.client_id,
            self._client_secret or None,
            scope=" ".join(self._provider.scopes),
            redirect_uri=redirect_uri,
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            default_timeout=DEADLINE_SECONDS,
        )
        session.hooks["response"].append(_set_utf8)
        return session

    @cached_property
    def _tls_context(self) -> "SSLContext":
        from ioc.net.tls import tls_context

        return tls_context(self._ca)


def _set_utf8(response: Any, **_: object) -> None:
    """JSON is UTF-8 (RFC 8259). A charset that the provider names may take time by the square of the length."""
    response.encoding = "utf-8"


def _is_address(value: object, schemes: Collection[str]) -> bool:
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _MAX_ADDRESS_LENGTH):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0  # ValueError above 65535
    except ValueError:
        return False


def _get_json(session: Any, url: str) -> dict[str, Any]:
    try:
        response = session.get(url, withhold_token=True, allow_redirects=False)
        response.raise_for_status()
        document = json.loads(response.content)
    except UNREADABLE:
        raise AuthError(AuthCode.OIDC_UNAVAILABLE) from None
    if not isinstance(document, dict):
        raise AuthError(AuthCode.OIDC_UNAVAILABLE)
    return document
