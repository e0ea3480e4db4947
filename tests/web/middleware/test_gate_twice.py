"""A request that the event loop could not answer passes the gate a second time, in a thread."""

from collections.abc import Iterable
from typing import Any

import pytest

from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.blocking import WouldBlockError, ensure_may_block, refuse_blocking
from ioc.web.errors.handlers import respond
from ioc.web.middleware.authentication import SESSION_COOKIE, Authenticator, parse_cookies
from ioc.web.middleware.client_ip import ClientInfo
from ioc.web.middleware.gate import GateConfig, GateMiddleware
from ioc.web.middleware.rate_limit import LOOKUP_RATE, RateLimiter
from ioc.web.middleware.work_owners import charged_owner
from ioc.web.wsgi import Environ, StartResponse


class ChangingAuthenticator(Authenticator):
    """Knows a display until `is_disabled`. `clients`: who asked each time."""

    def __init__(self) -> None:
        super().__init__()
        self.is_disabled = False
        self.clients: list[ClientInfo] = []

    def authenticate(self, environ: Environ, client: ClientInfo) -> Principal:
        self.clients.append(client)
        kind = PrincipalKind.ANONYMOUS if self.is_disabled else PrincipalKind.DISPLAY
        return Principal(kind, "wall", address=client.address)


class CountingLimiter(RateLimiter):
    """Counts how often a request was charged; `wait`: its answer."""

    def __init__(self, wait: float = 0.0) -> None:
        super().__init__()
        self.charged, self.wait = 0, wait

    def retry_after(self, principal: Principal, path: str, method: str = "GET") -> float:
        self.charged += 1
        return self.wait


def inner(environ: Environ, start: StartResponse) -> Iterable[bytes]:
    ensure_may_block()
    start("200 OK", [])
    return ()


def second_pass_status(gate: GateMiddleware, environ: Environ) -> str:
    """The status of the second pass; the first one, on the loop, could not answer."""
    statuses: list[str] = []

    def start(status: str, headers: Any) -> None:
        statuses.append(status)

    list(gate(environ, start))
    return statuses[0][:3]


def gate_over(authenticator: Authenticator, limiter: RateLimiter, audit: list[object]) -> GateMiddleware:
    def record(denial: object) -> None:
        ensure_may_block()
        audit.append(denial)

    config = GateConfig(authenticator, rate_limiter=limiter, audit_sink=record)
    return GateMiddleware(inner, lambda _: Action.VIEW, config, lambda environ, error: respond(error, environ))


def request() -> Environ:
    return {"REMOTE_ADDR": "203.0.113.9", "PATH_INFO": "/live/home", "REQUEST_METHOD": "GET", "HTTP_HOST": "ioc.test"}


def first_pass(gate: GateMiddleware, environ: Environ) -> None:
    with refuse_blocking(), pytest.raises(WouldBlockError):
        gate(environ, lambda *_: None)


def test_request_that_passes_twice_is_charged_once_and_is_of_the_same_client() -> None:
    authenticator, limiter, environ = ChangingAuthenticator(), CountingLimiter(), request()
    gate = gate_over(authenticator, limiter, [])
    first_pass(gate, environ)
    assert second_pass_status(gate, environ) == "200"
    assert limiter.charged == 1
    assert [client.address for client in authenticator.clients] == ["203.0.113.9"] * 2


def test_request_that_passes_twice_is_authenticated_twice() -> None:
    authenticator, environ = ChangingAuthenticator(), request()
    gate = gate_over(authenticator, CountingLimiter(), [])
    first_pass(gate, environ)
    authenticator.is_disabled = True
    assert second_pass_status(gate, environ) == "401"


def test_denial_of_a_request_that_passes_twice_is_charged_and_audited_once() -> None:
    limiter, audit, environ = CountingLimiter(wait=3.0), list[object](), request()
    gate = gate_over(ChangingAuthenticator(), limiter, audit)
    first_pass(gate, environ)
    assert second_pass_status(gate, environ) == "429"
    assert limiter.charged == 1 and len(audit) == 1


class StoredSessions(Authenticator):
    """Sessions that are looked up in the store each time; the cookie is the name of the person."""

    def authenticate(self, environ: Environ, client: ClientInfo) -> Principal:
        ensure_may_block()
        name = parse_cookies(environ.get("HTTP_COOKIE", "")).get(SESSION_COOKIE, "")
        kind = PrincipalKind.USER if name in ("an", "binh") else PrincipalKind.ANONYMOUS
        return Principal(kind, name if kind is PrincipalKind.USER else "", address=client.address)


def owner_on_the_loop(gate: GateMiddleware, cookie: str) -> tuple[str, bool]:
    """To whom a request is charged whose session was not looked up yet."""
    environ = request() | {"HTTP_COOKIE": cookie}
    first_pass(gate, environ)
    owner = charged_owner(environ)
    second_pass_status(gate, environ)
    return owner


def test_work_is_charged_to_the_person_before_the_session_is_looked_up() -> None:
    """Otherwise one person behind an address would use up the threads of all others there."""
    gate = gate_over(StoredSessions(), CountingLimiter(), [])
    address = ("anonymous:203.0.113.9", True)
    an, binh = (f"lang=vi; {SESSION_COOKIE}={name}" for name in ("an", "binh"))
    assert [owner_on_the_loop(gate, cookie) for cookie in (an, binh)] == [address] * 2  # not known yet
    assert owner_on_the_loop(gate, an) == ("user:an", False)
    assert owner_on_the_loop(gate, f"{SESSION_COOKIE}=binh; other=1") == ("user:binh", False)
    for stranger in ("", "lang=vi", f"{SESSION_COOKIE}=x", f"other=an; {SESSION_COOKIE}=an2"):
        assert [owner_on_the_loop(gate, stranger) for _ in range(2)] == [address] * 2


def test_remembered_owner_admits_nobody() -> None:
    authenticator = StoredSessions()
    gate, cookie = gate_over(authenticator, CountingLimiter(), []), f"{SESSION_COOKIE}=an"
    owner_on_the_loop(gate, cookie)
    authenticator.authenticate = lambda environ, client: Principal(address=client.address)  # type: ignore[method-assign]
    environ = request() | {"HTTP_COOKIE": cookie}
    first_pass(gate, environ)
    assert second_pass_status(gate, environ) == "401"


def test_credentials_that_nobody_has_are_looked_up_so_often_only() -> None:
    """Each look-up takes the thread that draws the screens."""
    config = GateConfig(StoredSessions(), rate_limiter=(limiter := RateLimiter(lambda: 0.0)))
    gate = GateMiddleware(inner, lambda _: Action.VIEW, config, lambda environ, error: respond(error, environ))
    first_pass(gate, environ := request() | {"HTTP_COOKIE": f"{SESSION_COOKIE}=an"})
    assert second_pass_status(gate, environ) == "403"  # who it is is known; no role of theirs
    for number in range(int(LOOKUP_RATE.burst) - 1):
        first_pass(gate, request() | {"HTTP_COOKIE": f"{SESSION_COOKIE}={number}"})
    with refuse_blocking():
        assert second_pass_status(gate, request() | {"HTTP_COOKIE": f"{SESSION_COOKIE}=last"}) == "429"
    for cookie, address in (("an", "203.0.113.9"), ("binh", "203.0.113.10")):  # who is known, and another address
        first_pass(gate, request() | {"HTTP_COOKIE": f"{SESSION_COOKIE}={cookie}", "REMOTE_ADDR": address})
    assert limiter.retry_lookup_after("203.0.113.9") > 0.0
