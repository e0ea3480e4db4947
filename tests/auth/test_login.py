"""Login: equal answers for every cause, lockout, one-time passwords, unused accounts."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher

from ioc.auth import audit_log
from ioc.auth.errors import AuthCode
from ioc.auth.lockout import LockoutKeys, delay, reserve_attempt
from ioc.auth.passwords import Hasher
from ioc.auth.user_admin import NewUser
from ioc.domain.access.principal import RequiredAction, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, PASSWORD, WRONG, Site, failed_login


def test_denied_login_has_the_same_error_and_work_for_every_cause(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh", "chi", "dung"):
        site.add_user(name)
    site.auth.users.add(NewUser("moi", [Role.VIEWER]), ADMINISTRATOR)
    site.auth.users.disable("binh", ADMINISTRATOR)
    with store.write() as conn:
        for _ in range(9):
            reserve_attempt(conn, LockoutKeys.for_attempt("chi", "10.9.9.9"), 5, site.clock())
    site.clock.on(seconds=10)
    failures, checked = [], []
    for n, name in enumerate(("an", "khong-co-ai", "binh", "moi", "\x00", "Đ" * 5000)):
        before = site.hasher.checked
        error = failed_login(site, name, WRONG if name != "binh" else PASSWORD, f"10.0.1.{n}")
        failures.append(error.failure)
        checked.append(site.hasher.checked - before)
    assert set(checked) == {1} and failures == [Failure(AuthCode.LOGIN_FAILED)] * len(failures)
    before = site.hasher.checked
    locked = failed_login(site, "chi", PASSWORD, "10.0.1.99")  # the right password during a lockout
    assert locked.code is AuthCode.LOGIN_FAILED and locked.retry_after_seconds > 0
    assert site.hasher.checked - before == 1


def test_typed_name_is_stored_nowhere(store: Store) -> None:
    site = Site(store)
    error = failed_login(site, PASSWORD)
    assert error.target == "" and PASSWORD not in str(error.cause.to_json())  # what is audited of it
    with store.read() as conn:
        text = [str(row) for row in conn.exec_driver_sql("SELECT * FROM login_attempt")]
    assert len(text) >= 2 and not [row for row in text if PASSWORD in row]


def test_name_and_password_are_normalized(store: Store) -> None:
    site = Site(store)
    site.add_user()
    for form in ("NFC", "NFD"):
        assert site.sign_in("AN ", normalize(form, PASSWORD))
    assert failed_login(site, password=PASSWORD.upper()).code is AuthCode.LOGIN_FAILED


def test_delays_grow_to_an_hour() -> None:
    minutes = [int(delay(n, 5).total_seconds() // 60) for n in range(14)]
    assert minutes == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay(10**9, 5) == timedelta(hours=1)


def test_account_is_locked_after_five_failures_from_anywhere(store: Store) -> None:
    site = Site(store)
    site.add_user()
    for n in range(5):
        last = failed_login(site, address=f"10.0.2.{n}")
    assert (last.retry_after_seconds, last.cause.code) == (60, AuthCode.PASSWORD_WRONG)
    assert (last.action, last.target) == ("login", "an")
    locked = failed_login(site, password=PASSWORD, address=AWAY)
    assert (locked.retry_after_seconds, locked.cause.code) == (60, AuthCode.ACCOUNT_LOCKED)
    site.clock.on(seconds=60)
    assert failed_login(site, address="10.0.3.1").retry_after_seconds == 120
    site.clock.on(seconds=119)
    locked = failed_login(site, password=PASSWORD)
    assert (locked.retry_after_seconds, locked.cause.code) == (1, AuthCode.ACCOUNT_LOCKED)
    site.clock.on(seconds=1)
    assert site.sign_in() and site.sign_in()  # success resets the failures
    assert failed_login(site).retry_after_seconds == 0


def test_address_is_locked_after_five_failures_of_any_name(store: Store) -> None:
    site = Site(store)
    site.add_user()
    for n in range(5):
        failed_login(site, f"ai-{n}", address="2001:db8::1")
    assert failed_login(site, password=PASSWORD, address="2001:db8::ffff:9").retry_after_seconds == 60
    assert site.sign_in(address=HOME)


def test_who_guesses_from_elsewhere_locks_nobody_out_at_their_usual_place(store: Store) -> None:
    site = Site(store)
    site.add_user()
    site.sign_in()
    for n in range(20):
        failed_login(site, address=f"10.0.2.{n}")
    assert failed_login(site, password=PASSWORD, address=AWAY).cause.code == AuthCode.ACCOUNT_LOCKED
    assert site.sign_in(address=HOME)
    assert failed_login(site, password=PASSWORD, address=AWAY).cause.code == AuthCode.ACCOUNT_LOCKED
    assert site.sign_in(address=HOME).principal.name == "an"


def test_guesses_at_a_usual_place_lock_the_account_there(store: Store) -> None:
    site = Site(store)
    site.add_user()
    for address in (HOME, AWAY):
        site.sign_in(address=address)
    assert [failed_login(site, address=HOME).retry_after_seconds for _ in range(6)] == [0, 0, 0, 0, 60, 60]
    assert failed_login(site, password=PASSWORD, address=HOME).cause.code == AuthCode.ACCOUNT_LOCKED
    (account,) = site.auth.users.list_accounts(ADMINISTRATOR)
    assert account.locked_until == site.clock() + timedelta(minutes=1)
    assert site.sign_in(address=AWAY)
    assert failed_login(site, password=PASSWORD, address=HOME).cause.code == AuthCode.ACCOUNT_LOCKED
    site.auth.users.unlock("an", ADMINISTRATOR)
    assert site.sign_in(address=HOME)


def test_people_behind_one_address_do_not_share_failures_where_they_are_known(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.add_user(name)
        site.sign_in(name)
    site.add_user("chi")
    for name in ("an", "khong-co-ai"):
        for _ in range(6):
            failed_login(site, name)
    assert site.sign_in("binh")
    assert failed_login(site, "chi", PASSWORD).cause.code == AuthCode.ACCOUNT_LOCKED  # has not been there before


def test_unknown_name_is_locked_like_a_known_one(store: Store) -> None:
    site = Site(store)
    site.add_user()
    for name in ("an", "khong-co-ai"):
        delays = [failed_login(site, name, address=f"10.4.{len(name)}.{n}").retry_after_seconds for n in range(7)]
        assert delays == [0, 0, 0, 0, 60, 60, 60]


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_lockout_is_not_prolonged_when_the_clock_is_set_back(store: Store, back: timedelta) -> None:
    site = Site(store)
    site.add_user()
    for n in range(5):
        failed_login(site, address=f"10.0.2.{n}")
    site.clock.now -= back
    assert failed_login(site, password=PASSWORD).retry_after_seconds == 60  # neither shorter nor longer
    site.clock.on(seconds=60)
    assert site.sign_in()


def test_failures_are_counted_across_processes_and_parallel_attempts(store: Store, url: str) -> None:
    Site(store).add_user()

    def guess(n: int) -> str:
        with closing(Store(url)) as own:
            return failed_login(Site(own), address=f"10.5.0.{n}").cause.code

    with ThreadPoolExecutor(6) as pool:
        causes = list(pool.map(guess, range(12)))
    assert causes.count(AuthCode.PASSWORD_WRONG) <= 7 and causes.count(AuthCode.ACCOUNT_LOCKED) >= 5


def test_one_time_password_is_valid_once_and_for_a_day(store: Store) -> None:
    site = Site(store)
    one_time_password = site.auth.users.add(NewUser("an", [Role.OPERATOR], "Người trực"), ADMINISTRATOR)
    assert site.sign_in("an", one_time_password).principal.required_action is RequiredAction.CHANGE_PASSWORD
    assert failed_login(site, "an", one_time_password).code is AuthCode.LOGIN_FAILED
    one_time_password = site.auth.users.reset_password("an", ADMINISTRATOR)
    site.clock.on(hours=24, seconds=1)
    error = failed_login(site, "an", one_time_password)
    assert (error.code, error.cause.code, error.target) == (
        AuthCode.LOGIN_FAILED, AuthCode.ONE_TIME_PASSWORD_SPENT, "an",
    )  # fmt: skip


def test_clock_set_back_does_not_prolong_a_one_time_password(store: Store) -> None:
    site = Site(store)
    one_time_password = site.auth.users.add(NewUser("an", [Role.OPERATOR], "Người trực"), ADMINISTRATOR)
    site.clock.on(seconds=-61)
    assert failed_login(site, "an", one_time_password).cause.code == AuthCode.ONE_TIME_PASSWORD_SPENT
    site.clock.on(seconds=1)  # within the tolerance
    assert site.sign_in("an", one_time_password).principal.required_action is RequiredAction.CHANGE_PASSWORD


def test_unused_account_is_disabled(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.add_user(name)
    site.clock.on(days=43)
    assert site.sign_in("an")  # the program has run by this clock
    site.clock.on(days=2, seconds=1)
    assert failed_login(site, "binh", PASSWORD).code is AuthCode.LOGIN_FAILED
    accounts_by_name = {account.name: account for account in site.auth.users.list_accounts(ADMINISTRATOR)}
    assert accounts_by_name["binh"].disabled_reason == "inactive" and not accounts_by_name["an"].disabled_at
    site.auth.users.enable("binh", ADMINISTRATOR)
    assert site.sign_in("binh")
    site.clock.on(days=46)
    site.sweep()
    assert all(account.disabled_at for account in site.auth.users.list_accounts(ADMINISTRATOR))


def test_clock_that_was_set_ahead_refuses_an_account_and_does_not_disable_it(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.add_user(name)
    assert site.sign_in("an")
    site.clock.on(days=400)
    denied = failed_login(site, "an", PASSWORD)
    assert denied.cause and denied.cause.code == AuthCode.ACCOUNT_UNUSED
    site.clock.on(days=-400)  # set right again
    assert site.sign_in("an")


def test_password_with_old_hash_parameters_is_rehashed(store: Store) -> None:
    site = Site(store)
    vars(site.hasher)["_argon"] = Hasher()._argon  # with the parameters of the program
    number = site.add_user()
    with store.write() as conn:
        accounts.change(conn, number, password_hash=PasswordHasher(1, 8192, 1).hash(PASSWORD))
    assert site.sign_in()
    with store.read() as conn:
        account = accounts.get_by_name(conn, "an")
    assert (
        account is not None
        and not site.hasher.needs_rehash(account.password_hash)
        and "m=19456,t=2,p=1" in account.password_hash
    )
    assert site.sign_in()


def test_lock_after_is_configurable(store: Store) -> None:
    site = Site(store, policy=AccessPolicy(lock_after=2))
    site.add_user()
    assert [failed_login(site, address=f"10.0.9.{n}").retry_after_seconds for n in range(2)] == [0, 60]
    assert audit_log.DENIED == "denied"
