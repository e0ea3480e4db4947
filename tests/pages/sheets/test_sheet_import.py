"""An office's own sheet becomes documents with tasks: the callbacks of the page, by HTTP."""

import errno
import shutil
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ioc.directives import sheet_import, staging
from ioc.directives.documents import store_in
from ioc.directives.positions import add_mandate
from ioc.directives.queries import find_document
from ioc.domain.access.principal import Principal, PrincipalKind, RevokedReason, Role
from ioc.domain.directives import sheet_documents
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.storage.directives import documents, events, positions
from ioc.web import task_sheet_process
from ioc.web.errors.codes import RequestCode
from tests.pages.conftest import working
from tests.pages.directive_site import official, page_layout, principal_of
from tests.pages.sheet_site import (
    ASSIGN,
    CHECK,
    HEADINGS,
    IMPORT,
    PageOf,
    SheetPage,
    rows_of,
    sheet,
    today,
)
from tests.web.views.conftest import ADMIN

PATH = "/nhap-bang"


def is_empty(page: SheetPage) -> bool:
    with page.centre.store.read() as conn:
        return documents.count_documents(conn) == 0 and not events.events_after(conn, 0, 1).events


def test_sheet_of_200_tasks_becomes_200_tasks(page_of: PageOf) -> None:
    page = page_of("vp")
    assert "so.csv" in page.send(sheet(rows_of(200, today(page))))["sheet-import-file-read"]["children"]
    checked = page.check()
    assert not checked["sheet-import-import.disabled"] and "200" in checked["sheet-import-result.markup"]
    assert is_empty(page)
    done = page.run(ASSIGN)
    assert "/van-ban/mp-a-1-kh-2026" in done["sheet-import-result.markup"] and done["sheet-import-buttons.hidden"]
    stored = page.stored()
    assert [len(document.tasks) for document in stored] == [20] * 10
    views = [find_document(page.centre.directives, document.key, principal_of("vp")) for document in stored]
    assert sum(len(view.tasks) for view in views) == 200
    assert sum(task.is_due_inferred for document in stored for task in document.tasks) == 100
    again = page.run(ASSIGN)
    assert again["sheet-import-result.markup"] == done["sheet-import-result.markup"] and len(page.stored()) == 10


def test_faults_name_their_cells_and_nothing_is_imported(page_of: PageOf) -> None:
    page = page_of("vp")
    rows = [*rows_of(3, today(page)), *rows_of(1, today(page), id="N9", lead="<b>Sở Lạ", due="<b>mai")]
    page.send(sheet(rows))
    checked = page.check()
    markup = checked["sheet-import-result.markup"]
    assert "G7" in markup and "&lt;b&gt;mai" in markup
    assert checked["sheet-import-asked.data"] == ["<b>Sở Lạ"]
    assert checked["sheet-import-import.disabled"] and checked["sheet-import-assign.disabled"]
    assert page.browser.run("sheet_import.run", page.values, ASSIGN).status_code == 409 and is_empty(page)


def test_second_import_by_external_id_is_an_update(page_of: PageOf) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(5, today(page))))
    page.run(ASSIGN)
    page.send(sheet([*rows_of(5, today(page), title="Tên mới"), *rows_of(1, today(page), id="N77")]))
    page.run(ASSIGN)
    (document,) = page.stored()
    assert [task.title.vi for task in document.tasks] == ["Tên mới"] * 5 + ["Việc 0"]
    assert len(find_document(page.centre.directives, document.key, principal_of("vp")).tasks) == 6
    page.send(sheet(rows_of(1, today(page), id="", title="Khác")))
    assert page.check()["sheet-import-import.disabled"]


def test_what_a_person_chose_for_the_columns_is_remembered(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(staging, "MAX_MAPPINGS", 2)
    page, other = page_of("vp"), page_of("vt")
    for headings in ((*HEADINGS, "a"), (*HEADINGS, "b"), HEADINGS):
        page.send(sheet(rows_of(1, today(page)), headings))
        page.values["sheet-import-column.value"]["0"] = "note"
        page.check()
    for each, expected in ((page, "note"), (other, "-")):
        each.send(sheet(rows_of(2, today(page))))
        assert each.values["sheet-import-column.value"]["0"] == expected
    assert len(list(tmp_path.glob("sheets/mappings/*"))) == 2


def test_sheet_with_too_many_tasks_is_told_so_before_anything_is_stored(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_documents, "MAX_SHEET_TASKS", 3)
    page = page_of("vp")
    page.send(sheet(rows_of(4, today(page))))
    checked = page.check()
    assert checked["sheet-import-alert.children"] and checked["sheet-import-checked.hidden"]
    assert checked["sheet-import-import.disabled"] and checked["sheet-import-assign.disabled"]
    assert page.browser.run("sheet_import.run", page.values, ASSIGN).status_code == 409 and is_empty(page)


def test_what_neither_table_nor_form_says_is_told_at_its_fields(page_of: PageOf) -> None:
    page = page_of("vp")
    page.values["sheet-import-issuer.value"] = "-"
    page.send(sheet(rows_of(1, today(page), number="1/KH")))
    page.values["sheet-import-column.value"] |= {"2": "-", "3": "-"}  # day of issue, abstract
    checked = page.check()
    refused = {name for name in checked if name.endswith("-error.children") and checked[name]}
    assert refused == {f"sheet-import-{field}-error.children" for field in ("issued", "abstract", "issuer")}
    assert checked["sheet-import-checked.hidden"] and checked["sheet-import-import.disabled"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("sheet-import-column.value", {"0": "note"}), ("sheet-import-sphere.value", "do-thi"), ("", "")],
)
def test_what_was_checked_is_imported(page_of: PageOf, field: str, value: object) -> None:
    """What the form says since must be checked again: the import stores nothing else than what was seen."""
    page = page_of("vp")
    page.send(sheet(rows_of(2, today(page))))
    if field:
        page.check()
        before = page.values[field]
        page.values[field] = before | value if isinstance(value, dict) else value
    refused = page.browser.run("sheet_import.run", page.values, IMPORT)
    assert refused.status_code == 409 and "task_sheet.not_checked" in refused.text and is_empty(page)
    assert page.run(IMPORT)["sheet-import-buttons.hidden"] and len(page.stored()) == 1


def test_full_disk_is_told_when_a_sheet_is_checked(page_of: PageOf, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(2, today(page))))

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(staging.SheetStaging, "note_checked", fail)
    answer = page.browser.run("sheet_import.check", page.values, CHECK)
    assert (answer.status_code, answer.get_json()["code"]) == (507, RequestCode.FILE_NOT_KEPT)


def test_clerk_imports_and_assigns_nothing(page_of: PageOf) -> None:
    page = page_of("vt")
    page.send(sheet(rows_of(2, today(page))))
    page.check()
    refused = page.browser.run("sheet_import.run", page.values, ASSIGN)
    assert refused.status_code == 403 and is_empty(page)
    assert page.run(IMPORT)["sheet-import-buttons.hidden"]
    assert not find_document(page.centre.directives, page.stored()[0].key, principal_of("vt")).tasks


def test_import_of_an_account_that_is_disabled_meanwhile_is_refused(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, name = page_of("vp"), principal_of("vp").name
    page.send(sheet(rows_of(2, today(page))))
    page.check()
    at_first = iter([partial(page.centre.auth.users.disable, name, Principal(PrincipalKind.SHELL))])
    monkeypatch.setattr(staging.SheetStaging, "report", lambda *_: next(at_first, bool)())
    answer = page.browser.run("sheet_import.run", page.values, IMPORT)
    assert (answer.status_code, answer.get_json()["code"]) == (401, RevokedReason.SESSION_ENDED) and is_empty(page)


@pytest.mark.parametrize("name", ["ct", "pct", "gd-a", "gd-b"])
def test_other_positions_import_nothing(page_of: PageOf, name: str) -> None:
    office, other = page_of("vp"), page_of(name)
    assert "sheet-import-file" not in page_layout(other.browser, PATH)
    assert "sheet-import-file" in page_layout(office.browser, PATH)
    office.send(sheet(rows_of(1, today(office))))
    assert other.send(sheet(rows_of(1, today(office))))["status"] == 400
    other.values |= {"sheet-import-token.data": office.values["sheet-import-token.data"]}
    other.values |= {key: office.values[key] for key in ("sheet-import-column.value", "sheet-import-table.value")}
    for position in (f"{name}|{name}", "vp|vp", f"{name}|vp"):
        other.values["sheet-import-position.value"] = position
        for function, button in (("check", "sheet-import-check.n_clicks"), ("run", IMPORT), ("run", ASSIGN)):
            assert other.browser.run(f"sheet_import.{function}", other.values, button).status_code == 400
    assert is_empty(office)


def test_sheet_of_somebody_else_is_not_reached(page_of: PageOf) -> None:
    office, clerk = page_of("vp"), page_of("vt")
    office.send(sheet(rows_of(1, today(office))))
    clerk.values = office.values | {"sheet-import-position.value": "vt|vt"}
    assert clerk.browser.run("sheet_import.run", clerk.values, IMPORT).status_code == 409
    assert clerk.browser.run("sheet_import.cancel", clerk.values).status_code == 409 and is_empty(office)


def test_who_may_not_act_on_directives_sends_nothing(page_of: PageOf) -> None:
    page = page_of("vp")
    viewer = working(page.centre.signed_in("xem", Role.VIEWER))
    assert viewer.get(PATH).status_code == 403
    assert SheetPage(page.centre, viewer, "vp").send(sheet([]))["status"] == 403


def test_substitute_imports_and_a_position_that_ended_does_not(page_of: PageOf) -> None:
    substitute, office = page_of("gd-a"), page_of("vp")
    directives = office.centre.directives
    day = directives.today()
    office.send(sheet(rows_of(1, today(office))))
    with office.centre.store.write() as conn:
        held = positions.load_positions(conn).by_key["vp"]
        ended = replace(held, valid_from=day - timedelta(days=2), valid_to=day - timedelta(days=1))
        positions.put_position(conn, ended)
    assert office.browser.run("sheet_import.run", office.values, IMPORT).status_code == 400 and is_empty(office)
    with office.centre.store.write() as conn:
        positions.put_position(conn, held)
    add_mandate(directives, Mandate(MandateKind.SUBSTITUTION, "vp", "gd-a", day, day), ADMIN)
    substitute.values["sheet-import-position.value"] = "gd-a|vp"
    substitute.send(sheet(rows_of(1, today(office))))
    assert substitute.run(ASSIGN)["sheet-import-buttons.hidden"] and len(substitute.stored()) == 1


def test_import_that_was_stopped_leaves_nothing_and_may_be_done_again(page_of: PageOf) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(40, today(page))))
    page.browser.result("sheet_import.cancel", page.values)
    assert page.run(ASSIGN)["sheet-import-progress.children"] and is_empty(page)
    assert page.run(ASSIGN)["sheet-import-buttons.hidden"] and len(page.stored()) == 2
    assert not page.browser.result("sheet_import.show_progress", page.values)["sheet-import-progress.children"]


def test_import_that_is_stored_is_told_as_stored_whatever_becomes_of_its_sheet(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(3, today(page))))

    def then_damaged(*args: Any) -> object:
        stored = store_in(*args)
        shutil.rmtree(tmp_path / "sheets")
        (tmp_path / "sheets").touch()  # nothing can be read or written there any more
        return stored

    monkeypatch.setattr(sheet_import, "store_in", then_damaged)
    done = page.run(ASSIGN)
    assert done["sheet-import-buttons.hidden"] and len(page.stored()) == 1
    assert page.run(ASSIGN)["sheet-import-result.markup"] == done["sheet-import-result.markup"]


def test_second_press_whose_sheet_goes_meanwhile_is_answered_with_the_result(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(3, today(page))))
    page.check()
    load, first = staging.SheetStaging.load, list[str]()

    def load_late(self: staging.SheetStaging, token: str, principal: Principal) -> staging.StagedFile:
        monkeypatch.undo()
        first.append(page.browser.result("sheet_import.run", page.values, ASSIGN)["sheet-import-result.markup"])
        return load(self, token, principal)

    monkeypatch.setattr(staging.SheetStaging, "load", load_late)
    second = page.browser.result("sheet_import.run", page.values, ASSIGN)
    assert [second["sheet-import-result.markup"]] == first and "/van-ban/" in first[0]
    assert len(page.stored()) == 1


def kept_of(folder: Path) -> list[Path]:
    """What is kept of the files that were sent, and of their tables."""
    return [*folder.glob("files/*.*"), *folder.glob("sheets/*.*")]


def test_reading_after_a_file_that_was_refused_names_the_types(page_of: PageOf) -> None:
    page = page_of("vp")
    assert page.send(b"x", "so.txt") == {"status": 415} and ".xlsx, .xls" in page.read()["sheet-import-file"]["error"]


@pytest.mark.parametrize("heading", ["Độ mật", "Loại"])
def test_nothing_of_a_secret_row_is_kept(page_of: PageOf, tmp_path: Path, heading: str) -> None:
    """It is looked for when the file is read, and in the columns that are chosen."""
    page = page_of("vp")
    row = [*rows_of(1, today(page))[0], "Mật" if heading == "Độ mật" else "Toi mat"]
    answer = page.send(sheet([row], (*HEADINGS, heading)))
    if heading == "Độ mật":
        assert answer["sheet-import-file"]["error"] and "sheet-import-token" not in answer
    else:
        page.values["sheet-import-column.value"]["8"] = "secrecy"
        shown = page.check()
        assert shown["sheet-import-import.disabled"] and "sheet-faults" not in shown["sheet-import-result.markup"]
    assert kept_of(tmp_path) == [] and is_empty(page)
    assert page.browser.run("sheet_import.run", page.values, IMPORT).status_code in (400, 409)


def test_column_that_states_no_secrecy_can_be_chosen_again(page_of: PageOf) -> None:
    page = page_of("vp")
    signature = [""] * len(HEADINGS) + ["TM. ỦY BAN NHÂN DÂN"]
    page.send(sheet([[*rows_of(1, today(page))[0], "Hạn chế"], signature], (*HEADINGS, "Độ mật")))
    assert page.values["sheet-import-column.value"]["8"] == "secrecy"
    checked = page.check()
    assert checked["sheet-import-import.disabled"] and "Hạn chế" in checked["sheet-import-result.markup"]
    page.values["sheet-import-column.value"]["8"] = ""
    page.run()
    assert len(page.stored()) == 1


@pytest.mark.parametrize("code", [SheetCode.BUSY, SheetCode.TOO_SLOW])
def test_file_that_was_not_read_can_be_read_again(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: SheetCode
) -> None:
    page = page_of("vp")
    run = task_sheet_process._run

    def fail(_body: bytes) -> bytes:
        raise SheetError(code)

    monkeypatch.setattr(task_sheet_process, "_run", fail)
    field = page.send(sheet(rows_of(1, today(page))))["sheet-import-file"]
    assert field["error"] and "handle" not in field
    monkeypatch.setattr(task_sheet_process, "_run", run)
    answer = page.read()
    assert answer["sheet-import-file"] == {"handle": None, "error": ""} and "sheet-import-token" in answer
    assert list(tmp_path.glob("files/*.*")) == []


def test_file_that_its_sender_calls_secret_is_not_read(page_of: PageOf, tmp_path: Path) -> None:
    page = page_of("vp")
    page.values["sheet-import-secrecy.value"] = "mat"
    answer = page.send(sheet(rows_of(1, today(page))))
    assert answer["sheet-import-secrecy-error"]["children"] and "sheet-import-token" not in answer
    assert kept_of(tmp_path) == []
    page.values["sheet-import-secrecy.value"] = "x"
    assert page.send(sheet(rows_of(1, today(page))))["status"] == 400


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("a.xlsm", b"PK\x03\x04", 415), ("a.xlsx", b"a;b", 415), ("a.csv", b"PK\x03\x04", 415),
        ("a.csv", b"<html>", 415), ("a.xls", b"PK\x03\x04", 415), ("a.xlsx", b"PK\x03\x04 damaged", 422),
    ],
)  # fmt: skip
def test_file_of_another_type_or_size_is_refused(page_of: PageOf, name: str, body: bytes, status: int) -> None:
    assert page_of("vp").send(body, name)["status"] == status


def test_table_larger_than_what_is_read_is_not_loaded(page_of: PageOf, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(1, today(page))))
    assert page.check()["sheet-import-checked.hidden"] is False
    monkeypatch.setattr(staging, "_MAX_BYTES", 10)
    assert page.browser.run("sheet_import.run", page.values, IMPORT).status_code == 409 and is_empty(page)


def test_table_without_headings_is_said_at_the_file(page_of: PageOf) -> None:
    answer = page_of("vp").send(b"a;b\n1;2\n")
    assert answer["sheet-import-file"]["error"] and "sheet-import-token" not in answer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sheet-import-issuer.value", "x"), ("sheet-import-kind.value", "x"), ("sheet-import-source.value", "x"),
        ("sheet-import-visibility.value", "x"), ("sheet-import-table.value", "7"), ("sheet-import-table.value", "-1"),
        ("sheet-import-table.value", "9" * 5_000),
        ("sheet-import-column.value", {"0": "lead"}), ("sheet-import-column.value", dict.fromkeys("01234567", "x")),
    ],
)  # fmt: skip
def test_what_was_never_offered_is_refused(page_of: PageOf, field: str, value: object) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(1, today(page))))
    page.values[field] = value
    assert page.browser.run("sheet_import.run", page.values, IMPORT).status_code == 400 and is_empty(page)


def test_inferred_due_dates_are_marked_until_confirmed(page_of: PageOf) -> None:
    page = page_of("vp")
    page.send(sheet(rows_of(2, today(page))))
    page.run(ASSIGN)
    (document,) = page.stored()
    opened = {"stored-document-opened.data": document.key}
    office, agency = page.browser, official(page.centre, "gd-a")
    assert office.result("stored_document.show", opened)["stored-document-confirm.style"] is None
    assert agency.result("stored_document.show", opened)["stored-document-confirm.style"]
    assert agency.run("stored_document.confirm", opened).status_code == 403
    assert office.run("stored_document.confirm", opened | {"stored-document-dues.data": "nv-1: x"}).status_code == 409
    seen = opened | {
        "stored-document-dues.data": office.result("stored_document.show", opened)["stored-document-dues.data"]
    }
    assert office.result("stored_document.confirm", seen)["stored-document-confirming.is_open"] is False
    again = office.run("stored_document.confirm", seen)  # somebody else, at once
    assert again.status_code == 409 and "directives.dues_changed" in again.text
    shown = office.result("stored_document.show", opened)
    assert shown["stored-document-confirm.style"] and "hạn suy ra" not in shown["stored-document-tasks.markup"]
    assert [task.due_words for task in page.stored()[0].tasks] == ["thường xuyên", "tháng 12/2100"]
