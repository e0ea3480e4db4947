"""The snapshot cache reads its parts again when what they were read from changed."""

from datetime import timedelta

import pytest

from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.snapshot import cache
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values
from tests.city import NOW
from tests.poller.running import configured, poll_source

MINUTE = timedelta(minutes=1)


def _values(store: Store, *minutes_ago: int, topics: set[str]) -> None:
    """Stores values of the KPI that were known that many minutes ago."""
    moments = [NOW - minutes * MINUTE for minutes in minutes_ago]
    values = [(KpiValue("a-kpi", FigureState.OK, at, at.timestamp(), data_time=at), at) for at in moments]
    with store.write() as conn:
        kpi_values.backfill(conn, values)
        change_counter.bump(conn, topics, NOW)


def test_line_is_read_again_when_its_past_was_filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "BUILD_SECONDS", 0.0)
    monkeypatch.setattr(cache, "VERSION_CHECK_SECONDS", 0.0)
    reads = SnapshotCache(store, configured(poll_source("a")), lambda: NOW)
    _values(store, 2, 1, topics={"kpis"})
    first = reads.snapshot().figures["a-kpi"].line
    _values(store, *range(1200, 60, -60), topics={"kpis"})
    assert reads.snapshot().figures["a-kpi"].line == first  # not with each new value
    _values(store, *range(1230, 60, -60), topics={"kpis", "history"})
    assert len(reads.snapshot().figures["a-kpi"].line) > len(first) + 30
