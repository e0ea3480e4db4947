"""Displays: enrolment by code, cookie renewal, networks, revocation."""

from contextlib import closing, suppress
from datetime import timedelta
from unittest.mock import Mock

import pytest

from ioc.auth.displays import RENEW_AFTER, DisplayService, DisplaySettings, EnrolmentCode
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.ip_allowlist import key_from_name
from ioc.auth.secret_key import SecretKey
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import audit_log
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.store import Store
from tests.auth.site import SECRET, Clock, Seconds, error_code

OPERATOR = Principal(PrincipalKind.USER, "truc-ban", roles=frozenset({Role.OPERATOR}))
WALL, ELSEWHERE = "10.20.30.7", "10.99.0.1"


class Wall:
    """A screen and the display service of one process."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self.clock, self.seconds = clock or Clock(), Seconds()
        self.displays = DisplayService(store, self.clock, AccessPolicy(), SECRET, self.seconds)

    def enrolled(self, networks: str = "", name: str = "Phòng họp 1") -> str:
        enrolment = self.displays.request_code(WALL, "wall")
        self.displays.enrol(enrolment.code, DisplaySettings(name, "/", networks), OPERATOR)
        cookie = self.displays.collect_cookie(enrolment.secret)
        assert cookie is not None
        return cookie

    def authenticate(self, cookie: str, address: str = WALL) -> Principal | None:
        principal = self.principal(cookie, address)
        return principal if principal.kind is PrincipalKind.DISPLAY else None

    def principal(self, cookie: str, address: str = WALL) -> Principal:
        self.seconds.at += 0.2
        return self.displays.authenticate(cookie, address)


def test_display_is_enrolled_by_its_code(store: Store) -> None:
    wall = Wall(store)
    enrolment = wall.displays.request_code(WALL)
    assert wall.displays.collect_cookie(enrolment.secret) is None and wall.displays.is_pending(enrolment.secret)
    assert [request.address for request in wall.displays.pending_requests(OPERATOR)] == [WALL]
    key = wall.displays.enrol(
        f" {enrolment.code.upper()} ", DisplaySettings("Phòng họp Đại Ngãi 1", "/ban-do", "10.20.30.0/24"), OPERATOR
    )
    assert (
        key == "phong-hop-dai-ngai-1"
        and wall.displays.page_of(key) == "/ban-do"
        and wall.displays.pending_requests(OPERATOR) == []
    )
    cookie = wall.displays.collect_cookie(enrolment.secret)
    assert cookie is not None
    principal = wall.authenticate(cookie)
    assert wall.displays.collect_cookie(enrolment.secret) is None  # it has its cookie
    assert principal is not None and (principal.kind, principal.name, principal.roles) == (
        PrincipalKind.DISPLAY,
        key,
        frozenset(),
    )
    with store.read() as conn:
        assert [entry.action for entry in audit_log.newest(conn, audit_log.AuditFilter(), 9)] == ["display-enrolled"]
        assert cookie not in str(conn.exec_driver_sql("SELECT * FROM display").all())


def test_lost_answer_costs_no_display_its_cookie(store: Store) -> None:
    wall = Wall(store)
    enrolment = wall.displays.request_code(WALL)
    wall.displays.enrol(enrolment.code, DisplaySettings("Phòng họp 1", "/"), OPERATOR)
    lost, cookie = (wall.displays.collect_cookie(enrolment.secret) for _ in range(2))
    assert lost == cookie and cookie and wall.authenticate(cookie)


def test_enrolment_code_is_valid_once_and_for_ten_minutes(store: Store) -> None:
    wall = Wall(store)
    enrolment = wall.displays.request_code(WALL)
    enrol = wall.displays.enrol
    assert error_code(enrol, "aaaa-aaaa", DisplaySettings("A", "/"), OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    enrol(enrolment.code, DisplaySettings("A", "/"), OPERATOR)
    assert error_code(enrol, enrolment.code, DisplaySettings("B", "/"), OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    late = wall.displays.request_code(WALL)
    wall.clock.on(minutes=10)
    assert error_code(enrol, late.code, DisplaySettings("B", "/"), OPERATOR) is AuthCode.DISPLAY_CODE_INVALID
    assert wall.displays.collect_cookie(enrolment.secret) is None and not wall.displays.is_pending(late.secret)


def test_display_names_are_unique(store: Store) -> None:
    wall = Wall(store)
    first = wall.enrolled()
    enrolment = wall.displays.request_code(WALL)
    assert (
        error_code(wall.displays.enrol, enrolment.code, DisplaySettings("phòng HỌP 1", "/"), OPERATOR)
        is AuthCode.DISPLAY_NAME_TAKEN
    )
    wall.displays.revoke("phong-hop-1", OPERATOR)
    wall.displays.enrol(
        enrolment.code, DisplaySettings("Phòng họp 1", "/"), OPERATOR
    )  # the name of a revoked display is free
    again = wall.displays.collect_cookie(enrolment.secret)
    assert again is not None and wall.authenticate(again) is not None and wall.authenticate(first) is None


def test_display_is_accepted_from_its_networks_only(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled("10.20.30.0/24, 2001:db8::/32")
    assert (
        wall.authenticate(cookie)
        and wall.authenticate(cookie, "::ffff:10.20.30.9")
        and wall.authenticate(cookie, "2001:db8::5")
    )
    for address in (ELSEWHERE, "2001:db9::1", "", "nonsense"):
        principal = wall.principal(cookie, address)
        assert (principal.kind, principal.name, principal.revoked_reason) == (
            PrincipalKind.ANONYMOUS,
            "phong-hop-1",
            RevokedReason.DISPLAY_OUTSIDE_NETWORK,
        )


def test_revoked_display_is_anonymous_but_keeps_its_name(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.displays.revoke("phong-hop-1", OPERATOR)
    principal = wall.principal(cookie)
    assert (principal.kind, principal.name, principal.display_name) == (
        PrincipalKind.ANONYMOUS,
        "phong-hop-1",
        "Phòng họp 1",
    )
    assert (
        principal.revoked_reason is RevokedReason.DISPLAY_REVOKED
        and wall.principal("A" * 43).revoked_reason is RevokedReason.DISPLAY_UNKNOWN
    )


def test_display_revoked_before_it_has_its_cookie_gets_none_also_where_another_has_its_name(store: Store) -> None:
    wall = Wall(store)
    revoked = wall.displays.request_code(WALL)
    key = wall.displays.enrol(revoked.code, DisplaySettings("Phòng họp 1", "/"), OPERATOR)
    wall.displays.revoke(key, OPERATOR)
    assert wall.displays.collect_cookie(revoked.secret) is None
    cookie = wall.enrolled(name="Phòng họp 1")
    assert wall.displays.collect_cookie(revoked.secret) is None
    assert wall.authenticate(cookie) is not None


def test_display_outside_the_networks_is_not_enrolled(store: Store) -> None:
    wall = Wall(store)
    enrolment = wall.displays.request_code(WALL)
    assert (
        error_code(wall.displays.enrol, enrolment.code, DisplaySettings("A", "/", "10.30.0.0/16"), OPERATOR)
        is AuthCode.DISPLAY_OUTSIDE_NETWORKS
    )
    assert (
        error_code(wall.displays.enrol, enrolment.code, DisplaySettings("A", "/", "10.20.30"), OPERATOR)
        is AuthCode.NETWORK_INVALID
    )
    assert (
        wall.displays.enrol(enrolment.code, DisplaySettings("A", "/", "10.20.30.7"), OPERATOR) == "a"
    )  # and the code is still good


def test_revocation_acts_in_other_processes_at_once(store: Store, url: str) -> None:
    with closing(Store(url)) as second:
        clock = Clock()
        wall, other_wall = Wall(store, clock), Wall(second, clock)
        cookie = wall.enrolled()
        assert other_wall.authenticate(cookie) is not None
        wall.displays.revoke("phong-hop-1", OPERATOR)
        assert other_wall.authenticate(cookie) is None and wall.authenticate(cookie) is None
        assert error_code(wall.displays.revoke, "phong-hop-1", OPERATOR) is AuthCode.DISPLAY_NOT_FOUND
        assert [display.revoked_at is not None for display in other_wall.displays.list_all(OPERATOR)] == [True]


def test_display_in_use_never_expires(store: Store) -> None:
    wall = Wall(store)
    cookie, renewals = wall.enrolled(), 0
    for _ in range(60):
        wall.clock.on(days=20)
        assert wall.authenticate(cookie) is not None
        kept = wall.displays.renew_cookie(cookie, WALL)
        assert kept is not None
        cookie, renewals = kept, renewals + (kept != cookie)
        assert wall.displays.renew_cookie(cookie, WALL) == cookie
    assert renewals == 60


def test_old_cookie_is_valid_until_the_new_one_is_shown(store: Store) -> None:
    wall = Wall(store)
    old = wall.enrolled()
    wall.clock.now += RENEW_AFTER
    lost = wall.displays.renew_cookie(old, WALL)
    assert lost is not None and wall.displays.renew_cookie(old, WALL) is None  # a second request at the same moment
    wall.clock.on(hours=2)
    assert wall.authenticate(old) is not None
    fresh = wall.displays.renew_cookie(old, WALL)
    assert fresh is not None and wall.authenticate(old) and wall.authenticate(fresh)
    assert wall.authenticate(old) is None and wall.authenticate(lost) is None and wall.authenticate(fresh)


def test_cookie_is_kept_while_the_store_cannot_be_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A display that was started again meanwhile was shown the page of an error."""
    wall = Wall(store)
    old = wall.enrolled()
    wall.clock.now += RENEW_AFTER
    with monkeypatch.context() as busy:
        busy.setattr(store, "write", Mock(side_effect=StoreError(StoreCode.BUSY)))
        assert wall.displays.renew_cookie(old, WALL) == old
    assert wall.displays.renew_cookie(old, WALL) not in (None, old)


def test_cookie_whose_renewal_lies_ahead_of_a_clock_that_was_set_back_is_renewed(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.clock.now -= timedelta(hours=3)
    assert wall.displays.renew_cookie(cookie, WALL) not in (None, cookie)


def test_unused_display_expires(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.clock.now += timedelta(days=401)
    assert wall.authenticate(cookie) is None and wall.displays.renew_cookie(cookie, WALL) is None


@pytest.mark.parametrize("cookie", ["", "A" * 43, "x" * 9999, "é" * 43])
def test_malformed_cookie_is_rejected(store: Store, cookie: str) -> None:
    assert Wall(store).authenticate(cookie) is None


def test_enrolment_requests_are_limited(store: Store) -> None:
    wall = Wall(store)
    requests: list[EnrolmentCode] = [wall.displays.request_code(WALL) for _ in range(50)]  # a room behind one address
    assert len({request.code for request in requests}) == 50
    assert error_code(wall.displays.request_code, WALL) is AuthCode.DISPLAY_QUEUE_FULL
    for n in range(49):
        wall.displays.request_code(f"10.1.0.{n}")
    assert len(wall.displays.pending_requests(OPERATOR)) == 50
    assert error_code(wall.displays.request_code, ELSEWHERE) is AuthCode.DISPLAY_QUEUE_FULL
    wall.clock.on(minutes=11)
    assert wall.displays.request_code(WALL)


def fill_queue(wall: Wall) -> None:
    """As an attacker with fifty networks does, again and again."""
    for n in range(100):
        with suppress(AuthError):
            wall.displays.request_code(f"2001:db8:{n:x}::1")
            wall.displays.request_code(f"10.{n}.0.1")


def test_a_display_with_a_place_code_is_enrolled_although_many_networks_fill_the_queue(store: Store) -> None:
    wall = Wall(store)
    fill_queue(wall)
    assert error_code(wall.displays.request_code, WALL) is AuthCode.DISPLAY_QUEUE_FULL
    assert error_code(wall.displays.request_code, WALL, "", "aaaaaaaa") is AuthCode.DISPLAY_QUEUE_FULL
    enrolment = wall.displays.request_code(WALL, "", wall.displays.place_code(OPERATOR))
    fill_queue(wall)
    assert len(wall.displays.pending_requests(OPERATOR)) == 50
    wall.displays.enrol(enrolment.code, DisplaySettings("Phòng họp 1", "/"), OPERATOR)
    fill_queue(wall)  # a display that is enrolled keeps its place until it has its cookie
    wall.displays.request_code(ELSEWHERE, "", wall.displays.place_code(OPERATOR))
    assert wall.displays.collect_cookie(enrolment.secret)


def test_a_place_code_helps_within_a_network_that_has_used_up_its_requests(store: Store) -> None:
    wall = Wall(store)
    for _ in range(50):
        wall.displays.request_code(WALL)
    assert error_code(wall.displays.request_code, WALL) is AuthCode.DISPLAY_QUEUE_FULL
    wall.displays.request_code(WALL, "", wall.displays.place_code(OPERATOR).upper())
    assert len(wall.displays.pending_requests(OPERATOR)) == 50


def test_a_place_code_expires_and_belongs_to_one_installation(store: Store) -> None:
    wall = Wall(store)
    fill_queue(wall)
    code = wall.displays.place_code(OPERATOR)
    other = DisplayService(store, wall.clock, AccessPolicy(), SecretKey(b"another secret of an installation"))
    assert error_code(wall.displays.request_code, WALL, "", other.place_code(OPERATOR)) is AuthCode.DISPLAY_QUEUE_FULL
    wall.clock.on(minutes=9)
    wall.displays.request_code(WALL, "", code)
    wall.clock.on(minutes=12)
    fill_queue(wall)
    assert error_code(wall.displays.request_code, WALL, "", code) is AuthCode.DISPLAY_QUEUE_FULL


def test_one_network_cannot_fill_the_enrolment_queue(store: Store) -> None:
    wall = Wall(store)
    for n in range(50):
        wall.displays.request_code(f"2001:db8:0:1::{n + 1}")
    assert error_code(wall.displays.request_code, "2001:db8:0:1::ff") is AuthCode.DISPLAY_QUEUE_FULL
    first = [request.code for request in wall.displays.pending_requests(OPERATOR)][-1]
    assert wall.displays.request_code(WALL).code.replace("-", "") in [
        request.code for request in wall.displays.pending_requests(OPERATOR)
    ]
    waiting = [request.code for request in wall.displays.pending_requests(OPERATOR)]
    assert len(waiting) == 50 and first not in waiting  # the oldest request of the network with most


def test_change_of_a_display_acts_at_once(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    wall.displays.change("phong-hop-1", DisplaySettings("Phòng họp lớn", "/su-kien", "10.30.0.0/16"), OPERATOR)
    assert wall.authenticate(cookie) is None
    wall.displays.change("phong-hop-1", DisplaySettings("Phòng họp lớn", "/su-kien"), OPERATOR)
    principal = wall.authenticate(cookie)
    assert (
        principal is not None
        and principal.display_name == "Phòng họp lớn"
        and wall.displays.page_of("phong-hop-1") == "/su-kien"
    )


def test_change_needs_a_name(store: Store) -> None:
    wall = Wall(store)
    wall.enrolled()
    assert error_code(wall.displays.change, "phong-hop-1", DisplaySettings(" ", "/"), OPERATOR) is AuthCode.NAME_MISSING


def test_display_is_authenticated_from_the_cache(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    assert wall.authenticate(cookie) is not None
    reads = Mock(wraps=store.read)
    store.read = reads  # type: ignore[method-assign]
    for _ in range(100):
        assert wall.displays.authenticate(cookie, WALL).kind is PrincipalKind.DISPLAY
    assert reads.call_count <= 1


def test_name_without_letters_is_rejected() -> None:
    assert error_code(key_from_name, " -- ") is AuthCode.NAME_MISSING


def test_first_use_of_a_display_is_recorded_at_once(store: Store) -> None:
    wall = Wall(store)
    cookie = wall.enrolled()
    (display,) = wall.displays.list_all(OPERATOR)
    assert display.last_seen == display.enrolled_at
    wall.clock.on(seconds=5)
    assert wall.authenticate(cookie)
    (display,) = wall.displays.list_all(OPERATOR)
    assert display.last_seen == wall.clock() > display.enrolled_at
