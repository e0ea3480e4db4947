"""The second step of signing in: codes of an authenticator, recovery codes; nothing good twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pyotp
import pytest

from ioc.auth import mfa
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import NewSession
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.storage.access import audit_log as rows
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, PASSWORD, Site, denied, refused

AN = Principal(PrincipalKind.USER, "an", address=HOME)


def test_a_second_factor_is_asked_for(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor("an", Role.ADMINISTRATOR)
    token = site.begin()
    made = site.people.verify_mfa(token, phone.at(site.clock()), HOME)
    assert made.principal.required_action is RequiredAction.NONE and site.seen(made.cookie) is not None
    assert site.seen(token) is None  # half a sign-in opens nothing
    with denied(AuthCode.LOGIN_STEP_EXPIRED):
        site.people.verify_mfa(token, phone.at(site.clock()), HOME)


def test_a_code_is_good_once(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    first, second = site.begin(), site.begin()
    code = phone.at(site.clock())
    site.people.verify_mfa(first, code, HOME)
    with denied(AuthCode.MFA_FAILED):
        site.people.verify_mfa(second, code, HOME)
    with denied(AuthCode.MFA_FAILED):  # an older one neither
        site.people.verify_mfa(second, phone.at(site.clock() - timedelta(seconds=30)), HOME)
    assert site.people.verify_mfa(second, phone.at(site.clock() + timedelta(seconds=30)), HOME)


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_code_of_a_neighbouring_step_is_good(store: Store, seconds: int, good: bool) -> None:
    secret, now = mfa.new_secret(), Site(store).clock()
    assert (mfa.matching_step(secret, pyotp.TOTP(secret).at(now + timedelta(seconds=seconds)), now) is not None) == good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00" * 6, "123 45a"])
def test_what_is_no_code_is_refused(code: str, store: Store) -> None:
    site = Site(store)
    site.with_factor()
    with denied(AuthCode.MFA_FAILED):
        site.people.verify_mfa(site.begin(), code, HOME)


def test_a_recovery_code_is_good_once(store: Store) -> None:
    site = Site(store)
    codes = site.codes(site.with_factor())
    assert len(set(codes)) == 10
    site.people.verify_mfa(site.begin(), codes[0].upper().replace("-", " "), HOME)
    with denied(AuthCode.MFA_FAILED):
        site.people.verify_mfa(site.begin(), codes[0], HOME)
    assert site.people.recovery_codes_left(AN) == 9
    with store.read() as conn:
        kept = str(conn.exec_driver_sql("SELECT * FROM recovery_code").all())
    assert codes[1] not in kept and codes[1].replace("-", "") not in kept


def test_new_recovery_codes_void_the_old_ones_and_put_out_who_came_in_by_them(store: Store) -> None:
    site = Site(store)
    old = site.codes(site.with_factor())
    stranger, me = (site.people.verify_mfa(site.begin(), code, HOME) for code in old[:2])
    made = site.people.renew_recovery_codes(me.principal, PASSWORD)
    assert site.seen(stranger.cookie) is None and site.seen(me.cookie) is None
    again = site.seen(made.session.cookie)
    assert again is not None and again.name == "an" and not {*old} & {*made.recovery_codes}
    with denied(AuthCode.MFA_FAILED):
        site.people.verify_mfa(site.begin(), old[2], HOME)
    assert site.people.verify_mfa(site.begin(), made.recovery_codes[0], HOME)


def test_codes_are_counted_as_passwords_are(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    token = site.begin()
    told = []
    for _ in range(6):
        with denied(AuthCode.MFA_FAILED) as caught:
            site.people.verify_mfa(token, "000000", HOME)
        told.append(caught.value.retry_after_seconds)
    assert told == [0, 0, 0, 0, 60, 60]
    with denied(AuthCode.MFA_FAILED):
        site.people.verify_mfa(token, phone.at(site.clock()), HOME)
    site.clock.on(seconds=60)
    assert site.people.verify_mfa(token, phone.at(site.clock()), HOME)


def test_a_right_password_alone_forgets_no_failures(store: Store) -> None:
    site = Site(store)
    site.with_factor()
    for n in range(4):
        token = site.begin(address=f"10.7.0.{n}")
        with denied(AuthCode.MFA_FAILED):
            site.people.verify_mfa(token, "000000", f"10.7.0.{n}")
    site.begin(address="10.7.0.8")
    assert refused(site, address="10.7.0.9").retry_after_seconds == 60


def test_a_half_sign_in_is_bound_to_its_address_and_five_minutes(store: Store) -> None:
    site = Site(store)
    phone = site.with_factor()
    token = site.begin()
    with denied(AuthCode.LOGIN_STEP_EXPIRED):
        site.people.verify_mfa(token, phone.at(site.clock()), AWAY)
    with store.read() as conn:
        (told,) = rows.newest(conn, rows.AuditFilter(action="login"), 9)
    assert (told.target, told.address, told.reason) == ("an", AWAY, AuthCode.LOGIN_STEP_EXPIRED)
    site.clock.on(minutes=5)
    with denied(AuthCode.LOGIN_STEP_EXPIRED):
        site.people.verify_mfa(token, phone.at(site.clock()), HOME)


@pytest.mark.parametrize("what", ["once", "code", "recovery"])
def test_two_workers_pressed_at_once_let_in_one(store: Store, url: str, what: str) -> None:
    site = Site(store)
    codes: tuple[str, ...] = ()
    if what == "once":
        given = site.people.add("an", "", [Role.VIEWER], "", ADMINISTRATOR)
    else:
        phone = site.with_factor()
        codes = site.codes(phone)
        tokens = [site.begin() for _ in range(4)]
        code = phone.at(site.clock()) if what == "code" else codes[0]
    together = threading.Barrier(4)

    def press(n: int) -> bool:
        with closing(Store(url)) as own:
            other = Site(own)
            other.person("khac-" + str(n))
            together.wait(20)
            try:
                if what == "once":
                    return isinstance(other.people.sign_in("an", given, f"10.8.0.{n}"), NewSession)
                return isinstance(other.people.verify_mfa(tokens[n], code, HOME), NewSession)
            except AuthError:
                return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(4))) == 1
    with store.read() as conn:
        assert rows.verify(conn).first_bad_id is None
