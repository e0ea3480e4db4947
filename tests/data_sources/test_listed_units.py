"""The unit of a value in a row of a table, which a list of units, of names or of columns beside the rows has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources._mapping import MappingOptions
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.listed_units import ListedUnits
from data_sources._mapping.unread_units import FoundUnit
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.reading import ValidationCode
from tests.data_sources.failures import codes, failures
from tests.data_sources.test_unread_unit import every_protocol, read, unread

ROWS = {"rows": [["2026-11-24T07:00:00Z", 37.5, 65]]}
OF_ROWS = {"items": "rows", "value": "[2]"}
OF_CM: list[tuple[dict[str, Any], str]] = [
    ({"columnUnits": ["UTC", "degrees_north", "cm"]}, "columnUnits[2]"),
    ({"units": ["s", "°", "cm"], "unit": "m"}, "units[2]"),
    ({"don_vi": ["", "", "cm"]}, "don_vi[2]"),
    ({"columns": [{"name": "t"}, {"name": "x"}, {"name": "h", "unit": "cm"}]}, "columns[2].unit"),
    ({"headers": [{}, {}, {"column": "Level (cm)"}]}, "headers[2].column"),
    ({"schema": {"fields": [{}, {}, {"unit": {"symbol": "cm"}}]}}, "schema.fields[2].unit.symbol"),
    ({"fields": ["Time (UTC)", "x", "Mực nước (cm)"]}, "fields[2]"),
    ({"columnNames": ["time", "x", "Level [cm]"]}, "columnNames[2]"),
    ({"things": [{}, {}, {"unit": "cm"}]}, "things[2].unit"),
    ({"texts": ["a", "b", "Level (cm)"]}, "texts[2]"),
]


def around(path: str, unit: str, other: str) -> Failure:
    return Failure(ValidationCode.UNIT_UNREAD_AROUND, {"path": path, "unit": unit, "other": other})


@every_protocol
def test_every_mapping_reads_the_unit_of_the_column(protocol: str) -> None:
    if protocol == "geojson":
        batch = read(protocol, {"units": ["s", "cm"], "rows": [1, 65]}, "m", value="properties.rows[1]")
        assert failures(batch) == [unread("properties.units[1]", "cm", "m")]
    else:
        options = OF_ROWS | ({"value": "value[2]"} if protocol == "mqtt" else {})
        batch = read(protocol, ROWS | {"columnUnits": ["", "", "cm"]}, "m", **options)
        assert failures(batch) == [around("columnUnits[2]", "cm", "m")]


@pytest.mark.parametrize(("beside", "path"), OF_CM)
def test_value_of_a_column_in_another_unit_is_rejected(beside: dict[str, Any], path: str) -> None:
    body = beside | ROWS
    assert failures(read("http_json", body, "m", **OF_ROWS)) == [around(path, "cm", "m")]
    assert codes(read("http_json", body, "m", **OF_ROWS, unit="mm")) == [MappingCode.UNIT_OF_ROW_CONTRADICTED]
    assert [one.value for one in read("http_json", body, "m", **OF_ROWS, unit="cm").readings] == [0.65]
    batch = read("http_json", body, "cm", **OF_ROWS)
    assert [one.value for one in batch.readings] == [65] and not batch.assumed_unit_count


@pytest.mark.parametrize(
    ("body", "options", "path", "is_in_item"),
    [
        ({"t": ROWS | {"units": ["", "", "cm"]}}, {"items": "t.rows", "value": "[2]"}, "t.units[2]", False),
        ({"meta": {"units": ["", "", "cm"]}} | ROWS, {"items": "rows", "value": "[-1]"}, "meta.units[2]", False),
        ({"units": ["", "", "cm"]} | ROWS, {"items": "rows[*].{v: [2]}"}, "units[2]", False),
        ({"units": ["", "", "cm"]} | ROWS, {"items": "rows[-1:]", "value": "to_number([2])"}, "units[2]", False),
        ({"units": ["", "", "cm"]} | ROWS, {"value": "rows[0][2]"}, "units[2]", True),
        ({"s": [ROWS | {"units": ["", "", "cm"]}]}, {"items": "s", "value": "rows[-1][2]"}, "units[2]", True),
        ({"s": [ROWS | {"units": ["", "", "cm"]}]}, {"items": "s", "each": "rows", "value": "value[2]"},
         "parent.units[2]", True),
        ({"values": [1, 65], "units": ["s", "cm"]}, {"value": "values[1]"}, "units[1]", True),
        ({"rows": [["t", "x", "level (cm)"], *ROWS["rows"]]}, {"items": "rows[1:]", "value": "[2]"}, "rows[0][2]",
         False),
        ({"rows": [["t", "x", "level"], ["s", "m", "cm"], *ROWS["rows"]]}, {"items": "rows[2:]", "value": "[2]"},
         "rows[1][2]", False),
    ],
)  # fmt: skip
def test_lists_are_found_around_the_rows_wherever_these_are(
    body: dict[str, Any], options: dict[str, Any], path: str, is_in_item: bool
) -> None:
    found = unread(path, "cm", "m") if is_in_item else around(path, "cm", "m")
    assert failures(read("http_json", body, "m", **options)) == [found]
    if is_in_item:
        assert [one.value for one in read("http_json", body, "m", **options, unit_path=path).readings] == [0.65]


OF_THREE = {"columns": [{"name": "d", "unit": "cm"}, {"name": "t"}, {"name": "h", "unit": "mm"}]}


@pytest.mark.parametrize(
    ("items", "value", "number", "row_in_item"),
    [
        ("@", "rows[?[0]==`5`][2] | [0]", 26, True), ("@", "rows[?[0]==`5`] | [0][2]", 26, True),
        ("rows", "[1] || [2]", 26, False), ("rows", "not_null([1], [2], [0])", 26, False),
        ("rows", "([0] > `0`) && [2]", 26, False), ("rows", "[0] && [2]", 26, False),
        ("rows", "abs([2])", 26, False), ("@", "max_by(rows, &[0])[2]", 26, True), ("@", "sum(rows[*][2])", 26, True),
        ("rows", "[2] || [0]", 26, False), ("@", "rows[0][1] || rows[0][2]", 26, True),
    ],
)  # fmt: skip
def test_the_column_of_the_value_counts_and_no_other_that_is_read(
    items: str, value: str, number: float, row_in_item: bool
) -> None:
    body, options = OF_THREE | {"rows": [[5, None, 26]]}, {"items": items, "value": value}
    batch = read("http_json", body, "mm", **options, unit="mm")
    assert [one.value for one in batch.readings] == [number] and not batch.assumed_unit_count
    found = unread if row_in_item else around
    assert failures(read("http_json", body, "cm", **options)) == [found("columns[2].unit", "mm", "cm")]


@pytest.mark.parametrize(
    ("value", "number"),
    [("length([1])", 3), ("[0] == `5` && `7`", 7), ("([0] || [2]) | to_number(@)", 5), ("`3` || [0]", 3)],
)
def test_a_value_that_stands_in_no_column_or_in_one_of_several_has_the_unit_of_none(value: str, number: float) -> None:
    body = OF_THREE | {"rows": [[5, "abc", 26]]}
    batch = read("http_json", body, "m", items="rows", value=value, unit="m")
    assert [one.value for one in batch.readings] == [number]


@pytest.mark.parametrize(
    "beside",
    [
        {"units": ["cm", "cm"]}, {"units": ["cm", "cm", ""]}, {"units": [1, 2, 3]}, {"units": ["cm", "m", None]},
        {"columns": [{"unit": "cm"}, {}, {}]}, {"things": [{}, {}, {"unit": "°C"}]}, {"names": ["t", "x", "m"]},
        {"texts": ["cm", "cm", "cm"]}, {"columns": [{}, {}, {"name": "unit"}]}, {"names": ["t (cm)", "x", "h"]},
    ],
)  # fmt: skip
def test_lists_that_name_no_other_unit_of_the_column_reject_nothing(beside: dict[str, Any]) -> None:
    batch = read("http_json", beside | ROWS, "m", **OF_ROWS)
    assert [one.value for one in batch.readings] == [65] and batch.assumed_unit_count == 1


@pytest.mark.parametrize(
    "beside",
    [
        {"depth_unit": ["m", "m", "m"]}, {"alarm_units": ["cm", "cm", "cm"]}, {"depth_uom": ["blobs", "a", "blobs"]},
        {"alarm_labels": ["BĐ1 (cm)", "BĐ2 (cm)", "BĐ3 (cm)"]}, {"alarm_columns": [{}, {}, {"unit": "cm"}]},
    ],
)  # fmt: skip
def test_list_of_something_else_counts_only_in_the_quantity_of_the_series(beside: dict[str, Any]) -> None:
    body: dict[str, Any] = beside | {"temps": [20, 21, 22]}
    batch = read("http_json", body, "°C", value="temps[-1]", unit="°C")
    assert [one.value for one in batch.readings] == [22]
    sure = {"columns": ["", "", "T (°F)"]}
    assert codes(read("http_json", body | sure, "°C", value="temps[-1]")) == [ValidationCode.UNIT_UNREAD]
    around_items = {"d": [body], "unit": "K"}
    assert codes(read("http_json", around_items, "°C", items="d", value="temps[-1]")) == [
        ValidationCode.UNIT_UNREAD_AROUND
    ]


@pytest.mark.parametrize(
    "field",
    ["temp_units", "temps_unit", "units", "columnUnits", "unit_list", "don_vi", "unitsOfMeasure", "tieu_de_don_vi"],
)
def test_list_of_units_of_the_list_of_the_value_counts_in_any_quantity(field: str) -> None:
    body = {field: ["m", "m", "m"], "temps": [20, 21, 22]}
    assert codes(read("http_json", body, "°C", value="temps[-1]")) == [ValidationCode.UNIT_UNREAD]


def test_unknown_unit_of_the_column_rejects_its_values() -> None:
    batch = read("http_json", ROWS | {"columnUnits": ["", "", "blobs"]}, "m", **OF_ROWS)
    assert codes(batch) == [ValidationCode.UNIT_UNREAD_UNKNOWN_AROUND]


def test_a_field_of_the_item_comes_before_the_list() -> None:
    body = {"units": ["", "", "cm"], "rows": [["mm", 1, 65]]}
    batch = read("http_json", body, "m", items="rows[*].{v: [2], unit: [0]}")
    assert failures(batch) == [unread("unit", "mm", "m")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["rows", "units", "columns", "v"]), inner),
)


@given(
    JSON, st.sampled_from(["rows[1]", "[1] || [0]", "[1]", "value[0]", "rows[-1].v[1]", "*[0]", "v", "abs(v) || [0]"])
)
def test_any_answer_has_a_unit_or_none(document: Any, value: str) -> None:
    for items, each in (("@", ""), ("rows", ""), ("@", "rows"), ("rows[1:]", "v")):
        options = MappingOptions.model_validate({"items": items, "each": each, "series": "x", "value": value})
        columns = ListedUnits(options, document)
        for item in (document, {"value": document, "parent": document}):
            found = columns.find(item, value)
            assert found is None or isinstance(found, FoundUnit)
