"""The newest readings and healths in memory: the inputs of the KPI engine without a query."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from ioc.domain.base.clock_set_back import fell_back
from ioc.domain.ingest.health import SourceHealth, states_own_time
from ioc.domain.ingest.reading import Reading, lies_ahead
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Aggregate, Latest


class HistoryReader(Protocol):
    """The inputs of a KPI that need stored readings."""

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None: ...

    def before(self, series: str, moment: datetime) -> Latest | None: ...


class LatestValues:
    """The newest reading of every series and the health of every source, as the writer has committed them.

    A ioc.domain.kpis.kpi.KpiInputs once `history` is set, which inside a transaction reads that transaction.
    """

    def __init__(
        self, sources: Iterable[Source], latest: Mapping[str, Latest], healths: Mapping[str, SourceHealth]
    ) -> None:
        self.sources = {source.key: source for source in sources}
        self._by_series = {series.key: (source, series) for source in self.sources.values() for series in source.series}
        self._latest = dict(latest)
        self.redundant_series = self._find_redundant_series()
        self.healths = dict(healths)
        self.history: HistoryReader | None = None

    def _find_redundant_series(self) -> dict[str, tuple[str, ...]]:
        """Main series -> its redundant series, in the order of the sources, never a drill with real data."""
        redundant: dict[str, tuple[str, ...]] = {}
        for key, (source, series) in self._by_series.items():
            main = self._by_series.get(series.redundant_with)
            if main is not None and main[0].is_drill is source.is_drill:
                redundant[series.redundant_with] = (*redundant.get(series.redundant_with, ()), key)
        return redundant

    def timed_by_poll(self, healths: Iterable[SourceHealth]) -> list[str]:
        """The series whose readings are as new as the poll that brought them, by our clock, as `healths` tell: counts
        too.
        """
        polled = [(health, self.sources[health.source]) for health in healths]
        timed = {each.key for health, source in polled for each in source.series if _is_timed(each, source, health)}
        return sorted(timed)

    def withdraw(self, series: Iterable[str]) -> None:
        """Forget the newest readings of `series`."""
        for key in series:
            self._latest.pop(key, None)

    def update(self, readings: Iterable[Reading], now: datetime) -> None:
        """Take readings that are being committed; of each series the newest stands, an equal time is a correction.

        A reading that lies ahead of `now` does not count, or no longer: the clock was set back since it was accepted.
        """
        for reading in readings:
            if lies_ahead(reading.observed, now):
                continue
            current = self._latest.get(reading.series)
            is_newer = current is None or reading.observed >= current.observed or lies_ahead(current.observed, now)
            if is_newer:
                self._latest[reading.series] = Latest(reading.observed, reading.value, reading.quality)

    def latest(self, series: str) -> Latest | None:
        """The newest reading of `series`, None before the first."""
        return self._latest.get(series)

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """The aggregate of what was observed in (start, end].

        It ends with the newest reading where our clock timed that a little beyond `end`, which is now: it fell back.
        """
        newest, (source, declared) = self._latest.get(series), self._by_series[series]
        if newest and fell_back(newest.observed, end) and _is_timed(declared, source, self.healths.get(source.key)):
            start, end = start + (newest.observed - end), newest.observed
        return self.history.window(series, start, end) if self.history else None

    def before(self, series: str, moment: datetime) -> Latest | None:
        """The newest reading at or before `moment`."""
        return self.history.before(series, moment) if self.history else None

    def series(self, key: str) -> Series:
        """The declaration of a series."""
        return self._by_series[key][1]

    def source(self, series: str) -> Source:
        """The source that brings a series."""
        return self._by_series[series][0]

    def health(self, source: str) -> SourceHealth:
        """The health of a source."""
        return self.healths[source]


def _is_timed(series: Series, source: Source, health: SourceHealth | None) -> bool:
    """Whether our clock times the readings of `series`."""
    return health is not None and (series.count_rule is not None or not states_own_time(health, source))
