"""Every simulated source over a real socket: its protocol reads it, all series come, nothing is refused."""

from pathlib import Path

import pytest

from ioc.domain.events.validation import validate_events as admit_events
from ioc.domain.ingest.reading import validate_batch
from ioc.domain.ingest.source import Source
from simulator.cameras import CAMERAS, is_offline
from simulator.city import feeds, history_values, series_models
from tests.simulator.wire import NOW, SEED, asked, newest_last, rows, running


def test_the_rows_ask_for_exactly_what_the_city_has() -> None:
    assert {series.key for source in rows() for series in source.series} == set(series_models())
    assert {source.key for source in rows()} == set(feeds())


def test_every_row_is_marked_simulated_and_belongs_to_a_simulated_agency() -> None:
    assert all(source.is_simulated and source.owner.startswith("mp-") for source in rows())


@pytest.mark.parametrize("source", rows(), ids=lambda one: one.key)
async def test_its_protocol_brings_every_series_as_it_was_told(source: Source, tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as city:
        raw = await asked(city, source)
    batch = validate_batch(raw, source.polled_series(), NOW)
    events, aside = admit_events(raw.events, {one.key for one in source.events}, NOW)
    silent = {key for key in CAMERAS if source.key == "sim-cameras" and is_offline(key, SEED, NOW.timestamp())}
    assert {one.location for one in batch.rejected_items} == silent and not aside
    assert bool(events) is bool(raw.events) and len(events) == len({one.key for one in events})
    told = {one.series: (one.observed.timestamp(), one.value) for one in newest_last(batch.readings)}
    feed = feeds()[source.key]
    t = feed.observation_times.last(NOW.timestamp())
    # Open-Meteo tells rain by the hour over which it is summed.
    times = {key: t - t % 3600 if key.endswith("-precipitation") else t for key in source.polled_series()}
    assert {key: at for key, (at, _) in told.items()} == times
    for key, (at, value) in told.items():
        assert value == pytest.approx(feed.series_models[key].value_at(SEED, at), abs=0.0006), key


async def test_history_over_the_wire_is_what_the_city_gives(tmp_path: Path) -> None:
    now = NOW.timestamp()
    async with running(tmp_path) as city:
        whole = await city.json("/history/sim-water", **{"from": "2026-11-22T00:00:00+00:00"})
        coarse = await city.json("/history/sim-water", **{"from": str(round(now * 1000) - 86_400_000), "step": "3600"})
        wrong = await city.json("/history/sim-water", **{"from": "soon"})
    start = NOW.replace(day=22, hour=0, minute=0, second=0).timestamp()
    assert whole == {"source": "sim-water", "series": history_values(feeds()["sim-water"], SEED, start, now, now)}
    assert all(len(values) == 24 for values in coarse["series"].values())
    assert "error" in wrong


async def test_the_index_names_the_sources(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        told = await city.json("/")
    assert set(told["sources"]) == set(feeds())


async def test_sensorthings_leads_through_all_streams_by_its_links(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        page = await city.json(
            "/sensorthings/sim-rain/v1.1/Datastreams", **{"$count": "true", "$expand": "Observations"}
        )
        found, pages = [one["name"] for one in page["value"]], 1
        while "@iot.nextLink" in page:
            page = await city.json(page["@iot.nextLink"].removeprefix(city.base))
            found, pages = found + [one["name"] for one in page["value"]], pages + 1
            assert all(one["Observations"] for one in page["value"])
    assert found == list(feeds()["sim-rain"].series_models) and pages > 1


async def test_sensorthings_tells_the_observations_before(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        page = await city.json("/sensorthings/sim-water/v1.1/Datastreams(1)/Observations", **{"$top": "3"})
        async with city.session.get(city.base + "/sensorthings/sim-water/v1.1/Things") as answer:
            assert answer.status == 404
    times = [one["phenomenonTime"] for one in page["value"]]
    assert times == ["2026-11-24T09:18:05.000Z", "2026-11-24T09:18:00.000Z", "2026-11-24T09:17:55.000Z"]


async def test_open_meteo_answers_hours_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    asked = {"latitude": "10.03", "longitude": "105.78", "timezone": "Asia/Ho_Chi_Minh", "forecast_days": "1"}
    async with running(tmp_path) as city:
        path = "/openmeteo/sim-weather/v1/forecast"
        hours = await city.json(path, **asked, hourly="temperature_2m,precipitation")
        wrong = await city.json(path, **asked, current="soil_moisture")
    assert hours["hourly"]["time"][0] == "2026-11-24T00:00" and len(hours["hourly"]["temperature_2m"]) == 24
    assert hours["utc_offset_seconds"] == 25_200 and hours["hourly_units"]["temperature_2m"] == "°C"
    assert wrong["error"] is True and "soil_moisture" in wrong["reason"]
