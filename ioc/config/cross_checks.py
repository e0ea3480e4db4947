"""What must hold between rows: everything named exists, units fit, limits rise, simulated and real stay apart."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from ioc.config.errors import ConfigCode, ConfigFault, suggest, suggest_unit
from ioc.config.located_rows import KnownNames, LocatedRow, R, RowList
from ioc.config.row_codes import RowCode
from ioc.config.schema.base import FormulaRow, KpiRow, LimitRow, SourceRow
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import UnknownUnitError, canonical_unit, convert, unit_names
from ioc.domain.directives.agency import Agency
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import RANK, FormulaOp

KPI_SERIES_PREFIX = "kpi-"  # of the series in which KPI histories are stored
_MAY_EQUAL_DEADLINE = timedelta(seconds=10)  # up to this interval a poll may take all of it


def check_unique(rows: RowList[R], name: str = "key") -> list[ConfigFault]:
    """No key twice; the second one is the fault."""
    first_by_key: dict[str, LocatedRow[R]] = {}
    faults = []
    for key, located in rows.items(name):
        first = first_by_key.setdefault(key, located)
        if first is not located:
            failure = Failure(ConfigCode.KEY_TAKEN, {"field": name, "key": key, "place": first.place})
            faults.append(located.fault(failure, Failure(ConfigCode.CHOOSE_ANOTHER_KEY), name))
    return faults


def check_unit(located: LocatedRow[R], unit: str, *inner: str | int) -> list[ConfigFault]:
    """`unit` is in the table of units."""
    try:
        canonical_unit(unit)
    except UnknownUnitError:
        return [located.fault(Failure(RowCode.UNKNOWN_UNIT, {"unit": unit}), suggest_unit(unit), *inner)]
    return []


def check_exists(
    located: LocatedRow[R], code: RowCode, name: str, names: KnownNames, *inner: str | int
) -> list[ConfigFault]:
    """`name` is one of `names`, else a fault of `code`."""
    if not names.is_missing(name):
        return []
    return [located.fault(Failure(code, {"name": name}), suggest(name, names.names), *inner)]


def check_times(located: LocatedRow[SourceRow]) -> list[ConfigFault]:
    """A source's interval, deadline and age limit agree."""
    row, faults = located.row, list[ConfigFault]()
    with SKIP_UNREADABLE:
        if row.age_limit < row.every:
            failure = Failure(RowCode.AGE_LIMIT_BELOW_INTERVAL)
            faults.append(located.fault(failure, Failure(RowCode.RAISE_AGE_LIMIT)))
    with SKIP_UNREADABLE:
        if row.deadline > row.every or (row.deadline == row.every and row.every > _MAY_EQUAL_DEADLINE):
            failure = Failure(RowCode.DEADLINE_NOT_BELOW_INTERVAL)
            faults.append(located.fault(failure, Failure(RowCode.USUAL_DEADLINE), "deadline"))
    return faults


def is_convertible(unit: str, other: str) -> bool:
    """Whether values in `unit` can be converted to `other`."""
    try:
        convert(1.0, unit, other)
    except UnknownUnitError:
        return False
    return True


def check_not_mixed(rows: Iterable[LocatedRow[SourceRow]]) -> list[ConfigFault]:
    """Simulated and real readings never share a store; the rarer kind is the fault."""
    enabled = []
    for located in rows:
        with SKIP_UNREADABLE:
            if located.row.enabled and located.row.simulated in (False, True) and located.row.key:
                enabled.append(located)
    kinds = [[located for located in enabled if located.row.simulated is kind] for kind in (False, True)]
    suggestion = Failure(RowCode.SEPARATE_STORES)
    return [
        located.fault(Failure(RowCode.SIMULATED_BESIDE_REAL, {"source": located.row.key}), suggestion)
        for located in min(kinds, key=len)
    ]


def check_owner_simulated(
    located: LocatedRow[R], owner: str, is_simulated: bool, agencies: Mapping[str, Agency]
) -> list[ConfigFault]:
    """Simulated performance never hangs on a real agency."""
    agency = agencies.get(owner)
    if not is_simulated or agency is None or agency.is_simulated:
        return []
    simulated = (other.key for other in agencies.values() if other.is_simulated)
    failure = Failure(RowCode.REAL_OWNER_OF_SIMULATED, {"owner": owner})
    return [located.fault(failure, suggest(owner, simulated, RowCode.NAME_AN_OWNER), "owner")]


def check_limits(located: LocatedRow[KpiRow]) -> list[ConfigFault]:
    """Limits stand from the least serious to the most, all in one direction."""
    faults, rows = list[ConfigFault](), located.row.limits
    for n, (previous, limit) in enumerate(pairwise(rows), 1):
        with SKIP_UNREADABLE:
            faults += _check_direction(located, n, previous, limit)
        with SKIP_UNREADABLE:
            if RANK[previous.severity] > RANK[limit.severity]:
                failure = Failure(RowCode.LIMIT_LESS_SERIOUS, {"limit": limit.key})
                faults.append(located.fault(failure, Failure(RowCode.LEAST_SERIOUS_FIRST), "limits", n))
    keys: list[str] = []
    for n, limit in enumerate(rows):
        with SKIP_UNREADABLE:
            if limit.key in keys:
                failure = Failure(RowCode.LIMIT_TWICE, {"limit": limit.key})
                faults.append(located.fault(failure, None, "limits", n))
            keys.append(limit.key)
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


def check_formula(located: LocatedRow[KpiRow], inputs: Sequence[Series], is_resolved: bool) -> list[ConfigFault]:
    """The formula's parts fit its operation. A KPI by place has inputs with places, if all of them `is_resolved`."""
    row, faults = located.row, list[ConfigFault]()
    with SKIP_UNREADABLE:
        if (row.formula.op is FormulaOp.RATIO) != bool(row.formula.to):
            faults.append(located.fault(Failure(RowCode.RATIO_DENOMINATOR), None, "formula"))
    with SKIP_UNREADABLE:
        if row.formula.op is FormulaOp.LAST and len(inputs) > 1 and not row.by_place:
            suggestion = Failure(RowCode.USE_ANOTHER_OP)
            faults.append(located.fault(Failure(RowCode.LAST_OF_SEVERAL), suggestion, "formula", "op"))
    with SKIP_UNREADABLE:
        if is_resolved and row.by_place and inputs and not any(series.place for series in inputs):
            faults.append(located.fault(Failure(RowCode.NO_PLACES), Failure(RowCode.GIVE_PLACES), "by_place"))
    return faults


def check_units(
    located: LocatedRow[KpiRow], inputs: Sequence[Series], denominators: Sequence[Series]
) -> list[ConfigFault]:
    """The units of the formula's series fit each other and the KPI's."""
    faults = check_unit(located, located.row.unit, "unit")
    for series in (inputs, denominators):
        with SKIP_UNREADABLE:
            faults += _check_same_unit(located, located.row.formula, series)
    with SKIP_UNREADABLE:
        faults += [] if faults else _check_kpi_unit(located, located.row.formula, inputs)
    return faults


def _check_same_unit(located: LocatedRow[KpiRow], row: FormulaRow, inputs: Sequence[Series]) -> list[ConfigFault]:
    units = {series.unit for series in inputs}
    if row.op is FormulaOp.COUNT or len(units) < 2:
        return []
    failure = Failure(RowCode.UNITS_DIFFER, {"units": ", ".join(sorted(units))})
    return [located.fault(failure, Failure(RowCode.USE_ONE_UNIT), "formula", "inputs")]


def _check_kpi_unit(located: LocatedRow[KpiRow], row: FormulaRow, inputs: Sequence[Series]) -> list[ConfigFault]:
    if row.op in (FormulaOp.RATIO, FormulaOp.COUNT) or row.scale != 1 or not inputs:
        return []
    series_unit, kpi_unit = inputs[0].unit, located.row.unit
    if series_unit not in unit_names():
        return []
    units = {"unit": kpi_unit, "series_unit": series_unit}
    try:
        factor = convert(1.0, series_unit, kpi_unit) - convert(0.0, series_unit, kpi_unit)
    except UnknownUnitError:
        return [located.fault(Failure(RowCode.UNIT_MISMATCH, units), None, "unit")]
    if abs(factor - 1) < 1e-12:
        return []
    suggestion = Failure(RowCode.SET_SCALE, {"scale": f"{factor:g}"})
    return [located.fault(Failure(RowCode.UNIT_NEEDS_SCALE, units), suggestion, "formula")]
