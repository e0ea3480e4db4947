"""kpis.yaml checked and turned into Kpis."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from config import checks
from config.faults import Fault, instead
from config.folder import At
from config.rows import KpiRow, LimitRow
from domain.agency import Agency
from domain.kpi import Formula, Kpi, Limit, Severity
from domain.source import Series, Source
from domain.units import UnknownUnit, known

DOMAINS = (
    "socio-economic", "administration", "directives", "citizen-reports", "traffic", "environment", "health",
    "education", "tourism", "information-security", "press",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What KPI rows may refer to. `complete`: whether every source row could be read."""

    sources: Sequence[Source]
    agencies: Mapping[str, Agency]
    owners: Mapping[str, str]
    complete: bool

    def series(self) -> dict[str, Series]:
        """All series by key."""
        return {one.key: one for source in self.sources for one in source.series}

    def drills(self) -> frozenset[str]:
        """The series of exercises."""
        return frozenset(one.key for source in self.sources if source.drill for one in source.series)

    def simulated(self, keys: Sequence[str]) -> bool:
        """Whether any of these series comes from a simulated source that is on."""
        wanted = set(keys)
        return any(
            source.simulated and source.enabled and any(one.key in wanted for one in source.series)
            for source in self.sources
        )


def kpis(rows: Sequence[At[KpiRow]], there: Known, faults: list[Fault]) -> tuple[Kpi, ...]:
    """The KPIs. `faults` grows by what is wrong."""
    faults += checks.unique(rows)
    series = there.series()
    return tuple(_kpi(at, there, series, faults) for at in rows)


def _kpi(at: At[KpiRow], there: Known, series: Mapping[str, Series], faults: list[Fault]) -> Kpi:
    row = at.row
    owner = there.owners.get(row.owner, row.owner)
    drills = there.drills()
    inputs, to = (_keys(at, part, series, drills, there.complete, faults) for part in ("inputs", "to"))
    if 0 < len(drills & {*inputs, *to}) < len({*inputs, *to}):
        faults.append(at.fault("series of an exercise are mixed with others", "a KPI of its own for them", "formula"))
    faults += checks.named(at, "owner", owner, there.agencies, "owner")
    faults += checks.named(at, "domain", row.domain, DOMAINS, "domain")
    faults += checks.honest(at, owner, there.simulated((*inputs, *to)), there.agencies)
    faults += checks.limits(at)
    bad = checks.unit(at, row.unit, "unit")
    faults += bad or checks.formula(at, [series[key] for key in inputs], [series[key] for key in to])
    how = row.formula
    return Kpi(
        row.key, row.name.text(), (row.short or row.name).text(), _spelt(row.unit), row.decimals,
        Formula(how.op, inputs, to, how.window, how.scale, how.need), row.domain, owner, row.definition.text(),
        row.legal_basis.text(), row.version, row.cadence, row.target, tuple(map(_limit, row.limits)),
        row.by_place, row.change_over, *((row.unit_text.text(),) if row.unit_text else ()),
    )  # fmt: skip


def _limit(row: LimitRow) -> Limit:
    return Limit(row.key, row.name.text(), row.at, row.when == "above", Severity(row.severity), row.deadband)


def _keys(
    at: At[KpiRow], part: str, series: Mapping[str, Series], drills: Collection[str], complete: bool,
    faults: list[Fault],
) -> tuple[str, ...]:  # fmt: skip
    """The series that a formula names. A pattern takes no twins, and no exercises unless it finds nothing else."""
    found: dict[str, None] = {}
    for n, pattern in enumerate(getattr(at.row.formula, part)):
        fitting = [key for key, one in series.items() if fnmatchcase(key, pattern) and not one.same_as]
        real = [key for key in fitting if key not in drills]
        matching = [pattern] if pattern in series else real or fitting
        if not matching and complete:
            what = f"no series is called {pattern!r}"
            faults.append(at.fault(what, instead(pattern, series), "formula", part, n))
        found |= dict.fromkeys(matching)
    return tuple(found)


def _spelt(unit: str) -> str:
    try:
        return known(unit)
    except UnknownUnit:
        return unit
