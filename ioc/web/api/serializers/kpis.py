"""KPIs and readings, from a snapshot."""

from collections.abc import Iterable
from datetime import datetime
from math import isfinite

from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, FormulaOp, KpiValue, Severity
from ioc.domain.snapshot import Disagreement, KpiFigure, Line, SeriesView, Snapshot
from ioc.web.api.schemas import kpis as schemas
from ioc.web.api.serializers.base import Attributes, agency_name

KPI_SERIES_PREFIX = "kpi-"


def kpis(snapshot: Snapshot) -> schemas.Kpis:
    """All KPIs."""
    rows = [_kpi(snapshot, figure) for figure in snapshot.figures.values()]
    return schemas.Kpis.model_validate(Attributes(snapshot, overview=snapshot.overview_kpis, kpis=rows))


def kpi(snapshot: Snapshot, key: str) -> schemas.KpiDetail | None:
    """The KPI `key` with its definition card; None for an unknown one."""
    figure = snapshot.figures.get(key)
    if figure is None:
        return None
    row = figure.kpi
    return schemas.KpiDetail.model_validate(
        Attributes(
            snapshot,
            row,
            kpi=_kpi(snapshot, figure),
            formula=_formula(row.formula),
            inputs=[*row.formula.inputs, *row.formula.denominator],
            definition_version=row.version,
            target=f"{row.target.op} {row.target.value:.15g}" if row.target else "",
            target_deadband=row.target.deadband if row.target else 0.0,
            target_severity=row.target.severity if row.target else Severity.NORMAL,
            unit_values=[_unit_value(snapshot, code, value) for code, value in sorted(figure.values_by_place.items())],
            series=KPI_SERIES_PREFIX + key,
        )
    )


def _kpi(snapshot: Snapshot, figure: KpiFigure) -> Attributes:
    sources = (key for view in figure.redundant_series for key in (view.source, *view.redundant_sources))
    return Attributes(
        figure.kpi,
        figure.value,
        reason=_reason(figure.value),
        owner_name=agency_name(snapshot, figure.kpi.owner),
        redundant_sources=list(dict.fromkeys(sources)),
        disagreements=[_disagreement(view, view.disagreement) for view in figure.redundant_series if view.disagreement],
    )


def _disagreement(view: SeriesView, other: Disagreement) -> Attributes:
    return Attributes(
        view,
        series=view.series.key,
        unit=view.series.unit,
        other_source=other.source,
        other_value=other.value,
        other_data_time=other.data_time,
        difference=round(other.gap, 6),
    )


def _unit_value(snapshot: Snapshot, code: str, value: KpiValue) -> Attributes:
    unit = snapshot.units.get(code)
    name = f"{unit.kind} {unit.name}" if unit else code
    return Attributes(value, reason=_reason(value), unit_code=code, unit_name=name)


def _reason(value: KpiValue) -> str:
    """Why there is no value; the source that a value rests on is no reason."""
    return "" if value.failover_source else value.reason


def _formula(formula: Formula) -> str:
    denominator = f" / sum({len(formula.denominator)})" if formula.op is FormulaOp.RATIO else ""
    window = f" over {formula.window}" if formula.window else ""
    return f"{formula.op}({len(formula.inputs)}){denominator} × {formula.scale:g}{window}"


def find_series(snapshot: Snapshot, key: str) -> tuple[Series, str, bool] | None:
    """(series, key of its source, whether it is simulated); the history of a KPI has no source. None if unknown."""
    for view in snapshot.sources:
        for series in view.source.series:
            if series.key == key:
                return series, view.source.key, view.source.is_simulated
    for figure in snapshot.figures.values():
        city_key = KPI_SERIES_PREFIX + figure.kpi.key
        unit_keys = {f"{city_key}-{code}" for code in figure.values_by_place}
        if key == city_key or key in unit_keys:
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
    """The line of one series; `series_info` as find_series gives it."""
    series, source, is_simulated = series_info
    return schemas.Readings.model_validate(
        Attributes(
            snapshot,
            series=series.key,
            name=series.name,
            unit=series.unit,
            source=source,
            is_simulated=is_simulated,
            start=start,
            end=end,
            points=[(moment, value if value is None or isfinite(value) else None) for moment, value in line],
            phone_report_times=list(phone_report_times),
        )
    )
