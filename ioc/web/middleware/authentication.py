"""Who stands behind a request, by what it carries: the printer's pass, a program's key, a cookie, or nothing."""

from dataclasses import replace
from typing import Any, Protocol

from ioc.auth.principal import NOBODY, Gone, Kind, Visitor
from ioc.auth.print_token import HEADER, Pass
from ioc.web.middleware.client_ip import Reach

Environ = dict[str, Any]
SESSION, SCREEN = "ioc-session", "ioc-screen"
VISITOR = "ioc.visitor"  # of the environ: what the gate found
REACH = "ioc.reach"
_PASS = "HTTP_" + HEADER.upper().replace("-", "_")
# What a screen asks by itself, however long nobody has touched it; its script says when somebody has.
_BY_ITSELF = ("/live/", "/assets/", "/geo/", "/_dash", "/toi", "/hinh/")
# Where programs ask. Elsewhere their key is not looked at: it opens no page and no form.
FOR_PROGRAMS = ("/api/", "/metrics")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
_LONGEST = 8192  # of a header; what stands beyond is not looked at


class People(Protocol):
    """ioc.auth.users: who is signed in."""

    def visitor(self, cookie: str, address: str, *, active: bool, sure: bool = False) -> Visitor | None: ...

    def was(self, cookie: str) -> str: ...


class Screens(Protocol):
    """ioc.auth.displays: which screens are enrolled."""

    def visitor(self, cookie: str, address: str) -> Visitor: ...


class Programs(Protocol):
    """ioc.auth.api_keys: whose keys are good."""

    def visitor(self, given: str, address: str) -> Visitor: ...


class Doorman:
    """Asked of every request, so it reads the store no more often than people and screens do."""

    def __init__(
        self, people: People | None = None, screens: Screens | None = None, printer: Pass | None = None,
        programs: Programs | None = None,
    ) -> None:  # fmt: skip
        self._people, self._screens, self._printer, self._programs = people, screens, printer, programs

    def visitor(self, environ: Environ, reach: Reach) -> Visitor:
        """The visitor; of this machine when nothing else is known and the request never left it."""
        if self._printer and self._printer.opens(environ.get(_PASS, "")):
            return Visitor(Kind.PRINTER, address=reach.address)
        if (given := key_given(environ)) and self._programs:
            # A key that opens nothing makes nobody of its bearer, on this machine too: it must not seem to be good.
            return self._programs.visitor(given, reach.address)
        return self._by_cookie(environ, reach)

    def _by_cookie(self, environ: Environ, reach: Reach) -> Visitor:
        otherwise = Visitor(Kind.LOCAL if reach.local else Kind.NOBODY, address=reach.address)
        text = environ.get("HTTP_COOKIE", "")
        if "ioc-s" not in text:
            return otherwise
        held = cookies(text)
        session, screen = held.get(named(SESSION, reach.secure), ""), held.get(named(SCREEN, reach.secure), "")
        if session and self._people:
            writes = environ.get("REQUEST_METHOD") not in SAFE
            found = self._people.visitor(session, reach.address, active=touched(environ), sure=writes)
            if found:
                return found
        if screen and self._screens:
            # A screen that was revoked is nobody, on this machine too: its wall must not go on as before.
            return self._screens.visitor(screen, reach.address)
        if not (session and self._people):
            return otherwise
        # As `shown` alone: forms are signed for the name, and another process may not know whose it was.
        return replace(otherwise, gone=Gone.SESSION, shown=self._people.was(session))


def touched(environ: Environ) -> bool:
    """Whether this request is an act of the person, not of the screen alone."""
    return "HTTP_X_IOC_ACTIVE" in environ or not environ.get("PATH_INFO", "").startswith(_BY_ITSELF)


def key_given(environ: Environ) -> str:
    """The key that a program shows where programs ask, "" for none."""
    kind, _, given = environ.get("HTTP_AUTHORIZATION", "")[:_LONGEST].partition(" ")
    shown = kind.casefold() == "bearer" and environ.get("PATH_INFO", "").startswith(FOR_PROGRAMS)
    return given.strip() if shown else ""


def named(cookie: str, secure: bool) -> str:
    """The cookie's name: behind TLS one that no other host of the domain can set."""
    return f"__Host-{cookie}" if secure else cookie


def cookies(text: str) -> dict[str, str]:
    """What a Cookie header holds, the first of a name that stands twice. Ours need no quotes, and it is asked often.

    Only what a browser takes off is taken off: with more, a name that another host may set would become a __Host- one.
    """
    parts = (one.partition("=") for one in reversed(text[:_LONGEST].split(";")))
    return {key.strip(" \t"): value.strip(" \t") for key, _, value in parts}


def who(environ: Environ) -> Visitor:
    """The visitor that the gate found; nobody where no gate stands in front."""
    found = environ.get(VISITOR, NOBODY)
    assert isinstance(found, Visitor)
    return found
