"""The time of a row: empty clock cells, the order of day and month, the name of the file."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping import options_of
from data_sources.spreadsheet import Options, parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, ods, xlsx

CLOCK = {"time": "Ngày", "clock": "Giờ", "columns": {"level": "Mức"}}
DAYS = {"time": "Ngày", "columns": {"level": "Mức"}}
ORDER = SpreadsheetCode.DAY_MONTH_ORDER


def read(rows: Rows, options: dict[str, Any], name: str = "a.xlsx") -> Batch:
    return parse(row("/in", options), Payload((ResponsePage(xlsx({"S": rows}), address=name),)), NOW)


def days(batch: Batch) -> list[str]:
    """The local days of the readings."""
    return [(one.observed + timedelta(hours=7)).strftime("%d/%m %H:%M") for one in batch.readings]


def with_clock(clock: Any, day: Any = date(2026, 10, 5), **options: Any) -> Batch:
    return read([["Ngày", "Giờ", "Mức"], [day, clock, 1.5]], {**CLOCK, **options})


@pytest.mark.parametrize("day", [date(2026, 10, 5), datetime(2026, 10, 5, 7, 30), "05/10/2026", "05/10/2026 07:30"])
@pytest.mark.parametrize("clock", [None, "", " ", "\u00a0"])
def test_an_empty_clock_cell_is_rejected(day: Any, clock: str | None) -> None:
    batch = with_clock(clock, day)
    assert not batch.readings
    assert failures(batch) == [Failure(SpreadsheetCode.CLOCK_MISSING, {"heading": "Giờ"})]
    assert batch.rejected_items[0].location == "a.xlsx: S!B2"


@pytest.mark.parametrize("day", [date(2026, 10, 5), "05/10/2026"])
def test_the_row_may_say_that_the_day_alone_is_meant(day: Any) -> None:
    assert days(with_clock(None, day, clock_optional=True)) == ["05/10 00:00"]
    assert days(with_clock(time(7, 30), day, clock_optional=True)) == ["05/10 07:30"]


UNREADABLE = [
    "x",
    "-",
    "…",
    "sáng",
    "7.30",
    "25:00",
    "07:61",
    7.5,
    -3.0,
    True,
    timedelta(hours=31),
    timedelta(hours=-1),
]


@pytest.mark.parametrize("is_optional", [False, True])
@pytest.mark.parametrize("clock", [*UNREADABLE, datetime(2026, 10, 6, 7, 30)], ids=str)
def test_a_clock_cell_without_a_time_of_day_is_rejected_with_its_own_text(clock: Any, is_optional: bool) -> None:
    batch = with_clock(clock, clock_optional=is_optional)
    assert not batch.readings and codes(batch) == [SpreadsheetCode.NOT_A_CLOCK]
    assert batch.rejected_items[0].location == "a.xlsx: S!B2" and batch.rejected_items[0].sample


@pytest.mark.parametrize("clock", [time(7, 30), "07:30", "7h30", "7 giờ 30 phút", 0.3125, datetime(2026, 10, 5, 7, 30)])
def test_a_clock_cell_in_any_form_is_read(clock: Any) -> None:
    assert days(with_clock(clock)) == ["05/10 07:30"]


@pytest.mark.parametrize(("clock", "expected"), [("7", "05/10 07:00"), ("24", "06/10 00:00"), (13.0, "05/10 13:00")])
def test_a_whole_number_is_an_hour_in_text_too(clock: Any, expected: str) -> None:
    assert days(with_clock(clock)) == [expected]


def test_the_clock_of_a_file_whose_name_gives_the_day_is_read() -> None:
    rows: Rows = [["Giờ", "Mức"], ["07:00", 1.5], ["13:00", 1.7], [None, 1.8]]
    batch = read(rows, {"name_time": "muc-nuoc-%d%m%Y.xlsx", **CLOCK, "time": ""}, "muc-nuoc-05102026.xlsx")
    assert days(batch) == ["05/10 07:00", "05/10 13:00"] and codes(batch) == [SpreadsheetCode.CLOCK_MISSING]


def dated(*cells: Any, **options: Any) -> Batch:
    return read([["Ngày", "Mức"], *([cell, 1.0 + n] for n, cell in enumerate(cells))], {**DAYS, **options})


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["10/05/2026"], ["10/05 00:00"]),
        (["10/05/2026", "13/10/2026"], ["10/05 00:00", "13/10 00:00"]),
        (["10/05/2026", "10/13/2026"], ["05/10 00:00", "13/10 00:00"]),
        (["10/13/2026 07:00", "09:00 10/05/2026"], ["13/10 07:00", "05/10 09:00"]),
        (["10-05-2026", "10.13.2026"], ["05/10 00:00", "13/10 00:00"]),
        (["2026-05-10", "10/05/2026"], ["10/05 00:00", "10/05 00:00"]),
    ],
)
def test_the_order_of_day_and_month_is_that_which_a_cell_of_the_column_proves(
    cells: list[str], expected: list[str]
) -> None:
    batch = dated(*cells)
    assert days(batch) == expected and not batch.rejected_items


def test_a_column_with_both_orders_is_rejected_except_where_they_make_no_difference() -> None:
    batch = dated("10/05/2026", "13/10/2026", "10/13/2026", "05/05/2026", "2026-11-03", date(2026, 11, 20))
    assert days(batch) == ["05/05 00:00", "03/11 00:00", "20/11 00:00"] and codes(batch) == [ORDER] * 3
    assert failures(batch)[0] == Failure(
        ORDER, {"text": "10/05/2026", "day_first": "13/10/2026", "month_first": "10/13/2026"}
    )


@pytest.mark.parametrize(("day_first", "expected"), [(True, ["10/05 00:00", "13/10 00:00"]), (False, ["05/10 00:00"])])
def test_the_row_decides_the_order_and_cells_of_the_other_are_rejected(day_first: bool, expected: list[str]) -> None:
    batch = dated("10/05/2026", "13/10/2026", "99/10/2026", day_first=day_first)
    assert days(batch) == expected and set(codes(batch)) == {SpreadsheetCode.NOT_A_TIME}


@given(st.lists(st.dates(date(2020, 1, 1), date(2026, 10, 1)), min_size=1, max_size=8), st.booleans())
def test_no_column_of_one_order_is_read_in_the_other_once_a_cell_proves_it(column: list[date], day_first: bool) -> None:
    texts = [f"{one:%d/%m/%Y}" if day_first else f"{one:%m/%d/%Y}" for one in column]
    batch = dated(*texts)
    read_days = [one.observed.astimezone(UTC) + timedelta(hours=7) for one in batch.readings]
    if day_first or any(one.day > 12 for one in column):
        assert [one.date() for one in read_days] == column


def test_dates_that_a_program_may_have_swapped_are_rejected() -> None:
    """A program that expects the month first leaves 13/10/2026 a text, and makes the 10th of May of 05/10/2026."""
    batch = dated(date(2026, 5, 10), date(2026, 6, 6), "13/10/2026", "14/10/2026")
    assert days(batch) == ["06/06 00:00", "13/10 00:00", "14/10 00:00"]
    assert codes(batch) == [SpreadsheetCode.DATE_CONVERTED] and batch.rejected_items[0].sample == "2026-05-10"
    assert len(dated(date(2026, 5, 10), "13/10/2026", day_first=True).readings) == 2
    for cells in ([date(2026, 5, 13), "13/10/2026"], [date(2026, 5, 10), "12/10/2026"], [date(2026, 5, 10)]):
        assert len(dated(*cells).readings) == len(cells)


@pytest.mark.parametrize(
    ("cells", "rejected"),
    [
        (["05/10/2026", "Tháng 9/2026", "Năm 2025", 2024], 3),
        ([date(2026, 10, 5), "9/2026"], 1),
        (["2026-10-05", "2026"], 1),
        (["7h 05/10/2026", "9/2026"], 1),
        (["Tháng 9/2026", "10/2026", "Năm 2026"], 1),
        ([date(2026, 10, 1), "Tháng 9/2026"], 0),  # programs make a date of 10/2026
        (["Năm 2024", 2025], 0),
    ],
)
def test_a_month_or_year_among_days_is_no_day(cells: list[Any], rejected: int) -> None:
    for options in ({}, {"day_first": True}):
        batch = dated(*cells, **options)
        assert codes(batch) == [SpreadsheetCode.PERIOD_AMONG_DATES] * rejected
        assert len(batch.readings) == len(cells) - rejected


@pytest.mark.parametrize(
    ("cells", "options", "assumed"),
    [
        (["05/05/2026", "05/06/2026", "07/06/2026"], {}, "05/06/2026"),
        (["7h00 05/06/2026"], {}, "7h00 05/06/2026"),
        (["05/06/2026", "13/06/2026"], {}, ""),
        (["05/06/2026", "06/13/2026"], {}, ""),
        (["05/06/2026"], {"day_first": True}, ""),
        (["05/05/2026", "2026-06-05", date(2026, 6, 5), "5 tháng 6"], {}, ""),
    ],
)
def test_order_that_nothing_decides_is_noted(cells: list[Any], options: dict[str, Any], assumed: str) -> None:
    source = row("/in", {**DAYS, **options})
    rows = [["Ngày", "Mức"], *([cell, 1.0 + n] for n, cell in enumerate(cells))]
    parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="a.xlsx"),)), NOW)
    assert options_of(source, Options).assumed_date == assumed


@pytest.mark.parametrize(("title", "assumed"), [("THÁNG 10 NĂM 2026", ""), ("Số liệu", "01/10/2026")])
def test_month_of_the_title_decides_the_order(title: str, assumed: str) -> None:
    source = row("/in", DAYS)
    rows: list[list[Any]] = [[title], [], ["Ngày", "Mức"], ["01/10/2026", 1.0], ["10/10/2026", 2.0]]
    batch = parse(source, Payload((ResponsePage(xlsx({"S": rows}), address="a.xlsx"),)), NOW)
    assert len(batch.readings) == 2 and options_of(source, Options).assumed_date == assumed


JANUARY = [date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10), date(2026, 10, 10)]
ISO = [f"{one:%Y-%m-%d}" for one in JANUARY]
TEXTS = [f"{one:%d/%m/%Y}" for one in JANUARY]


def under(title: str, cells: list[Any], sheet: str = "S", file: str = "a.xlsx", **options: Any) -> Batch:
    rows = [[title], [], ["Ngày", "Mức"], *([cell, 1.0 + n] for n, cell in enumerate(cells))]
    page = ResponsePage(xlsx({sheet: rows}), address=file)
    return parse(row("/in", {**DAYS, **options}), Payload((page,)), NOW)


@pytest.mark.parametrize("cells", [JANUARY, ISO, TEXTS])
@pytest.mark.parametrize(
    "place",
    [
        {"title": "BẢNG SỐ LIỆU THÁNG 10 NĂM 2026"}, {"title": "Số liệu", "sheet": "Tháng 10"},
        {"title": "Số liệu", "sheet": "T10-2026"}, {"title": "Số liệu", "file": "mn-2026-10.xlsx"},
    ],
)  # fmt: skip
def test_dates_that_lie_in_the_stated_month_only_when_exchanged_are_rejected(
    place: dict[str, str], cells: list[Any]
) -> None:
    batch = under(cells=cells, **place)
    assert days(batch) == ["10/10 00:00"] and codes(batch) == [SpreadsheetCode.DATE_OTHER_MONTH] * 3
    assert len(under(cells=cells, day_first=True, **place).readings) == 4
    if cells is TEXTS:
        read_days = days(under(cells=cells, day_first=False, **place))
        assert read_days == ["01/10 00:00", "02/10 00:00", "03/10 00:00", "10/10 00:00"]


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Tháng 10 năm 2026", [date(2026, 10, 1), date(2026, 10, 2)]),
        ("Tháng 10 năm 2026", ["01/10/2026", "02/10/2026"]),
        ("Tháng 10 năm 2026", ["10/13/2026", "10/01/2026"]),  # the month first, proven
        ("Tháng 10 năm 2026", [date(2026, 1, 10), date(2026, 2, 9)]),  # of no month in either order
        ("Tháng 10 năm 2025", [date(2026, 1, 10)]),
        ("Tháng 9 năm 2026 và tháng 10 năm 2026", [date(2026, 1, 10)]),
        ("Cần Thơ, ngày 05 tháng 10 năm 2026", [date(2026, 1, 10)]),
    ],
)
def test_other_dates_under_a_title_are_read(title: str, cells: list[Any]) -> None:
    assert len(under(title, cells).readings) == len(cells)


def test_rows_below_the_table_prove_nothing() -> None:
    rows: Rows = [["Ngày", "Mức"], ["10/05/2026", 1.0], ["Tổng cộng", 1.0], ["10/13/2026", 2.0]]
    assert days(read(rows, {**DAYS, "ends": ["Tổng cộng"]})) == ["10/05 00:00"]


def test_a_missing_time_names_its_heading() -> None:
    batch = read([["Ngày", "Mức"], [None, 1.0]], DAYS)
    assert failures(batch) == [Failure(SpreadsheetCode.TIME_MISSING, {"heading": "Ngày"})]


def test_order_in_an_open_document() -> None:
    page = ResponsePage(ods([["Ngày", "Mức"], ["10/05/2026", 1.0], ["10/13/2026", 2.0]]), address="a.ods")
    assert days(parse(row("/in", DAYS), Payload((page,)), NOW)) == ["05/10 00:00", "13/10 00:00"]


@pytest.mark.parametrize(
    ("day", "clock"),
    [("01/11/2026", "01:30"), (date(2026, 3, 8), time(2, 30)), ("2026-11-01", "01:30")],
)
def test_a_time_that_the_zone_has_twice_or_not_at_all_is_rejected(day: Any, clock: Any) -> None:
    batch = with_clock(clock, day, zone="America/New_York")
    assert codes(batch) == [ParseCode.CLOCK_CHANGE]


@pytest.mark.parametrize("day", ["2026-10-05", "05/10/2026", date(2026, 10, 5)])
def test_the_clock_is_that_of_the_day_however_the_day_is_written(day: Any) -> None:
    assert days(with_clock("07:30", day)) == ["05/10 07:30"]


def test_the_clock_is_that_of_the_day_in_the_name_of_the_file() -> None:
    options = {"name_time": "a-%Y-%m-%d.xlsx", "clock": "Giờ", "columns": {"level": "Mức"}}
    assert days(read([["Giờ", "Mức"], ["07:30", 1.5]], options, "a-2026-10-05.xlsx")) == ["05/10 07:30"]


@pytest.mark.parametrize("cell", ["01/11/2026 01:30", "2026-11-01 01:30", datetime(2026, 11, 1, 1, 30)])
def test_a_cell_with_a_time_that_the_zone_has_twice_is_rejected(cell: Any) -> None:
    batch = read([["Ngày", "Mức"], [cell, 1.5], [date(2026, 11, 1), 2.5]], {**DAYS, "zone": "America/New_York"})
    assert codes(batch) == [ParseCode.CLOCK_CHANGE] and len(batch.readings) == 1


@pytest.mark.parametrize(
    "cell",
    ["2026-10-05 07:30-08:30", "2026-10-05T07:30-08:30", "2026-10-05 10.30", "05/10/2026 10.30", "2026-10-05-10:30"],
)
def test_a_span_or_a_fraction_is_no_time(cell: str) -> None:
    assert codes(read([["Ngày", "Mức"], [cell, 1.5]], DAYS)) == [SpreadsheetCode.NOT_A_TIME]


def test_a_number_of_days_is_no_time_in_a_text_file() -> None:
    page = ResponsePage("Ngày;Mức\n46300;1\n".encode(), address="a.csv")
    assert codes(parse(row("/in", DAYS), Payload((page,)), NOW)) == [SpreadsheetCode.NOT_A_TIME]
    assert len(dated(46300).readings) == 1
