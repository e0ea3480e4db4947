"""Login history: previous login, failures since, unfamiliar places."""

from datetime import datetime

import pyotp
import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.login_history import browser_family
from ioc.auth.mfa import MfaChallenge
from ioc.auth.oidc_accounts import OidcIdentity
from ioc.auth.self_service import PasswordChange
from ioc.auth.sessions import NewSession
from ioc.auth.totp import new_secret
from ioc.domain.access.principal import Role
from ioc.storage.access import accounts, audit_log
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, AWAY, BOX, HOME, PASSWORD, Site, denied

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"


@pytest.fixture
def site(store: Store) -> Site:
    new_site = Site(store)
    new_site.add_user()
    return new_site


def sign_in(site: Site, address: str = HOME, agent: str = FIREFOX.format(140)) -> LoginHistory:
    session = site.auth.login.sign_in(Credentials("an", PASSWORD), address, user_agent=agent)
    assert isinstance(session, NewSession)
    return site.auth.sessions.login_history(session.principal)


def fail_logins(site: Site, times: int, name: str = "an", address: str = AWAY) -> None:
    for _ in range(times):
        with pytest.raises(AuthError):
            site.auth.login.sign_in(Credentials(name, "không phải câu này"), address)


def test_second_login_shows_the_first(site: Site) -> None:
    assert sign_in(site) == LoginHistory()
    first: datetime = site.clock()
    site.clock.on(hours=20)
    history = sign_in(site)
    assert history.previous_login is not None and abs((history.previous_login - first).total_seconds()) < 1
    assert (history.previous_address, history.failed_logins, history.unfamiliar) == (HOME, 0, frozenset())


def test_failures_are_counted_during_a_lockout_too(site: Site) -> None:
    sign_in(site)
    fail_logins(site, 8)  # five are checked, then the account is locked
    fail_logins(site, 2, "nobody", "10.0.0.66")
    site.clock.on(hours=2)
    assert sign_in(site).failed_logins == 8
    assert sign_in(site).failed_logins == 0


def test_wrong_mfa_code_counts_as_a_failure_and_own_steps_do_not(site: Site) -> None:
    totp = site.add_user_with_mfa("binh")
    token = site.begin_login("binh")
    with pytest.raises(AuthError):
        site.auth.login.verify_mfa(token, "000000", HOME)
    session = site.auth.login.verify_mfa(token, totp.at(site.clock()), HOME)
    assert site.auth.sessions.login_history(session.principal).failed_logins == 1
    site.clock.on(minutes=2)
    session = site.auth.login.verify_mfa(site.begin_login("binh"), totp.at(site.clock()), HOME)
    assert site.auth.sessions.login_history(session.principal).failed_logins == 0


def test_abandoned_second_step_counts_as_a_failure(site: Site) -> None:
    totp = site.add_user_with_mfa("binh")
    site.begin_login("binh", address=AWAY)  # somebody with the password but without the authenticator
    session = site.auth.login.verify_mfa(site.begin_login("binh"), totp.at(site.clock()), HOME)
    assert site.auth.sessions.login_history(session.principal).failed_logins == 1


def test_parallel_login_leaves_no_negative_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add_user_with_mfa("binh")

    def reset_failures(_: str) -> bool:
        with site.store.write() as conn:
            account = accounts.get_by_name(conn, "binh")
            assert account is not None and account.failed_logins == 1
            accounts.change(conn, account.id, failed_logins=0)
        return False

    monkeypatch.setattr(site.hasher, "needs_rehash", reset_failures)
    site.begin_login("binh")
    with site.store.read() as conn:
        assert [account.failed_logins for account in accounts.list_all(conn)] == [0, 0]


def test_new_address_and_browser_are_unfamiliar_but_an_update_is_not(site: Site) -> None:
    sign_in(site)
    assert sign_in(site, agent=FIREFOX.format(141)).unfamiliar == frozenset()
    assert sign_in(site, AWAY).unfamiliar == {"address"}
    assert sign_in(site, AWAY).unfamiliar == frozenset()
    assert sign_in(site, HOME, "curl/8").unfamiliar == {"browser"}
    newest = site.auth.sessions.list_sessions("an", ADMINISTRATOR)[0]
    assert newest.login_history.unfamiliar == {"browser"}
    with site.store.read() as conn:
        assert [entry.after for entry in audit_log.newest(conn, audit_log.AuditFilter(action="login"), 3)] == [
            "new-browser",
            "",
            "new-address",
        ]


def test_place_is_unfamiliar_again_after_half_a_year(site: Site) -> None:
    sign_in(site)
    sign_in(site, AWAY)
    for _ in range(7):
        site.clock.on(days=30)
        sign_in(site, AWAY)
        site.sweep()
    assert sign_in(site).unfamiliar == {"address"}


def test_following_session_keeps_the_login_history(site: Site) -> None:
    sign_in(site)
    fail_logins(site, 1)
    session = site.sign_in()
    after = site.auth.self_service.change_password(
        session.principal, PasswordChange(PASSWORD, "đàn cò trắng bay qua cánh đồng")
    )
    assert site.auth.sessions.login_history(after.principal).failed_logins == 1
    assert site.auth.sessions.recent_login_history(after.principal) is not None
    site.clock.on(minutes=11)
    assert site.auth.sessions.recent_login_history(after.principal) is None


def test_oidc_login_has_a_history_too(site: Site) -> None:
    identity = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False)
    first = site.provisioning.sign_in_oidc(identity, HOME, user_agent="a")
    assert isinstance(first, NewSession) and site.auth.sessions.login_history(first.principal) == LoginHistory()
    again = site.provisioning.sign_in_oidc(identity, AWAY, user_agent="a")
    assert isinstance(again, NewSession) and site.auth.sessions.login_history(again.principal).unfamiliar == {"address"}


def test_oidc_login_without_second_step_counts_as_a_failure(site: Site) -> None:
    identity = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False)
    first = site.provisioning.sign_in_oidc(identity, HOME, user_agent="a")
    assert isinstance(first, NewSession)
    secret = new_secret()
    with site.store.write() as conn:
        chi = accounts.get_by_subject(conn, identity.subject)
        assert chi is not None
        accounts.change(conn, chi.id, totp_secret=BOX.encrypt(secret))
    waiting = [site.provisioning.sign_in_oidc(identity, address, user_agent="a") for address in (AWAY, HOME)]
    assert isinstance(waiting[1], MfaChallenge)
    session = site.auth.login.verify_mfa(waiting[1].token, pyotp.TOTP(secret).at(site.clock()), HOME)
    assert site.auth.sessions.login_history(session.principal).failed_logins == 1


def test_oidc_account_enrols_mfa_only_just_after_login(site: Site) -> None:
    identity = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False, is_mfa_required=True)
    session = site.provisioning.sign_in_oidc(identity, HOME)
    assert isinstance(session, NewSession) and not site.auth.self_service.has_password(session.principal)
    site.clock.on(minutes=4)
    assert site.auth.mfa.begin(session.principal, "")
    site.clock.on(minutes=2)
    with denied(AuthCode.REAUTHENTICATION_REQUIRED):
        site.auth.mfa.begin(session.principal, "")


def test_failures_of_an_unknown_name_are_not_stored(site: Site) -> None:
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    fail_logins(site, 3, "nobody")
    with site.store.read() as conn:
        assert [account.failed_logins for account in accounts.list_all(conn)] == [0, 0]


@pytest.mark.parametrize("agent", ["", "\0", "x" * 999, "é" * 300])
def test_browser_family_accepts_any_user_agent(agent: str) -> None:
    assert len(browser_family(agent)) <= 200 and "\0" not in browser_family(agent)
