"""The door: who is this machine, who is behind a proxy of ours, who is asked to sign in."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ioc.auth.principal import ANONYMOUS, Principal, PrincipalKind
from ioc.auth.print_token import HEADER, PrintToken
from ioc.web.middleware.authentication import DISPLAY_COOKIE, Authenticator, parse_cookies
from ioc.web.middleware.client_ip import ClientInfo, TrustedProxies
from ioc.web.middleware.gate import GateConfig
from ioc.web.middleware.rate_limit import RateLimiter
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
def test_only_this_machine_by_its_own_name_may_look(client: FlaskClient, remote: str, host: str, status: int) -> None:
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
def test_a_proxy_opens_nothing(client: FlaskClient, header: str) -> None:
    assert ask(client, "/live/home", **{header: "127.0.0.1"}) == 401


def test_a_page_leads_to_signing_in_and_back_and_a_wall_to_being_enrolled(client: FlaskClient) -> None:
    answer = client.get("/chi-so/a?khoang=7d", environ_overrides=FAR)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dang-nhap?tiep=%2Fchi-so%2Fa%3Fkhoang%3D7d")
    assert answer.headers["Cache-Control"] == "no-store"
    wall = client.get("/tuong", environ_overrides=FAR)
    assert (wall.status_code, wall.headers["Location"]) == (303, "/man-hinh?tiep=%2Ftuong")


def test_a_program_is_told_in_json(client: FlaskClient) -> None:
    answer = client.get("/live/home", environ_overrides=FAR)
    assert answer.get_json() == {
        "error": "request.login_required",
        "detail": {"vi": "Cần đăng nhập để xem hoặc làm việc này.", "en": "Sign in to see or do this."},
    }


@pytest.mark.parametrize("path", ["/assets/22-live.js", "/_dash-layout", "/_dash-dependencies"])
def test_files_of_the_program_hold_nothing_of_the_city(client: FlaskClient, path: str) -> None:
    assert ask(client, path, remote="10.0.0.7") == 200


@pytest.mark.parametrize("cookie", ["ioc-session=", "ioc-session=abc", "ioc-screen=x", "ioc-session=é;;=", "=;ioc-s"])
def test_a_made_up_cookie_opens_nothing(client: FlaskClient, cookie: str) -> None:
    assert ask(client, "/live/home", remote="10.0.0.7", Cookie=cookie) == 401


def reach(peer: str, **headers: str) -> ClientInfo:
    environ = {f"HTTP_{key}": value for key, value in headers.items()}
    trusted = TrustedProxies(["10.1.0.0/24", "127.0.0.1"])
    return trusted.client_info({"REMOTE_ADDR": peer, "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", **environ})


def test_a_proxy_of_ours_tells_the_address_and_tls() -> None:
    assert reach("10.1.0.4", X_FORWARDED_FOR="203.0.113.9", X_FORWARDED_PROTO="https") == ClientInfo(
        "203.0.113.9", True
    )
    # What stands before the last address that is none of ours anybody may have written.
    assert reach("10.1.0.4", X_FORWARDED_FOR="1.1.1.1, 203.0.113.9, 10.1.0.9").address == "203.0.113.9"
    assert reach("10.1.0.4", X_FORWARDED_FOR="[2001:db8::1]:443").address == "2001:db8::1"
    assert reach("10.1.0.4", X_FORWARDED_FOR="127.0.0.1, junk").address == "10.1.0.4"
    assert reach("10.1.0.4") == ClientInfo("10.1.0.4")


def test_an_ipv4_address_is_itself_on_a_socket_of_ipv6_too() -> None:
    assert reach("::ffff:10.1.0.4", X_FORWARDED_FOR="::ffff:203.0.113.9").address == "203.0.113.9"
    assert TrustedProxies().client_info({"REMOTE_ADDR": "::ffff:127.0.0.1", "HTTP_HOST": "localhost"}).is_local


def test_what_a_stranger_says_of_himself_is_not_believed() -> None:
    assert reach("203.0.113.9", X_FORWARDED_FOR="127.0.0.1", X_FORWARDED_PROTO="https") == ClientInfo("203.0.113.9")
    assert TrustedProxies().client_info({"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}) == ClientInfo(
        "10.0.0.7"
    )


def test_a_proxy_of_ours_is_never_this_machine_even_if_it_adds_no_header() -> None:
    assert reach("127.0.0.1") == ClientInfo("127.0.0.1", is_local=False)
    mine = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}
    assert TrustedProxies(["10.1.0.4"]).client_info(mine).is_local
    assert not TrustedProxies(is_loopback_only=False).client_info(mine).is_local, (
        "who listens to others lets nobody look without signing in"
    )


def test_what_is_asked_as_of_a_proxy_or_without_a_host_is_not_this_machines() -> None:
    mine = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "SERVER_NAME": "127.0.0.1", "RAW_URI": "/toi?a=//b"}
    assert TrustedProxies().client_info(mine).is_local
    assert not TrustedProxies().client_info({**mine, "RAW_URI": "http://elsewhere.example/toi"}).is_local
    assert not TrustedProxies().client_info({**mine, "HTTP_HOST": ""}).is_local


@pytest.mark.parametrize("before", ["\xa0", "\x85", "\u3000"])
def test_a_cookie_of_another_host_is_not_taken_for_one_that_only_this_host_may_set(before: str) -> None:
    assert "__Host-ioc-session" not in parse_cookies(f"lang=vi; {before}__Host-ioc-session=theirs")
    assert parse_cookies("lang=vi;\t__Host-ioc-session=ours ")["__Host-ioc-session"] == "ours"


def test_the_printers_pass_is_good_for_minutes_and_cannot_be_made_up() -> None:
    now = [1_000_000.0]
    ours, other = PrintToken(b"k" * 32, lambda: now[0]), PrintToken(b"x" * 32, lambda: now[0])
    made = ours.issue()
    assert ours.is_valid(made) and not ours.is_valid(other.issue()) and not ours.is_valid("")
    late, _, signature = made.partition(".")
    assert not ours.is_valid(f"{int(late) + 9}.{signature}") and not ours.is_valid(f"é.{signature}")
    now[0] += 301
    assert not ours.is_valid(made)


def test_the_printer_sees_the_pages(reads: FakeReads, tmp_path: Path) -> None:
    ours = PrintToken(b"k" * 32, lambda: 1e6)
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
    """How many of the questions of `seconds`, one each `each` seconds, must wait."""
    count = 0
    for _ in range(round(seconds / each)):
        clock.now += each
        count += limits.retry_after(visitor, path) > 0
    return count


def test_a_hundred_walls_behind_one_address_are_never_hit() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    walls = [Principal(PrincipalKind.DISPLAY, f"wall-{n}", address="203.0.113.9") for n in range(100)]
    # All start anew at once: sixty questions each, then one a second.
    assert not any(limits.retry_after(one, "/assets/a.js") for _ in range(40) for one in walls)
    assert not any(limits.retry_after(one, "/") for _ in range(20) for one in walls)
    for _ in range(120):
        clock.now += 1
        assert not any(limits.retry_after(one, "/live/wall") for one in walls)


def test_nobody_and_one_identity_that_asks_too_much_are_held_back() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    assert refused(limits, Principal(address="203.0.113.9"), clock, 0.01, 60) > 4000
    assert limits.retry_after(Principal(address="203.0.113.10"), "/") == 0
    wild = Principal(PrincipalKind.USER, "an", session_id=3, address="203.0.113.11")
    assert refused(limits, wild, clock, 0.01, 60) > 4000
    assert limits.retry_after(Principal(PrincipalKind.USER, "binh", session_id=4, address="203.0.113.11"), "/") == 0


def test_signing_in_is_held_back_harder_and_other_pages_are_not() -> None:
    clock = Clock()
    limits, one = RateLimiter(clock), Principal(address="203.0.113.9")
    waits = [limits.retry_after(one, "/dang-nhap", "POST") for _ in range(25)]
    assert waits[:20] == [0] * 20 and all(wait > 0 for wait in waits[20:])
    assert limits.retry_after(one, "/dang-nhap", "GET") == 0
    clock.now += 2.1
    assert limits.retry_after(one, "/dang-nhap", "POST") == 0


def test_what_is_remembered_of_addresses_is_bounded_and_a_network_of_ipv6_is_one() -> None:
    clock = Clock()
    limits = RateLimiter(clock)
    for n in range(20_000):
        limits.retry_after(Principal(address=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"), "/")
    assert len(limits._anonymous) <= 8192
    for n in range(400):
        limits.retry_after(Principal(address=f"2001:db8::{n:x}"), "/")
    assert limits.retry_after(Principal(address="2001:db8::ffff"), "/") > 0
    assert limits.retry_after(Principal(address="::ffff:203.0.113.9"), "/") == 0


def test_this_machine_is_not_counted() -> None:
    limits = RateLimiter(Clock())
    assert not any(
        limits.retry_after(Principal(PrincipalKind.LOCAL, address="127.0.0.1"), "/live/home") for _ in range(5000)
    )


def test_who_asks_too_fast_is_told_when_to_come_again(reads: FakeReads, tmp_path: Path) -> None:
    with app_over(reads, tmp_path, GateConfig(rate_limiter=RateLimiter(Clock()))) as app:
        client = app.server.test_client()
        slow = [client.get("/live/home", environ_overrides=FAR) for _ in range(301)][-1]
    assert slow.status_code == 429 and int(slow.headers["Retry-After"]) >= 1
    assert "quá nhanh" in slow.get_json()["detail"]["vi"]


def test_nobody_is_nobody() -> None:
    assert Authenticator().authenticate({}, ClientInfo("10.0.0.7")) == Principal(ANONYMOUS.kind, address="10.0.0.7")


def test_a_screen_that_was_revoked_is_nobody_on_this_machine_too() -> None:
    class Gone:
        def authenticate(self, cookie: str, address: str) -> Principal:
            return Principal(address=address)

    here = ClientInfo("127.0.0.1", is_local=True)
    assert Authenticator(displays=Gone()).authenticate({}, here).kind is PrincipalKind.LOCAL
    assert (
        Authenticator(displays=Gone()).authenticate({"HTTP_COOKIE": f"{DISPLAY_COOKIE}=abc"}, here).kind
        is PrincipalKind.ANONYMOUS
    )
