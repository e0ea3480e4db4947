"""Self-service: own password and second factor."""

from unicodedata import normalize

import pyotp
import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.secret_key import SecretKey
from ioc.auth.self_service import PasswordChange
from ioc.auth.services import build_services
from ioc.domain.access.principal import RequiredAction
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import from_ms
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, HOME, PASSWORD, Site, error_code, failed_login

NEW = "đàn cò trắng bay qua cánh đồng"


def test_new_password_ends_all_sessions_and_starts_one(store: Store) -> None:
    site = Site(store)
    site.add_user()
    session, other_session = site.sign_in(), site.sign_in()
    site.clock.on(minutes=10)
    new_session = site.auth.self_service.change_password(
        session.principal, PasswordChange(normalize("NFD", PASSWORD), NEW)
    )
    assert site.authenticate(session.cookie) is None and site.authenticate(other_session.cookie) is None
    principal = site.authenticate(new_session.cookie)
    assert principal is not None and principal.session_id not in (
        session.principal.session_id,
        other_session.principal.session_id,
    )
    assert error_code(
        site.auth.login.sign_in, Credentials("an", PASSWORD), HOME
    ) is AuthCode.LOGIN_FAILED and site.sign_in("an", NEW)
    assert site.auth.sessions.list_sessions("an", ADMINISTRATOR)[-1].created_at == from_ms(
        1000 * int(site.clock().timestamp()) - 600_000
    )


def test_new_password_is_validated(store: Store) -> None:
    site = Site(store)
    site.add_user("nguyen-lan")
    me = site.sign_in("nguyen-lan").principal
    change = site.auth.self_service.change_password
    assert error_code(change, me, PasswordChange("không phải", NEW)) is AuthCode.PASSWORD_WRONG
    assert error_code(change, me, PasswordChange(PASSWORD, PASSWORD)) is AuthCode.PASSWORD_UNCHANGED
    assert error_code(change, me, PasswordChange(PASSWORD, "kX9v-2qLmT_8w")) is AuthCode.PASSWORD_TOO_SHORT
    assert error_code(change, me, PasswordChange(PASSWORD, "kX9v-2qLmT" * 13)) is AuthCode.PASSWORD_TOO_LONG
    assert error_code(change, me, PasswordChange(PASSWORD, "Nguyễn Lan 2026 cantho!")) is AuthCode.PASSWORD_COMMON
    assert site.sign_in("nguyen-lan")


def test_all_that_is_wrong_with_the_input_is_told_at_once(store: Store) -> None:
    site = Site(store)
    site.add_user()
    me = site.sign_in().principal
    with pytest.raises(AuthError) as refused:
        site.auth.self_service.change_password(me, PasswordChange("không phải", "ngắn", "khác"))
    assert [each.failure.code for each in (refused.value, *refused.value.more)] == [
        AuthCode.PASSWORD_WRONG, AuthCode.PASSWORD_TOO_SHORT, AuthCode.PASSWORD_MISMATCH,
    ]  # fmt: skip


def test_who_does_not_know_the_current_password_is_not_told_that_the_new_one_is_it(store: Store) -> None:
    site = Site(store)
    site.add_user()
    me = site.sign_in().principal
    with pytest.raises(AuthError) as refused:
        site.auth.self_service.change_password(me, PasswordChange("không phải", PASSWORD, PASSWORD))
    assert (refused.value.code, refused.value.more) == (AuthCode.PASSWORD_WRONG, ())


def test_guessing_the_current_password_leads_to_a_lockout(store: Store) -> None:
    site = Site(store)
    site.add_user()
    me = site.sign_in().principal
    for _ in range(5):
        assert (
            error_code(site.auth.self_service.change_password, me, PasswordChange("đoán mò một câu", NEW))
            is AuthCode.PASSWORD_WRONG
        )
    assert (
        error_code(site.auth.self_service.change_password, me, PasswordChange(PASSWORD, NEW)) is AuthCode.PASSWORD_WRONG
    )
    site.clock.on(seconds=60)
    assert site.auth.self_service.change_password(me, PasswordChange(PASSWORD, NEW))


def test_lockouts_of_others_spare_signed_in_users(store: Store) -> None:
    site = Site(store)
    for name in ("an", "binh"):
        site.add_user(name)
    me = site.sign_in().principal
    for _ in range(5):
        failed_login(site, "ai-do")
    for n in range(5):
        failed_login(site, "an", address=f"10.0.2.{n}")
    # The address is locked for those who have not signed in from there, the account for other places.
    assert failed_login(site, "binh", PASSWORD).code is AuthCode.LOGIN_FAILED
    assert failed_login(site, "an", PASSWORD, AWAY).code is AuthCode.LOGIN_FAILED
    assert site.auth.self_service.change_password(me, PasswordChange(PASSWORD, NEW))
    assert failed_login(site, "binh", PASSWORD).code is AuthCode.LOGIN_FAILED  # and stays locked
    assert failed_login(site, "an", NEW, AWAY).code is AuthCode.LOGIN_FAILED
    site.clock.on(seconds=61)
    assert site.sign_in("binh") and site.sign_in("an", NEW, AWAY)


def test_administrator_changes_one_time_password_then_enrols_mfa(store: Store) -> None:
    site = Site(store)
    one_time_password = site.auth.users.create_first_administrator()
    assert one_time_password is not None and site.auth.users.create_first_administrator() is None
    first = site.sign_in("quan-tri", one_time_password)
    assert first.principal.required_action is RequiredAction.CHANGE_PASSWORD
    assert (
        error_code(site.auth.self_service.change_password, first.principal, PasswordChange("", one_time_password))
        is AuthCode.PASSWORD_UNCHANGED
    )
    second = site.auth.self_service.change_password(first.principal, PasswordChange("", NEW))
    assert second.principal.required_action is RequiredAction.ENROL_MFA
    assert error_code(site.auth.mfa.begin, second.principal, "") is AuthCode.PASSWORD_WRONG
    enrolment = site.auth.mfa.begin(second.principal, NEW)
    assert (
        enrolment.uri.startswith("otpauth://totp/")
        and enrolment.qr_svg.startswith("<svg")
        and enrolment.secret in enrolment.uri
    )
    totp = pyotp.TOTP(enrolment.secret)
    assert error_code(site.auth.mfa.confirm, second.principal, "000000") is AuthCode.MFA_CODE_WRONG
    done = site.auth.mfa.confirm(second.principal, totp.at(site.clock()))
    assert done.session.principal.required_action is RequiredAction.NONE and len(done.recovery_codes) == 10
    assert site.authenticate(second.cookie) is None and site.authenticate(done.session.cookie) is not None
    assert error_code(site.auth.mfa.remove, done.session.principal, NEW) is AuthCode.MFA_MANDATORY
    token = site.begin_login("quan-tri", NEW)
    assert (
        error_code(site.auth.login.verify_mfa, token, totp.at(site.clock()), HOME) is AuthCode.MFA_FAILED
    )  # the code that confirmed the enrolment
    assert site.auth.login.verify_mfa(token, done.recovery_codes[0], HOME)
    with store.read() as conn:
        account = accounts.get_by_name(conn, "quan-tri")
    assert account is not None and account.totp_secret and enrolment.secret not in account.totp_secret


def test_mfa_allows_a_shorter_password_that_blocks_its_removal(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    me = site.auth.login.verify_mfa(site.begin_login(), totp.at(site.clock()), HOME).principal
    me = site.auth.self_service.change_password(me, PasswordChange(PASSWORD, "kX9v-2qLm")).principal
    assert error_code(site.auth.mfa.remove, me, "kX9v-2qLm") is AuthCode.PASSWORD_TOO_SHORT
    me = site.auth.self_service.change_password(me, PasswordChange("kX9v-2qLm", NEW)).principal
    assert error_code(site.auth.mfa.begin, me, "") is AuthCode.PASSWORD_WRONG
    assert site.auth.mfa.begin(me, NEW) and site.auth.mfa.is_enabled(me)
    me = site.auth.mfa.remove(me, NEW).principal
    assert not site.auth.mfa.is_enabled(me) and site.sign_in("an", NEW)


def test_mfa_encrypted_with_another_key_is_rejected(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    other = build_services(
        store,
        site.clock,
        AccessPolicy(),
        SecretKey(b"another-secret-of-a-centre-0123456789"),
        agencies=(),
        hasher=site.hasher,
    )
    assert error_code(other.login.verify_mfa, site.begin_login(), totp.at(site.clock()), HOME) is AuthCode.MFA_FAILED
