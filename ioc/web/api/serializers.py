"""From a snapshot to what the API answers. Pure."""

from collections.abc import Iterable
from datetime import datetime
from math import isfinite
from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import task_assignment
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, task_status
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, FormulaOp, KpiValue
from ioc.domain.snapshot import Disagreement, KpiFigure, Line, SeriesView, Snapshot, SourceView
from ioc.web.api import schemas
from ioc.web.api.schemas import TranslatedText

KPI_SERIES_PREFIX = "kpi-"


def envelope(snapshot: Snapshot) -> dict[str, Any]:
    """What every answer begins with."""
    return {
        "at": snapshot.at, "version": snapshot.version, "live": snapshot.is_live, "simulated": snapshot.is_simulated,
    }  # fmt: skip


def kpis(snapshot: Snapshot) -> schemas.Kpis:
    """All KPIs."""
    rows = [_kpi(snapshot, one) for one in snapshot.figures.values()]
    return schemas.Kpis(**envelope(snapshot), overview=list(snapshot.overview_kpis), kpis=rows)


def kpi(snapshot: Snapshot, key: str) -> schemas.KpiDetail | None:
    """One KPI with its definition card; None if there is none."""
    figure = snapshot.figures.get(key)
    if figure is None:
        return None
    row = figure.kpi
    return schemas.KpiDetail(
        **envelope(snapshot),
        kpi=_kpi(snapshot, figure),
        definition=TranslatedText.from_text(row.definition),
        legal_basis=TranslatedText.from_text(row.legal_basis),
        formula=_formula(row.formula),
        inputs=[*row.formula.inputs, *row.formula.denominator],
        version_of_definition=row.version,
        cadence_seconds=row.cadence.total_seconds(),
        target=f"{row.target.op} {row.target.value:g}" if row.target else "",
        limits=[
            schemas.Limit(
                key=one.key,
                name=TranslatedText.from_text(one.name),
                at=one.value,
                when="above" if one.is_upper else "below",
                severity=one.severity,
                deadband=one.deadband,
            )
            for one in row.limits
        ],
        places=[_unit_value(snapshot, code, value) for code, value in sorted(figure.values_by_place.items())],
        series=KPI_SERIES_PREFIX + key,
    )


def _kpi(snapshot: Snapshot, figure: KpiFigure) -> schemas.Kpi:
    row = figure.kpi
    return schemas.Kpi(
        **_value_fields(figure.value),
        key=row.key,
        name=TranslatedText.from_text(row.name),
        unit=row.unit,
        decimals=row.decimals,
        domain=row.domain,
        owner=row.owner,
        owner_name=_agency_name(snapshot, row.owner),
        also=list(
            dict.fromkeys(key for one in figure.redundant_series for key in (one.source, *one.redundant_sources))
        ),
        stand_in=figure.value.failover_source,
        apart=[_disagreement(one, one.disagreement) for one in figure.redundant_series if one.disagreement],
    )


def _disagreement(one: SeriesView, other: Disagreement) -> schemas.Disagreement:
    return schemas.Disagreement(
        series=one.series.key, unit=one.series.unit, source=one.source, value=one.value, data_time=one.data_time,
        other_source=other.source, other_value=other.value, other_data_time=other.data_time, gap=round(other.gap, 6),
    )  # fmt: skip


def _unit_value(snapshot: Snapshot, code: str, value: KpiValue) -> schemas.KpiUnitValue:
    unit = snapshot.units.get(code)
    return schemas.KpiUnitValue(
        **_value_fields(value), place=code, place_name=f"{unit.kind} {unit.name}" if unit else code
    )


def _value_fields(one: KpiValue) -> dict[str, Any]:
    return {
        "state": one.state, "value": one.value, "last_value": one.last_value, "since": one.since,
        "data_time": one.data_time, "level": one.level, "severity": one.severity, "change": one.change,
        "simulated": one.is_simulated, "reason": "" if one.failover_source else one.reason, "phoned": one.is_phoned,
    }  # fmt: skip


def _formula(formula: Formula) -> str:
    over = f" / sum({len(formula.denominator)})" if formula.op is FormulaOp.RATIO else ""
    window = f" over {formula.window}" if formula.window else ""
    return f"{formula.op}({len(formula.inputs)}){over} × {formula.scale:g}{window}"


def _agency_name(snapshot: Snapshot, key: str) -> TranslatedText:
    return TranslatedText.from_text(snapshot.agency_names.get(key, LocalizedText(key)))


def find_series(snapshot: Snapshot, key: str) -> tuple[Series, str, bool] | None:
    """The series `key`, its source's key and whether it is simulated; a KPI's history has no source."""
    for view in snapshot.sources:
        for one in view.source.series:
            if one.key == key:
                return one, view.source.key, view.source.is_simulated
    for figure in snapshot.figures.values():
        own = KPI_SERIES_PREFIX + figure.kpi.key
        places = {f"{own}-{code}" for code in figure.values_by_place}
        if key == own or key in places:
            return Series(key, figure.kpi.name, figure.kpi.unit), "", figure.value.is_simulated
    return None


def readings(
    snapshot: Snapshot,
    series_info: tuple[Series, str, bool],
    start: datetime,
    end: datetime,
    line: Line,
    phone_report_times: Iterable[datetime] = (),
) -> schemas.Readings:
    """A line of one series."""
    series, source, simulated = series_info
    points = [(moment, value if value is None or isfinite(value) else None) for moment, value in line]
    return schemas.Readings.model_validate(
        {
            **envelope(snapshot),
            "simulated": simulated,
            "series": series.key,
            "name": TranslatedText.from_text(series.name),
            "unit": series.unit,
            "source": source,
            "from": start,
            "to": end,
            "points": points,
            "phoned": list(phone_report_times),
        }
    )


def sources(snapshot: Snapshot) -> schemas.Sources:
    """All sources. Their addresses are not told."""
    return schemas.Sources(**envelope(snapshot), sources=[_source(snapshot, one) for one in snapshot.sources])


def _source(snapshot: Snapshot, view: SourceView) -> schemas.Source:
    row, health = view.source, view.health
    return schemas.Source(
        key=row.key,
        name=TranslatedText.from_text(row.name),
        protocol=row.protocol,
        health=health.state,
        simulated=row.is_simulated,
        enabled=row.is_enabled,
        since=health.since,
        last_try=health.last_attempt,
        last_good=health.last_success,
        data_time=health.data_time,
        last_error=str(health.last_error or ""),
        surprise="; ".join(map(str, health.drift)),
        surprised=health.drift_since,
        last_surprise="; ".join(map(str, health.last_drift)),
        failures=health.failures,
        kept=health.accepted_count,
        refused=health.rejected_count,
        repeated=health.duplicate_count,
        every_seconds=row.poll_interval.total_seconds(),
        age_limit_seconds=row.age_limit.total_seconds(),
        owner=row.owner,
        owner_name=_agency_name(snapshot, row.owner),
        licence=row.licence.vi,
        series=[one.key for one in row.series],
    )


def directives(snapshot: Snapshot) -> schemas.Directives:
    """The register."""
    rows = [_directive(snapshot, one) for one in snapshot.register.documents]
    return schemas.Directives(**envelope(snapshot), directives=rows)


def directive(snapshot: Snapshot, key: str) -> schemas.DirectiveDetail | None:
    """One document with its tasks; None if there is none."""
    found = next((one for one in snapshot.register.documents if one.key == key), None)
    if found is None:
        return None
    return schemas.DirectiveDetail(
        **{**envelope(snapshot), "simulated": found.is_simulated}, directive=_directive(snapshot, found),
        summary=TranslatedText.from_text(found.summary), parents=list(found.parents),
        tasks=[_task(snapshot, one) for one in found.tasks],
    )  # fmt: skip


def _statuses(snapshot: Snapshot, tasks: Iterable[Task]) -> list[TaskStatus]:
    return [task_status(one, snapshot.at, snapshot.register.due_soon_days) for one in tasks]


def _directive(snapshot: Snapshot, row: Document) -> schemas.Directive:
    found = [one for one in _statuses(snapshot, row.tasks) if one.deadline_state is not None]
    return schemas.Directive(
        key=row.key, number=row.number, title=TranslatedText.from_text(row.title), kind=row.kind, issuer=row.issuer,
        issuer_name=_agency_name(snapshot, row.issuer), issued=row.issued_on, published=row.published_on,
        simulated=row.is_simulated, tasks=len(found), open=sum(one.is_open for one in found),
        overdue=sum(one.deadline_state is DeadlineState.OVERDUE for one in found),
    )  # fmt: skip


def _task(snapshot: Snapshot, row: Task) -> schemas.Task:
    (now,) = _statuses(snapshot, [row])
    held = task_assignment(row, snapshot.register.agencies, city_date(snapshot.at)).holder
    return schemas.Task(
        key=row.key,
        title=TranslatedText.from_text(row.title),
        lead=row.lead,
        lead_name=_agency_name(snapshot, row.lead),
        holder=held or "",
        holder_name=_agency_name(snapshot, held) if held else None,
        assigned=row.assigned_on,
        due=now.due,
        first_due=now.original_due,
        work=now.work_state,
        time=now.deadline_state or "",
        days_over=now.days_overdue,
        percent=now.percent,
        reported=now.last_reported,
    )


def units(snapshot: Snapshot) -> schemas.AdminUnits:
    """All commune-level units."""
    rows = [
        schemas.AdminUnit(
            code=one.code, name=one.name, kind=one.kind, area_km2=one.area_km2, lon=one.lon, lat=one.lat,
            former=one.former_province,
        )
        for one in snapshot.units.values()
    ]  # fmt: skip
    return schemas.AdminUnits(**envelope(snapshot), units=rows)
