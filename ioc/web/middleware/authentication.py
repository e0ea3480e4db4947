"""Authentication of a request: by print token, API key, session cookie or display cookie."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ioc.auth.print_token import HEADER, PrintToken
from ioc.domain.access.principal import ANONYMOUS, Principal, PrincipalKind, RevokedReason
from ioc.web.middleware.client_ip import ClientInfo
from ioc.web.wsgi import Environ

SESSION_COOKIE, DISPLAY_COOKIE = "ioc-session", "ioc-screen"
PRINCIPAL_KEY = "ioc.principal"  # of the WSGI environ: set by the gate
CLIENT_INFO_KEY = "ioc.client"
AUTHENTICATE_KEY = "ioc.authenticate"  # of the environ: the principal as of now
_PRINT_TOKEN_HEADER = "HTTP_" + HEADER.upper().replace("-", "_")
# Requests that pages make by themselves; their script adds X-Ioc-Active when a person has used the page.
_BACKGROUND_PREFIXES = ("/live/", "/assets/", "/geo/", "/_dash", "/toi", "/hinh/")
# Paths at which API keys are accepted: a key opens no page and no form.
API_KEY_PREFIXES = ("/api/", "/metrics")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1
_MAX_HEADER_LENGTH = 8192  # of a header; what is beyond is ignored


class SessionLookup(Protocol):
    """Sessions: ioc.auth.sessions."""

    def authenticate(
        self, cookie: str, address: str, *, is_active: bool, refresh: bool = False
    ) -> Principal | None: ...

    def name_of_ended(self, cookie: str) -> str: ...


class DisplayLookup(Protocol):
    """Enrolled displays: ioc.auth.displays."""

    def authenticate(self, cookie: str, address: str) -> Principal: ...


class ApiKeyLookup(Protocol):
    """API keys: ioc.auth.api_keys."""

    def authenticate(self, token: str, address: str) -> Principal: ...


class Authenticator:
    """Authenticates every request. The services cache, so that it rarely reads the store."""

    def __init__(
        self,
        sessions: SessionLookup | None = None,
        displays: DisplayLookup | None = None,
        print_token: PrintToken | None = None,
        api_keys: ApiKeyLookup | None = None,
    ) -> None:
        self._sessions, self._displays, self._print_token, self._api_keys = sessions, displays, print_token, api_keys

    def authenticate(self, environ: Environ, client: ClientInfo) -> Principal:
        """The principal; LOCAL for a request from this machine, without proxy or credentials."""
        if self._print_token and self._print_token.is_valid(environ.get(_PRINT_TOKEN_HEADER, "")):
            return Principal(PrincipalKind.PRINT_WORKER, address=client.address)
        if (key := bearer_key(environ)) and self._api_keys:
            # A key that is not accepted makes its bearer anonymous, on this machine too: it must not seem to work.
            return self._api_keys.authenticate(key, client.address)
        return self._from_cookies(environ, client)

    def _from_cookies(self, environ: Environ, client: ClientInfo) -> Principal:
        kind = PrincipalKind.LOCAL if client.is_local else PrincipalKind.ANONYMOUS
        default = Principal(kind, address=client.address)
        text = environ.get("HTTP_COOKIE", "")
        if "ioc-s" not in text or is_liveness(environ):
            return default
        cookies = parse_cookies(text)
        session = cookies.get(cookie_name(SESSION_COOKIE, client.is_secure), "")
        display = cookies.get(cookie_name(DISPLAY_COOKIE, client.is_secure), "")
        if session and self._sessions:
            principal = self._sessions.authenticate(
                session, client.address, is_active=is_user_activity(environ),
                refresh=environ.get("REQUEST_METHOD") not in SAFE_METHODS,
            )  # fmt: skip
            if principal:
                return principal
        if display and self._displays:
            # A revoked display is anonymous, on this machine too: its wall must not go on as before.
            return self._displays.authenticate(display, client.address)
        if not (session and self._sessions):
            return default
        # `display_name` alone: another process may not know whose session it was.
        name = self._sessions.name_of_ended(session)
        return replace(default, revoked_reason=RevokedReason.SESSION_ENDED, display_name=name)


def is_liveness(environ: Environ) -> bool:
    """Whether it asks if the process runs: everybody is told, also while neither the store nor a thread answers."""
    return environ.get("PATH_INFO") == "/healthz" and environ.get("REQUEST_METHOD") in SAFE_METHODS


def is_user_activity(environ: Environ) -> bool:
    """Whether the user caused this request, not the page by itself or a program that only asks for the headers."""
    if environ.get("REQUEST_METHOD") == "HEAD":
        return False
    return "HTTP_X_IOC_ACTIVE" in environ or not environ.get("PATH_INFO", "").startswith(_BACKGROUND_PREFIXES)


def bearer_key(environ: Environ) -> str:
    """The bearer token, where API keys are accepted; "" for none."""
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "")[:_MAX_HEADER_LENGTH].partition(" ")
    is_accepted = scheme.casefold() == "bearer" and environ.get("PATH_INFO", "").startswith(API_KEY_PREFIXES)
    return key.strip() if is_accepted else ""


def cookie_name(cookie: str, secure: bool) -> str:
    """The cookie's name: over TLS with the __Host- prefix, which no other host of the domain can set."""
    return f"__Host-{cookie}" if secure else cookie


def parse_cookies(text: str) -> dict[str, str]:
    """The cookies of a Cookie header; of a name that occurs twice the first. Values are not unquoted.

    Only spaces and tabs are stripped, as browsers do: otherwise a name that another host may set could become a
    __Host- one.
    """
    parts = (part.partition("=") for part in reversed(text[:_MAX_HEADER_LENGTH].split(";")))
    return {key.strip(" \t"): value.strip(" \t") for key, _, value in parts}


def principal_of(environ: Environ) -> Principal:
    """The principal that the gate set; an anonymous one where there is no gate."""
    principal = environ.get(PRINCIPAL_KEY, ANONYMOUS)
    assert isinstance(principal, Principal)
    return principal


def present_principal(environ: Environ) -> Principal:
    """The principal whose credential is accepted now: it may have been revoked since the request began. StoreError."""
    authenticate: Callable[[], Principal] | None = environ.get(AUTHENTICATE_KEY)
    return authenticate() if authenticate else principal_of(environ)
