"""Login history: previous login, failures since, unfamiliar places."""

from datetime import datetime

import pyotp
import pytest

from ioc.auth import mfa
from ioc.auth.account_service import MfaChallenge, NewSession
from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login_history import browser_family
from ioc.auth.oidc_accounts import OidcIdentity
from ioc.auth.principal import Role
from ioc.storage.access import accounts, audit_log
from ioc.storage.access.sessions import LoginHistory
from ioc.storage.db.store import Store
from tests.auth.site import AWAY, HOME, PASSWORD, Site, denied

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"


@pytest.fixture
def site(store: Store) -> Site:
    made = Site(store)
    made.add_user()
    return made


def enter(site: Site, address: str = HOME, agent: str = FIREFOX.format(140)) -> LoginHistory:
    made = site.accounts.sign_in("an", PASSWORD, address, user_agent=agent)
    assert isinstance(made, NewSession)
    return site.accounts.login_history(made.principal)


def fail(site: Site, times: int, name: str = "an", address: str = AWAY) -> None:
    for _ in range(times):
        with pytest.raises(AuthError):
            site.accounts.sign_in(name, "không phải câu này", address)


def test_second_login_shows_the_first(site: Site) -> None:
    assert enter(site) == LoginHistory()
    first: datetime = site.clock()
    site.clock.on(hours=20)
    told = enter(site)
    assert told.previous_login is not None and abs((told.previous_login - first).total_seconds()) < 1
    assert (told.previous_address, told.failed_logins, told.unfamiliar) == (HOME, 0, frozenset())


def test_failures_are_counted_during_a_lockout_too(site: Site) -> None:
    enter(site)
    fail(site, 8)  # five are looked at, then the door is locked
    fail(site, 2, "nobody", "10.0.0.66")
    site.clock.on(hours=2)
    assert enter(site).failed_logins == 8
    assert enter(site).failed_logins == 0


def test_wrong_mfa_code_counts_as_a_failure_and_own_steps_do_not(site: Site) -> None:
    totp = site.add_user_with_mfa("binh")
    token = site.begin_login("binh")
    with pytest.raises(AuthError):
        site.accounts.verify_mfa(token, "000000", HOME)
    found = site.accounts.verify_mfa(token, totp.at(site.clock()), HOME)
    assert site.accounts.login_history(found.principal).failed_logins == 1
    site.clock.on(minutes=2)
    found = site.accounts.verify_mfa(site.begin_login("binh"), totp.at(site.clock()), HOME)
    assert site.accounts.login_history(found.principal).failed_logins == 0


def test_abandoned_second_step_counts_as_a_failure(site: Site) -> None:
    totp = site.add_user_with_mfa("binh")
    site.begin_login("binh", address=AWAY)  # whoever has the password, and not the telephone
    found = site.accounts.verify_mfa(site.begin_login("binh"), totp.at(site.clock()), HOME)
    assert site.accounts.login_history(found.principal).failed_logins == 1


def test_parallel_login_leaves_no_negative_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add_user_with_mfa("binh")

    def meanwhile(_: str) -> bool:
        with site.store.write() as conn:
            found = accounts.get_by_name(conn, "binh")
            assert found is not None and found.failed_logins == 1
            accounts.change(conn, found.id, failed_logins=0)
        return False

    monkeypatch.setattr(site.hasher, "needs_rehash", meanwhile)
    site.begin_login("binh")
    with site.store.read() as conn:
        assert [one.failed_logins for one in accounts.list_all(conn)] == [0, 0]


def test_new_address_and_browser_are_unfamiliar_but_an_update_is_not(site: Site) -> None:
    enter(site)
    assert enter(site, agent=FIREFOX.format(141)).unfamiliar == frozenset()
    assert enter(site, AWAY).unfamiliar == {"address"}
    assert enter(site, AWAY).unfamiliar == frozenset()
    assert enter(site, HOME, "curl/8").unfamiliar == {"browser"}
    newest = site.accounts.list_sessions("an")[0]
    assert newest.login_history.unfamiliar == {"browser"}
    with site.store.read() as conn:
        assert [one.after for one in audit_log.newest(conn, audit_log.AuditFilter(action="login"), 3)] == [
            "new-browser",
            "",
            "new-address",
        ]


def test_place_is_unfamiliar_again_after_half_a_year(site: Site) -> None:
    enter(site)
    enter(site, AWAY)
    for _ in range(7):
        site.clock.on(days=30)
        enter(site, AWAY)
        site.accounts.sweep()
    assert enter(site).unfamiliar == {"address"}


def test_following_session_keeps_the_login_history(site: Site) -> None:
    enter(site)
    fail(site, 1)
    made = site.sign_in()
    after = site.accounts.change_password(made.principal, PASSWORD, "đàn cò trắng bay qua cánh đồng")
    assert site.accounts.login_history(after.principal).failed_logins == 1
    assert site.accounts.recent_login_history(after.principal) is not None
    site.clock.on(minutes=11)
    assert site.accounts.recent_login_history(after.principal) is None


def test_oidc_login_has_a_history_too(site: Site) -> None:
    told = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False)
    first = site.accounts.sign_in_oidc(told, HOME, user_agent="a")
    assert isinstance(first, NewSession) and site.accounts.login_history(first.principal) == LoginHistory()
    again = site.accounts.sign_in_oidc(told, AWAY, user_agent="a")
    assert isinstance(again, NewSession) and site.accounts.login_history(again.principal).unfamiliar == {"address"}


def test_oidc_login_without_second_step_counts_as_a_failure(site: Site) -> None:
    told = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False)
    first = site.accounts.sign_in_oidc(told, HOME, user_agent="a")
    assert isinstance(first, NewSession)
    secret = mfa.new_secret()
    with site.store.write() as conn:
        chi = accounts.get_by_subject(conn, told.subject)
        assert chi is not None
        accounts.change(conn, chi.id, totp_secret=site.accounts.cipher.encrypt(secret))
    waiting = [site.accounts.sign_in_oidc(told, address, user_agent="a") for address in (AWAY, HOME)]
    assert isinstance(waiting[1], MfaChallenge)
    found = site.accounts.verify_mfa(waiting[1].token, pyotp.TOTP(secret).at(site.clock()), HOME)
    assert site.accounts.login_history(found.principal).failed_logins == 1


def test_oidc_account_enrols_mfa_only_just_after_login(site: Site) -> None:
    told = OidcIdentity("https://id|7", "chi", "Chi", ("viewer",), "", has_mfa=False, is_mfa_required=True)
    made = site.accounts.sign_in_oidc(told, HOME)
    assert isinstance(made, NewSession) and not site.accounts.has_password(made.principal)
    site.clock.on(minutes=4)
    assert site.accounts.begin_mfa(made.principal, "")
    site.clock.on(minutes=2)
    with denied(AuthCode.REAUTHENTICATION_REQUIRED):
        site.accounts.begin_mfa(made.principal, "")


def test_failures_of_an_unknown_name_are_not_stored(site: Site) -> None:
    site.add_user("quan-tri", Role.ADMINISTRATOR)
    fail(site, 3, "nobody")
    with site.store.read() as conn:
        assert [one.failed_logins for one in accounts.list_all(conn)] == [0, 0]


@pytest.mark.parametrize("agent", ["", "\0", "x" * 999, "é" * 300])
def test_browser_family_accepts_any_user_agent(agent: str) -> None:
    assert len(browser_family(agent)) <= 200 and "\0" not in browser_family(agent)
