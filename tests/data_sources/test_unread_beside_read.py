"""Two items of one series and one moment, of which one cannot be read: the other is not the value, in any protocol."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from data_sources import protocols
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.tt10.rows import Tt10Code
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import row
from tests.data_sources.sheets import Rows, xlsx

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
TIME = "2026-11-24T09:00:00Z"
SECONDS = datetime.fromisoformat(TIME).timestamp()
Cells = tuple[tuple[Any, Any], ...]  # values with their units, all of series a and of one moment
MAPPING = {"items": "data", "series": "{n}", "value": "v", "time": "t", "unit_path": "u"}


def as_items(cells: Cells) -> Any:
    return {"data": [{"n": "a", "v": value, "u": unit, "t": TIME} for value, unit in cells]}


def as_list(cells: Cells) -> Any:
    return as_items(cells)["data"]


def as_geojson(cells: Cells) -> Any:
    point = {"type": "Point", "coordinates": [105.7, 10.0]}
    features = [{"type": "Feature", "geometry": point, "properties": item} for item in as_list(cells)]
    return {"type": "FeatureCollection", "features": features}


def as_senml(cells: Cells) -> Any:
    return [{"n": "a", "v": value, "u": unit, "t": SECONDS} for value, unit in cells]


def as_sensorthings(cells: Cells) -> Any:
    streams = [
        {
            "@iot.id": 1, "name": "a", "unitOfMeasurement": {"symbol": unit},
            "Observations": [{"phenomenonTime": TIME, "result": value}],
        }
        for value, unit in cells
    ]  # fmt: skip
    return {"value": streams}


def as_kiwis(cells: Cells) -> Any:
    return [
        {"ts_id": "a", "columns": "Timestamp,Value", "ts_unitsymbol": unit, "data": [[TIME, value]]}
        for value, unit in cells
    ]


def as_waterml(cells: Cells) -> Any:
    series = [
        {
            "sourceInfo": {"siteCode": [{"value": "a"}]},
            "variable": {"variableCode": [{"value": "h"}], "unit": {"unitCode": unit}},
            "values": [{"value": [{"value": str(value), "dateTime": TIME}]}],
        }
        for value, unit in cells
    ]
    return {"value": {"timeSeries": series}}


def as_openaq(cells: Cells) -> Any:
    sensors = [
        {"id": 1, "parameter": {"name": "a", "units": unit}, "latest": {"datetime": {"utc": TIME}, "value": value}}
        for value, unit in cells
    ]
    return {"results": sensors}


def as_ngsi(cells: Cells) -> Any:
    return [
        {"id": "a", "type": "T", "h": {"type": "Property", "value": value, "unitText": unit, "observedAt": TIME}}
        for value, unit in cells
    ]


def as_prometheus(cells: Cells) -> Any:
    result = [{"metric": {}, "value": [SECONDS, str(value)]} for value, _ in cells]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def as_open_meteo(cells: Cells) -> Any:
    block = {"time": [TIME[:-1] for _ in cells], "x": [value for value, _ in cells]}
    return {"utc_offset_seconds": 0, "hourly": block, "hourly_units": {"x": "m"}}


def as_tt10(cells: Cells) -> bytes:
    return "\n".join(f"a\t{value}\t{unit}\t20261124160000\t00" for value, unit in cells).encode()


def as_csv(cells: Cells) -> bytes:
    return "\n".join(["Trạm;Ngày;Mực;ĐVT", *(f"a;2026-11-24 16:00;{value};{unit}" for value, unit in cells)]).encode()


SHEET = {"time": "Ngày", "name": "Trạm", "columns": {"{name}": "Mực"}, "unit_column": "ĐVT"}
# protocol, its options, an answer with these cells, whether it may name units
PROTOCOLS: list[tuple[str, dict[str, Any], Any, bool]] = [
    ("http_json", MAPPING, as_items, True),
    ("http_json", {**MAPPING, "items": "@", "each": "data", "series": "{n}"}, as_items, True),
    ("webhook", {**MAPPING, "push_token": "${T}"}, as_items, True),
    ("sql_view", {**MAPPING, "items": "@", "query": "SELECT 1"}, as_list, True),
    ("mqtt", {**MAPPING, "topics": ["7"]}, as_items, True),
    ("mqtt", {"topics": ["7"], "format": "senml"}, as_senml, False),  # two units are two names
    (
        "geojson", {
            "series": "{properties.n}", "value": "properties.v", "unit_path": "properties.u", "time": "properties.t",
        }, as_geojson, True,
    ),
    ("sensorthings", {"series": "{name}"}, as_sensorthings, True),
    ("kiwis", {}, as_kiwis, True),
    ("waterml", {"series": "{site}"}, as_waterml, True),
    ("openaq", {"stations": [7], "series": "{parameter}"}, as_openaq, True),
    ("ngsi", {"values": {"{id}": "h"}}, as_ngsi, True),
    ("prometheus", {"queries": {"a": "up"}}, as_prometheus, False),
    (
        "open_meteo", {
            "product": "weather", "points": [{"key": "p", "lat": 10.0, "lon": 105.7}], "hourly": {"x": "a"},
        }, as_open_meteo, False,
    ),
    ("tt10", {"series": "{parameter}"}, as_tt10, True),
    ("spreadsheet", {**SHEET, "decimal": "."}, as_csv, True),
]  # fmt: skip
UNREAD = [("abc", "m"), (2.5, "qqq"), (2.5, "°C"), (2.5, "")]
NO_TEXT = (2.5, {"code": "m"})  # a unit that is no text
CASES = [
    (protocol, options, answer, unread)
    for protocol, options, answer, names_units in PROTOCOLS
    for unread in ([*UNREAD, NO_TEXT] if names_units else UNREAD[:1])
    if unread is not NO_TEXT or answer not in (as_tt10, as_csv)
]


def validated(
    protocol: str, options: dict[str, Any], *answers: Any, rule: DuplicateRule | None = None, name: str = "7"
) -> Batch:
    source = row(options=options, protocol=protocol, series_keys=("a",), units={"a": "m"}, duplicates=rule)
    name = "CT_20261124160000.txt" if protocol == "tt10" else name
    bodies = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in answers)
    pages = tuple(ResponsePage(body, address=name) for body in bodies)
    raw = protocols()[protocol].parse(source, Payload(pages), NOW)
    return validate_batch(raw, source.polled_series(), NOW, duplicates=rule)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("protocol", "options", "answer", "unread"), CASES)
def test_a_value_beside_one_that_is_not_known_is_rejected(
    protocol: str, options: dict[str, Any], answer: Any, unread: tuple[Any, Any], is_first: bool
) -> None:
    cells = ((1.5, "m"), unread)
    body = answer(cells[::-1] if is_first else cells)
    batch = validated(protocol, options, body)
    assert not batch.readings and len(batch.rejected_items) == 2
    (item,) = (one for one in batch.rejected_items if one.failure.code == ValidationCode.OTHER_VALUE_REJECTED)
    (other,) = (one for one in batch.rejected_items if one is not item)
    assert item.failure.params == {"time": datetime.fromisoformat(TIME), "cause": other.failure}
    decided = validated(protocol, options, body, rule=DuplicateRule.LAST)
    assert [one.value for one in decided.readings] == [1.5] and codes(decided) == [other.failure.code]


# A spreadsheet has a rule of its own for two rows of which one is empty. SenML has no mark.
@pytest.mark.parametrize(
    ("protocol", "options", "answer"),
    [one[:3] for one in PROTOCOLS if one[0] != "spreadsheet" and one[2] is not as_senml],
)
def test_a_missing_mark_beside_a_value_contradicts_nothing(protocol: str, options: dict[str, Any], answer: Any) -> None:
    batch = validated(protocol, options, answer(((1.5, "m"), ("-" if protocol == "tt10" else "nan", "m"))))
    assert [one.value for one in batch.readings] == [1.5] and not batch.rejected_items


@pytest.mark.parametrize("protocol", ["mqtt", "webhook"])
def test_a_later_message_corrects_one_that_cannot_be_read(protocol: str) -> None:
    options = {**MAPPING, **({"topics": ["7"]} if protocol == "mqtt" else {"push_token": "${T}"})}
    batch = validated(protocol, options, as_items((("abc", "m"),)), as_items(((1.5, "m"),)))
    assert [one.value for one in batch.readings] == [1.5] and len(batch.rejected_items) == 1


def test_a_later_file_corrects_a_row_that_cannot_be_read() -> None:
    batch = validated("spreadsheet", SHEET, as_csv((("abc", "m"),)), as_csv(((1.5, "m"),)))
    assert [one.value for one in batch.readings] == [1.5] and len(batch.rejected_items) == 1


@pytest.mark.parametrize("status", ["09", ""])
def test_a_row_of_unknown_status_is_a_value_that_is_not_known(status: str) -> None:
    body = as_tt10(((1.5, "m"), (2.5, "m")))
    batch = validated("tt10", {"series": "{parameter}"}, body.removesuffix(b"00") + status.encode())
    assert not batch.readings and codes(batch).count(ValidationCode.OTHER_VALUE_REJECTED) == 1


@pytest.mark.parametrize("end", ["", "\tm\t20261124160000\t00\tx\ty", "\tm\t20261124160000"])
def test_a_row_with_too_many_or_too_few_cells_is_a_value_that_is_not_known(end: str) -> None:
    body = as_tt10(((1.5, "m"),)) + f"\na\t2.5{end}".encode()
    batch = validated("tt10", {"series": "{parameter}"}, body)
    assert Tt10Code.COLUMN_COUNT in codes(batch)
    assert [one.value for one in batch.readings] == ([] if end else [1.5])


@pytest.mark.parametrize("fields", [{"v": 2, "vs": "a"}, {"v": 2, "must_": 1}, {"v": True}])
def test_a_record_of_senml_that_must_not_be_used_is_a_value_that_is_not_known(fields: dict[str, Any]) -> None:
    body = [*as_senml(((1.5, "m"),)), {"n": "a", "u": "m", "t": SECONDS, **fields}]
    batch = validated("mqtt", {"topics": ["7"], "format": "senml"}, body)
    assert not batch.readings and codes(batch).count(ValidationCode.OTHER_VALUE_REJECTED) == 1


@pytest.mark.parametrize("unit", ["qqq", "Cel", None])
def test_records_of_senml_in_two_units_of_which_one_is_unknown_are_a_clash(unit: str | None) -> None:
    body = as_senml(((1.5, "m"), (2.5, "m")))
    body[1]["u"] = unit
    batch = validated("mqtt", {"topics": ["7"], "format": "senml"}, body)
    assert not batch.readings and len(batch.rejected_items) == 2


def items(**fields: Any) -> dict[str, Any]:
    """A good item, and one with these fields that cannot be read."""
    good = as_list(((1.5, "m"),))[0]
    return {"data": [{**good, "id": 1}, {**good, "id": 1, "v": "abc", **fields}]}


@pytest.mark.parametrize(
    "fields", [{"t": "2026-11-24T08:50:00Z"}, {"t": "soon"}, {"t": None}, {"t": "2027-01-01T00:00:00Z"}, {"n": "b"}]
)
def test_an_item_of_another_or_no_moment_or_series_contradicts_nothing(fields: dict[str, Any]) -> None:
    batch = validated("http_json", MAPPING, items(**fields))
    assert [one.value for one in batch.readings] == [1.5] and len(batch.rejected_items) == 1


def test_an_unreadable_item_of_another_sensor_is_no_other_sensor_where_the_row_says_so() -> None:
    other = items(id=2, t="2026-11-24T08:50:00Z")
    batch = validated("http_json", MAPPING, other)
    assert not batch.readings and ValidationCode.SENSORS_OF_ONE_SERIES in codes(batch)
    joined = validated("http_json", {**MAPPING, "may_differ": ["id"]}, other)
    assert [one.value for one in joined.readings] == [1.5]


def test_an_unreadable_item_under_another_name_of_the_series_is_a_clash() -> None:
    good = as_list(((1.5, "m"),))[0]
    body = {"data": [{**good, "n": "Á"}, {**good, "n": "À", "v": "abc", "t": "2026-11-24T08:50:00Z"}]}
    batch = validated("http_json", MAPPING, body)
    assert not batch.readings and ValidationCode.NAMES_OF_ONE_SERIES in codes(batch)


def sheet(*rows: list[Any], **options: Any) -> Batch:
    head = ["Trạm", "Ngày", "Mực", "ĐVT"]
    source = row("/in", {**SHEET, **options}, series_keys=("a",), units={"a": "m"})
    table: Rows = [head, *rows]
    raw = protocols()["spreadsheet"].parse(source, Payload((ResponsePage(xlsx({"S": table}), address="a.xlsx"),)), NOW)
    return validate_batch(raw, source.polled_series(), NOW)


@pytest.mark.parametrize(
    "unread", [["a", "24/11/2026", "#DIV/0!", "m"], ["a", "24/11/2026", 2.5, None], ["a", "24/11/2026", "<0,1", "m"]]
)
def test_a_row_beside_one_that_is_rejected_is_rejected(unread: list[Any]) -> None:
    good, other_day = ["a", "24/11/2026", 1.5, "m"], ["a", "23/11/2026", 1.4, "m"]
    batch = sheet(good, other_day, unread)
    assert [one.value for one in batch.readings] == [1.4]
    assert codes(batch).count(ValidationCode.OTHER_VALUE_REJECTED) == 1 and len(batch.rejected_items) == 2


def test_a_merged_value_that_may_be_of_several_rows_is_one_that_is_not_known() -> None:
    rows: Rows = [
        ["Trạm", "Ngày", "Mực", "ĐVT"], ["a", "24/11/2026", 1.5, "m"], ["b", "23/11/2026", 1.6, "m"],
        ["a", "24/11/2026", 2.5, "m"], ["c", "24/11/2026", None, "m"],
    ]  # fmt: skip
    source = row("/in", SHEET, series_keys=("a", "b", "c"), units=dict.fromkeys("abc", "m"))
    page = ResponsePage(xlsx({"S": rows}, merged=["C4:C5"]), address="a.xlsx")
    batch = validate_batch(protocols()["spreadsheet"].parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    assert [one.series for one in batch.readings] == ["b"]
    assert sorted(codes(batch)) == [SpreadsheetCode.VALUE_MERGED, ValidationCode.OTHER_VALUE_REJECTED]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["a;2026-11-24 16:00;1.5", "a;2026-11-24 16:00;2.5;m"], SpreadsheetCode.UNIT_MISSING),
        (["a,2026-11-24 16:00,1.5,m", "a,2026-11-24 16:00,2,795,m"], SpreadsheetCode.ROW_TOO_LONG),
    ],
)
def test_a_row_of_text_that_is_rejected_as_a_whole_is_a_value_that_is_not_known(rows: list[str], code: str) -> None:
    sign = ";" if ";" in rows[0] else ","
    body = "\n".join([sign.join(("Trạm", "Ngày", "Mực", "ĐVT")), *rows]).encode()
    batch = validated("spreadsheet", {**SHEET, "decimal": ".", "delimiter": sign}, body)
    assert not batch.readings and sorted(codes(batch)) == sorted([code, ValidationCode.OTHER_VALUE_REJECTED])


def test_two_stations_of_which_the_file_of_one_cannot_be_read_are_not_one_series() -> None:
    source = row(options={"series": "{parameter}"}, protocol="tt10", series_keys=("a",), units={"a": "m"})
    bodies = {"A": as_tt10(((1.5, "m"),)), "B": as_tt10((("abc", "m"),))}
    pages = tuple(ResponsePage(body, address=f"{name}_20261124160000.txt") for name, body in bodies.items())
    assert not protocols()["tt10"].parse(source, Payload(pages), NOW).readings
    one_station = tuple(replace(page, address="A_20261124160000.txt") for page in pages)
    assert len(protocols()["tt10"].parse(source, Payload(one_station), NOW).readings) == 1
