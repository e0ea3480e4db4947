"""Self-service and administration of accounts; rules for passwords."""

from datetime import timedelta
from unicodedata import normalize

import pyotp
import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.password_strength import is_common
from ioc.auth.passwords import require_strong
from ioc.auth.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.auth.secret_key import SecretKey
from ioc.auth.self_service import PasswordChange
from ioc.auth.services import build_services
from ioc.auth.user_admin import NewUser, UserChange
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import from_ms
from ioc.storage.access import accounts, audit_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, HOME, PASSWORD, Site, denied, failed_login

NEW = "đàn cò trắng bay qua cánh đồng"


def error_code(call: object, *words: object, **more: object) -> AuthCode:
    with pytest.raises(AuthError) as caught:
        call(*words, **more)  # type: ignore[operator]
    return caught.value.code


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
    assert site.auth.sessions.list_sessions("an")[-1].created_at == from_ms(
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


def test_lockout_of_the_address_spares_signed_in_users(store: Store) -> None:
    site = Site(store)
    site.add_user()
    me = site.sign_in().principal
    for _ in range(5):
        failed_login(site, "ai-do")
    assert (
        failed_login(site, "an", PASSWORD).code is AuthCode.LOGIN_FAILED
    )  # the address is locked for those who are not signed in
    assert site.auth.self_service.change_password(me, PasswordChange(PASSWORD, NEW))
    assert failed_login(site, "an", NEW).code is AuthCode.LOGIN_FAILED  # and stays locked
    site.clock.on(seconds=61)
    assert site.sign_in("an", NEW)


def test_administrator_cannot_unlock_own_account_and_sees_the_true_lockout(store: Store) -> None:
    site = Site(store)
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    assert error_code(site.auth.users.unlock, "quan-tri", ADMINISTRATOR) is AuthCode.OWN_ACCOUNT
    assert error_code(site.auth.users.unlock, "khong-co", ADMINISTRATOR) is AuthCode.ACCOUNT_NOT_FOUND
    for n in range(7):
        site.clock.on(minutes=5)
        failed_login(site, "quan-tri", address=f"10.7.0.{n}")
    site.clock.on(hours=-2)
    (account,) = site.auth.users.list_accounts()
    assert account.locked_until == site.clock() + timedelta(minutes=4)
    site.clock.on(hours=3)
    assert [account.locked_until for account in site.auth.users.list_accounts()] == [None]


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


def test_rights_change_at_once_and_never_by_oneself(store: Store) -> None:
    site = Site(store)
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    site.add_user("an", Role.VIEWER)
    cookie = site.sign_in("an").cookie
    assert site.authenticate(cookie) is not None
    site.auth.users.change("an", UserChange(roles=[Role.REPORTER], agency="so-y-te"), ADMINISTRATOR)
    assert site.authenticate(cookie) is None
    principal = site.sign_in("an").principal
    assert (principal.roles, principal.agency) == (frozenset({Role.REPORTER}), "so-y-te")
    cookie = site.sign_in("an").cookie
    site.auth.users.change("an", UserChange(display_name="Chuyên viên An"), ADMINISTRATOR)
    again = site.authenticate(cookie)
    assert again is not None and again.display_name == "Chuyên viên An"  # a display name is no right
    change = site.auth.users.change
    assert (
        error_code(change, "quan-tri", UserChange(roles=[Role.LEADER, Role.ADMINISTRATOR]), ADMINISTRATOR)
        is AuthCode.OWN_ACCOUNT
    )
    assert error_code(site.auth.users.reset_password, "quan-tri", ADMINISTRATOR, with_mfa=True) is AuthCode.OWN_ACCOUNT
    assert error_code(change, "an", UserChange(agency=""), ADMINISTRATOR) is AuthCode.AGENCY_MISSING
    assert error_code(change, "an", UserChange(roles=[]), ADMINISTRATOR) is AuthCode.ROLE_MISSING
    assert error_code(change, "khong-co", UserChange(roles=[Role.VIEWER]), ADMINISTRATOR) is AuthCode.ACCOUNT_NOT_FOUND
    with store.read() as conn:
        entry = audit_log.newest(conn, audit_log.AuditFilter(action="account-changed", target="an"), 9)[-1]
        assert '"viewer"' in entry.before and '"reporter"' in entry.after and "so-y-te" in entry.after
        assert audit_log.verify(conn).first_bad_id is None


def test_last_administrator_stays(store: Store) -> None:
    site = Site(store)
    here = Principal(PrincipalKind.LOCAL, "command")
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    assert error_code(site.auth.users.disable, "quan-tri", here) is AuthCode.LAST_ADMINISTRATOR
    assert (
        error_code(site.auth.users.change, "quan-tri", UserChange(roles=[Role.VIEWER]), here)
        is AuthCode.LAST_ADMINISTRATOR
    )
    site.add_user("binh", Role.ADMINISTRATOR)
    site.auth.users.disable("quan-tri", here)
    assert error_code(site.auth.users.disable, "binh", here) is AuthCode.LAST_ADMINISTRATOR


def test_account_is_disabled_and_enabled(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    site.auth.users.disable("an", ADMINISTRATOR)
    assert (
        site.authenticate(cookie) is None
        and error_code(site.auth.login.sign_in, Credentials("an", PASSWORD), HOME) is AuthCode.LOGIN_FAILED
    )
    site.auth.users.enable("an", ADMINISTRATOR)
    assert site.sign_in()


def test_reset_with_mfa_removes_the_second_factor(store: Store) -> None:
    site = Site(store)
    site.add_user_with_mfa()
    one_time_password = site.auth.users.reset_password("an", ADMINISTRATOR, with_mfa=True)
    assert site.sign_in("an", one_time_password).principal.required_action is RequiredAction.CHANGE_PASSWORD


def test_user_names_are_validated_and_unique(store: Store) -> None:
    site = Site(store)
    for name in ("", "An", "a b", "-a", "a-", "ă", "a" * 61):
        assert error_code(site.auth.users.add, NewUser(name, [Role.VIEWER]), ADMINISTRATOR) is AuthCode.USERNAME_INVALID
    site.auth.users.add(NewUser("an", [Role.VIEWER]), ADMINISTRATOR)
    assert error_code(site.auth.users.add, NewUser("an", [Role.VIEWER]), ADMINISTRATOR) is AuthCode.USERNAME_TAKEN
    assert error_code(site.auth.users.add, NewUser("binh", [Role.REPORTER]), ADMINISTRATOR) is AuthCode.AGENCY_MISSING


def test_mfa_encrypted_with_another_key_is_rejected(store: Store) -> None:
    site = Site(store)
    totp = site.add_user_with_mfa()
    other = build_services(
        store, site.clock, AccessPolicy(), SecretKey(b"another-secret-of-a-centre-0123456789"), hasher=site.hasher
    )
    assert error_code(other.login.verify_mfa, site.begin_login(), totp.at(site.clock()), HOME) is AuthCode.MFA_FAILED


def test_login_keeps_the_store_version_and_a_change_of_rights_bumps_it(store: Store) -> None:
    site = Site(store)
    site.add_user()

    def number() -> int:
        with store.read() as conn:
            return change_counter.read(conn).store

    before = number()
    site.sign_in()
    assert number() == before
    site.auth.users.disable("an", ADMINISTRATOR)
    assert number() == before + 1


def test_daily_sweep_deletes_what_has_expired(store: Store) -> None:
    site = Site(store)
    site.add_user()
    cookie = site.sign_in().cookie
    with pytest.raises(AuthError):
        site.auth.login.sign_in(Credentials("an", "sai rồi"), HOME)
    site.clock.on(days=401)
    site.sweep()
    assert site.authenticate(cookie) is None
    with store.read() as conn:
        row_counts = [
            conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in ("session", "login_attempt")
        ]
        verification = audit_log.verify(conn)
        assert row_counts == [0, 0] and verification.first_bad_id is None
        assert [entry.action for entry in audit_log.oldest(conn, audit_log.AuditFilter(), 9)][-1] == "audit-purged"


@pytest.mark.parametrize("password", [
    "M@tKh4u2026!!!", "cantho2026cantho", "Cần Thơ 2026 Cần Thơ", "qwertyuiop1234567", "12345678901234",
    "abcabcabcabcabc", "Passw0rd!!!!!!!", "ioc-cantho-admin-2026", "1qaz2wsx3edc4rfv", "zxcvbnm,./asdfghjkl",
    "TrungTamDieuHanh2026", "anhyeuem anhyeuem", "24111990 24111990", "aaaaaaaaaaaaaab", "!@#$%^&*()!@#$%^",
    "Người trực ban 0001", "P@55w0rd P@55w0rd",
])  # fmt: skip
def test_common_password_is_rejected(password: str) -> None:
    with denied(AuthCode.PASSWORD_COMMON):
        require_strong(password, (), has_mfa=False)


@pytest.mark.parametrize("password", [
    PASSWORD, NEW, "correct horse battery staple", "kX9v-2qLmT_8wZ", "con trâu trắng gặm cỏ ven đê",
    "mưa rào đầu mùa trên bến phà", "🌾🛶🌊🐟🌧️🌴🥭🍍🦆🌞🌙⭐🐃🏞️ lúa chín vàng",
])  # fmt: skip
def test_sentence_is_accepted_as_password(password: str) -> None:
    assert_accepted(password, ("an", "Sở Y tế"))
    assert_accepted(normalize("NFD", password), ())


def assert_accepted(password: str, names: tuple[str, ...]) -> None:
    """Asserts that the rule for passwords does not deny it."""
    try:
        require_strong(password, names, has_mfa=False)
    except AuthError as error:
        pytest.fail(f"denied: {error}")


def test_password_of_own_names_is_common() -> None:
    names = ("le-quoc-khanh", "Lê Quốc Khánh", "so-nong-nghiep")
    assert is_common("LeQuocKhanh@so-nong-nghiep", names) and not is_common("LeQuocKhanh@so-nong-nghiep", ())
