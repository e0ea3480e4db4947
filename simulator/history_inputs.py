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

_MIN_LOOK_BACK = timedelta(days=2)


def look_back(source: Source) -> timedelta:
    """The greatest age at which a value of `source` still counts: history is sparser than polls."""
    return max(_MIN_LOOK_BACK, source.age_limit)


class HistoryInputs:
    """Inputs of KPI formulas (ioc.domain.kpis.kpi.KpiInputs) at a past moment, `now`; every source is live."""

    def __init__(self, columns: Columns, sources: Mapping[str, tuple[Source, Series]]) -> None:
        self._columns, self._sources = columns, sources
        self._sums = {key: [0.0, *accumulate(values)] for key, (_, values) in columns.items()}
        self._limits = {
            key: (_milliseconds(source.age_limit), _milliseconds(look_back(source)))
            for key, (source, _) in sources.items()
        }
        self._healths = {
            source.key: SourceHealth(source.key, SourceState.LIVE, from_ms(0)) for source, _ in sources.values()
        }
        self._now, self._latest = 0, dict[str, Latest | None]()

    def set_now(self, moment: datetime) -> None:
        """Moves to another moment."""
        self._now, self._latest = to_ms(moment), {}

    def latest(self, series: str) -> Latest | None:
        """The newest value at or before `now`. A value that is sparse but not missing has the time `now`."""
        if series not in self._latest:
            self._latest[series] = self._newest(series, self._now, is_current=True)
        return self._latest[series]

    def _newest(self, series: str, moment: int, *, is_current: bool) -> Latest | None:
        times, values = self._columns.get(series, ((), ()))
        at = bisect_right(times, moment) - 1
        age_limit, look_back_ms = self._limits[series]
        if at < 0 or times[at] < moment - look_back_ms:
            return None
        is_sparse = is_current and times[at] < moment - age_limit
        return Latest(from_ms(moment if is_sparse else times[at]), values[at])

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """Aggregate of the values in (start, end]; None when there are none."""
        times, values = self._columns.get(series, ((), ()))
        low, high = bisect_right(times, to_ms(start)), bisect_right(times, to_ms(end))
        if low == high:
            return None
        part, sums = values[low:high], self._sums[series]
        return Aggregate(high - low, sums[high] - sums[low], min(part), max(part), part[0], part[-1])

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest value at or before `moment`, at most `look_back` older; None when there is none."""
        return self._newest(series, to_ms(moment), is_current=False)

    def series(self, key: str) -> Series:
        """The declaration of a series."""
        return self._sources[key][1]

    def source(self, series: str) -> Source:
        """The source of a series."""
        return self._sources[series][0]

    def health(self, source: str) -> SourceHealth:
        """Live since 1970."""
        return self._healths[source]


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def kpi_history(
    kpis: Sequence[Kpi], inputs: HistoryInputs, start: datetime, end: datetime, step: timedelta
) -> Iterator[tuple[KpiValue, datetime]]:
    """Each KPI's value at every step of [start, end) where it had one, with the moment at which it was known."""
    previous: dict[str, KpiValue] = {}
    moment = start
    while moment < end:
        inputs.set_now(moment)
        for kpi in kpis:
            value = evaluate(kpi, inputs, moment, previous.get(kpi.key))
            previous[kpi.key] = value
            if value.value is not None:
                yield value, moment
        moment += step
