"""Login through an identity provider: which tokens are accepted, and the rights they give."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyotp
import pytest
from joserfc.jwk import RSAKey

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.auth.oidc import OidcClient
from ioc.auth.oidc_accounts import OidcIdentity, OidcProvisioning
from ioc.auth.sessions import NewSession
from ioc.auth.totp import new_secret
from ioc.domain.access.principal import RequiredAction, Role
from ioc.domain.base.access_policy import OidcProvider
from ioc.domain.base.failure import Failure
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.access import accounts, audit_log
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from tests.auth.oidc_provider import CLIENT, Provider, running
from tests.auth.oidc_provider import SECRET as CLIENT_SECRET
from tests.auth.site import ADMINISTRATOR, BOX, HOME, SECRET, Site
from tests.data_sources import certificates
from tests.storage.expected_store import START

BACK = "https://ioc.example.test/dang-nhap/ve"


class Centre(Site):
    """A site whose users sign in through a provider."""

    def __init__(self, store: Store, **rules: Any) -> None:
        super().__init__(store)
        self.store, self.more = store, rules

    def client(self, provider: Provider, ca: Path | None = None) -> OidcClient:
        roles = {"truc-ban": ("operator", "viewer"), "bao-cao": ("reporter",), "quan-tri": ("administrator",)}
        rules = OidcProvider(
            provider.issuer,
            CLIENT,
            "SSO_SECRET",
            roles_by_group=roles,
            agencies_by_group={"so-a": "mp-a", "so-b": "mp-b"},
            **self.more,
        )
        return OidcClient(rules, self.provisioning, SECRET, self.clock, CLIENT_SECRET, ca)

    def sign_in_oidc(self, provider: Provider, ca: Path | None = None) -> NewSession | MfaChallenge:
        client = self.client(provider, ca)
        login = client.begin_login(BACK)
        return client.complete_login(login.state_cookie, provider.authorize(login.url), HOME)


@pytest.fixture
def centre(store: Store) -> Centre:
    return Centre(store)


@pytest.fixture
def provider(centre: Centre) -> Iterator[Provider]:
    with running(centre.clock) as running_provider:
        yield running_provider


def error_code(call: object, *words: object) -> AuthError:
    with pytest.raises(AuthError) as caught:
        call(*words)  # type: ignore[operator]
    return caught.value


def new_session(centre: Centre, provider: Provider) -> NewSession:
    session = centre.sign_in_oidc(provider)
    assert isinstance(session, NewSession)
    return session


def test_oidc_user_has_the_rights_of_the_provider(centre: Centre, provider: Provider) -> None:
    session = new_session(centre, provider)
    assert session.principal.name == "an-nguyen" and session.principal.roles == frozenset({Role.OPERATOR, Role.VIEWER})
    assert centre.authenticate(session.cookie) is not None
    provider.claims["groups"] = ["bao-cao", "so-a"]
    again = new_session(centre, provider)
    assert (again.principal.name, again.principal.agency) == ("an-nguyen", "mp-a")
    assert again.principal.roles == frozenset({Role.REPORTER}) and centre.authenticate(session.cookie) is None
    assert (
        error_code(centre.auth.login.sign_in, Credentials("an-nguyen", ""), HOME).code is AuthCode.LOGIN_FAILED
    )  # the account has no password
    assert error_code(centre.auth.users.reset_password, "an-nguyen", ADMINISTRATOR).code is AuthCode.ACCOUNT_EXTERNAL
    with centre.store.read() as conn:
        assert audit_log.verify(conn).first_bad_id is None


@pytest.mark.parametrize("groups", [["so-a", "bao-cao", "so-b"], ["so-b", "so-a", "bao-cao"]])
def test_of_several_agencies_the_first_of_the_configuration_counts(
    centre: Centre, provider: Provider, groups: list[str]
) -> None:
    provider.claims["groups"] = groups
    assert new_session(centre, provider).principal.agency == "mp-a"


def test_changed_name_is_taken_over_without_an_end_of_sessions(centre: Centre, provider: Provider) -> None:
    provider.claims["name"] = "Trần An"
    session = new_session(centre, provider)
    for name, shown in (("Nguyễn An", "Nguyễn An"), ("", "Nguyễn An")):
        provider.claims["name"] = name
        assert new_session(centre, provider).principal.display_name == shown
        running_one = centre.authenticate(session.cookie)
        assert running_one is not None and running_one.display_name == shown
    with centre.store.read() as conn:
        changes = audit_log.newest(conn, audit_log.AuditFilter(action="account-changed"), 9)
    assert len(changes) == 1 and "An" not in changes[0].after.split()


def test_oidc_user_without_a_role_is_denied(centre: Centre, provider: Provider) -> None:
    provider.claims["groups"] = ["ke-toan"]
    assert (
        error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_DENIED
        and centre.auth.users.list_accounts(ADMINISTRATOR) == []
    )
    provider.claims["groups"] = "truc-ban"
    new_session(centre, provider)
    centre.auth.users.disable("an-nguyen", ADMINISTRATOR)
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_DENIED


@pytest.mark.parametrize("groups", [[], ["ke-toan"]])
def test_who_loses_every_role_at_the_provider_loses_the_running_sessions(
    centre: Centre, provider: Provider, groups: list[str]
) -> None:
    session = new_session(centre, provider)
    provider.claims["groups"] = groups
    for _ in range(2):
        assert error_code(centre.sign_in_oidc, provider).cause == Failure(AuthCode.ACCOUNT_WITHOUT_ROLE)
    assert centre.authenticate(session.cookie) is None
    (account,) = centre.auth.users.list_accounts(ADMINISTRATOR)
    assert not account.roles


def test_oidc_user_never_gets_an_existing_account(centre: Centre, provider: Provider) -> None:
    centre.add_user("an-nguyen", Role.ADMINISTRATOR)
    assert new_session(centre, provider).principal.name == "an-nguyen-2"
    provider.claims["sub"] = "0002"
    assert new_session(centre, provider).principal.name == "an-nguyen-3"


def test_everybody_of_one_name_gets_an_account(centre: Centre) -> None:
    """Each commune has its "vanthu@": the 50th was denied."""
    names = set()
    for n in range(52):
        someone = OidcIdentity(f"https://sso.test|{n}", f"vanthu@xa-{n}.test", "Văn thư", ("viewer",), "", False)
        for _ in range(2):
            session = centre.provisioning.sign_in_oidc(someone, HOME)
            assert isinstance(session, NewSession)
            names.add(session.principal.name)
    assert len(names) == 52 and all(name.startswith("vanthu") for name in names)


@pytest.mark.parametrize("last_day", [None, START.date()])
def test_oidc_user_never_gets_the_name_of_a_holder(
    centre: Centre, provider: Provider, last_day: date | None
) -> None:  # fmt: skip
    """Whoever signed in first under that name would hold the position."""
    chairman = Position("ct", PositionKind.CHAIRMAN, "x", "an-nguyen", START.date(), last_day)
    with centre.store.write() as conn:
        positions.put_position(conn, chairman)
    assert new_session(centre, provider).principal.name == "an-nguyen-2"
    with centre.store.write() as conn:
        positions.put_position(conn, replace(chairman, holder="an-nguyen-2"))
    assert new_session(centre, provider).principal.name == "an-nguyen-2"


def test_first_sign_ins_of_one_user_at_once_all_succeed(centre: Centre) -> None:
    """All have found no account before the first one creates it."""
    at_once, have_looked = 4, threading.Barrier(4)
    identity = OidcIdentity("https://sso.test|1", "moi", "Mới", ("viewer",), "", True)

    class Slow(OidcProvisioning):
        def _sync_account(self, *args: Any) -> None:
            have_looked.wait(60)
            super()._sync_account(*args)

    provisioning = Slow(centre.store, centre.clock)
    with ThreadPoolExecutor(at_once) as pool:
        sessions = list(pool.map(lambda _: provisioning.sign_in_oidc(identity, HOME), range(at_once)))
    assert all(isinstance(session, NewSession) for session in sessions)
    assert [account.name for account in centre.auth.users.list_accounts(ADMINISTRATOR)] == ["moi"]
    assert all(centre.authenticate(session.cookie) for session in sessions if isinstance(session, NewSession))
    with centre.store.read() as conn:
        created = audit_log.oldest(conn, audit_log.AuditFilter(action="account-created"), 10)
    assert len(created) == 1


@pytest.mark.parametrize("overrides", [
    {"iss": "https://another.test"}, {"aud": "another"}, {"aud": ["ioc", "another"]}, {"nonce": "another"},
    {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": 99_999_999_999}, {"sub": None}, {"azp": "another"},
    {"sub": " "},
])  # fmt: skip
def test_token_with_wrong_claims_is_rejected(centre: Centre, provider: Provider, overrides: dict[str, Any]) -> None:
    provider.overrides = overrides
    assert (
        error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED
        and centre.auth.users.list_accounts(ADMINISTRATOR) == []
    )


def test_token_with_a_wrong_signature_is_rejected(centre: Centre, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_FAILED


def test_authorization_code_is_valid_once_and_for_its_browser(centre: Centre, provider: Provider) -> None:
    client = centre.client(provider)
    mine, other = client.begin_login(BACK), client.begin_login(BACK)
    query = provider.authorize(mine.url)
    assert error_code(client.complete_login, other.state_cookie, query, HOME).cause == Failure(
        AuthCode.OIDC_STATE_MISMATCH
    )
    assert error_code(client.complete_login, "nonsense", query, HOME).cause == Failure(AuthCode.OIDC_STATE_EXPIRED)
    stolen = provider.authorize(other.url) | {"state": query["state"]}  # a code for another browser: PKCE
    assert error_code(client.complete_login, mine.state_cookie, stolen, HOME).code is AuthCode.OIDC_FAILED
    assert isinstance(client.complete_login(mine.state_cookie, query, HOME), NewSession)
    assert error_code(client.complete_login, mine.state_cookie, query, HOME).code is AuthCode.OIDC_FAILED
    late = client.begin_login(BACK)
    query = provider.authorize(late.url)
    centre.clock.on(minutes=11)
    assert error_code(client.complete_login, late.state_cookie, query, HOME).cause == Failure(
        AuthCode.OIDC_STATE_EXPIRED
    )


def test_own_mfa_is_required_unless_the_provider_checked_one(centre: Centre, provider: Provider) -> None:
    provider.claims |= {"groups": ["quan-tri"], "amr": ["pwd"]}
    assert new_session(centre, provider).principal.required_action is RequiredAction.ENROL_MFA
    provider.claims["amr"] = ["pwd", "otp"]
    assert new_session(centre, provider).principal.required_action is RequiredAction.NONE
    secret = new_secret()
    with centre.store.write() as conn:
        account = accounts.get_by_name(conn, "an-nguyen")
        assert account is not None
        accounts.change(conn, account.id, totp_secret=BOX.encrypt(secret))
    assert isinstance(centre.sign_in_oidc(provider), NewSession)
    provider.claims["amr"] = ["pwd"]
    waiting = centre.sign_in_oidc(provider)
    assert isinstance(waiting, MfaChallenge)
    session = centre.auth.login.verify_mfa(waiting.token, pyotp.TOTP(secret).at(centre.clock()), HOME)
    assert session.principal.required_action is RequiredAction.NONE


def test_lost_second_factor_of_an_external_account_is_removed_by_an_administrator(
    centre: Centre, provider: Provider
) -> None:
    principal = new_session(centre, provider).principal
    enrolment = centre.auth.mfa.begin(principal, "")
    issued = centre.auth.mfa.confirm(principal, pyotp.TOTP(enrolment.secret).at(centre.clock()))
    assert isinstance(centre.sign_in_oidc(provider), MfaChallenge)
    users = centre.auth.users
    assert error_code(users.reset_password, "an-nguyen", ADMINISTRATOR).code is AuthCode.ACCOUNT_EXTERNAL
    assert users.reset_password("an-nguyen", ADMINISTRATOR, with_mfa=True) == ""
    assert centre.authenticate(issued.session.cookie) is None and new_session(centre, provider)
    (account,) = users.list_accounts(ADMINISTRATOR)
    assert (account.has_mfa, account.has_one_time_password) == (False, False)
    with centre.store.read() as conn:
        assert len(audit_log.newest(conn, audit_log.AuditFilter(action="mfa-reset", target="an-nguyen"), 9)) == 1


def test_access_policy_may_require_mfa_of_everybody(store: Store) -> None:
    centre = Centre(store, requires_mfa=True)
    with running(centre.clock) as provider:
        assert new_session(centre, provider).principal.required_action is RequiredAction.ENROL_MFA


def test_provider_that_is_unreachable_or_has_another_issuer_is_unavailable(centre: Centre, provider: Provider) -> None:
    client = centre.client(provider)
    provider.issuer = "https://another.test"
    assert error_code(client.begin_login, BACK).code is AuthCode.OIDC_UNAVAILABLE
    unreachable = OidcClient(OidcProvider("http://127.0.0.1:9", CLIENT), centre.provisioning, SECRET, centre.clock)
    assert error_code(unreachable.begin_login, BACK).code is AuthCode.OIDC_UNAVAILABLE


def test_provider_with_a_private_ca_needs_the_ca_file(centre: Centre, tmp_path: Path) -> None:
    certificates.make(tmp_path)
    with running(centre.clock, tmp_path) as provider:
        assert error_code(centre.sign_in_oidc, provider).code is AuthCode.OIDC_UNAVAILABLE
        assert isinstance(centre.sign_in_oidc(provider, tmp_path / "ca.pem"), NewSession)
