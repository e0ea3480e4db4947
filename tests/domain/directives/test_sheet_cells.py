"""Cells of a sheet as offices write them: days, unknown agencies, merged cells, totals and signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.parsed_sheet import ParsedSheet
from ioc.domain.directives.sheet_documents import parse_sheet
from ioc.domain.directives.sheet_errors import SheetCode
from ioc.domain.directives.sheet_fields import guess_fields
from ioc.domain.directives.sheet_rows import SheetRows
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, split_number
from ioc.domain.geo.unit_names import NO_UNIT_NAMES
from tests.domain.directives.test_task_sheet import AGENCIES, DEFAULTS, HEADINGS, faults, row

DAY = date(2026, 9, 8)
NO_DOCUMENT = {"number": "", "issued": "", "abstract": ""}


def parse(
    *rows: Sequence[str], merged: tuple[tuple[int, int, int], ...] = (), defaults: SheetDefaults = DEFAULTS,
    unreadable: Mapping[tuple[int, int], Failure] | None = None, **more: Any,
) -> ParsedSheet:  # fmt: skip
    table = TaskTable("", HEADINGS, tuple(map(tuple, rows)), 4, unreadable or {}, merged)
    return parse_sheet(table, guess_fields(HEADINGS), defaults, AGENCIES, lambda _: None, **more)


def continued(*rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> list[int]:
    """The rows that are of the document of the row above."""
    table = TaskTable("", tuple(headings), tuple(map(tuple, rows)), 4)
    cells = SheetRows(table, guess_fields(headings), AGENCIES, NO_UNIT_NAMES, {})
    cells.groups(DEFAULTS)
    return cells.continued


@pytest.mark.parametrize(
    "text",
    [
        "ngày 08 tháng 09 năm 2026", "08/9/2026", "ngày 8/9/2026", "08.09.2026", "46273",
        "Cần Thơ, ngày 08 tháng 9 năm 2026",
    ],
)  # fmt: skip
def test_every_column_of_days_reads_the_same_days(text: str) -> None:
    parsed = parse(row(issued=text, due=text))
    assert faults(parsed) == [] and parsed.documents[0].issued_on == DAY
    (task,) = parsed.documents[0].tasks
    assert (task.due, task.due_words) == (DAY, "")
    assert [each[1:] for each in parsed.serials] == ([(2, text, DAY), (7, text, DAY)] if text.isdigit() else [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12", SheetCode.DAY_NUMBER), ("2026", SheetCode.DAY_NUMBER), ("99999", SheetCode.DAY_NUMBER),
        ("46273.5", SheetCode.DAY_NUMBER), ("٤٦٢٧٣", SheetCode.NOT_A_DAY), ("mai", SheetCode.NOT_A_DAY),
    ],
)  # fmt: skip
def test_number_that_is_no_day_is_called_a_number(text: str, code: str) -> None:
    due = code if code == SheetCode.DAY_NUMBER else ActCode.DUE_UNCLEAR
    assert faults(parse(row(issued=text))) == [(4, 2, code)] and faults(parse(row(due=text))) == [(4, 7, due)]


def test_day_beside_the_number_may_be_written_out() -> None:
    assert split_number("62/KH-UBND (ngày 08 tháng 9 năm 2026)") == ("62/KH-UBND", DAY)


def test_number_of_a_day_is_one_in_columns_of_days_alone() -> None:
    (document,) = parse(row("46273", product="46273")).documents
    assert (document.tasks[0].title.vi, document.tasks[0].product.vi) == ("46273", "46273")


def test_merged_cell_has_one_fault_and_counts_once() -> None:
    rows = [row(issued="mai", lead="Sở Lạ"), row("Hai", issued="mai", lead="Sở Lạ"), row("Ba", issued="mai", lead="z")]
    parsed = parse(*rows, merged=((0, 2, 2), (0, 1, 5)))
    assert faults(parsed) == [(4, 2, SheetCode.NOT_A_DAY)]
    assert parsed.unknown == (("Sở Lạ", 1, False), ("z", 1, False))
    assert len(faults(parse(*rows))) == 3


def test_rows_without_a_document_are_of_that_of_the_row_above() -> None:
    group = ("II", "", "", "", "LĨNH VỰC ĐÔ THỊ", *[""] * 6)
    rows = [
        row(), row("Hai", **NO_DOCUMENT), row("Ba", **NO_DOCUMENT), group, row("Bốn", number="98/KH-UBND"),
        row("Năm", **NO_DOCUMENT),
    ]  # fmt: skip
    parsed = parse(*rows)
    assert faults(parsed) == [] and continued(*rows) == [5, 6, 9]
    assert [(each.number, [task.title.vi for task in each.tasks]) for each in parsed.documents] == [
        ("97/KH-UBND", ["Đào mương", "Hai", "Ba"]), ("98/KH-UBND", ["Bốn", "Năm"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    "between",
    [
        ("II", "", "", "", "LĨNH VỰC ĐÔ THỊ", *[""] * 6), ("", "Tổng cộng", "", "", "1 nhiệm vụ", *[""] * 6),
        ("",) * 11,
    ],
)  # fmt: skip
def test_document_ends_at_a_row_that_is_no_task(between: tuple[str, ...]) -> None:
    rows = [row(), between, row("Hai", **NO_DOCUMENT)]
    assert {place[:2] for place in faults(parse(*rows))} == {(6, 1), (6, 2)} and continued(*rows) == []


@pytest.mark.parametrize("given", [{"issued": "02/11/2026"}, {"abstract": "Chống ngập"}])
def test_row_that_says_something_of_its_document_says_all_of_it(given: dict[str, str]) -> None:
    cells = NO_DOCUMENT | given
    assert (5, 1, ActCode.FIELD_MISSING) in faults(parse(row(), row("Hai", **cells)))
    assert continued(row(), row("Hai", **cells)) == []
    unreadable = {(1, 3): Failure("spreadsheet.cell_error", {"error": "#REF!"})}
    unread = parse(row(), row("Hai", **NO_DOCUMENT), unreadable=unreadable)
    assert faults(unread) == [(5, 3, "spreadsheet.cell_error")] and len(unread.tasks) == 1


def test_row_that_names_another_issuer_says_all_of_its_document() -> None:
    headings = ("Cơ quan ban hành", *HEADINGS[1:])
    rows = [row(stt="UBND thành phố"), row("Hai", stt="", **NO_DOCUMENT), row("Ba", stt="Sở B", **NO_DOCUMENT)]
    assert continued(*rows, headings=headings) == [5]


def test_number_that_is_common_to_all_rows_stands_for_empty_ones() -> None:
    parsed = parse(row(), row("Hai", **NO_DOCUMENT), defaults=replace(DEFAULTS, number="1/CT", issued=DAY))
    assert [document.number for document in parsed.documents] == ["97/KH-UBND", "1/CT"]


def test_document_in_merged_cells_that_are_empty_is_another_one_without_its_number() -> None:
    rows = [row(), *(row(f"Việc {n}", **NO_DOCUMENT) for n in range(3))]
    merged = tuple((1, 3, column) for column in (1, 2, 3))
    parsed = parse(*rows, merged=merged)
    assert faults(parsed) == [(5, column, ActCode.FIELD_MISSING) for column in (1, 2)] and len(parsed.tasks) == 1


def test_what_is_wrong_with_a_document_is_said_once_for_the_rows_that_follow() -> None:
    below = [row("Hai", **NO_DOCUMENT), row("Ba", **NO_DOCUMENT)]
    unreadable = {(0, 1): Failure("spreadsheet.cell_error", {"error": "#REF!"})}
    for parsed, fault in (
        (parse(row(issued="mai"), *below), (4, 2, SheetCode.NOT_A_DAY)),
        (parse(row(number=""), *below), (4, 1, ActCode.FIELD_MISSING)),
        (parse(row(), *below, unreadable=unreadable), (4, 1, "spreadsheet.cell_error")),
    ):
        assert faults(parsed) == [fault] and not parsed.tasks


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Số 7003/MP-UBND", "7003/MP-UBND"), ("SỐ: 7003/MP-UBND", "7003/MP-UBND"), ("số hiệu 7/KH", "7/KH"),
        ("Số, ký hiệu: 7/KH", "7/KH"), ("Số ký hiệu 7-KL/TU", "7-KL/TU"), ("Số", "Số"), ("Sở 7/KH", "Sở 7/KH"),
        ("Số liệu 7/KH", "Số liệu 7/KH"), ("7003/MP-Số 1", "7003/MP-Số 1"),
    ],
)  # fmt: skip
def test_word_before_a_number_is_no_part_of_it(text: str, number: str) -> None:
    assert split_number(text) == (number, None)
    assert split_number(f"{text} ngày 08/9/2026") == (number, DAY)


def test_number_with_and_without_the_word_is_one_document() -> None:
    parsed = parse(row(), row("Hai", number="Số 97/KH-UBND"))
    assert faults(parsed) == [] and [len(each.tasks) for each in parsed.documents] == [2]


def test_unknown_names_are_listed_once_with_all_rows_and_chosen_for() -> None:
    rows = [
        row(lead="Sở Lạ", coordinating="Sở B; ban C"), row("Hai", lead="SỞ LẠ"), row("Ba", issued="mai", lead="Sở lạ")
    ]  # fmt: skip
    unknown = (("Sở Lạ", 3, False), ("ban C", 1, False))
    assert parse(*rows).unknown == unknown
    chosen = parse(*rows[:2], chosen={"so la": "a", "ban c": ""})
    assert faults(chosen) == [] and chosen.unknown == (("Sở Lạ", 2, True), ("ban C", 1, True))
    assert [(task.lead, task.coordinating) for task in chosen.documents[0].tasks] == [("a", ("b",)), ("a", ())]


def test_lead_that_is_left_out_is_missing() -> None:
    assert faults(parse(row(lead="Sở Lạ"), chosen={"so la": ""})) == [(4, 5, ActCode.FIELD_MISSING)]


def test_each_unknown_name_of_a_cell_is_quoted() -> None:
    (fault,) = parse(row(coordinating="Sở Lạ, ban C")).faults
    assert fault.failure.params == {"agency": "Sở Lạ”, “ban C"}


@pytest.mark.parametrize(
    "cells",
    [
        {1: "Tổng cộng", 4: "200 nhiệm vụ"}, {1: "Cộng mục I: 90 nhiệm vụ"}, {0: "Tổng số", 7: "12", 8: "4"},
        {8: "Người lập bảng"}, {1: "Người lập", 9: "KT. CHÁNH VĂN PHÒNG"}, {7: "Cần Thơ, ngày 27 tháng 11 năm 2026"},
    ],
)  # fmt: skip
def test_totals_and_signatures_are_no_tasks(cells: dict[int, str]) -> None:
    parsed = parse(row(), [cells.get(column, "") for column in range(11)])
    assert faults(parsed) == [] and parsed.skipped == (5,)


def test_task_whose_words_are_those_of_a_total_is_a_task() -> None:
    assert len(parse(row("Tổng cộng 20 hồ sơ"), row("Chủ tịch xã báo cáo")).tasks) == 2


def test_only_documents_with_tasks_are_counted() -> None:
    parsed = parse(row(), row(number="2/KH", lead="Sở Lạ"))
    assert (parsed.number_of_documents, len(parsed.tasks)) == (1, 1)


def test_kind_of_a_document_follows_from_its_number() -> None:
    parsed = parse(row(), row(number="2/QĐ-UBND"), row(number="3/UBND-KT"))
    assert [document.kind for document in parsed.documents] == ["kế hoạch", "quyết định", "công văn"]
    assert [document.number for document in parsed.without_kind] == ["3/UBND-KT"]
