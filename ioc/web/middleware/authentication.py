"""Who stands behind a request, by what it carries: the printer's pass, a program's key, a cookie, or nothing."""

from dataclasses import replace
from typing import Protocol

from ioc.auth.principal import ANONYMOUS, Principal, PrincipalKind, RevokedReason
from ioc.auth.print_token import HEADER, PrintToken
from ioc.web.middleware.client_ip import ClientInfo
from ioc.web.wsgi import Environ

SESSION_COOKIE, DISPLAY_COOKIE = "ioc-session", "ioc-screen"
PRINCIPAL_KEY = "ioc.visitor"  # of the environ: what the gate found
CLIENT_INFO_KEY = "ioc.reach"
_PRINT_TOKEN_HEADER = "HTTP_" + HEADER.upper().replace("-", "_")
# What a screen asks by itself, however long nobody has touched it; its script says when somebody has.
_BACKGROUND_PREFIXES = ("/live/", "/assets/", "/geo/", "/_dash", "/toi", "/hinh/")
# Where programs ask. Elsewhere their key is not looked at: it opens no page and no form.
API_KEY_PREFIXES = ("/api/", "/metrics")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
_MAX_HEADER_LENGTH = 8192  # of a header; what stands beyond is not looked at


class SessionLookup(Protocol):
    """ioc.auth.account_service: who is signed in."""

    def authenticate(
        self, cookie: str, address: str, *, is_active: bool, refresh: bool = False
    ) -> Principal | None: ...

    def name_of_ended(self, cookie: str) -> str: ...


class DisplayLookup(Protocol):
    """ioc.auth.displays: which screens are enrolled."""

    def authenticate(self, cookie: str, address: str) -> Principal: ...


class ApiKeyLookup(Protocol):
    """ioc.auth.api_keys: whose keys are good."""

    def authenticate(self, token: str, address: str) -> Principal: ...


class Authenticator:
    """Asked of every request, so it reads the store no more often than people and screens do."""

    def __init__(
        self,
        sessions: SessionLookup | None = None,
        displays: DisplayLookup | None = None,
        print_token: PrintToken | None = None,
        api_keys: ApiKeyLookup | None = None,
    ) -> None:
        self._sessions, self._displays, self._print_token, self._api_keys = sessions, displays, print_token, api_keys

    def authenticate(self, environ: Environ, client: ClientInfo) -> Principal:
        """The visitor; of this machine when nothing else is known and the request never left it."""
        if self._print_token and self._print_token.is_valid(environ.get(_PRINT_TOKEN_HEADER, "")):
            return Principal(PrincipalKind.PRINT_WORKER, address=client.address)
        if (given := bearer_key(environ)) and self._api_keys:
            # A key that opens nothing makes nobody of its bearer, on this machine too: it must not seem to be good.
            return self._api_keys.authenticate(given, client.address)
        return self._from_cookies(environ, client)

    def _from_cookies(self, environ: Environ, reach: ClientInfo) -> Principal:
        otherwise = Principal(PrincipalKind.LOCAL if reach.is_local else PrincipalKind.ANONYMOUS, address=reach.address)
        text = environ.get("HTTP_COOKIE", "")
        if "ioc-s" not in text:
            return otherwise
        held = parse_cookies(text)
        session, screen = (
            held.get(cookie_name(SESSION_COOKIE, reach.is_secure), ""),
            held.get(cookie_name(DISPLAY_COOKIE, reach.is_secure), ""),
        )
        if session and self._sessions:
            writes = environ.get("REQUEST_METHOD") not in SAFE_METHODS
            found = self._sessions.authenticate(
                session, reach.address, is_active=is_user_activity(environ), refresh=writes
            )
            if found:
                return found
        if screen and self._displays:
            # A screen that was revoked is nobody, on this machine too: its wall must not go on as before.
            return self._displays.authenticate(screen, reach.address)
        if not (session and self._sessions):
            return otherwise
        # As `shown` alone: forms are signed for the name, and another process may not know whose it was.
        return replace(
            otherwise, revoked_reason=RevokedReason.SESSION_ENDED, display_name=self._sessions.name_of_ended(session)
        )


def is_user_activity(environ: Environ) -> bool:
    """Whether this request is an act of the person, not of the screen alone."""
    return "HTTP_X_IOC_ACTIVE" in environ or not environ.get("PATH_INFO", "").startswith(_BACKGROUND_PREFIXES)


def bearer_key(environ: Environ) -> str:
    """The key that a program shows where programs ask, "" for none."""
    kind, _, given = environ.get("HTTP_AUTHORIZATION", "")[:_MAX_HEADER_LENGTH].partition(" ")
    shown = kind.casefold() == "bearer" and environ.get("PATH_INFO", "").startswith(API_KEY_PREFIXES)
    return given.strip() if shown else ""


def cookie_name(cookie: str, secure: bool) -> str:
    """The cookie's name: behind TLS one that no other host of the domain can set."""
    return f"__Host-{cookie}" if secure else cookie


def parse_cookies(text: str) -> dict[str, str]:
    """What a Cookie header holds, the first of a name that stands twice. Ours need no quotes, and it is asked often.

    Only what a browser takes off is taken off: with more, a name that another host may set would become a __Host- one.
    """
    parts = (one.partition("=") for one in reversed(text[:_MAX_HEADER_LENGTH].split(";")))
    return {key.strip(" \t"): value.strip(" \t") for key, _, value in parts}


def principal_of(environ: Environ) -> Principal:
    """The visitor that the gate found; nobody where no gate stands in front."""
    found = environ.get(PRINCIPAL_KEY, ANONYMOUS)
    assert isinstance(found, Principal)
    return found
