"""A table that stands below others in a sheet is found by its own headings, in whatever row they are."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.spreadsheet.unmerged_grid import UnmergedGrid
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx

LOWER = {"name_time": "%Y", "name": "Xã", "columns": {"{name}": "Heo"}}
UPPER: list[list[Any]] = [["Trạm", "Mực nước"], *(["Cái Răng", float(n)] for n in range(5_000))]
TABLE: list[list[Any]] = [[], ["Bảng 2. Chăn nuôi"], ["Xã", "Heo"], ["Thới An", 7.0]]


def read(body: bytes, **options: Any) -> Batch:
    return parse(row("/in", {**LOWER, **options}), Payload((ResponsePage(body, address="2026"),)), NOW)


def text(rows: Rows, sign: str = ";") -> bytes:
    return "\n".join(sign.join("" if cell is None else str(cell) for cell in cells) for cells in rows).encode()


def values(batch: Batch) -> list[tuple[str, float | None]]:
    return [(one.series, one.value) for one in batch.readings]


@pytest.mark.parametrize("write", [lambda rows: xlsx({"S": rows}), text])
@pytest.mark.parametrize("count", [55, 60, 61, 66, 5_000])
def test_a_table_is_found_below_any_number_of_rows(write: Any, count: int) -> None:
    batch = read(write([*UPPER[:count], *TABLE]))
    assert values(batch) == [("thoi-an", 7.0)] and not batch.rejected_items


def test_headings_of_two_rows_are_found_below_many_rows() -> None:
    rows = [*UPPER[:300], ["Xã", "Heo", None], [None, "Nái", "Thịt"], ["Thới An", 7.0, 9.0]]
    merged = ["A301:A302", "B301:C301"]
    batch = read(xlsx({"S": rows}, merged), columns={"{name}": ["Heo", "Thịt"]})
    assert values(batch) == [("thoi-an", 9.0)] and not batch.rejected_items
    centred = read(xlsx({"S": rows}))
    assert codes(centred) == [SpreadsheetCode.HEADING_REPEATED]


def test_of_two_tables_with_the_headings_the_first_is_read_and_the_other_said() -> None:
    second: list[list[object]] = [[], ["Bảng 3. Chăn nuôi"], ["Xã", "Heo"], ["Trường Lạc", 8.0]]
    batch = read(text([*UPPER[:300], *TABLE, *second]))
    assert values(batch) == [("thoi-an", 7.0)] and codes(batch) == [SpreadsheetCode.TABLE_BELOW]


@pytest.mark.parametrize("count", [5, 300])
def test_the_unit_of_a_table_above_is_not_taken(count: int) -> None:
    above = [["ĐVT: kg"], *UPPER[:count]]
    batch = read(text([*above, *TABLE]))
    assert not batch.readings and codes(batch) == [SpreadsheetCode.UNIT_STATED]
    assert [one.unit for one in read(text([*above, *TABLE]), unit="tấn").readings] == ["tấn"]
    own = [*above, [], ["Bảng 2. Chăn nuôi (tấn)"], *TABLE[2:]]
    assert [one.unit for one in read(text(own)).readings] == ["tấn"]


def test_the_month_of_a_table_above_is_not_that_of_the_table() -> None:
    above = [*UPPER[:300], ["BÁO CÁO THÁNG 8 NĂM 2025"], *UPPER[:5]]
    assert values(read(text([*above, *TABLE]))) == [("thoi-an", 7.0)]


def test_the_reason_names_the_headings_of_the_nearest_table() -> None:
    with pytest.raises(SourceError) as error:
        read(text([*UPPER[:300], *TABLE]), columns={"{name}": "Bò"})
    assert error.value.failure.code == SpreadsheetCode.HEADINGS_MISSING
    assert error.value.failure.params == {"headings": "“Bò”", "found": "“Xã”, “Heo”"}


def test_rows_without_the_headings_are_not_looked_at_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    stacks = UnmergedGrid.heading_stacks

    def counted(grid: UnmergedGrid, *args: Any) -> Any:
        calls.append(args[0])
        return stacks(grid, *args)

    monkeypatch.setattr(UnmergedGrid, "heading_stacks", counted)
    numbers = []
    for count in (500, 5_000):
        calls.clear()
        read(text([*UPPER[:count], *TABLE]))
        numbers.append(len(calls))
    assert numbers[0] == numbers[1] < 100
