"""Authorization: every route, page and callback names its action."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dash
import pytest
from dash import Dash
from flask import Blueprint
from flask.testing import FlaskClient

from ioc.cli.context import Context
from ioc.cli.processes import create_application
from ioc.config.settings import EnvironmentSettings
from ioc.dash_kit.callbacks import callback_action
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, Role
from ioc.domain.base.times import utc_now
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import DeniedRequest
from ioc.web.errors.handlers import safe_return_path
from ioc.web.live.page_registry import _required_action
from ioc.web.middleware import authorization
from ioc.web.middleware.authentication import Authenticator
from ioc.web.middleware.client_ip import ClientInfo, TrustedProxies
from ioc.web.middleware.dash_guard import UPDATE_PATH
from ioc.web.middleware.gate import GateConfig
from tests.web.fake import FakeReads, app_over

FAR = {"REMOTE_ADDR": "10.0.0.7"}
ROOT = Path(__file__).parents[3]


class FixedAuthenticator(Authenticator):
    """Authenticates every request as the principal that the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.principal = Principal()

    def authenticate(self, environ: object, reach: ClientInfo) -> Principal:
        return replace(self.principal, address=reach.address)


@pytest.fixture
def authenticator() -> FixedAuthenticator:
    return FixedAuthenticator()


@pytest.fixture
def denials() -> list[DeniedRequest]:
    return []


@pytest.fixture
def app(
    reads: FakeReads, tmp_path: Path, authenticator: FixedAuthenticator, denials: list[DeniedRequest]
) -> Iterator[Dash]:
    with app_over(reads, tmp_path, GateConfig(authenticator, audit_sink=denials.append)) as running_app:
        yield running_app


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    """The whole application over an empty store."""
    data = tmp_path_factory.mktemp("data")
    context = Context(EnvironmentSettings.from_environment({"IOC_DATA": str(data)}, ROOT), {}, ROOT, utc_now)
    context.store().migrate()
    return create_application(context)


def test_every_route_names_an_action(whole: Dash) -> None:
    server = whole.server
    rules = {rule.endpoint for rule in server.url_map.iter_rules()}
    guarded_elsewhere = {"/", "/<path:path>", UPDATE_PATH}  # by page, by callback
    assert guarded_elsewhere <= rules and len(rules) > 20
    assert [name for name in sorted(rules - guarded_elsewhere) if authorization.view_action(server, name) is None] == []


def test_every_page_and_callback_names_an_action(whole: Dash) -> None:
    assert dash.page_registry
    for page in dash.page_registry.values():
        assert isinstance(page.get("action"), Action), page["name"]
    shared = {authorization.PAGE_CALLBACK, *authorization.CALLBACK_ACTIONS}
    run_here = {output: entry for output, entry in whole.callback_map.items() if "callback" in entry}
    assert not {output for output, entry in run_here.items() if not callback_action(entry)} - shared
    assert len(run_here.keys() - shared) >= 5


def test_route_without_an_action_is_denied_to_everybody(
    app: Dash, authenticator: FixedAuthenticator, denials: list[DeniedRequest]
) -> None:
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/quen", "view", lambda: "secret")
    app.server._got_first_request = False
    app.server.register_blueprint(forgotten)
    for kind in PrincipalKind:
        authenticator.principal = Principal(kind, "an", roles=frozenset(Role))
        assert "secret" not in app.server.test_client().get("/quen").text
    assert {denial.resource for denial in denials} == {"forgotten.view /quen"}


def test_page_without_an_action_stops_the_start() -> None:
    with pytest.raises(TypeError, match="names no action"):
        _required_action({"name": "x"})


def test_denied_user_reads_why_and_it_is_audited(
    app: Dash, authenticator: FixedAuthenticator, denials: list[DeniedRequest]
) -> None:
    authenticator.principal = Principal(PrincipalKind.USER, "an", display_name="An")  # no role at all
    page = app.server.test_client().get("/", headers={"Accept": "text/html"})
    assert page.status_code == 403 and "không có quyền" in page.text and "does not" not in page.text
    assert [(denial.principal.name, denial.action) for denial in denials] == [("an", Action.VIEW)]
    assert app.server.test_client().get("/live/home").status_code == 403


@pytest.mark.parametrize(
    ("required_action", "path", "code"),
    [
        (RequiredAction.CHANGE_PASSWORD, "/tai-khoan/mat-khau", RequestCode.PASSWORD_CHANGE_REQUIRED),
        (RequiredAction.ENROL_MFA, "/tai-khoan/lop-hai", RequestCode.MFA_SETUP_REQUIRED),
    ],
)
def test_user_with_a_required_action_is_redirected_to_it(
    app: Dash, authenticator: FixedAuthenticator, required_action: RequiredAction, path: str, code: RequestCode
) -> None:
    authenticator.principal = Principal(
        PrincipalKind.USER, "an", roles=frozenset({Role.ADMINISTRATOR}), required_action=required_action
    )
    answer = app.server.test_client().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    frame = app.server.test_client().get("/live/home")
    assert frame.status_code == 403 and frame.get_json()["code"] == code


def test_page_callback_requires_the_action_of_its_page(app: Dash, authenticator: FixedAuthenticator) -> None:
    client, own = app.server.test_client(), {"Sec-Fetch-Site": "same-origin"}
    authenticator.principal = Principal()
    request = {
        "output": authorization.PAGE_CALLBACK,
        "inputs": [{"id": "_pages_location", "property": "pathname", "value": "/"}],
    }
    assert client.post(UPDATE_PATH, json=request, headers=own).status_code == 401
    authenticator.principal = Principal(PrincipalKind.DISPLAY, "wall")
    assert client.post(UPDATE_PATH, json=request, headers=own).status_code == 400  # allowed, but incomplete


def test_every_response_has_the_security_headers(client: FlaskClient) -> None:
    far = {"REMOTE_ADDR": "10.0.0.7"}
    for answer in (client.get("/"), client.get("/_dash-layout"), client.get("/", environ_overrides=far)):
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin" and "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "unsafe-eval" not in policy and "frame-ancestors 'none'" in policy
    scripts = next(directive for directive in policy.split("; ") if directive.startswith("script-src"))
    assert "unsafe" not in scripts


def test_hsts_is_sent_over_tls(reads: FakeReads, tmp_path: Path) -> None:
    with app_over(reads, tmp_path, GateConfig(trusted_proxies=TrustedProxies(["10.1.0.4"]))) as app:
        sent = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        answer = app.server.test_client().get("/", environ_overrides={"REMOTE_ADDR": "10.1.0.4"}, headers=sent)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_dash_mcp_stays_off_despite_the_environment(
    monkeypatch: pytest.MonkeyPatch, reads: FakeReads, tmp_path: Path
) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "1")
    with app_over(reads, tmp_path) as app:
        assert not [rule.rule for rule in app.server.url_map.iter_rules() if "mcp" in rule.rule]
        assert app.server.test_client().get("/_mcp").status_code == 404


@pytest.mark.parametrize(
    ("path", "return_path"),
    [
        ("/chi-so/a?khoang=7d", "/chi-so/a?khoang=7d"), ("/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("", "/"),
        ("/\tevil", "/"), ("/dang-xuat", "/"), ("/" + "a" * 500, "/"), ("/\u2028", "/"), ("/đường", "/đường"),
    ],
)  # fmt: skip
def test_return_path_stays_on_this_host(path: str, return_path: str) -> None:
    assert safe_return_path(path) == return_path
