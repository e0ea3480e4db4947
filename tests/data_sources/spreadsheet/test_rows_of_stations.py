"""Rows of several stations that the source's row makes one series of: by a column that it does not read."""

from typing import Any

import pytest

from data_sources.spreadsheet import parse
from ioc.domain.ingest.option_reasons import PlainCode, with_options_of
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, row, shared
from tests.data_sources.sheets import Rows, ods, xlsx

DAYS = ["01/10/2026", "02/10/2026"]
CLASH = [ValidationCode.SENSORS_OF_ONE_SERIES] * 2


def read(body: bytes, options: dict[str, Any], name: str = "a.xlsx", series: str = "level") -> Batch:
    source = row("/in", {"time": "Ngày", "columns": {"level": "Mức"}, **options}, series_keys=(series,))
    batch = parse(source, Payload((ResponsePage(body, address=name),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def table(heading: str, first: Any, second: Any) -> Rows:
    return [["Ngày", heading, "Mức"], [DAYS[0], first, 1.5], [DAYS[1], second, 2.5]]


def csv(rows: Rows) -> bytes:
    return "\n".join(";".join(str(cell) for cell in cells) for cells in rows).encode()


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("Trạm", "A", "B"), ("Trạm", 1, 2), ("Mã trạm", 35, 2147), ("stn_id", 35, 2147), ("Tên", "A", "B"),
        ("Xã", "A", "B"),
        ("Phường/xã", "A", "B"), ("station", "Ô Môn", "Thốt Nốt"), ("Điểm đo", "Cầu 1", "Cầu 2"),
    ],
)  # fmt: skip
def test_rows_that_differ_in_a_column_of_stations_are_not_one_series(heading: str, first: Any, second: Any) -> None:
    rows = table(heading, first, second)
    for body, name in ((xlsx({"S": rows}), "a.xlsx"), (csv(rows), "a.csv"), (ods(rows), "a.ods")):
        batch = read(body, {}, name)
        assert not batch.readings and codes(batch) == CLASH
        assert batch.rejected_items[0].failure.params["field"] == heading
    # As the reason says.
    assert [one.value for one in read(xlsx({"S": rows}), {"may_differ": [heading]}).readings] == [1.5, 2.5]
    named = read(xlsx({"S": rows}), {"name": heading, "columns": {"{name}-x": "Mức"}})
    assert set(codes(named)) == {ValidationCode.SERIES_NOT_IN_ROW}
    assert len(read(xlsx({"S": table(heading, first, first)}), {}).readings) == 2


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("STT", 1, 2), ("id", 1, 2), ("Ghi chú", "mưa", "nắng"), ("Trạm", None, "A"), ("Mưa", 5, 9),
        ("Người nhập", "A", "B"),
        ("Trạm", 1.5, 2.5),
    ],
)  # fmt: skip
def test_other_columns_may_differ(heading: str, first: Any, second: Any) -> None:
    assert len(read(xlsx({"S": table(heading, first, second)}), {}).readings) == 2


def test_heading_over_two_rows_names_a_station_too() -> None:
    rows: Rows = [["Ngày", "Trạm", "Mực nước"], [None, None, "Mức"], [DAYS[0], "A", 1.5], [DAYS[1], "B", 2.5]]
    body = xlsx({"S": rows}, merged=["A1:A2", "B1:B2"])
    assert codes(read(body, {"columns": {"level": ["Mực nước", "Mức"]}})) == CLASH


def test_row_that_cannot_be_read_is_of_its_station() -> None:
    *rows, last = table("Trạm", "A", "B")
    batch = read(xlsx({"S": [*rows, [*last[:2], "hỏng"]]}), {})
    assert not batch.readings and ValidationCode.SENSORS_OF_ONE_SERIES in codes(batch)


def test_reason_of_a_spreadsheet_names_its_options() -> None:
    failure = read(xlsx({"S": table("Trạm", "A", "B")}), {}).rejected_items[0].failure
    assert with_options_of(failure, ["columns", "name", "may_differ"]).code == PlainCode.ROWS_OF_ONE_SERIES
    assert with_options_of(failure, ["series", "may_differ"]).code == failure.code


def test_real_table_of_three_stations_without_name() -> None:
    body = shared("csv_xls/obs.csv").read_bytes()
    options = {"time": "datetime", "columns": {"level": "value"}}
    batch = read(body, options, "obs.csv")
    assert not batch.readings and set(codes(batch)) == {ValidationCode.SENSORS_OF_ONE_SERIES}
    own = read(body, {**options, "name": "stn_id", "columns": {"level-{name}": "value"}}, "obs.csv", "level-35")
    assert own.readings and ValidationCode.SENSORS_OF_ONE_SERIES not in codes(own)
