"""A unit in the name of a value: that of its field, of its item or of its column. No value is read in another one."""

import re
from typing import Any

import orjson
import pytest
import yaml

from components.ui.error_messages import describe
from data_sources import protocols
from data_sources.mqtt.message_buffer import MqttMessage
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.poller.admission import admit_batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, row
from tests.data_sources.test_option_reasons import OPTIONS as OPTION_NAMES

MAPPINGS: dict[str, dict[str, Any]] = {
    "geojson": {}, "http_json": {}, "mqtt": {"topics": ["x"]}, "sql_view": {"query": "SELECT 1"},
    "webhook": {"push_token": "${TOKEN}"},
}  # fmt: skip
every_mapping = pytest.mark.parametrize("protocol", MAPPINGS)
IN_NAME, IN_ITEM_NAME = "validation.unit_in_name", "validation.unit_in_item_name"


def read(protocol: str, body: bytes, unit: str, options: dict[str, Any], address: str = "x") -> Batch:
    source = row(
        protocol=protocol, options=options, series_keys=("a",), units={"a": unit}, option_names=OPTION_NAMES[protocol]
    )
    message = MqttMessage(body, address=address, received_at=NOW)
    page = message if protocol == "mqtt" else ResponsePage(body, address=address, received_at=NOW)
    parsed = protocols()[protocol].parse(source, Payload((page,)), NOW)
    return admit_batch(parsed, source, client_factory().context_for(source), NOW, id_key=b"key")


def mapped(protocol: str, item: dict[str, Any], series_unit: str = "m", /, **options: Any) -> Batch:
    """One item, of GeoJSON its properties. The value is at the first of its names."""
    name = orjson.dumps(next(iter(item))).decode()
    path = f"properties.{name}" if protocol == "geojson" else name
    value = {} if "values" in options else {"series": "a", "value": path}
    body = {"type": "Feature", "properties": item, "geometry": None} if protocol == "geojson" else item
    return read(protocol, orjson.dumps(body), series_unit, MAPPINGS[protocol] | value | options)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


@every_mapping
@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("level_cm", "m"),
        ("rain_mm", "cm"),
        ("speedKMH", "m/s"),
        ("TempF", "°C"),
        ("flow_m3h", "m³/s"),
        ("co2_ppm", "%"),
    ],
)
def test_value_whose_name_ends_in_another_unit_is_rejected(protocol: str, name: str, unit: str) -> None:
    batch = mapped(protocol, {name: 274}, unit)
    assert not batch.readings and codes(batch) == [IN_NAME]


@every_mapping
@pytest.mark.parametrize(("name", "unit"), [("level_cm", "cm"), ("level_m", "m"), ("Mực nước (m)", "m")])
def test_value_whose_name_has_the_unit_of_the_series_is_read_and_none_is_assumed(
    protocol: str, name: str, unit: str
) -> None:
    batch = mapped(protocol, {name: 274}, unit)
    assert values(batch) == [274] and not batch.assumed_unit_count


@every_mapping
@pytest.mark.parametrize(("name", "unit"), [("id_m", "cm"), ("pm", "cm"), ("total_cm", "người"), ("level_cm", "")])
def test_name_that_ends_in_no_unit_of_the_quantity_rejects_nothing(protocol: str, name: str, unit: str) -> None:
    assert values(mapped(protocol, {name: 274}, unit)) == [274]


@every_mapping
def test_unit_in_brackets_is_that_of_the_value(protocol: str) -> None:
    assert values(mapped(protocol, {"Mực nước (cm)": 274})) == [2.74]
    assert values(mapped(protocol, {"temperature_2m (°F)": 50}, "°C")) == [pytest.approx(10)]


@every_mapping
@pytest.mark.parametrize("name", ["level_cm", "Mực nước (cm)"])
def test_row_that_states_another_unit_than_the_name_is_asked(protocol: str, name: str) -> None:
    assert codes(mapped(protocol, {name: 274}, unit="m")) == [IN_NAME]
    assert values(mapped(protocol, {name: 274}, unit="cm")) == [2.74]


@every_mapping
@pytest.mark.parametrize("name", ["level_cm", "Mực nước (cm)"])
def test_advice_is_right_where_the_name_is_and_where_it_is_wrong(protocol: str, name: str) -> None:
    (item,) = mapped(protocol, {name: 274}, unit="m").rejected_items
    said = item.failure.params
    path = yaml.safe_load(str(said["path"]))
    assert values(mapped(protocol, {name: 274}, values={said["template"]: {"path": path, "unit": said["unit"]}})) == [
        2.74
    ]
    wrong = {said["template"]: {"path": path, "unit_path": f"'{said['other']}'"}}
    assert values(mapped(protocol, {name: 274}, values=wrong)) == [274]
    assert values(mapped(protocol, {name: 274}, units={"cm": "m"})) == [274]


@every_mapping
def test_number_with_its_own_unit_does_not_need_the_name(protocol: str) -> None:
    assert values(mapped(protocol, {"level_cm": "2,74 m"}, decimal=",")) == [2.74]


@every_mapping
def test_field_with_another_unit_than_the_name_rejects_the_value(protocol: str) -> None:
    for unit in ("m", "cm"):
        assert codes(mapped(protocol, {"level_cm": 274, "unit": "m"}, unit)) == [IN_NAME]


@pytest.mark.parametrize(
    "path",
    ["level_cm", "now.level_cm", "to_number(level_cm)", "x || level_cm", "l[-1].level_cm", "l[*].level_cm | [0]",
     "l[].[level_cm][] | [0]", "level_cm.value", "max(level_cm)", "level_cm[0]"],
)  # fmt: skip
def test_name_is_found_in_any_path(path: str) -> None:
    one: Any = [5] if "max" in path or ("[0]" in path and "l[" not in path) else {"value": 5} if ".value" in path else 5
    item = {"level_cm": one, "now": {"level_cm": 5}, "l": [{"level_cm": 5}]}
    assert codes(read("http_json", orjson.dumps(item), "m", {"series": "a", "value": path})) == [IN_NAME]


@pytest.mark.parametrize("zero", [0, 0.0, "0", "0,00"])
@pytest.mark.parametrize(
    ("fields", "unit", "is_read"),
    [(("level_cm", "level_m"), "m", True), (("t_°C", "t_K"), "K", False), (("t_°C", "t_°F"), "°C", False)],
)
def test_zero_in_fields_of_two_units_is_read_where_it_is_zero_in_both(
    fields: tuple[str, str], unit: str, is_read: bool, zero: object
) -> None:
    path = " || ".join(f'"{field}"' for field in fields)
    found = read("http_json", orjson.dumps(dict.fromkeys(fields, zero)), unit, {"series": "a", "value": path})
    assert (values(found), codes(found)) == (([0], []) if is_read else ([], [IN_NAME]))


def test_count_of_entries_has_no_name() -> None:
    assert values(read("http_json", b'{"level_cm": [1, 2]}', "", {"series": "a", "value": "length(level_cm)"})) == [2]


LONG = {"series": "{n}", "value": "v", "names": {"level_cm": "a", "Mực nước (cm)": "a", "temp": "b"}}


def test_name_of_an_item_says_the_unit_of_its_value() -> None:
    assert values(read("http_json", '[{"n": "Mực nước (cm)", "v": 274}]'.encode(), "m", LONG)) == [2.74]
    items = b'[{"n": "level_cm", "v": 274}]'
    (item,) = read("http_json", items, "m", LONG).rejected_items
    said = item.failure.params
    assert item.failure.code == IN_ITEM_NAME
    path = yaml.safe_load(str(said["write"])).replace("…", "m")
    assert values(read("http_json", items, "m", {**LONG, "unit_path": path})) == [2.74]


PATHS = ["l[?id=='H'].level_cm | [0]", '"Mức nước_cm"', 'l[?id==`"H"`].level_cm | [0]']


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_advice_on_a_field_can_be_pasted(path: str, lang: str) -> None:
    item = orjson.dumps({"l": [{"id": "H", "level_cm": 274}], "Mức nước_cm": 274})
    (rejected,) = read("http_json", item, "m", {"series": "a", "value": path}).rejected_items
    advice = re.search(r"values: \{.*?\} \}", describe(rejected.failure, lang))
    assert advice and values(read("http_json", item, "m", yaml.safe_load(advice[0]))) == [2.74]


NAMES = ["level_cm", "O'Brien level_cm", "a\\b level_cm", 'Trạm "1" level_cm', "x" * 90 + "_cm"]


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["n", '"Tên mục"'])
def test_advice_on_an_item_can_be_pasted(field: str, name: str, lang: str) -> None:
    items = orjson.dumps([{field.strip('"'): name, "v": 274}])
    options = {"series": f"{{{field}}}", "value": "v", "names": {name: "a"}}
    (rejected,) = read("http_json", items, "m", options).rejected_items
    advice = f"unit_path: {rejected.failure.params['write']}"
    assert advice in describe(rejected.failure, lang)
    assert values(read("http_json", items, "m", {**options, **yaml.safe_load(advice)})) == [2.74]


def test_records_of_senml_and_measurements_of_chirpstack_are_items_with_names() -> None:
    senml = b'[{"n": "level_cm", "v": 274, "bt": 1e9}]'
    assert codes(read("mqtt", senml, "m", {"topics": ["x"], "format": "senml", "names": {"level_cm": "a"}})) == [
        IN_ITEM_NAME
    ]
    with_unit = b'[{"n": "level_cm", "u": "m", "v": 2.74, "bt": 1e9}]'
    assert values(read("mqtt", with_unit, "m", {"topics": ["x"], "format": "senml", "names": {"level_cm": "a"}})) == [
        2.74
    ]
    device = {"deviceInfo": {"deviceName": "g", "devEui": "1"}, "fCnt": 1, "time": NOW.isoformat()}
    uplink = orjson.dumps({**device, "object": {"TempF_SHT": 50}})
    options = {"topics": ["x"], "format": "chirpstack", "names": {"g-TempF_SHT": "a", "1-TempF_SHT": "a"}}
    assert codes(read("mqtt", uplink, "°C", options)) == [IN_ITEM_NAME]


def test_attribute_of_ngsi() -> None:
    entity = orjson.dumps(
        [{"id": "e", "type": "T", "level_cm": {"type": "Number", "value": 274}, "t": NOW.isoformat()}]
    )
    options, attribute = {"type": "T", "time": "t"}, {"attribute": "level_cm"}
    assert codes(read("ngsi", entity, "m", {**options, "values": {"a": attribute}})) == ["plain.attribute_unit_in_name"]
    for unit, value in [("cm", 2.74), ("m", 274)]:  # the advice
        assert values(read("ngsi", entity, "m", {**options, "values": {"a": {**attribute, "unit": unit}}})) == [value]
    by_default = {**options, "values": {"a": attribute}, "units": {"": "m"}}
    assert codes(read("ngsi", entity, "m", by_default)) == ["plain.attribute_unit_in_name"]
    assert values(read("ngsi", entity, "m", {**by_default, "units": {"": "cm"}})) == [2.74]
    in_brackets = entity.replace(b"level_cm", b"level (cm)")
    bracketed = {**options, "values": {"a": {"attribute": "level (cm)"}}}
    assert values(read("ngsi", in_brackets, "m", bracketed)) == [2.74]


SHEET = {"columns": {"a": "level_cm"}, "time": "time", "zone": "UTC"}


def test_column_of_a_sheet() -> None:
    table = b"time;level_cm\n2026-11-24 09:00;274\n"
    for stated in ({}, {"unit": "m"}):
        batch = read("spreadsheet", table, "m", {**SHEET, **stated}, "a.csv")
        assert not batch.readings and codes(batch) == ["plain.column_unit_in_name"]
    for unit, value in [("cm", 2.74), ("m", 274)]:  # the advice
        assert values(read("spreadsheet", table, "m", {**SHEET, "units": {"a": unit}}, "a.csv")) == [value]
    agreed = read("spreadsheet", table, "cm", SHEET, "a.csv")
    assert values(agreed) == [274] and not agreed.assumed_unit_count


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ("Đơn vị: {}\ntime;level_cm\n2026-11-24 09:00;274\n", {}),
        ("time;level_cm\n;{}\n2026-11-24 09:00;274\n", {}),
        ("time;level_cm;unit\n2026-11-24 09:00;274;{}\n", {"unit_column": "unit"}),
        ("time;level_cm;unit\n2026-11-24 09:00;274;{}\n", {}),
        ("time;level_cm\n2026-11-24 09:00;274\n", {"units": {"": "{}"}}),
    ],
)
def test_column_of_a_sheet_that_ends_in_another_unit_than_the_sheet_says(table: str, options: dict[str, Any]) -> None:
    for unit in ("cm", "m"):
        said = {"units": {"": unit}} if "units" in options else options
        batch = read("spreadsheet", table.format(unit).encode(), "m", {**SHEET, **said}, "a.csv")
        assert (values(batch), codes(batch)) == (([2.74], []) if unit == "cm" else ([], ["plain.column_unit_in_name"]))
    stated = {**SHEET, **options, "units": {"a": "m"}}
    assert values(read("spreadsheet", table.format("m").encode(), "m", stated, "a.csv")) == [274]
