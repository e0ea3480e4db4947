"""Unknown names of agencies in a sheet: chosen for once, remembered; what is wrong as a file: by HTTP."""

import csv
import json
from pathlib import Path

import pytest

from components.directives import sheet_check
from components.directives.sheet_names import LEFT_OUT
from ioc.dash_kit import sheet_form
from tests.pages.sheet_site import (
    ASSIGN,
    IMPORT,
    PageOf,
    SheetPage,
    rows_of,
    sheet,
    today,
)

NAME = "Phòng Quản lý đô thị"


def send(page: SheetPage, *leads: str) -> None:
    """A sheet with a task for each of these leads."""
    day = today(page)
    page.send(sheet([row for n, lead in enumerate(leads) for row in rows_of(1, day, lead=lead, id=f"N{n}")]))


def test_choice_for_an_unknown_name_is_imported_without_changing_the_file(page_of: PageOf) -> None:
    page = page_of("vp")
    send(page, NAME, NAME.upper(), "Cơ quan A", f"{NAME}; ông Ba")
    shown = page.check()
    assert shown["sheet-import-asked.data"] == [NAME, "ông Ba"] and not shown["sheet-import-names-part.hidden"]
    assert shown["sheet-import-import.disabled"] and "F5" not in shown["sheet-import-result.markup"]
    page.choose(NAME, "mp-b")
    page.choose("ông Ba", LEFT_OUT)
    shown = page.check()
    assert not shown["sheet-import-import.disabled"]
    page.browser.result("sheet_import.run", page.values, ASSIGN)
    (document,) = page.stored()
    assert [task.lead for task in document.tasks] == ["mp-b", "mp-b", "mp-a", "mp-b"]


def test_long_names_that_begin_alike_are_two_names(page_of: PageOf) -> None:
    page = page_of("vp")
    first, second = (f"Ban chỉ đạo {'phát triển ' * 20}{end}" for end in ("một", "hai"))
    send(page, f"{first}; {second}")
    shown = page.check()
    assert shown["sheet-import-asked.data"] == [first, second]
    assert "2 tên" in shown["sheet-import-result.markup"]
    fields = json.dumps(shown["sheet-import-names.children"], ensure_ascii=False)
    assert f"{first} " in fields.replace("”", " ") and f"{second} " in fields.replace("”", " ")
    page.choose(first, "mp-b")
    assert "1 tên" in page.check()["sheet-import-result.markup"]
    page.choose(second, LEFT_OUT)
    assert not page.check()["sheet-import-import.disabled"]


def test_choice_is_remembered_for_the_next_sheet_of_the_same_person(page_of: PageOf, tmp_path: Path) -> None:
    page, other = page_of("vp"), page_of("vt")
    send(page, NAME)
    page.check()
    page.choose(NAME, "mp-b")
    page.check()
    for each, value in ((page, "mp-b"), (other, "-")):
        send(each, NAME)
        shown = each.check()
        assert shown["sheet-import-checked-choices.data"] == [value]
        assert shown["sheet-import-import.disabled"] == (value == "-")
    (kept,) = tmp_path.glob("sheets/mappings/*-names.json")
    assert "Phòng" not in kept.read_text() and "phong" not in kept.read_text()
    page.choose(NAME, "-")
    assert page.check()["sheet-import-checked-choices.data"] == ["-"]
    send(page, NAME)
    assert page.check()["sheet-import-checked-choices.data"] == ["-"]


def test_choice_that_was_not_checked_is_not_imported(page_of: PageOf) -> None:
    page = page_of("vp")
    send(page, NAME)
    page.check()
    page.choose(NAME, "mp-b")
    page.check()
    page.choose(NAME, "mp-a")
    assert page.browser.run("sheet_import.run", page.values, IMPORT).status_code == 409 and page.stored() == []


@pytest.mark.parametrize(
    ("asked", "choices"),
    [
        ([NAME], ["no-agency"]), ([NAME], []), ("x", []), ([1], ["mp-b"]), (["x" * 10_001], ["mp-b"]), (None, []),
        ([NAME], None), ([str(n) for n in range(101)], ["-"] * 101),
    ],
)  # fmt: skip
def test_what_was_never_offered_is_refused(page_of: PageOf, asked: object, choices: object) -> None:
    page = page_of("vp")
    send(page, NAME)
    page.values |= {"sheet-import-asked.data": asked, "sheet-import-choices.data": choices}
    assert page.browser.run("sheet_import.check", page.values, "sheet-import-check.n_clicks").status_code == 400


def test_more_names_than_are_asked_for_are_faults_of_their_cells(
    page_of: PageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sheet_check, sheet_form):
        monkeypatch.setattr(module, "MAX_ASKED", 1)
    page = page_of("vp")
    send(page, NAME, "ông Ba")
    assert "F5" in page.check()["sheet-import-result.markup"]


@pytest.mark.usefixtures("files_written_here")
def test_faults_are_a_file_for_who_sent_the_sheet(page_of: PageOf) -> None:
    page, other = page_of("vp"), page_of("vt")
    page.send(sheet(rows_of(210, today(page), due="mai")))
    token = page.values["sheet-import-token.data"]
    assert f"/xuat/sheet-faults.xlsx?bang={token}" in page.check()["sheet-import-result.markup"]
    answer = page.browser.get(f"/xuat/sheet-faults.csv?bang={token}")
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert [row[0] for row in rows[1:]] == [f"G{n}" for n in range(4, 214)]
    assert other.browser.get(f"/xuat/sheet-faults.csv?bang={token}").status_code in (404, 409, 410)
