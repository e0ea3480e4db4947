"""How a KPI's value, state and level follow from readings at a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FEW, SMALL, Formula, Inputs, Kpi, KpiValue, Latest, Limit, Op, Severity, State


@dataclass(frozen=True, slots=True)
class _Input:
    state: State
    latest: Latest | None
    source: Source


def evaluate(kpi: Kpi, inputs: Inputs, now: datetime, before: KpiValue | None, place: str = "") -> KpiValue:
    """The KPI's value at `now`, for the whole city or one `place`; `before` is the one held until now."""
    formula = kpi.formula if not place else _within(kpi.formula, inputs, place)
    seen = {key: _look(key, inputs, now) for key in (*formula.inputs, *formula.to)}
    usable = {key for key, one in seen.items() if one.state is State.OK}
    state = State.OK if len(usable) >= max(1e-9, formula.need * len(seen)) else _worst(seen)
    number = _compute(formula, usable, inputs, now) if state is State.OK else None
    small = bool(place) and kpi.small_cells and number is not None and _small(formula, number, usable, inputs, now)
    if small:
        number = None
    if state is State.OK and number is None:
        state = State.NO_DATA
    value = _settle(kpi, inputs, now, before, place, seen, usable, state, number)
    return replace(value, last_value=None, reason=SMALL) if small else value


def few(count: float) -> bool:
    """Whether that many people are too few to be told of; none is not."""
    return 0 < count < FEW


def _small(formula: Formula, number: float, usable: set[str], inputs: Inputs, now: datetime) -> bool:
    """Whether `number` counts too few, or is a share of too few."""
    if formula.op is Op.RATIO:
        return few(_sum(formula.to, formula.window, usable, inputs, now) or 0.0)
    return few(number / (formula.scale or 1.0))


def _settle(
    kpi: Kpi, inputs: Inputs, now: datetime, before: KpiValue | None, place: str,
    seen: Mapping[str, _Input], usable: set[str], state: State, number: float | None,
) -> KpiValue:  # fmt: skip
    value = None if number is None else rounded(number, kpi.decimals)
    limit = None if value is None else level(kpi.limits, value, before.level if before else "")
    times = [one.latest.observed for key, one in seen.items() if one.latest and (key in usable or not usable)]
    data_time = min(times, default=before.data_time if before else None)
    key = limit.key if limit else ""
    same = before is not None and before.state == state and before.level == key
    return KpiValue(
        key=kpi.key,
        state=state,
        since=before.since if before and same else now,
        value=value,
        place=place,
        level=key,
        severity=limit.severity if limit else Severity.NORMAL,
        simulated=any(one.source.simulated for one in seen.values()),
        data_time=data_time,
        last_value=value if value is not None else (before.last_value if before else None),
        age_limit=min((one.source.age_limit for one in seen.values()), default=timedelta(0)),
        reason=next((one.source.key for one in seen.values() if one.state is state), "")
        if state is not State.OK
        else "",
        phoned=any(one.latest.quality == "phoned" for key, one in seen.items() if one.latest and key in usable),
    )


def rounded(number: float, decimals: int) -> float:
    """Half away from zero at `decimals` places, as people round; never −0."""
    shift: float = 10.0**decimals
    scaled = abs(number) * shift
    return (int(scaled + 0.5 + scaled * 1e-12) / shift) * (-1 if number < 0 else 1) + 0.0


def level(limits: Sequence[Limit], value: float, held: str) -> Limit | None:
    """The most serious limit that holds at `value`; `held` is the key of the one that held before."""
    keys = [one.key for one in limits]
    reached = keys.index(held) if held in keys else -1
    holding = [one for n, one in enumerate(limits) if one.holds(value, n <= reached)]
    return holding[-1] if holding else None


def _within(formula: Formula, inputs: Inputs, place: str) -> Formula:
    def here(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(key for key in keys if inputs.series(key).place == place)

    return Formula(formula.op, here(formula.inputs), here(formula.to), formula.window, formula.scale, formula.need)


def series_state(latest: Latest | None, source: Source, health: Health, now: datetime) -> State:
    """The state of a single series' figure at `now`."""
    if health.state is SourceState.OFF:
        return State.OFF
    failed = health.state in (SourceState.DOWN, SourceState.REFUSED)
    if latest is None or latest.value is None:
        return State.ERROR if failed else State.NO_DATA
    if now - latest.observed > source.age_limit:
        return State.ERROR if failed else State.STALE
    return State.OK


def _look(key: str, inputs: Inputs, now: datetime) -> _Input:
    source, latest = inputs.source(key), inputs.latest(key)
    return _Input(series_state(latest, source, inputs.health(source.key), now), latest, source)


_WORST = (State.ERROR, State.STALE, State.NO_DATA, State.OFF)


def _worst(seen: Mapping[str, _Input]) -> State:
    states = {one.state for one in seen.values()}
    return next((state for state in _WORST if state in states), State.NO_DATA)


def _compute(formula: Formula, usable: set[str], inputs: Inputs, now: datetime) -> float | None:
    if formula.op is Op.RATIO:
        over, under = (_sum(keys, formula.window, usable, inputs, now) for keys in (formula.inputs, formula.to))
        return None if over is None or not under else over / under * formula.scale
    keys = [key for key in formula.inputs if key in usable]
    if formula.op is Op.CHANGE:
        number = _change(keys, formula.window or timedelta(hours=1), inputs, now)
    elif formula.window is None:
        number = _across(
            formula.op, [one.value for key in keys if (one := inputs.latest(key)) and one.value is not None]
        )
    else:
        number = _over(formula, keys, formula.window, inputs, now)
    return None if number is None else number * formula.scale


def _across(op: Op, values: Sequence[float]) -> float | None:
    if not values:
        return None
    match op:
        case Op.LAST | Op.SUM:
            return sum(values)
        case Op.MEAN:
            return sum(values) / len(values)
        case Op.MAX:
            return max(values)
        case Op.MIN:
            return min(values)
        case _:
            return float(len(values))


def _over(formula: Formula, keys: Sequence[str], window: timedelta, inputs: Inputs, now: datetime) -> float | None:
    start = now - window
    parts = [part for key in keys if (part := inputs.window(key, start, now))]
    count = sum(part.count for part in parts)
    if formula.op is Op.COUNT:
        return float(count) if count or _live_through(keys, start, inputs) else None
    if not count:
        return None
    match formula.op:
        case Op.SUM:
            return sum(part.total for part in parts)
        case Op.MEAN:
            return sum(part.total for part in parts) / count
        case Op.MAX:
            return max(part.high for part in parts)
        case Op.MIN:
            return min(part.low for part in parts)
        case _:
            return sum(part.last for part in parts)


def _live_through(keys: Sequence[str], start: datetime, inputs: Inputs) -> bool:
    """A count of nothing is zero only if every source was live through the whole window."""
    healths = [inputs.health(inputs.source(key).key) for key in keys]
    return bool(healths) and all(one.state is SourceState.LIVE and one.since <= start for one in healths)


def _sum(
    keys: Sequence[str], window: timedelta | None, usable: set[str], inputs: Inputs, now: datetime
) -> float | None:
    formula = Formula(Op.SUM, tuple(keys), window=window)
    return _compute(formula, usable, inputs, now)


def _change(keys: Sequence[str], window: timedelta, inputs: Inputs, now: datetime) -> float | None:
    total = 0.0
    for key in keys:
        latest, earlier = inputs.latest(key), inputs.before(key, now - window)
        if latest is None or earlier is None or latest.value is None or earlier.value is None:
            return None
        total += latest.value - earlier.value
    return total if keys else None
