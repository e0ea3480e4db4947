"""kpis.yaml checked and turned into Kpis."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault, suggest
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import KpiRow, LimitRow
from ioc.config.schema.source import SeriesIndex
from ioc.config.unreadable import SKIP_UNREADABLE, UNREAD
from ioc.domain.base.units import canonical_unit
from ioc.domain.kpis.kpi import Formula, Kpi, Limit, Severity

DOMAINS = (
    "socio-economic", "administration", "directives", "citizen-reports", "traffic", "environment", "health",
    "education", "tourism", "information-security", "press",
)  # fmt: skip


CITIZEN_REPORTS = "citizen-reports"  # the field whose figures count what people sent


@dataclass(frozen=True, slots=True)
class KpiReferences:
    """What KPI rows may refer to."""

    series: SeriesIndex
    owners: Owners


def check(rows: RowList[KpiRow], references: KpiReferences, faults: list[ConfigFault]) -> None:
    """`faults` grows by what is wrong."""
    faults += cross_checks.check_unique(rows)
    for at in rows:
        faults += _check_row(at, references)


def _check_row(at: LocatedRow[KpiRow], there: KpiReferences) -> list[ConfigFault]:
    row, faults = at.row, list[ConfigFault]()
    with SKIP_UNREADABLE:
        faults += cross_checks.check_exists(at, "domain", row.domain, KnownNames.of(DOMAINS), "domain")
    with SKIP_UNREADABLE:
        faults += cross_checks.check_limits(at)
    for part in ("inputs", "to"):
        with SKIP_UNREADABLE:
            faults += _check_series_exist(at, part, there.series)
    inputs, to = (_readable_keys(at, part, there.series) for part in ("inputs", "to"))
    named = {*inputs, *to}
    if named <= there.series.resolved and 0 < len(there.series.drills & named) < len(named):
        faults.append(at.fault("series of an exercise are mixed with others", "a KPI of its own for them", "formula"))
    with SKIP_UNREADABLE:
        faults += there.owners.check_exists(at, row.owner)
        faults += there.owners.check_owner_simulated(at, row.owner, bool(there.series.simulated & named))
    series, sure = there.series.series, there.series.resolved
    whole = there.series.is_complete and sure >= {*inputs}
    faults += cross_checks.check_formula(at, [series[one] for one in inputs], whole)
    with SKIP_UNREADABLE:
        sound = ([series[one] for one in part if one in sure] for part in (inputs, to))
        faults += cross_checks.check_units(at, *sound)
    return faults


def _readable_keys(at: LocatedRow[KpiRow], part: str, series: SeriesIndex) -> list[str]:
    with SKIP_UNREADABLE:
        return matching_series(getattr(at.row.formula, part), series)
    return []


def matching_series(patterns: list[str], series: SeriesIndex) -> list[str]:
    """The series that are called so, each once."""
    every = [one for pattern in patterns if pattern is not UNREAD for one in _match_pattern(pattern, series)]
    return list(dict.fromkeys(every))


def _match_pattern(pattern: str, series: SeriesIndex) -> list[str]:
    """The series that a pattern names: no twins, and no exercises unless it finds nothing else."""
    if pattern in series.series:
        return [pattern]
    fitting = [key for key, one in series.series.items() if fnmatchcase(key, pattern) and not one.redundant_with]
    return [key for key in fitting if key not in series.drills] or fitting


def _check_series_exist(at: LocatedRow[KpiRow], part: str, series: SeriesIndex) -> list[ConfigFault]:
    """What is named but is no series."""
    return [
        at.fault(f"no series is called {pattern!r}", suggest(pattern, series.series), "formula", part, n)
        for n, pattern in enumerate(getattr(at.row.formula, part))
        if pattern is not UNREAD and series.is_complete and not _match_pattern(pattern, series)
    ]


def to_kpis(rows: RowList[KpiRow], references: KpiReferences) -> tuple[Kpi, ...]:
    """The KPIs of rows without faults."""
    return tuple(_to_kpi(at.row, references) for at in rows)


def _to_kpi(row: KpiRow, there: KpiReferences) -> Kpi:
    how = row.formula
    inputs, to = (tuple(matching_series(part, there.series)) for part in (how.inputs, how.to))
    return Kpi(
        row.key, row.name.text(), (row.short or row.name).text(), canonical_unit(row.unit), row.decimals,
        Formula(how.op, inputs, to, how.window, how.scale, how.need), row.domain,
        there.owners.resolve(row.owner), row.definition.text(), row.legal_basis.text(), row.version, row.cadence,
        row.target, tuple(map(_to_limit, row.limits)), row.by_place, row.change_over,
        has_small_cells=row.domain == CITIZEN_REPORTS if row.small_cells is None else row.small_cells,
        **({"unit_label": row.unit_text.text()} if row.unit_text else {}),
    )  # fmt: skip


def _to_limit(row: LimitRow) -> Limit:
    return Limit(row.key, row.name.text(), row.at, row.when == "above", Severity(row.severity), row.deadband)
