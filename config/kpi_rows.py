"""kpis.yaml checked and turned into Kpis."""

from collections.abc import Mapping, Sequence
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
    inputs, to = (_keys(at, part, series, there.complete, faults) for part in ("inputs", "to"))
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
    at: At[KpiRow], part: str, series: Mapping[str, Series], complete: bool, faults: list[Fault]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for n, pattern in enumerate(getattr(at.row.formula, part)):
        matching = [pattern] if pattern in series else [key for key in series if fnmatchcase(key, pattern)]
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
