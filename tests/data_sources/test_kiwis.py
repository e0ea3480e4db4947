"""KiWIS: columns by name, values that are none, heights, doubtful codes, errors in two shapes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources import http_json
from data_sources._http.errors import HttpCode
from data_sources._mapping import MAX_ITEMS
from data_sources.kiwis import KiwisCode, Options, fetch, parse
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, ValidationCode
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, failures, raises_failure
from tests.data_sources.server import NOW, client_factory, fixture, row, serving

TIME = "2026-11-24T16:00:00.000+07:00"


def read(body: Any, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options, protocol="kiwis"), Payload((page,)), NOW)


def series(*rows: list[Any], columns: str = "Timestamp,Value,Quality Code", **more: Any) -> list[dict[str, Any]]:
    return [{"ts_id": "1", "columns": columns, "data": list(rows), **more}]


def test_values_by_the_names_of_their_columns() -> None:
    options = {"suspect": [120], "names": {"54512010": "level"}, "zone": "Asia/Ho_Chi_Minh"}
    batch = parse(row(options=options), Payload((fixture("kiwis.json"),)), NOW)
    assert [
        (one.series, one.observed.strftime("%H:%M"), one.value, one.unit, one.quality) for one in batch.readings
    ] == [
        ("level", "09:00", 1.87, "m", "good"),
        ("level", "09:05", 1.88, "m", "suspect"),
        ("level", "09:10", None, "m", "good"),
        ("level", "09:15", None, "m", "good"),
        ("7", "09:00", 0.5, "", "good"),
    ]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("[0].data[4]", ParseCode.NOT_A_NUMBER), ("[0].data[5]", KiwisCode.ROW_LENGTH),
        ("[2]", KiwisCode.COLUMNS_MISSING),
    ]  # fmt: skip


def test_the_series_is_named_by_the_metadata() -> None:
    body = series([TIME, 1, 40], station_no="L08_098", stationparameter_name="H")
    (reading,) = read(body, series="{station_no}-{stationparameter_name}").readings
    assert reading.series == "l08-098-h"
    assert failures(read(series([TIME, 1, 40]), series="{station_no}")) == [
        Failure(ParseCode.SERIES_NAME_MISSING, {"field": "station_no"})
    ]


def test_heights_are_the_absolute_column_and_an_unknown_zero_gives_none() -> None:
    columns = "Timestamp,Absolute Value,Quality Code"
    body = series(
        [TIME, 27.396, 110], columns=columns, ts_unitsymbol="cm", ts_unitsymbol_abs="m", station_gauge_datum=27.2
    )
    (reading,) = read(body, height=True).readings
    assert (reading.value, reading.unit) == (27.396, "m")
    for zero in (9999.0, "9999.0", -999999):
        batch = read(series([TIME, 10_000.9, 110], columns=columns, station_gauge_datum=zero), height=True)
        assert not batch.readings and codes(batch) == [KiwisCode.ZERO_UNKNOWN]
    assert [one.value for one in read(series([TIME, None, 1], columns=columns), height=True).readings] == [None]
    assert failures(read(series([TIME, 1, 1]), height=True)) == [
        Failure(KiwisCode.COLUMNS_AMBIGUOUS, {"column": "absolute value"})
    ]


@pytest.mark.parametrize("zero", ["", None, "-"])
def test_an_empty_zero_is_unknown(zero: str | None) -> None:
    columns = "Timestamp,Absolute Value,Quality Code"
    batch = read(series([TIME, 1.5, 110], columns=columns, station_gauge_datum=zero), height=True)
    assert not batch.readings and codes(batch) == [KiwisCode.ZERO_UNKNOWN]


@pytest.mark.parametrize("code", [200, 200.0, "200", " 200 "])
def test_a_doubtful_code_is_the_same_as_a_number_or_as_text(code: Any) -> None:
    assert [one.quality for one in read(series([TIME, 1.5, code]), suspect=["200"]).readings] == ["suspect"]


def test_the_zero_may_have_another_name() -> None:
    body = series([TIME, 5, 110], columns="Timestamp,Absolute Value,Quality Code", GAUGE_DATUM="9999.0")
    assert codes(read(body, height=True, zero="GAUGE_DATUM")) == [KiwisCode.ZERO_UNKNOWN]
    assert len(read(body, height=True).readings) == 1


def test_an_empty_row_of_the_next_step_is_no_reading() -> None:
    later = "2026-11-24T17:00:00.000+07:00"
    assert [one.value for one in read(series([TIME, 1, 200], [later, None, -1])).readings] == [1]
    assert [one.value for one in read(series([TIME, None, 255], [later, 2, 200])).readings] == [None, 2]


async def test_the_message_of_an_error_status_is_quoted() -> None:
    async def handler(_: web.Request) -> web.Response:
        error = {"type": "error", "code": "InvalidParameterValue", "message": "Parameter 'returnfields' is\nwrong."}
        return web.json_response(error, status=500)

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base}/KiWIS", {"ts": ["7"]})
        with raises_failure(HttpCode.ERROR_STATUS, status=500) as caught:
            await fetch(source, clients.context_for(source))
    assert caught.value.failure.external == "Parameter 'returnfields' is wrong."


LAYER = [
    {"ts_id": 7, "timestamp": TIME, "ts_value": 1.25, "station_no": "7141", "station_name": "HUY", "ts_unitsymbol": "m"}
]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([["station_no", "station_name"], ["410730", "Cotter R."]], KiwisCode.LIST_WITHOUT_VALUES),
        ([{"ts_id": 7, "station_name": "HUY"}], KiwisCode.LIST_WITHOUT_VALUES),
        (LAYER, KiwisCode.VALUE_LAYER),
        ([list(LAYER[0]), list(LAYER[0].values())], KiwisCode.VALUE_LAYER),
    ],
)
def test_an_answer_to_another_request_is_named(body: Any, code: KiwisCode) -> None:
    with raises_failure(code):
        read(body)


def test_http_json_reads_the_value_layer_as_the_reason_says() -> None:
    options = {"series": "level", "value": "ts_value", "time": "timestamp", "unit_path": "ts_unitsymbol"}
    page = ResponsePage(json.dumps(LAYER).encode())
    (reading,) = http_json.parse(row(options=options), Payload((page,)), NOW).readings
    assert (reading.value, reading.unit) == (1.25, "m")


def test_9999_is_a_value_unless_the_row_says_otherwise() -> None:
    assert [one.value for one in read(series([TIME, 9999.0, 1])).readings] == [9999.0]
    assert [one.value for one in read(series([TIME, 9999.0, 1]), missing=[9999]).readings] == [None]


def test_units_of_the_row_and_of_the_service() -> None:
    body = series([TIME, 1, 1], ts_unitsymbol="MASL")
    assert [one.unit for one in read(body, units={"MASL": "m"}).readings] == ["m"]
    assert [one.unit for one in read(body, unit="cm").readings] == ["MASL"]
    assert [one.unit for one in read(body).readings] == ["MASL"]


def test_a_value_of_tomorrow_is_rejected() -> None:
    batch = validate_batch(
        read(series(["2026-11-25T16:18:00+07:00", 1, 1])), row(series_keys=("1",)).polled_series(), NOW
    )
    assert not batch.readings and codes(batch) == [ValidationCode.TIME_AHEAD]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_charsets_are_read(charset: str) -> None:
    body = json.dumps(series([TIME, 1, 1], station_name="Cần Thơ"), ensure_ascii=False).encode(charset)
    assert [one.series for one in read(body, series="{station_name}").readings] == ["can-tho"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html>", DecodingCode.HTML),
        (b"<ExceptionReport/>", DecodingCode.XML_INSTEAD_OF_JSON),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'[{"ts_id": 1', DecodingCode.NOT_JSON),
        (b"7", KiwisCode.NOT_A_LIST),
    ],
)
def test_an_invalid_answer_is_an_error(body: Any, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "error", "code": "InvalidParameterValue", "message": "no such ts_id"}, "no such ts_id"),
        (["No matches."], "No matches."),
    ],
)
def test_a_message_of_the_service_is_quoted(body: Any, message: str) -> None:
    with raises_failure(IngestCode.SERVICE_MESSAGE) as caught:
        read(body)
    assert caught.value.failure.external == message


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (7, KiwisCode.COLUMNS_MISSING),
        ({"columns": ["Timestamp"], "data": []}, KiwisCode.COLUMNS_MISSING),
        ({"type": "error", "code": "TooManyResults", "message": "ask for less"}, IngestCode.SERVICE_MESSAGE),
        ({"columns": "Time,Value", "data": []}, KiwisCode.COLUMNS_AMBIGUOUS),
        ({"columns": "Timestamp,Value,Value", "data": []}, KiwisCode.COLUMNS_AMBIGUOUS),
        ({"columns": "Timestamp,Value", "data": {}}, KiwisCode.ROWS_MISSING),
        ({"columns": "Timestamp,Value", "data": []}, ParseCode.SERIES_NAME_MISSING),
    ],
)
def test_an_invalid_time_series_is_rejected_alone(bad: Any, code: ErrorCode) -> None:
    batch = read([bad, *series([TIME, 1, 1])])
    assert len(batch.readings) == 1 and codes(batch) == [code]


def test_an_empty_list_is_an_empty_batch() -> None:
    assert read([]) == Batch()


def test_values_beyond_the_limit_are_left_out() -> None:
    batch = read(series(*[[TIME, 1, 1]] * (MAX_ITEMS + 9)) + series([TIME, 1, 1]))
    assert len(batch.readings) == MAX_ITEMS and codes(batch)[-1] == IngestCode.ITEMS_LEFT_OUT


async def test_the_request_has_the_ids_the_period_and_the_params_of_the_row() -> None:
    async def handler(request: web.Request) -> web.Response:
        queries.append(dict(request.query))
        return web.json_response(series([TIME, 1, 1]))

    queries: list[dict[str, str]] = []
    async with serving(handler) as base, client_factory() as clients:
        for options in (
            {"ts": [54512010, "7"], "period": "PT3H", "params": {"datasource": "1"}},
            {"group": 192780, "height": True},
            {},
        ):
            source = row(f"{base}/KiWIS", options, fingerprint=str(options))
            batch = parse(source, await fetch(source, clients.context_for(source)), NOW)
            assert len(batch.readings) == (0 if options.get("height") else 1)
    first, second, third = queries
    assert (first["request"], first["ts_id"], first["period"], first["datasource"]) == (
        "getTimeseriesValues", "54512010,7", "PT3H", "1",
    )  # fmt: skip
    assert second["timeseriesgroup_id"] == "192780" and "period" not in second
    assert second["returnfields"] == "Timestamp,Absolute Value,Quality Code"
    # No server knows station_gauge_datum by itself: it is an attribute that an operator gave its stations.
    assert second["md_returnfields"].endswith(",ts_unitsymbol,ts_unitsymbol_abs,ca_sta") and third == {}
    assert second["ca_sta_returnfields"] == "station_gauge_datum" and "ca_sta" not in first["md_returnfields"]


@pytest.mark.parametrize(
    "options",
    [{"ts": [1], "group": "2"}, {"ts": ["1,2"]}, {"period": "3h"}, {"unit": "furlong"}, {"zone": "X/Y"}, {"x": 1}],
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
    source = documented("kiwis", tmp_path)
    batch = parse(source, Payload((fixture("kiwis.json"),)), NOW)
    assert validate_batch(batch, source.polled_series(), NOW).readings[0].series == source.series[0].key


WORDS = st.sampled_from(["ts_id", "columns", "data", "station_no", "ts_unitsymbol", "message"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from(["Timestamp,Value", TIME])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)


@given(st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    for height in (False, True):
        try:
            batch = read(body, height=height)
        except SourceError as error:
            assert error.failure.code
        else:
            assert all(item.failure.code and len(item.sample) <= 120 for item in batch.rejected_items)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6) | st.none()), max_size=20),
    st.permutations(["Timestamp", "Value", "Quality Code"]),
)
def test_a_valid_answer_gives_exactly_its_readings(points: list[tuple[int, float | None]], columns: list[str]) -> None:
    rows = []
    for second, value in points:
        cells = {"Timestamp": datetime.fromtimestamp(second, UTC).isoformat(), "Value": value, "Quality Code": 40}
        rows.append([cells[name] for name in columns])
    batch = read(series(*rows, columns=",".join(columns)), missing=[])
    assert not batch.rejected_items
    assert [(int(one.observed.timestamp()), one.value) for one in batch.readings] == points
