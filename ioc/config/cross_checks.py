"""What must hold between rows: everything named exists, units fit, limits rise, simulated and real stay apart."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from ioc.config.errors import Fault, instead
from ioc.config.located_rows import At, Names, R, Rows
from ioc.config.schema.base import FormulaRow, KpiRow, LimitRow, SourceRow
from ioc.config.unreadable import READABLE
from ioc.domain.base.units import UnknownUnit, convert, known, names
from ioc.domain.directives.agency import Agency
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import RANK, Op

DERIVED = "kpi-"  # what KPI histories are kept under
_NEEDS_DEADLINE_BELOW = timedelta(seconds=10)


def unique(rows: Rows[R], name: str = "key") -> list[Fault]:
    """No key twice; the second one is the fault."""
    seen: dict[str, At[R]] = {}
    faults = []
    for key, at in rows.named(name):
        if key in seen:
            first = seen[key]
            place = f"{first.file.name}:{first.file.line(first.where)}"
            faults.append(at.fault(f"{name} {key!r} stands already at {place}", "choose another", name))
        seen.setdefault(key, at)
    return faults


def unit(at: At[R], given: str, *inner: str | int) -> list[Fault]:
    """`given` is in the table of units."""
    try:
        known(given)
    except UnknownUnit:
        return [at.fault(f"unit {given!r} is not known", instead(given, names()), *inner)]
    return []


def named(at: At[R], what: str, given: str, there: Names, *inner: str | int) -> list[Fault]:
    """`given` is one of `there`."""
    if not there.missing(given):
        return []
    return [at.fault(f"{what} {given!r} does not exist", instead(given, there.known), *inner)]


def times(at: At[SourceRow]) -> list[Fault]:
    """A source's interval, deadline and age limit agree."""
    row, faults = at.row, list[Fault]()
    with READABLE:
        if row.age_limit < row.every:
            right = "set age_limit to at least every"
            faults.append(at.fault("age_limit is shorter than every: its values would be stale between polls", right))
    with READABLE:
        if row.every > _NEEDS_DEADLINE_BELOW and row.deadline >= row.every:
            faults.append(at.fault("deadline is not shorter than every", "5s is usual", "deadline"))
    return faults


def converts(unit: str, other: str) -> bool:
    """Whether values in `unit` can be told in `other`."""
    try:
        convert(1.0, unit, other)
    except UnknownUnit:
        return False
    return True


def apart(rows: Iterable[At[SourceRow]]) -> list[Fault]:
    """Simulated and real readings never share a store."""
    enabled = []
    for at in rows:
        with READABLE:
            if at.row.enabled and at.row.simulated in (False, True) and at.row.key:
                enabled.append(at)
    kinds = [[at for at in enabled if at.row.simulated is kind] for kind in (False, True)]
    fewer = min(kinds, key=len)
    what = "simulated and real readings never share a store"
    right = "set enabled: false here, or keep two folders with a store each"
    return [at.fault(f"source {at.row.key!r}: {what}", right) for at in fewer]


def honest(at: At[R], key: str, simulated: bool, agencies: Mapping[str, Agency]) -> list[Fault]:
    """Simulated performance never hangs on a real agency."""
    owner = agencies.get(key)
    if not simulated or owner is None or owner.simulated:
        return []
    made_up = (one.key for one in agencies.values() if one.simulated)
    what = f"owner {key!r} is a real agency, but the figures are simulated"
    return [at.fault(what, instead(key, made_up, "name one under owners in city.yaml: "), "owner")]


def limits(at: At[KpiRow]) -> list[Fault]:
    """Levels stand from the least serious to the most, all in one direction."""
    faults, rows = list[Fault](), at.row.limits
    for n, (one, other) in enumerate(pairwise(rows), 1):
        with READABLE:
            faults += _direction(at, n, one, other)
        with READABLE:
            if RANK[one.severity] > RANK[other.severity]:
                what = f"limit {other.key!r} is less serious than the one before"
                faults.append(at.fault(what, "least serious first", "limits", n))
    keys: list[str] = []
    for n, one in enumerate(rows):
        with READABLE:
            if one.key in keys:
                faults.append(at.fault(f"limit {one.key!r} stands twice", "", "limits", n))
            keys.append(one.key)
    return faults


def _direction(at: At[KpiRow], n: int, one: LimitRow, other: LimitRow) -> list[Fault]:
    if one.when != other.when:
        return [at.fault(f"limit {other.key!r} is {other.when}, the one before {one.when}", "", "limits", n)]
    if other.at > one.at if one.when == "above" else other.at < one.at:
        return []
    order = "rising" if one.when == "above" else "falling"
    return [at.fault(f"limit {other.key!r} is out of order", f"{order} values of at", "limits", n)]


def formula(at: At[KpiRow], inputs: Sequence[Series], sure: bool) -> list[Fault]:
    """The formula's parts fit its operation, and its series, where all are `sure`, have places if it goes by place."""
    faults = list[Fault]()
    with READABLE:
        if (at.row.formula.op is Op.RATIO) != bool(at.row.formula.to):
            faults.append(at.fault("to belongs to a ratio, and a ratio needs it", "", "formula"))
    with READABLE:
        if at.row.formula.op is Op.LAST and len(inputs) > 1 and not at.row.by_place:
            faults.append(at.fault("last of several series", "take sum, mean, max or min", "formula", "op"))
    with READABLE:
        if sure and at.row.by_place and inputs and not any(one.place for one in inputs):
            what = "by_place, but none of its series has a place"
            faults.append(at.fault(what, "give them a place", "by_place"))
    return faults


def units(at: At[KpiRow], inputs: Sequence[Series], to: Sequence[Series]) -> list[Fault]:
    """The units of the formula's series fit each other and the KPI's."""
    faults = unit(at, at.row.unit, "unit")
    for part in (inputs, to):
        with READABLE:
            faults += _one_unit(at, at.row.formula, part)
    with READABLE:
        faults += [] if faults else _fits(at, at.row.formula, inputs)
    return faults


def _one_unit(at: At[KpiRow], row: FormulaRow, series: Sequence[Series]) -> list[Fault]:
    units = {one.unit for one in series}
    if row.op is Op.COUNT or len(units) < 2:
        return []
    return [at.fault(f"its series have different units: {', '.join(sorted(units))}", "one unit", "formula", "inputs")]


def _fits(at: At[KpiRow], row: FormulaRow, series: Sequence[Series]) -> list[Fault]:
    if row.op in (Op.RATIO, Op.COUNT) or row.scale != 1 or not series or series[0].unit not in names():
        return []
    given, wanted = series[0].unit, at.row.unit
    try:
        factor = convert(1.0, given, wanted) - convert(0.0, given, wanted)
    except UnknownUnit:
        return [at.fault(f"unit {wanted!r} does not fit its series, which are in {given!r}", "", "unit")]
    if abs(factor - 1) < 1e-12:
        return []
    return [at.fault(f"unit {wanted!r}, but its series are in {given!r}", f"scale: {factor:g}", "formula")]
