"""Denials: every route is requested by everybody without permission; each has a text and one audit entry."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from components.ui.i18n import catalogue
from ioc.auth import audit_log
from ioc.auth.api_keys import NewApiKey
from ioc.auth.displays import DisplaySettings
from ioc.auth.errors import AuthCode
from ioc.auth.login import Credentials
from ioc.auth.passwords import Hasher
from ioc.auth.secret_key import SecretKeyCode
from ioc.auth.sessions import NewSession
from ioc.cli.context import Context
from ioc.cli.processes import create_application
from ioc.config.settings import EnvironmentSettings
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role, Scope
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.times import utc_now
from ioc.storage.access import accounts
from ioc.storage.db.background_writer import Defer
from ioc.storage.db.schema import metadata
from ioc.storage.db.store import Store
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.codes import WebhookRequestCode as Code
from ioc.web.errors.request_error import DENIAL_REASONS
from ioc.web.middleware.dash_guard import UPDATE_PATH
from ioc.web.middleware.rate_limit import RateLimiter
from ioc.web.pdf import endpoint as pdf_endpoint
from ioc.web.token_bucket import TokenBuckets
from ioc.web.views.services import Services
from tests.auth.site import ADMINISTRATOR, PASSWORD
from tests.web.views.conftest import has_reason_text

ROOT = Path(__file__).parents[3]
FAR = "203.0.113.9"
OWN = ("/dang-nhap", "/dang-xuat", "/tai-khoan")  # every user may post to these
OPERATOR = Principal(PrincipalKind.USER, "truc-ban", roles=frozenset({Role.OPERATOR}))
_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàãéèíìóòõúùý]")
_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Denial = tuple[str, str, str, str, str]  # actor, kind, action, target, reason


@dataclass
class DenialSite:
    """The whole application over a store with a principal of each kind, and the denials that it recorded."""

    clients: dict[str, Callable[[], FlaskClient]]
    rules: list[Rule]
    store: Store
    services: Services
    denials: list[Denial] = field(default_factory=list)

    def ask(self, principal: str, method: str, path: str, **more: object) -> tuple[TestResponse, list[Denial]]:
        """The answer, and the denials recorded for it."""
        self.denials.clear()
        own: dict[str, str] = more.pop("headers", {})  # type: ignore[assignment]
        says_its_site = principal == "program" or not {"Origin", "Sec-Fetch-Site"}.isdisjoint(own)
        headers = _PAGE | ({} if says_its_site else {"Sec-Fetch-Site": "same-origin"}) | own
        answer = self.clients[principal]().open(path, method=method, headers=headers, **more)  # type: ignore[arg-type]
        return answer, list(self.denials)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DenialSite]:
    data = tmp_path_factory.mktemp("data")
    environment = {"SIM_PUSH_TOKEN": "t" * 32}
    context = Context(
        EnvironmentSettings.from_environment({"IOC_DATA": str(data), "IOC_PROXY": "10.9.9.9"}, ROOT),
        environment,
        ROOT,
        # It stands still: denials that were only counted are written when a minute has passed, whoever asks then.
        partial(lambda now: now, utc_now()),
    )
    store = context.store()
    store.migrate()
    patch = pytest.MonkeyPatch()
    patch.setattr(RateLimiter, "retry_after", lambda *_: 0.0)
    # No worker prints here: a request for a PDF is answered after this wait, with 202.
    patch.setattr(pdf_endpoint, "PdfService", partial(pdf_endpoint.PdfService, wait=0.05))
    app = create_application(context).server
    services = context.services(context.checked_configuration()[0], store)

    def client(**credentials: str) -> Callable[[], FlaskClient]:
        def new_client() -> FlaskClient:
            test_client: FlaskClient = app.test_client()
            test_client.environ_base["REMOTE_ADDR"] = FAR
            for name, value in credentials.items():
                if name == "key":
                    test_client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {value}"
                else:
                    test_client.set_cookie(f"ioc-{name}", value)
            return test_client

        return new_client

    clients = {
        "nobody": client(),
        "viewer": client(session=_session(services, "xem", Role.VIEWER)),
        "operator": client(session=_session(services, "truc", Role.OPERATOR)),
        "wall": client(screen=_screen(services, "Tường trái")),
        "program": client(key=services.auth.api_keys.create(NewApiKey("Prometheus", [Scope.METRICS]), ADMINISTRATOR)),
    }
    denial_site = DenialSite(clients, list(app.url_map.iter_rules()), store, services)
    _listen(patch, denial_site.denials)
    yield denial_site
    patch.undo()
    store.close()


def _listen(patch: pytest.MonkeyPatch, denials: list[Denial]) -> None:
    record_denial = audit_log.record_denial

    def record(
        store: Store, principal: Principal, action: str, target: str, now: datetime, failure: Failure | None,
        _defer: Defer,
    ) -> None:  # fmt: skip
        denials.append((principal.name, principal.kind, action, target, failure.code if failure else ""))
        record_denial(store, principal, action, target, now, failure)

    patch.setattr(audit_log, "record_denial", record)


def _session(services: Services, name: str, role: Role) -> str:
    with services.store.write() as conn:
        accounts.add(conn, name, services.clock(), roles=[role], password_hash=Hasher().hash(PASSWORD))
    session = services.auth.login.sign_in(Credentials(name, PASSWORD), FAR)
    assert isinstance(session, NewSession)
    return session.cookie


def _screen(services: Services, name: str) -> str:
    enrolment = services.auth.displays.request_code(FAR)
    services.auth.displays.enrol(enrolment.code, DisplaySettings(name, "/tuong"), OPERATOR)
    cookie = services.auth.displays.collect_cookie(enrolment.secret)
    assert cookie
    return cookie


def addresses(site: DenialSite) -> list[tuple[str, set[str]]]:
    """The path of each route, with 1 for each variable, and its methods."""
    methods_by_path = {re.sub(r"<[^>]*>", "1", rule.rule): set(rule.methods or ()) for rule in site.rules}
    methods_by_path["/live/home"] = methods_by_path["/live/nowhere"] = {"GET"}
    return sorted(methods_by_path.items())


def shown_text(answer: TestResponse) -> str:
    """The error text of a JSON answer or of a page."""
    if answer.mimetype == "application/json":
        return str(answer.get_json()["detail"]["vi"])
    assert answer.mimetype == "text/html", answer.mimetype
    match = re.search(
        r'role="alert"[^>]*>(.*?)</p>|form-lead[^>]*>(.*?)</p>|<main><p lang="vi">(.*?)</p>', answer.text, re.S
    )
    return next((text for text in match.groups() if text), "") if match else ""


def assert_explained(answer: TestResponse, denials: list[Denial], request: str) -> None:
    """Every error has a Vietnamese text, every denial one audit entry with known action and reason."""
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert _VIETNAMESE.search(shown_text(answer)), f"{request}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code in DENIAL_REASONS:
        assert len(denials) == 1, f"{request}: {answer.status_code} {denials}"
    for _, _, action, target, reason in denials:
        # A login that fails names nobody: what was typed may be a password.
        assert (target or action == "login") and f"audit_log.did_{action}" in catalogue() and has_reason_text(reason), (
            f"{request}: {denials}"
        )


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall", "program"])
def test_every_denial_has_a_text_and_is_audited(site: DenialSite, principal: str) -> None:
    codes = set()
    for path, methods in addresses(site):
        for method in sorted({"GET", "POST"} & methods - ({"POST"} if path == "/dang-xuat" else set())):
            answer, denials = site.ask(principal, method, path)
            assert_explained(answer, denials, f"{principal} {method} {path}")
            codes.add(answer.status_code)
            if principal in ("wall", "program") and method == "POST" and not path.startswith("/vao"):
                assert answer.status_code >= 400
    assert codes & {401, 403}


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall"])
def test_own_origin_grants_no_permission(site: DenialSite, principal: str) -> None:
    """A request from a page of the program is still denied for its missing permission."""
    codes = set()
    for path, methods in addresses(site):
        if "POST" not in methods or path.startswith(OWN):
            continue
        answer, denials = site.ask(principal, "POST", path)
        assert_explained(answer, denials, f"{principal} {path}")
        codes.add(answer.status_code)
        assert RequestCode.CROSS_ORIGIN not in {denial[4] for denial in denials}
    assert codes & {401, 403} and not codes & {200, 303}


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall", "program"])
def test_post_without_origin_is_for_keys_and_webhooks_only(site: DenialSite, principal: str) -> None:
    for path, methods in addresses(site):
        if "POST" not in methods:
            continue
        site.denials.clear()
        answer = site.clients[principal]().post(path, headers=_PAGE)
        assert_explained(answer, site.denials, f"{principal} {path}")
        has_own_credential = path.startswith("/vao/") or (
            principal == "program" and path.startswith(("/api/", "/metrics"))
        )
        is_denied = RequestCode.ORIGIN_MISSING in {denial[4] for denial in site.denials}
        assert is_denied != has_own_credential, (principal, path)


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall", "program"])
def test_cross_origin_post_is_denied_and_audited(site: DenialSite, principal: str) -> None:
    for path, methods in addresses(site):
        if "POST" not in methods:
            continue
        # The last one differs in its scheme alone.
        origins = ("https://elsewhere.example", "http://localhost:8051", "null", "https://localhost")
        for headers in (*({"Origin": origin} for origin in origins), {"Sec-Fetch-Site": "cross-site"}):
            answer, denials = site.ask(principal, "POST", path, headers=headers)
            assert_explained(answer, denials, f"{principal} {path} {headers}")
            assert answer.status_code in {401, 403} and denials
            if denials[0][4] == RequestCode.CROSS_ORIGIN:
                assert "từ một trang khác" in shown_text(answer)


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall", "program"])
def test_unknown_method_is_answered_with_a_text(site: DenialSite, principal: str) -> None:
    for path, methods in addresses(site):
        for method in sorted({"PUT", "DELETE", "POST"} - methods):
            answer, denials = site.ask(principal, method, path)
            assert_explained(answer, denials, f"{principal} {method} {path}")
            if answer.status_code == 405:
                reads = principal == "wall" or (principal == "program" and path.startswith(("/api", "/metrics")))
                assert [denial[4] for denial in denials] == [RequestCode.READ_ONLY] * reads, (path, method, denials)


def rows_by_table(store: Store) -> dict[str, list[object]]:
    """Everything in the store."""
    with store.read() as conn:
        return {name: list(conn.execute(table.select())) for name, table in metadata.tables.items()}


@pytest.mark.parametrize("principal", ["nobody", "viewer", "wall", "program", "operator"])
def test_head_audits_no_more_than_get_and_writes_nothing(site: DenialSite, principal: str) -> None:
    audited = {"audit_entry", "audit_detail", "audit_chain_end", "audit_search"}
    for path, methods in addresses(site):
        if "GET" not in methods:
            continue
        _, by_get = site.ask(principal, "GET", path)  # also records the last use of a credential, once in ten minutes
        before = rows_by_table(site.store)
        _, by_head = site.ask(principal, "HEAD", path)
        after = rows_by_table(site.store)
        assert by_head in ([], by_get), (path, by_get, by_head)
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= (audited if by_head else set()), path


@pytest.mark.parametrize("principal", ["nobody", "operator", "wall", "program"])
def test_null_character_in_a_path_is_not_found_and_reaches_no_view(
    site: DenialSite, principal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses such a text where SQLite looks it up: the answer must not depend on the database."""
    paths = {re.sub(r"<[^>]*>", "a%00", rule.rule) for rule in site.rules if "<" in rule.rule}
    monkeypatch.setattr(Flask, "dispatch_request", lambda _: pytest.fail("a view was reached"))
    for path in sorted({*paths, "/live/%00", "/geo/%00", "/%00"}):
        answer, denials = site.ask(principal, "GET", path)
        assert answer.status_code == 404 and denials == [], path
        assert _VIETNAMESE.search(shown_text(answer)), path


PUSHED = "/vao/sim-flood"
RIGHT = {"Authorization": "Bearer " + "t" * 32}


@pytest.mark.parametrize(
    ("path", "headers", "sent", "status", "reason"),
    [
        (PUSHED, {}, {"json": {}}, 401, Code.TOKEN_REJECTED),
        (PUSHED, {"X-Token": "t" * 31}, {"json": {}}, 401, Code.TOKEN_REJECTED),
        ("/vao/nowhere", RIGHT, {"json": {}}, 401, Code.TOKEN_REJECTED),
        (PUSHED, RIGHT, {"data": b"<x/>", "content_type": "text/xml"}, 415, Code.UNSUPPORTED_CONTENT_TYPE),
        (PUSHED, RIGHT, {"data": b"x" * 1_048_577, "content_type": "text/plain"}, 413, Code.TOO_LARGE),
    ],
)
def test_rejected_webhook_is_audited(
    site: DenialSite, path: str, headers: dict[str, str], sent: dict[str, object], status: int, reason: str
) -> None:
    answer, denials = site.ask("nobody", "POST", path, headers=headers, **sent)
    assert_explained(answer, denials, path)
    assert answer.status_code == status and [denial[2:] for denial in denials] == [("webhook", path, reason)]


def test_rate_limited_webhook_is_audited(site: DenialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenBuckets, "take", lambda *_: 1.0)
    answer, denials = site.ask("nobody", "POST", PUSHED, headers=RIGHT, json={})
    assert_explained(answer, denials, PUSHED)
    assert answer.status_code == 429 and denials[0][2:] == ("webhook", PUSHED, Code.RATE_LIMITED)


def test_too_large_body_is_denied_everywhere(site: DenialSite) -> None:
    for path in ("/dang-nhap", UPDATE_PATH):
        answer, denials = site.ask("viewer", "POST", path, data=b"x" * 300_000, content_type="application/json")
        assert_explained(answer, denials, path)
        assert answer.status_code in {403, 413}


@pytest.mark.parametrize("codes", [AuthCode, RequestCode, RevokedReason, SecretKeyCode])
def test_every_code_has_a_text_and_every_text_a_code(codes: type[ErrorCode]) -> None:
    subject = next(iter(codes)).partition(".")[0]
    assert {f"errors.{code}" for code in codes} == {key for key in catalogue() if key.startswith(f"errors.{subject}.")}


def test_every_action_has_words_in_the_audit_log() -> None:
    assert {action for action in Action if f"audit_log.did_{action}" not in catalogue()} == set()
