"""A sheet as an office keeps it: its columns, its rows by document, and what is wrong cell by cell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.directives.sheet_check import checked_markup
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives import sheet_documents
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import MAX_NAMES, Agency, match_agencies
from ioc.domain.directives.directive import Document
from ioc.domain.directives.parsed_sheet import Change, ParsedSheet, StoredDocument
from ioc.domain.directives.sheet_documents import parse_sheet
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField, guess_fields
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, document_key
from ioc.domain.geo.place import AdminUnit
from ioc.domain.geo.unit_names import UnitNames

HEADINGS = (
    "STT", "Số, ký hiệu", "Ngày ban hành", "Trích yếu", "Nội dung nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn",
    "Sản phẩm", "Ghi chú", "Mã nhiệm vụ",
)  # fmt: skip
AGENCIES = {
    key: Agency(key, LocalizedText(name), LocalizedText(key), place=place)
    for key, name, place in (
        ("ubnd", "UBND thành phố", ""), ("a", "Sở A", ""), ("b", "Sở B", ""), ("x1", "UBND xã Một", "1"),
        ("x2", "UBND xã Hai", "2"), ("p1", "UBND phường Ba", "3"),
    )
}  # fmt: skip
DEFAULTS = SheetDefaults(issuer="ubnd")


def row(title: str = "Đào mương", **changes: str) -> tuple[str, ...]:
    """A row of a task."""
    cells = {
        "stt": "1", "number": "97/KH-UBND", "issued": "02/11/2026", "abstract": "Chống ngập", "title": title,
        "lead": "Sở A", "coordinating": "", "due": "20/12/2026", "product": "Báo cáo", "note": "", "external_id": "",
    }  # fmt: skip
    return tuple((cells | changes).values())


def parse(
    *rows: Sequence[str], stored: StoredDocument | None = None, defaults: SheetDefaults = DEFAULTS,
    unreadable: dict[tuple[int, int], Failure] | None = None,
) -> ParsedSheet:  # fmt: skip
    """What a table of these rows, of which the first is row 5, says."""
    table = TaskTable("", HEADINGS, tuple(map(tuple, rows)), 4, unreadable or {})
    return parse_sheet(table, guess_fields(HEADINGS), defaults, AGENCIES, lambda _: stored)


def faults(parsed: ParsedSheet) -> list[tuple[int, int, str]]:
    return [(fault.row, fault.column, fault.failure.code) for fault in parsed.faults]


def imported(document: Document, *assigned: str) -> StoredDocument:
    return StoredDocument(document, frozenset(assigned))


def test_general_names_of_agencies_are_counted_with_their_size() -> None:
    parsed = parse(row(coordinating="các xã, phường"), row("Thu gom", lead="Sở A", coordinating="Sở B; Các xã, phường"))
    assert not parsed.faults and parsed.widened == (("các xã, phường", 3, 2),)
    assert "“các xã, phường” → 3 đơn vị (2 ô)" in checked_markup(parsed, AGENCIES, {}, "vi")
    assert parse(row()).widened == ()


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("NỘI DUNG NHIỆM VỤ", "title"), ("Cơ quan chủ trì", "lead"), ("Đơn vị phối hợp", "coordinating"),
        ("Thời hạn hoàn thành", "due"), ("Số, ký hiệu văn bản", "number"), ("Mã nhiệm vụ", "external_id"),
        ("Sản phẩm đầu ra", "product"), ("Ngày tháng văn bản", "issued"), ("Độ mật", "secrecy"),
    ],
)  # fmt: skip
def test_heading_says_what_its_column_holds(heading: str, name: str) -> None:
    assert guess_fields(("STT", heading)) == {1: SheetField(name)}


def test_sheet_becomes_documents_with_tasks_as_offices_write_them() -> None:
    parsed = parse(
        row(coordinating="Sở B", due="Quý IV/2026"),
        row("Thu gom", lead="Sở A, Sở B; UBND các xã", due="thường xuyên"),
        row("Khác", number="98/KH-UBND", abstract="Cây xanh", due="khẩn trương"),
    )
    assert faults(parsed) == [] and [document.number for document in parsed.documents] == ["97/KH-UBND", "98/KH-UBND"]
    first, order, *parts = parsed.documents[0].tasks
    assert (first.due, first.due_words, first.is_due_inferred) == (date(2026, 12, 31), "Quý IV/2026", True)
    assert order.is_order and [part.lead for part in parts] == ["a", "b", "x1", "x2"]
    assert (order.due, order.due_words, order.is_due_inferred) == (None, "thường xuyên", False)
    assert [task.row for task in parsed.tasks] == [4, 5, 6] and parsed.number_of(Change.NEW) == 3


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("UBND các xã, phường", ("x1", "x2", "p1")), ("UBND 3 xã, phường", ("x1", "x2", "p1")),
        ("UBND tất cả các xã", ("x1", "x2")),
        ("UBND các phường", ("p1",)), ("Sở A; các xã", ("a", "x1", "x2")),
    ],
)  # fmt: skip
def test_committees_of_all_communes_are_named_together(text: str, keys: tuple[str, ...]) -> None:
    assert match_agencies(text, AGENCIES, date(2026, 11, 2)) == (keys, ())


@pytest.mark.parametrize(
    ("lead", "coordinating", "keys"),
    [
        ("UBND xã Một", "UBND các xã", ("x2",)), ("Sở A; UBND xã Một", "Sở B; các xã, phường", ("b", "x2", "p1")),
        ("UBND các phường", "UBND 3 xã, phường", ("x1", "x2")), ("Sở A", "các xã", ("x1", "x2")),
    ],
)  # fmt: skip
def test_general_name_beside_a_lead_means_the_others(lead: str, coordinating: str, keys: tuple[str, ...]) -> None:
    parsed = parse(row(lead=lead, coordinating=coordinating))
    assert not parsed.faults and parsed.documents[0].tasks[0].coordinating == keys


@pytest.mark.parametrize(
    ("lead", "coordinating"),
    [
        ("UBND xã Một", "UBND xã Một"), ("UBND xã Một", "các xã; UBND xã Một"), ("UBND các xã", "UBND xã Một"),
        ("Sở A; UBND các xã", "các xã"), ("UBND các xã, phường", "Sở B; UBND các xã"),
    ],
)  # fmt: skip
def test_agency_that_is_named_as_lead_and_as_coordinating_is_refused(lead: str, coordinating: str) -> None:
    parsed = parse(row(lead=lead, coordinating=coordinating))
    assert faults(parsed) == [(4, 6, ActCode.LEAD_COORDINATES)]
    assert parsed.faults[0].failure.params == {"agency": "x1"}


@pytest.mark.parametrize("text", ["UBND 2 xã phường", "UBND 1 xã", "UBND 103 xã"])
def test_number_of_communes_that_is_not_that_of_all_names_none(text: str) -> None:
    assert match_agencies(text, AGENCIES, date(2026, 11, 2)) == ((), (text,))


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"lead": "Sở Lạ"}, 5, ActCode.AGENCY_UNKNOWN), ({"lead": ""}, 5, ActCode.FIELD_MISSING),
        ({"title": ""}, 4, ActCode.FIELD_MISSING), ({"due": "mai"}, 7, ActCode.DUE_UNCLEAR),
        ({"due": "01/11/2026"}, 7, ActCode.DUE_BEFORE_ASSIGNED), ({"issued": "hôm qua"}, 2, SheetCode.NOT_A_DAY),
        ({"issued": "03/11/2026"}, 2, SheetCode.CELL_DIFFERS), ({"abstract": "Khác"}, 3, SheetCode.CELL_DIFFERS),
        ({"number": ""}, 1, ActCode.FIELD_MISSING), ({"coordinating": "Sở A"}, 6, ActCode.LEAD_COORDINATES),
        ({"title": "x" * 4_001}, 4, SheetCode.TEXT_TOO_LONG), ({"external_id": "N1"}, 10, SheetCode.ID_REPEATED),
        ({"external_id": "0100 345 678"}, 10, ActCode.PERSONAL_ID),
    ],
)  # fmt: skip
def test_cell_says_what_is_wrong_with_it(changed: dict[str, str], column: int, code: str) -> None:
    assert faults(parse(row(external_id="N1"), row(**changed))) == [(5, column, code)]


def test_cell_without_content_is_never_read_as_empty() -> None:
    failure = Failure("spreadsheet.cell_error", {"error": "#REF!"})
    parsed = parse(row(), row(due="#REF!"), unreadable={(1, 7): failure})
    assert faults(parsed) == [(5, 7, failure.code)]


def test_formula_is_a_text_like_any_other() -> None:
    (document,) = parse(row('=HYPERLINK("http://x","y")')).documents
    assert document.tasks[0].title.vi == '=HYPERLINK("http://x","y")'


def test_titles_of_groups_and_signatures_are_left_out_and_said() -> None:
    group = ("II", "", "", "", "LĨNH VỰC ĐÔ THỊ", *[""] * 6)
    signature = ("Nơi nhận: lưu VT", *[""] * 10)
    parsed = parse(group, row(), [""] * 11, signature)
    assert parsed.skipped == (4, 7) and len(parsed.tasks) == 1 and faults(parsed) == []


def test_what_the_table_does_not_say_is_common_to_all_rows() -> None:
    defaults = replace(DEFAULTS, number="1/CT", issued=date(2026, 11, 3), abstract="Chỉ thị", kind="chỉ thị")
    (document,) = parse(row(number="", issued="", abstract=""), defaults=defaults).documents
    assert (document.number, document.issued_on, document.title.vi, document.kind) == (
        "1/CT", date(2026, 11, 3), "Chỉ thị", "chỉ thị"
    )  # fmt: skip


def test_needed_field_has_one_column() -> None:
    table = TaskTable("", HEADINGS, (row(),), 4)
    for fields, code in (
        ({4: SheetField.TITLE}, SheetCode.FIELD_WITHOUT_COLUMN),
        ({3: SheetField.TITLE, 4: SheetField.TITLE, 5: SheetField.LEAD}, SheetCode.FIELD_REPEATED),
    ):
        with pytest.raises(SheetError) as error:
            parse_sheet(table, fields, DEFAULTS, AGENCIES, lambda _: None)
        assert error.value.failure.code == code


def test_day_of_issue_beside_the_number_is_that_of_the_document() -> None:
    table = TaskTable("", HEADINGS, (row(number="62/KH ngày 20/11/2026"), row(number="63/KH (Ngày 1-11-2026)")), 4)
    fields = {1: SheetField.NUMBER, 3: SheetField.ABSTRACT, 4: SheetField.TITLE, 5: SheetField.LEAD}
    parsed = parse_sheet(table, fields, DEFAULTS, AGENCIES, lambda _: None)
    assert faults(parsed) == [] and [(each.number, each.issued_on) for each in parsed.documents] == [
        ("62/KH", date(2026, 11, 20)), ("63/KH", date(2026, 11, 1))
    ]  # fmt: skip


def test_day_beside_the_number_differs_from_the_column_of_days() -> None:
    assert faults(parse(row(number="62/KH ngày 20/11/2026"))) == [(4, 2, SheetCode.CELL_DIFFERS)]
    assert faults(parse(row(number="62/KH ngày 20/11/2026", issued="20/11/2026"))) == []


def test_row_without_a_day_among_numbers_with_one_is_a_fault() -> None:
    table = TaskTable("", HEADINGS, (row(number="62/KH ngày 20/11/2026"), row(number="63/KH ngày mai")), 4)
    fields = {1: SheetField.NUMBER, 3: SheetField.ABSTRACT, 4: SheetField.TITLE, 5: SheetField.LEAD}
    parsed = parse_sheet(table, fields, DEFAULTS, AGENCIES, lambda _: None)
    assert faults(parsed) == [(5, 4, ActCode.FIELD_MISSING)]


def test_second_import_by_external_id_updates_and_adds() -> None:
    (document,) = parse(row(external_id="N1"), row("Hai", external_id="N2")).documents
    again = parse(
        row("Đào mương sâu", external_id="N1"), row("Hai", external_id="N2"), row("Ba", external_id="N3"),
        stored=imported(document),
    )  # fmt: skip
    assert [task.change for task in again.tasks] == [Change.CHANGED, Change.UNCHANGED, Change.NEW]
    (updated,) = again.documents
    assert [(task.key, task.title.vi) for task in updated.tasks] == [
        ("nv-1", "Đào mương sâu"), ("nv-2", "Hai"), ("nv-3", "Ba")
    ]  # fmt: skip


def test_document_that_is_there_is_not_overwritten_by_rows_of_another_issuer_and_day() -> None:
    (document,) = parse(row()).documents
    other = replace(document, issuer="", issued_on=date(2026, 1, 5))
    assert faults(parse(row(external_id="N1"), stored=imported(other))) == [(4, 1, ActCode.KEY_TAKEN)]


def test_assigned_task_changes_by_acts_only() -> None:
    (document,) = parse(row(external_id="N1"), row("Hai", lead="Sở A; Sở B", external_id="N2")).documents
    stored = imported(document, "nv-1", "nv-2", "nv-2-1", "nv-2-2")
    kept = row("Hai", lead="Sở A; Sở B", external_id="N2")
    assert faults(parse(row("Tên khác", external_id="N1"), kept, stored=stored)) == []
    moved = parse(row(lead="Sở B", due="21/12/2026", external_id="N1"), kept, stored=stored)
    assert faults(moved) == [(4, 5, SheetCode.TASK_ASSIGNED), (4, 7, SheetCode.TASK_ASSIGNED)]
    fewer = parse(row("Hai", lead="Sở A", external_id="N2"), stored=stored)
    assert (4, 5, SheetCode.TASK_ASSIGNED) in faults(fewer)


def test_confirmed_due_date_stays_confirmed_until_it_changes() -> None:
    (document,) = parse(row(due="Quý IV/2026", external_id="N1")).documents
    confirmed = replace(document, tasks=(replace(document.tasks[0], is_due_confirmed=True),))
    same = parse(row(due="Quý IV/2026", external_id="N1"), stored=imported(confirmed))
    other = parse(row(due="Quý III/2027", external_id="N1"), stored=imported(confirmed))
    assert [parsed.documents[0].tasks[0].is_due_inferred for parsed in (same, other)] == [False, True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Mật", ActCode.SECRET_DOCUMENT), ("TOI MAT", ActCode.SECRET_DOCUMENT), ("Tuyêt  mât", ActCode.SECRET_DOCUMENT),
        ("Độ mật: Mật", ActCode.SECRET_DOCUMENT), ("Hạn chế", SheetCode.NO_DEGREE), ("3", SheetCode.NO_DEGREE),
    ],
)  # fmt: skip
def test_text_in_the_column_of_secrecy_is_a_fault_of_its_task(text: str, code: str) -> None:
    headings = (*HEADINGS, "Độ mật")
    signature = ("",) * len(HEADINGS) + ("TM. ỦY BAN NHÂN DÂN",)
    table = TaskTable("", headings, ((*row(), "Thường"), (*row("Hai"), text), signature), 4)
    parsed = parse_sheet(table, guess_fields(headings), DEFAULTS, AGENCIES, lambda _: None)
    assert faults(parsed) == [(5, 11, code)]


@given(st.lists(st.lists(st.text("IVa1/ Sở.:=#\n,;", max_size=12), min_size=11, max_size=11), max_size=6))
def test_no_row_is_lost_silently(rows: list[list[str]]) -> None:
    """Each row with content is a task, has a fault, or is named among those left out."""
    parsed = parse(*rows)
    told = {task.row for task in parsed.tasks} | {fault.row for fault in parsed.faults} | set(parsed.skipped)
    for number in sorted(parsed.continued):  # each goes on with the one above it, which may go on with another
        told |= {number} if number - 1 in told else set()
    assert {4 + number for number, cells in enumerate(rows) if any(cell.strip() for cell in cells)} <= told


def test_too_long_a_list_of_agencies_is_a_fault_of_its_cell() -> None:
    many = "a," * (MAX_NAMES + 1)
    assert faults(parse(row(lead=many))) == [(4, 5, ActCode.TOO_MANY_AGENCIES)]
    headings = ("Cơ quan ban hành", *HEADINGS[1:])
    table = TaskTable("", headings, (row(stt=many),), 4, {})
    parsed = parse_sheet(table, guess_fields(headings), DEFAULTS, AGENCIES, lambda _: None)
    assert faults(parsed) == [(4, 0, ActCode.TOO_MANY_AGENCIES)]


@pytest.mark.parametrize("rows", [[1, 1, 1, 1], [2, 1], [5], [1, 3]])
def test_sheet_with_more_tasks_than_an_import_may_have_is_refused_before_all_is_read(
    rows: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted are the tasks that are stored: of an order also the part of each agency."""
    agencies = ["Sở A", "Sở A; Sở B", "", "UBND các xã, phường"]
    sheet = [
        row(lead=agencies[0 if count == 1 else 1 if count < 4 else 3], number=f"{n}/KH-UBND")
        for n, count in enumerate(rows)
    ]  # fmt: skip
    parsed = parse(*sheet)
    tasks = sum(len(document.tasks) for document in parsed.documents)
    monkeypatch.setattr(sheet_documents, "MAX_SHEET_TASKS", tasks)
    assert parse(*sheet) == parsed
    monkeypatch.setattr(sheet_documents, "MAX_SHEET_TASKS", tasks - 1)
    with pytest.raises(SheetError) as error:
        parse(*sheet, row(lead="Sở Lạ", number="never read"))
    assert error.value.failure.params == {"limit": tasks - 1}
    assert error.value.failure.code == SheetCode.TOO_MANY_TASKS


def test_sheet_with_more_documents_than_an_import_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_documents, "MAX_SHEET_DOCUMENTS", 2)
    rows = [row(number=f"{n}/KH-UBND") for n in (1, 2, 1, 2)]
    assert len(parse(*rows).documents) == 2
    with pytest.raises(SheetError) as error:
        parse(*rows, row(number="3/KH-UBND"))
    assert error.value.failure == Failure(SheetCode.TOO_MANY_DOCUMENTS, {"limit": 2})


@pytest.mark.parametrize(("number", "data"), [("0912 345 678/CV", "345"), ("an@vd.vn", "an-vd")])
def test_key_of_a_document_holds_no_personal_data(number: str, data: str) -> None:
    day = date(2026, 11, 24)
    assert document_key("mp-a", "2322/UBND-KGVX", day) == "mp-a-2322-ubnd-kgvx-2026"
    assert data not in document_key("mp-a", number, day)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0912 345 678/CV", "0987 654 321/CV"), ("an@vd.vn/1", "binh@vd.vn/1"),
        (f"1/{'KH-' * 60}A", f"1/{'KH-' * 60}B"), ("0912 345 678/CV", "•••/CV"),
    ],
)  # fmt: skip
def test_two_numbers_are_two_keys_whatever_is_masked_or_cut(one: str, other: str) -> None:
    first, second = (document_key("mp-a", number, date(2026, 11, 24)) for number in (one, other))
    assert first != second and first == document_key("mp-a", one, date(2026, 1, 2))
    assert all(len(key) <= 120 and set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for key in (first, second))


def test_parts_of_an_order_are_no_longer_confirmed_once_its_due_date_changes() -> None:
    (document,) = parse(row(lead="Sở A; Sở B", due="Quý IV/2026", external_id="N1")).documents
    tasks = tuple(replace(task, is_due_confirmed=True) for task in document.tasks)
    stored = imported(replace(document, tasks=tasks))
    for due, inferred in (("Quý IV/2026", [False] * 3), ("Quý III/2027", [True] * 3)):
        (again,) = parse(row(lead="Sở A; Sở B", due=due, external_id="N1"), stored=stored).documents
        assert [task.is_due_inferred for task in again.tasks] == inferred


def test_agency_that_the_sheet_takes_from_an_order_is_named_whether_it_was_assigned_or_not() -> None:
    (document,) = parse(row(lead="Sở A; Sở B; UBND xã Một", external_id="N1")).documents
    fewer = row(lead="Sở A; UBND xã Một", external_id="N1")
    for assigned in ((), ("nv-1", "nv-1-1", "nv-1-2", "nv-1-3")):
        parsed = parse(fewer, stored=imported(document, *assigned))
        assert faults(parsed) == [(4, 5, SheetCode.PART_MISSING)]
        assert parsed.faults[0].failure.params == {"agency": "b"}


def test_rows_of_two_numbers_are_never_one_document() -> None:
    """Neither by what is masked, nor by what a key leaves out; also beside a document that is there."""
    masked = parse(*(row(number=f"2026000000{n}/CV", external_id=str(n)) for n in (11, 12)))
    assert faults(masked) == [] and len({document.key for document in masked.documents}) == 2
    alike = row("Hai", number="1-2/KH", external_id="N2")
    assert faults(parse(row(number="1/2-KH"), alike)) == [(5, 1, SheetCode.CELL_DIFFERS)]
    (document,) = parse(row(number="1/2-KH", external_id="N1")).documents
    assert faults(parse(alike, stored=imported(document))) == [(4, 1, ActCode.KEY_TAKEN)]
    assert faults(parse(row(number="1/2 - kh", external_id="N1"), stored=imported(document))) == []


def test_place_and_horizon_stand_in_columns_and_change_with_the_sheet() -> None:
    headings, places = (*HEADINGS, "Địa bàn", "Kỳ hạn"), UnitNames([AdminUnit("1", "Một", "xã", 1, 105, 10)])
    rows = [(*row(external_id="n1"), "xã Một", "dài hạn"), (*row(external_id="n2"), "xã Hai", "lâu")]

    def read(*given: tuple[str, ...], stored: StoredDocument | None = None) -> ParsedSheet:
        table = TaskTable("", headings, given, 4)
        return parse_sheet(table, guess_fields(headings), DEFAULTS, AGENCIES, lambda _: stored, places)

    assert faults(read(*rows)) == [(5, 11, ActCode.PLACE_UNKNOWN), (5, 12, ActCode.HORIZON_UNKNOWN)]
    first = read((*row(lead="Sở A; Sở B", external_id="n1"), "", "")).documents[0]
    assert [(task.place, task.horizon) for task in first.tasks] == [("", "")] * 3
    changed = read((*row(lead="Sở A; Sở B", external_id="n1"), "xã Một", "dài hạn"), stored=imported(first, "nv-1"))
    assert changed.number_of(Change.CHANGED) == 1 and not changed.faults
    assert [(task.place, task.horizon) for task in changed.documents[0].tasks] == [("1", "long")] * 3
