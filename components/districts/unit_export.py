"""All units compared, as an exported table: of each KPI value, state, marks, time, age and source; events by kind."""

from collections.abc import Collection, Mapping, Sequence

from components.districts.unit_counts import UnitCount, unit_event_counts, unplaced_count
from components.districts.unit_grid import unit_columns, unit_rows
from components.districts.unit_table import unit_figures, unit_groups
from components.events.event_kinds import kind_names
from components.kpi.kpi_export import shown_value, value_state_text
from components.kpi.tile import unit_text
from components.sources.provenance import kpi_source_names
from components.ui.export_table import Cell, CellKind, ExportColumn, ExportTable, age_minutes, heads, yes
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, found_rows
from components.ui.status_badges import state_label, suppression_label
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.kpi import FigureState, SuppressionReason
from ioc.domain.snapshot import KpiFigure, Snapshot

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_UNIT_COLUMNS = {"unit_kind": _TEXT, "admin_units.unit": _TEXT, "former": _TEXT, "unit_code": _TEXT}
_FIGURE_COLUMNS = {
    "figure_state": _TEXT, "figure_simulated": _TEXT, "figure_phoned": _TEXT, "figure_time": _MOMENT,
    "figure_age": _NUMBER, "figure_source": _TEXT,
}  # fmt: skip
_Counts = list[tuple[Mapping[str, UnitCount], int]]


def unit_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each unit that the page shows, in its order."""
    figures, kinds = unit_figures(snapshot), kind_names(snapshot, lang)
    counts = {
        former: [_kind_counts(kind, [unit.code for unit in units], snapshot) for kind in kinds]
        for former, units in unit_groups(snapshot).items()
    }
    words, sort = params.get(SEARCH, ""), params.get(SORT, "")
    found = found_rows(unit_columns(snapshot, lang), unit_rows(snapshot, lang), words, sort)
    units = (snapshot.units[row.id] for row in found if not row.is_group)
    rows = (_row(unit, figures, counts[unit.former_province], snapshot, lang) for unit in units)
    columns = _columns(figures, list(kinds.values()), lang)
    return ExportTable("don-vi", t("admin_units.unit", lang), columns, rows, snapshot.at)


def _kind_counts(kind: str, codes: Collection[str], snapshot: Snapshot) -> tuple[Mapping[str, UnitCount], int]:
    return unit_event_counts(kind, codes, snapshot), unplaced_count(kind, snapshot)


def _columns(figures: Sequence[KpiFigure], kinds: Sequence[str], lang: str) -> list[ExportColumn]:
    columns = heads(_UNIT_COLUMNS, lang)
    for figure in figures:
        name = figure.kpi.short_name.get(lang)
        if figure.is_drill:
            name = f"{name} – {t('common.drill', lang)}"
        value_head = t("export.figure_unit", lang, name=name, unit=unit_text(figure.kpi, lang))
        columns += [
            ExportColumn(value_head, _NUMBER),
            *(ExportColumn(t(f"export.{key}", lang, name=name), kind) for key, kind in _FIGURE_COLUMNS.items()),
        ]
    for name in kinds:
        columns.append(ExportColumn(t("export.events_of_kind", lang, name=name), _NUMBER))
        columns.append(ExportColumn(t("export.figure_state", lang, name=name)))
    return [*columns, *heads({"at": _MOMENT}, lang)]


def _row(
    unit: AdminUnit, figures: Sequence[KpiFigure], counts: _Counts, snapshot: Snapshot, lang: str
) -> Sequence[Cell]:  # fmt: skip
    return [
        unit.kind, unit.name, unit.former_province or t("admin_units.former_none", lang), unit.code,
        *(cell for figure in figures for cell in _figure_cells(figure, unit.code, snapshot, lang)),
        *(cell for by_unit, unplaced in counts for cell in _count_cells(by_unit[unit.code], unplaced, lang)),
        snapshot.at,
    ]  # fmt: skip


def _figure_cells(figure: KpiFigure, code: str, snapshot: Snapshot, lang: str) -> Sequence[Cell]:
    value = figure.values_by_place.get(code)
    if value is None:
        return [None, t("export.not_of_unit", lang), *[None] * (len(_FIGURE_COLUMNS) - 1)]
    return [
        shown_value(value), value_state_text(value, lang), yes(value.is_simulated, lang), yes(value.is_phoned, lang),
        value.data_time, age_minutes(value.data_time, snapshot.at),
        ", ".join(kpi_source_names(figure.kpi, snapshot, lang)),
    ]  # fmt: skip


def _count_cells(count: UnitCount, unplaced: int, lang: str) -> Sequence[Cell]:
    """The count, and why there is none; a count is a lower bound while events name no known unit."""
    note = t("export.some_unplaced", lang, n=format_number(unplaced)) if unplaced else ""
    if isinstance(count, SuppressionReason):
        return [None, suppression_label(count, lang)]
    if isinstance(count, FigureState):
        return [None, state_label(count, lang)]
    return [count, note]
