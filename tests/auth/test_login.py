"""Signing in: one sentence and one hash for all who are refused; doors that close; accounts that nobody uses."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher

from ioc.auth import audit_log
from ioc.auth.errors import AuthCode
from ioc.auth.lockout import LockoutKeys, delay, reserve_attempt
from ioc.auth.principal import RequiredAction, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, PASSWORD, WRONG, Site, causes, refused


def test_whoever_is_refused_hears_the_same_after_the_same_work(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh", "chi", "dung"):
        site.person(name)
    site.people.add("moi", "", [Role.VIEWER], "", ADMINISTRATOR)
    site.people.disable("binh", ADMINISTRATOR)
    with store.write() as conn:
        for _ in range(9):
            reserve_attempt(conn, LockoutKeys.for_attempt("chi", "10.9.9.9"), 5, site.clock())
    site.clock.on(seconds=10)
    heard, checked = [], []
    for n, name in enumerate(("an", "khong-co-ai", "binh", "moi", "\x00", "Đ" * 5000)):
        before = site.hasher.checked
        one = refused(site, name, WRONG if name != "binh" else PASSWORD, f"10.0.1.{n}")
        heard.append(one.failure)
        checked.append(site.hasher.checked - before)
    assert set(checked) == {1} and heard == [Failure(AuthCode.LOGIN_FAILED, {"seconds": 0})] * len(heard)
    before = site.hasher.checked
    locked = refused(site, "chi", PASSWORD, "10.0.1.99")  # right, but too late
    assert locked.code is AuthCode.LOGIN_FAILED and locked.retry_after_seconds > 0
    assert site.hasher.checked - before == 1


def test_what_was_typed_as_a_name_is_kept_nowhere(store: Store) -> None:
    site = Site(store)
    refused(site, PASSWORD)
    with store.read() as conn:
        text = [
            str(row) for one in ("audit_entry", "login_attempt") for row in conn.exec_driver_sql(f"SELECT * FROM {one}")
        ]
    assert len(text) >= 3 and not [row for row in text if PASSWORD in row]


def test_unicode_that_looks_the_same_is_the_same(store: Store) -> None:
    site = Site(store)
    site.person()
    for form in ("NFC", "NFD"):
        assert site.enter("AN ", normalize(form, PASSWORD))
    assert refused(site, password=PASSWORD.upper()).code is AuthCode.LOGIN_FAILED


def test_delays_grow_to_an_hour() -> None:
    minutes = [int(delay(n, 5).total_seconds() // 60) for n in range(14)]
    assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay(10**9, 5) == timedelta(hours=1)


def test_a_door_closes_by_account_wherever_one_tries_from(store: Store) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        last = refused(site, address=f"10.0.2.{n}")
    assert last.retry_after_seconds == 60
    assert refused(site, password=PASSWORD, address=AWAY).retry_after_seconds == 60
    site.clock.on(seconds=60)
    assert refused(site, address="10.0.3.1").retry_after_seconds == 120
    site.clock.on(seconds=119)
    assert refused(site, password=PASSWORD).retry_after_seconds == 1
    site.clock.on(seconds=1)
    assert site.enter() and site.enter()  # and success forgets the failures
    assert refused(site).retry_after_seconds == 0
    assert causes(store).count(AuthCode.ACCOUNT_LOCKED) == 2


def test_a_door_closes_by_address_whatever_name_is_tried(store: Store) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        refused(site, f"ai-{n}", address="2001:db8::1")
    assert refused(site, password=PASSWORD, address="2001:db8::ffff:9").retry_after_seconds == 60
    assert site.enter(address=HOME)


def test_an_unknown_name_is_locked_as_a_known_one_is(store: Store) -> None:
    site = Site(store)
    site.person()
    for name in ("an", "khong-co-ai"):
        told = [refused(site, name, address=f"10.4.{len(name)}.{n}").retry_after_seconds for n in range(7)]
        assert told == [0, 0, 0, 0, 60, 60, 60]


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_that_jumps_back_locks_nobody_out(store: Store, back: timedelta) -> None:
    site = Site(store)
    site.person()
    for n in range(5):
        refused(site, address=f"10.0.2.{n}")
    site.clock.now -= back
    assert refused(site, password=PASSWORD).retry_after_seconds == 60  # neither shorter nor longer
    site.clock.on(seconds=60)
    assert site.enter()


def test_the_count_holds_over_processes_and_tries_at_once(store: Store, url: str) -> None:
    Site(store).person()

    def guess(n: int) -> str:
        with closing(Store(url)) as own:
            site = Site(own)
            before = site.hasher.checked
            one = refused(site, address=f"10.5.0.{n}")
            return "looked" if one.retry_after_seconds != 60 or site.hasher.checked == before else "shut"

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(12)))
    assert causes(store).count(AuthCode.PASSWORD_WRONG) <= 7 and causes(store).count(AuthCode.ACCOUNT_LOCKED) >= 5


def test_a_one_time_password_is_good_once_and_for_a_day(store: Store) -> None:
    site = Site(store)
    given = site.people.add("an", "Người trực", [Role.OPERATOR], "", ADMINISTRATOR)
    assert site.enter("an", given).principal.required_action is RequiredAction.CHANGE_PASSWORD
    assert refused(site, "an", given).code is AuthCode.LOGIN_FAILED
    given = site.people.reset_password("an", ADMINISTRATOR)
    site.clock.on(hours=24, seconds=1)
    assert refused(site, "an", given).code is AuthCode.LOGIN_FAILED and AuthCode.ONE_TIME_PASSWORD_SPENT in causes(
        store
    )


def test_an_account_that_nobody_uses_is_disabled(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.person(name)
    site.clock.on(days=45)
    assert site.enter("an")
    site.clock.on(seconds=1)
    assert refused(site, "binh", PASSWORD).code is AuthCode.LOGIN_FAILED
    found = {one.name: one for one in site.people.list_accounts()}
    assert found["binh"].disabled_reason == "inactive" and not found["an"].disabled_at
    site.people.enable("binh", ADMINISTRATOR)
    assert site.enter("binh")
    site.clock.on(days=46)
    site.people.sweep()
    assert all(one.disabled_at for one in site.people.list_accounts())


def test_a_clock_that_leapt_ahead_leaves_one_administrator(store: Store) -> None:
    site = Site(store)
    site.person("an", Role.ADMINISTRATOR)
    site.person("binh", Role.ADMINISTRATOR)
    site.clock.on(days=4000)
    site.people.sweep()
    assert [one.name for one in site.people.list_accounts() if not one.disabled_at] == ["binh"]
    assert site.enter("binh").principal.required_action is RequiredAction.ENROL_MFA


def test_a_password_hashed_with_older_parameters_is_hashed_again(store: Store) -> None:
    site = Site(store)
    number = site.person()
    with store.write() as conn:
        accounts.change(conn, number, password_hash=PasswordHasher(1, 8192, 1).hash(PASSWORD))
    assert site.enter()
    with store.read() as conn:
        now = accounts.get_by_name(conn, "an")
    assert (
        now is not None and not site.hasher.needs_rehash(now.password_hash) and "m=19456,t=2,p=1" in now.password_hash
    )
    assert site.enter()


def test_the_rules_may_be_set(store: Store) -> None:
    site = Site(store, rules=AccessPolicy(lock_after=2))
    site.person()
    assert [refused(site, address=f"10.0.9.{n}").retry_after_seconds for n in range(2)] == [0, 60]
    assert audit_log.DENIED == "denied"
