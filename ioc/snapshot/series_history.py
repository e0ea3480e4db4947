"""Points of a series for charts, without what would tell about single people."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ioc.config.configuration import Configuration
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FormulaOp
from ioc.domain.snapshot import Line
from ioc.storage.db.store import Store
from ioc.storage.timeseries import kpi_values, readings


class SeriesHistory:
    """Thread-safe. `cadences`: expected intervals between values, by series key: of KPIs and of submitted figures."""

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self._store, self.cadences = store, _cadences(configuration)
        self._suppressed_series = _find_suppressed_series(configuration)

    def line(
        self, series: str, start: datetime, end: datetime, points: int, *, received_by: datetime | None = None
    ) -> Line:
        """At most `points` points of a series with extremes kept; counts of people under the disclosure limit are None.

        A unit's count that is part of a published total is suppressed wholly: use `kpi-<key>-<unit>` instead.
        `received_by`: without what came after that moment.
        """
        with self._store.read() as conn:
            cadence = self.cadences.get(series, timedelta(0))
            line = readings.points(conn, series, start, end, points, received_by, cadence)
        if series not in self._suppressed_series:
            return line
        is_in_total = self._suppressed_series[series]
        return tuple(
            (at, None if value is None or is_in_total or is_small_cell(value) else value) for at, value in line
        )


def _cadences(configuration: Configuration) -> Mapping[str, timedelta]:
    submitted = {
        cell.series.key: timedelta(days=obligation.cadence.max_days)
        for obligation in configuration.obligations
        for cell in obligation.cells
    }
    return {**submitted, **{kpi_values.series_key(kpi.key): kpi.cadence for kpi in configuration.kpis}}


def _find_suppressed_series(configuration: Configuration) -> Mapping[str, bool]:
    """Series of one unit that count people -> whether a published total is summed from them."""
    placed = {series.key for source in configuration.sources for series in source.series if series.place}
    suppressed: dict[str, bool] = {}
    for kpi in configuration.kpis:
        for key in placed.intersection((*kpi.formula.inputs, *kpi.formula.denominator) if kpi.has_small_cells else ()):
            suppressed[key] = suppressed.get(key, False) or kpi.formula.op is FormulaOp.SUM
    return suppressed
