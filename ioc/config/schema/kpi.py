"""kpis.yaml checked and turned into Kpis."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase, translate
from itertools import pairwise

from ioc.config.errors import ConfigFault, suggest
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, Rows, check_exists, check_unique
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import FormulaRow, KpiRow, LimitRow
from ioc.config.schema.source import SeriesIndex
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnknownUnitError, convert
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import RANK, Formula, FormulaOp, Kpi, Limit, Severity, Target

DOMAINS = (
    "socio-economic", "administration", "directives", "citizen-reports", "traffic", "environment", "health",
    "education", "tourism", "information-security", "press",
)  # fmt: skip
_WILDCARD = re.compile(r"(\*+|\?|\[!?\]?[^\]]*\])")  # of fnmatch
_MAX_LISTED = 5  # series that a fault names
CITIZEN_REPORTS = "citizen-reports"  # the domain whose figures count what people sent


@dataclass(frozen=True, slots=True)
class KpiReferences:
    """What KPI rows may refer to."""

    series: SeriesIndex
    owners: Owners


def check(located: LocatedRow[KpiRow]) -> list[ConfigFault]:
    """What is wrong with a row in itself."""
    row = located.row
    faults = check_exists(located, RowCode.UNKNOWN_DOMAIN, row.domain, DOMAINS, "domain")
    if row.target is None and (row.target_deadband or row.target_severity is not Severity.NORMAL):
        field = "target_deadband" if row.target_deadband else "target_severity"
        faults.append(located.fault(Failure(RowCode.NO_TARGET, {"field": field}), None, field))
    if (row.formula.op is FormulaOp.RATIO) != bool(row.formula.to):
        faults.append(located.fault(Failure(RowCode.RATIO_DENOMINATOR), None, "formula"))
    return faults + _check_limits(located)


def _check_limits(located: LocatedRow[KpiRow]) -> list[ConfigFault]:
    """Limits stand from the least serious to the most, all in one direction."""
    faults, rows = list[ConfigFault](), located.row.limits
    for n, (previous, limit) in enumerate(pairwise(rows), 1):
        faults += _check_direction(located, n, previous, limit)
        if RANK[previous.severity] > RANK[limit.severity]:
            failure = Failure(RowCode.LIMIT_LESS_SERIOUS, {"limit": limit.key})
            faults.append(located.fault(failure, Failure(RowCode.LEAST_SERIOUS_FIRST), "limits", n))
    for n, limit in enumerate(rows):
        if limit.key in [earlier.key for earlier in rows[:n]]:
            faults.append(located.fault(Failure(RowCode.LIMIT_TWICE, {"limit": limit.key}), None, "limits", n))
    return faults


def _check_direction(located: LocatedRow[KpiRow], n: int, previous: LimitRow, limit: LimitRow) -> list[ConfigFault]:
    if previous.when != limit.when:
        params = {"limit": limit.key, "direction": limit.when, "previous": previous.when}
        return [located.fault(Failure(RowCode.LIMIT_DIRECTION, params), None, "limits", n)]
    is_rising = previous.when == "above"
    if limit.at > previous.at if is_rising else limit.at < previous.at:
        return []
    suggestion = Failure(RowCode.RISING_LIMITS if is_rising else RowCode.FALLING_LIMITS)
    return [located.fault(Failure(RowCode.LIMIT_OUT_OF_ORDER, {"limit": limit.key}), suggestion, "limits", n)]


def check_references(rows: Rows[KpiRow], references: KpiReferences) -> list[ConfigFault]:
    """Keys are unique; owners and series exist, and the series fit the formula."""
    faults, index = check_unique(rows), references.series
    for located in rows:
        row = located.row
        inputs, denominators = (_matching_series(patterns, index) for patterns in (row.formula.inputs, row.formula.to))
        used = [*inputs, *denominators]
        is_simulated = any(index.is_simulated(key) for key in used)
        faults += references.owners.check(located, row.owner, is_simulated)
        unknown = [fault for part in ("inputs", "to") for fault in _check_series_exist(located, part, index)]
        faults += unknown
        if not unknown and not any(map(index.may_lack, [*row.formula.inputs, *row.formula.to])):
            faults += _check_formula(located, inputs, used, index)
            faults += _check_units(
                located, [index.series[key] for key in inputs], [index.series[key] for key in denominators]
            )
    return faults


def _check_series_exist(located: LocatedRow[KpiRow], part: str, index: SeriesIndex) -> list[ConfigFault]:
    return [
        located.fault(
            Failure(RowCode.UNKNOWN_SERIES, {"name": pattern}),
            suggest(pattern, index.patterns() if "*" in pattern else index.series),
            "formula",
            part,
            n,
        )
        for n, pattern in enumerate(getattr(located.row.formula, part))
        if not _match_pattern(pattern, index) and not index.may_lack(pattern)
    ]


def _check_formula(
    located: LocatedRow[KpiRow], inputs: list[str], used: list[str], index: SeriesIndex
) -> list[ConfigFault]:
    """The series fit the operation. A KPI by place has inputs with places, exercises stand apart."""
    row, faults = located.row, list[ConfigFault]()
    if row.formula.op is FormulaOp.LAST and len(inputs) > 1:
        faults.append(located.fault(Failure(RowCode.LAST_OF_SEVERAL), Failure(RowCode.USE_ANOTHER_OP), "formula", "op"))
    if row.by_place and not any(index.series[key].place for key in inputs):
        faults.append(located.fault(Failure(RowCode.NO_PLACES), Failure(RowCode.GIVE_PLACES), "by_place"))
    if (
        row.formula.op is FormulaOp.RATIO
        and row.formula.min_share < 1
        and (lone := _unpaired(row.formula, used, index))
    ):
        failure = Failure(RowCode.RATIO_NOT_PAIRED, {"series": ", ".join(lone[:_MAX_LISTED])})
        faults.append(located.fault(failure, Failure(RowCode.PAIR_OR_ALL), "formula", "min_share"))
    if len({index.is_drill(key) for key in used}) > 1:
        faults.append(located.fault(Failure(RowCode.DRILL_MIXED), Failure(RowCode.SEPARATE_KPI), "formula"))
    return faults


def _check_units(
    located: LocatedRow[KpiRow], inputs: Sequence[Series], denominators: Sequence[Series]
) -> list[ConfigFault]:
    """The units of the formula's series fit each other, and those of its inputs the KPI's."""
    row = located.row
    if row.formula.op is FormulaOp.COUNT:
        return []
    faults = []
    for series in (inputs, denominators):
        units = sorted({one.unit for one in series})
        if len(units) > 1:
            failure = Failure(RowCode.UNITS_DIFFER, {"units": ", ".join(units)})
            faults.append(located.fault(failure, Failure(RowCode.USE_ONE_UNIT), "formula", "inputs"))
    if faults or row.formula.op is FormulaOp.RATIO:
        return faults
    units_of_both = {"unit": row.unit, "series_unit": inputs[0].unit}
    is_scaled = row.formula.scale != 1
    try:
        zero = convert(0.0, inputs[0].unit, row.unit)
        factor = convert(1.0, inputs[0].unit, row.unit) - zero
    except UnknownUnitError:
        return [] if is_scaled else [located.fault(Failure(RowCode.UNIT_MISMATCH, units_of_both), None, "unit")]
    if zero and row.formula.op is not FormulaOp.CHANGE:  # K and °C: no scale makes one of the other
        suggestion = Failure(RowCode.CONVERT_SERIES, {"unit": row.unit})
        return [located.fault(Failure(RowCode.UNIT_MISMATCH, units_of_both), suggestion, "unit")]
    if is_scaled or abs(factor - 1) < 1e-12:
        return []
    suggestion = Failure(RowCode.SET_SCALE, {"scale": f"{factor:g}"})
    return [located.fault(Failure(RowCode.UNIT_NEEDS_SCALE, units_of_both), suggestion, "formula")]


def _matching_series(patterns: list[str], index: SeriesIndex) -> list[str]:
    """Keys of the series that the patterns name, each once."""
    return list(dict.fromkeys(key for pattern in patterns for key in _match_pattern(pattern, index)))


def _pairs(formula: FormulaRow, index: SeriesIndex) -> tuple[tuple[str, ...], ...]:
    """The parts of a ratio that count as a whole: its series whose wildcards stand for the same texts, of both sides.

    A series of two parts makes them one.
    """
    part_of = dict[str, dict[str, None]]()
    for sides in _sides_by_text(formula, index):
        part = {key: None for side in sides for own in side for key in part_of.get(own, {own: None})}
        part_of |= dict.fromkeys(part, part)
    return tuple(tuple(part) for part in {id(part): part for part in part_of.values()}.values())


def _sides_by_text(formula: FormulaRow, index: SeriesIndex) -> list[tuple[list[str], list[str]]]:
    """The series of `inputs` and of `to`, those with the same texts in place of the wildcards together.

    As many patterns of both: the n-th of `inputs` belongs to the n-th of `to`. Otherwise each belongs to all.
    """
    found = defaultdict[tuple[int, tuple[str, ...]], tuple[list[str], list[str]]](lambda: ([], []))
    is_by_position = len(formula.inputs) == len(formula.to)
    for side, patterns in enumerate((formula.inputs, formula.to)):
        for n, pattern in enumerate(patterns):
            for key in _match_pattern(pattern, index):
                found[n if is_by_position else 0, _wildcard_texts(pattern, key)][side].append(key)
    return list(found.values())


def _wildcard_texts(pattern: str, key: str) -> tuple[str, ...]:
    """What stands in `key`, which matches `pattern`, in place of each "*", "?" and "[…]"."""
    parts = _WILDCARD.split(pattern)  # texts and wildcards in turn
    expression = "".join(f"({translate(part)[:-2]})" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    match = re.fullmatch(expression, key)
    return match.groups() if match else ()


def _unpaired(formula: FormulaRow, used: Sequence[str], index: SeriesIndex) -> list[str]:
    """The series of a ratio that have no other half."""
    pairs = [sides for sides in _sides_by_text(formula, index) if all(sides)]
    paired = {key for sides in pairs for side in sides for key in side}
    return [key for key in used if key not in paired]


def _match_pattern(pattern: str, index: SeriesIndex) -> list[str]:
    """The series that a pattern names: no redundant ones, and no exercises unless it matches nothing else."""
    if pattern in index.series:
        return [pattern]
    matching = [key for key, series in index.series.items() if fnmatchcase(key, pattern) and not series.redundant_with]
    return [key for key in matching if not index.is_drill(key)] or matching


def to_kpis(rows: Rows[KpiRow], references: KpiReferences) -> tuple[Kpi, ...]:
    """The KPIs of rows without faults."""
    return tuple(_to_kpi(located.row, references) for located in rows)


def _to_kpi(row: KpiRow, references: KpiReferences) -> Kpi:
    formula = row.formula
    inputs, denominators = (
        tuple(_matching_series(patterns, references.series)) for patterns in (formula.inputs, formula.to)
    )
    pairs = _pairs(formula, references.series) if formula.min_share < 1 else ()
    return Kpi(
        row.key, row.name.text(), (row.short or row.name).text(), row.unit, row.decimals,
        Formula(formula.op, inputs, denominators, formula.window, formula.scale, formula.min_share, pairs),
        row.domain,
        references.owners.resolve(row.owner), row.definition.text(), row.legal_basis.text(), row.version, row.cadence,
        _to_target(row), tuple(map(_to_limit, row.limits)), row.by_place, row.change_over,
        has_small_cells=row.domain == CITIZEN_REPORTS if row.small_cells is None else row.small_cells,
        **({"unit_label": row.unit_text.text()} if row.unit_text else {}),
    )  # fmt: skip


def _to_target(row: KpiRow) -> Target | None:
    return row.target and replace(row.target, deadband=row.target_deadband, severity=row.target_severity)


def _to_limit(row: LimitRow) -> Limit:
    return Limit(row.key, row.name.text(), row.at, row.when == "above", Severity(row.severity), row.deadband)
