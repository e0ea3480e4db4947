"""Gate: loopback, trusted proxies, print token, rate limits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ioc.auth.print_token import HEADER, PrintToken
from ioc.domain.access.principal import ANONYMOUS, Principal, PrincipalKind
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.handlers import respond
from ioc.web.middleware.authentication import (
    DISPLAY_COOKIE,
    PRINCIPAL_KEY,
    SESSION_COOKIE,
    Authenticator,
    parse_cookies,
)
from ioc.web.middleware.client_ip import ClientInfo, TrustedProxies
from ioc.web.middleware.gate import GateConfig, GateMiddleware
from ioc.web.middleware.rate_limit import RateLimiter
from ioc.web.wsgi import Environ, StartResponse
from tests.web.fake import FakeReads, app_over

FAR = {"REMOTE_ADDR": "10.0.0.7"}


def ask(client: FlaskClient, path: str = "/", *, remote: str = "127.0.0.1", **headers: str) -> int:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get(path, environ_overrides={"REMOTE_ADDR": remote}, headers=sent).status_code


@pytest.mark.parametrize(
    ("remote", "host", "status"),
    [
        ("127.0.0.1", "localhost:8050", 200),
        ("127.0.0.1", "127.0.0.1:8050", 200),
        ("::1", "[::1]:8050", 200),
        ("127.0.0.1", "ioc.cantho.example", 401),
        ("127.0.0.1", "localhost.example", 401),
        ("10.0.0.7", "localhost", 401),
        ("10.0.0.7", "10.0.0.2:8050", 401),
    ],
)
def test_only_loopback_by_its_own_name_is_local(client: FlaskClient, remote: str, host: str, status: int) -> None:
    assert ask(client, "/live/home", remote=remote, Host=host) == status
    assert ask(client, "/", remote=remote, Host=host) == (200 if status == 200 else 303)


@pytest.mark.parametrize(
    "header",
    [
        "X_Forwarded_For",
        "X_Forwarded_Proto",
        "Forwarded",
        "Via",
        "X_Real_IP",
        "True_Client_IP",
        "X_Client_IP",
        "Client_IP",
        "X_Original_Forwarded_For",
        "X_Envoy_External_Address",
        "X_Real_Client_IP",
    ],
)
def test_proxied_request_is_not_local(client: FlaskClient, header: str) -> None:
    assert ask(client, "/live/home", **{header: "127.0.0.1"}) == 401


def test_page_redirects_to_login_and_wall_to_enrolment(client: FlaskClient) -> None:
    answer = client.get("/chi-so/a?khoang=7d", environ_overrides=FAR)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dang-nhap?tiep=%2Fchi-so%2Fa%3Fkhoang%3D7d")
    assert answer.headers["Cache-Control"] == "no-store"
    wall = client.get("/tuong", environ_overrides=FAR)
    assert (wall.status_code, wall.headers["Location"]) == (303, "/man-hinh?tiep=%2Ftuong")


def test_program_is_answered_in_json(client: FlaskClient) -> None:
    answer = client.get("/live/home", environ_overrides=FAR)
    assert answer.get_json() == {
        "code": "request.login_required",
        "params": {},
        "detail": {"vi": "Cần đăng nhập để xem hoặc làm việc này.", "en": "Sign in to see or do this."},
    }


@pytest.mark.parametrize("path", ["/live/home", "/_dash-update-component"])
def test_denials_before_flask_and_within_it_are_alike(client: FlaskClient, path: str) -> None:
    """The first path is denied by the gate, the second one by Flask."""
    method = "GET" if path.startswith("/live/") else "POST"
    plain, with_key = (
        client.open(path, method=method, environ_overrides=FAR, headers=headers)
        for headers in ({}, {"Authorization": "Bearer x"})
    )
    assert (plain.status_code, plain.get_json()["code"]) == (401, RequestCode.LOGIN_REQUIRED)
    assert with_key.get_json()["code"] == RequestCode.KEY_NOT_ACCEPTED_HERE
    assert plain.headers["WWW-Authenticate"] == "Bearer" and plain.headers["Cache-Control"] == "no-store"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/assets/22-live.js", "/_dash-layout", "/_dash-dependencies"])
def test_static_files_are_public(client: FlaskClient, path: str) -> None:
    assert ask(client, path, remote="10.0.0.7") == 200


@pytest.mark.parametrize("cookie", ["ioc-session=", "ioc-session=abc", "ioc-screen=x", "ioc-session=é;;=", "=;ioc-s"])
def test_made_up_cookie_is_rejected(client: FlaskClient, cookie: str) -> None:
    assert ask(client, "/live/home", remote="10.0.0.7", Cookie=cookie) == 401


def reach(peer: str, **headers: str) -> ClientInfo:
    environ = {f"HTTP_{key}": value for key, value in headers.items()}
    trusted = TrustedProxies(["10.1.0.0/24", "127.0.0.1"])
    return trusted.client_info({"REMOTE_ADDR": peer, "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", **environ})


def test_trusted_proxy_states_address_and_tls() -> None:
    assert reach("10.1.0.4", X_FORWARDED_FOR="203.0.113.9", X_FORWARDED_PROTO="https") == ClientInfo(
        "203.0.113.9", True
    )
    # What stands before the last address that is none of ours anybody may have written.
    assert reach("10.1.0.4", X_FORWARDED_FOR="1.1.1.1, 203.0.113.9, 10.1.0.9").address == "203.0.113.9"
    assert reach("10.1.0.4", X_FORWARDED_FOR="[2001:db8::1]:443").address == "2001:db8::1"
    assert reach("10.1.0.4", X_FORWARDED_FOR="127.0.0.1, junk").address == "10.1.0.4"
    assert reach("10.1.0.4") == ClientInfo("10.1.0.4")


@pytest.mark.parametrize(
    ("addresses", "schemes", "is_secure", "is_contradictory"),
    [
        ("203.0.113.9, 10.1.0.9", "https, http", True, False),  # the client came by TLS, the inner proxy without
        ("203.0.113.9, 10.1.0.9", "http, https", False, False),
        ("1.1.1.1, 203.0.113.9, 10.1.0.9", "https, http, https", False, False),  # the first entry is the client's own
        ("203.0.113.9, 10.1.0.9", "https", True, False),  # set by the outer proxy alone
        ("203.0.113.9", "https", True, False),
        ("203.0.113.9", "", False, False),
        ("203.0.113.9", "https, http", False, True),
        ("1.1.1.1, 203.0.113.9, 10.1.0.8, 10.1.0.9", "https, http", False, True),
        ("203.0.113.9", "gopher", False, True),
    ],
)
def test_the_scheme_is_that_of_the_chosen_client(
    addresses: str, schemes: str, is_secure: bool, is_contradictory: bool
) -> None:
    client = reach("10.1.0.4", X_FORWARDED_FOR=addresses, X_FORWARDED_PROTO=schemes)
    assert client == ClientInfo("203.0.113.9", is_secure, is_contradictory=is_contradictory)


@pytest.mark.parametrize(
    "host", ["[::1]evil.com", "localhost:x@evil.com", "127.0.0.1:80:80", "localhost/", "[::1", "a b"]
)
def test_a_host_that_is_none_by_the_url_standard_is_not_local(host: str) -> None:
    assert not TrustedProxies().client_info({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host}).is_local


def test_ipv4_mapped_address_is_unmapped() -> None:
    assert reach("::ffff:10.1.0.4", X_FORWARDED_FOR="::ffff:203.0.113.9").address == "203.0.113.9"
    assert reach("::FFFF:10.1.0.4", X_FORWARDED_FOR="::ffff:cb00:7109").address == "203.0.113.9"
    assert TrustedProxies().client_info({"REMOTE_ADDR": "::ffff:127.0.0.1", "HTTP_HOST": "localhost"}).is_local


def test_forwarded_headers_of_strangers_are_ignored() -> None:
    assert reach("203.0.113.9", X_FORWARDED_FOR="127.0.0.1", X_FORWARDED_PROTO="https") == ClientInfo("203.0.113.9")
    assert TrustedProxies().client_info({"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}) == ClientInfo(
        "10.0.0.7"
    )


def test_trusted_proxy_is_never_local() -> None:
    assert reach("127.0.0.1") == ClientInfo("127.0.0.1", is_local=False)
    mine = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}
    assert TrustedProxies(["10.1.0.4"]).client_info(mine).is_local
    for proxy in ("127.0.0.1", "127.0.0.9", "::1", "127.0.0.0/30"):
        others = ({**mine, "REMOTE_ADDR": address} for address in ("127.0.0.2", "127.8.8.8", "127.0.0.1"))
        assert not any(TrustedProxies([proxy]).client_info(other).is_local for other in others)
    assert not TrustedProxies(is_loopback_only=False).client_info(mine).is_local, (
        "a server that listens on other addresses needs a login"
    )


def test_missing_host_is_not_local() -> None:
    mine = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "SERVER_NAME": "127.0.0.1"}
    assert TrustedProxies().client_info(mine).is_local
    assert not TrustedProxies().client_info({**mine, "HTTP_HOST": ""}).is_local


@pytest.mark.parametrize("before", ["\xa0", "\x85", "\u3000"])
def test_only_blanks_are_stripped_from_cookie_names(before: str) -> None:
    assert "__Host-ioc-session" not in parse_cookies(f"lang=vi; {before}__Host-ioc-session=theirs")
    assert parse_cookies("lang=vi;\t__Host-ioc-session=ours ")["__Host-ioc-session"] == "ours"


def test_print_token_is_valid_for_minutes_and_signed() -> None:
    now = [datetime(2026, 11, 24, 9, tzinfo=UTC)]
    ours, other = PrintToken(b"k" * 32, lambda: now[0]), PrintToken(b"x" * 32, lambda: now[0])
    token = ours.issue()
    assert ours.is_valid(token) and not ours.is_valid(other.issue()) and not ours.is_valid("")
    late, _, signature = token.partition(".")
    assert not ours.is_valid(f"{int(late) + 9}.{signature}") and not ours.is_valid(f"é.{signature}")
    now[0] -= CLOCK_TOLERANCE  # the clocks of two machines may differ
    assert ours.is_valid(token)
    now[0] -= timedelta(seconds=1)
    assert not ours.is_valid(token)
    now[0] += CLOCK_TOLERANCE + timedelta(seconds=301)
    assert not ours.is_valid(token)


def test_print_worker_sees_the_pages(reads: FakeReads, tmp_path: Path) -> None:
    ours = PrintToken(b"k" * 32, lambda: datetime(2026, 11, 24, tzinfo=UTC))
    with app_over(reads, tmp_path, GateConfig(Authenticator(print_token=ours))) as app:
        client = app.server.test_client()
        assert client.get("/", environ_overrides=FAR, headers={HEADER: ours.issue()}).status_code == 200
        assert client.get("/live/home", environ_overrides=FAR, headers={HEADER: "1.x"}).status_code == 401


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(
    limits: RateLimiter, visitor: Principal, clock: Clock, each: float, seconds: int, path: str = "/live/x"
) -> int:
    """How many requests of `seconds`, sent every `each` seconds, are limited."""
    count = 0
    for _ in range(round(seconds / each)):
        clock.now += each
        count += limits.retry_after(visitor, path) > 0
    return count


def test_hundred_displays_behind_one_address_are_never_limited() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    walls = [Principal(PrincipalKind.DISPLAY, f"wall-{n}", address="203.0.113.9") for n in range(100)]
    # All restart at once: sixty requests each, then one per second.
    assert not any(limits.retry_after(wall, "/assets/a.js") for _ in range(40) for wall in walls)
    assert not any(limits.retry_after(wall, "/") for _ in range(20) for wall in walls)
    for _ in range(120):
        clock.now += 1
        assert not any(limits.retry_after(wall, "/live/wall") for wall in walls)


def test_anonymous_and_identified_floods_are_limited() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    assert refused(limits, Principal(address="203.0.113.9"), clock, 0.01, 60) > 4000
    assert limits.retry_after(Principal(address="203.0.113.10"), "/") == 0
    wild = Principal(PrincipalKind.USER, "an", session_id=3, address="203.0.113.11")
    assert refused(limits, wild, clock, 0.01, 60) > 4000
    assert limits.retry_after(Principal(PrincipalKind.USER, "binh", session_id=4, address="203.0.113.11"), "/") == 0
    assert limits.retry_after(replace(wild, session_id=5), "/") > 0  # another session is the same person


def test_login_has_a_stricter_limit() -> None:
    clock = Clock()
    limits, principal = RateLimiter(clock), Principal(address="203.0.113.9")
    waits = [limits.retry_after(principal, "/dang-nhap", "POST") for _ in range(25)]
    assert waits[:20] == [0] * 20 and all(wait > 0 for wait in waits[20:])
    assert limits.retry_after(principal, "/dang-nhap", "GET") == 0
    clock.now += 2.1
    assert limits.retry_after(principal, "/dang-nhap", "POST") == 0


def test_buckets_are_bounded_and_ipv6_counts_by_network() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    for n in range(20_000):
        limits.retry_after(Principal(address=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"), "/")
    assert len(limits._anonymous) <= 8192
    for n in range(400):
        limits.retry_after(Principal(address=f"2001:db8::{n:x}"), "/")
    assert limits.retry_after(Principal(address="2001:db8::ffff"), "/") > 0
    assert limits.retry_after(Principal(address="::ffff:203.0.113.9"), "/") == 0


def test_loopback_is_not_limited() -> None:
    limits = RateLimiter(Clock())
    assert not any(
        limits.retry_after(Principal(PrincipalKind.LOCAL, address="127.0.0.1"), "/live/home") for _ in range(5000)
    )


def test_rate_limited_response_has_retry_after(reads: FakeReads, tmp_path: Path) -> None:
    with app_over(reads, tmp_path, GateConfig(rate_limiter=RateLimiter(Clock()))) as app:
        client = app.server.test_client()
        slow = [client.get("/live/home", environ_overrides=FAR) for _ in range(301)][-1]
    assert slow.status_code == 429 and int(slow.headers["Retry-After"]) >= 1
    assert "quá nhanh" in slow.get_json()["detail"]["vi"]


def test_request_without_credentials_is_anonymous() -> None:
    assert Authenticator().authenticate({}, ClientInfo("10.0.0.7")) == Principal(ANONYMOUS.kind, address="10.0.0.7")


def test_revoked_display_is_anonymous_on_loopback_too() -> None:
    class Gone:
        def authenticate(self, cookie: str, address: str) -> Principal:
            return Principal(address=address)

    here = ClientInfo("127.0.0.1", is_local=True)
    assert Authenticator(displays=Gone()).authenticate({}, here).kind is PrincipalKind.LOCAL
    assert (
        Authenticator(displays=Gone()).authenticate({"HTTP_COOKIE": f"{DISPLAY_COOKIE}=abc"}, here).kind
        is PrincipalKind.ANONYMOUS
    )


class UnavailableSessions:
    """The sessions of a store that does not answer."""

    def authenticate(self, *_: object, **__: object) -> Principal:
        raise StoreError(StoreCode.NOT_ANSWERING)

    def name_of_ended(self, cookie: str) -> str:
        raise StoreError(StoreCode.NOT_ANSWERING)


@pytest.mark.parametrize(("path", "status"), [("/healthz", "200"), ("/dang-nhap", "200"), ("/live/home", "503")])
def test_sign_in_and_liveness_need_no_session_lookup(path: str, status: str) -> None:
    def passed(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        assert environ[PRINCIPAL_KEY].kind is PrincipalKind.ANONYMOUS
        start("200 OK", [])
        return ()

    statuses: list[str] = []
    gate = GateMiddleware(
        passed,
        lambda _: None,
        GateConfig(Authenticator(UnavailableSessions())),
        lambda environ, error: respond(error, environ),
    )
    environ = {
        "REMOTE_ADDR": "203.0.113.9", "PATH_INFO": path, "REQUEST_METHOD": "GET", "HTTP_HOST": "ioc.test",
        "HTTP_COOKIE": f"{SESSION_COOKIE}=abc", "HTTP_ACCEPT": "application/json",
    }  # fmt: skip
    list(gate(environ, lambda line, *_: statuses.append(line[:3])))
    assert statuses == [status]
