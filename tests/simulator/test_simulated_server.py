"""Every simulated source over a real socket: its protocol reads all series and rejects nothing."""

from pathlib import Path

import pytest

from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from simulator import local_servers
from simulator.cameras import CAMERAS, is_offline
from simulator.city import feeds, history_values, series_models
from tests.simulator.running_city import NOW, SEED, fetch_batch, newest_last, rows, running


def test_rows_and_city_have_the_same_series_and_sources() -> None:
    assert {series.key for source in rows() for series in source.series} == set(series_models())
    assert {source.key for source in rows()} == set(feeds())


def test_every_row_is_simulated_and_of_a_simulated_agency() -> None:
    assert all(source.is_simulated and source.owner.startswith("mp-") for source in rows())


OVER_HTTP = [source for source in rows() if source.key not in (local_servers.MQTT_SOURCE, local_servers.SQL_SOURCE)]


@pytest.mark.parametrize("source", OVER_HTTP, ids=lambda source: source.key)
async def test_every_series_is_read_by_its_protocol_with_its_value(source: Source, tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as city:
        raw = await fetch_batch(city, source)
    batch = validate_batch(raw, source.polled_series(), NOW)
    events, rejected = validate_events(raw.events, {event.key for event in source.events}, NOW, id_key=b"key")
    offline = {key for key in CAMERAS if source.key == "sim-cameras" and is_offline(key, SEED, NOW.timestamp())}
    assert {item.location for item in batch.rejected_items} == offline and not rejected
    assert bool(events) is bool(raw.events) and len(events) == len({event.key for event in events})
    values = {reading.series: (reading.observed.timestamp(), reading.value) for reading in newest_last(batch.readings)}
    feed = feeds()[source.key]
    t = feed.observation_times.last(NOW.timestamp())
    # Open-Meteo gives rain as the sum of an hour.
    times = {key: t - t % 3600 if key.endswith("-precipitation") else t for key in source.polled_series()}
    assert {key: at for key, (at, _) in values.items()} == times
    for key, (at, value) in values.items():
        assert value == pytest.approx(feed.series_models[key].value_at(SEED, at), abs=0.0006), key


async def test_history_endpoint_returns_the_generated_history(tmp_path: Path) -> None:
    now = NOW.timestamp()
    async with running(tmp_path) as city:
        whole = await city.json("/history/sim-water", **{"from": "2026-11-22T00:00:00+00:00"})
        coarse = await city.json("/history/sim-water", **{"from": str(round(now * 1000) - 86_400_000), "step": "3600"})
        wrong = await city.json("/history/sim-water", **{"from": "soon"})
    start = NOW.replace(day=22, hour=0, minute=0, second=0).timestamp()
    assert whole == {"source": "sim-water", "series": history_values(feeds()["sim-water"], SEED, start, now, now)}
    assert all(len(values) == 24 for values in coarse["series"].values())
    assert "error" in wrong


async def test_index_lists_the_sources(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        index = await city.json("/")
    assert set(index["sources"]) == set(feeds())


async def test_sensorthings_pages_of_datastreams_are_linked(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        page = await city.json(
            "/sensorthings/sim-rain/v1.1/Datastreams", **{"$count": "true", "$expand": "Observations"}
        )
        names, pages = [stream["name"] for stream in page["value"]], 1
        while "@iot.nextLink" in page:
            page = await city.json(page["@iot.nextLink"].removeprefix(city.base))
            names, pages = names + [stream["name"] for stream in page["value"]], pages + 1
            assert all(stream["Observations"] for stream in page["value"])
    assert names == list(feeds()["sim-rain"].series_models) and pages > 1


async def test_sensorthings_lists_earlier_observations(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        page = await city.json("/sensorthings/sim-water/v1.1/Datastreams(1)/Observations", **{"$top": "3"})
        async with city.session.get(city.base + "/sensorthings/sim-water/v1.1/Things") as answer:
            assert answer.status == 404
    times = [stream["phenomenonTime"] for stream in page["value"]]
    assert times == ["2026-11-24T09:18:05.000Z", "2026-11-24T09:18:00.000Z", "2026-11-24T09:17:55.000Z"]


async def test_open_meteo_answers_by_the_hour_and_rejects_unknown_variables(tmp_path: Path) -> None:
    params = {"latitude": "10.03", "longitude": "105.78", "timezone": "Asia/Ho_Chi_Minh", "forecast_days": "1"}
    async with running(tmp_path) as city:
        path = "/openmeteo/sim-weather/v1/forecast"
        hours = await city.json(path, **params, hourly="temperature_2m,precipitation")
        wrong = await city.json(path, **params, current="soil_moisture")
    assert hours["hourly"]["time"][0] == "2026-11-24T00:00" and len(hours["hourly"]["temperature_2m"]) == 24
    assert hours["utc_offset_seconds"] == 25_200 and hours["hourly_units"]["temperature_2m"] == "°C"
    assert wrong["error"] is True and "soil_moisture" in wrong["reason"]
