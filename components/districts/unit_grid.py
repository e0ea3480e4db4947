"""All units compared in a grid: the cells of the drawn table as columns and rows."""

from collections.abc import Sequence

import htpy as h

from components.districts.unit_card import unit_name
from components.districts.unit_table import (
    UnitCell,
    event_column,
    figure_cell,
    figure_head,
    group_name,
    kind_head,
    median_cell,
    unit_figures,
    unit_groups,
    unit_search_text,
)
from components.events.event_kinds import kind_names
from components.ui.i18n import t
from components.ui.icons import icon
from components.ui.live_table import LiveCell, LiveColumn, LiveRow
from components.ui.status_badges import badges
from ioc.domain.base.slug import slugify
from ioc.domain.geo.place import AdminUnit
from ioc.domain.snapshot import KpiFigure, Snapshot

NAME = "name"  # key of the first column
_PHONE_COLUMNS, _TABLET_COLUMNS, _TABLET_WIDTH = 1, 6, 700


def unit_columns(snapshot: Snapshot, lang: str) -> list[LiveColumn]:
    """The name, each KPI by unit, each kind of events. A phone shows one column beside the name."""
    figures = unit_figures(snapshot)
    parts = [
        *((figure.kpi.key, figure.kpi.short_name.get(lang), _figure_head(figure, lang)) for figure in figures),
        *((event_key(k), name, kind_head(k, name, snapshot, lang)) for k, name in kind_names(snapshot, lang).items()),
    ]
    return [
        LiveColumn(NAME, t("admin_units.unit", lang), width=170, flex=2, is_pinned=True),
        *(
            LiveColumn(key, name, head, "number", width=118, from_width=_from_width(n))
            for n, (key, name, head) in enumerate(parts)
        ),
    ]


def unit_sorts(snapshot: Snapshot) -> list[str]:
    """The keys of the columns."""
    figures = (figure.kpi.key for figure in unit_figures(snapshot))
    return [NAME, *figures, *map(event_key, kind_names(snapshot, "vi"))]


def event_key(kind: str) -> str:
    """The key of the column of a kind of events."""
    return f"events-{kind}"


def _from_width(position: int) -> int:
    return 0 if position < _PHONE_COLUMNS else _TABLET_WIDTH if position < _TABLET_COLUMNS else 1100


def _figure_head(figure: KpiFigure, lang: str) -> h.Fragment:
    label = f"{t('map.show_on_map', lang)}: {figure.kpi.short_name.get(lang)}"
    simulated = any(value.is_simulated for value in figure.values_by_place.values())
    return h.fragment[
        figure_head(figure, lang),
        badges(lang, simulated=simulated, drill=False, short=True),
        h.a(".col-map", href=f"/ban-do?chi-so={figure.kpi.key}", title=label, aria_label=label)[icon("map")],
    ]


def unit_rows(snapshot: Snapshot, lang: str) -> list[LiveRow]:
    """A row for each group of former provinces with its medians and totals, and one for each unit."""
    figures = unit_figures(snapshot)
    return [
        row
        for former, units in unit_groups(snapshot).items()
        for row in _group_rows(former, units, figures, snapshot, lang)
    ]


def _group_rows(
    former: str, units: Sequence[AdminUnit], figures: Sequence[KpiFigure], snapshot: Snapshot, lang: str
) -> list[LiveRow]:  # fmt: skip
    columns = [event_column(kind, units, snapshot, lang) for kind in kind_names(snapshot, lang)]
    head = [*(median_cell(figure, units, lang) for figure in figures), *(total for total, _ in columns)]
    name = LiveCell(group_name(former, len(units), lang), former)
    rows = [LiveRow(f"group-{slugify(former)}", former, (name, *map(_live, head)), is_group=True)]
    for unit in units:
        cells = [figure_cell(figure, unit.code, lang) for figure in figures]
        cells += [counts[unit.code] for _, counts in columns]
        link = h.a(".row-link", href=f"/don-vi/{unit.code}")[unit_name(unit)]
        rows.append(LiveRow(unit.code, unit_search_text(unit), (LiveCell(link, unit.name), *map(_live, cells))))
    return rows


def _live(cell: UnitCell) -> LiveCell:
    wrapped = h.span(".quiet", title=cell.title or None)[cell.content] if cell.is_quiet else cell.content
    return LiveCell(wrapped, cell.order, cell.at)
