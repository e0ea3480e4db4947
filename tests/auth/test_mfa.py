"""Second factor: TOTP and recovery codes, each valid once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pyotp
import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.sessions import NewSession
from ioc.auth.totp import matching_step, new_secret
from ioc.auth.user_admin import NewUser
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.storage.access import audit_log as rows
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, PASSWORD, Site, denied, failed_login

AN = Principal(PrincipalKind.USER, "an", address=HOME)


def test_login_with_mfa_takes_a_second_step(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa("an", Role.ADMINISTRATOR)
    token = site.begin_login()
    session = site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)
    assert session.principal.required_action is RequiredAction.NONE and site.authenticate(session.cookie) is not None
    assert site.authenticate(token) is None  # the token of the first step is no session
    with denied(AuthCode.LOGIN_STEP_EXPIRED):
        site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)


def test_totp_code_is_valid_once(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    first, second = site.begin_login(), site.begin_login()
    code = totp.at(site.clock())
    site.auth.login.verify_mfa(first, code, HOME)
    with denied(AuthCode.MFA_FAILED):
        site.auth.login.verify_mfa(second, code, HOME)
    with denied(AuthCode.MFA_FAILED):  # an older one neither
        site.auth.login.verify_mfa(second, totp.at(site.clock() - timedelta(seconds=30)), HOME)
    assert site.auth.login.verify_mfa(second, totp.at(site.clock() + timedelta(seconds=30)), HOME)


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_code_of_a_neighbouring_step_is_accepted(store: Store, seconds: int, good: bool) -> None:
    secret, now = new_secret(), Site(store).clock()
    assert (matching_step(secret, pyotp.TOTP(secret).at(now + timedelta(seconds=seconds)), now) is not None) == good


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00" * 6, "123 45a"])
def test_malformed_code_is_rejected(code: str, store: Store) -> None:
    site = Site(store)
    site.add_user_with_mfa()
    with denied(AuthCode.MFA_FAILED):
        site.auth.login.verify_mfa(site.begin_login(), code, HOME)


def test_recovery_code_is_valid_once(store: Store) -> None:
    site = Site(store)
    codes = site.recovery_codes(site.add_user_with_mfa())
    assert len(set(codes)) == 10
    site.auth.login.verify_mfa(site.begin_login(), codes[0].upper().replace("-", " "), HOME)
    with denied(AuthCode.MFA_FAILED):
        site.auth.login.verify_mfa(site.begin_login(), codes[0], HOME)
    assert site.auth.mfa.recovery_codes_left(AN) == 9
    with store.read() as conn:
        stored = str(conn.exec_driver_sql("SELECT * FROM recovery_code").all())
    assert codes[1] not in stored and codes[1].replace("-", "") not in stored


def test_renewed_recovery_codes_void_the_old_ones_and_their_sessions(store: Store) -> None:
    site = Site(store)
    old = site.recovery_codes(site.add_user_with_mfa())
    stranger, own = (site.auth.login.verify_mfa(site.begin_login(), code, HOME) for code in old[:2])
    renewed = site.auth.mfa.renew_recovery_codes(own.principal, PASSWORD)
    assert site.authenticate(stranger.cookie) is None and site.authenticate(own.cookie) is None
    principal = site.authenticate(renewed.session.cookie)
    assert principal is not None and principal.name == "an" and not {*old} & {*renewed.recovery_codes}
    with denied(AuthCode.MFA_FAILED):
        site.auth.login.verify_mfa(site.begin_login(), old[2], HOME)
    assert site.auth.login.verify_mfa(site.begin_login(), renewed.recovery_codes[0], HOME)


def test_wrong_codes_lead_to_a_lockout(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    token = site.begin_login()
    delays = []
    for _ in range(6):
        with denied(AuthCode.MFA_FAILED) as caught:
            site.auth.login.verify_mfa(token, "000000", HOME)
        delays.append(caught.value.retry_after_seconds)
    assert delays == [0, 0, 0, 0, 60, 60]
    with denied(AuthCode.MFA_FAILED):
        site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)
    site.clock.on(seconds=60)
    assert site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)


def test_right_password_alone_does_not_reset_the_lockout(store: Store) -> None:
    site = Site(store)
    site.add_user_with_mfa()
    for n in range(4):
        token = site.begin_login(address=f"10.7.0.{n}")
        with denied(AuthCode.MFA_FAILED):
            site.auth.login.verify_mfa(token, "000000", f"10.7.0.{n}")
    site.begin_login(address="10.7.0.8")
    assert failed_login(site, address="10.7.0.9").retry_after_seconds == 60


def test_pending_login_is_bound_to_its_address_and_five_minutes(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    token = site.begin_login()
    with denied(AuthCode.LOGIN_STEP_EXPIRED) as caught:
        site.auth.login.verify_mfa(token, totp.at(site.clock()), AWAY)
    assert (caught.value.action, caught.value.target) == ("login", "an")
    site.clock.on(minutes=5)
    with denied(AuthCode.LOGIN_STEP_EXPIRED):
        site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)


@pytest.mark.parametrize("secret_kind", ["once", "code", "recovery"])
def test_parallel_use_of_one_secret_opens_one_session(store: Store, url: str, secret_kind: str) -> None:
    site = Site(store)
    codes: tuple[str, ...] = ()
    if secret_kind == "once":
        one_time_password = site.auth.users.add(NewUser("an", [Role.VIEWER]), ADMINISTRATOR)
    else:
        totp = site.add_user_with_mfa()
        codes = site.recovery_codes(totp)
        tokens = [site.begin_login() for _ in range(4)]
        code = totp.at(site.clock()) if secret_kind == "code" else codes[0]
    together = threading.Barrier(4)

    def sign_in(n: int) -> bool:
        with closing(Store(url)) as own:
            other = Site(own)
            other.add_user("khac-" + str(n))
            together.wait(20)
            try:
                if secret_kind == "once":
                    return isinstance(
                        other.auth.login.sign_in(Credentials("an", one_time_password), f"10.8.0.{n}"), NewSession
                    )
                return isinstance(other.auth.login.verify_mfa(tokens[n], code, HOME), NewSession)
            except AuthError:
                return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sign_in, range(4))) == 1
    with store.read() as conn:
        assert rows.verify(conn).first_bad_id is None
