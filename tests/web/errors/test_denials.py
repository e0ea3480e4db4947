"""Denials: every route is requested by everybody without permission; each has a text and one audit entry."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from components.ui.i18n import catalogue
from ioc.auth import audit_log
from ioc.auth.account_service import NewSession
from ioc.auth.errors import AuthCode
from ioc.auth.permissions import Action
from ioc.auth.principal import Principal, PrincipalKind, RevokedReason, Role, Scope
from ioc.auth.secret_key import SecretKeyCode
from ioc.cli.context import Context
from ioc.cli.processes import create_application
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.times import utc_now
from ioc.storage.access import accounts
from ioc.storage.db.store import Store
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import DENIAL_REASONS
from ioc.web.middleware.csrf import COOKIE, HEADER
from ioc.web.middleware.dash_guard import UPDATE_PATH
from ioc.web.middleware.rate_limit import RateLimiter, TokenBuckets
from ioc.web.pdf import endpoint as pdf_endpoint
from ioc.web.views.services import Services
from ioc.web.webhooks.endpoint import WebhookRequestCode as Code
from tests.auth.site import PASSWORD
from tests.web.views.conftest import has_reason_text

ROOT = Path(__file__).parents[3]
FAR = "203.0.113.9"
OWN = ("/dang-nhap", "/dang-xuat", "/tai-khoan")  # may be written to by whoever it is about
OPERATOR = Principal(PrincipalKind.USER, "truc-ban", roles=frozenset({Role.OPERATOR}))
_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàãéèíìóòõúùý]")
_FORM = re.compile(r'name="_csrf" value="([0-9a-f]{64})"')
_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Line = tuple[str, str, str, str, str]  # who, kind, action, about, why


@dataclass
class Whole:
    """The program as it is served, over a store with one of everybody in it."""

    clients: dict[str, Callable[[], FlaskClient]]
    rules: list[Rule]
    store: Store
    services: Services
    heard: list[Line] = field(default_factory=list)

    def ask(self, who: str, method: str, path: str, **more: object) -> tuple[TestResponse, list[Line]]:
        """The answer, and what was put down with it."""
        self.heard.clear()
        headers = {**_PAGE, **more.pop("headers", {})}  # type: ignore[dict-item]
        answer = self.clients[who]().open(path, method=method, headers=headers, **more)  # type: ignore[arg-type]
        return answer, list(self.heard)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    data = tmp_path_factory.mktemp("data")
    environment = {"SIM_PUSH_TOKEN": "t" * 32}
    context = Context(
        EnvironmentSettings.from_environment({"IOC_DATA": str(data), "IOC_PROXY": "10.9.9.9"}, ROOT),
        environment,
        ROOT,
        utc_now,
    )
    store = context.store()
    store.migrate()
    patch = pytest.MonkeyPatch()
    patch.setattr(RateLimiter, "retry_after", lambda *_: 0.0)
    # No worker prints here: a request for a PDF is answered after this wait, with 202.
    patch.setattr(pdf_endpoint, "PdfService", partial(pdf_endpoint.PdfService, wait=0.05))
    app = create_application(context).server
    services = context.services(context.checked_configuration()[0], store)

    def client(**carried: str) -> Callable[[], FlaskClient]:
        def made() -> FlaskClient:
            one: FlaskClient = app.test_client()
            one.environ_base["REMOTE_ADDR"] = FAR
            for name, value in carried.items():
                if name == "key":
                    one.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {value}"
                else:
                    one.set_cookie(f"ioc-{name}", value)
            return one

        return made

    clients = {
        "nobody": client(),
        "viewer": client(session=_session(services, "xem", Role.VIEWER)),
        "wall": client(screen=_screen(services, "Tường trái")),
        "program": client(key=services.api_keys.create("Prometheus", [Scope.METRICS], "", OPERATOR)),
    }
    made = Whole(clients, list(app.url_map.iter_rules()), store, services)
    _listen(patch, made.heard)
    yield made
    patch.undo()
    store.close()


def _listen(patch: pytest.MonkeyPatch, heard: list[Line]) -> None:
    refused = audit_log.record_denial

    def hears(store: Store, who: Principal, action: str, about: str, now: datetime, failure: Failure | None) -> None:
        heard.append((who.name, who.kind, action, about, failure.code if failure else ""))
        refused(store, who, action, about, now, failure)

    patch.setattr(audit_log, "record_denial", hears)


def _session(services: Services, name: str, role: Role) -> str:
    with services.store.write() as conn:
        accounts.add(conn, name, services.clock(), roles=[role], password_hash=services.accounts.hasher.hash(PASSWORD))
    made = services.accounts.sign_in(name, PASSWORD, FAR)
    assert isinstance(made, NewSession)
    return made.cookie


def _screen(services: Services, name: str) -> str:
    asked = services.displays.request_code(FAR)
    services.displays.enrol(asked.code, name, "/tuong", "", OPERATOR)
    cookie = services.displays.collect_cookie(asked.secret)
    assert cookie
    return cookie


def addresses(whole: Whole) -> list[tuple[str, set[str]]]:
    """Each route with something put into its variables, and how it may be asked."""
    some = {re.sub(r"<[^>]*>", "1", one.rule): set(one.methods or ()) for one in whole.rules}
    some["/live/home"] = some["/live/nowhere"] = {"GET"}
    return sorted(some.items())


def said(answer: TestResponse) -> str:
    """The sentence, of JSON or of a page."""
    if answer.mimetype == "application/json":
        return str(answer.get_json()["detail"]["vi"])
    assert answer.mimetype == "text/html", answer.mimetype
    found = re.search(r'role="alert"[^>]*>(.*?)</p>|form-lead[^>]*>(.*?)</p>|<main><p>(.*?)</p>', answer.text, re.S)
    return next((one for one in found.groups() if one), "") if found else ""


def judge(answer: TestResponse, lines: list[Line], what: str) -> None:
    """What is asserted of every answer."""
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert _VIETNAMESE.search(said(answer)), f"{what}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code in DENIAL_REASONS:
        assert len(lines) == 1, f"{what}: {answer.status_code} {lines}"
    for _, _, action, about, why in lines:
        assert about and f"audit_log.did_{action}" in catalogue() and has_reason_text(why), f"{what}: {lines}"


@pytest.mark.parametrize("who", ["nobody", "viewer", "wall", "program"])
def test_every_denial_has_a_text_and_is_audited(whole: Whole, who: str) -> None:
    codes = set()
    for path, methods in addresses(whole):
        for method in sorted({"GET", "POST"} & methods):
            answer, lines = whole.ask(who, method, path)
            judge(answer, lines, f"{who} {method} {path}")
            codes.add(answer.status_code)
            if who in ("wall", "program") and method == "POST" and not path.startswith("/vao"):
                assert answer.status_code >= 400
    assert codes & {401, 403}


@pytest.mark.parametrize("who", ["nobody", "viewer", "wall"])
def test_csrf_token_grants_no_permission(whole: Whole, who: str) -> None:
    """With the token of our own pages it is the right that is asked for."""
    page = whole.ask(who, "GET", "/dang-nhap" if who == "nobody" else "/")[0]
    token = page.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    codes = set()
    for path, methods in addresses(whole):
        if "POST" not in methods or path.startswith(OWN):
            continue
        client = whole.clients[who]()
        client.set_cookie(COOKIE, token)
        whole.heard.clear()
        answer = client.post(path, headers={**_PAGE, HEADER: token})
        judge(answer, whole.heard, f"{who} {path}")
        codes.add(answer.status_code)
        assert RequestCode.FORM_EXPIRED not in {one[4] for one in whole.heard}
    assert codes & {401, 403} and not codes & {200, 303}


@pytest.mark.parametrize("who", ["nobody", "viewer", "wall", "program"])
def test_cross_origin_post_is_denied_and_audited(whole: Whole, who: str) -> None:
    for path, methods in addresses(whole):
        if "POST" not in methods:
            continue
        for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer, lines = whole.ask(who, "POST", path, headers=headers)
            judge(answer, lines, f"{who} {path} {headers}")
            assert answer.status_code in {401, 403} and lines
            if lines[0][4] == RequestCode.CROSS_ORIGIN:
                assert "từ một trang khác" in said(answer)


@pytest.mark.parametrize("who", ["nobody", "viewer", "wall", "program"])
def test_unknown_method_is_answered_with_a_text(whole: Whole, who: str) -> None:
    for path, methods in addresses(whole):
        for method in sorted({"PUT", "DELETE", "POST"} - methods):
            answer, lines = whole.ask(who, method, path)
            judge(answer, lines, f"{who} {method} {path}")
            if answer.status_code == 405:
                reads = who == "wall" or (who == "program" and path.startswith(("/api", "/metrics")))
                assert [one[4] for one in lines] == [RequestCode.READ_ONLY] * reads, (path, method, lines)


PUSHED = "/vao/sim-flood"
RIGHT = {"Authorization": "Bearer " + "t" * 32}


@pytest.mark.parametrize(
    ("path", "headers", "sent", "status", "why"),
    [
        (PUSHED, {}, {"json": {}}, 401, Code.TOKEN_REJECTED),
        (PUSHED, {"X-Token": "t" * 31}, {"json": {}}, 401, Code.TOKEN_REJECTED),
        ("/vao/nowhere", RIGHT, {"json": {}}, 401, Code.TOKEN_REJECTED),
        (PUSHED, RIGHT, {"data": b"<x/>", "content_type": "text/xml"}, 415, Code.UNSUPPORTED_CONTENT_TYPE),
        (PUSHED, RIGHT, {"data": b"x" * 1_048_577, "content_type": "text/plain"}, 413, Code.TOO_LARGE),
    ],
)
def test_rejected_webhook_is_audited(
    whole: Whole, path: str, headers: dict[str, str], sent: dict[str, object], status: int, why: str
) -> None:
    answer, lines = whole.ask("nobody", "POST", path, headers=headers, **sent)
    judge(answer, lines, path)
    assert answer.status_code == status and [one[2:] for one in lines] == [("webhook", path, why)]


def test_rate_limited_webhook_is_audited(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenBuckets, "take", lambda *_: 1.0)
    answer, lines = whole.ask("nobody", "POST", PUSHED, headers=RIGHT, json={})
    judge(answer, lines, PUSHED)
    assert answer.status_code == 429 and lines[0][2:] == ("webhook", PUSHED, Code.RATE_LIMITED)


def test_too_large_body_is_denied_everywhere(whole: Whole) -> None:
    for path in ("/dang-nhap", UPDATE_PATH):
        answer, lines = whole.ask("viewer", "POST", path, data=b"x" * 300_000, content_type="application/json")
        judge(answer, lines, path)
        assert answer.status_code in {403, 413}


@pytest.mark.parametrize("codes", [AuthCode, RequestCode, RevokedReason, SecretKeyCode])
def test_every_code_has_a_text_and_every_text_a_code(codes: type[ErrorCode]) -> None:
    subject = next(iter(codes)).partition(".")[0]
    assert {f"errors.{code}" for code in codes} == {key for key in catalogue() if key.startswith(f"errors.{subject}.")}


def test_every_action_has_words_in_the_audit_log() -> None:
    assert {action for action in Action if f"audit_log.did_{action}" not in catalogue()} == set()
