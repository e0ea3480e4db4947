"""A field with a unit beside a value, in a row that reads none: it is the unit of the series, or the value is rejected.

Values for which nothing names a unit are counted.
"""

from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row, shared

OPTIONS: dict[str, dict[str, Any]] = {
    "geojson": {"series": "level", "value": "properties.v"},
    "http_json": {"series": "level", "value": "v"},
    "mqtt": {"topics": ["x"], "series": "level", "value": "v"},
    "sql_view": {"query": "SELECT 1", "series": "level", "value": "v"},
    "webhook": {"series": "level", "value": "v", "push_token": "${TOKEN}"},
}
every_protocol = pytest.mark.parametrize("protocol", OPTIONS)


def read(protocol: str, item: Any, series_unit: str, /, **options: Any) -> Batch:
    if protocol == "geojson":
        item = {"type": "Feature", "properties": item, "geometry": None}
    source = row(
        protocol=protocol, options=OPTIONS[protocol] | options, series_keys=("level",), units={"level": series_unit}
    )
    body = orjson.dumps(item)
    message = MqttMessage(body, address="x", received_at=NOW)
    page = message if protocol == "mqtt" else ResponsePage(body, address="x", received_at=NOW)
    return validate_batch(protocols()[protocol].parse(source, Payload((page,)), NOW), source.polled_series(), NOW)


def unread(path: str, unit: str, other: str) -> Failure:
    return Failure(ValidationCode.UNIT_UNREAD, {"path": path, "unit": unit, "other": other})


@every_protocol
def test_value_beside_another_unit_is_rejected_with_the_field(protocol: str) -> None:
    batch = read(protocol, {"v": 65, "unit": "m³/h"}, "m³/s")
    path = "properties.unit" if protocol == "geojson" else "unit"
    assert not batch.readings and failures(batch) == [unread(path, "m³/h", "m³/s")]


@every_protocol
def test_value_beside_the_unit_of_the_series_stands(protocol: str) -> None:
    batch = read(protocol, {"v": 65, "unit": "m3/s"}, "m³/s")
    assert [reading.value for reading in batch.readings] == [65] and not batch.assumed_unit_count


@every_protocol
def test_values_without_any_unit_are_counted(protocol: str) -> None:
    item = {"v": 65}
    assert read(protocol, item, "m³/s").assumed_unit_count == 1
    assert not read(protocol, item, "m³/s", unit="m³/s").assumed_unit_count
    assert read(protocol, item, "m³/s", units={"": ""}).assumed_unit_count == 1
    assert not read(protocol, item, "m³/s", units={"": "m³/h"}).assumed_unit_count
    assert not read(protocol, item, "phương tiện").assumed_unit_count
    assert not read(protocol, {"v": "65 m³/s"}, "m³/s").assumed_unit_count
    assert not read(protocol, {"v": None}, "m³/s").assumed_unit_count


@pytest.mark.parametrize("options", [{"unit": "m³/h"}, {"unit": "m3/h"}, {"unit_path": "unit"}])
def test_row_that_says_the_unit_reads_the_value(options: dict[str, Any]) -> None:
    batch = read("http_json", {"v": 3600, "unit": "m³/h"}, "m³/s", **options)
    assert [reading.value for reading in batch.readings] == [1]


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("unit", "unit"), ("Units", "Units"), ("uom", "uom"), ("UOM", "UOM"), ("unitOfMeasure", "unitOfMeasure"),
        ("unit_of_measurement", "unit_of_measurement"), ("don_vi", "don_vi"), ("đơn vị", '"đơn vị"'),
        ("Đơn vị tính", '"Đơn vị tính"'), ("ĐVT", '"ĐVT"'), ("v_unit", "v_unit"), ("unit_v", "unit_v"),
    ],
)  # fmt: skip
def test_names_of_a_field_with_a_unit(field: str, path: str) -> None:
    assert failures(read("http_json", {"v": 65, field: "cm"}, "m")) == [unread(path, "cm", "m")]


@pytest.mark.parametrize(
    "item",
    [
        {"v": 65, "unit": "UBND phường"}, {"v": 65, "unit": ""}, {"v": 65, "unit": None}, {"v": 65, "unit": 7},
        {"v": 65, "w": 2, "w_unit": "cm"}, {"v": 65, "community": "cm"}, {"v": 65, "w": {"value": 1, "unit": "cm"}},
        {"v": 65, "parameter": {"v": 1, "unit": "cm"}}, {"v": 65, "v_unit": "m", "unit": "cm"},
    ],
)  # fmt: skip
def test_field_that_names_no_other_unit_of_the_value(item: dict[str, Any]) -> None:
    assert [reading.value for reading in read("http_json", item, "m").readings] == [65]


@pytest.mark.parametrize(
    ("item", "options", "path"),
    [
        ({"h": {"v": 1, "unit": "cm"}, "unit": "m"}, {"value": "h.v"}, "h.unit"),
        ({"h": [{"v": 1, "unit": "cm"}]}, {"value": "h[0].v"}, "h[0].unit"),
        ({"h": {"v": 1}, "unit": "cm"}, {"value": "h.v"}, "unit"),
        ({"v": 1, "parameter": {"name": "h", "units": "cm"}}, {}, "parameter.units"),
        ({"unit": "cm", "list": [{"v": 1}]}, {"items": "@", "each": "list"}, "parent.unit"),
        ({"v": 1, "unit": "cm"}, {"value": "v || w"}, "unit"),
        ({"v": 1, "unit": "cm"}, {"series": "", "value": "", "values": {"level": "v"}}, "unit"),
    ],
)  # fmt: skip
def test_nearest_field_counts(item: dict[str, Any], options: dict[str, Any], path: str) -> None:
    batch = read("http_json", item, "m", **options)
    assert failures(batch) == [unread(path, "cm", "m")]
    assert [reading.value for reading in read("http_json", item, "m", **options, unit_path=path).readings] == [0.01]


def test_unit_of_one_of_several_values_is_stated_for_the_others() -> None:
    item = {"level": 1, "flow": 2, "unit": "m"}
    plain = {"values": {"level": "level", "flow": "flow"}}
    stated = {"values": {"level": "level", "flow": {"path": "flow", "unit": "m³/h"}}}
    for options, count in ((plain, 1), (stated, 2)):
        own = row(options=options, series_keys=("level", "flow"), units={"flow": "m³/h"})
        page = ResponsePage(orjson.dumps(item), address="x")
        batch = validate_batch(protocols()["http_json"].parse(own, Payload((page,)), NOW), own.polled_series(), NOW)
        assert len(batch.readings) == count and not batch.assumed_unit_count


def test_spelling_of_the_source_is_translated_first() -> None:
    batch = read("http_json", {"v": 65, "unit": "Zoll"}, "m", units={"Zoll": "in"})
    assert failures(batch) == [unread("unit", "Zoll", "m")]


@pytest.mark.parametrize(("named", "is_read"), [("vụ", True), ("m³/h", False)])
def test_plain_count_may_have_any_unit_of_counts(named: str, is_read: bool) -> None:
    assert bool(read("http_json", {"v": 65, "unit": named}, "").readings) is is_read


@pytest.mark.parametrize(("heading", "count"), [("v", 2), ("v (m)", 0)])
def test_values_of_a_table_without_units_are_counted(heading: str, count: int) -> None:
    source = row(protocol="spreadsheet", options={"time": "t", "columns": {"level": heading}})
    body = f"t;{heading}\n2026-11-24T08:00:00Z;1.5\n2026-11-24T09:00:00Z;1.6".encode()
    page = ResponsePage(body, address="x.csv", received_at=NOW)
    batch = protocols()["spreadsheet"].parse(source, Payload((page,)), NOW)
    checked = validate_batch(batch, source.polled_series(), NOW)
    assert len(checked.readings) == 2 and checked.assumed_unit_count == count


def contradicted(unit: str, path: str, other: str) -> Failure:
    return Failure(MappingCode.UNIT_OF_ROW_CONTRADICTED, {"unit": unit, "path": path, "other": other})


@every_protocol
@pytest.mark.parametrize("named", ["m³/h", "cm"])
@pytest.mark.parametrize(
    "stated", [{"unit": "m³/s"}, {"unit": "m³/s", "unit_path": "x.y"}, {"units": {"": "m³/s"}, "unit_path": "x.y"}]
)
def test_unit_of_the_row_never_replaces_one_of_the_answer(protocol: str, named: str, stated: dict[str, Any]) -> None:
    item = {"v": 65, "unit": named}
    path = "properties.unit" if protocol == "geojson" else "unit"
    batch = read(protocol, item, "m³/s", **stated)
    assert not batch.readings and failures(batch) == [contradicted("m³/s", path, named)]
    own = {**stated, "unit_path": "'m³/s'"}  # as the reason says, where the field is of another value
    assert [reading.value for reading in read(protocol, item, "m³/s", **own).readings] == [65]
    assert len(read(protocol, item, "cm" if named == "cm" else "m³/s", unit=named).readings) == 1


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({"level": {"path": "v", "unit": "mm"}}, 1),
        ({"level": {"path": "v", "unit": "mm"}, "rain": {"path": "w", "unit": "mm"}}, 2),
        ({"level": {"path": "v", "unit": "mm"}, "rain": {"path": "w", "unit": "cm"}}, 0),
        ({"level": {"path": "v", "unit": "mm"}, "rain": "w"}, 0),
    ],
)
def test_unit_of_one_value_stands_where_another_has_that_of_the_field(values: dict[str, Any], failed: int) -> None:
    batch = read("http_json", {"v": 1, "w": 2, "unit": "cm"}, "m", series="", value="", values=values)
    assert codes(batch).count(MappingCode.UNIT_OF_ROW_CONTRADICTED) == failed


AROUND = [
    ({"now": {"v": 65}, "now_units": {"v": "cm"}}, {"value": "now.v"}, "now_units.v", True),
    ({"now": {"v": [1, 65]}, "now_units": {"v": "cm"}}, {"value": "now.v[1]"}, "now_units.v", True),
    ({"now": {"v": [1, 65]}, "now_units": {"v": "cm"}}, {"value": "now.v[-1]"}, "now_units.v", True),
    ({"v": 65, "units": {"w": "in", "v": "cm"}, "unit": "mm"}, {}, "units.v", True),
    ({"now": {"v": 65}, "now_unit": "cm"}, {"value": "now.v"}, "now_unit", True),
    ({"now": {"v": 65}, "now_units": {"v": "cm"}}, {"items": "now"}, "now_units.v", False),
    ({"data": [{"v": 65}], "unit": "cm"}, {"items": "data"}, "unit", False),
    ({"data": [{"v": 65}], "unit": "cm"}, {"items": "data[-1:]"}, "unit", False),
    ({"r": {"data": [{"v": 65}], "meta": {"uom": "cm"}}, "unit": "in"}, {"items": "r.data"}, "r.meta.uom", False),
    ({"a": [{"b": [{"v": 65}]}], "units": {"v": "cm"}}, {"items": "a", "each": "b"}, "units.v", False),
]  # fmt: skip


@pytest.mark.parametrize(("body", "options", "path", "is_in_item"), AROUND)
def test_unit_beside_the_object_or_the_list_of_the_value(
    body: dict[str, Any], options: dict[str, Any], path: str, is_in_item: bool
) -> None:
    code = ValidationCode.UNIT_UNREAD if is_in_item else ValidationCode.UNIT_UNREAD_AROUND
    batch = read("http_json", body, "m", **options)
    assert failures(batch) == [Failure(code, {"path": path, "unit": "cm", "other": "m"})]
    assert failures(read("http_json", body, "m", **options, unit="mm")) == [contradicted("mm", path, "cm")]
    followed = {"unit_path": path} if is_in_item else {"unit": "cm"}
    assert [reading.value for reading in read("http_json", body, "m", **options, **followed).readings] == [0.65]
    assert not read("http_json", body, "cm", **options).assumed_unit_count


@pytest.mark.parametrize(
    "body",
    [
        {"now": {"v": 65}, "daily_units": {"v": "cm"}}, {"now": {"v": 65}, "now_units": {"w": "cm"}},
        {"now": {"v": 65, "unit": "m"}, "now_units": {"v": "cm"}}, {"now": {"v": 65}, "other": {"unit": "cm"}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [{"value": "now.v"}, {"items": "now"}])
def test_units_of_other_objects_say_nothing(body: dict[str, Any], options: dict[str, Any]) -> None:
    assert [reading.value for reading in read("http_json", body, "m", **options).readings] == [65]


@pytest.mark.parametrize(("items", "value"), [("@", "current.ozone"), ("current", "ozone")])
def test_real_unit_in_an_object_beside_that_of_the_value(items: str, value: str) -> None:
    page = ResponsePage(shared("openmeteo/ha_air_quality.json").read_bytes(), address="x")
    for unit, is_read in (("ppb", False), ("µg/m³", True)):
        source = row(options={"items": items, "series": "o3", "value": value}, series_keys=("o3",), units={"o3": unit})
        batch = validate_batch(
            protocols()["http_json"].parse(source, Payload((page,)), NOW), source.polled_series(), NOW
        )
        assert bool(batch.readings) is is_read and not batch.assumed_unit_count
        assert all(item.failure.params["path"] == "current_units.ozone" for item in batch.rejected_items)


def test_real_flow_in_another_unit_than_the_series() -> None:
    payload = shared("mqtt/camau_data_mqtt.json").read_bytes()
    options = {
        "topics": ["x"], "items": "stations[]", "each": "data", "series": "{parent.deviceName}-{name}",
        "value": "value", "time": "time", "time_format": "%H:%M:%S %d/%m/%Y",
    }  # fmt: skip
    for unit, is_read in (("m³/s", False), ("m³/h", True)):
        source = row(protocol="mqtt", options=options, series_keys=("g30a-luu-luong",), units={"g30a-luu-luong": unit})
        message = MqttMessage(payload, address="x", received_at=NOW)
        parsed = protocols()["mqtt"].parse(source, Payload((message,)), NOW)
        batch = validate_batch(parsed, source.polled_series(), NOW)
        own = [item.failure for item in batch.rejected_items if item.location == "g30a-luu-luong"]
        assert bool(batch.readings) is is_read and own == ([] if is_read else [unread("unit", "m³/h", "m³/s")])


def test_real_concentration_in_another_unit_than_the_series() -> None:
    page = ResponsePage(shared("openaq/measurements.json").read_bytes(), address="x")
    options = {"items": "results", "series": "{parameter.name}", "value": "value", "time": "period.datetimeTo.utc"}
    for unit, is_read in (("mg/m³", False), ("µg/m³", True)):
        source = row(options=options, series_keys=("pm25",), units={"pm25": unit})
        batch = validate_batch(
            protocols()["http_json"].parse(source, Payload((page,)), NOW), source.polled_series(), NOW
        )
        found = {(item.failure.code, item.failure.params["path"]) for item in batch.rejected_items}
        assert bool(batch.readings) is is_read
        assert found == (set() if is_read else {(ValidationCode.UNIT_UNREAD, "parameter.units")})


@pytest.mark.parametrize("field", [
    "ts_unitsymbol", "ts_unit", "sensor_unit", "parameterUnit", "reading_unit", "native_unit_of_measurement", "unit_vi",
    "ten_dvt", "tenDonVi", "base_uom",
])  # fmt: skip
def test_field_with_a_word_for_a_unit_in_its_name_is_seen(field: str) -> None:
    (failure,) = failures(read("http_json", {"v": 110, field: "cm"}, "m"))
    assert (failure.params["path"], failure.params["unit"]) == (field, "cm")


@pytest.mark.parametrize("name", ["device", "channel", "tram", "thiet_bi", "definition", "point"])
def test_unit_in_another_object_beside_the_value_is_seen(name: str) -> None:
    (failure,) = failures(read("http_json", {"v": 1.5, name: {"id": 7, "name": "x", "unit": "cm"}}, "m"))
    assert (failure.params["path"], failure.params["unit"]) == (f"{name}.unit", "cm")


@pytest.mark.parametrize("item", [
    {"w": 3, "w_unit": "cm"}, {"age_unit": "s"}, {"community": "cm"}, {"level2": {"value": 3, "unit": "cm"}},
    {"other": {"v": 3, "unit": "cm"}}, {"device": {"unit": "Đội 3"}}, {"device": {"unit": "m"}}, {"sensor_unit": "A-7"},
])  # fmt: skip
def test_unit_of_something_else_rejects_nothing(item: dict[str, Any]) -> None:
    assert [reading.value for reading in read("http_json", {"v": 1.5, **item}, "m").readings] == [1.5]


UNITS_BESIDE = {"PressureUnit": "inHg", "TempUnit": "F"}


@pytest.mark.parametrize("name", ["Temperature", "DewPoint"])
def test_unit_of_temperatures_beside_is_that_of_each_temperature(name: str) -> None:
    item = {"BME280": {name: 50.2}, **UNITS_BESIDE}
    batch = read("http_json", item, "°C", value=f"BME280.{name}")
    assert not batch.readings and failures(batch) == [unread("TempUnit", "°F", "°C")]
    (reading,) = read("http_json", item, "°C", value=f"BME280.{name}", unit_path="TempUnit").readings
    assert reading.value == pytest.approx(10.11, abs=0.01)
    agreed = read("http_json", item | {"TempUnit": "C"}, "°C", value=f"BME280.{name}")
    assert [one.value for one in agreed.readings] == [50.2] and not agreed.assumed_unit_count


@pytest.mark.parametrize("name", ["Rssi", "Humidity"])
def test_unit_of_temperatures_is_not_that_of_other_values(name: str) -> None:
    batch = read("http_json", {"BME280": {name: 50.2}, **UNITS_BESIDE}, "%", value=f"BME280.{name}")
    assert [one.value for one in batch.readings] == [50.2] and batch.assumed_unit_count == 1
