"""The units that sources write: the table `units` of a row, codes of protocols, placeholders of templates."""

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from data_sources import protocols
from data_sources._mapping import UnitOptions
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.un_cefact import UNIT_CODES
from data_sources.mqtt.message_buffer import MqttMessage
from data_sources.spreadsheet.errors import SpreadsheetCode
from data_sources.tt10.rows import Tt10Code
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnitCode, UnknownUnitError, canonical_unit, convert, is_known_unit
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.validation import validate_batch
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.failures import codes, failures
from tests.data_sources.server import NOW, row

# Protocols whose answers name units, and options that make each valid.
OPTIONS: dict[str, dict[str, Any]] = {
    "geojson": {"series": "level", "value": "properties.v", "unit_path": "properties.u"},
    "http_json": {"series": "level", "value": "v", "unit_path": "u"},
    "kiwis": {"series": "level"},
    "mqtt": {"topics": ["x"], "series": "level", "value": "v", "unit_path": "u"},
    "ngsi": {"values": {"level": "v"}, "time": ""},
    "open_meteo": {"product": "weather", "points": [{"key": "a", "lat": 10, "lon": 105}], "current": {"v": "level"}},
    "openaq": {"stations": [7], "series": "level"},
    "sensorthings": {"series": "level"},
    "spreadsheet": {"time": "t", "columns": {"level": "v"}, "unit_column": "u"},
    "sql_view": {"query": "SELECT 1", "series": "level", "value": "v", "unit_path": "u"},
    "tt10": {"series": "{parameter}"},
    "waterml": {"series": "{variable}"},
    "webhook": {"series": "level", "value": "v", "unit_path": "u", "push_token": "${TOKEN}"},
}
# Those that have the table too, but read no unit with these options, or cannot have one.
WITHOUT_ANSWERS = {"cameras"}
TIME = "2026-11-24T09:00:00Z"


def answer(protocol: str, unit: Any) -> bytes:
    """An answer of the protocol with the value 25.4 in `unit`, which only JSON can have as another type than text."""
    item: Any = {"v": 25.4, "u": unit}
    match protocol:
        case "geojson":
            item = {"type": "Feature", "properties": item, "geometry": None}
        case "kiwis":
            item = [{"columns": "Timestamp,Value", "data": [[TIME, 25.4]], "ts_unitsymbol": unit}]
        case "ngsi":
            item = {"id": "urn:a", "type": "A", "v": {"type": "Property", "value": 25.4, "unitCode": unit}}
        case "open_meteo":
            item = {"current": {"time": "2026-11-24T09:00", "v": 25.4}, "current_units": {"v": unit}}
            item["utc_offset_seconds"] = 0
        case "openaq":
            latest = {"datetime": {"utc": TIME}, "value": 25.4}
            item = {"results": [{"id": 1, "parameter": {"name": "v", "units": unit}, "latest": latest}]}
        case "sensorthings":
            observations = [{"phenomenonTime": TIME, "result": 25.4}]
            item = {"value": [{"unitOfMeasurement": {"symbol": unit}, "Observations": observations}]}
        case "spreadsheet":
            return f"t;v;u\n{TIME};25.4;{unit}".encode()
        case "tt10":
            return f"level\t25.4\t{unit}\t20261124160000\t00".encode()
        case "waterml":
            variable = {"variableCode": [{"value": "level"}], "unit": {"unitCode": unit}}
            value = {"value": [{"value": "25.4", "dateTime": TIME}]}
            item = {"value": {"timeSeries": [{"variable": variable, "values": [value]}]}}
    return orjson.dumps(item)


def read(protocol: str, unit: Any, series_unit: str = "mm", /, **options: Any) -> Batch:
    return read_body(protocol, answer(protocol, unit), series_unit, **options)


def read_body(protocol: str, body: bytes, series_unit: str = "mm", **options: Any) -> Batch:
    source = row(
        protocol=protocol, options=OPTIONS[protocol] | options, series_keys=("level",), units={"level": series_unit}
    )
    address = "CT_20261124160000.txt" if protocol == "tt10" else "x"
    message = MqttMessage(body, address=address, received_at=NOW)
    page = message if protocol == "mqtt" else ResponsePage(body, address=address, received_at=NOW)
    return validate_batch(protocols()[protocol].parse(source, Payload((page,)), NOW), source.polled_series(), NOW)


def test_every_protocol_that_reads_units_has_the_table() -> None:
    having = {name for name, module in protocols().items() if issubclass(module.Options, UnitOptions)}
    assert having - WITHOUT_ANSWERS == set(OPTIONS)


@pytest.mark.parametrize("protocol", OPTIONS)
def test_row_says_what_a_spelling_of_the_source_means(protocol: str) -> None:
    batch = read(protocol, "Zoll", units={"Zoll": "in"})
    assert [reading.value for reading in batch.readings] == [pytest.approx(645.16)] and not batch.rejected_items


@pytest.mark.parametrize("protocol", OPTIONS)
def test_meaning_in_the_row_comes_before_that_of_the_table(protocol: str) -> None:
    batch = read(protocol, "cm", units={"cm": "in"})
    assert [reading.value for reading in batch.readings] == [pytest.approx(645.16)]


@pytest.mark.parametrize("protocol", OPTIONS)
def test_unknown_unit_is_rejected_with_its_own_text(protocol: str) -> None:
    (item,) = read(protocol, "Zoll").rejected_items
    assert item.failure == Failure(UnitCode.UNKNOWN, {"unit": "Zoll"}) and item.sample.endswith("25.4 Zoll")


@pytest.mark.parametrize("protocol", OPTIONS)
def test_unit_that_is_not_in_the_table_is_an_error_of_the_row(protocol: str) -> None:
    with pytest.raises(ValidationError) as caught:
        protocols()[protocol].Options.model_validate(OPTIONS[protocol] | {"units": {"Zoll": "zoll"}})
    (error,) = caught.value.errors()
    assert error["loc"] == ("units", "Zoll") and error["ctx"]["error"].failure.code == UnitCode.UNKNOWN


# Where the answer must name the unit -> the reason when it does not. In the others a unit is optional by the standard.
UNIT_MISSING: dict[str, Failure] = {
    **dict.fromkeys(("http_json", "mqtt", "sql_view", "webhook"), Failure(MappingCode.UNIT_MISSING, {"path": "u"})),
    "geojson": Failure(MappingCode.UNIT_MISSING, {"path": "properties.u"}),
    "open_meteo": Failure(MappingCode.UNIT_MISSING, {"path": "current_units.v"}),
    "openaq": Failure(MappingCode.UNIT_MISSING, {"path": "parameter.units"}),
    "spreadsheet": Failure(SpreadsheetCode.UNIT_MISSING, {"heading": "u"}),
    "tt10": Failure(Tt10Code.UNIT_MISSING),
}
UNIT_OPTIONAL = [protocol for protocol in OPTIONS if protocol not in UNIT_MISSING]
IN_TEXT_FILES = {"spreadsheet", "tt10"}
IN_JSON = [protocol for protocol in OPTIONS if protocol not in IN_TEXT_FILES]


@pytest.mark.parametrize("unit", ["", " ", None])
@pytest.mark.parametrize("protocol", UNIT_MISSING)
def test_missing_unit_is_rejected_and_never_that_of_the_series(protocol: str, unit: Any) -> None:
    if protocol == "open_meteo" and unit == "":
        unit = None  # it writes "" for an index, which has none
    batch = read(protocol, unit or "" if protocol in IN_TEXT_FILES else unit)
    assert not batch.readings and failures(batch) == [UNIT_MISSING[protocol]]


@pytest.mark.parametrize("protocol", UNIT_MISSING)
def test_row_says_what_a_missing_unit_means(protocol: str) -> None:
    batch = read(protocol, "", units={"": "in"})
    assert [reading.value for reading in batch.readings] == [pytest.approx(645.16)] and not batch.rejected_items
    batch = read(protocol, "", units={"": ""})  # that of the series states none; "" of open_meteo is an index
    assert [one.value for one in batch.readings] == [25.4] and batch.assumed_unit_count == (protocol != "open_meteo")


def unit_of_row(protocol: str, unit: str) -> dict[str, Any]:
    """The options that state the unit of values without one."""
    return {"values": {"level": {"attribute": "v", "unit": unit}}} if protocol == "ngsi" else {"unit": unit}


STATED = [name for name, module in protocols().items() if name in OPTIONS and "unit" in module.Options.model_fields] + [
    "ngsi"
]


@pytest.mark.parametrize("protocol", STATED)
def test_unit_of_the_row_is_that_of_values_without_one(protocol: str) -> None:
    stated = unit_of_row(protocol, "in")
    assert [reading.value for reading in read(protocol, "", **stated).readings] == [pytest.approx(645.16)]
    centimetre = "CMT" if protocol == "ngsi" else "cm"
    assert [reading.value for reading in read(protocol, centimetre, **stated).readings] == [254]
    assert codes(read(protocol, "Zoll", **stated)) == [UnitCode.UNKNOWN]


@pytest.mark.parametrize("protocol", [name for name in STATED if name != "spreadsheet"])
def test_unit_of_the_row_comes_before_what_an_empty_one_means_in_the_source(protocol: str) -> None:
    batch = read(protocol, "", units={"": "m"}, **unit_of_row(protocol, "in"))
    assert [reading.value for reading in batch.readings] == [pytest.approx(645.16)]


@pytest.mark.parametrize("stated", [{"unit": "in"}, {"values": {"level": {"path": "value", "unit": "in"}}}])
def test_unit_of_the_row_is_not_that_of_a_senml_record_with_one(stated: dict[str, Any]) -> None:
    seconds = int(NOW.timestamp())

    def value(**record: Any) -> list[float | None]:
        body = orjson.dumps([{"n": "level", "v": 25.4, "t": seconds, **record}])
        options = {"topics": ["x"], "format": "senml", **stated}
        source = row(protocol="mqtt", options=options, series_keys=("level",), units={"level": "mm"})
        page = MqttMessage(body, address="x", received_at=NOW)
        batch = protocols()["mqtt"].parse(source, Payload((page,)), NOW)
        return [one.value for one in validate_batch(batch, source.polled_series(), NOW).readings]

    assert value() == [pytest.approx(645.16)] and value(u="cm") == [254]


@pytest.mark.parametrize("protocol", UNIT_OPTIONAL)
def test_unit_that_is_optional_by_the_standard_may_be_that_of_the_series(protocol: str) -> None:
    assert [reading.value for reading in read(protocol, "").readings] == [25.4]


@pytest.mark.parametrize("unit", [5, ["cm", "in"], [], {"a": 1}, True])
@pytest.mark.parametrize("protocol", IN_JSON)
def test_unit_that_is_no_text_is_rejected(protocol: str, unit: Any) -> None:
    batch = read(protocol, unit)
    assert not batch.readings and codes(batch) == [MappingCode.UNIT_NOT_TEXT]


@pytest.mark.parametrize("protocol", IN_JSON)
def test_list_of_one_unit_is_that_unit(protocol: str) -> None:
    assert [reading.value for reading in read(protocol, ["cm"] if protocol != "ngsi" else ["CMT"]).readings] == [254]


def test_missing_value_needs_no_unit() -> None:
    (reading,) = read_body("http_json", b'{"v": null, "u": null}').readings
    assert reading.value is None


@pytest.mark.parametrize("block", [None, {}, [], "°C", {"other": "mm"}])
def test_answer_of_open_meteo_without_units_is_rejected(block: Any) -> None:
    body = {"current": {"time": "2026-11-24T09:00", "v": 25.4}, "current_units": block, "utc_offset_seconds": 0}
    assert failures(read_body("open_meteo", orjson.dumps(body))) == [UNIT_MISSING["open_meteo"]]


def ngsi(version: str = "ld", series_unit: str = "mm", **members: Any) -> Batch:
    """The value 25.4 with these members of its attribute, in LD or as metadata in v2."""
    members = members if version == "ld" else {"metadata": {name: {"value": unit} for name, unit in members.items()}}
    return read_body("ngsi", orjson.dumps({"id": "urn:a", "type": "A", "v": {"value": 25.4, **members}}), series_unit)


@pytest.mark.parametrize("version", ["ld", "v2"])
def test_unit_text_of_ngsi_is_read_as_a_unit(version: str) -> None:
    assert [reading.value for reading in ngsi(version, unitText="cm").readings] == [254]
    assert [reading.value for reading in ngsi(version, unit="cm").readings] == [254]
    assert [reading.value for reading in ngsi(version, "GB", unitText="GB").readings] == [25.4]  # no code: gal/d
    assert failures(ngsi(version, unitText="Zoll")) == [Failure(UnitCode.UNKNOWN, {"unit": "Zoll"})]
    assert codes(ngsi(version, unitText=["cm", "mm"])) == [MappingCode.UNIT_NOT_TEXT]


@pytest.mark.parametrize("version", ["ld", "v2"])
def test_code_and_text_of_a_unit_of_ngsi_must_agree(version: str) -> None:
    assert [reading.value for reading in ngsi(version, unitCode="CMT", unitText="centimetre").readings] == [254]
    assert [reading.value for reading in ngsi(version, unitCode="XYZ", unitText="cm").readings] == [254]
    assert [reading.value for reading in ngsi(version, unitCode="CMT", unitText="Zoll").readings] == [254]
    differ = Failure(MappingCode.UNITS_DIFFER, {"first": "mm", "second": "cm"})
    assert failures(ngsi(version, unitCode="MMT", unitText="cm")) == [differ]


def test_symbol_and_name_of_sensorthings_must_not_be_different_units() -> None:
    stream = {
        "unitOfMeasurement": {"symbol": "m", "name": "centimetre"},
        "Observations": [{"phenomenonTime": TIME, "result": 25.4}],
    }
    batch = read_body("sensorthings", orjson.dumps({"value": [stream]}))
    assert failures(batch) == [Failure(MappingCode.UNITS_DIFFER, {"first": "m", "second": "centimetre"})]
    as_row_says = read_body("sensorthings", orjson.dumps({"value": [stream]}), units={"centimetre": "cm"})
    assert [reading.value for reading in as_row_says.readings] == [254]


def test_unit_of_sensorthings_may_be_written_as_a_text() -> None:
    stream = {"unitOfMeasurement": "cm", "Observations": [{"phenomenonTime": TIME, "result": 25.4}]}
    assert [reading.value for reading in read_body("sensorthings", orjson.dumps({"value": [stream]})).readings] == [254]


def test_row_may_say_that_a_text_is_the_unit_of_the_series() -> None:
    assert [reading.value for reading in read("http_json", "n/a", units={"n/a": ""}).readings] == [25.4]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ({"name": "degree Celsius", "symbol": "°C", "definition": "x"}, "°C"),
        ({"name": "Celsius", "symbol": "C"}, "C"),
        ({"name": "Degree Celsius", "symbol": "Grad"}, "Degree Celsius"),
        ({"name": None, "symbol": "", "definition": "unit:DEG_C"}, "unit:DEG_C"),
        # As served by others: the definition is that of another unit.
        ({"symbol": "ug/m^3", "definition": "http://qudt.org/vocab/unit/KiloGM-PER-M3"}, "ug/m^3"),
        ({"name": None, "symbol": None, "definition": None}, ""), ({}, ""), (None, ""), ("m", "m"),
    ],
)  # fmt: skip
def test_symbol_of_sensorthings_comes_before_name_and_definition(unit: Any, expected: str) -> None:
    stream = {"unitOfMeasurement": unit, "Observations": [{"phenomenonTime": TIME, "result": 1}]}
    page = ResponsePage(orjson.dumps({"value": [stream]}))
    (reading,) = protocols()["sensorthings"].parse(row(options={"series": "level"}), Payload((page,)), NOW).readings
    assert reading.unit == expected


def test_row_may_name_any_text_of_a_unit() -> None:
    observations = [{"phenomenonTime": TIME, "result": 1}]
    stream = {"unitOfMeasurement": {"symbol": "m", "name": "over zero"}, "Observations": observations}
    page = ResponsePage(orjson.dumps({"value": [stream]}))
    source = row(options={"series": "level", "units": {"over zero": "cm"}})
    (reading,) = protocols()["sensorthings"].parse(source, Payload((page,)), NOW).readings
    assert reading.unit == "cm"


def test_unit_of_waterml_is_not_the_number_of_a_row_in_the_servers_table() -> None:
    body = (
        "<timeSeriesResponse><timeSeries><sourceInfo><siteCode>A</siteCode></sourceInfo><variable>"
        "<variableCode>level</variableCode><unit><unitName>meter</unitName><unitAbbreviation>m</unitAbbreviation>"
        "<unitCode>1</unitCode></unit></variable>"
        f'<values><value dateTime="{TIME}">1</value></values></timeSeries></timeSeriesResponse>'
    )
    source = row(options={"series": "{variable}"})
    (reading,) = protocols()["waterml"].parse(source, Payload((ResponsePage(body.encode()),)), NOW).readings
    assert reading.unit == "m"


@pytest.mark.parametrize(("code", "unit"), UNIT_CODES.items())
def test_unit_code_of_un_cefact_is_a_unit_or_marked_as_unknown(code: str, unit: str) -> None:
    assert canonical_unit(unit) == unit.replace("1", "") if is_known_unit(unit) else unit == f"UN/CEFACT {code}"


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("MQH", "m³/h"), ("MQS", "m³/s"), ("G52", "m³/d"), ("H61", "mS/cm"), ("G42", "µS/cm"), ("D54", "W/m²"),
        ("2N", "dB"),
        ("GQ", "µg/m³"), ("GP", "mg/m³"), ("59", "ppm"), ("61", "ppb"), ("HN", "mmHg"), ("KWH", "kWh"), ("GB", "gal/d"),
        ("M1", "mg/l"), ("HTZ", "Hz"), ("VLT", "V"), ("4K", "mA"), ("DD", "°"), ("LUX", "lux"),
    ],
)  # fmt: skip
def test_unit_code_of_un_cefact_has_its_meaning(code: str, unit: str) -> None:
    batch = read("ngsi", code, unit)
    assert [reading.value for reading in batch.readings] == [25.4]


def test_unit_code_with_the_letters_of_another_unit_is_unknown() -> None:
    (item,) = read("ngsi", "HPA", "hPa").rejected_items
    assert item.failure == Failure(UnitCode.UNKNOWN, {"unit": "UN/CEFACT HPA"})
    assert [reading.value for reading in read("ngsi", "HPA", "hPa", units={"HPA": "hPa"}).readings] == [25.4]


SI_SYMBOLS = [
    "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz", "rad", "N", "Pa", "J", "W", "V", "S", "lm", "Bq", "Sv", "l",
    "m/s", "m/s2", "m2", "m3", "m3/s", "l/s", "W/m2", "cd/m2", "bit", "bit/s", "pH", "dB", "dBW", "Bspl", "S/m", "1/s",
    "B", "VA", "VAs", "var", "vars", "J/m", "kg/m3",
]  # fmt: skip
# Symbol -> unit and factor of RFC 8428 (12.1) and RFC 8798 (2 and 3); the offset of dBm is tested below.
SENML: dict[str, tuple[str, float]] = {
    **{symbol: (symbol, 1) for symbol in SI_SYMBOLS},
    "C": ("A·s", 1), "Ohm": ("Ω", 1), "Cel": ("°C", 1), "lx": ("lux", 1), "lat": ("°", 1), "lon": ("°", 1),
    "deg": ("°", 1),
    "count": ("", 1), "beats": ("", 1), "EL": ("s", 1), "/": ("ratio", 1), "%": ("ratio", 0.01), "%RH": ("%", 1),
    "%EL": ("%", 1), "1/min": ("1/s", 1 / 60), "beat/min": ("1/min", 1),
    "ms": ("s", 1e-3), "min": ("s", 60), "h": ("s", 3600), "MHz": ("Hz", 1e6), "kW": ("W", 1e3), "kVA": ("VA", 1e3),
    "kvar": ("var", 1e3), "Ah": ("A·s", 3600), "Wh": ("J", 3600), "kWh": ("J", 3.6e6), "varh": ("vars", 3600),
    "kvarh": ("vars", 3.6e6), "kVAh": ("VAs", 3.6e6), "Wh/km": ("J/m", 3.6), "KiB": ("B", 1024), "GB": ("B", 1e9),
    "Mbit/s": ("bit/s", 1e6), "B/s": ("bit/s", 8), "MB/s": ("bit/s", 8e6), "mV": ("V", 1e-3), "mA": ("A", 1e-3),
    "ug/m3": ("kg/m³", 1e-9), "mm/h": ("m/s", 1 / 3.6e6), "m/h": ("m/s", 1 / 3600), "ppm": ("ratio", 1e-6),
    "/100": ("ratio", 0.01), "/1000": ("ratio", 0.001), "hPa": ("Pa", 100), "mm": ("m", 1e-3), "cm": ("m", 0.01),
    "km": ("m", 1e3), "km/h": ("m/s", 1 / 3.6),
}  # fmt: skip


def senml(*records: dict[str, Any], **options: Any) -> Batch:
    source = row(protocol="mqtt", options={"topics": ["x"], "format": "senml", **options})
    message = MqttMessage(orjson.dumps(list(records)), address="x", received_at=NOW)
    batch: Batch = protocols()["mqtt"].parse(source, Payload((message,)), NOW)
    return batch


@pytest.mark.parametrize(("symbol", "expected"), SENML.items())
def test_unit_of_senml_is_converted_as_its_registry_says(symbol: str, expected: tuple[str, float]) -> None:
    unit, factor = expected
    (reading,) = senml({"n": "level", "u": symbol, "v": 2}).readings
    assert reading.value is not None and convert(reading.value, reading.unit, unit) == pytest.approx(2 * factor)


def test_unit_of_senml_is_optional_but_a_text() -> None:
    assert [reading.unit for reading in senml({"n": "level", "v": 2}).readings] == [""]
    assert failures(senml({"n": "level", "u": 5, "v": 2})) == [
        Failure(MappingCode.UNIT_NOT_TEXT, {"path": "unit", "kind": Failure(TypeCode.NUMBER)})
    ]


def test_dbm_of_senml_has_an_offset() -> None:
    assert convert(-70, "dBm", "dBW") == -100


UNKNOWN_SENML = ["F", "H", "T", "Wb", "Gy", "kat", "sr"]


@pytest.mark.parametrize("symbol", UNKNOWN_SENML)
def test_unit_of_senml_that_no_city_measures_is_unknown(symbol: str) -> None:
    (reading,) = senml({"n": "level", "u": symbol, "v": 2}).readings
    assert reading.unit == symbol and not is_known_unit(symbol)
    with pytest.raises(UnknownUnitError):
        convert(2, reading.unit, "°C")


def test_template_tells_the_units_of_senml_apart() -> None:
    """One name with several units, as in the examples of RFC 8428."""
    records = [{"n": "a", "u": unit, "v": 20} for unit in ("%RH", "%EL", "EL", "%", "/", "lat", "lon", "S", "s", "m/s")]
    batch = senml(*records, series="{name}-{unit}")
    assert [(reading.series, canonical_unit(reading.unit)) for reading in batch.readings] == [
        ("a-rh", "%"), ("a-el", "%"), ("a-el-seconds", "s"), ("a-percent", "%"), ("a-ratio", "ratio"), ("a-lat", "°"),
        ("a-lon", "°"), ("a-siemens", "S"), ("a-s", "s"), ("a-m-s", "m/s"),
    ]  # fmt: skip


def test_no_two_units_of_senml_give_the_same_series() -> None:
    symbols = [*SENML, *UNKNOWN_SENML]
    batch = senml(*({"n": "a", "u": symbol, "v": 1} for symbol in symbols), series="{unit}")
    assert len({reading.series for reading in batch.readings}) == len(symbols)
