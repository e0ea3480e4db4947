"""KPI values follow the readings: those that can have moved are worked out anew, no others."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ioc.domain.kpis.evaluation import evaluate, rounded
from ioc.domain.kpis.kpi import KEPT, SMALL, Kpi, KpiValue, Op, State
from ioc.domain.kpis.suppression import kept
from ioc.poller.failover import StandingIn
from ioc.poller.state import Board

log = logging.getLogger("ioc.evaluate")

# A figure over a window or against an earlier value needs a query: it is worked out at most this often.
SLOW = timedelta(seconds=5)
# What a change is measured against moves slowly: it is looked up again after this part of its span.
CHANGE_PARTS = 60

Key = tuple[str, str]  # (kpi, place)
Held = tuple[dict[Key, KpiValue], dict[Key, KpiValue]]  # what is told, what is known


class Evaluator:
    """Holds the current value of every KPI and decides which are due. One per poller."""

    def __init__(self, kpis: Sequence[Kpi], board: Board, current: dict[Key, KpiValue]) -> None:
        self._board = board
        self._kpis = {one.key: one for one in kpis}
        self._places = {one.key: self._places_of(one) for one in kpis}
        self._fast, self._slow = self._readers(slow=False), self._readers(slow=True)
        twins = board.twins.keys()
        self._paired = {one.key for one in kpis if not twins.isdisjoint({*one.formula.inputs, *one.formula.to})}
        self._guarded = {one.key for one in kpis if one.small_cells and one.by_place and one.formula.op is Op.SUM}
        self.current = {key: value for key, value in current.items() if key[0] in self._kpis}
        self._known = dict(self.current)  # before any is kept back
        self._dirty: set[Key] = {(key, place) for key in self._kpis for place in self._places[key]}
        self._slow_dirty: set[Key] = set()
        self._slow_at: datetime | None = None
        self._earlier: dict[str, tuple[datetime, float | None]] = {}

    def _places_of(self, kpi: Kpi) -> tuple[str, ...]:
        if not kpi.by_place:
            return ("",)
        inputs = (*kpi.formula.inputs, *kpi.formula.to)
        return ("", *sorted({place for key in inputs if (place := self._board.series(key).place)}))

    def _readers(self, *, slow: bool) -> dict[str, set[Key]]:
        """series -> the KPIs, whole and by place, that read it."""
        readers: dict[str, set[Key]] = defaultdict(set)
        for kpi in self._kpis.values():
            if _is_slow(kpi) is slow:
                for series in (*kpi.formula.inputs, *kpi.formula.to):
                    place = self._board.series(series).place
                    reading = {(kpi.key, at) for at in ("", place) if at in self._places[kpi.key]}
                    for told in (series, *self._board.twins.get(series, ())):
                        readers[told] |= reading
        return readers

    def held(self) -> Held:
        """For `back`, should what `work` gives not be kept."""
        return dict(self.current), dict(self._known)

    def back(self, held: Held) -> None:
        """As it was then: what has been worked out since was told to nobody."""
        self.current, self._known = held

    def touch(self, series: Iterable[str]) -> None:
        """These series have new readings, or their source's health moved."""
        for one in series:
            self._dirty |= self._fast.get(one, set())
            self._slow_dirty |= self._slow.get(one, set())

    def due(self, now: datetime) -> bool:
        """Whether `work` would have something to do."""
        return bool(self._dirty or self._expired(now) or (self._slow_dirty and self._slow_due(now)))

    def _slow_due(self, now: datetime) -> bool:
        return self._slow_at is None or not timedelta(0) <= now - self._slow_at < SLOW

    def _expired(self, now: datetime) -> set[Key]:
        """Values that were good and whose oldest input has passed its age limit since."""
        return {
            key
            for key, one in self._known.items()
            if one.state is State.OK and one.data_time and now - one.data_time > one.age_limit
        }

    def work(self, now: datetime) -> list[KpiValue]:
        """The values that are due and differ from those held; they are held from now on. Needs the board's `past`."""
        due = self._dirty | self._expired(now)
        if self._slow_due(now):
            due |= self._slow_dirty
            self._slow_dirty, self._slow_at = set(), now
        self._dirty = set()
        found = {key: value for key in sorted(due) if (value := self._value(key, now)) != self._known.get(key)}
        self._known |= found
        untold = {kpi: self._kept(kpi) for kpi in sorted({key[0] for key in found} & self._guarded)}
        found |= {key: self._known[key] for kpi in untold for key in self._of(kpi)}
        moved = [
            told
            for key, value in found.items()
            if (told := self._told(value, untold.get(key[0], ()), now)) != self.current.get(key)
        ]
        self.current.update({(one.key, one.place): one for one in moved})
        return moved

    def _of(self, kpi: str) -> list[Key]:
        return [key for place in self._places[kpi] if (key := (kpi, place)) in self._known]

    def _told(self, value: KpiValue, untold: Collection[str], now: datetime) -> KpiValue:
        """What is told of it: nothing where, with the city's total, it would give away a count of too few people."""
        if value.place not in untold:
            return value
        held = self.current.get((value.key, value.place))
        since = held.since if held and held.reason == KEPT else now
        bare = KpiValue(value.key, State.NO_DATA, since, place=value.place, reason=KEPT)
        return replace(bare, simulated=value.simulated, data_time=value.data_time, age_limit=value.age_limit)

    def _kept(self, kpi: str) -> frozenset[str]:
        scale, total = self._kpis[kpi].formula.scale or 1.0, self._known.get((kpi, ""))
        if total is None or total.value is None:
            return frozenset()
        units = [self._known[key] for key in self._of(kpi) if key[1]]
        told = {one.place: one.value / scale for one in units if one.value is not None}
        return kept(total.value / scale, told, {one.place for one in units if one.reason == SMALL})

    def _value(self, key: Key, now: datetime) -> KpiValue:
        kpi, held = self._kpis[key[0]], self._known.get(key)
        try:
            value = self._evaluated(kpi, now, held, key[1])
        except ArithmeticError:  # one row's formula must not stop the others
            log.exception("the KPI %s cannot be worked out", kpi.key)
            value = KpiValue(kpi.key, State.ERROR, now, place=key[1])
        if value.value is None or key[1]:
            return value
        earlier = self._at_start_of_change(kpi, now)
        return value if earlier is None else replace(value, change=rounded(value.value - earlier, kpi.decimals))

    def _evaluated(self, kpi: Kpi, now: datetime, held: KpiValue | None, place: str) -> KpiValue:
        """By the same rule as the map: a twin stands in for a main series that is not good, and is named."""
        if kpi.key not in self._paired:
            return evaluate(kpi, self._board, now, held, place)
        inputs = StandingIn(self._board, self._board.twins, now)
        value = evaluate(kpi, inputs, now, held, place)
        named = next(iter(inputs.stood.values()), "")
        return replace(value, reason=named) if named and value.state is State.OK else value

    def _at_start_of_change(self, kpi: Kpi, now: datetime) -> float | None:
        looked, earlier = self._earlier.get(kpi.key, (None, None))
        # Where there is none yet, the past may still be filling.
        lasts = SLOW if earlier is None else kpi.change_over / CHANGE_PARTS
        if looked is None or not timedelta(0) <= now - looked < lasts:
            found = self._board.before(f"kpi-{kpi.key}", now - kpi.change_over)
            earlier = found.value if found else None
            self._earlier[kpi.key] = (now, earlier)
        return earlier


def _is_slow(kpi: Kpi) -> bool:
    return kpi.formula.window is not None or kpi.formula.op is Op.CHANGE
