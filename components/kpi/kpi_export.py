"""The list of KPIs as an exported table."""

from collections.abc import Mapping, Sequence

from components.kpi.kpi_list import field_name, kpi_columns, kpi_rows
from components.kpi.limits import judgement_words, limit_texts
from components.kpi.redundancy import redundancy_text
from components.kpi.tile import unit_text
from components.sources.provenance import kpi_source_names
from components.ui.export_table import Cell, CellKind, ExportTable, age_minutes, heads, yes
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, found_rows
from components.ui.status_badges import missing_value_text
from ioc.domain.kpis.kpi import FigureState, KpiValue
from ioc.domain.snapshot import KpiFigure, Snapshot

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_COLUMNS = {
    "domain": _TEXT, "key": _TEXT, "kpi.name": _TEXT, "kpi.value": _NUMBER, "kpi.unit": _TEXT, "kpi.state": _TEXT,
    "severity": _TEXT, "kpi.target": _TEXT, "data_time": _MOMENT, "age": _NUMBER, "last_value": _NUMBER,
    "kpi.source": _TEXT, "redundancy": _TEXT, "simulated": _TEXT, "drill": _TEXT, "phoned": _TEXT, "at": _MOMENT,
}  # fmt: skip


def kpi_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each KPI that the page shows, in its order."""
    shown = found_rows(kpi_columns(lang), kpi_rows(snapshot, lang), params.get(SEARCH, ""), params.get(SORT, ""))
    rows = (_row(snapshot.figures[row.id], snapshot, lang) for row in shown if not row.is_group)
    return ExportTable("chi-so", t("kpi.name", lang), heads(_COLUMNS, lang), rows, snapshot.at)


def _row(figure: KpiFigure, snapshot: Snapshot, lang: str) -> Sequence[Cell]:
    kpi, value = figure.kpi, figure.value
    return [
        field_name(kpi.domain, lang), kpi.key, kpi.name.get(lang), shown_value(value), unit_text(kpi, lang),
        value_state_text(value, lang), t(f"common.{value.severity.value}", lang) if has_value(value) else None,
        " · ".join(limit_texts(kpi, value, lang)), value.data_time, age_minutes(value.data_time, snapshot.at),
        None if has_value(value) else value.last_value, ", ".join(kpi_source_names(kpi, snapshot, lang)),
        redundancy_text(figure, snapshot, lang), yes(value.is_simulated, lang), yes(figure.is_drill, lang),
        yes(value.is_phoned, lang), snapshot.at,
    ]  # fmt: skip


def has_value(value: KpiValue) -> bool:
    """Whether its number is shown."""
    return value.state is FigureState.OK


def shown_value(value: KpiValue) -> float | None:
    """The number that is shown; None where none is: `value_state_text` says why."""
    return value.value if has_value(value) else None


def value_state_text(value: KpiValue, lang: str) -> str:
    """What the value means by target and limits, or why there is none."""
    if not has_value(value):
        return missing_value_text(value, lang)
    return judgement_words(value.severity, value.is_target_met, lang)
