"""Submission pages: permissions, forms, files, telephone reports, reminders."""

import re
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

from ioc.auth.permissions import Action
from ioc.auth.principal import Principal, PrincipalKind, Role
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.submissions.errors import SubmissionCode
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import ComplianceRules, ComplianceThreshold
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import webhook_queue
from ioc.storage.access import audit_log as trail
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
LIMITS = (ComplianceThreshold("review", LocalizedText("xem xét người đứng đầu"), 3, Severity.ATTENTION),)


class Known(Authenticator):
    """Whoever the test says stands before the door."""

    def __init__(self) -> None:
        super().__init__()
        self.now = Principal()

    def authenticate(self, environ: object, reach: ClientInfo) -> Principal:
        return replace(self.now, address=reach.address)


class House:
    """The forms over a real store, with a clock and a visitor that a test turns."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.known, self.now = store, Known(), NOW
        names = {"a": "Cơ quan A", "b": "Cơ quan B"}
        agencies = {key: Agency(key, LocalizedText(name), LocalizedText(name)) for key, name in names.items()}
        bare = configuration()
        made = replace(
            bare,
            obligations=(MONTHLY, CALLS, OTHER),
            agencies=agencies,
            compliance=ComplianceRules("reminders", LIMITS),
            register=replace(bare.register, agencies=agencies),
        )
        reads = SnapshotCache(store, made, lambda: self.now)
        counter = submissions.SubmissionViews(SubmissionService(store, made, lambda: self.now), reads)
        blueprints = [submissions.blueprint(counter), exports.blueprint(reads)]
        self.desk = counter.submissions
        self.refused: list[DeniedRequest] = []
        door = GateConfig(self.known, audit_sink=self.refused.append)
        self.app: Dash = create_app(reads, settings(folder), blueprints=blueprints, gate_config=door)
        self.client: FlaskClient = self.app.server.test_client()

    def be(self, name: str, *roles: Role, agency: str = "") -> None:
        self.known.now = Principal(PrincipalKind.USER, name, name, frozenset(roles), agency)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:300]
        return unescape(answer.text)

    def post(self, path: str, page: str = "", **fields: Any) -> TestResponse:
        held = self.client.get(page or path)
        token = re.search(r'name="_csrf" value="([0-9a-f]+)"', held.text)
        data = {"_csrf": token[1] if token else "", **{key.replace("_", "-"): one for key, one in fields.items()}}
        return self.client.post(path, data=data)

    def fill(self, x: str = "10", y: str = "20,5", **more: str) -> TestResponse:
        fields = {"ky": "2026-10", "v_x": x, "v_y": y} | more
        return self.post("/nhap-so-lieu/d", "/nhap-so-lieu/d?ky=2026-10", **fields)

    def send_file(self, name: str, body: bytes) -> TestResponse:
        fields = {"ky": "2026-10", "tep": (BytesIO(body), name)}
        return self.post("/nhap-so-lieu/d/tep", "/nhap-so-lieu/d?ky=2026-10", **fields)

    def letters(self, key: str = "d") -> list[bytes]:
        with self.store.read() as conn:
            return [one.page.body for one in webhook_queue.pending(conn, key)]

    def trail(self) -> list[tuple[str, str]]:
        with self.store.read() as conn:
            return [(one.actor, one.action) for one in trail.oldest(conn, trail.AuditFilter(), 100)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with closing(Store(f"sqlite:///{tmp_path}/ioc.db")) as store:
        store.migrate()
        yield House(store, tmp_path)


def reporter(house: House) -> None:
    house.be("an", Role.REPORTER, agency="a")


def test_submission_is_approved_and_enqueued(house: House) -> None:
    reporter(house)
    desk = house.get("/nhap-so-lieu")
    assert "tháng 10/2026" in desk and "chưa đến hạn" in desk and "chậm" in desk and "Cơ quan A" in desk
    assert "other" not in desk and "<b>thải</b>" not in house.client.get("/nhap-so-lieu").text
    answer = house.fill()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/nhap-so-lieu/d?ky=2026-10&xong=waiting")
    page = house.get(answer.headers["Location"])
    assert "đang chờ duyệt" in page and "Được thu gom: 10 · " in page and house.letters() == []
    house.be("binh", Role.LEADER)
    waiting = house.get("/duyet-so-lieu")
    assert "an gửi lúc" in waiting and "20,5" in waiting
    answer = house.post("/duyet-so-lieu/1", "/duyet-so-lieu", viec="duyet")
    assert answer.headers["Location"] == "/duyet-so-lieu?xong=released"
    assert b'"values":{"x":10.0,"y":20.5}' in house.letters()[0]
    assert house.trail() == [("an", "submission-sent"), ("binh", "submission-approved")]


def test_submitter_cannot_approve_own_submission(house: House) -> None:
    house.be("an", Role.REPORTER, Role.LEADER, agency="a")
    house.fill()
    assert "chờ người khác duyệt" in house.get("/duyet-so-lieu")
    answer = house.post("/duyet-so-lieu/1", "/nhap-so-lieu/d?ky=2026-09", viec="duyet")
    assert answer.status_code == 409 and "không tự duyệt" in answer.text
    assert house.letters() == []
    (line,) = house.refused
    assert (line.principal.name, *line[1:]) == (
        "an",
        Action.APPROVE_SUBMISSION,
        "/duyet-so-lieu/1",
        Failure(SubmissionCode.OWN_SUBMISSION),
    )


def test_rejected_submission_shows_its_reason(house: House) -> None:
    reporter(house)
    house.fill()
    house.be("binh", Role.LEADER)
    assert house.post("/duyet-so-lieu/1", "/duyet-so-lieu", viec="tra-lai", vi_sao="").status_code == 422
    house.post("/duyet-so-lieu/1", "/duyet-so-lieu", viec="tra-lai", vi_sao="thiếu <i>ba</i> xã")
    reporter(house)
    page = house.client.get("/nhap-so-lieu/d?ky=2026-10").text
    assert "trả lại" in page and "thiếu &lt;i&gt;ba&lt;/i&gt; xã" in page and "<i>" not in page
    assert 'value="20,5"' in page  # what was sent stands in the fields, to be mended


def test_correction_needs_a_reason_and_shows_both_values(house: House) -> None:
    reporter(house)
    house.fill()
    house.desk.approve(1, submissions._actor(Principal(PrincipalKind.USER, "binh")))
    assert house.fill(x="11").status_code == 422
    assert house.fill(x="11", vi_sao="cộng nhầm một xã").status_code == 303
    page = house.get("/nhap-so-lieu/d?ky=2026-10")
    assert "gửi đính chính" in page and "cộng nhầm một xã" in page and "Được thu gom: 10 · " in page


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ("", "chưa có số"), ("mười", "“mười” không phải là số"), ("10,5", "phải là số nguyên"),
        ("1001", "ngoài khoảng 0 đến 1.000 hồ sơ"), ("<script>", "“<script>” không phải là số"),
        ("=1+1", "không phải là số"),
    ],
)  # fmt: skip
def test_form_errors_name_their_cell_and_nothing_is_saved(house: House, x: str, said: str) -> None:
    reporter(house)
    answer = house.fill(x=x)
    assert answer.status_code == 422
    assert "Hộ gia đình – Được thu gom" in answer.text and said in unescape(answer.text)
    assert "<script>" not in answer.text and 'value="20,5"' in answer.text
    assert house.trail() == []


def template(house: House, kind: str) -> bytes:
    answer = house.client.get(f"/nhap-so-lieu/d/mau.{kind}?ky=2026-10")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def filled(house: House, **cells: Any) -> bytes:
    """The downloaded form, filled in with a spreadsheet program."""
    book = openpyxl.load_workbook(BytesIO(template(house, "xlsx")))
    sheet = book.worksheets[0]
    for ref, value in {"C6": 10, "D6": 20.5, **cells}.items():
        sheet[ref] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_workbook_is_downloaded_filled_in_and_submitted(house: House) -> None:
    reporter(house)
    answer = house.send_file("Biểu tháng 10.xlsx", filled(house))
    assert answer.status_code == 303
    assert house.desk.values(1) == {"x": 10.0, "y": 20.5}


def test_csv_is_downloaded_filled_in_and_submitted(house: House) -> None:
    reporter(house)
    body = template(house, "csv").decode("utf-8-sig").replace("hồ sơ;;", "hồ sơ;10;20,5")
    assert house.send_file("bieu.csv", body.encode("utf-8-sig")).status_code == 303
    assert house.desk.values(1) == {"x": 10.0, "y": 20.5}


def test_file_errors_name_their_cells_and_nothing_is_saved(house: House) -> None:
    reporter(house)
    answer = house.send_file("b.xlsx", filled(house, C6="<img src=x>", D6=None, E9="ghi chú"))
    said = unescape(answer.text)
    assert answer.status_code == 422 and "Chưa nhận số liệu nào: có 3 chỗ cần sửa." in said
    for one in ("Biểu!C6", "Biểu!D6", "Biểu!E9"):
        assert one in said
    assert "<img" not in answer.text and "&lt;img" in answer.text
    assert house.trail() == [] and house.letters() == []


def bomb() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"<x>" + b" " * 90_000_000 + b"</x>")
    return out.getvalue()


def macros(house: House) -> bytes:
    out = BytesIO(filled(house))
    with ZipFile(out, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("b.xlsm", b"PK", 415, "Chỉ nhận tệp .xlsx hoặc .csv"), ("b.xlsx", b"a;b", 415, "nội dung không phải .xlsx"),
        ("b.csv", b"PK\x03\x04", 415, "nội dung không phải .csv"),
        ("b.csv", b"<html>", 415, "nội dung không phải .csv"),
        ("b.xlsx", b"PK\x03\x04" + b"x" * 50, 422, "Không đọc được tệp"), ("b.exe", b"MZ", 415, "Chỉ nhận tệp"),
        ("b.csv", b"x" * 210_000, 413, "lớn quá 200 KB"), ("", b"", 422, "Chưa chọn tệp"),
    ],
)  # fmt: skip
def test_unreadable_file_is_rejected(house: House, name: str, body: bytes, status: int, said: str) -> None:
    reporter(house)
    answer = house.send_file(name, body)
    assert answer.status_code == status and said in unescape(answer.text)
    assert [(one.action, one.resource) for one in house.refused] == [("submit", "/nhap-so-lieu/d/tep")] * bool(name)


def test_zip_bombs_and_macros_are_rejected(house: House) -> None:
    reporter(house)
    large = bomb()
    assert len(large) < 200_000
    assert "Không đọc được tệp" in unescape(house.send_file("b.xlsx", large).text)
    assert "macro" in house.send_file("b.xlsx", macros(house)).text
    assert house.trail() == []


def test_file_beyond_the_limits_is_rejected(house: House) -> None:
    reporter(house)
    assert house.send_file("b.xlsx", b"PK" + b"x" * 400_000).status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/nhap-so-lieu", "/nhap-so-lieu/d", "/nhap-so-lieu/d/mau.xlsx", "/duyet-so-lieu", "/bao-qua-dien-thoai",
     "/bao-qua-dien-thoai/icu", "/don-doc/d/2026-09"],
)  # fmt: skip
def test_submission_pages_need_their_permission(house: House, path: str) -> None:
    for who in (
        Principal(PrincipalKind.LOCAL),
        Principal(PrincipalKind.DISPLAY, "w"),
        Principal(PrincipalKind.USER, "v", "v", frozenset({Role.VIEWER})),
    ):
        house.known.now = who
        assert house.client.get(path).status_code in (302, 303, 403)
    house.be("ai", Role.ADMINISTRATOR)
    assert house.client.get(path).status_code == 403


def test_reporter_submits_for_own_agency_only(house: House) -> None:
    house.be("la", Role.REPORTER, agency="b")
    assert house.client.get("/nhap-so-lieu/d?ky=2026-10").status_code == 403
    answer = house.post("/nhap-so-lieu/d", "/nhap-so-lieu/other", ky="2026-10", v_x="1", v_y="1")
    assert answer.status_code == 403 and house.trail() == []
    house.be("an", Role.REPORTER)
    assert "chưa gắn với cơ quan" in house.get("/nhap-so-lieu")
    assert house.client.get("/nhap-so-lieu/d").status_code == 403


def test_leader_of_an_agency_approves_no_other_agency(house: House) -> None:
    reporter(house)
    house.fill()
    house.be("xa", Role.LEADER, agency="b")
    assert "Không có số liệu nào chờ duyệt" in house.get("/duyet-so-lieu")
    house.post("/duyet-so-lieu/1", "/duyet-so-lieu", viec="duyet")
    assert house.letters() == []


def test_submission_without_the_csrf_token_is_denied(house: House) -> None:
    reporter(house)
    answer = house.client.post("/nhap-so-lieu/d", data={"ky": "2026-10", "v-x": "1", "v-y": "2"})
    assert answer.status_code == 403 and house.trail() == []


def test_telephone_report_is_saved_and_marked(house: House) -> None:
    house.be("truc", Role.OPERATOR)
    assert "Ghi số báo qua điện thoại" in house.get("/bao-qua-dien-thoai")
    fields = {"ky": "2026-11-03T08:30", "v_free": "12", "vi_sao": "trưởng khoa, máy 102"}
    answer = house.post("/bao-qua-dien-thoai/icu", "/bao-qua-dien-thoai/icu", **fields)
    assert answer.status_code == 303
    assert house.letters("icu") == [
        b'{"channel":"phone","observed":"2026-11-03T08:30:00+07:00","values":{"free":12.0}}'
    ]
    assert house.trail() == [("truc", "phone-report-entered")]
    assert house.post("/bao-qua-dien-thoai/icu", ky="2026-11-03T08:31").status_code == 422
    assert house.client.get("/bao-qua-dien-thoai/other").status_code == 404


def test_telephone_report_of_a_period_waits_for_approval(house: House) -> None:
    house.be("truc", Role.OPERATOR)
    house.post("/bao-qua-dien-thoai/d", ky="2026-10", v_x="1", v_y="2")
    assert house.letters() == []
    house.be("binh", Role.LEADER)
    assert "báo qua điện thoại" in house.get("/duyet-so-lieu")
    house.post("/duyet-so-lieu/1", "/duyet-so-lieu", viec="duyet")
    assert b'"channel":"phone"' in house.letters()[0]


def test_reminder_is_audited_counted_and_shown(house: House) -> None:
    house.be("truc", Role.OPERATOR)
    page = house.get("/don-doc/d/2026-09")
    assert "Cơ quan A chưa gửi" in page and "hiện 0 lần" in page
    answer = house.post("/don-doc/d/2026-09", noi_dung="đã quá hạn, <b>gửi ngay</b>")
    assert answer.status_code == 303
    again = house.post("/don-doc/d/2026-09", noi_dung="x")
    assert again.status_code == 409 and "mỗi ngày tính một lần" in again.text and "<b>gửi" not in again.text
    assert house.post("/don-doc/d/2026-10", "/don-doc/d/2026-09").status_code == 409
    assert house.trail() == [("truc", "reminder-sent")]
    house.now += timedelta(days=1)
    assert "hiện 1 lần" in house.get("/don-doc/d/2026-09")


def test_overdue_list_is_exported_without_formulas(house: House) -> None:
    house.known.now = Principal(PrincipalKind.LOCAL)
    answer = house.client.get("/cham-so-lieu.csv")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Cơ quan;Biểu số liệu;Kỳ số liệu;Hạn gửi")
    assert [line.split(";")[2] for line in lines[1:]] == ["tháng 08/2026", "tháng 09/2026"]
    house.known.now = Principal()
    assert house.client.get("/cham-so-lieu.csv").status_code != 200


def test_unknown_obligation_or_period_is_not_found(house: House) -> None:
    reporter(house)
    assert "không có kỳ" in house.get("/nhap-so-lieu/d?ky=%3Cb%3E", 404)
    assert "chưa gửi được" in house.get("/nhap-so-lieu/d?ky=2026-11", 409)
    assert "Không có biểu" in house.get("/nhap-so-lieu/none", 404)
