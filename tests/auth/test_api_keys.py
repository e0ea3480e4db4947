"""API keys: scopes, networks, expiry and revocation."""

from contextlib import AbstractContextManager

import pytest

from ioc.auth.api_keys import KEY_PREFIX, ApiKeyService, NewApiKey
from ioc.auth.errors import AuthCode
from ioc.domain.access.permissions import Action, PermissionDeniedError, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role, Scope
from ioc.domain.base.access_policy import AccessPolicy
from ioc.storage.access import audit_log
from ioc.storage.db.store import Conn, Store
from tests.auth.site import ADMINISTRATOR, Clock, Seconds, denied

WATCH, ELSEWHERE = "10.20.30.5", "10.99.0.1"


class Site:
    """The API key service of one process over a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.seconds = store, Clock(), Seconds()
        self.api_keys = ApiKeyService(store, self.clock, AccessPolicy(display_days=100), self.seconds)

    def create(self, *scopes: Scope, networks: str = "", name: str = "Prometheus") -> str:
        return self.api_keys.create(NewApiKey(name, scopes or [Scope.METRICS], networks), ADMINISTRATOR)

    def authenticate(self, key: str, address: str = WATCH) -> Principal | None:
        principal = self.principal(key, address)
        return principal if principal.kind is PrincipalKind.API_KEY else None

    def principal(self, key: str, address: str = WATCH) -> Principal:
        self.seconds.at += 0.2
        return self.api_keys.authenticate(key, address)

    def audit_entries(self, action: str) -> list[tuple[str, str, str]]:
        with self.store.read() as conn:
            return [
                (entry.actor, entry.target, entry.reason)
                for entry in audit_log.newest(conn, audit_log.AuditFilter(action=action), 20)
            ]


@pytest.fixture
def site(store: Store) -> Site:
    return Site(store)


def test_program_of_a_key_is_known_by_its_name_until_it_is_revoked(site: Site) -> None:
    key = site.create(Scope.DIRECTIVES, name="QLVB")
    sent_to = site.api_keys.principal_of("qlvb")
    asking = site.authenticate(key)
    assert sent_to and asking and (sent_to.name, sent_to.scopes) == (asking.name, asking.scopes)
    assert sent_to.kind is PrincipalKind.API_KEY and site.api_keys.principal_of("khac") is None
    site.api_keys.revoke("qlvb", ADMINISTRATOR)
    assert site.api_keys.principal_of("qlvb") is None


def test_key_permits_its_scopes_only(site: Site) -> None:
    principal = site.authenticate(site.create(Scope.METRICS))
    assert principal is not None and (principal.kind, principal.name, principal.roles) == (
        PrincipalKind.API_KEY,
        "prometheus",
        frozenset(),
    )
    assert {action for action in Action if is_allowed(principal, action)} == {Action.VIEW_PUBLIC, Action.READ_METRICS}
    other = site.authenticate(site.create(Scope.API, name="Báo cáo"))
    assert other is not None and {action for action in Action if is_allowed(other, action)} == {
        Action.VIEW_PUBLIC,
        Action.READ_API,
    }
    assert not PermissionDeniedError(principal, Action.READ_API).must_sign_in


def test_store_keeps_no_key_and_creation_is_audited(site: Site) -> None:
    key = site.create(Scope.METRICS, networks="10.20.30.0/24")
    assert key.startswith(KEY_PREFIX) and len(key) > 40
    with site.store.read() as conn:
        assert key.removeprefix(KEY_PREFIX) not in str(conn.exec_driver_sql("SELECT * FROM api_key").all())
        (entry,) = audit_log.newest(conn, audit_log.AuditFilter(action="api-key-created"), 9)
    assert (entry.actor, entry.target, entry.after) == ("quan-tri", "prometheus", "metrics 10.20.30.0/24")


def test_revoked_key_is_rejected_at_once_and_its_name_is_free(site: Site) -> None:
    key = site.create()
    assert site.authenticate(key) is not None
    site.api_keys.revoke("prometheus", ADMINISTRATOR)
    principal = site.principal(key)
    assert (principal.kind, principal.name, principal.revoked_reason) == (
        PrincipalKind.ANONYMOUS,
        "prometheus",
        RevokedReason.KEY_REVOKED,
    )
    assert site.audit_entries("api-key-revoked") == [("quan-tri", "prometheus", "")]
    fresh = site.create()
    assert site.authenticate(key) is None and site.authenticate(fresh) is not None
    with denied(AuthCode.API_KEY_NOT_FOUND):
        site.api_keys.revoke("nothing", ADMINISTRATOR)


@pytest.mark.parametrize("key", ["", "ioc-", "ioc-" + "a" * 43, "a" * 43, "ioc-" + "é" * 43, "ioc-" + "a" * 9000])
def test_unknown_key_is_rejected(site: Site, key: str) -> None:
    valid_key = site.create()
    for invalid_key in (key, valid_key.removeprefix(KEY_PREFIX)):
        assert site.principal(invalid_key) == Principal(address=WATCH, revoked_reason=RevokedReason.KEY_UNKNOWN)


def test_key_is_accepted_from_its_networks_only(site: Site) -> None:
    key = site.create(networks="10.20.30.0/24, 2001:db8::/64")
    assert site.authenticate(key) and site.authenticate(key, "2001:db8::7")
    for address in (ELSEWHERE, "no address"):
        principal = site.principal(key, address)
        assert (principal.kind, principal.name, principal.revoked_reason) == (
            PrincipalKind.ANONYMOUS,
            "prometheus",
            RevokedReason.KEY_OUTSIDE_NETWORK,
        )


def test_last_use_is_recorded_once_a_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key, writes = site.create(), list[int]()
    begin = site.store.write

    def counted() -> AbstractContextManager[Conn]:
        writes.append(1)
        return begin()

    monkeypatch.setattr(site.store, "write", counted)
    assert site.api_keys.list_all(ADMINISTRATOR)[0].last_seen is None
    for address in (WATCH, ELSEWHERE):
        for _ in range(10):
            assert site.authenticate(key, address)
    assert len(writes) == 2 and site.api_keys.list_all(ADMINISTRATOR)[0].last_address == ELSEWHERE
    site.clock.on(minutes=2)
    site.authenticate(key, ELSEWHERE)
    assert site.api_keys.list_all(ADMINISTRATOR)[0].last_seen == site.clock() and len(writes) == 3


def test_unused_key_expires(site: Site) -> None:
    used, unused = site.create(), site.create(name="Cũ")
    site.clock.on(days=60)
    assert site.authenticate(used)
    site.clock.on(days=60)
    assert site.authenticate(used) and site.principal(unused).revoked_reason is RevokedReason.KEY_UNUSED


@pytest.mark.parametrize(
    ("name", "scopes", "networks", "code"),
    [
        ("", [Scope.API], "", AuthCode.NAME_MISSING),
        ("A", [], "", AuthCode.SCOPE_MISSING),
        ("A", [Scope.API], "10.0.0.0/99", AuthCode.NETWORK_INVALID),
        (
            "A",
            [Scope.API],
            " ".join(["203.0.113.0/24"] * 26 + ["10.0.0.0/28"]),
            AuthCode.NETWORKS_TOO_LONG,
        ),  # cut: 10.0.0.0/2
        ("prometheus", [Scope.API], "", AuthCode.API_KEY_NAME_TAKEN),
    ],
)
def test_invalid_input_has_its_code(site: Site, name: str, scopes: list[Scope], networks: str, code: AuthCode) -> None:
    site.create()
    with denied(code):
        site.api_keys.create(NewApiKey(name, scopes, networks), ADMINISTRATOR)
    assert len(site.api_keys.list_all(ADMINISTRATOR)) == 1


def test_scopes_grant_nothing_but_their_actions() -> None:
    program = Principal(PrincipalKind.API_KEY, "a", scopes=frozenset(Scope))
    assert not any(
        is_allowed(program, action)
        for action in Action
        if action not in {Action.VIEW_PUBLIC, Action.READ_API, Action.READ_METRICS, Action.ACT_ON_DIRECTIVES}
    )
    assert is_allowed(Principal(PrincipalKind.USER, "b", roles=frozenset({Role.VIEWER})), Action.READ_API)
