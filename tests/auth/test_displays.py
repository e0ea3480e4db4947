"""Screens: enrolled by a code, known for months, gone the moment they are revoked."""

from contextlib import closing
from datetime import timedelta

import pytest

from ioc.auth.displays import RENEW_AFTER, DisplayService, EnrolmentCode
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.ip_allowlist import slugify
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from tests.auth.site import Clock, Seconds

OPERATOR = Principal(PrincipalKind.USER, "truc-ban", roles=frozenset({Role.OPERATOR}))
WALL, ELSEWHERE = "10.20.30.7", "10.99.0.1"


class Wall:
    """A screen of a site."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.clock, self.seconds = clock or Clock(), Seconds()
        self.screens = DisplayService(store, self.clock, AccessPolicy(), self.seconds)

    def enrolled(self, networks: str = "", name: str = "Phòng họp 1") -> str:
        asked = self.screens.request_code(WALL, "wall")
        self.screens.enrol(asked.code, name, "/", networks, OPERATOR)
        cookie = self.screens.collect_cookie(asked.secret)
        assert cookie is not None
        return cookie

    def seen(self, cookie: str, address: str = WALL) -> Principal | None:
        found = self.asked(cookie, address)
        return found if found.kind is PrincipalKind.DISPLAY else None

    def asked(self, cookie: str, address: str = WALL) -> Principal:
        self.seconds.at += 0.2
        return self.screens.authenticate(cookie, address)


def refusal(call: object, *words: object) -> AuthCode:
    with pytest.raises(AuthError) as caught:
        call(*words)  # type: ignore[operator]
    return caught.value.code


def test_a_screen_is_enrolled_by_its_code(store: Store) -> None:
    wall = Wall(store)
    asked = wall.screens.request_code(WALL)
    assert wall.screens.collect_cookie(asked.secret) is None and wall.screens.is_pending(asked.secret)
    assert [one.address for one in wall.screens.pending_requests()] == [WALL]
    key = wall.screens.enrol(f" {asked.code.upper()} ", "Phòng họp Đại Ngãi 1", "/ban-do", "10.20.30.0/24", OPERATOR)
    assert (
        key == "phong-hop-dai-ngai-1"
        and wall.screens.page_of(key) == "/ban-do"
        and wall.screens.pending_requests() == []
    )
    cookie = wall.screens.collect_cookie(asked.secret)
    assert cookie is not None and wall.screens.collect_cookie(asked.secret) is None
    found = wall.seen(cookie)
    assert found is not None and (found.kind, found.name, found.roles) == (PrincipalKind.DISPLAY, key, frozenset())
    with store.read() as conn:
        assert [one.action for one in audit_log.newest(conn, audit_log.AuditFilter(), 9)] == ["display-enrolled"]
        assert cookie not in str(conn.exec_driver_sql("SELECT * FROM display").all())


def test_a_code_is_good_once_and_for_ten_minutes(store: Store) -> None:
    wall = Wall(store)
    asked = wall.screens.request_code(WALL)
    enrol = wall.screens.enrol
    assert refusal(enrol, "aaaa-aaaa", "A", "/", "", OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    enrol(asked.code, "A", "/", "", OPERATOR)
    assert refusal(enrol, asked.code, "B", "/", "", OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    late = wall.screens.request_code(WALL)
    wall.clock.on(minutes=10)
    assert refusal(enrol, late.code, "B", "/", "", OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    assert wall.screens.collect_cookie(asked.secret) is None and not wall.screens.is_pending(late.secret)


def test_two_screens_have_two_names(store: Store) -> None:
    wall = Wall(store)
    first = wall.enrolled()
    asked = wall.screens.request_code(WALL)
    assert refusal(wall.screens.enrol, asked.code, "phòng HỌP 1", "/", "", OPERATOR) is AuthCode.DISPLAY_NAME_TAKEN
    wall.screens.revoke("phong-hop-1", OPERATOR)
    wall.screens.enrol(asked.code, "Phòng họp 1", "/", "", OPERATOR)  # in the place of the one that is gone
    again = wall.screens.collect_cookie(asked.secret)
    assert again is not None and wall.seen(again) is not None and wall.seen(first) is None


def test_a_screen_is_known_in_its_range_only(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled("10.20.30.0/24, 2001:db8::/32")
    assert wall.seen(cookie) and wall.seen(cookie, "::ffff:10.20.30.9") and wall.seen(cookie, "2001:db8::5")
    for address in (ELSEWHERE, "2001:db9::1", "", "nonsense"):
        found = wall.asked(cookie, address)
        assert (found.kind, found.name, found.revoked_reason) == (
            PrincipalKind.ANONYMOUS,
            "phong-hop-1",
            RevokedReason.DISPLAY_OUTSIDE_NETWORK,
        )


def test_a_wall_that_is_none_any_more_is_nobody_but_still_named(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.screens.revoke("phong-hop-1", OPERATOR)
    found = wall.asked(cookie)
    assert (found.kind, found.name, found.display_name) == (PrincipalKind.ANONYMOUS, "phong-hop-1", "Phòng họp 1")
    assert (
        found.revoked_reason is RevokedReason.DISPLAY_REVOKED
        and wall.asked("A" * 43).revoked_reason is RevokedReason.DISPLAY_UNKNOWN
    )


def test_a_screen_outside_the_range_is_not_enrolled_in_it(store: Store) -> None:
    wall = Wall(store)
    asked = wall.screens.request_code(WALL)
    assert (
        refusal(wall.screens.enrol, asked.code, "A", "/", "10.30.0.0/16", OPERATOR) is AuthCode.DISPLAY_OUTSIDE_NETWORKS
    )
    assert refusal(wall.screens.enrol, asked.code, "A", "/", "10.20.30", OPERATOR) is AuthCode.NETWORK_INVALID
    assert wall.screens.enrol(asked.code, "A", "/", "10.20.30.7", OPERATOR) == "a"  # and the code is still good


def test_revoked_in_one_process_it_is_nobody_in_another_at_once(store: Store, url: str) -> None:
    with closing(Store(url)) as second:
        clock = Clock()
        one, other = Wall(store, clock), Wall(second, clock)
        cookie = one.enrolled()
        assert other.seen(cookie) is not None
        one.screens.revoke("phong-hop-1", OPERATOR)
        assert other.seen(cookie) is None and one.seen(cookie) is None
        assert refusal(one.screens.revoke, "phong-hop-1", OPERATOR) is AuthCode.DISPLAY_NOT_FOUND
        assert [one.revoked_at is not None for one in other.screens.list_all()] == [True]


def test_a_screen_in_use_is_known_for_years(store: Store) -> None:
    wall = Wall(store)
    cookie, given = wall.enrolled(), 0
    for _ in range(60):
        wall.clock.on(days=20)
        assert wall.seen(cookie) is not None
        if fresh := wall.screens.renew_cookie(cookie, WALL):
            cookie, given = fresh, given + 1
    assert given == 60


def test_a_cookie_that_got_lost_turns_no_wall_dark_and_an_old_one_is_void_once_the_new_is_shown(store: Store) -> None:
    wall = Wall(store)
    old = wall.enrolled()
    wall.clock.now += RENEW_AFTER
    lost = wall.screens.renew_cookie(old, WALL)
    assert lost is not None and wall.screens.renew_cookie(old, WALL) is None  # a second request at the same moment
    wall.clock.on(hours=2)
    assert wall.seen(old) is not None
    fresh = wall.screens.renew_cookie(old, WALL)
    assert fresh is not None and wall.seen(old) and wall.seen(fresh)
    assert wall.seen(old) is None and wall.seen(lost) is None and wall.seen(fresh)


def test_a_screen_that_was_away_too_long_is_forgotten(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.clock.now += timedelta(days=401)
    assert wall.seen(cookie) is None and wall.screens.renew_cookie(cookie, WALL) is None


@pytest.mark.parametrize("cookie", ["", "A" * 43, "x" * 9999, "é" * 43])
def test_what_is_no_cookie_is_no_screen(store: Store, cookie: str) -> None:
    assert Wall(store).seen(cookie) is None


def test_not_too_many_wait(store: Store) -> None:
    wall = Wall(store)
    asked: list[EnrolmentCode] = [wall.screens.request_code(WALL) for _ in range(4)]
    assert len({one.code for one in asked}) == 4
    assert refusal(wall.screens.request_code, WALL) is AuthCode.DISPLAY_QUEUE_FULL
    for n in range(49):
        wall.screens.request_code(f"10.1.0.{n}")
    assert refusal(wall.screens.request_code, ELSEWHERE) is AuthCode.DISPLAY_QUEUE_FULL
    wall.clock.on(minutes=11)
    assert wall.screens.request_code(WALL)


def test_one_network_takes_no_places_from_others(store: Store) -> None:
    wall = Wall(store)
    for n in range(4):
        wall.screens.request_code(f"2001:db8:0:1::{n + 1}")
    assert refusal(wall.screens.request_code, "2001:db8:0:1::ff") is AuthCode.DISPLAY_QUEUE_FULL
    first = [one.code for one in wall.screens.pending_requests()][-1]
    for n in range(46):
        wall.screens.request_code(f"10.1.0.{n}")
    assert wall.screens.request_code(WALL).code.replace("-", "") in [
        one.code for one in wall.screens.pending_requests()
    ]
    waiting = [one.code for one in wall.screens.pending_requests()]
    assert len(waiting) == 50 and first not in waiting  # the oldest of the network that had four


def test_a_change_acts_at_once(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.screens.change("phong-hop-1", "Phòng họp lớn", "/su-kien", "10.30.0.0/16", OPERATOR)
    assert wall.seen(cookie) is None
    wall.screens.change("phong-hop-1", "Phòng họp lớn", "/su-kien", "", OPERATOR)
    found = wall.seen(cookie)
    assert (
        found is not None
        and found.display_name == "Phòng họp lớn"
        and wall.screens.page_of("phong-hop-1") == "/su-kien"
    )


def test_the_store_is_not_asked_for_each_frame(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    assert wall.seen(cookie) is not None
    asked = []
    read = store.read
    store.read = lambda: asked.append(1) or read()  # type: ignore[method-assign, func-returns-value]
    for _ in range(100):
        assert wall.screens.authenticate(cookie, WALL).kind is PrincipalKind.DISPLAY
    assert len(asked) <= 1


def test_a_name_without_letters_is_none() -> None:
    assert refusal(slugify, " -- ") is AuthCode.NAME_MISSING
