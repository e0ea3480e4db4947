"""What a KPI reads where the main series of a quantity is not good: a redundant series, chosen as the map does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ioc.domain.base.units import convert
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Aggregate, FigureState, KpiInputs, Latest
from ioc.domain.kpis.moment import series_state
from ioc.domain.redundancy import select_active


class FailoverInputs:
    """A KpiInputs at `now` that reads a redundant series in place of a main series that is not good.

    `redundant_series`: main series -> its redundant series, as declared.
    `failovers`: main series -> key of the source that was read in its place, filled as the inputs are read.
    """

    def __init__(self, inputs: KpiInputs, redundant_series: Mapping[str, Sequence[str]], now: datetime) -> None:
        self._inputs, self._redundant_series, self._now = inputs, redundant_series, now
        self._active_series: dict[str, str] = {}
        self.failovers: dict[str, str] = {}

    def _active(self, series: str) -> str:
        redundant = self._redundant_series.get(series)
        if not redundant:
            return series
        if series not in self._active_series:
            candidates = (series, *redundant)
            active = candidates[select_active([self._state(candidate) for candidate in candidates])]
            self._active_series[series] = active
            if active != series:
                self.failovers[series] = self._inputs.source(active).key
        return self._active_series[series]

    def _state(self, series: str) -> FigureState:
        source = self._inputs.source(series)
        return series_state(self._inputs.latest(series), source, self._inputs.health(source.key), self._now)

    def _convert(self, value: float, active: str, series: str) -> float:
        return convert(value, self._inputs.series(active).unit, self._inputs.series(series).unit)

    def _in_unit_of(self, latest: Latest | None, active: str, series: str) -> Latest | None:
        if latest is None or latest.value is None or active == series:
            return latest
        return replace(latest, value=self._convert(latest.value, active, series))

    def latest(self, series: str) -> Latest | None:
        """The newest reading, in the unit of `series`."""
        active = self._active(series)
        return self._in_unit_of(self._inputs.latest(active), active, series)

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest reading at or before `moment`, in the unit of `series`."""
        active = self._active(series)
        return self._in_unit_of(self._inputs.before(active, moment), active, series)

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """The aggregate of what was observed in (start, end], in the unit of `series`."""
        active = self._active(series)
        aggregate = self._inputs.window(active, start, end)
        if aggregate is None or active == series:
            return aggregate
        mean = aggregate.total / (aggregate.count or 1)
        low, high, first, last, mean = (
            self._convert(value, active, series)
            for value in (aggregate.low, aggregate.high, aggregate.first, aggregate.last, mean)
        )
        return Aggregate(aggregate.count, mean * aggregate.count, low, high, first, last)

    def series(self, key: str) -> Series:
        """The declaration of the main series itself."""
        return self._inputs.series(key)

    def source(self, series: str) -> Source:
        """The source that is read for `series` now."""
        return self._inputs.source(self._active(series))

    def health(self, source: str) -> SourceHealth:
        """The health of a source."""
        return self._inputs.health(source)
