"""KPI values of the past, computed from history in memory before it is stored."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.evaluation import evaluate
from ioc.domain.kpis.kpi import Aggregate, Kpi, KpiValue, Latest

# series -> (epoch milliseconds rising, values)
Columns = Mapping[str, tuple[Sequence[int], Sequence[float]]]

LOOK_BACK = timedelta(days=2)


class HistoryInputs:
    """Inputs of KPI formulas (ioc.domain.kpis.kpi.Inputs) at a past moment `now` (epoch ms); every source is live."""

    def __init__(self, columns: Columns, sources: Mapping[str, tuple[Source, Series]]) -> None:
        self._columns, self._sources = columns, sources
        self._sums = {key: [0.0, *accumulate(values)] for key, (_, values) in columns.items()}
        self.now = 0

    def latest(self, series: str) -> Latest | None:
        """The newest value at or before `now`, with the time `now`: history is sparser than polls, so none is stale."""
        newest = self.before(series, from_ms(self.now))
        return Latest(from_ms(self.now), newest.value) if newest else None

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """Aggregate of the values in (start, end]; None when there are none."""
        times, values = self._columns.get(series, ((), ()))
        low, high = bisect_right(times, to_ms(start)), bisect_right(times, to_ms(end))
        if low == high:
            return None
        part, sums = values[low:high], self._sums[series]
        return Aggregate(high - low, sums[high] - sums[low], min(part), max(part), part[0], part[-1])

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest value at or before `moment`, at most LOOK_BACK older; None when there is none."""
        times, values = self._columns.get(series, ((), ()))
        at = bisect_right(times, to_ms(moment)) - 1
        if at < 0 or times[at] < to_ms(moment - LOOK_BACK):
            return None
        return Latest(from_ms(times[at]), values[at])

    def series(self, key: str) -> Series:
        """The declaration of a series."""
        return self._sources[key][1]

    def source(self, series: str) -> Source:
        """The source of a series."""
        return self._sources[series][0]

    def health(self, source: str) -> SourceHealth:
        """Live since 1970."""
        return SourceHealth(source, SourceState.LIVE, from_ms(0))


def kpi_history(
    kpis: Sequence[Kpi], inputs: HistoryInputs, start: datetime, end: datetime, step: timedelta
) -> Iterator[tuple[KpiValue, datetime]]:
    """Each KPI's value at every step of [start, end) where it had one, with the moment at which it was known."""
    previous: dict[str, KpiValue] = {}
    moment = start
    while moment < end:
        inputs.now = to_ms(moment)
        for kpi in kpis:
            value = evaluate(kpi, inputs, moment, previous.get(kpi.key))
            previous[kpi.key] = value
            if value.value is not None:
                yield value, moment
        moment += step
