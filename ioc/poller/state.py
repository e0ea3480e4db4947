"""What the KPI arithmetic asks of the store, answered from memory where the poller knows it already."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from ioc.domain.ingest.health import SourceHealth
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series, Source
from ioc.domain.kpis.kpi import Aggregate, Latest


class HistoryReader(Protocol):
    """The two questions that need stored readings."""

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None: ...

    def before(self, series: str, moment: datetime) -> Latest | None: ...


class LatestValues:
    """The newest reading of every series and the health of every source, as the poller holds them.

    It is a ioc.domain.kpis.kpi.Inputs once `past` is set: inside a transaction that is the transaction itself.
    """

    def __init__(
        self, sources: Iterable[Source], latest: Mapping[str, Latest], healths: Mapping[str, SourceHealth]
    ) -> None:
        self.sources = {one.key: one for one in sources}
        self._by_series = {series.key: (one, series) for one in self.sources.values() for series in one.series}
        self._latest = dict(latest)
        self.redundant_series = self._find_redundant_series()
        self.healths = dict(healths)
        self.history: HistoryReader | None = None

    def _find_redundant_series(self) -> dict[str, tuple[str, ...]]:
        """Main series -> its twins, in the order of the sources; an exercise is no twin of what is real."""
        found: dict[str, tuple[str, ...]] = {}
        for key, (source, series) in self._by_series.items():
            main = self._by_series.get(series.redundant_with)
            if main is not None and main[0].is_drill is source.is_drill:
                found[series.redundant_with] = (*found.get(series.redundant_with, ()), key)
        return found

    def update(self, readings: Iterable[Reading]) -> None:
        """Readings that are being committed: the newest by observed time stands; an equal time is a correction."""
        for one in readings:
            held = self._latest.get(one.series)
            if held is None or one.observed >= held.observed:
                self._latest[one.series] = Latest(one.observed, one.value, one.quality)

    def latest(self, series: str) -> Latest | None:
        """The newest reading of `series`, None before the first."""
        return self._latest.get(series)

    def window(self, series: str, start: datetime, end: datetime) -> Aggregate | None:
        """What was observed in (start, end]."""
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
        """How a source is now."""
        return self.healths[source]
