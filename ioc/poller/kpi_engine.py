"""KPI values follow the readings: those that can have moved are worked out anew, no others."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.kpis.evaluation import evaluate, round_half_away
from ioc.domain.kpis.kpi import PRIMARY_SUPPRESSION, SECONDARY_SUPPRESSION, FigureState, FormulaOp, Kpi, KpiValue
from ioc.domain.kpis.suppression import suppressed_units
from ioc.poller.failover import FailoverInputs
from ioc.poller.state import LatestValues

log = logging.getLogger("ioc.evaluate")

# A figure over a window or against an earlier value needs a query: it is worked out at most this often.
SLOW_INTERVAL = timedelta(seconds=5)
# What a change is measured against moves slowly: it is looked up again after this part of its span.
CHANGE_REFRESH_PARTS = 60

KpiKey = tuple[str, str]  # (kpi, place)
EngineState = tuple[dict[KpiKey, KpiValue], dict[KpiKey, KpiValue]]  # what is told, what is known


class KpiEngine:
    """Holds the current value of every KPI and decides which are due. One per poller."""

    def __init__(self, kpis: Sequence[Kpi], latest_values: LatestValues, current: dict[KpiKey, KpiValue]) -> None:
        self._latest_values = latest_values
        self._kpis = {one.key: one for one in kpis}
        self._places = {one.key: self._places_of(one) for one in kpis}
        self._fast, self._slow = self._readers(slow=False), self._readers(slow=True)
        twins = latest_values.redundant_series.keys()
        self._redundant_kpis = {
            one.key for one in kpis if not twins.isdisjoint({*one.formula.inputs, *one.formula.denominator})
        }
        self._suppressed_kpis = {
            one.key for one in kpis if one.has_small_cells and one.has_places and one.formula.op is FormulaOp.SUM
        }
        self.current = {key: value for key, value in current.items() if key[0] in self._kpis}
        self._unsuppressed = dict(self.current)  # before any is kept back
        self._dirty: set[KpiKey] = {(key, place) for key in self._kpis for place in self._places[key]}
        self._slow_dirty: set[KpiKey] = set()
        self._slow_at: datetime | None = None
        self._earlier: dict[str, tuple[datetime, float | None]] = {}

    def _places_of(self, kpi: Kpi) -> tuple[str, ...]:
        if not kpi.has_places:
            return ("",)
        inputs = (*kpi.formula.inputs, *kpi.formula.denominator)
        return ("", *sorted({place for key in inputs if (place := self._latest_values.series(key).place)}))

    def _readers(self, *, slow: bool) -> dict[str, set[KpiKey]]:
        """series -> the KPIs, whole and by place, that read it."""
        readers: dict[str, set[KpiKey]] = defaultdict(set)
        for kpi in self._kpis.values():
            if _is_slow(kpi) is slow:
                for series in (*kpi.formula.inputs, *kpi.formula.denominator):
                    place = self._latest_values.series(series).place
                    reading = {(kpi.key, at) for at in ("", place) if at in self._places[kpi.key]}
                    for told in (series, *self._latest_values.redundant_series.get(series, ())):
                        readers[told] |= reading
        return readers

    def save_state(self) -> EngineState:
        """For `back`, should what `work` gives not be kept."""
        return dict(self.current), dict(self._unsuppressed)

    def restore_state(self, state: EngineState) -> None:
        """As it was then: what has been worked out since was told to nobody."""
        self.current, self._unsuppressed = state

    def mark_changed(self, series: Iterable[str]) -> None:
        """These series have new readings, or their source's health moved."""
        for one in series:
            self._dirty |= self._fast.get(one, set())
            self._slow_dirty |= self._slow.get(one, set())

    def is_due(self, now: datetime) -> bool:
        """Whether `work` would have something to do."""
        return bool(self._dirty or self._expired(now) or (self._slow_dirty and self._is_slow_due(now)))

    def _is_slow_due(self, now: datetime) -> bool:
        return self._slow_at is None or not timedelta(0) <= now - self._slow_at < SLOW_INTERVAL

    def _expired(self, now: datetime) -> set[KpiKey]:
        """Values that were good and whose oldest input has passed its age limit since."""
        return {
            key
            for key, one in self._unsuppressed.items()
            if one.state is FigureState.OK and one.data_time and now - one.data_time > one.age_limit
        }

    def evaluate_due(self, now: datetime) -> list[KpiValue]:
        """The values that are due and differ from those held; they are held from now on. Needs the board's `past`."""
        due = self._dirty | self._expired(now)
        if self._is_slow_due(now):
            due |= self._slow_dirty
            self._slow_dirty, self._slow_at = set(), now
        self._dirty = set()
        found = {key: value for key in sorted(due) if (value := self._compute(key, now)) != self._unsuppressed.get(key)}
        self._unsuppressed |= found
        untold = {
            kpi: self._suppressed_places(kpi) for kpi in sorted({key[0] for key in found} & self._suppressed_kpis)
        }
        found |= {key: self._unsuppressed[key] for kpi in untold for key in self._keys_of(kpi)}
        moved = [
            told
            for key, value in found.items()
            if (told := self._published(value, untold.get(key[0], ()), now)) != self.current.get(key)
        ]
        self.current.update({(one.key, one.place): one for one in moved})
        return moved

    def _keys_of(self, kpi: str) -> list[KpiKey]:
        return [key for place in self._places[kpi] if (key := (kpi, place)) in self._unsuppressed]

    def _published(self, value: KpiValue, suppressed_places: Collection[str], now: datetime) -> KpiValue:
        """What is told of it: nothing where, with the city's total, it would give away a count of too few people."""
        if value.place not in suppressed_places:
            return value
        held = self.current.get((value.key, value.place))
        since = held.since if held and held.reason == SECONDARY_SUPPRESSION else now
        bare = KpiValue(value.key, FigureState.NO_DATA, since, place=value.place, reason=SECONDARY_SUPPRESSION)
        return replace(bare, is_simulated=value.is_simulated, data_time=value.data_time, age_limit=value.age_limit)

    def _suppressed_places(self, kpi: str) -> frozenset[str]:
        scale, total = self._kpis[kpi].formula.scale or 1.0, self._unsuppressed.get((kpi, ""))
        if total is None or total.value is None:
            return frozenset()
        units = [self._unsuppressed[key] for key in self._keys_of(kpi) if key[1]]
        told = {one.place: one.value / scale for one in units if one.value is not None}
        return suppressed_units(
            total.value / scale, told, {one.place for one in units if one.reason == PRIMARY_SUPPRESSION}
        )

    def _compute(self, key: KpiKey, now: datetime) -> KpiValue:
        kpi, held = self._kpis[key[0]], self._unsuppressed.get(key)
        try:
            value = self._evaluate(kpi, now, held, key[1])
        except ArithmeticError:  # one row's formula must not stop the others
            log.exception("the KPI %s cannot be worked out", kpi.key)
            value = KpiValue(kpi.key, FigureState.ERROR, now, place=key[1])
        if value.value is None or key[1]:
            return value
        earlier = self._at_start_of_change(kpi, now)
        return value if earlier is None else replace(value, change=round_half_away(value.value - earlier, kpi.decimals))

    def _evaluate(self, kpi: Kpi, now: datetime, held: KpiValue | None, place: str) -> KpiValue:
        """By the same rule as the map: a twin stands in for a main series that is not good, and is named."""
        if kpi.key not in self._redundant_kpis:
            return evaluate(kpi, self._latest_values, now, held, place)
        inputs = FailoverInputs(self._latest_values, self._latest_values.redundant_series, now)
        value = evaluate(kpi, inputs, now, held, place)
        named = next(iter(inputs.failovers.values()), "")
        return replace(value, reason=named) if named and value.state is FigureState.OK else value

    def _at_start_of_change(self, kpi: Kpi, now: datetime) -> float | None:
        looked, earlier = self._earlier.get(kpi.key, (None, None))
        # Where there is none yet, the past may still be filling.
        lasts = SLOW_INTERVAL if earlier is None else kpi.change_window / CHANGE_REFRESH_PARTS
        if looked is None or not timedelta(0) <= now - looked < lasts:
            found = self._latest_values.before(f"kpi-{kpi.key}", now - kpi.change_window)
            earlier = found.value if found else None
            self._earlier[kpi.key] = (now, earlier)
        return earlier


def _is_slow(kpi: Kpi) -> bool:
    return kpi.formula.window is not None or kpi.formula.op is FormulaOp.CHANGE
