"""Sessions: fixation, timeouts, and their end across processes."""

from contextlib import closing
from datetime import timedelta
from unittest.mock import Mock

import pytest

from ioc.auth.errors import AuthCode
from ioc.domain.access.principal import PrincipalKind, RequiredAction, Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, Clock, Site, denied


def test_cookie_authenticates_its_user(store: Store) -> None:
    site = Site(store)
    site.add_user("an", Role.OPERATOR)
    session = site.sign_in()
    principal = site.auth.sessions.authenticate(session.cookie, AWAY, is_active=False)
    assert principal is not None and (principal.kind, principal.name, principal.roles) == (
        PrincipalKind.USER,
        "an",
        frozenset({Role.OPERATOR}),
    )
    assert (principal.address, principal.session_id, principal.required_action) == (
        AWAY,
        session.principal.session_id,
        RequiredAction.NONE,
    )


def test_tampered_cookie_is_rejected(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    other_end = cookie[:-1] + ("A" if cookie[-1] != "A" else "B")
    for tampered in (
        other_end, cookie[:-1], cookie + "A", "", "é" * 43, cookie.swapcase(), "x" * 100_000, cookie + "\n"
    ):  # fmt: skip
        assert site.authenticate(tampered) is None, tampered
    assert site.authenticate(cookie) is not None


def test_session_fixation_is_impossible(store: Store) -> None:
    site = Site(store)
    site.add_user()
    planted = "A" * 43
    first, second = site.sign_in(), site.sign_in()
    assert len({planted, first.cookie, second.cookie}) == 3 and site.authenticate(planted) is None
    assert first.principal.session_id != second.principal.session_id


def test_store_keeps_no_cookie(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    with store.read() as conn:
        stored = [
            str(row) for table in ("session", "audit_entry") for row in conn.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    assert stored and not [row for row in stored if cookie in row]


@pytest.mark.parametrize(("role", "minutes"), [(Role.VIEWER, 15), (Role.LEADER, 15), (Role.ADMINISTRATOR, 5)])
def test_idle_timeout_depends_on_the_role(store: Store, role: Role, minutes: int) -> None:
    site = Site(store)
    site.add_user("an", role)
    cookie = site.sign_in().cookie
    site.clock.on(minutes=minutes, seconds=-1)
    assert site.authenticate(cookie, active=True) is not None
    site.clock.on(minutes=minutes, seconds=-1)
    assert site.authenticate(cookie) is not None  # an automatic request of a screen
    site.clock.on(seconds=1)
    assert site.authenticate(cookie) is None and site.authenticate(cookie, active=True) is None
    with store.read() as conn:
        last = audit_log.newest(conn, audit_log.AuditFilter(), 1)[0]
        assert (last.action, last.actor, last.reason) == ("session-expired", "an", "idle")


def test_refresh_rejects_a_disabled_user_despite_the_cache(store: Store) -> None:
    site, other_site = Site(store), Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    assert other_site.authenticate(cookie) is not None
    site.auth.users.disable("an", ADMINISTRATOR)
    assert other_site.auth.sessions.authenticate(cookie, HOME, is_active=True) is not None  # from the cache
    assert other_site.auth.sessions.authenticate(cookie, HOME, is_active=True, refresh=True) is None


def test_activity_in_one_process_keeps_the_session_in_another(store: Store) -> None:
    clock = Clock()
    site, other_site = Site(store, clock), Site(store, clock)
    site.add_user()
    cookie = site.sign_in().cookie
    assert other_site.authenticate(cookie) is not None
    clock.on(minutes=10)
    assert site.authenticate(cookie, active=True) is not None
    clock.on(minutes=10)
    assert other_site.authenticate(cookie) is not None


def test_absolute_timeout_ends_an_active_session(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    for _ in range(72 - 1):
        site.clock.on(minutes=10)
        assert site.authenticate(cookie, active=True) is not None
    site.clock.on(minutes=10)
    assert site.authenticate(cookie, active=True) is None


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=3), timedelta(days=400)])
def test_session_ends_when_the_clock_is_set_back(store: Store, back: timedelta) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    site.clock.on(minutes=10)
    assert site.authenticate(cookie, active=True) is not None
    site.clock.now -= back
    assert site.authenticate(cookie, active=True) is None
    assert site.authenticate(site.sign_in().cookie) is not None  # and a new login is possible


def test_small_clock_difference_ends_no_session(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    site.clock.on(seconds=-20)
    assert site.authenticate(cookie, active=True) is not None
    site.clock.on(minutes=15, seconds=20)
    assert site.authenticate(cookie) is None


def test_end_of_a_session_acts_in_other_processes_at_once(store: Store, url: str) -> None:
    with closing(Store(url)) as second:
        clock = Clock()
        site, other_site = Site(store, clock), Site(second, clock)
        site.add_user("an", Role.LEADER)
        cookies = [site.sign_in().cookie for _ in range(3)]
        principals = [other_site.authenticate(cookie) for cookie in cookies]
        assert all(principals) and len(site.auth.sessions.list_sessions("an", ADMINISTRATOR)) == 3
        first = principals[0]
        assert first is not None
        site.auth.sessions.end_session(first.session_id, ADMINISTRATOR, owner="an")
        assert [other_site.authenticate(cookie) is not None for cookie in cookies] == [False, True, True]
        site.auth.sessions.end_all_sessions("an", ADMINISTRATOR, except_session=0)
        assert not [other_site.authenticate(cookie) for cookie in cookies if other_site.authenticate(cookie)]


def test_session_is_authenticated_from_the_cache(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    assert site.authenticate(cookie) is not None
    reads = Mock(wraps=store.read)
    store.read = reads  # type: ignore[method-assign]
    for _ in range(50):
        assert site.auth.sessions.authenticate(cookie, HOME, is_active=True) is not None
    assert reads.call_count <= 1


def test_sign_out_ends_the_session(store: Store) -> None:
    site = Site(store)
    site.add_user()
    session = site.sign_in()
    site.auth.sessions.sign_out(session.principal)
    assert site.authenticate(session.cookie) is None and site.auth.sessions.list_sessions("an", ADMINISTRATOR) == []


def test_session_of_another_user_cannot_be_ended(store: Store) -> None:
    site = Site(store)
    site.add_user("an")
    site.add_user("binh")
    session = site.sign_in("an")
    with denied(AuthCode.SESSION_NOT_FOUND):
        site.auth.sessions.end_session(session.principal.session_id, site.sign_in("binh").principal, owner="binh")
    assert site.authenticate(session.cookie) is not None
