"""Submission pages: permissions, forms, files, telephone reports, reminders."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl  # type: ignore[import-untyped]
import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ioc.auth import audit_log
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import ComplianceRules, ComplianceThreshold
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import webhook_queue
from ioc.storage.access import audit_log as audit_rows
from ioc.storage.db.store import Store
from ioc.submissions.service import SubmissionService
from ioc.web import exports
from ioc.web.app_factory import create_app
from ioc.web.errors.denials import DeniedRequest
from ioc.web.middleware.authentication import Authenticator
from ioc.web.middleware.client_ip import ClientInfo
from ioc.web.middleware.gate import GateConfig
from ioc.web.views import submissions
from tests.domain.submissions.cases import cell, make_obligation
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
LIMITS = (ComplianceThreshold("review", LocalizedText("xem xét người đứng đầu"), 3, Severity.ATTENTION),)


class FixedAuthenticator(Authenticator):
    """Authenticates every request as the principal that the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.principal = Principal()

    def authenticate(self, environ: object, reach: ClientInfo) -> Principal:
        return replace(self.principal, address=reach.address)


class SubmissionSite:
    """The submission pages over a real store, with a clock and a principal that the test sets."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.authenticator, self.now = store, FixedAuthenticator(), NOW
        names = {"a": "Cơ quan A", "b": "Cơ quan B"}
        agencies = {key: Agency(key, LocalizedText(name), LocalizedText(name)) for key, name in names.items()}
        bare = configuration()
        configured = replace(
            bare,
            obligations=(MONTHLY, CALLS, OTHER),
            agencies=agencies,
            compliance=ComplianceRules("reminders", LIMITS),
            register=replace(bare.register, agencies=agencies),
        )
        reads = SnapshotCache(store, configured, lambda: self.now)
        views = submissions.SubmissionViews(
            SubmissionService(store, configured, lambda: self.now, audit_log.write_act), reads
        )
        blueprints = [submissions.blueprint(views), exports.blueprint(reads)]
        self.service = views.submissions
        self.denials: list[DeniedRequest] = []
        gate_config = GateConfig(self.authenticator, audit_sink=self.denials.append)
        self.app: Dash = create_app(reads, settings(folder), blueprints=blueprints, gate_config=gate_config)
        self.client: FlaskClient = self.app.server.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"

    def sign_in_as(self, name: str, *roles: Role, agency: str = "") -> None:
        self.authenticator.principal = Principal(PrincipalKind.USER, name, name, frozenset(roles), agency)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:300]
        return unescape(answer.text)

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.client.post(path, data={key.replace("_", "-"): value for key, value in fields.items()})

    def submit(self, x: str = "10", y: str = "20,5", **more: str) -> TestResponse:
        fields = {"ky": "2026-10", "v_x": x, "v_y": y} | more
        return self.post("/nhap-so-lieu/d", **fields)

    def send_file(self, name: str, body: bytes) -> TestResponse:
        fields = {"ky": "2026-10", "tep": (BytesIO(body), name)}
        return self.post("/nhap-so-lieu/d/tep", **fields)

    def queued_bodies(self, key: str = "d") -> list[bytes]:
        with self.store.read() as conn:
            return [message.page.body for message in webhook_queue.pending(conn, key)]

    def audited_actions(self) -> list[tuple[str, str]]:
        with self.store.read() as conn:
            return [(entry.actor, entry.action) for entry in audit_rows.oldest(conn, audit_rows.AuditFilter(), 100)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SubmissionSite]:
    with closing(Store(f"sqlite:///{tmp_path}/ioc.db")) as store:
        store.migrate()
        yield SubmissionSite(store, tmp_path)


def sign_in_reporter(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, agency="a")


def test_submission_is_approved_and_enqueued(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    overview = site.get("/nhap-so-lieu")
    assert "tháng 10/2026" in overview and "chưa đến hạn" in overview and "Cơ quan A" in overview
    assert "quá hạn gửi" in overview
    assert "other" not in overview and "<b>thải</b>" not in site.client.get("/nhap-so-lieu").text
    answer = site.submit()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/nhap-so-lieu/d?ky=2026-10&xong=waiting")
    page = site.get(answer.headers["Location"])
    assert "đang chờ duyệt" in page and "Được thu gom: 10 · " in page and site.queued_bodies() == []
    site.sign_in_as("binh", Role.LEADER)
    waiting = site.get("/duyet-so-lieu")
    assert "an gửi lúc" in waiting and "20,5" in waiting
    answer = site.post("/duyet-so-lieu/1", viec="duyet")
    assert answer.headers["Location"] == "/duyet-so-lieu?xong=released"
    assert b'"values":{"x":10.0,"y":20.5}' in site.queued_bodies()[0]
    assert site.audited_actions() == [("an", "submission-sent"), ("binh", "submission-approved")]


def test_submitter_cannot_approve_own_submission(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.LEADER, agency="a")
    site.submit()
    assert "chờ người khác duyệt" in site.get("/duyet-so-lieu")
    answer = site.post("/duyet-so-lieu/1", viec="duyet")
    assert answer.status_code == 409 and "không tự duyệt" in answer.text
    assert site.queued_bodies() == []
    (denial,) = site.denials
    assert (denial.principal.name, *denial[1:]) == (
        "an",
        Action.APPROVE_SUBMISSION,
        "/duyet-so-lieu/1",
        Failure(SubmissionCode.OWN_SUBMISSION),
    )


def test_rejected_submission_shows_its_reason(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.submit()
    site.sign_in_as("binh", Role.LEADER)
    assert site.post("/duyet-so-lieu/1", viec="tra-lai", vi_sao="").status_code == 422
    site.post("/duyet-so-lieu/1", viec="tra-lai", vi_sao="thiếu <i>ba</i> xã")
    sign_in_reporter(site)
    page = site.client.get("/nhap-so-lieu/d?ky=2026-10").text
    assert "trả lại" in page and "thiếu &lt;i&gt;ba&lt;/i&gt; xã" in page and "<i>" not in page
    assert 'value="20,5"' in page  # the fields have the rejected values


def test_correction_needs_a_reason_and_shows_both_values(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.submit()
    site.service.approve(1, LEADER)
    assert site.submit(x="11").status_code == 422
    assert site.submit(x="11", vi_sao="cộng nhầm một xã").status_code == 303
    page = site.get("/nhap-so-lieu/d?ky=2026-10")
    assert "gửi đính chính" in page and "cộng nhầm một xã" in page and "Được thu gom: 10 · " in page


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("", "chưa có số"), ("mười", "“mười” không phải là số"), ("10,5", "phải là số nguyên"),
        ("1001", "ngoài khoảng 0 đến 1.000 hồ sơ"), ("<script>", "“<script>” không phải là số"),
        ("=1+1", "không phải là số"),
    ],
)  # fmt: skip
def test_form_errors_name_their_cell_and_nothing_is_saved(site: SubmissionSite, x: str, message: str) -> None:
    sign_in_reporter(site)
    answer = site.submit(x=x)
    assert answer.status_code == 422
    assert "Hộ gia đình – Được thu gom" in answer.text and message in unescape(answer.text)
    assert "<script>" not in answer.text and 'value="20,5"' in answer.text
    assert site.audited_actions() == []


def template(site: SubmissionSite, kind: str) -> bytes:
    answer = site.client.get(f"/nhap-so-lieu/d/mau.{kind}?ky=2026-10")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def filled_form(site: SubmissionSite, **cells: Any) -> bytes:
    """The downloaded form, filled in with a spreadsheet program."""
    book = openpyxl.load_workbook(BytesIO(template(site, "xlsx")))
    sheet = book.worksheets[0]
    for ref, value in {"C6": 10, "D6": 20.5, **cells}.items():
        sheet[ref] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_workbook_is_downloaded_filled_in_and_submitted(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.send_file("Biểu tháng 10.xlsx", filled_form(site))
    assert answer.status_code == 303
    assert site.service.values(1) == {"x": 10.0, "y": 20.5}


def test_csv_is_downloaded_filled_in_and_submitted(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    body = template(site, "csv").decode("utf-8-sig").replace("hồ sơ;;", "hồ sơ;10;20,5")
    assert site.send_file("bieu.csv", body.encode("utf-8-sig")).status_code == 303
    assert site.service.values(1) == {"x": 10.0, "y": 20.5}


def test_file_errors_name_their_cells_and_nothing_is_saved(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.send_file("b.xlsx", filled_form(site, C6="<img src=x>", D6=None, E9="ghi chú"))
    text = unescape(answer.text)
    assert answer.status_code == 422 and "Chưa nhận số liệu nào: có 3 chỗ cần sửa." in text
    for cell_name in ("Biểu!C6", "Biểu!D6", "Biểu!E9"):
        assert cell_name in text
    assert "<img" not in answer.text and "&lt;img" in answer.text
    assert site.audited_actions() == [] and site.queued_bodies() == []


def zip_bomb() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"<x>" + b" " * 90_000_000 + b"</x>")
    return out.getvalue()


def with_macros(site: SubmissionSite) -> bytes:
    out = BytesIO(filled_form(site))
    with ZipFile(out, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("b.xlsm", b"PK", 415, "Chỉ nhận tệp .xlsx hoặc .csv"), ("b.xlsx", b"a;b", 415, "nội dung không phải .xlsx"),
        ("b.csv", b"PK\x03\x04", 415, "nội dung không phải .csv"),
        ("b.csv", b"<html>", 415, "nội dung không phải .csv"),
        ("b.xlsx", b"PK\x03\x04" + b"x" * 50, 422, "Không đọc được tệp"), ("b.exe", b"MZ", 415, "Chỉ nhận tệp"),
        ("b.csv", b"x" * 210_000, 413, "lớn quá 200 KB"), ("", b"", 422, "Chưa chọn tệp"),
    ],
)  # fmt: skip
def test_unreadable_file_is_rejected(site: SubmissionSite, name: str, body: bytes, status: int, message: str) -> None:
    sign_in_reporter(site)
    answer = site.send_file(name, body)
    assert answer.status_code == status and message in unescape(answer.text)
    assert [(denial.action, denial.resource) for denial in site.denials] == [("submit", "/nhap-so-lieu/d/tep")] * bool(
        name
    )


def test_zip_bombs_and_macros_are_rejected(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    large = zip_bomb()
    assert len(large) < 200_000
    assert "Không đọc được tệp" in unescape(site.send_file("b.xlsx", large).text)
    assert "macro" in site.send_file("b.xlsx", with_macros(site)).text
    assert site.audited_actions() == []


def test_file_beyond_the_limits_is_rejected(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert site.send_file("b.xlsx", b"PK" + b"x" * 400_000).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/nhap-so-lieu", "/nhap-so-lieu/d", "/nhap-so-lieu/d/mau.xlsx", "/duyet-so-lieu", "/bao-qua-dien-thoai",
     "/bao-qua-dien-thoai/icu", "/don-doc/d/2026-09"],
)  # fmt: skip
def test_submission_pages_need_their_permission(site: SubmissionSite, path: str) -> None:
    for principal in (
        Principal(PrincipalKind.LOCAL),
        Principal(PrincipalKind.DISPLAY, "w"),
        Principal(PrincipalKind.USER, "v", "v", frozenset({Role.VIEWER})),
    ):
        site.authenticator.principal = principal
        assert site.client.get(path).status_code in (302, 303, 403)
    site.sign_in_as("ai", Role.ADMINISTRATOR)
    assert site.client.get(path).status_code == 403


def test_reporter_submits_for_own_agency_only(site: SubmissionSite) -> None:
    site.sign_in_as("la", Role.REPORTER, agency="b")
    assert site.client.get("/nhap-so-lieu/d?ky=2026-10").status_code == 403
    answer = site.post("/nhap-so-lieu/d", ky="2026-10", v_x="1", v_y="1")
    assert answer.status_code == 403 and site.audited_actions() == []
    site.sign_in_as("an", Role.REPORTER)
    assert "chưa gắn với cơ quan" in site.get("/nhap-so-lieu")
    assert site.client.get("/nhap-so-lieu/d").status_code == 403


def test_leader_of_an_agency_approves_no_other_agency(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.submit()
    site.sign_in_as("xa", Role.LEADER, agency="b")
    assert "Không có số liệu nào chờ duyệt" in site.get("/duyet-so-lieu")
    site.post("/duyet-so-lieu/1", viec="duyet")
    assert site.queued_bodies() == []


def test_submission_from_another_site_is_denied(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    site.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    answer = site.client.post("/nhap-so-lieu/d", data={"ky": "2026-10", "v-x": "1", "v-y": "2"})
    assert answer.status_code == 403 and site.audited_actions() == []


def test_telephone_report_is_saved_and_marked(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    assert "Ghi số báo qua điện thoại" in site.get("/bao-qua-dien-thoai")
    fields = {"ky": "2026-11-03T08:30", "v_free": "12", "vi_sao": "trưởng khoa, máy 102"}
    answer = site.post("/bao-qua-dien-thoai/icu", **fields)
    assert answer.status_code == 303
    assert site.queued_bodies("icu") == [
        b'{"channel":"phone","observed":"2026-11-03T08:30:00+07:00","values":{"free":12.0}}'
    ]
    assert site.audited_actions() == [("truc", "phone-report-entered")]
    assert site.post("/bao-qua-dien-thoai/icu", ky="2026-11-03T08:31").status_code == 422
    assert site.client.get("/bao-qua-dien-thoai/other").status_code == 404


def test_telephone_report_of_a_period_waits_for_approval(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    site.post("/bao-qua-dien-thoai/d", ky="2026-10", v_x="1", v_y="2")
    assert site.queued_bodies() == []
    site.sign_in_as("binh", Role.LEADER)
    assert "báo qua điện thoại" in site.get("/duyet-so-lieu")
    site.post("/duyet-so-lieu/1", viec="duyet")
    assert b'"channel":"phone"' in site.queued_bodies()[0]


def test_reminder_is_audited_counted_and_shown(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    page = site.get("/don-doc/d/2026-09")
    assert "Cơ quan A chưa gửi" in page and "hiện 0 lần" in page
    answer = site.post("/don-doc/d/2026-09", noi_dung="đã quá hạn, <b>gửi ngay</b>")
    assert answer.status_code == 303
    again = site.post("/don-doc/d/2026-09", noi_dung="x")
    assert again.status_code == 409 and "mỗi ngày tính một lần" in again.text and "<b>gửi" not in again.text
    assert site.post("/don-doc/d/2026-10").status_code == 409
    assert site.audited_actions() == [("truc", "reminder-sent")]
    site.now += timedelta(days=1)
    assert "hiện 1 lần" in site.get("/don-doc/d/2026-09")


def test_overdue_list_is_exported_without_formulas(site: SubmissionSite) -> None:
    site.authenticator.principal = Principal(PrincipalKind.LOCAL)
    answer = site.client.get("/cham-so-lieu.csv")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Cơ quan;Biểu số liệu;Kỳ số liệu;Hạn gửi")
    assert [line.split(";")[2] for line in lines[1:]] == ["tháng 08/2026", "tháng 09/2026"]
    site.authenticator.principal = Principal()
    assert site.client.get("/cham-so-lieu.csv").status_code != 200


def test_unknown_obligation_or_period_is_not_found(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert "không có kỳ" in site.get("/nhap-so-lieu/d?ky=%3Cb%3E", 404)
    assert "chưa gửi được" in site.get("/nhap-so-lieu/d?ky=2026-11", 409)
    assert "Không có biểu" in site.get("/nhap-so-lieu/none", 404)
