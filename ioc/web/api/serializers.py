"""From a snapshot to what the API answers. Pure."""

from collections.abc import Iterable
from datetime import datetime
from math import isfinite
from typing import Any

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import holding
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_status import Status, Time, status
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, KpiValue, Op
from ioc.domain.snapshot import Apart, Figure, Line, SeriesView, Snapshot, SourceView
from ioc.web.api import schemas
from ioc.web.api.schemas import Said

KPI_SERIES = "kpi-"


def head(snapshot: Snapshot) -> dict[str, Any]:
    """What every answer begins with."""
    return {
        "at": snapshot.at, "version": snapshot.version, "live": snapshot.live, "simulated": snapshot.simulated,
    }  # fmt: skip


def kpis(snapshot: Snapshot) -> schemas.Kpis:
    """All KPIs."""
    rows = [_kpi(snapshot, one) for one in snapshot.figures.values()]
    return schemas.Kpis(**head(snapshot), overview=list(snapshot.overview), kpis=rows)


def kpi(snapshot: Snapshot, key: str) -> schemas.KpiCard | None:
    """One KPI with its definition card; None if there is none."""
    figure = snapshot.figures.get(key)
    if figure is None:
        return None
    row = figure.kpi
    return schemas.KpiCard(
        **head(snapshot),
        kpi=_kpi(snapshot, figure),
        definition=Said.of(row.definition),
        legal_basis=Said.of(row.legal_basis),
        formula=_formula(row.formula),
        inputs=[*row.formula.inputs, *row.formula.to],
        version_of_definition=row.version,
        cadence_seconds=row.cadence.total_seconds(),
        target=f"{row.target.op} {row.target.value:g}" if row.target else "",
        limits=[
            schemas.Limit(
                key=one.key, name=Said.of(one.name), at=one.value, when="above" if one.above else "below",
                severity=one.severity, deadband=one.deadband,
            )
            for one in row.limits
        ],
        places=[_place(snapshot, code, value) for code, value in sorted(figure.places.items())],
        series=KPI_SERIES + key,
    )  # fmt: skip


def _kpi(snapshot: Snapshot, figure: Figure) -> schemas.Kpi:
    row = figure.kpi
    return schemas.Kpi(
        **_value(figure.value), key=row.key, name=Said.of(row.name), unit=row.unit, decimals=row.decimals,
        domain=row.domain, owner=row.owner, owner_name=_agency(snapshot, row.owner),
        also=list(dict.fromkeys(key for one in figure.pairs for key in (one.source, *one.also))),
        stand_in=figure.value.stand_in, apart=[_apart(one, one.apart) for one in figure.pairs if one.apart],
    )  # fmt: skip


def _apart(one: SeriesView, other: Apart) -> schemas.Apart:
    return schemas.Apart(
        series=one.series.key, unit=one.series.unit, source=one.source, value=one.value, data_time=one.data_time,
        other_source=other.source, other_value=other.value, other_data_time=other.data_time, gap=round(other.gap, 6),
    )  # fmt: skip


def _place(snapshot: Snapshot, code: str, value: KpiValue) -> schemas.Place:
    unit = snapshot.units.get(code)
    return schemas.Place(**_value(value), place=code, place_name=f"{unit.kind} {unit.name}" if unit else code)


def _value(one: KpiValue) -> dict[str, Any]:
    return {
        "state": one.state, "value": one.value, "last_value": one.last_value, "since": one.since,
        "data_time": one.data_time, "level": one.level, "severity": one.severity, "change": one.change,
        "simulated": one.simulated, "reason": "" if one.stand_in else one.reason, "phoned": one.phoned,
    }  # fmt: skip


def _formula(formula: Formula) -> str:
    over = f" / sum({len(formula.to)})" if formula.op is Op.RATIO else ""
    window = f" over {formula.window}" if formula.window else ""
    return f"{formula.op}({len(formula.inputs)}){over} × {formula.scale:g}{window}"


def _agency(snapshot: Snapshot, key: str) -> Said:
    return Said.of(snapshot.agency_names.get(key, Text(key)))


def series_named(snapshot: Snapshot, key: str) -> tuple[Series, str, bool] | None:
    """The series `key`, its source's key and whether it is simulated; a KPI's history has no source."""
    for view in snapshot.sources:
        for one in view.source.series:
            if one.key == key:
                return one, view.source.key, view.source.simulated
    for figure in snapshot.figures.values():
        own = KPI_SERIES + figure.kpi.key
        places = {f"{own}-{code}" for code in figure.places}
        if key == own or key in places:
            return Series(key, figure.kpi.name, figure.kpi.unit), "", figure.value.simulated
    return None


def readings(
    snapshot: Snapshot,
    found: tuple[Series, str, bool],
    start: datetime,
    end: datetime,
    line: Line,
    phoned: Iterable[datetime] = (),
) -> schemas.Readings:
    """A line of one series."""
    series, source, simulated = found
    points = [(moment, value if value is None or isfinite(value) else None) for moment, value in line]
    return schemas.Readings.model_validate({
        **head(snapshot), "simulated": simulated, "series": series.key, "name": Said.of(series.name),
        "unit": series.unit, "source": source, "from": start, "to": end, "points": points, "phoned": list(phoned),
    })  # fmt: skip


def sources(snapshot: Snapshot) -> schemas.Sources:
    """All sources. Their addresses are not told."""
    return schemas.Sources(**head(snapshot), sources=[_source(snapshot, one) for one in snapshot.sources])


def _source(snapshot: Snapshot, view: SourceView) -> schemas.Source:
    row, health = view.source, view.health
    return schemas.Source(
        key=row.key, name=Said.of(row.name), protocol=row.protocol, health=health.state, simulated=row.simulated,
        enabled=row.enabled, since=health.since, last_try=health.last_try, last_good=health.last_good,
        data_time=health.data_time, last_error=health.last_error, surprise=health.surprise,
        surprised=health.surprised, last_surprise=health.last_surprise, failures=health.failures, kept=health.kept,
        refused=health.refused, repeated=health.repeated, every_seconds=row.every.total_seconds(),
        age_limit_seconds=row.age_limit.total_seconds(), owner=row.owner, owner_name=_agency(snapshot, row.owner),
        licence=row.licence.vi, series=[one.key for one in row.series],
    )  # fmt: skip


def directives(snapshot: Snapshot) -> schemas.Directives:
    """The register."""
    rows = [_directive(snapshot, one) for one in snapshot.register.documents]
    return schemas.Directives(**head(snapshot), directives=rows)


def directive(snapshot: Snapshot, key: str) -> schemas.DirectiveCard | None:
    """One document with its tasks; None if there is none."""
    found = next((one for one in snapshot.register.documents if one.key == key), None)
    if found is None:
        return None
    return schemas.DirectiveCard(
        **{**head(snapshot), "simulated": found.simulated}, directive=_directive(snapshot, found),
        summary=Said.of(found.summary), parents=list(found.parents),
        tasks=[_task(snapshot, one) for one in found.tasks],
    )  # fmt: skip


def _statuses(snapshot: Snapshot, tasks: Iterable[Task]) -> list[Status]:
    return [status(one, snapshot.at, snapshot.register.soon_days) for one in tasks]


def _directive(snapshot: Snapshot, row: Document) -> schemas.Directive:
    found = [one for one in _statuses(snapshot, row.tasks) if one.time is not None]
    return schemas.Directive(
        key=row.key, number=row.number, title=Said.of(row.title), kind=row.kind, issuer=row.issuer,
        issuer_name=_agency(snapshot, row.issuer), issued=row.issued, published=row.published,
        simulated=row.simulated, tasks=len(found), open=sum(one.open for one in found),
        overdue=sum(one.time is Time.OVERDUE for one in found),
    )  # fmt: skip


def _task(snapshot: Snapshot, row: Task) -> schemas.Task:
    (now,) = _statuses(snapshot, [row])
    held = holding(row, snapshot.register.agencies, city_date(snapshot.at)).holder
    return schemas.Task(
        key=row.key, title=Said.of(row.title), lead=row.lead, lead_name=_agency(snapshot, row.lead),
        holder=held or "", holder_name=_agency(snapshot, held) if held else None, assigned=row.assigned, due=now.due,
        first_due=now.first_due, work=now.work, time=now.time or "", days_over=now.days_over, percent=now.percent,
        reported=now.reported,
    )  # fmt: skip


def units(snapshot: Snapshot) -> schemas.Units:
    """All commune-level units."""
    rows = [
        schemas.Unit(
            code=one.code, name=one.name, kind=one.kind, area_km2=one.area_km2, lon=one.lon, lat=one.lat,
            former=one.former,
        )
        for one in snapshot.units.values()
    ]  # fmt: skip
    return schemas.Units(**head(snapshot), units=rows)
