"""The pages of submissions over a real store, with a clock and a principal that the test sets."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ioc.auth import audit_log
from ioc.config.configuration import Configuration
from ioc.dash_kit.directory import AgencyDirectory
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.submissions.obligation import Obligation, ReportingCadence
from ioc.domain.submissions.submission import ComplianceRules, ComplianceThreshold
from ioc.snapshot import cache
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import webhook_queue
from ioc.storage.access import audit_log as audit_rows
from ioc.storage.db.store import Store
from ioc.submissions.service import SubmissionService
from ioc.web import files
from ioc.web.app_factory import create_app
from ioc.web.errors.denials import DeniedRequest
from ioc.web.exports import endpoint as exports
from ioc.web.exports.lists import submission_lists, watching_lists
from ioc.web.middleware.authentication import Authenticator
from ioc.web.middleware.client_ip import ClientInfo
from ioc.web.middleware.gate import GateConfig
from ioc.web.middleware.rate_limit import correction_limit
from ioc.web.page_services import submission_services
from tests.conftest import empty_store
from tests.domain.submissions.cases import cell, make_obligation
from tests.pages.conftest import UPDATE, find_callback, request_of
from tests.storage.city import configuration
from tests.web.fake import settings

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
CELLS = (cell("x", "Hộ gia đình", "Được thu gom", is_integer=True), cell("y", "Hộ gia đình", "Tổng số"))
MONTHLY = make_obligation(
    cells=CELLS, requires_approval=True, since=date(2026, 8, 1), name=LocalizedText("Rác <b>thải</b>"), may_phone=True
)
CALLS = make_obligation(
    ReportingCadence.AD_HOC,
    key="icu",
    cells=(cell("free", is_integer=True), cell("full", is_integer=True)),
    may_phone=True,
)
OTHER = make_obligation(key="other", agency="b", since=date(2026, 10, 1), cells=(cell("z"),))
LEADER = Principal(PrincipalKind.USER, "binh", roles=frozenset({Role.LEADER}))
PATHS = {
    "submit": "/nhap-so-lieu", "figures": "/nhap-so-lieu/d", "release": "/duyet-so-lieu",
    "phone": "/bao-qua-dien-thoai",
    "call": "/bao-qua-dien-thoai/icu", "remind": "/don-doc/d/2026-09",
}  # fmt: skip
LIMITS = (ComplianceThreshold("review", LocalizedText("xem xét người đứng đầu"), 3, Severity.ATTENTION),)


AGENCY_NAMES = {"a": LocalizedText("Cơ quan A"), "b": LocalizedText("Cơ quan B")}


def submission_configuration(other: Obligation = OTHER) -> Configuration:
    """A centre with three obligations of two agencies."""
    agencies = {key: Agency(key, name, name) for key, name in AGENCY_NAMES.items()}
    bare = configuration()
    return replace(
        bare,
        obligations=(MONTHLY, CALLS, other),
        agencies=agencies,
        compliance=ComplianceRules("reminders", LIMITS),
        register=replace(bare.register, agencies=agencies),
    )


class FixedAuthenticator(Authenticator):
    """Authenticates every request as the principal that the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.principal = Principal()

    def authenticate(self, environ: object, reach: ClientInfo) -> Principal:
        return replace(self.principal, address=reach.address)


class SubmissionSite:
    """One application over a store, and the browser of the principal."""

    def __init__(self, store: Store, folder: Path, other: Obligation = OTHER) -> None:
        self.store, self.folder, self.authenticator, self.now = store, folder, FixedAuthenticator(), NOW
        self.seconds = NOW.timestamp()
        configured = submission_configuration(other)
        reads = SnapshotCache(store, configured, lambda: self.now)
        self.service = SubmissionService(store, configured, lambda: self.now, audit_log.write_act, correction_limit())
        spool = files.FileSpool(folder / "files", lambda: self.seconds)
        blueprints = [
            files.blueprint(spool, files.kinds()),
            exports.blueprint(reads, [*watching_lists(), *submission_lists(self.service)]),
        ]
        self.denials: list[DeniedRequest] = []
        gate_config = GateConfig(self.authenticator, audit_sink=self.denials.append)
        services = {
            AgencyDirectory: AgencyDirectory(lambda: AGENCY_NAMES, lambda: ["a"]),
            **submission_services(self.service, reads, spool),
        }
        self.app: Dash = create_app(
            reads, settings(folder, pages_package="pages"), blueprints=blueprints, gate_config=gate_config,
            services=services,
        )  # fmt: skip
        self.client: FlaskClient = self.app.server.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"

    def sign_in_as(self, name: str, *roles: Role, agency: str = "", session: int = 0) -> None:
        self.authenticator.principal = Principal(
            PrincipalKind.USER, name, name, frozenset(roles), agency, session_id=session
        )

    def run(self, function: str, values: Mapping[str, object] | None = None, triggered: str = "") -> TestResponse:
        """Runs the callback `function` of a page. `values`: see request_of."""
        output, callback = find_callback(self, function)
        referer = {"Referer": f"http://localhost{PATHS[function.partition('.')[0]]}"}
        return self.client.post(UPDATE, json=request_of(output, callback, values or {}, triggered), headers=referer)

    def result(self, function: str, values: Mapping[str, object] | None = None, triggered: str = "") -> dict[str, Any]:
        """What the callback sets: "<id>.<property>" -> value; of many fields "<type>.<property>" -> value by key."""
        answer = self.run(function, values, triggered)
        assert answer.status_code == 200, answer.text
        body, result = answer.get_json(), dict[str, Any]()
        for name, props in [*body.get("response", {}).items(), *body.get("sideUpdate", {}).items()]:
            for prop, value in props.items():
                if name.startswith("{"):
                    field = json.loads(name)
                    result.setdefault(f"{field['type']}.{prop}", {})[field["key"]] = value
                else:
                    result[f"{name}.{prop}"] = value
        return result

    def page(self, path: str) -> str:
        """The layout of a page, as JSON without escapes."""
        output = ".._pages_content.children..._pages_store.data.."
        pathname, _, query = path.partition("?")
        location = [("pathname", pathname), ("search", f"?{query}" if query else "")]
        inputs = [{"id": "_pages_location", "property": name, "value": value} for name, value in location]
        parts = [("_pages_content", "children"), ("_pages_store", "data")]
        outputs = [{"id": name, "property": prop} for name, prop in parts]
        body = {"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": []}
        answer = self.client.post(UPDATE, json=body)
        assert answer.status_code == 200, answer.text[:300]
        return json.dumps(answer.get_json(), ensure_ascii=False)

    def form(
        self, page: str, key: str, period: str = "2026-10", version: str = "0", **more: object
    ) -> dict[str, object]:
        """The state of the form of an obligation without its figures."""
        return {
            f"{page}-opened.data": {"key": key, "period": period}, f"{page}-form.data-version": version,
            **{name.replace("_", "-").replace("--", "."): value for name, value in more.items()},
        }  # fmt: skip

    def send(
        self, x: object = "10", y: object = "20,5", *, why: str = "", version: str | None = None, key: str = "d"
    ) -> dict[str, Any]:
        """Sends the form of October as it was just opened, or at `version`."""
        return self.result("figures.send", self.sent(x, y, why=why, version=version, key=key))

    def sent(
        self, x: object = "10", y: object = "20,5", *, why: str = "", version: str | None = None, key: str = "d"
    ) -> dict[str, object]:
        """The state of that form."""
        shown = self.version(key) if version is None else version
        return {
            **self.form("figures", key, version=shown), "figures-figure.value": {"x": x, "y": y},
            "figures-reason.value": why,
        }  # fmt: skip

    def version(self, key: str = "d", period: str = "2026-10") -> str:
        """The version that the form of a period has when it is opened now."""
        obligation = self.service.obligations[key]
        return self.service.status(obligation, self.service.open_period(obligation, period)).version

    def upload(self, name: str, body: bytes) -> TestResponse:
        return self.client.post("/files/figures", data={"file": (BytesIO(body), name)})

    def send_file(self, name: str, body: bytes, **more: Any) -> dict[str, Any]:
        """Sends a file of October."""
        handle = self.upload(name, body).get_json()["handle"]
        values = self.sent("", "", **more) | {"figures-file.handle": handle}
        return self.result("figures.send", values, "figures-send-file.n_clicks")

    def decide(self, number: int, act: str, reason: str = "") -> TestResponse:
        values = {"release-opened.data": number, "release-reason.value": reason}
        return self.run("release.decide", values, f"release-{act}.n_clicks")

    def queued_bodies(self, key: str = "d") -> list[bytes]:
        with self.store.read() as conn:
            return [message.page.body for message in webhook_queue.pending(conn, key)]

    def audited_actions(self) -> list[tuple[str, str]]:
        with self.store.read() as conn:
            return [(entry.actor, entry.action) for entry in audit_rows.oldest(conn, audit_rows.AuditFilter(), 100)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SubmissionSite]:
    with closing(empty_store(tmp_path)) as store:
        yield SubmissionSite(store, tmp_path)


@pytest.fixture
def fresh_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each snapshot is of the store as it is now."""
    monkeypatch.setattr(cache, "BUILD_SECONDS", 0.0)
    monkeypatch.setattr(cache, "VERSION_CHECK_SECONDS", -1.0)


def sign_in_reporter(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, agency="a")


def sent_ok(answer: Mapping[str, Any]) -> bool:
    """Whether the form was taken."""
    return bool(answer.get("figures-form.data-saved") or answer.get("call-form.data-saved"))
