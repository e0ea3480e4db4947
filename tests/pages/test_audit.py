"""The audit log: callbacks of the page, by HTTP, and its exports."""

import json
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import openpyxl  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from components.access.audit_log import columns
from components.ui.i18n import catalogue
from ioc.auth import audit_log as entries
from ioc.auth.errors import AuthCode
from ioc.auth.user_admin import NewUser
from ioc.cli.users import local_principal
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.places import Places
from ioc.domain.directives.directive import Document, Task
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter, StoredAuditEntry
from ioc.storage.directives import documents
from ioc.web.errors.codes import RequestCode
from ioc.web.exports import table_process
from tests.pages.conftest import WorkingBrowser, working
from tests.web.views.conftest import ADMIN, FAR, Centre

PATH = "/quan-tri/nhat-ky"
ANY = {"ai": "", "viec": "", "ve": "", "ket-qua": "", "tu": "", "den": ""}
FIRST = {"startRow": 0, "endRow": 100, "sortModel": []}
EXPORTS = [f"/xuat/audit-log.{kind}" for kind in ("csv", "xlsx", "jsonl")]
CSV, XLSX, JSON_LINES = EXPORTS


def write(centre: Centre, action: str = "account-changed", target: str = "xem", **fields: str) -> None:
    """Writes an entry of a user."""
    entry = entries.NewAuditEntry("can-bo", PrincipalKind.USER, action, target, by=None, **fields)
    with centre.store.write() as conn:
        entries.write(conn, entry, centre.clock())


def listed(
    browser: WorkingBrowser, request: dict[str, object] | None = None, /, **query: str
) -> list[dict[str, object]]:
    """The rows of a block."""
    return list(answer(browser, request, **query)["audit-table.getRowsResponse"]["rowData"])


def code(row: dict[str, object]) -> object:
    """The code of the object of a row."""
    return row["target"]["title"]  # type: ignore[index]


def words(row: dict[str, object]) -> object:
    """The object of a row in words."""
    return row["target"]["text"]  # type: ignore[index]


def answer(
    browser: WorkingBrowser, request: dict[str, object] | None = None, head: int | None = None, /, **query: str
) -> dict[str, Any]:
    return browser.result(
        "audit.list_entries",
        {
            "audit-table.getRowsRequest": request or FIRST,
            "audit-query.data": {**ANY, **query},
            "audit-head.data": head,
        },
    )


def narrowed(browser: WorkingBrowser, **values: str) -> dict[str, object]:
    return browser.result("audit.narrow", {f"audit-{field}.value": value for field, value in values.items()})


def stored(centre: Centre, **filters: str) -> list[StoredAuditEntry]:
    with centre.store.read() as conn:
        return audit_log.newest(conn, AuditFilter(**filters), 99)  # type: ignore[arg-type]


@pytest.fixture
def reporter(centre: Centre, admin: WorkingBrowser) -> WorkingBrowser:
    """The administrator's browser, after an account was added."""
    user = NewUser("bao-cao", frozenset({Role.REPORTER}), "Người báo cáo A", "mp-a")
    centre.auth.users.add(user, ADMIN)
    return admin


def test_entries_are_filtered_by_each_field(centre: Centre, reporter: WorkingBrowser) -> None:
    found = {"viec": "account-created", "ket-qua": "success", "ai": "TRUONG", "ve": "bao", "tu": "01/01/2020"}
    for name, value in found.items():
        assert "bao-cao" in [code(row) for row in listed(reporter, **{name: value})], name
    (only,) = listed(reporter, **{**found, "den": "31/12/2030"})
    assert code(only) == "bao-cao"
    for name, value in {"viec": "gone", "ket-qua": "denied", "ai": "gone", "ve": "gone", "tu": "01/01/2031"}.items():
        empty = answer(reporter, **{name: value})
        assert empty["audit-table.getRowsResponse"] == {"rowData": [], "rowCount": 0}, name
        assert empty["audit-total.children"]


def test_last_day_of_the_filter_is_included(centre: Centre, admin: WorkingBrowser) -> None:
    today = centre.clock().strftime("%d/%m/%Y")
    write(centre)
    assert listed(admin, viec="account-changed", tu=today, den=today)


def test_filter_of_the_address_fills_the_fields(admin: WorkingBrowser) -> None:
    from pages import audit

    layout: Any = audit.layout(**{"ai": "xem", "ket-qua": "denied", "viec": "gone", "tu": "01/02/2026"})
    shown = {part.id: getattr(part, "value", None) for part in layout._traverse() if getattr(part, "id", None)}
    assert (shown["audit-actor"], shown["audit-result"], shown["audit-action"], shown["audit-since"]) == (
        "xem", "denied", "gone", "01/02/2026"
    )  # fmt: skip


def test_fields_set_the_filter(admin: WorkingBrowser) -> None:
    values = narrowed(admin, actor=" xem ", action="login", result="-", since="01/02/2026")
    assert values["audit-query.data"] == {**ANY, "ai": "xem", "viec": "login", "tu": "01/02/2026"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"since": "32/13/2026"}, "since"),
        ({"until": "x"}, "until"),
        ({"since": "02/01/2026", "until": "01/01/2026"}, "until"),
    ],
)
def test_day_that_is_none_is_refused_at_its_field(admin: WorkingBrowser, typed: dict[str, str], field: str) -> None:
    values = narrowed(admin, **typed)
    assert [key for key, value in values.items() if value] == [f"audit-{field}-error.children"]
    assert "audit-query.data" not in values


def test_rows_are_sorted_by_a_column_and_then_by_their_number(centre: Centre, admin: WorkingBrowser) -> None:
    for target in ("b", "a", "b", "c"):
        write(centre, target=target)
    up = {**FIRST, "sortModel": [{"colId": "target", "sort": "asc"}]}
    down = {**FIRST, "sortModel": [{"colId": "target", "sort": "desc"}]}
    rows = listed(admin, up, viec="account-changed")
    assert [code(row) for row in rows] == ["a", "b", "b", "c"]
    numbers = [int(str(row["id"])) for row in rows]
    assert numbers[1] < numbers[2]
    assert [row["id"] for row in listed(admin, down, viec="account-changed")] == numbers[::-1]


def test_entries_written_since_do_not_shift_the_next_block(centre: Centre, admin: WorkingBrowser) -> None:
    for number in range(6):
        write(centre, target=str(number))
    first = answer(admin, {**FIRST, "endRow": 3}, viec="account-changed")
    write(centre, target="new")
    rest = answer(admin, {"startRow": 3, "endRow": 6}, first["audit-head.data"], viec="account-changed")
    rows = first["audit-table.getRowsResponse"]["rowData"] + rest["audit-table.getRowsResponse"]["rowData"]
    assert [code(row) for row in rows] == ["5", "4", "3", "2", "1", "0"]


def test_block_is_bounded(centre: Centre, admin: WorkingBrowser) -> None:
    with centre.store.write() as conn:
        for _ in range(510):
            entries.write(conn, entries.NewAuditEntry("x", PrincipalKind.USER, "login"), centre.clock())
    assert len(listed(admin, {"startRow": 0, "endRow": 10**9})) == 500


def test_no_code_stands_alone(centre: Centre, admin: WorkingBrowser) -> None:
    write(centre, result="denied", reason=RequestCode.NOT_PERMITTED)
    (row,) = listed(admin, viec="account-changed")
    assert row["action"]["text"] == catalogue()["audit_log.did_account-changed"]["vi"]  # type: ignore[index]
    assert row["reason"] == catalogue()[f"errors.{RequestCode.NOT_PERMITTED}"]["vi"]


OBJECTS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("account-created", "bao-cao", {}, "tài khoản bao-cao – Người báo cáo A"),
    ("account-changed", "gone", {}, "tài khoản gone"),
    ("submission-sent", "sim-tide 2026-09 5", {}, "Thu gom rác thải, tháng 09/2026"),
    ("reminder-sent", "gone 2026-09", {}, "gone, 2026-09"),
    ("directive-report", "vb-1/nv-2", {}, "văn bản vb-1, nhiệm vụ 2"),
    ("directive-mandate-added", "pho → chu-tich", {}, "pho, cho chu-tich"),
    ("audit-purged", "1-20", {}, "các mục 1 đến 20"),
    ("audit-exported", "viec=login&ket-qua=denied", {}, "Thao tác: đăng nhập; Kết quả: bị từ chối"),
    ("audit-exported", "", {}, "toàn bộ nhật ký"),
    ("submit", "mp-a /_dash-update-component", {"result": "denied"}, "Cơ quan A (mô phỏng) · thao tác trên trang"),
    ("view_audit", PATH, {"result": "denied"}, PATH),
    ("manage_displays", "displays.enrol", {"result": "denied"}, "thao tác trên trang “Màn hình”"),
    ("submit", "mp-a gone.send", {"result": "denied"}, "Cơ quan A (mô phỏng) · gone.send"),
    ("directive-sheet-imported", "nhiem-vu.xlsx", {}, "nhiem-vu.xlsx"),
)


@pytest.mark.parametrize(("action", "target", "more", "expected"), OBJECTS)
def test_object_is_named_in_words_and_its_code_kept(
    centre: Centre, reporter: WorkingBrowser, action: str, target: str, more: dict[str, str], expected: str
) -> None:
    write(centre, action, target, **more)
    newest = listed(reporter)[0]
    assert (words(newest), newest["target"].get("title", "")) == (expected, target)  # type: ignore[attr-defined]
    panel = str(reporter.result("audit.open_entry", {"audit-table.cellRendererData": {"value": str(newest["id"])}}))
    assert expected in panel and target in panel


def test_document_is_named_by_its_number_only(centre: Centre, admin: WorkingBrowser) -> None:
    """The title of a document, and that of its task, may be withheld from who reads the log."""
    document = Document(
        "mp-51", "51/MP-UBND", LocalizedText("Trích yếu"), "công văn", "mp-a", date(2026, 11, 2), None,
        (Task("nv-1", LocalizedText("Lắp camera"), "mp-a", date(2026, 11, 2)),),
    )  # fmt: skip
    with centre.store.write() as conn:
        documents.put_document(conn, document, centre.clock())
    for action, target in (("directive-assign", "mp-51"), ("directive-report", "mp-51/nv-1")):
        write(centre, action, target)
    assert [words(row) for row in listed(admin)[:2]] == ["văn bản 51/MP-UBND, nhiệm vụ 1", "văn bản 51/MP-UBND"]


def test_command_of_the_machine_is_no_person(centre: Centre, admin: WorkingBrowser) -> None:
    with centre.store.write() as conn:
        entries.write(conn, entries.entry_by(local_principal(), "source-repolled", "x"), centre.clock())
    assert listed(admin)[0]["actor"] == catalogue()["audit_log.kind_shell"]["vi"]


def test_failed_sign_in_is_by_the_account_that_was_tried(centre: Centre, admin: WorkingBrowser) -> None:
    for name in ("thu-kho", "/dang-nhap"):
        entries.record_denial(centre.store, Principal(address="10.0.0.9"), "login", name, centre.clock())
    nobody = catalogue()["audit_log.kind_anonymous"]["vi"]
    assert [each["actor"] for each in listed(admin)[:2]] == [nobody, f"thu-kho ({nobody})"]
    assert [each["actor"] for each in listed(admin, ai="thu-kho")] == [f"thu-kho ({nobody})"]


def test_panel_shows_the_sign_of_the_result_in_its_colour(centre: Centre, reporter: WorkingBrowser) -> None:
    (created,) = stored(centre, action="account-created")
    panel = str(reporter.result("audit.open_entry", {"audit-table.cellRendererData": {"value": str(created.id)}}))
    assert "cell-sign is-normal" in panel
    account = str(reporter.result("users.open_account", {"users-table.cellRendererData": {"value": "bao-cao"}}))
    assert "cell-sign is-" in account


def test_panel_shows_sessions_and_rights_in_words(centre: Centre, reporter: WorkingBrowser) -> None:
    (created,) = stored(centre, action="account-created")
    panel = str(reporter.result("audit.open_entry", {"audit-table.cellRendererData": {"value": str(created.id)}}))
    assert catalogue()["views.role_reporter"]["vi"] in panel and "mp-a" in panel and created.hash in panel
    (login,) = listed(reporter, viec="login", ve="1")
    assert (words(login), code(login)) == ("phiên 1", "1")


def test_only_keys_of_rights_are_translated(centre: Centre, admin: WorkingBrowser) -> None:
    write(centre, after='{"when": "x", "missed": ["viewer"], "roles": ["viewer", "gone"], "agency": ""}')
    (entry,) = stored(centre, action="account-changed")
    panel = str(admin.result("audit.open_entry", {"audit-table.cellRendererData": {"value": str(entry.id)}}))
    viewer = catalogue()["views.role_viewer"]["vi"]
    assert "missed: ['viewer']" in panel and f": {viewer}, gone" in panel


@pytest.mark.parametrize("number", ["x", "-1", "9" * 40, "99999", ""])
def test_panel_of_no_entry_says_so(admin: WorkingBrowser, number: str) -> None:
    panel = admin.result("audit.open_entry", {"audit-table.cellRendererData": {"value": number}})
    assert panel["audit-facts.children"] == catalogue()["audit_log.none"]["vi"]


def test_log_is_verified_and_the_first_wrong_entry_named(centre: Centre, reporter: WorkingBrowser) -> None:
    assert "success" in str(reporter.result("audit.verify"))
    with centre.store.write() as conn:
        conn.execute(text("UPDATE audit_entry SET target = 'ai-khac' WHERE action = 'account-created'"))
    (changed,) = stored(centre, action="account-created")
    notice = str(reporter.result("audit.verify"))
    assert "danger" in notice and f"số {changed.id}" in notice
    assert catalogue()["audit_log.fault_changed"]["vi"] in notice


def test_json_lines_are_the_filtered_entries_as_stored(centre: Centre, reporter: WorkingBrowser) -> None:
    rows = [json.loads(line) for line in reporter.get(f"{JSON_LINES}?viec=account-created").text.splitlines()]
    assert [(row["action"], row["target"]) for row in rows] == [("account-created", "bao-cao")]


@pytest.mark.parametrize("query", ["tu=32/13/2026", "den=x", "tu=01/11/2026&den=hom-qua"])
def test_address_with_a_day_that_is_none_shows_and_exports_nothing(
    centre: Centre, admin: WorkingBrowser, query: str
) -> None:
    write(centre, target="don-vi")
    for path in EXPORTS:
        assert admin.get(f"{path}?{query}").status_code == 400
    values = {"audit-table.getRowsRequest": FIRST, "audit-query.data": dict(parse_qsl(query))}
    refused = admin.run("audit.list_entries", values)
    assert (refused.status_code, refused.get_json()["code"]) == (400, AuthCode.DAY_INVALID)
    assert stored(centre, action="audit-exported") == []


def test_the_stated_purpose_is_read_in_the_panel_of_its_entry(centre: Centre, admin: WorkingBrowser) -> None:
    write(centre, "personal-data-viewed", detail="gọi lại cho người báo tin")
    (entry,) = stored(centre, action="personal-data-viewed")
    panel = admin.result("audit.open_entry", {"audit-table.cellRendererData": {"value": str(entry.id)}})
    assert "gọi lại cho người báo tin" in str(panel)


@pytest.mark.parametrize("path", EXPORTS)
def test_personal_detail_is_not_exported(centre: Centre, admin: WorkingBrowser, path: str) -> None:
    write(centre, "personal-data-viewed", detail="gọi lại cho người báo tin")
    data = admin.get(path).data
    if path.endswith(".xlsx"):
        data = str([list(sheet.values) for sheet in openpyxl.load_workbook(BytesIO(data)).worksheets]).encode()
    assert b"personal-data-viewed" in data and "gọi lại".encode() not in data and b"detail" not in data


def test_csv_and_xlsx_hold_the_whole_filtered_set_in_words(centre: Centre, admin: WorkingBrowser) -> None:
    for number in range(1200):  # more than one batch
        write(centre, target=f"=xa-{number}", address=FAR)
    lines = admin.get(f"{CSV}?viec=account-changed").text.splitlines()
    assert len(lines) == 1201 and lines[0].startswith("\ufeff") and ";'=xa-1199;" in lines[1]
    book = openpyxl.load_workbook(BytesIO(admin.get(f"{XLSX}?viec=account-changed").data), read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 1201 and rows[1200][10] == "'=xa-0"
    assert catalogue()["audit_log.did_account-changed"]["vi"] in rows[1]


def test_xlsx_begins_with_what_the_page_shows_in_its_order(centre: Centre, reporter: WorkingBrowser) -> None:
    write(centre, "login", "thu-kho", result="denied", reason="auth.password_wrong")
    table = [column for column in columns("vi") if not column.is_action]
    shown = [[row[column.field] for column in table] for row in listed(reporter)]
    texts = [[each["text"] if isinstance(each, dict) else each for each in row] for row in shown]
    book = openpyxl.load_workbook(BytesIO(reporter.get(XLSX).data), read_only=True)
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert list(head[: len(table)]) == [column.head for column in table]
    assert [[str(cell or "") for cell in row[1 : len(table)]] for row in rows] == [row[1:] for row in texts]
    assert [f"{row[0]:%H:%M:%S %d/%m/%Y}" for row in rows] == [row[0] for row in texts]


@pytest.mark.parametrize("path", EXPORTS)
def test_export_is_audited_with_its_filter_and_not_stored(centre: Centre, admin: WorkingBrowser, path: str) -> None:
    response = admin.get(f"{path}?ai=truong&gone=1")
    assert response.status_code == 200 and response.headers["Cache-Control"] == "no-store"
    (entry,) = stored(centre, action="audit-exported")
    assert (entry.actor, entry.target) == ("truong", "ai=truong")


@pytest.mark.parametrize("path", EXPORTS)
def test_head_exports_and_audits_nothing(centre: Centre, admin: WorkingBrowser, path: str) -> None:
    assert admin.client.head(path, base_url=admin.base).status_code == 405
    assert not stored(centre, action="audit-exported")


def test_unknown_kind_of_export_is_not_found(centre: Centre, admin: WorkingBrowser) -> None:
    assert admin.get("/xuat/audit-log.pdf").status_code == 404 and not stored(centre, action="audit-exported")


def test_more_workbooks_than_may_be_written_at_once_are_refused(
    centre: Centre, admin: WorkingBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_process, "_places", Places(0))
    assert admin.get(XLSX).status_code == 503 and not stored(centre, action="audit-exported")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_who_may_not_read_the_log_gets_neither_page_nor_callbacks_nor_exports(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    paths = (PATH, *EXPORTS)
    assert {browser.get(path).status_code for path in paths} == {403}
    functions = ("list_entries", "narrow", "open_entry", "verify")
    assert {browser.run(f"audit.{name}").status_code for name in functions} == {403}
    assert not stored(centre, action="audit-exported")


REFUSED = ({"tu": "31/02/2026"}, {"den": "31/12/9999"}, {"ai": "\x00"})
QUERIES = (*REFUSED, {"ai": "x" * 9000}, {"ve": "%_\\"}, {"viec": "<script>"})


@pytest.mark.parametrize("query", QUERIES)
def test_malformed_filters_are_answered(admin: WorkingBrowser, query: dict[str, str]) -> None:
    values = {"audit-table.getRowsRequest": FIRST, "audit-query.data": {**ANY, **query}}
    assert admin.run("audit.list_entries", values).status_code == (400 if query in REFUSED else 200)
    response = admin.client.get(PATH, base_url=admin.base, query_string=query)
    assert response.status_code == 200 and "<script>alert" not in response.text
