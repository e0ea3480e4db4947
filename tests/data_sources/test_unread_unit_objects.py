"""A unit that an answer names in an object, as a code or in a short field, which the row does not read."""

from typing import Any

import orjson
import pytest

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row, shared
from tests.data_sources.test_unread_unit import every_protocol, read, unread

SPELLINGS: list[tuple[dict[str, Any], str]] = [
    ({"unit": {"symbol": "cm"}}, "unit.symbol"),
    ({"unit": {"name": "cm"}}, "unit.name"),
    ({"unit": {"code": "CMT"}}, "unit.code"),
    ({"unit": {"name": "độ cao", "symbol": "cm"}}, "unit.symbol"),
    ({"unitOfMeasurement": {"name": "centimetre", "symbol": "cm"}}, "unitOfMeasurement.symbol"),
    ({"unitOfMeasurement": {"@code": "CMT"}}, 'unitOfMeasurement."@code"'),
    ({"uom": {"#text": "cm"}}, 'uom."#text"'),
    ({"Đơn vị": {"tên": "cm"}}, '"Đơn vị"."tên"'),
    ({"v_unit": {"symbol": "cm"}}, "v_unit.symbol"),
    ({"unitCode": "CMT"}, "unitCode"), ({"unit_code": "cm"}, "unit_code"), ({"uomCode": "CMT"}, "uomCode"),
    ({"v_unitCode": "CMT"}, "v_unitCode"),
    ({"metadata": {"unitCode": {"type": "Text", "value": "CMT"}}}, "metadata.unitCode.value"),
    ({"variable": {"unit": {"unitCode": "cm"}}}, "variable.unit.unitCode"),
    ({"unitLabel": "cm"}, "unitLabel"), ({"symbol": "cm"}, "symbol"), ({"u": "cm"}, "u"),
    ({"ky_hieu": "cm"}, "ky_hieu"), ({"unit": ["cm"]}, "unit"), ({"v_unit": ["cm"]}, "v_unit"),
    ({"units": {"v": ["cm"]}}, "units.v"), ({"Einheit": "cm"}, "Einheit"), ({"unité": "cm"}, '"unité"'),
    ({"AquoMetadata": {"Eenheid": {"Code": "cm"}}}, "AquoMetadata.Eenheid.Code"), ({"单位": "cm"}, '"单位"'),
    ({"uom": {"symbol": ["cm"]}}, "uom.symbol"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "path"), SPELLINGS)
def test_unit_is_found_and_its_path_reads_the_value(field: dict[str, Any], path: str) -> None:
    item = {"v": 65, **field}
    assert failures(read("http_json", item, "m")) == [unread(path, "cm", "m")]
    assert [reading.value for reading in read("http_json", item, "m", unit_path=path).readings] == [0.65]
    assert codes(read("http_json", item, "m", unit="mm")) == [MappingCode.UNIT_OF_ROW_CONTRADICTED]
    assert not read("http_json", item, "cm").assumed_unit_count


@every_protocol
def test_every_mapping_finds_it(protocol: str) -> None:
    path = "properties.unit.symbol" if protocol == "geojson" else "unit.symbol"
    assert failures(read(protocol, {"v": 65, "unit": {"symbol": "cm"}}, "m")) == [unread(path, "cm", "m")]


@pytest.mark.parametrize(
    "item",
    [
        {"symbol": "FPT"}, {"symbol": "A"}, {"symbol": "V"}, {"u": "an.nguyen"}, {"u": "s"}, {"u": 3.2}, {"name": "cm"},
        {"unit": {"name": "UBND phường", "code": "A97"}}, {"unit": {"id": "cm"}}, {"user": {"u": "cm"}},
        {"code": "CMT"}, {"unit": {}}, {"unit": {"symbol": None}}, {"unitCode": "31135"},
        {"symbol": "cm", "unit": "m"},
    ],
)  # fmt: skip
def test_text_that_is_no_other_unit_of_the_value(item: dict[str, Any]) -> None:
    batch = read("http_json", {"v": 65, **item}, "m")
    assert [reading.value for reading in batch.readings] == [65]
    assert batch.assumed_unit_count == ("unit" not in item or isinstance(item["unit"], dict))
    assert len(read("http_json", {"v": 65, **item}, "m", unit="m").readings) == 1


UNITS = {"units_temp": "°F", "units_wind": "mph", "units_precip": "in", "pressure_unit": "inhg", "h": "mm"}


@pytest.mark.parametrize(
    ("value", "series_unit", "entry"),
    [
        ("now.air_temperature", "°C", "units_temp"), ("now.temp_max", "°C", "units_temp"),
        ("now.wind_avg", "m/s", "units_wind"), ("now.windSpeed", "m/s", "units_wind"),
        ("now.station_pressure", "hPa", "pressure_unit"), ("now.precip_accum", "mm", "units_precip"),
    ],
)  # fmt: skip
def test_entry_of_units_with_the_words_of_the_value_is_its_unit(value: str, series_unit: str, entry: str) -> None:
    name = value.removeprefix("now.")
    body = {"now": {name: 65}, "units": UNITS}
    found = unread(f"units.{entry}", UNITS[entry], series_unit)
    assert failures(read("http_json", body, series_unit, value=value)) == [found]
    around = codes(read("http_json", body, series_unit, items="now", value=name))
    assert around == [ValidationCode.UNIT_UNREAD_AROUND]


@pytest.mark.parametrize(
    ("name", "series_unit", "units"),
    [
        ("wind_direction", "°", UNITS), ("precip_probability", "%", UNITS), ("dew_point", "°C", UNITS),
        ("humidity", "%", UNITS), ("temperature_80m", "°C", {"temperature_2m": "°F"}),
        ("wind_direction", "°", {"wind": "octas"}), ("temperature", "°C", {"temperature_soil": "°F"}),
        ("tank_vol", "m³", {"voltage": "V", "level": "m"}), ("dis", "m³/s", {"distance": "km"}),
        ("rain_pre", "mm", {"pressure": "hPa"}), ("rain_hour", "h", {"rain": "mm"}), ("sun_day", "d", {"sun": "lux"}),
        ("air_temperature", "°C", {"temp": "f"}), ("dis_rain", "m³/s", {"distance_rain": "km"}),
    ],
)  # fmt: skip
def test_entry_of_units_of_another_value_rejects_nothing(name: str, series_unit: str, units: dict[str, str]) -> None:
    batch = read("http_json", {name: 65, "units": units}, series_unit, value=name)
    assert [reading.value for reading in batch.readings] == [65] and batch.assumed_unit_count == 1


def test_unknown_entry_of_units_with_the_word_of_the_value_rejects_it() -> None:
    batch = read("http_json", {"air_temp": 65, "units": {"temp": "f"}}, "°C", value="air_temp")
    assert codes(batch) == [ValidationCode.UNIT_UNREAD_UNKNOWN]


def test_the_surest_entry_of_units_counts() -> None:
    units = {"temp": "°F", "soil_temperature": "K"}
    batch = read("http_json", {"soil_temperature_max": 65, "units": units}, "°C", value="soil_temperature_max")
    assert failures(batch) == [unread("units.soil_temperature", "K", "°C")]


@pytest.mark.parametrize(
    "path",
    [
        "c[-1].v",
        "c[?n=='H'] | [0].v",
        "c[?n=='H'].v | [0]",
        "c[].v | [-1]",
        "max_by(c, &v).v",
        'c[-1]."v"',
        "(c[?n=='H'])[0].v",
    ],
)
@pytest.mark.parametrize("field", ["unit", "v_unit", "dvt", "sensor_unit"])
def test_unit_is_found_in_the_object_from_which_an_expression_takes_the_value(path: str, field: str) -> None:
    body = {"c": [{"n": "Q", "v": 3, field: "mm"}, {"n": "H", "v": 65, field: "cm"}]}
    (failure,) = failures(read("http_json", body, "m", value=path))
    assert (failure.code, failure.params["unit"]) == (ValidationCode.UNIT_UNREAD, "cm")
    advised = str(failure.params["path"])
    assert [one.value for one in read("http_json", body, "m", value=path, unit_path=advised).readings] == [0.65]
    assert not read("http_json", body, "cm", value=path).assumed_unit_count


# Expressions and the entries of "c" from which their values come.
SELECTED = [
    ("x || c[-1].v", "c"), ("c[0].v || c[1].v", "a"), ("c[1].v || c[0].v", "b"), ("to_number(c[1].v || c[0].v)", "b"),
    ("{x: c[1].v}.x", "b"), ("c[?n=='b'].{x: v}[0].x", "b"), ("c[].{x: v} | [1].x", "b"), ("abs(c[1].v)", "b"),
    ("not_null(x, c[1].v)", "b"), ("merge(c[0], {x: c[1].v}).x", "b"), ("c[?n=='b'].v | max(@)", "b"),
    ("sort(c[].v)[-1]", "abc"), ("max(c[?n!='a'].v)", "bc"), ("sum(c[?n!='a'].v)", "bc"), ("avg(c[1:].v)", "bc"),
    ("min(map(&v, c[1:]))", "bc"), ("to_number(max(c[1:].v) || x)", "bc"), ("sum([c[1].v, c[2].v])", "bc"),
    ("sum(c[?n=='b'].v) || c[0].v", "b"), ("max(c[].v)", "abc"), ("sum(c[*].v)", "abc"), ("avg(c[].v)", "abc"),
    ("sum([c[0].v, c[1].v])", "ab"), ("[c[0].v, c[1].v] | [0]", "a"), ("not_null(c[0].v, c[1].v)", "a"),
    ("sum(s.*.v)", "bc"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "names"), SELECTED)
def test_units_beside_the_values_that_an_expression_takes_or_computes_count(path: str, names: str) -> None:
    """Equal numbers of different units are told apart; a value that is computed from both is rejected."""
    units = {"a": "m", "b": "cm", "c": "cm"}
    c = [{"n": "a", "v": 5, "unit": "m"}, {"n": "b", "v": 5, "unit": "cm"}, {"n": "c", "v": 6, "unit": "cm"}]
    body = {"c": c, "s": {"x": c[1], "y": c[2]}}
    said = {units[name] for name in names}
    for series_unit in ("m", "cm"):
        batch = read("http_json", body, series_unit, value=path)
        assert bool(batch.readings) is (said == {series_unit}) and not batch.assumed_unit_count
    reasons = failures(read("http_json", body, "mm", value=path))
    if len(said) > 1:
        assert reasons == [Failure(MappingCode.UNITS_DIFFER, {"first": "m", "second": "cm"})]
        assert len(read("http_json", body, "mm", value=path, unit="m").readings) == 1
    else:
        (reason,) = reasons
        advised = str(reason.params["path"])
        assert (reason.code, {reason.params["unit"]}) == (ValidationCode.UNIT_UNREAD, said)
        assert len(read("http_json", body, "mm", value=path, unit_path=advised).readings) == 1


@pytest.mark.parametrize("path", ["max(c[].v)", "c[].{x: v} | [0].x", "sum(c[].v) || x"])
def test_entries_without_a_unit_say_nothing(path: str) -> None:
    assert read("http_json", {"c": [{"v": 5}, {"v": 6}]}, "m", value=path).assumed_unit_count == 1
    mixed = {"c": [{"v": 5, "unit": "cm"}, {"v": 6}]}
    assert codes(read("http_json", mixed, "m", value=path)) == [ValidationCode.UNIT_UNREAD]


def test_short_field_of_senml_names_the_unit_of_any_quantity() -> None:
    batch = read("http_json", {"n": "x", "u": "A", "v": 1.2}, "V")
    assert failures(batch) == [unread("u", "A", "V")]


def test_code_of_a_count_is_that_of_any_count() -> None:
    assert len(read("http_json", {"v": 65, "unitCode": "H87"}, "phương tiện").readings) == 1


def test_units_option_comes_before_the_codes() -> None:
    item = {"v": 65, "unitCode": "CMT"}
    assert failures(read("http_json", item, "m", units={"CMT": "mm"})) == [unread("unitCode", "CMT", "m")]
    (reading,) = read("http_json", item, "m", unit_path="unitCode", units={"CMT": "mm"}).readings
    assert reading.value == 0.065


def test_code_counts_only_in_a_field_of_codes() -> None:
    batch = read("http_json", {"v": 65, "x": "CMT"}, "m", unit_path="x")
    assert failures(batch) == [Failure(UnitCode.UNKNOWN, {"unit": "CMT"})]


def real(path: str, options: dict[str, Any], **units: str) -> Batch:
    page = ResponsePage(shared(path).read_bytes(), address="x", received_at=NOW)
    source = row(options=options, series_keys=tuple(units), units=units)
    parsed = protocols()["http_json"].parse(source, Payload((page,)), NOW)
    return validate_batch(parsed, source.polled_series(), NOW)


AIR = "ngsi/AirQualityObserved_example-normalized.jsonld"
REAL = [
    (
        "hydro/usgs_waterservices_iv.txt",
        {
            "items": "value.timeSeries[0:1]", "each": "values[0].value", "series": "q", "value": "value",
            "time": "dateTime",
        },
        "m³/s", "parent.variable.unit.unitCode",
    ),
    (
        "sensorthings/frost_entitiesDefault.json",
        {"items": "Datastreams[1:2]", "each": "Observations", "series": "q", "value": "result"},
        "°F", "parent.unitOfMeasurement.symbol",
    ),
    (AIR, {"series": "q", "value": "co.value"}, "µg/m³", "co.unitCode"),
    (AIR, {"series": "q", "value": "no2.value"}, "mg/m³", "no2.unitCode"),
    ("mqtt/senml_ex3.gen.resolved.json", {"items": "@", "series": "q", "value": "v"}, "mA", "u"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "options", "unit", "field"), REAL)
def test_real_answer_whose_unit_the_row_overlooks(path: str, options: dict[str, Any], unit: str, field: str) -> None:
    batch = real(path, options, q=unit)
    assert not batch.readings and not batch.assumed_unit_count
    found = {item.failure.params["path"] for item in batch.rejected_items if item.failure.code in UNREAD}
    assert found == {field}


UNREAD = (ValidationCode.UNIT_UNREAD, ValidationCode.UNIT_UNREAD_AROUND)


@pytest.mark.parametrize(
    "path",
    ["l[*].v | [0]", "l[].{x: v} | [0].x", "l[].[v][] | [0]", "s.[v] | [0]", "s.{x: v}.x", "to_number(s.v)",
     "l[?v == `1`].{x: v} | [0].x"],
)  # fmt: skip
def test_unit_beside_the_value_that_an_expression_selects_comes_first(path: str) -> None:
    answer = {"l": [{"v": 0, "unit": "km"}, {"v": 1, "unit": "m"}][::-1], "s": {"v": 1, "unit": "m"}, "unit": "cm"}
    assert [reading.value for reading in selected(answer, path, "m").readings] == [1]
    (item,) = selected(answer, path, "mm").rejected_items
    assert item.failure.params["unit"] == "m"


@pytest.mark.parametrize("unit", ["", "tin"])
@pytest.mark.parametrize("path", ["length(l)", "l | length(@)", "length(l[?v > `0`])"])
def test_count_has_no_unit_of_a_neighbour(path: str, unit: str) -> None:
    batch = selected({"l": [{"v": 1}], "unit": "cm"}, path, unit)
    assert [reading.value for reading in batch.readings] == [1] and not batch.assumed_unit_count


def test_reason_of_a_count_names_its_unit() -> None:
    (item,) = selected({"n": 5, "unit": "cm"}, "n", "").rejected_items
    assert item.failure.params["other"] == "1"


def selected(answer: dict[str, Any], path: str, unit: str) -> Batch:
    source = row(options={"series": "level", "value": path}, units={"level": unit})
    page = ResponsePage(orjson.dumps(answer))
    return validate_batch(protocols()["http_json"].parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
