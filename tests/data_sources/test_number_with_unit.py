"""A number with its unit in one text ("152 cm") is read in that unit, in every protocol whose numbers may be texts."""

import json
from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from data_sources.spreadsheet.errors import SpreadsheetCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row
from tests.data_sources.sheets import Rows, xlsx
from tests.data_sources.test_units_option import IN_TEXT_FILES, OPTIONS, TIME, answer, read_body

# Formats that fix how a number is written: a text with a unit is none.
FIXED = {"open_meteo", "waterml"}
PROTOCOLS = [protocol for protocol in OPTIONS if protocol not in FIXED]


def read_text(protocol: str, text: str, series_unit: str, unit: str = "", **options: Any) -> Batch:
    quoted = text if protocol in IN_TEXT_FILES else json.dumps(text)
    body = answer(protocol, unit).replace(b"25.4", quoted.encode())
    return read_body(protocol, body, series_unit, **options)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("28.5 °C", "°C", 28.5), ("27,5oC", "°C", 27.5), ("152 cm", "m", 1.52), ("1,48 m", "m", 1.48),
        ("50 °F", "°C", 10),
        ("0,5 inch", "mm", 12.7), ("1 234,5 m3", "m³", 1234.5), ("54 %", "%", 54), ("-1,5m", "m", -1.5),
        ("3.2 m³/s", "m³/s", 3.2), ("7 người", "người", 7),
    ],
)  # fmt: skip
def test_number_is_read_in_the_unit_behind_it(protocol: str, text: str, unit: str, expected: float) -> None:
    batch = read_text(protocol, text, unit, units={"": ""})
    assert [reading.value for reading in batch.readings] == [pytest.approx(expected)] and not batch.rejected_items


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_unit_behind_the_number_must_be_of_the_quantity_of_the_series(protocol: str) -> None:
    batch = read_text(protocol, "28.5 °C", "m", units={"": ""})
    assert not batch.readings and codes(batch) == [UnitCode.DIFFERENT_QUANTITY]


@pytest.mark.parametrize("protocol", [one for one in PROTOCOLS if one != "spreadsheet"])
def test_unit_behind_the_number_must_be_the_one_that_the_answer_names(protocol: str) -> None:
    celsius, fahrenheit = ("CEL", "FAH") if protocol == "ngsi" else ("°C", "°F")
    assert [one.value for one in read_text(protocol, "28.5 °C", "°C", celsius).readings] == [28.5]
    batch = read_text(protocol, "28.5 °C", "°C", fahrenheit)
    assert not batch.readings and codes(batch) == [ParseCode.NUMBER_WITH_UNIT]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ambiguous_decimal_sign_before_a_unit_is_never_guessed(protocol: str) -> None:
    batch = read_text(protocol, "1.530 m", "m", units={"": ""})
    assert not batch.readings and codes(batch) == [ParseCode.DECIMAL_AMBIGUOUS]
    batch = read_text(protocol, "1.530 m", "m", units={"": ""}, decimal=".")
    assert [reading.value for reading in batch.readings] == [1.53]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_limit_and_mark_are_named(protocol: str) -> None:
    batch = read_text(protocol, "<0.05", "m", units={"": ""})
    assert failures(batch) == [Failure(ParseCode.LIMIT, {"text": "<0.05"})]
    batch = read_text(protocol, "99,9*", "m", units={"": ""})
    assert failures(batch) == [Failure(ParseCode.NUMBER_WITH_MARK, {"text": "99,9*", "mark": "*"})]
    for text in ("<0.05", "99,9*"):
        batch = read_text(protocol, text, "m", units={"": ""}, numbers={text: 7})
        assert [reading.value for reading in batch.readings] == [7]
        batch = read_text(protocol, text, "m", units={"": ""}, missing=[text])
        assert [reading.value for reading in batch.readings] == [None]


@pytest.mark.parametrize("text", ["3h30", "5 - 10 cm", "khoảng 5 cm", "5 Zoll", "12:30", "4 5 cm"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert codes(read_text("http_json", text, "m", units={"": ""})) == [ParseCode.NOT_A_NUMBER]


def levels(*values: Any, **options: Any) -> Batch:
    """Levels of one column, in metres, of an answer of http_json."""
    keys = tuple(f"s-{n}" for n in range(len(values)))
    source = row(options={"series": "s-{n}", "value": "v", **options}, series_keys=keys, units=dict.fromkeys(keys, "m"))
    body = orjson.dumps([{"n": n, "v": value} for n, value in enumerate(values)])
    batch = protocols()["http_json"].parse(source, Payload((ResponsePage(body),)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def test_number_without_a_unit_beside_others_with_one_has_that_of_the_row_or_is_rejected() -> None:
    batch = levels("152 cm", "1,55 m", 140)
    assert [one.value for one in batch.readings] == [1.52, 1.55] and codes(batch) == [ValidationCode.UNIT_MISSING]
    for options in ({"unit": "cm"}, {"units": {"": "cm"}}):  # as the reason says
        read = [one.value for one in levels("152 cm", "1,55 m", 140, **options).readings]
        assert read == pytest.approx([1.52, 1.55, 1.4])
    assert [one.value for one in levels(1.5, 140).readings] == [1.5, 140]


SHEET: Rows = [
    ["Ngày", "Trạm", "Mực nước", "Lượng mưa"], ["25/10/2026", "A", "152 cm", 12.5],
    ["26/10/2026", "A", "1,55 m", "12 mm"],
    ["25/10/2026", "B", "148 cm", "0,5 inch"], ["26/10/2026", "B", 140, None],
]  # fmt: skip


def sheet(**options: Any) -> Batch:
    columns = {"level-{name}": "Mực nước", "rain-{name}": "Lượng mưa"}
    units = {"level-a": "m", "level-b": "m", "rain-a": "mm", "rain-b": "mm"}
    mapping = {"time": "Ngày", "name": "Trạm", "columns": columns, **options}
    source = row("/in", mapping, protocol="spreadsheet", series_keys=tuple(units), units=units)
    page = ResponsePage(xlsx({"S": SHEET}), address="a.xlsx")
    batch = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
    return validate_batch(batch, source.polled_series(), NOW)


def values(batch: Batch) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    for one in batch.readings:
        found.setdefault(one.series, []).append(one.value)
    return found


def test_cells_with_units_are_read_and_those_without_need_the_unit_of_the_column() -> None:
    batch = sheet()
    read = {"level-a": [1.52, 1.55], "level-b": [1.48], "rain-a": [12], "rain-b": [12.7]}
    assert values(batch) == read and codes(batch) == [SpreadsheetCode.NUMBER_WITHOUT_UNIT] * 2
    stated = sheet(units={"level-{name}": "cm", "rain-{name}": "mm"})
    assert (
        values(stated) == {**read, "level-b": [1.48, pytest.approx(1.4)], "rain-a": [12.5, 12]}
        and not stated.rejected_items
    )


def test_unit_in_a_cell_must_be_of_the_quantity_of_its_column() -> None:
    batch = sheet(units={"level-{name}": "%", "rain-{name}": "mm"})
    assert "level-a" not in values(batch) and ParseCode.NUMBER_WITH_UNIT in codes(batch)


@pytest.mark.parametrize(("heading", "unit"), [("v", "cm"), ("v", "mm"), ("v (cm)", "cm")])
def test_unit_in_a_cell_must_be_that_of_the_unit_column_of_its_row(heading: str, unit: str) -> None:
    options = {"columns": {"level": heading}}
    read = read_body("spreadsheet", f"t;{heading};u\n{TIME};5 m;{unit}".encode(), "m", **options)
    assert not read.readings and codes(read) == [ParseCode.NUMBER_WITH_UNIT]
    read = read_body("spreadsheet", f"t;{heading};u\n{TIME};5 {unit};{unit}".encode(), "mm", **options)
    assert [one.value for one in read.readings] == [50 if unit == "cm" else 5]
    # Where the row of the configuration decides, the unit in the cell is the only one of the file that is left.
    read = read_body("spreadsheet", f"t;{heading};u\n{TIME};5 m;".encode(), "m", **options, units={"": "cm"})
    assert [one.value for one in read.readings] == [5]


def test_unit_in_a_cell_must_be_that_in_the_name_of_its_row() -> None:
    rows: Rows = [["Ngày", "Chỉ tiêu", "Giá trị"], ["25/10/2026", "Mực nước (cm)", "5 m"]]
    columns = {"time": "Ngày", "name": "Chỉ tiêu", "columns": {"{name}": "Giá trị"}}

    def parse(cells: Rows) -> Batch:
        options = {**columns, "names": {"Mực nước (cm)": "level"}}
        source = row("/in", options, protocol="spreadsheet")
        page = ResponsePage(xlsx({"S": cells}), address="a.xlsx")
        batch = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
        return validate_batch(batch, source.polled_series(), NOW)

    batch = parse(rows)
    assert not batch.readings and codes(batch) == [ParseCode.NUMBER_WITH_UNIT]
    assert [one.value for one in parse([rows[0], [*rows[1][:2], "500 cm"]]).readings] == [5]


UNREAD: dict[str, dict[str, Any]] = {
    "geojson": {"series": "level", "value": "properties.v"},
    **{name: {"series": "level", "value": "v"} for name in ("http_json", "mqtt", "sql_view", "webhook")},
}


@pytest.mark.parametrize("protocol", UNREAD)
@pytest.mark.parametrize("series_unit", ["m", "cm"])
def test_unit_behind_the_number_must_be_that_of_a_field_that_the_row_does_not_read(
    protocol: str, series_unit: str
) -> None:
    body = answer(protocol, "cm").replace(b"25.4", b'"5 m"').replace(b'"u"', b'"unit"')
    batch = read_body(protocol, body, series_unit, **UNREAD[protocol], unit_path="")
    path = "properties.unit" if protocol == "geojson" else "unit"
    params = {"text": "5 m", "unit": "m", "path": path, "other": "cm"}
    assert not batch.readings and failures(batch) == [Failure(MappingCode.NUMBER_UNIT_UNREAD, params)]
    for options in ({"unit": "m"}, {"unit": "cm"}):  # as the reason says; the text names its own
        read = read_body(protocol, body, "m", **UNREAD[protocol], unit_path="", **options)
        assert [one.value for one in read.readings] == [5]
    same = read_body(protocol, body.replace(b'"5 m"', b'"500 cm"'), "m", **UNREAD[protocol], unit_path="")
    assert [one.value for one in same.readings] == [5]
