"""A use while the clock is set back makes no account, display or API key unused once the clock is right."""

from datetime import timedelta

from ioc.auth.api_keys import ApiKeyService, NewApiKey
from ioc.auth.displays import DisplayService, DisplaySettings
from ioc.auth.oidc_accounts import OidcIdentity
from ioc.auth.sessions import NewSession
from ioc.domain.access.principal import PrincipalKind, Scope
from ioc.storage.db.store import Store
from tests.auth.site import ADMINISTRATOR, HOME, SECRET, Site

BACK = timedelta(days=699)  # as a machine without a clock battery starts
IDENTITY = OidcIdentity("https://sso|1", "binh", "Bình", ("viewer",), "", True)


def disabled(site: Site) -> set[str]:
    return {account.name for account in site.auth.users.list_accounts(ADMINISTRATOR) if account.disabled_at}


def test_account_that_signed_in_meanwhile_stays_enabled(store: Store) -> None:
    site = Site(store)
    site.add_user("an")
    site.add_user("cuc")
    for step in (-BACK, BACK):
        assert site.sign_in("an") and isinstance(site.provisioning.sign_in_oidc(IDENTITY, HOME), NewSession)
        site.clock.now += step
    site.sweep()
    assert disabled(site) == set() and site.sign_in("an")
    site.clock.on(days=site.policy.unused_days + 1)
    site.sweep()
    assert disabled(site) == {"an", "binh", "cuc"}  # it counts by the right clock


def test_account_that_was_enabled_meanwhile_stays_enabled(store: Store) -> None:
    site = Site(store)
    site.add_user("an")
    site.auth.users.disable("an", ADMINISTRATOR)
    site.clock.now -= BACK
    site.auth.users.enable("an", ADMINISTRATOR)
    site.clock.now += BACK
    site.sweep()
    assert disabled(site) == set()


def test_place_of_a_login_meanwhile_stays_familiar(store: Store) -> None:
    site = Site(store)
    site.add_user("an")
    for step in (-BACK, BACK):
        assert site.sign_in("an")
        site.clock.now += step
    site.sweep()
    assert site.auth.sessions.login_history(site.sign_in("an").principal).unfamiliar == frozenset()
    elsewhere = site.sign_in("an", address="10.99.0.1").principal
    assert site.auth.sessions.login_history(elsewhere).unfamiliar == {"address"}


def test_display_that_was_seen_meanwhile_stays_accepted(store: Store) -> None:
    site = Site(store)
    operator = ADMINISTRATOR

    def process() -> DisplayService:
        return DisplayService(store, site.clock, site.policy, SECRET, site.seconds)

    service = process()
    enrolment = service.request_code(HOME)
    service.enrol(enrolment.code, DisplaySettings("Phòng họp", "/"), operator)
    cookie = service.collect_cookie(enrolment.secret)
    assert cookie is not None
    for days in (300, 300, 300):
        site.clock.on(days=days)
        assert service.authenticate(cookie, HOME).kind is PrincipalKind.DISPLAY
    site.clock.now -= BACK
    assert process().authenticate(cookie, HOME).kind is PrincipalKind.DISPLAY
    site.clock.now += BACK
    assert process().authenticate(cookie, HOME).kind is PrincipalKind.DISPLAY
    site.clock.on(days=site.policy.display_days + 1)
    assert process().authenticate(cookie, HOME).kind is not PrincipalKind.DISPLAY


def test_api_key_that_was_used_meanwhile_stays_accepted(store: Store) -> None:
    site = Site(store)

    def process() -> ApiKeyService:
        return ApiKeyService(store, site.clock, site.policy, site.seconds)

    service = process()
    key = service.create(NewApiKey("Prometheus", [Scope.METRICS], ""), ADMINISTRATOR)
    for days in (300, 300, 300):
        site.clock.on(days=days)
        assert service.authenticate(key, HOME).kind is PrincipalKind.API_KEY
    site.clock.now -= BACK
    same = process()
    assert same.authenticate(key, HOME).kind is PrincipalKind.API_KEY
    site.clock.now += BACK
    for accepting in (same, process()):
        assert accepting.authenticate(key, HOME).kind is PrincipalKind.API_KEY
    site.clock.on(days=site.policy.display_days + 1)
    assert process().authenticate(key, HOME).kind is not PrincipalKind.API_KEY
