"""Every protocol fulfils the interface of ioc/domain/ingest/protocol.py; a new one needs an entry in CASES."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from data_sources import protocols
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, fixture, row

HOSTILE = [
    b"",
    b"\0" * 100,
    b"<html>",
    b"[" * 10_000,
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xfe\x00",
    b"null",
    b"{}",
]


@dataclass(frozen=True)
class Case:
    """A fixture, the options of its row, its series with units, and the counts of valid and rejected readings."""

    protocol: str
    fixture: str
    options: dict[str, Any]
    units: dict[str, str]
    readings: int
    rejected: int
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        keys = tuple(self.units)
        source = row(options=self.options, protocol=self.protocol, series_keys=keys, units=self.units)
        object.__setattr__(self, "source", source)


POINTS = [{"key": "ninh-kieu", "lat": 10.03, "lon": 105.78}, {"key": "tran-de", "lat": 9.5, "lon": 106.0}]
CASES = [
    Case("cap", "cap_index.atom", {}, {}, 0, 2),
    Case("rss", "press.rss", {"topics": {"flood": ["ngập"]}, "zone": "Asia/Ho_Chi_Minh"}, {}, 0, 2),
    Case(
        "http_json", "http_json.json",
        {"items": "data", "series": "{id}", "time": "time", "value": "value", "unit_path": "unit",
         "zone": "Asia/Ho_Chi_Minh"},
        {"muc-nuoc-can-tho": "cm", "bui-1": "µg/m³"}, 3, 5,
    ),
    Case("gtfs_rt", "gtfs_rt.pb", {}, {}, 0, 0),
    Case(
        "ngsi", "ngsi.json", {"values": {"no2-{tail}": "NO2", "rain-{tail}": {"attribute": "rain", "unit": "mm"}}},
        {"no2-ct01": "µg/m³", "no2-ct02": "µg/m³", "rain-ct01": "mm"}, 3, 3,
    ),
    Case("openaq", "openaq.json", {"stations": [7]}, {"pm25-openaq-json-1": "µg/m³"}, 1, 3),
    Case(
        "webhook", "http_json.json",
        {"items": "data", "series": "{id}", "time": "time", "value": "value", "unit_path": "unit",
         "push_token": "${GAUGE_TOKEN}", "zone": "Asia/Ho_Chi_Minh"},
        {"muc-nuoc-can-tho": "cm", "bui-1": "µg/m³"}, 3, 5,
    ),
    Case(
        "kiwis", "kiwis.json",
        {"suspect": [120], "names": {"54512010": "level"}, "units": {"": "m"}, "zone": "Asia/Ho_Chi_Minh"},
        {"level": "m", "7": "m"}, 5, 3,
    ),
    Case(
        "open_meteo", "open_meteo_weather.json",
        {"product": "weather", "points": POINTS, "variables": {"temperature_2m": "temperature-{point}"},
         "hourly": {"precipitation": "rain-{point}"}},
        {"temperature-ninh-kieu": "°C", "rain-ninh-kieu": "mm", "rain-tran-de": "mm"}, 5, 2,
    ),
    Case(
        "open_meteo", "open_meteo_flood.json",
        {"product": "flood", "points": POINTS, "variables": {"river_discharge": "discharge-{point}"}},
        {"discharge-ninh-kieu": "m³/s"}, 2, 1,
    ),
    Case(
        "geojson", "geojson.json",
        {"series": "works-{properties.lanes}", "value": "properties.lanes", "time": "properties.updated",
         "zone": "Asia/Ho_Chi_Minh"},
        {"works-1": ""}, 1, 7,
    ),
    Case(
        "cameras", "cameras.json",
        {"events": {"items": "cameras", "key": "{id}", "title": "{name}", "lon": "x", "lat": "y", "snapshot": "jpg"}},
        {}, 0, 2,
    ),
    Case("submissions", "submissions.json", {}, {"homes": "hộ", "served": "hộ"}, 2, 1),
    Case("open311", "open311.json", {"zone": "Asia/Ho_Chi_Minh"}, {}, 0, 4),
    Case(
        "prometheus", "prometheus.json", {"queries": {"load-{instance}": "node_load1[5m]"}},
        {"load-may-1-9100": "", "load-may-2-9100": ""}, 5, 3,
    ),
    Case(
        "sensorthings", "sensorthings.json", {"missing": [-9999], "series": "{name}"},
        {"muc-nuoc-can-tho": "m", "mua": "mm"}, 5, 4,
    ),
    Case(
        "mqtt", "mqtt.json", {"topics": ["tram/+/so-lieu"], "format": "senml"},
        {"tram-ninh-kieu-muc-nuoc": "m", "tram-ninh-kieu-nhiet-do": "°C"}, 2, 2,
    ),
    Case(
        "spreadsheet", "bao_cao.csv",
        {"time": "Ngày", "name": "Trạm", "columns": {"level-{name}": ["Mực nước", "Cao nhất"]}, "ends": ["Tổng cộng"]},
        {"level-can-tho": "m", "level-dai-ngai": "m"}, 3, 1,
    ),
    Case(
        "sql_view", "sql_view.json",
        {"query": "SELECT 1", "series": "beds-{maKhoa}", "value": "so_giuong_trong", "time": "join(' ', [ngay, gio])"},
        {"beds-cap-cuu": "giường", "beds-noi": "giường"}, 3, 3,
    ),
    Case(
        "tt10", "CT_NINHKIEU_20261124160000.txt", {"series": "{parameter}"},
        {"ph": "", "temp": "°C", "tss": "mg/l", "cod": "mg/l", "pm2-5": "µg/m³"}, 5, 3,
    ),
    Case("waterml", "waterml11.xml", {"zone": "Asia/Ho_Chi_Minh"}, {"ct01-00065-2": "m"}, 5, 3),
]  # fmt: skip


def test_every_protocol_has_a_case() -> None:
    assert set(protocols()) == {case.protocol for case in CASES}
    assert protocols() is protocols()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
def test_fixture_gives_the_expected_readings(case: Case) -> None:
    module = protocols()[case.protocol]
    batch = module.parse(case.source, Payload((fixture(case.fixture),)), NOW)
    valid = validate_batch(batch, case.source.polled_series(), NOW)
    assert (len(valid.readings), len(valid.rejected_items)) == (case.readings, case.rejected), valid.rejected_items
    assert all(reading.observed.tzinfo for reading in batch.readings)
    assert {reading.series for reading in valid.readings} == set(case.units)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
def test_options_survive_a_dump(case: Case) -> None:
    model = protocols()[case.protocol].Options
    options = model.model_validate(case.options)
    assert model.model_validate(options.model_dump()) == options
    assert model.model_json_schema()["additionalProperties"] is False


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:8]))
def test_hostile_bytes_give_a_source_error_or_no_reading(case: Case, body: bytes) -> None:
    module = protocols()[case.protocol]
    try:
        batch = module.parse(case.source, Payload((ResponsePage(body, address="a"),)), NOW)
    except SourceError as error:
        assert 0 < len(str(error.failure)) < 300
    else:
        assert not validate_batch(batch, case.source.polled_series(), NOW).readings


def _with_booleans(value: Any, boolean: bool) -> Any:
    """`value` with `boolean` in the place of each number and each text that is one."""
    if isinstance(value, dict):
        return {name: _with_booleans(inner, boolean) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_booleans(inner, boolean) for inner in value]
    is_number = isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "").isdigit())
    return boolean if is_number else value


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.fixture.endswith("json")], ids=lambda case: case.fixture
)
@pytest.mark.parametrize("boolean", [True, False])
def test_boolean_is_a_value_in_no_protocol(case: Case, boolean: bool) -> None:
    body = orjson.dumps(_with_booleans(orjson.loads(fixture(case.fixture).body), boolean))
    try:
        batch = protocols()[case.protocol].parse(case.source, Payload((ResponsePage(body, address="a"),)), NOW)
    except SourceError:
        return
    assert [reading for reading in batch.readings if reading.value is not None] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
def test_unchanged_answer_is_an_empty_batch(case: Case) -> None:
    assert protocols()[case.protocol].parse(case.source, Payload(is_unchanged=True), NOW) == Batch()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fixture)
def test_part_of_a_fixture_gives_no_other_reading_than_the_whole(case: Case) -> None:
    module, whole = protocols()[case.protocol], fixture(case.fixture)
    all_readings = set(module.parse(case.source, Payload((whole,)), NOW).readings)
    for part in range(0, len(whole.body), max(1, len(whole.body) // 40)):
        try:
            batch = module.parse(case.source, Payload((ResponsePage(whole.body[:part], address=whole.address),)), NOW)
        except SourceError:
            continue
        other_readings = len(set(batch.readings) - all_readings)
        assert other_readings <= (1 if case.protocol == "spreadsheet" else 0)  # a text table may be cut inside a number
