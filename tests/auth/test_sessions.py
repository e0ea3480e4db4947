"""Sessions: never taken over, never longer than they may be, ended at once everywhere."""

from contextlib import closing
from datetime import timedelta

import pytest

from ioc.auth.errors import AuthCode
from ioc.auth.principal import PrincipalKind, RequiredAction, Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, Clock, Site, denied


def test_a_cookie_stands_for_who_signed_in(store: Store) -> None:
    site = Site(store)
    site.person("an", Role.OPERATOR)
    made = site.enter()
    found = site.people.authenticate(made.cookie, AWAY, is_active=False)
    assert found is not None and (found.kind, found.name, found.roles) == (
        PrincipalKind.USER,
        "an",
        frozenset({Role.OPERATOR}),
    )
    assert (found.address, found.session_id, found.required_action) == (
        AWAY,
        made.principal.session_id,
        RequiredAction.NONE,
    )


@pytest.mark.parametrize("change", [
    lambda one: one[:-1] + ("A" if one[-1] != "A" else "B"), lambda one: one[:-1], lambda one: one + "A",
    lambda one: "", lambda one: "é" * 43, lambda one: one.swapcase(), lambda one: "x" * 100_000, lambda one: one + "\n",
])  # fmt: skip
def test_a_tampered_cookie_stands_for_nobody(store: Store, change) -> None:  # type: ignore[no-untyped-def]
    site = Site(store)
    site.person()
    assert site.seen(change(site.enter().cookie)) is None


def test_no_session_is_fixed_from_outside(store: Store) -> None:
    site = Site(store)
    site.person()
    planted = "A" * 43
    first, second = site.enter(), site.enter()
    assert len({planted, first.cookie, second.cookie}) == 3 and site.seen(planted) is None
    assert first.principal.session_id != second.principal.session_id


def test_the_store_has_no_cookie(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    with store.read() as conn:
        held = [str(row) for one in ("session", "audit_entry") for row in conn.exec_driver_sql(f"SELECT * FROM {one}")]
    assert held and not [row for row in held if cookie in row]


@pytest.mark.parametrize(("role", "minutes"), [(Role.VIEWER, 15), (Role.LEADER, 15), (Role.ADMINISTRATOR, 5)])
def test_idle_by_role(store: Store, role: Role, minutes: int) -> None:
    site = Site(store)
    site.person("an", role)
    cookie = site.enter().cookie
    site.clock.on(minutes=minutes, seconds=-1)
    assert site.seen(cookie, active=True) is not None
    site.clock.on(minutes=minutes, seconds=-1)
    assert site.seen(cookie) is not None  # a screen that asks by itself
    site.clock.on(seconds=1)
    assert site.seen(cookie) is None and site.seen(cookie, active=True) is None
    with store.read() as conn:
        last = audit_log.newest(conn, audit_log.AuditFilter(), 1)[0]
        assert (last.action, last.actor, last.reason) == ("session-expired", "an", "idle")


def test_who_was_disabled_changes_nothing_more_though_the_process_has_not_looked_again(store: Store) -> None:
    one, other = Site(store), Site(store)
    one.person()
    cookie = one.enter().cookie
    assert other.seen(cookie) is not None
    one.people.disable("an", ADMINISTRATOR)
    assert other.people.authenticate(cookie, HOME, is_active=True) is not None  # as of a moment ago
    assert other.people.authenticate(cookie, HOME, is_active=True, refresh=True) is None


def test_an_act_in_one_process_keeps_the_session_in_another(store: Store) -> None:
    clock = Clock()
    one, other = Site(store, clock), Site(store, clock)
    one.person()
    cookie = one.enter().cookie
    assert other.seen(cookie) is not None
    clock.on(minutes=10)
    assert one.seen(cookie, active=True) is not None
    clock.on(minutes=10)
    assert other.seen(cookie) is not None


def test_the_absolute_end_comes_whatever_one_does(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    for _ in range(72 - 1):
        site.clock.on(minutes=10)
        assert site.seen(cookie, active=True) is not None
    site.clock.on(minutes=10)
    assert site.seen(cookie, active=True) is None


@pytest.mark.parametrize("back", [timedelta(minutes=2), timedelta(hours=3), timedelta(days=400)])
def test_a_clock_that_jumps_back_extends_no_session(store: Store, back: timedelta) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    site.clock.on(minutes=10)
    assert site.seen(cookie, active=True) is not None
    site.clock.now -= back
    assert site.seen(cookie, active=True) is None
    assert site.seen(site.enter().cookie) is not None  # and nobody stays out


def test_a_small_slip_of_clocks_ends_nothing(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    site.clock.on(seconds=-20)
    assert site.seen(cookie, active=True) is not None
    site.clock.on(minutes=15, seconds=20)
    assert site.seen(cookie) is None


def test_what_is_ended_in_one_process_is_over_in_another_at_once(store: Store, url: str) -> None:
    with closing(Store(url)) as second:
        clock = Clock()
        one, other = Site(store, clock), Site(second, clock)
        one.person("an", Role.LEADER)
        cookies = [one.enter().cookie for _ in range(3)]
        seen = [other.seen(cookie) for cookie in cookies]
        assert all(seen) and len(one.people.list_sessions("an")) == 3
        first = seen[0]
        assert first is not None
        one.people.end_session(first.session_id, ADMINISTRATOR)
        assert [other.seen(cookie) is not None for cookie in cookies] == [False, True, True]
        one.people.end_all_sessions("an", ADMINISTRATOR, except_session=0)
        assert not [other.seen(cookie) for cookie in cookies if other.seen(cookie)]


def test_between_two_looks_the_store_is_not_asked(store: Store) -> None:
    site = Site(store)
    site.person()
    cookie = site.enter().cookie
    assert site.seen(cookie) is not None
    asked = []
    read = store.read
    store.read = lambda: asked.append(1) or read()  # type: ignore[method-assign, func-returns-value]
    for _ in range(50):
        assert site.people.authenticate(cookie, HOME, is_active=True) is not None
    assert len(asked) <= 1


def test_signing_out_ends_it(store: Store) -> None:
    site = Site(store)
    site.person()
    made = site.enter()
    site.people.sign_out(made.principal)
    assert site.seen(made.cookie) is None and site.people.list_sessions("an") == []


def test_nobody_ends_the_session_of_somebody_else(store: Store) -> None:
    site = Site(store)
    site.person("an")
    site.person("binh")
    made = site.enter("an")
    with denied(AuthCode.SESSION_NOT_FOUND):
        site.people.end_session(made.principal.session_id, site.enter("binh").principal, owner="binh")
    assert site.seen(made.cookie) is not None
