"""What a KPI reads where the main series of a quantity is not good: its twin's readings, as the map shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ioc.domain.base.units import convert
from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.evaluation import series_state
from ioc.domain.kpis.kpi import Aggregate, FigureState, KpiInputs, Latest
from ioc.domain.redundancy import select_active


class FailoverInputs:
    """A ioc.domain.kpis.kpi.Inputs at `now`: asked of a main series that is not good, it answers from the twin that is.

    `twins`: main series -> its twins, as declared. `stood`: main series -> source of the twin that answered for it.
    """

    def __init__(self, inputs: KpiInputs, redundant_series: Mapping[str, Sequence[str]], now: datetime) -> None:
        self._inputs, self._redundant_series, self._now = inputs, redundant_series, now
        self._active_series: dict[str, str] = {}
        self.failovers: dict[str, str] = {}

    def _select_active(self, series: str) -> str:
        twins = self._redundant_series.get(series)
        if not twins:
            return series
        if series not in self._active_series:
            tellings = (series, *twins)
            found = self._active_series[series] = tellings[select_active([self._state(one) for one in tellings])]
            if found != series:
                self.failovers[series] = self._inputs.source(found).key
        return self._active_series[series]

    def _state(self, series: str) -> FigureState:
        source = self._inputs.source(series)
        return series_state(self._inputs.latest(series), source, self._inputs.health(source.key), self._now)

    def _converted(self, value: float, teller: str, series: str) -> float:
        return convert(value, self._inputs.series(teller).unit, self._inputs.series(series).unit)

    def _in_unit_of(self, found: Latest | None, teller: str, series: str) -> Latest | None:
        if found is None or found.value is None or teller == series:
            return found
        return replace(found, value=self._converted(found.value, teller, series))

    def latest(self, series: str) -> Latest | None:
        """The newest reading, in the unit of `series`."""
        told = self._select_active(series)
        return self._in_unit_of(self._inputs.latest(told), told, series)

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest reading at or before `moment`, in the unit of `series`."""
        told = self._select_active(series)
        return self._in_unit_of(self._inputs.before(told, moment), told, series)

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """What was observed in (start, end], in the unit of `series`."""
        told = self._select_active(series)
        found = self._inputs.window(told, start, end)
        if found is None or told == series:
            return found
        low, high, first, last, mean = (
            self._converted(one, told, series)
            for one in (found.low, found.high, found.first, found.last, found.total / (found.count or 1))
        )
        return Aggregate(found.count, mean * found.count, low, high, first, last)

    def series(self, key: str) -> Series:
        """The declaration of the main series itself."""
        return self._inputs.series(key)

    def source(self, series: str) -> Source:
        """The source that tells it now."""
        return self._inputs.source(self._select_active(series))

    def health(self, source: str) -> SourceHealth:
        """How a source is now."""
        return self._inputs.health(source)
