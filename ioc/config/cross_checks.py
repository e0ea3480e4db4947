"""What must hold between rows: everything named exists, units fit, limits rise, simulated and real stay apart."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from ioc.config.errors import ConfigFault, suggest
from ioc.config.located_rows import KnownNames, LocatedRow, R, RowList
from ioc.config.schema.base import FormulaRow, KpiRow, LimitRow, SourceRow
from ioc.config.unreadable import SKIP_UNREADABLE
from ioc.domain.base.units import UnknownUnitError, canonical_unit, convert, unit_names
from ioc.domain.directives.agency import Agency
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import RANK, FormulaOp

KPI_SERIES_PREFIX = "kpi-"  # what KPI histories are kept under
_NEEDS_DEADLINE_BELOW = timedelta(seconds=10)


def check_unique(rows: RowList[R], name: str = "key") -> list[ConfigFault]:
    """No key twice; the second one is the fault."""
    seen: dict[str, LocatedRow[R]] = {}
    faults = []
    for key, at in rows.items(name):
        if key in seen:
            first = seen[key]
            place = f"{first.file.name}:{first.file.line(first.path)}"
            faults.append(at.fault(f"{name} {key!r} stands already at {place}", "choose another", name))
        seen.setdefault(key, at)
    return faults


def check_unit(at: LocatedRow[R], unit_name: str, *inner: str | int) -> list[ConfigFault]:
    """`given` is in the table of units."""
    try:
        canonical_unit(unit_name)
    except UnknownUnitError:
        return [at.fault(f"unit {unit_name!r} is not known", suggest(unit_name, unit_names()), *inner)]
    return []


def check_exists(at: LocatedRow[R], subject: str, name: str, names: KnownNames, *inner: str | int) -> list[ConfigFault]:
    """`given` is one of `there`."""
    if not names.is_missing(name):
        return []
    return [at.fault(f"{subject} {name!r} does not exist", suggest(name, names.names), *inner)]


def check_times(at: LocatedRow[SourceRow]) -> list[ConfigFault]:
    """A source's interval, deadline and age limit agree."""
    row, faults = at.row, list[ConfigFault]()
    with SKIP_UNREADABLE:
        if row.age_limit < row.every:
            right = "set age_limit to at least every"
            faults.append(at.fault("age_limit is shorter than every: its values would be stale between polls", right))
    with SKIP_UNREADABLE:
        if row.every > _NEEDS_DEADLINE_BELOW and row.deadline >= row.every:
            faults.append(at.fault("deadline is not shorter than every", "5s is usual", "deadline"))
    return faults


def is_convertible(unit: str, other: str) -> bool:
    """Whether values in `unit` can be told in `other`."""
    try:
        convert(1.0, unit, other)
    except UnknownUnitError:
        return False
    return True


def check_not_mixed(rows: Iterable[LocatedRow[SourceRow]]) -> list[ConfigFault]:
    """Simulated and real readings never share a store."""
    enabled = []
    for at in rows:
        with SKIP_UNREADABLE:
            if at.row.enabled and at.row.simulated in (False, True) and at.row.key:
                enabled.append(at)
    kinds = [[at for at in enabled if at.row.simulated is kind] for kind in (False, True)]
    fewer = min(kinds, key=len)
    what = "simulated and real readings never share a store"
    right = "set enabled: false here, or keep two folders with a store each"
    return [at.fault(f"source {at.row.key!r}: {what}", right) for at in fewer]


def check_owner_simulated(
    at: LocatedRow[R], key: str, simulated: bool, agencies: Mapping[str, Agency]
) -> list[ConfigFault]:
    """Simulated performance never hangs on a real agency."""
    owner = agencies.get(key)
    if not simulated or owner is None or owner.is_simulated:
        return []
    made_up = (one.key for one in agencies.values() if one.is_simulated)
    what = f"owner {key!r} is a real agency, but the figures are simulated"
    return [at.fault(what, suggest(key, made_up, "name one under owners in city.yaml: "), "owner")]


def check_limits(at: LocatedRow[KpiRow]) -> list[ConfigFault]:
    """Levels stand from the least serious to the most, all in one direction."""
    faults, rows = list[ConfigFault](), at.row.limits
    for n, (one, other) in enumerate(pairwise(rows), 1):
        with SKIP_UNREADABLE:
            faults += _check_direction(at, n, one, other)
        with SKIP_UNREADABLE:
            if RANK[one.severity] > RANK[other.severity]:
                what = f"limit {other.key!r} is less serious than the one before"
                faults.append(at.fault(what, "least serious first", "limits", n))
    keys: list[str] = []
    for n, one in enumerate(rows):
        with SKIP_UNREADABLE:
            if one.key in keys:
                faults.append(at.fault(f"limit {one.key!r} stands twice", "", "limits", n))
            keys.append(one.key)
    return faults


def _check_direction(at: LocatedRow[KpiRow], n: int, one: LimitRow, other: LimitRow) -> list[ConfigFault]:
    if one.when != other.when:
        return [at.fault(f"limit {other.key!r} is {other.when}, the one before {one.when}", "", "limits", n)]
    if other.at > one.at if one.when == "above" else other.at < one.at:
        return []
    order = "rising" if one.when == "above" else "falling"
    return [at.fault(f"limit {other.key!r} is out of order", f"{order} values of at", "limits", n)]


def check_formula(at: LocatedRow[KpiRow], inputs: Sequence[Series], is_resolved: bool) -> list[ConfigFault]:
    """The formula's parts fit its operation, and its series, where all are `sure`, have places if it goes by place."""
    faults = list[ConfigFault]()
    with SKIP_UNREADABLE:
        if (at.row.formula.op is FormulaOp.RATIO) != bool(at.row.formula.to):
            faults.append(at.fault("to belongs to a ratio, and a ratio needs it", "", "formula"))
    with SKIP_UNREADABLE:
        if at.row.formula.op is FormulaOp.LAST and len(inputs) > 1 and not at.row.by_place:
            faults.append(at.fault("last of several series", "take sum, mean, max or min", "formula", "op"))
    with SKIP_UNREADABLE:
        if is_resolved and at.row.by_place and inputs and not any(one.place for one in inputs):
            what = "by_place, but none of its series has a place"
            faults.append(at.fault(what, "give them a place", "by_place"))
    return faults


def check_units(at: LocatedRow[KpiRow], inputs: Sequence[Series], denominators: Sequence[Series]) -> list[ConfigFault]:
    """The units of the formula's series fit each other and the KPI's."""
    faults = check_unit(at, at.row.unit, "unit")
    for part in (inputs, denominators):
        with SKIP_UNREADABLE:
            faults += _check_same_unit(at, at.row.formula, part)
    with SKIP_UNREADABLE:
        faults += [] if faults else _check_kpi_unit(at, at.row.formula, inputs)
    return faults


def _check_same_unit(at: LocatedRow[KpiRow], row: FormulaRow, series: Sequence[Series]) -> list[ConfigFault]:
    units = {one.unit for one in series}
    if row.op is FormulaOp.COUNT or len(units) < 2:
        return []
    return [at.fault(f"its series have different units: {', '.join(sorted(units))}", "one unit", "formula", "inputs")]


def _check_kpi_unit(at: LocatedRow[KpiRow], row: FormulaRow, series: Sequence[Series]) -> list[ConfigFault]:
    if (
        row.op in (FormulaOp.RATIO, FormulaOp.COUNT)
        or row.scale != 1
        or not series
        or series[0].unit not in unit_names()
    ):
        return []
    given, wanted = series[0].unit, at.row.unit
    try:
        factor = convert(1.0, given, wanted) - convert(0.0, given, wanted)
    except UnknownUnitError:
        return [at.fault(f"unit {wanted!r} does not fit its series, which are in {given!r}", "", "unit")]
    if abs(factor - 1) < 1e-12:
        return []
    return [at.fault(f"unit {wanted!r}, but its series are in {given!r}", f"scale: {factor:g}", "formula")]
