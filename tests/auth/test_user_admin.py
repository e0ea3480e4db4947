"""Administration of accounts: rights, one-time passwords, the last administrator."""

from datetime import timedelta

import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.user_admin import NewUser, UserChange
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.storage.access import audit_log
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, HOME, PASSWORD, Site, error_code, failed_login


def test_administrator_cannot_unlock_own_account_and_sees_the_true_lockout(store: Store) -> None:
    site = Site(store)
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    assert error_code(site.auth.users.unlock, "quan-tri", ADMINISTRATOR) is AuthCode.OWN_ACCOUNT
    assert error_code(site.auth.users.unlock, "khong-co", ADMINISTRATOR) is AuthCode.ACCOUNT_NOT_FOUND
    for n in range(7):
        site.clock.on(minutes=5)
        failed_login(site, "quan-tri", address=f"10.7.0.{n}")
    site.clock.on(hours=-2)
    (account,) = site.auth.users.list_accounts(ADMINISTRATOR)
    assert account.locked_until == site.clock() + timedelta(minutes=4)
    site.clock.on(hours=3)
    assert [account.locked_until for account in site.auth.users.list_accounts(ADMINISTRATOR)] == [None]


def test_rights_change_at_once_and_never_by_oneself(store: Store) -> None:
    site = Site(store)
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    site.add_user("an", Role.VIEWER)
    cookie = site.sign_in("an").cookie
    assert site.authenticate(cookie) is not None
    assert site.auth.users.change("an", UserChange(roles=[Role.REPORTER], agency="so-y-te"), ADMINISTRATOR)
    assert site.authenticate(cookie) is None
    principal = site.sign_in("an").principal
    assert (principal.roles, principal.agency) == (frozenset({Role.REPORTER}), "so-y-te")
    cookie = site.sign_in("an").cookie
    assert not site.auth.users.change("an", UserChange(display_name="Chuyên viên An"), ADMINISTRATOR)
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


def test_all_that_is_wrong_with_a_change_is_told_at_once(store: Store) -> None:
    site = Site(store)
    site.add_user("an", Role.VIEWER)
    with pytest.raises(AuthError) as refused:
        site.auth.users.change("an", UserChange(roles=[], agency="khong-co"), ADMINISTRATOR)
    assert [each.failure.code for each in (refused.value, *refused.value.more)] == [
        AuthCode.ROLE_MISSING, AuthCode.AGENCY_UNKNOWN,
    ]  # fmt: skip


def test_last_administrator_stays(store: Store) -> None:
    site = Site(store)
    here = Principal(PrincipalKind.SHELL, "command")
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


def test_agency_that_does_not_exist_is_refused_wherever_the_command_comes_from(store: Store) -> None:
    site = Site(store)
    users = site.auth.users
    for by in (ADMINISTRATOR, Principal(PrincipalKind.SHELL, "command")):
        new = NewUser("binh", [Role.REPORTER], agency="khong-co")
        assert error_code(users.add, new, by) is AuthCode.AGENCY_UNKNOWN
        assert [account.name for account in users.list_accounts(by)] == []
    users.add(NewUser("binh", [Role.REPORTER], agency="mp-a"), ADMINISTRATOR)
    for agency in ("khong-co", "mp-a ", "mp-a\0", "MP-A"):
        assert error_code(users.change, "binh", UserChange(agency=agency), ADMINISTRATOR) is AuthCode.AGENCY_UNKNOWN
    (account,) = users.list_accounts(ADMINISTRATOR)
    assert account.agency == "mp-a"
