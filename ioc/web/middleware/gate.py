"""The door, in front of everything: who asks, whether too fast, and whether what Flask never sees may be had."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from ioc.auth.permissions import Action, Denied, may
from ioc.auth.principal import Gone, Kind, Visitor
from ioc.domain.base.access_policy import Access
from ioc.storage.access.sessions import Entered
from ioc.storage.db.store import StoreError
from ioc.web.errors.audit import Refusal, Told, about
from ioc.web.errors.json_errors import KIND, body, both
from ioc.web.live.endpoint import Environ, Start, Wsgi
from ioc.web.middleware.authentication import REACH, VISITOR, Doorman
from ioc.web.middleware.client_ip import Proxies
from ioc.web.middleware.rate_limit import Limits

log = logging.getLogger("ioc.access")

Raw = Callable[[str], Action | None]
Page = Callable[[Environ, str, int], Wsgi]  # a message of gate, a status; it is put down, too
_SOON = 5  # seconds, when the store is away
TOO_FAST = "too-fast"  # of the trail: asked before anybody looks what for
# Where scripts and programs ask.
PROGRAMS = (
    "/api/", "/_dash", "/live/", "/toi", "/metrics", "/readyz", "/healthz", "/hinh/", "/geo/", "/assets/", "/vao/",
)  # fmt: skip


def _unheard(_refusal: Refusal) -> None:
    return None


def _nothing() -> None:
    return None


def _no_news(_visitor: Visitor) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Door:
    """What the gate goes by. Without people and screens it knows this machine, and nobody else.

    `told`: of refusals. `settled`: has those told that were only counted. `news`: what whoever has just signed in is
    told.
    """

    doorman: Doorman = field(default_factory=Doorman)
    proxies: Proxies = field(default_factory=Proxies)
    limits: Limits = field(default_factory=Limits)
    told: Told = _unheard
    settled: Callable[[], object] = _nothing
    rules: Access = field(default_factory=Access)
    news: Callable[[Visitor], Entered | None] = _no_news


class Gate:
    """Puts `ioc.visitor` into the environ of each request; Flask's own routes are asked in authorization.py.

    `raw`: what a path takes that is answered before Flask, None for all others. `page`: no, said to a person.
    """

    def __init__(self, inner: Wsgi, raw: Raw, door: Door, page: Page) -> None:
        self._inner, self._raw, self._door, self._page = inner, raw, door, page

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        self._door.settled()
        reach = self._door.proxies.reach(environ)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = reach.address, "https" if reach.secure else "http"
        environ[REACH], environ[VISITOR] = reach, Visitor(address=reach.address)
        try:
            environ[VISITOR] = visitor = self._door.doorman.visitor(environ, reach)
        except StoreError as error:
            log.error("nobody can be known: %s", error.reason)
            return self._no(environ, start, 503, "away", _SOON)
        path = environ.get("PATH_INFO", "")
        if wait := self._door.limits.wait(visitor, path, environ.get("REQUEST_METHOD", "")):
            if for_programs(path, environ.get("HTTP_ACCEPT", "")):  # the page puts it down itself
                self._door.told(Refusal(visitor, TOO_FAST, about(path), "too_fast"))
            return self._no(environ, start, 429, "too_fast", ceil(wait))
        action = self._raw(path)
        if action is None or may(visitor, action):
            return self._inner(environ, start)
        denied = Denied(visitor, action)
        self._door.told(Refusal(visitor, action, about(path), visitor.gone or key_of(denied)))
        return refused(start, 401 if denied.must_sign_in else 403, key_of(denied))

    def _no(self, environ: Environ, start: Start, status: int, key: str, seconds: int) -> Iterable[bytes]:
        """To a program or to a person: to come again after so long."""
        after = ("Retry-After", str(seconds))
        if for_programs(environ.get("PATH_INFO", ""), environ.get("HTTP_ACCEPT", "")):
            return refused(start, status, key, [after])
        page = self._page(environ, key, status)
        return page(environ, lambda line, headers, *rest: start(line, [*headers, after], *rest))


def for_programs(path: str, accepts: str) -> bool:
    """Whether JSON is the answer; a page is for people, whose browsers ask for one."""
    return path.startswith(PROGRAMS) or "text/html" not in accepts


def key_of(denied: Denied) -> str:
    """The sentence gate.<key> that says why."""
    if denied.visitor.duty:
        return f"duty_{denied.visitor.duty}"
    if denied.visitor.kind is Kind.PROGRAM:
        return "not_its_own"
    if denied.visitor.gone:
        return sentence(denied.visitor)
    return "sign_in" if denied.must_sign_in else "not_yours"


def sentence(visitor: Visitor) -> str:
    """Of who is nobody any more. Why a key, or a wall elsewhere, is not taken is told to the trail alone."""
    if visitor.gone is Gone.SCREEN_REVOKED:
        return "gone_screen_revoked"
    return f"gone_{visitor.gone.partition('_')[0]}"


def refused(start: Start, status: int, key: str, more: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    """An answer of JSON that says no."""
    told = body(key, both(f"gate.{key}"))
    headers = [("Content-Type", KIND), ("Content-Length", str(len(told))), ("Cache-Control", "no-store")]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    start(f"{status} {HTTPStatus(status).phrase}", [*headers, ("X-Content-Type-Options", "nosniff"), *more])
    return (told,)
