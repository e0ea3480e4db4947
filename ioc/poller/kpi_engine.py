"""KPI values follow the readings: only those are computed again that can have changed."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.domain.base.clock_set_back import is_within
from ioc.domain.kpis.evaluation import evaluate
from ioc.domain.kpis.judgement import round_half_away
from ioc.domain.kpis.kpi import FigureState, FormulaOp, Kpi, KpiValue, SuppressionReason
from ioc.domain.kpis.suppression import suppressed_units
from ioc.poller.failover import FailoverInputs
from ioc.poller.state import LatestValues
from ioc.storage.db.errors import StoreCode, StoreError

log = logging.getLogger("ioc.evaluate")

# A KPI over a window or against an earlier value needs a query: it is computed at most this often.
SLOW_INTERVAL = timedelta(seconds=5)
# What is measured over a span of time is read again after this part of it, also without a new reading: its start moves
# on, so that readings leave a window, and another earlier value is the one that a change is measured against.
REFRESH_PARTS = 60

KpiKey = tuple[str, str]  # (kpi, place)


class EngineState(NamedTuple):
    """What a transaction that is undone returns to: values (published, before suppression) and what was due."""

    current: dict[KpiKey, KpiValue]
    unsuppressed: dict[KpiKey, KpiValue]
    dirty: set[KpiKey]
    slow_dirty: set[KpiKey]
    slow_at: datetime | None
    computed_at: dict[KpiKey, datetime]


class KpiEngine:
    """Holds the current value of every KPI and decides which are due. One per poller."""

    def __init__(self, kpis: Sequence[Kpi], latest_values: LatestValues, current: dict[KpiKey, KpiValue]) -> None:
        self._latest_values = latest_values
        self._kpis = {kpi.key: kpi for kpi in kpis}
        self._places = {kpi.key: self._places_of(kpi) for kpi in kpis}
        self._fast, self._slow = self._readers(slow=False), self._readers(slow=True)
        redundant = latest_values.redundant_series.keys()
        self._redundant_kpis = {
            kpi.key for kpi in kpis if not redundant.isdisjoint({*kpi.formula.inputs, *kpi.formula.denominator})
        }
        self._suppressed_kpis = {
            kpi.key for kpi in kpis if kpi.has_small_cells and kpi.has_places and kpi.formula.op is FormulaOp.SUM
        }
        self.current = {key: value for key, value in current.items() if key[1] in self._places.get(key[0], ())}
        self._unsuppressed = dict(self.current)  # before secondary suppression
        self._dirty = set[KpiKey]()
        self.mark_all_changed()
        self._slow_dirty: set[KpiKey] = set()
        self._slow_at: datetime | None = None
        self._refresh_spans = {
            kpi.key: max(SLOW_INTERVAL, span / REFRESH_PARTS) for kpi in kpis if (span := kpi.formula.span)
        }
        self._computed_at: dict[KpiKey, datetime] = {}  # of each value of the KPIs in `_refresh_spans`
        self._change_bases: dict[str, tuple[datetime, float | None]] = {}  # KPI -> when it was read, value

    def _places_of(self, kpi: Kpi) -> tuple[str, ...]:
        if not kpi.has_places:
            return ("",)
        inputs = (*kpi.formula.inputs, *kpi.formula.denominator)
        return ("", *sorted({place for key in inputs if (place := self._latest_values.series(key).place)}))

    def _readers(self, *, slow: bool) -> dict[str, set[KpiKey]]:
        """Series -> the KPIs, of the whole city and by place, that read it or for which it may stand in."""
        readers: dict[str, set[KpiKey]] = defaultdict(set)
        for kpi in self._kpis.values():
            if _is_slow(kpi) is slow:
                for series in (*kpi.formula.inputs, *kpi.formula.denominator):
                    place = self._latest_values.series(series).place
                    keys = {(kpi.key, at) for at in ("", place) if at in self._places[kpi.key]}
                    for candidate in (series, *self._latest_values.redundant_series.get(series, ())):
                        readers[candidate] |= keys
        return readers

    def save_state(self) -> EngineState:
        """For `restore_state`, should the transaction of the next `evaluate_due` fail."""
        return EngineState(
            dict(self.current), dict(self._unsuppressed),
            set(self._dirty), set(self._slow_dirty), self._slow_at, dict(self._computed_at),
        )  # fmt: skip

    def restore_state(self, state: EngineState) -> None:
        """Forget what was computed since `save_state`: it was not committed, and what was due then is due again."""
        self.current, self._unsuppressed, self._slow_at = state.current, state.unsuppressed, state.slow_at
        self._computed_at = state.computed_at
        self._dirty |= state.dirty
        self._slow_dirty |= state.slow_dirty

    def mark_changed(self, series: Iterable[str]) -> None:
        """These series have new readings, or the health of their source changed."""
        for key in series:
            self._dirty |= self._fast.get(key, set())
            self._slow_dirty |= self._slow.get(key, set())

    def is_due(self, now: datetime) -> bool:
        """Whether `evaluate_due` would compute anything."""
        has_slow = self._slow_dirty and self._is_slow_due(now)
        return bool(self._dirty or self._expired(now) or self._moved_on(now) or has_slow)

    def mark_all_changed(self) -> None:
        """Every value is computed again: the clock was set back."""
        self._dirty = {(key, place) for key in self._kpis for place in self._places[key]}

    def _is_slow_due(self, now: datetime) -> bool:
        return self._slow_at is None or not is_within(SLOW_INTERVAL, self._slow_at, now)

    def _expired(self, now: datetime) -> set[KpiKey]:
        """Good values whose oldest input has passed its age limit since."""
        return {key for key, value in self._unsuppressed.items() if value.is_expired(now)}

    def _moved_on(self, now: datetime) -> set[KpiKey]:
        """Values over a span of time whose start has moved on since: also where their source is not polled."""
        computed = self._computed_at.items()
        moved = {key for key, at in computed if not is_within(self._refresh_spans[key[0]], at, now)}
        return moved | {
            key
            for kpi, (read_at, _) in self._change_bases.items()
            if (value := self._unsuppressed.get(key := (kpi, ""))) and value.change is not None
            if not is_within(self._kpis[kpi].change_window / REFRESH_PARTS, read_at, now)
        }

    def evaluate_due(self, now: datetime) -> list[KpiValue]:
        """Compute what is due; the values that differ from the published ones, which they replace.

        The history of the latest values must be set.
        """
        due = self._dirty | self._expired(now) | self._moved_on(now)
        if self._is_slow_due(now):
            due |= self._slow_dirty
            self._slow_dirty, self._slow_at = set(), now
        self._dirty = set()
        self._computed_at |= {key: now for key in due if key[0] in self._refresh_spans}
        changed = {
            key: value for key in sorted(due) if (value := self._compute(key, now)) != self._unsuppressed.get(key)
        }
        self._unsuppressed |= changed
        suppressed = {
            kpi: self._suppressed_places(kpi) for kpi in sorted({key[0] for key in changed} & self._suppressed_kpis)
        }
        # One changed count may change which units of its KPI are suppressed: all of them are published again.
        changed |= {key: self._unsuppressed[key] for kpi in suppressed for key in self._keys_of(kpi)}
        published = [self._published(value, suppressed.get(key[0], ()), now) for key, value in changed.items()]
        news = [value for value in published if value != self.current.get((value.key, value.place))]
        self.current.update({(value.key, value.place): value for value in news})
        return news

    def _keys_of(self, kpi: str) -> list[KpiKey]:
        return [key for place in self._places[kpi] if (key := (kpi, place)) in self._unsuppressed]

    def _published(self, value: KpiValue, suppressed_places: Collection[str], now: datetime) -> KpiValue:
        """`value`, or none where with the city's total it would disclose the count of a unit with too few people."""
        if value.place not in suppressed_places:
            return value
        previous = self.current.get((value.key, value.place))
        since = previous.since if previous and previous.suppression is SuppressionReason.SECONDARY else now
        return KpiValue(
            value.key,
            FigureState.NO_DATA,
            since,
            place=value.place,
            is_simulated=value.is_simulated,
            data_time=value.data_time,
            age_limit=value.age_limit,
            reason=SuppressionReason.SECONDARY,
        )

    def _suppressed_places(self, kpi: str) -> frozenset[str]:
        scale, total = self._kpis[kpi].formula.scale or 1.0, self._unsuppressed.get((kpi, ""))
        if total is None or total.value is None:
            return frozenset()
        units = [self._unsuppressed[key] for key in self._keys_of(kpi) if key[1]]
        counts = {unit.place: unit.value / scale for unit in units if unit.value is not None}
        small = {unit.place for unit in units if unit.suppression is SuppressionReason.SMALL_COUNT}
        return suppressed_units(total.value / scale, counts, small)

    def _compute(self, key: KpiKey, now: datetime) -> KpiValue:
        kpi, previous = self._kpis[key[0]], self._unsuppressed.get(key)
        try:  # one row's formula, or what is damaged of its readings, must not stop the others
            value = self._evaluate(kpi, now, previous, key[1])
        except (ArithmeticError, StoreError) as error:
            _refuse_other_failures(error)
            is_new = previous is None or previous.state is not FigureState.ERROR
            if is_new:
                is_of_program = not isinstance(error, StoreError)
                log.error("the KPI %s cannot be computed: %s", kpi.key, error, exc_info=is_of_program)
            since = now if previous is None or is_new else previous.since
            return KpiValue(kpi.key, FigureState.ERROR, since, place=key[1])
        if (
            value.state is FigureState.ERROR
            and not value.reason
            and (not previous or previous.state is not value.state)
        ):
            log.warning("the KPI %s is no figure: its result is too large", kpi.key)
        if value.value is None or key[1]:
            return value
        base = self._change_base(kpi, now)
        return value if base is None else replace(value, change=round_half_away(value.value - base, kpi.decimals))

    def _evaluate(self, kpi: Kpi, now: datetime, previous: KpiValue | None, place: str) -> KpiValue:
        """By the same failover rule as the map; a good value names the source of the redundant series it rests on."""
        if kpi.key not in self._redundant_kpis:
            return evaluate(kpi, self._latest_values, now, previous, place)
        inputs = FailoverInputs(self._latest_values, self._latest_values.redundant_series, now)
        value = evaluate(kpi, inputs, now, previous, place)
        failover_source = next(iter(inputs.failovers.values()), "")
        if failover_source and value.state is FigureState.OK:
            return replace(value, reason=failover_source)
        return value

    def _change_base(self, kpi: Kpi, now: datetime) -> float | None:
        """The KPI's value one change window ago, None where there was none."""
        read_at, base = self._change_bases.get(kpi.key, (None, None))
        # Without a value the history may still be filling: it is read again soon.
        lifetime = SLOW_INTERVAL if base is None else kpi.change_window / REFRESH_PARTS
        if read_at is None or not is_within(lifetime, read_at, now):
            try:
                earlier = self._latest_values.before(f"kpi-{kpi.key}", now - kpi.change_window)
            except StoreError as error:  # the value itself is sound
                _refuse_other_failures(error)
                log.warning("the change of the KPI %s cannot be computed: %s", kpi.key, error)
                earlier = None
            base = earlier.value if earlier else None
            self._change_bases[kpi.key] = (now, base)
        return base


def _refuse_other_failures(error: Exception) -> None:
    """Raises `error` of a store that cannot be read at all; damage counts for one KPI alone."""
    if isinstance(error, StoreError) and error.failure.code != StoreCode.DAMAGED:
        raise error


def _is_slow(kpi: Kpi) -> bool:
    return kpi.formula.span is not None
