"""All units compared, as an exported table: of each KPI value, state, marks, time, age and source; events by kind."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from components.districts.unit_table import sort_units
from components.events.event_kinds import kind_names
from components.kpi.kpi_export import shown_value, value_state_text
from components.kpi.tile import unit_text
from components.sources.provenance import kpi_source_names
from components.ui.export_table import Cell, CellKind, ExportColumn, ExportTable, age_minutes, heads, yes
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import state_label, suppression_label
from ioc.domain.events.state import kind_state
from ioc.domain.geo.place import AdminUnit
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FigureState, SuppressionReason
from ioc.domain.kpis.suppression import suppressed_units
from ioc.domain.snapshot import KpiFigure, Snapshot

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_UNIT_COLUMNS = {"unit_kind": _TEXT, "admin_units.unit": _TEXT, "former": _TEXT, "unit_code": _TEXT}
_FIGURE_COLUMNS = {
    "figure_state": _TEXT, "figure_simulated": _TEXT, "figure_phoned": _TEXT, "figure_time": _MOMENT,
    "figure_age": _NUMBER, "figure_source": _TEXT,
}  # fmt: skip
# A count of events, why it is not published, or why it is not known.
UnitCount = int | SuppressionReason | FigureState
_Counts = list[tuple[Mapping[str, UnitCount], int]]


def unit_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each unit; `xep`: key of the KPI by which they are sorted, with "-" before it in reverse."""
    figures = [figure for figure in snapshot.figures.values() if figure.values_by_place]
    groups: dict[str, list[str]] = {}
    for unit in snapshot.units.values():
        groups.setdefault(unit.former_province, []).append(unit.code)
    kinds = kind_names(snapshot, lang)
    counts = {former: [unit_event_counts(kind, codes, snapshot) for kind in kinds] for former, codes in groups.items()}
    rows = (
        _row(unit, figures, counts[unit.former_province], snapshot, lang)
        for unit in _sorted(snapshot, figures, params.get("xep", ""))
    )
    columns = _columns(figures, list(kinds.values()), lang)
    title = t("admin_units.unit", lang)
    return ExportTable("don-vi", title, columns, rows, snapshot.at, searched_columns=len(_UNIT_COLUMNS))


def _sorted(snapshot: Snapshot, figures: Sequence[KpiFigure], order: str) -> list[AdminUnit]:
    figure = next((figure for figure in figures if figure.kpi.key == order.removeprefix("-")), None)
    units = sort_units(list(snapshot.units.values()), figure)
    if figure is None or not order.startswith("-"):
        return units
    values = figure.values_by_place
    known = [unit for unit in units if unit.code in values and shown_value(values[unit.code]) is not None]
    return [*reversed(known), *(unit for unit in units if unit not in known)]


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
        return [None, note if count is FigureState.NO_DATA and unplaced else state_label(count, lang)]
    return [count, note]


def unit_event_counts(kind: str, codes: Collection[str], snapshot: Snapshot) -> tuple[Mapping[str, UnitCount], int]:
    """The count of each unit of a group, whose total is published, and how many events name no known unit.

    Without exercises. No event is 0 only where all sources are live and each event has a unit, else the state of the
    sources; NO_DATA where some event has no unit.
    """
    events = [view.event for view in snapshot.events if view.event.kind == kind and not view.is_drill]
    unplaced = sum(snapshot.units.keys().isdisjoint(event.unit_codes) for event in events)
    by_unit = Counter(code for event in events for code in event.unit_codes)
    counts = {code: by_unit[code] for code in codes}
    small = {code for code, count in counts.items() if _is_from_people(kind, snapshot) and is_small_cell(count)}
    visible = {code: count for code, count in counts.items() if code not in small}
    secondary = suppressed_units(sum(counts.values()), visible, small)
    state = kind_state(snapshot, kind)
    zero = 0 if state is FigureState.OK and not unplaced else FigureState.NO_DATA if state is FigureState.OK else state
    return {
        **{code: count or zero for code, count in counts.items()},
        **dict.fromkeys(secondary, SuppressionReason.SECONDARY),
        **dict.fromkeys(small, SuppressionReason.SMALL_COUNT),
    }, unplaced


def _is_from_people(kind: str, snapshot: Snapshot) -> bool:
    return any(each.key == kind and each.is_from_people for view in snapshot.sources for each in view.source.events)
