"""kpis.yaml checked and turned into Kpis."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault, suggest
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_codes import RowCode
from ioc.config.schema.agency import Owners
from ioc.config.schema.base import KpiRow, LimitRow
from ioc.config.schema.source import SeriesIndex
from ioc.config.unreadable import SKIP_UNREADABLE, UNREAD
from ioc.domain.base.failure import Failure
from ioc.domain.base.units import canonical_unit
from ioc.domain.kpis.kpi import Formula, Kpi, Limit, Severity, Target

DOMAINS = (
    "socio-economic", "administration", "directives", "citizen-reports", "traffic", "environment", "health",
    "education", "tourism", "information-security", "press",
)  # fmt: skip
CITIZEN_REPORTS = "citizen-reports"  # the domain whose figures count what people sent


@dataclass(frozen=True, slots=True)
class KpiReferences:
    """What KPI rows may refer to."""

    series: SeriesIndex
    owners: Owners


def check(rows: RowList[KpiRow], references: KpiReferences, faults: list[ConfigFault]) -> None:
    """`faults` grows by what is wrong."""
    faults += cross_checks.check_unique(rows)
    for located in rows:
        faults += _check_row(located, references)


def _check_row(located: LocatedRow[KpiRow], references: KpiReferences) -> list[ConfigFault]:
    row, index, owners, faults = located.row, references.series, references.owners, list[ConfigFault]()
    with SKIP_UNREADABLE:
        domains = KnownNames.of(DOMAINS)
        faults += cross_checks.check_exists(located, RowCode.UNKNOWN_DOMAIN, row.domain, domains, "domain")
    with SKIP_UNREADABLE:
        faults += cross_checks.check_limits(located)
    with SKIP_UNREADABLE:
        faults += _check_target(located)
    for part in ("inputs", "to"):
        with SKIP_UNREADABLE:
            faults += _check_series_exist(located, part, index)
    inputs, denominators = (_readable_keys(located, part, index) for part in ("inputs", "to"))
    used = {*inputs, *denominators}
    if used <= index.resolved and 0 < len(index.drills & used) < len(used):
        faults.append(located.fault(Failure(RowCode.DRILL_MIXED), Failure(RowCode.SEPARATE_KPI), "formula"))
    with SKIP_UNREADABLE:
        faults += owners.check_exists(located, row.owner)
        faults += owners.check_owner_simulated(located, row.owner, bool(index.simulated & used))
    is_resolved = index.is_complete and index.resolved >= {*inputs}
    faults += cross_checks.check_formula(located, [index.series[key] for key in inputs], is_resolved)
    with SKIP_UNREADABLE:
        resolved = ([index.series[key] for key in keys if key in index.resolved] for keys in (inputs, denominators))
        faults += cross_checks.check_units(located, *resolved)
    return faults


def _check_target(located: LocatedRow[KpiRow]) -> list[ConfigFault]:
    """A deadband or a severity of a target belongs to one."""
    row = located.row
    if row.target is not None or not (row.target_deadband or row.target_severity is not Severity.NORMAL):
        return []
    field = "target_deadband" if row.target_deadband else "target_severity"
    return [located.fault(Failure(RowCode.NO_TARGET, {"field": field}), None, field)]


def _readable_keys(located: LocatedRow[KpiRow], part: str, index: SeriesIndex) -> list[str]:
    with SKIP_UNREADABLE:
        return matching_series(getattr(located.row.formula, part), index)
    return []


def matching_series(patterns: list[str], index: SeriesIndex) -> list[str]:
    """Keys of the series that the patterns name, each once."""
    keys = [key for pattern in patterns if pattern is not UNREAD for key in _match_pattern(pattern, index)]
    return list(dict.fromkeys(keys))


def _match_pattern(pattern: str, index: SeriesIndex) -> list[str]:
    """The series that a pattern names: no redundant ones, and no exercises unless it matches nothing else."""
    if pattern in index.series:
        return [pattern]
    matching = [key for key, series in index.series.items() if fnmatchcase(key, pattern) and not series.redundant_with]
    return [key for key in matching if key not in index.drills] or matching


def _check_series_exist(located: LocatedRow[KpiRow], part: str, index: SeriesIndex) -> list[ConfigFault]:
    return [
        located.fault(
            Failure(RowCode.UNKNOWN_SERIES, {"name": pattern}), suggest(pattern, index.series), "formula", part, n
        )
        for n, pattern in enumerate(getattr(located.row.formula, part))
        if pattern is not UNREAD and index.is_complete and not _match_pattern(pattern, index)
    ]


def to_kpis(rows: RowList[KpiRow], references: KpiReferences) -> tuple[Kpi, ...]:
    """The KPIs of rows without faults."""
    return tuple(_to_kpi(located.row, references) for located in rows)


def _to_kpi(row: KpiRow, references: KpiReferences) -> Kpi:
    formula = row.formula
    inputs, denominators = (
        tuple(matching_series(patterns, references.series)) for patterns in (formula.inputs, formula.to)
    )
    return Kpi(
        row.key, row.name.text(), (row.short or row.name).text(), canonical_unit(row.unit), row.decimals,
        Formula(formula.op, inputs, denominators, formula.window, formula.scale, formula.min_share), row.domain,
        references.owners.resolve(row.owner), row.definition.text(), row.legal_basis.text(), row.version, row.cadence,
        _to_target(row), tuple(map(_to_limit, row.limits)), row.by_place, row.change_over,
        has_small_cells=row.domain == CITIZEN_REPORTS if row.small_cells is None else row.small_cells,
        **({"unit_label": row.unit_text.text()} if row.unit_text else {}),
    )  # fmt: skip


def _to_target(row: KpiRow) -> Target | None:
    return row.target and replace(row.target, deadband=row.target_deadband, severity=row.target_severity)


def _to_limit(row: LimitRow) -> Limit:
    return Limit(row.key, row.name.text(), row.at, row.when == "above", Severity(row.severity), row.deadband)
