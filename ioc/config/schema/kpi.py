"""kpis.yaml checked and turned into Kpis."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ioc.config import cross_checks
from ioc.config.errors import Fault, instead
from ioc.config.located_rows import At, Names, Rows
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import KpiRow, LimitRow
from ioc.config.schema.source import AllSeries
from ioc.config.unreadable import READABLE, UNREAD
from ioc.domain.base.units import known
from ioc.domain.kpis.kpi import Formula, Kpi, Limit, Severity

DOMAINS = (
    "socio-economic", "administration", "directives", "citizen-reports", "traffic", "environment", "health",
    "education", "tourism", "information-security", "press",
)  # fmt: skip


PEOPLE = "citizen-reports"  # the field whose figures count what people sent


@dataclass(frozen=True, slots=True)
class Known:
    """What KPI rows may refer to."""

    series: AllSeries
    owners: Owners


def check(rows: Rows[KpiRow], there: Known, faults: list[Fault]) -> None:
    """`faults` grows by what is wrong."""
    faults += cross_checks.unique(rows)
    for at in rows:
        faults += _row(at, there)


def _row(at: At[KpiRow], there: Known) -> list[Fault]:
    row, faults = at.row, list[Fault]()
    with READABLE:
        faults += cross_checks.named(at, "domain", row.domain, Names.of(DOMAINS), "domain")
    with READABLE:
        faults += cross_checks.limits(at)
    for part in ("inputs", "to"):
        with READABLE:
            faults += _nowhere(at, part, there.series)
    inputs, to = (_readable(at, part, there.series) for part in ("inputs", "to"))
    named = {*inputs, *to}
    if named <= there.series.sure and 0 < len(there.series.drills & named) < len(named):
        faults.append(at.fault("series of an exercise are mixed with others", "a KPI of its own for them", "formula"))
    with READABLE:
        faults += there.owners.faults(at, row.owner)
        faults += there.owners.honest(at, row.owner, bool(there.series.simulated & named))
    series, sure = there.series.known, there.series.sure
    whole = there.series.complete and sure >= {*inputs}
    faults += cross_checks.formula(at, [series[one] for one in inputs], whole)
    with READABLE:
        sound = ([series[one] for one in part if one in sure] for part in (inputs, to))
        faults += cross_checks.units(at, *sound)
    return faults


def _readable(at: At[KpiRow], part: str, series: AllSeries) -> list[str]:
    with READABLE:
        return keys(getattr(at.row.formula, part), series)
    return []


def keys(patterns: list[str], series: AllSeries) -> list[str]:
    """The series that are called so, each once."""
    every = [one for pattern in patterns if pattern is not UNREAD for one in _matching(pattern, series)]
    return list(dict.fromkeys(every))


def _matching(pattern: str, series: AllSeries) -> list[str]:
    """The series that a pattern names: no twins, and no exercises unless it finds nothing else."""
    if pattern in series.known:
        return [pattern]
    fitting = [key for key, one in series.known.items() if fnmatchcase(key, pattern) and not one.same_as]
    return [key for key in fitting if key not in series.drills] or fitting


def _nowhere(at: At[KpiRow], part: str, series: AllSeries) -> list[Fault]:
    """What is named but is no series."""
    return [
        at.fault(f"no series is called {pattern!r}", instead(pattern, series.known), "formula", part, n)
        for n, pattern in enumerate(getattr(at.row.formula, part))
        if pattern is not UNREAD and series.complete and not _matching(pattern, series)
    ]


def kpis(rows: Rows[KpiRow], there: Known) -> tuple[Kpi, ...]:
    """The KPIs of rows without faults."""
    return tuple(_kpi(at.row, there) for at in rows)


def _kpi(row: KpiRow, there: Known) -> Kpi:
    how = row.formula
    inputs, to = (tuple(keys(part, there.series)) for part in (how.inputs, how.to))
    return Kpi(
        row.key, row.name.text(), (row.short or row.name).text(), known(row.unit), row.decimals,
        Formula(how.op, inputs, to, how.window, how.scale, how.need), row.domain,
        there.owners.of(row.owner), row.definition.text(), row.legal_basis.text(), row.version, row.cadence,
        row.target, tuple(map(_limit, row.limits)), row.by_place, row.change_over,
        small_cells=row.domain == PEOPLE if row.small_cells is None else row.small_cells,
        **({"unit_text": row.unit_text.text()} if row.unit_text else {}),
    )  # fmt: skip


def _limit(row: LimitRow) -> Limit:
    return Limit(row.key, row.name.text(), row.at, row.when == "above", Severity(row.severity), row.deadband)
