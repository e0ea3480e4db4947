"""The backfill fills the year of every KPI of polled sources, whatever else is stored already."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp, KpiValue
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings
from simulator.backfill import Backfill, backfill_windows
from simulator.city import feeds, history_values
from tests.city import kpi, source

NOW = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
SERIES = {
    "sim-water": ("water-can-tho-level", "m", timedelta(minutes=10)),
    "sim-figures": ("figures-due-mp-a", "chỉ số", timedelta(days=40)),
    "sim-river": ("river-hau-discharge", "m³/s", timedelta(hours=36)),
}


def _source(key: str) -> Source:
    name, unit, age_limit = SERIES[key]
    series = (Series(name, LocalizedText(name), unit, -1e9, 1e9),)
    return source(key, series=series, events=(), age_limit=age_limit)


class FakeCity:
    """HTTP clients that answer /history as the simulator does; `requests` counts them."""

    def __init__(self) -> None:
        self.requests = 0

    def context_for(self, past: Source) -> "FakeCity":
        return self

    async def get(self, past: Source, address: str, params: dict[str, str]) -> Any:
        self.requests += 1
        start, end = (datetime.fromisoformat(params[name]).timestamp() for name in ("from", "to"))
        values = history_values(feeds()[past.key], 1, start, end, NOW.timestamp(), float(params["step"]))
        return SimpleNamespace(body=orjson.dumps({"series": values}))


def _service(store: Store) -> Any:
    sources = [_source(key) for key in SERIES]
    kpis = [kpi(one.key, formula=Formula(FormulaOp.LAST, (one.series[0].key,)), limits=()) for one in sources]
    submitted = kpi("submitted", formula=Formula(FormulaOp.LAST, ("typed",)), limits=())

    async def run_in_writer(work: Any, *args: Any) -> Any:
        return work(*args)

    return SimpleNamespace(
        store=store,
        clock=lambda: NOW,
        sources={one.key: one for one in sources},
        configuration=SimpleNamespace(kpis=(*kpis, submitted)),
        writer=SimpleNamespace(run_in_writer=run_in_writer),
    )


@pytest.fixture
async def city(store: Store) -> FakeCity:
    """A city whose history is filled, in a store in which the agencies' KPI has had its year before."""
    year = [NOW - timedelta(days=n) for n in range(390, 0, -1)]
    with store.write() as conn:
        kpi_values.backfill(
            conn, [(KpiValue("submitted", FigureState.OK, at, 1.0, is_simulated=True), at) for at in year]
        )
    fake = FakeCity()
    await Backfill(_service(store), fake, "http://city").run()  # type: ignore[arg-type]
    return fake


@pytest.mark.parametrize("key", SERIES)
@pytest.mark.parametrize("days", [2, 30, 365])
async def test_a_kpi_has_values_over_the_whole_range(store: Store, city: FakeCity, key: str, days: int) -> None:
    start, part = NOW - timedelta(days=days), timedelta(days=days) / 12
    with store.read() as conn:
        parts = [readings.points(conn, f"kpi-{key}", start + part * n, start + part * (n + 1), 60) for n in range(12)]
    assert all(any(value is not None for _, value in points) for points in parts)


async def test_history_is_marked_simulated_and_received_when_observed(store: Store, city: FakeCity) -> None:
    at = NOW - timedelta(days=200)
    with store.read() as conn:
        past = kpi_values.current(conn, at)
        later = readings.points(conn, "water-can-tho-level", at - timedelta(days=3), at, 99, received_by=at)
    assert {key for key, _ in past} == {*SERIES, "submitted"}
    assert all(value.is_simulated for value in past.values())
    assert past["sim-river", ""].data_time is not None and past["sim-river", ""].data_time > at - timedelta(hours=36)
    assert len(later) > 8


async def test_a_filled_history_is_not_fetched_again(store: Store, city: FakeCity) -> None:
    before = city.requests
    assert before == len(SERIES) * len(list(backfill_windows(NOW)))
    await Backfill(_service(store), city, "http://city").run()  # type: ignore[arg-type]
    assert city.requests == before


async def test_an_interrupted_backfill_continues_with_the_missing_windows(store: Store) -> None:
    class EndsEarly(FakeCity):
        async def get(self, past: Source, address: str, params: dict[str, str]) -> Any:
            if self.requests >= 4 * len(SERIES):
                raise InterruptedError
            return await super().get(past, address, params)

    with pytest.raises(InterruptedError):
        await Backfill(_service(store), EndsEarly(), "http://city").run()  # type: ignore[arg-type]
    city = FakeCity()
    await Backfill(_service(store), city, "http://city").run()  # type: ignore[arg-type]
    assert city.requests == len(SERIES) * (len(list(backfill_windows(NOW))) - 4)


async def test_the_windows_join_without_a_gap_and_reach_a_year_back() -> None:
    windows = list(backfill_windows(NOW))
    assert all(newer.start == older.end for newer, older in pairwise(windows))
    assert windows[0].end == NOW and windows[-1].start < NOW - timedelta(days=365)
    assert [window.has_raw for window in windows].count(True) == 1
