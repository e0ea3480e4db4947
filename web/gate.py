"""The door, in front of everything: who asks, whether too fast, and whether what Flask never sees may be had."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil

import orjson

from components.text import LANGS, say
from domain.access import Access
from security.identity import Kind, Visitor
from security.permission import Action, Denied, may
from storage.sessions import Entered
from web.doorman import REACH, VISITOR, Doorman
from web.limits import Limits
from web.live import Environ, Start, Wsgi
from web.reach import Proxies

Raw = Callable[[str], Action | None]


def _unheard(_denied: Denied) -> None:
    return None


def _no_news(_visitor: Visitor) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Door:
    """What the gate goes by. Without people and screens it knows this machine, and nobody else.

    `told`: of denials. `news`: what whoever has just signed in is told.
    """

    doorman: Doorman = field(default_factory=Doorman)
    proxies: Proxies = field(default_factory=Proxies)
    limits: Limits = field(default_factory=Limits)
    told: Callable[[Denied], object] = _unheard
    rules: Access = field(default_factory=Access)
    news: Callable[[Visitor], Entered | None] = _no_news


class Gate:
    """Puts `ioc.visitor` into the environ of each request; Flask's own routes are asked in web/access.py.

    `raw`: what a path takes that is answered before Flask, None for all others.
    """

    def __init__(self, inner: Wsgi, raw: Raw, door: Door) -> None:
        self._inner, self._raw, self._door = inner, raw, door

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        reach = self._door.proxies.reach(environ)
        visitor = self._door.doorman.visitor(environ, reach)
        environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = reach.address, "https" if reach.secure else "http"
        environ[REACH], environ[VISITOR] = reach, visitor
        path = environ.get("PATH_INFO", "")
        if wait := self._door.limits.wait(visitor, path, environ.get("REQUEST_METHOD", "")):
            return refused(start, "429 Too Many Requests", "too_fast", [("Retry-After", str(ceil(wait)))])
        action = self._raw(path)
        if action is None or may(visitor, action):
            return self._inner(environ, start)
        denied = Denied(visitor, action)
        self._door.told(denied)
        status = "401 Unauthorized" if denied.must_sign_in else "403 Forbidden"
        return refused(start, status, key_of(denied))


def key_of(denied: Denied) -> str:
    """The sentence gate.<key> that says why."""
    if denied.visitor.duty:
        return f"duty_{denied.visitor.duty}"
    if denied.visitor.kind is Kind.PROGRAM:
        return "not_its_own"
    return "sign_in" if denied.must_sign_in else "not_yours"


def told(key: str) -> bytes:
    """The sentence for a program: JSON, in both languages."""
    detail = {lang: say(f"gate.{key}", lang) for lang in LANGS}
    return orjson.dumps({"error": key.replace("_", "-"), "detail": detail})


def refused(start: Start, status: str, key: str, more: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    """An answer of JSON that says no."""
    body = told(key)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start(status, [*headers, ("X-Content-Type-Options", "nosniff"), *more])
    return (body,)
