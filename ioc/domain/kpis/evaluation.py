"""The value, state and level of a KPI at a moment, computed from readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ioc.domain.ingest.health import SourceState
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.judgement import NO_JUDGEMENT, judge, judgement_of, round_half_away
from ioc.domain.kpis.kpi import (
    SMALL_CELL_LIMIT,
    FigureState,
    Formula,
    FormulaOp,
    Kpi,
    KpiInputs,
    KpiValue,
    Latest,
    SuppressionReason,
)
from ioc.domain.kpis.moment import series_state

MAX_FIGURE = 1e18  # beyond it a number is no figure, such as a share of next to nothing
_ROUNDING_ERROR = 1e-12  # of a sum of floats, as a part of the sum of their sizes: 0.1 + 0.2 - 0.3 is 5.6e-17


@dataclass(frozen=True, slots=True)
class _InputState:
    state: FigureState
    latest: Latest | None
    source: Source


def evaluate(kpi: Kpi, inputs: KpiInputs, now: datetime, previous: KpiValue | None, place: str = "") -> KpiValue:
    """The KPI's value at `now`, for the whole city or one `place`. `previous`: the value until now."""
    formula = kpi.formula if not place else _restrict_to_place(kpi.formula, inputs, place)
    states = {key: _input_state(key, inputs, now) for key in (*formula.inputs, *formula.denominator)}
    usable = _without_halves(
        formula, {key for key, item in states.items() if item.state is FigureState.OK}, inputs, now
    )
    is_usable = len(usable) >= max(1e-9, formula.min_usable_share * len(states) - 1e-9)
    state = FigureState.OK if is_usable else _worst_state(states)
    number = _compute(formula, usable, inputs, now) if state is FigureState.OK else None
    is_suppressed = (
        bool(place)
        and kpi.has_small_cells
        and number is not None
        and _is_small_cell_result(formula, number, usable, inputs, now)
    )
    if is_suppressed:
        number = None
    if state is FigureState.OK and number is None:
        state = FigureState.NO_DATA
    if number is not None and not abs(number) <= MAX_FIGURE:
        return replace(_build_value(kpi, now, previous, place, states, usable, FigureState.ERROR, None), reason="")
    value = _build_value(kpi, now, previous, place, states, usable, state, number)
    return replace(value, last_value=None, reason=SuppressionReason.SMALL_COUNT) if is_suppressed else value


def _without_halves(formula: Formula, usable: set[str], inputs: KpiInputs, now: datetime) -> set[str]:
    """`usable` without those of a ratio of whose pair any is missing: 90 of nothing is no part of a share."""

    def is_missing(key: str) -> bool:
        return key not in usable or bool(formula.window and not inputs.window(key, now - formula.window, now))

    return usable - {key for pair in formula.pairs if any(map(is_missing, pair)) for key in pair}


def is_small_cell(count: float) -> bool:
    """Whether a count of that many people is too small to be published; 0 is not."""
    return 0 < count < SMALL_CELL_LIMIT


def _is_small_cell_result(formula: Formula, number: float, usable: set[str], inputs: KpiInputs, now: datetime) -> bool:
    """Whether `number` is a count of too few people, or a share of too few."""
    if formula.op is FormulaOp.RATIO:
        return is_small_cell(_sum(formula.denominator, formula.window, usable, inputs, now) or 0.0)
    return is_small_cell(number / (formula.scale or 1.0))


def _build_value(
    kpi: Kpi, now: datetime, previous: KpiValue | None, place: str, states: Mapping[str, _InputState],
    usable: set[str], state: FigureState, number: float | None,
) -> KpiValue:  # fmt: skip
    value = None if number is None else round_half_away(number, kpi.decimals)
    judgement = NO_JUDGEMENT if value is None else judge(kpi, value, place, previous)
    times = [item.latest.observed for key, item in states.items() if item.latest and (key in usable or not usable)]
    failing = next((item.source.key for item in states.values() if item.state is state), "")
    data_time = min(times, default=previous.data_time if previous else None)
    age_limit, expiring_source = _age_limit([states[key] for key in sorted(usable)], data_time)
    return KpiValue(
        key=kpi.key,
        state=state,
        since=previous.since if previous and (previous.state, judgement_of(previous)) == (state, judgement) else now,
        value=value,
        place=place,
        level=judgement.level,
        severity=judgement.severity,
        is_simulated=any(item.source.is_simulated for item in states.values()),
        data_time=data_time,
        last_value=value if value is not None else (previous.last_value if previous else None),
        age_limit=age_limit or min((item.source.age_limit for item in states.values()), default=timedelta(0)),
        reason="" if state is FigureState.OK else failing,
        is_phoned=any(item.latest.quality == "phoned" for key, item in states.items() if item.latest and key in usable),
        is_target_met=judgement.is_target_met,
        expiring_source=expiring_source,
    )


def _age_limit(usable: Sequence[_InputState], data_time: datetime | None) -> tuple[timedelta | None, str]:
    """How long after `data_time` the first of the inputs passes its own age limit, and its source."""
    expiries = [(item.latest.observed + item.source.age_limit, item.source.key) for item in usable if item.latest]
    if not expiries or data_time is None:
        return None, ""
    first, source = min(expiries)
    return first - data_time, source


def _restrict_to_place(formula: Formula, inputs: KpiInputs, place: str) -> Formula:
    """`formula` with the series of `place`. A part of a ratio without both halves there stays whole: it is left out."""

    def of_place(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(key for key in keys if inputs.series(key).place == place)

    numerators, denominators = of_place(formula.inputs), of_place(formula.denominator)
    pairs = [
        part if set(numerators).isdisjoint(part) or set(denominators).isdisjoint(part) else of_place(part)
        for part in formula.pairs
    ]
    return replace(formula, inputs=numerators, denominator=denominators, pairs=tuple(pairs))


def _input_state(key: str, inputs: KpiInputs, now: datetime) -> _InputState:
    source, latest = inputs.source(key), inputs.latest(key)
    return _InputState(series_state(latest, source, inputs.health(source.key), now), latest, source)


_WORST_FIRST = (FigureState.ERROR, FigureState.STALE, FigureState.NO_DATA, FigureState.OFF)


def _worst_state(states: Mapping[str, _InputState]) -> FigureState:
    found = {item.state for item in states.values()}
    return next((state for state in _WORST_FIRST if state in found), FigureState.NO_DATA)


def _compute(formula: Formula, usable: set[str], inputs: KpiInputs, now: datetime) -> float | None:
    if formula.op is FormulaOp.RATIO:
        return _share(formula, usable, inputs, now)
    # The highest of a window stays it when its series falls silent.
    is_extreme = formula.window is not None and formula.op in (FormulaOp.MAX, FormulaOp.MIN)
    keys = [key for key in formula.inputs if key in usable or (is_extreme and inputs.source(key).is_enabled)]
    if formula.span is None:
        latest = [inputs.latest(key) for key in keys]
        number = _aggregate_latest(formula.op, [value.value for value in latest if value and value.value is not None])
    elif formula.op is FormulaOp.CHANGE:
        number = _change(keys, formula.span, inputs, now)
    else:
        number = _aggregate_window(formula, keys, formula.span, inputs, now)
    return None if number is None else number * formula.scale


def _aggregate_latest(op: FormulaOp, values: Sequence[float]) -> float | None:
    if not values:
        return None
    match op:
        case FormulaOp.LAST | FormulaOp.SUM:
            return sum(values)
        case FormulaOp.MEAN:
            return sum(values) / len(values)
        case FormulaOp.MAX:
            return max(values)
        case FormulaOp.MIN:
            return min(values)
        case _:
            return float(len(values))


def _aggregate_window(
    formula: Formula, keys: Sequence[str], window: timedelta, inputs: KpiInputs, now: datetime
) -> float | None:
    start = now - window
    parts = [part for key in keys if (part := inputs.window(key, start, now))]
    count = sum(part.count for part in parts)
    if formula.op is FormulaOp.COUNT:
        return float(count) if count or _was_live_throughout(keys, start, inputs) else None
    if not count:
        return None
    match formula.op:
        case FormulaOp.SUM:
            return sum(part.total for part in parts)
        case FormulaOp.MEAN:  # a series that is sent more often than another counts no more
            means = [part.total / part.count for part in parts if part.count]
            return sum(means) / len(means)
        case FormulaOp.MAX:
            return max(part.high for part in parts)
        case FormulaOp.MIN:
            return min(part.low for part in parts)
        case _:
            return sum(part.last for part in parts)


def _was_live_throughout(keys: Sequence[str], start: datetime, inputs: KpiInputs) -> bool:
    """Whether every source was live through the whole window: only then does no reading mean a count of 0."""
    healths = [inputs.health(inputs.source(key).key) for key in keys]
    return bool(healths) and all(health.state is SourceState.LIVE and health.since <= start for health in healths)


def _share(formula: Formula, usable: set[str], inputs: KpiInputs, now: datetime) -> float | None:
    """None where the denominator is 0, or what rounding leaves of 0."""
    numerator, denominator = (
        _sum(keys, formula.window, usable, inputs, now) for keys in (formula.inputs, formula.denominator)
    )
    if numerator is None or denominator is None:
        return None
    sizes = sum(_size(key, formula.window, inputs, now) for key in formula.denominator if key in usable)
    return None if abs(denominator) <= _ROUNDING_ERROR * sizes else numerator / denominator * formula.scale


def _size(key: str, window: timedelta | None, inputs: KpiInputs, now: datetime) -> float:
    """At least the sum of the absolute values that are summed up of a series; of a window the count by the largest."""
    if window is None:
        latest = inputs.latest(key)
        return abs(latest.value or 0.0) if latest else 0.0
    part = inputs.window(key, now - window, now)
    return part.count * max(abs(part.low), abs(part.high)) if part else 0.0


def _sum(
    keys: Sequence[str], window: timedelta | None, usable: set[str], inputs: KpiInputs, now: datetime
) -> float | None:
    formula = Formula(FormulaOp.SUM, tuple(keys), window=window)
    return _compute(formula, usable, inputs, now)


def _change(keys: Sequence[str], window: timedelta, inputs: KpiInputs, now: datetime) -> float | None:
    total = 0.0
    for key in keys:
        latest, earlier = inputs.latest(key), inputs.before(key, now - window)
        if latest is None or earlier is None or latest.value is None or earlier.value is None:
            return None
        if latest.observed <= now - window:  # it is the earlier one: of the time since nothing is known
            return None
        total += latest.value - earlier.value
    return total if keys else None
