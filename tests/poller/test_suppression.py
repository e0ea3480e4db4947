"""Series that count people by unit: small counts, and what would disclose them, are published nowhere."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ioc.config.configuration import Configuration, with_fingerprint
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, FormulaOp, Latest, SuppressionReason
from ioc.domain.kpis.suppression import suppressed_units
from ioc.domain.snapshot import CentreIdentity
from ioc.poller import kpi_engine
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.timeseries import readings
from tests.city import NOW, UNITS, kpi, source
from tests.conftest import empty_store

SMALL, SECONDARY = SuppressionReason.SMALL_COUNT, SuppressionReason.SECONDARY
IDENTITY = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Cần Thơ"))
ROW = source(
    series=(Series("sent-a", LocalizedText("a"), "phản ánh", 0, 1e6, "31135"), Series("level", LocalizedText("b"), "m"))
)


def test_a_line_leaves_out_small_counts(tmp_path: Path) -> None:
    row = kpi("sent", formula=Formula(FormulaOp.MAX, ("sent-a",)), has_places=True, has_small_cells=True)
    configuration = with_fingerprint(Configuration(IDENTITY, (), (ROW,), (row,), Register(), {}, {}, UNITS, {}), {})
    store = empty_store(tmp_path)
    counts = [0.0, 1.0, 4.0, 5.0, 12.0]
    times = [NOW - timedelta(minutes=10 * n) for n in range(len(counts), 0, -1)]
    with store.write() as conn:
        for key in ("sent-a", "level"):
            units = "phản ánh" if key == "sent-a" else "m"
            batch = [Reading(key, at, value, units) for at, value in zip(times, counts, strict=True)]
            readings.append(conn, ROW.key, batch, NOW)
    reads = SnapshotCache(store, configuration, lambda: NOW)
    line = reads.history("sent-a", times[0], NOW, 100)
    assert [value for _, value in line if value is not None] == [0.0, 5.0, 12.0]
    assert {1.0, 4.0} <= {value for _, value in reads.history("level", times[0], NOW, 100)}
    store.close()


PLACES = ("31135", "31207", "31507", "31519", "31528")
SENT = source(series=tuple(Series(f"sent-{code}", LocalizedText(code), "phản ánh", 0, 1e6, code) for code in PLACES))
COUNT = kpi(
    "sent",
    formula=Formula(FormulaOp.SUM, tuple(f"sent-{code}" for code in PLACES)),
    has_places=True,
    has_small_cells=True,
)
SERIES = tuple(f"sent-{code}" for code in PLACES)


def latest_values(*counts: float) -> LatestValues:
    health = SourceHealth(SENT.key, SourceState.LIVE, NOW - timedelta(days=1), data_time=NOW)
    latest = {key: Latest(NOW, count) for key, count in zip(SERIES, counts, strict=True)}
    return LatestValues([SENT], latest, {SENT.key: health})


def published(engine: KpiEngine) -> list[float | str | None]:
    """The city's value, then by unit the value or why there is none."""
    values = [engine.current["sent", place] for place in ("", *PLACES)]
    return [value.reason or value.value for value in values]


def test_secondary_suppression_keeps_a_small_count_from_being_computed_from_the_total() -> None:
    values = latest_values(3, 20, 9, 30, 7)
    engine = KpiEngine([COUNT], values, {})
    engine.evaluate_due(NOW)
    assert published(engine) == [
        69,
        SMALL,
        20,
        SECONDARY,
        30,
        SECONDARY,
    ]
    now = NOW + timedelta(seconds=1)
    values.update([Reading(SERIES[0], now, 8)], now)  # nothing is small any more: the others are published at once
    engine.mark_changed(SERIES[:1])
    changed = {value.place: value.value for value in engine.evaluate_due(now)}
    assert changed == {"": 74, PLACES[0]: 8, PLACES[2]: 9, PLACES[4]: 7} and published(engine) == [74, 8, 20, 9, 30, 7]
    now += timedelta(seconds=1)
    values.update([Reading(SERIES[1], now, 1)], now)
    engine.mark_changed(SERIES[1:2])
    reasons = {value.place: value.reason for value in engine.evaluate_due(now)}
    assert reasons == {
        "": "",
        PLACES[0]: SECONDARY,
        PLACES[1]: SMALL,
        PLACES[4]: SECONDARY,
    }


def test_no_unit_is_published_where_no_choice_leaves_the_small_count_ambiguous() -> None:
    values = latest_values(3, 0, 0, 0, 0)
    engine = KpiEngine([COUNT], values, {})
    engine.evaluate_due(NOW)
    assert published(engine) == [3, *[SECONDARY] * 5]
    now = NOW + timedelta(seconds=1)
    values.update([Reading(key, now, 9) for key in SERIES[2:]], now)
    engine.mark_changed(SERIES[2:])
    engine.evaluate_due(now)
    assert published(engine) == [
        30,
        SMALL,
        0,
        SECONDARY,
        SECONDARY,
        9,
    ]


def test_suppression_is_computed_once_for_all_units(monkeypatch: pytest.MonkeyPatch) -> None:
    totals = list[float]()

    def counting(total: float, *rest: Any) -> frozenset[str]:
        totals.append(total)
        return suppressed_units(total, *rest)

    monkeypatch.setattr(kpi_engine, "suppressed_units", counting)
    KpiEngine([COUNT], latest_values(3, 20, 9, 30, 7), {}).evaluate_due(NOW)
    assert totals == [69]


def test_a_restarted_engine_suppresses_the_same() -> None:
    first = KpiEngine([COUNT], latest_values(3, 20, 9, 30, 7), {})
    first.evaluate_due(NOW)
    restarted = KpiEngine([COUNT], latest_values(3, 20, 9, 30, 7), first.current)
    assert restarted.evaluate_due(NOW + timedelta(seconds=1)) == [] and published(restarted) == [
        69,
        SMALL,
        20,
        SECONDARY,
        30,
        SECONDARY,
    ]


def test_a_series_that_is_part_of_a_suppressed_total_has_no_line(tmp_path: Path) -> None:
    configuration = with_fingerprint(Configuration(IDENTITY, (), (SENT,), (COUNT,), Register(), {}, {}, UNITS, {}), {})
    store = empty_store(tmp_path)
    with store.write() as conn:
        readings.append(conn, SENT.key, [Reading(SERIES[1], NOW, 20.0, "phản ánh")], NOW)
    line = SnapshotCache(store, configuration, lambda: NOW).history(SERIES[1], NOW - timedelta(hours=1), NOW, 100)
    assert [value for _, value in line] == [None]
    store.close()
