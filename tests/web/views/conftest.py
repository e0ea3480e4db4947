"""The views over a real store with accounts, displays and API keys, requested by HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyotp
import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components.ui.i18n import catalogue
from ioc.auth import audit_log
from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.auth.sessions import NewSession
from ioc.config.configuration import PublicPage
from ioc.dash_kit.files import SentFiles
from ioc.directives.context import DirectiveContext
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.access_policy import AccessPolicy, OidcProvider
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import Clock as ReadClock
from ioc.domain.directives.agency import Agency
from ioc.domain.geo.place import AdminUnit
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store
from ioc.submissions.service import SubmissionService
from ioc.web import evidence, files
from ioc.web.app_factory import create_app
from ioc.web.errors import denial_log
from ioc.web.exports import endpoint as exports
from ioc.web.exports.lists import access_lists, directive_lists, watching_lists
from ioc.web.middleware.authentication import SESSION_COOKIE, Authenticator
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.client_ip import TrustedProxies
from ioc.web.middleware.gate import GateConfig
from ioc.web.middleware.rate_limit import correction_limit
from ioc.web.page_services import directive_services, first_page, page_services
from ioc.web.views import public_page
from ioc.web.views.blueprints import blueprints
from ioc.web.views.services import Services
from tests.auth.oidc_provider import SECRET as CLIENT_SECRET
from tests.auth.site import PASSWORD, Clock, Site
from tests.conftest import empty_store
from tests.storage.city import configuration
from tests.web.fake import FakeReads, settings

FAR, PROXY = "203.0.113.9", "10.1.0.4"
AGENCIES = {"mp-a": LocalizedText("Cơ quan A (mô phỏng)"), "mp-b": LocalizedText("Cơ quan B (mô phỏng)")}
PAGES = {"/tuong": "Tổng quan", "/": "Trang đầu", "/ban-do": "Bản đồ"}


def directive_context(store: Store, clock: ReadClock) -> DirectiveContext:
    """Directives of the agencies of the tests."""
    agencies = {key: Agency(key, name, name) for key, name in AGENCIES.items()}
    units = {"p1": AdminUnit("p1", "Ninh Kiều", "phường", 1, 105.8, 10)}
    return DirectiveContext(store, agencies, clock, audit_log.write_acts, units=units)


class Centre:
    """One application over a store, and browsers that request its pages."""

    def __init__(
        self, store: Store, folder: Path, openid: OidcProvider | None = None, clock: Clock | None = None,
        pages_package: str = "tests.web.site",
    ) -> None:  # fmt: skip
        self.store, self.clock, self.reads = store, clock or Clock(), FakeReads()
        policy = AccessPolicy(oidc=openid)
        self.site = Site(store, self.clock, policy, oidc_secret=CLIENT_SECRET)
        self.auth = self.site.auth
        self.directives = directive_context(store, self.clock)
        self.submissions = SubmissionService(
            store,
            replace(configuration(), agencies=self.directives.agencies),
            self.clock,
            audit_log.write_act,
            correction_limit(),
        )
        services = Services(
            store, self.auth, self.clock, policy, lambda: AGENCIES, lambda: PAGES, lambda: {"mp-b"},
            partial(first_page, self.directives),
        )  # fmt: skip
        gate_config = GateConfig(
            Authenticator(self.auth.sessions, self.auth.displays, api_keys=self.auth.api_keys),
            TrustedProxies([PROXY]),
            access_policy=policy,
            audit_sink=denial_log.audit_sink(store, self.clock),
            flush_denials=denial_log.denial_flusher(store, self.clock),
            login_history=self.auth.sessions.recent_login_history,
        )
        lists = [*watching_lists(), *access_lists(services), *directive_lists(self.directives)]
        spool = files.FileSpool(folder / "files", lambda: self.clock().timestamp())
        views = [*blueprints(services), exports.blueprint(self.reads, lists), files.blueprint(spool, files.kinds())]
        views.append(public_page.blueprint(self.reads.snapshot, PublicPage(("water-level",), True)))
        views.append(evidence.blueprint(evidence.evidence_service(self.directives, folder)))
        self.app = create_app(
            self.reads, settings(folder, pages_package=pages_package), blueprints=views,
            gate_config=gate_config,
            services={
                **page_services(services, self.reads.snapshot, self.reads.snapshot),
                **directive_services(self.directives, folder),
                SubmissionService: self.submissions, SnapshotCache: self.reads,
                SentFiles: SentFiles(spool.read, spool.drop),
            },
            waiting=lambda principal: {"release": len(principal.name)} if Role.LEADER in principal.roles else {},
        )  # fmt: skip

    def browser(self, address: str = FAR, *, tls: bool = False) -> "Browser":
        """A browser at `address`; `tls`: through our proxy."""
        client = self.app.server.test_client()
        client.environ_base |= {"REMOTE_ADDR": address, "HTTP_SEC_FETCH_SITE": "same-origin"}
        if tls:
            client.environ_base |= {
                "REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": address, "HTTP_X_FORWARDED_PROTO": "https"
            }  # fmt: skip
        return Browser(self, client, f"{'https' if tls else 'http'}://ioc.test")

    def later(self, **by: float) -> None:
        """Advances the clock; every process checks its store for changes again."""
        self.clock.on(**by)
        self.site.seconds.at += 1

    def signed_in(self, name: str, *roles: Role, address: str = FAR) -> "Browser":
        """The browser of a new user with these roles, signed in; an administrator with a second factor."""
        if Role.ADMINISTRATOR in roles:
            totp = self.site.add_user_with_mfa(name, *roles)
            waiting = self.auth.login.sign_in(Credentials(name, PASSWORD), address)
            assert isinstance(waiting, MfaChallenge)
            session = self.auth.login.verify_mfa(waiting.token, self.code(totp), address)
        else:
            self.site.add_user(name, *roles)
            new_session = self.auth.login.sign_in(Credentials(name, PASSWORD), address)
            assert isinstance(new_session, NewSession)
            session = new_session
        browser = self.browser(address)
        browser.client.set_cookie(SESSION_COOKIE, session.cookie, domain="ioc.test")
        return browser

    def code(self, totp: pyotp.TOTP) -> str:
        """The current code of the authenticator."""
        return totp.at(self.clock())


class Browser:
    """A browser: its requests say that they come from a page of the program."""

    def __init__(self, centre: Centre, client: FlaskClient, base: str) -> None:
        self.centre, self.client, self.base = centre, client, base

    def get(self, path: str, **headers: str) -> TestResponse:
        self.centre.site.seconds.at += 1
        return self.client.get(path, base_url=self.base, headers=headers)

    def post(self, path: str, data: Mapping[str, object], **headers: str) -> TestResponse:
        """Posts a form."""
        self.centre.site.seconds.at += 1
        return self.client.post(path, base_url=self.base, data=data, headers=headers)

    def cookie(self, name: str) -> str:
        """The value of a cookie, "" without one."""
        stored = self.client.get_cookie(name, domain="ioc.test")
        return stored.value if stored else ""


def add_api_answers(centre: Centre) -> None:
    """Routes for API keys that answer with the kind of the principal."""
    answers = Blueprint("answers", __name__)
    for path, action in (("/metrics", Action.READ_METRICS), ("/api/v1/kpis", Action.READ_API)):
        answers.add_url_rule(path, path[1:4], requires(action)(lambda: current_principal().kind.value))
    centre.app.server._got_first_request = False
    centre.app.server.register_blueprint(answers)


def has_reason_text(why: str) -> bool:
    """Whether the audit log page has a text for a reason: the text of a code, or words of a key."""
    return f"errors.{why}" in catalogue() or f"audit_log.why_{why}" in catalogue()


ADMIN = Principal(PrincipalKind.USER, "truong", roles=frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    store = empty_store(tmp_path)
    yield Centre(store, tmp_path)
    store.close()
