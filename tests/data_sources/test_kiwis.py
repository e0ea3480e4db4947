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

from data_sources._mapping import MAX_ITEMS
from data_sources.kiwis import Options, fetch, parse
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.server import NOW, door, fixture, row, serving

TIME = "2026-11-24T16:00:00.000+07:00"


def read(body: Any, **options: Any) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options, protocol="kiwis"), Payload((page,)), NOW)


def series(*rows: list[Any], columns: str = "Timestamp,Value,Quality Code", **more: Any) -> list[dict[str, Any]]:
    return [{"ts_id": "1", "columns": columns, "data": list(rows), **more}]


def test_values_by_the_names_of_their_columns() -> None:
    options = {"suspect": [120], "names": {"54512010": "level"}}
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
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("[0].data[4]", "'cao' is not a number"),
        ("[0].data[5]", "the row does not fit the columns"),
        ("[2]", "the time series does not name its columns"),
    ]


def test_series_from_what_the_service_says() -> None:
    body = series([TIME, 1, 40], station_no="L08_098", stationparameter_name="H")
    (reading,) = read(body, series="{station_no}-{stationparameter_name}").readings
    assert reading.series == "l08-098-h"
    assert "station_no is missing" in read(series([TIME, 1, 40]), series="{station_no}").rejected_items[0].failure


def test_heights_are_the_absolute_column_and_an_unknown_zero_gives_none() -> None:
    columns = "Timestamp,Absolute Value,Quality Code"
    body = series(
        [TIME, 27.396, 110], columns=columns, ts_unitsymbol="cm", ts_unitsymbol_abs="m", station_gauge_datum=27.2
    )
    (reading,) = read(body, height=True).readings
    assert (reading.value, reading.unit) == (27.396, "m")
    for zero in (9999.0, "9999.0", -999999):
        batch = read(series([TIME, 10_000.9, 110], columns=columns, station_gauge_datum=zero), height=True)
        assert not batch.readings and batch.rejected_items[0].failure == "the height of the gauge's zero is not known"
    assert [one.value for one in read(series([TIME, None, 1], columns=columns), height=True).readings] == [None]
    assert "absolute value" in read(series([TIME, 1, 1]), height=True).rejected_items[0].failure


def test_the_zero_may_have_another_name() -> None:
    body = series([TIME, 5, 110], columns="Timestamp,Absolute Value,Quality Code", GAUGE_DATUM="9999.0")
    assert "zero is not known" in read(body, height=True, zero="GAUGE_DATUM").rejected_items[0].failure
    assert len(read(body, height=True).readings) == 1


def test_the_empty_place_of_the_step_to_come_is_no_reading() -> None:
    later = "2026-11-24T17:00:00.000+07:00"
    assert [one.value for one in read(series([TIME, 1, 200], [later, None, -1])).readings] == [1]
    assert [one.value for one in read(series([TIME, None, 255], [later, 2, 200])).readings] == [None, 2]


async def test_what_the_service_says_of_a_wrong_question_is_told() -> None:
    async def handler(_: web.Request) -> web.Response:
        says = {"type": "error", "code": "InvalidParameterValue", "message": "Parameter 'returnfields' is\nwrong."}
        return web.json_response(says, status=500)

    async with serving(handler) as base, door() as way:
        source = row(f"{base}/KiWIS", {"ts": ["7"]})
        with pytest.raises(SourceError, match=r"answered 500: .*; it says: Parameter 'returnfields' is wrong.$"):
            await fetch(source, way.context_for(source))


def test_a_list_of_stations_is_not_taken_for_values() -> None:
    batch = read([["station_no", "station_name"], ["410730", "Cotter R."]])
    assert not batch.readings and {one.failure for one in batch.rejected_items} == {
        "the time series does not name its columns"
    }


def test_9999_is_a_value_unless_the_row_says_otherwise() -> None:
    assert [one.value for one in read(series([TIME, 9999.0, 1])).readings] == [9999.0]
    assert [one.value for one in read(series([TIME, 9999.0, 1]), missing=[9999]).readings] == [None]


def test_units_of_the_row_and_of_the_service() -> None:
    body = series([TIME, 1, 1], ts_unitsymbol="MASL")
    assert [one.unit for one in read(body, units={"MASL": "m"}).readings] == ["m"]
    assert [one.unit for one in read(body, unit="cm").readings] == ["cm"]
    assert [one.unit for one in read(body).readings] == ["MASL"]


def test_a_clock_a_day_ahead() -> None:
    batch = validate_batch(
        read(series(["2026-11-25T16:18:00+07:00", 1, 1])), row(series_keys=("1",)).polled_series(), NOW
    )
    assert not batch.readings and "time lies ahead" in batch.rejected_items[0].failure


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_charsets(charset: str) -> None:
    body = json.dumps(series([TIME, 1, 1], station_name="Cần Thơ"), ensure_ascii=False).encode(charset)
    assert [one.series for one in read(body, series="{station_name}").readings] == ["can-tho"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html>", "HTML"),
        (b"<ExceptionReport/>", "XML"),
        (b"[" * 10_000, "too deep"),
        (b'[{"ts_id": 1', "not JSON"),
        (b"7", "no list"),
        ({"type": "error", "code": "InvalidParameterValue", "message": "no such ts_id"}, "says: no such ts_id"),
        (["No matches."], "says: No matches"),
        ({}, "says: None"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: Any, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(body)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (7, "does not name its columns"),
        ({"columns": ["Timestamp"], "data": []}, "does not name its columns"),
        ({"type": "error", "code": "TooManyResults", "message": "ask for less"}, "the service says: ask for less"),
        ({"columns": "Time,Value", "data": []}, "timestamp and value"),
        ({"columns": "Timestamp,Value,Value", "data": []}, "timestamp and value"),
        ({"columns": "Timestamp,Value", "data": {}}, "no list of rows"),
        ({"columns": "Timestamp,Value", "data": []}, "ts_id is missing"),
    ],
)
def test_bad_time_series_beside_good_ones(one: Any, reason: str) -> None:
    batch = read([one, *series([TIME, 1, 1])])
    assert len(batch.readings) == 1 and reason in batch.rejected_items[0].failure


def test_nothing_asked_for_is_an_answer() -> None:
    assert read([]) == Batch()


def test_a_flood_is_cut() -> None:
    batch = read(series(*[[TIME, 1, 1]] * (MAX_ITEMS + 9)) + series([TIME, 1, 1]))
    assert len(batch.readings) == MAX_ITEMS and "left out" in batch.rejected_items[-1].failure


async def test_what_is_asked() -> None:
    async def handler(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.json_response(series([TIME, 1, 1]))

    asked: list[dict[str, str]] = []
    async with serving(handler) as base, door() as way:
        for options in (
            {"ts": [54512010, "7"], "period": "PT3H", "params": {"datasource": "1"}},
            {"group": 192780, "height": True},
            {},
        ):
            source = row(f"{base}/KiWIS", options, fingerprint=str(options))
            assert len(parse(source, await fetch(source, way.context_for(source)), NOW).readings) == 1 or options.get(
                "height"
            )
    first, second, third = asked
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
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_the_row_of_the_manual_is_one(tmp_path: Path) -> None:
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
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    for height in (False, True):
        try:
            batch = read(body, height=height)
        except SourceError as error:
            assert 0 < len(error.failure) < 300
        else:
            assert all(one.failure and len(one.sample) <= 120 for one in batch.rejected_items)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6) | st.none()), max_size=20),
    st.permutations(["Timestamp", "Value", "Quality Code"]),
)
def test_good_answers_become_exactly_their_readings(points: list[tuple[int, float | None]], columns: list[str]) -> None:
    rows = []
    for second, value in points:
        cells = {"Timestamp": datetime.fromtimestamp(second, UTC).isoformat(), "Value": value, "Quality Code": 40}
        rows.append([cells[name] for name in columns])
    batch = read(series(*rows, columns=",".join(columns)), missing=[])
    assert not batch.rejected_items
    assert [(int(one.observed.timestamp()), one.value) for one in batch.readings] == points
