"""The form of a reporting obligation as input fields, with what is wrong or has changed at each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import htpy as h
from dash import html
from dash.development.base_component import Component

from components.kpi.measurement_units import unit_label
from components.ui.error_messages import describe
from components.ui.format import NO_VALUE
from components.ui.forms import field_group, text_field
from components.ui.i18n import t
from ioc.domain.submissions.form_workbook import FormFault, form_grid, format_city_number
from ioc.domain.submissions.obligation import FormCell, Obligation

_MAX_FAULTS = 30  # of a file that are shown; their number is stated
_MAX_TEXT = 40


def cell_label(cell: FormCell, lang: str) -> str:
    """The label of a cell: its row, and its column where that has a name."""
    row, column = cell.row.get(lang), cell.column.get(lang)
    return f"{row} – {column}" if column not in ("Giá trị", "Value") else row


def figure_text(value: float | None) -> str:
    """The figure as a field holds it, "" for none."""
    return "" if value is None else format_city_number(value)


def cell_value(values: Mapping[str, float | None], cell: FormCell) -> str:
    """The figure formatted, a dash for none."""
    return figure_text(values.get(cell.series.key)) or NO_VALUE


def figure_texts(obligation: Obligation, values: Mapping[str, float | None]) -> dict[str, str]:
    """The texts of the fields, by series key."""
    return {cell.series.key: figure_text(values.get(cell.series.key)) for cell in obligation.cells}


def figure_field_id(page: str, key: Any) -> dict[str, Any]:
    """The id of the field of a series in the form of a page; `key` may be dash.ALL."""
    return {"type": f"{page}-figure", "key": key}


def figure_fields(
    page: str, obligation: Obligation, texts: Mapping[str, str], lang: str, *, is_partial: bool = False
) -> Component:
    """A field for each cell, in rows. `is_partial`: any may be left empty."""
    grid = form_grid(obligation)
    is_only_column = len(grid.columns) == 1
    rows: list[Component] = []
    for r in range(len(grid.rows)):
        line = [grid.cells[r, c] for c in range(len(grid.columns)) if (r, c) in grid.cells]
        fields = [_figure_field(page, cell, texts, lang, is_only_column, is_partial) for cell in line]
        title = html.Legend(line[0].row.get(lang))
        rows += (
            fields if is_only_column else [html.Fieldset([title, field_group(*fields)], className="field figure-row")]
        )
    body = field_group(*rows) if is_only_column else html.Div(rows, className="form-stack")
    advice = "write_whole" if all(cell.is_integer for cell in obligation.cells) else "write_so"
    return html.Div([body, html.P(t(f"submissions.{advice}", lang), className="field-hint")])


def _figure_field(
    page: str, cell: FormCell, texts: Mapping[str, str], lang: str, is_only_column: bool, is_partial: bool
) -> Component:
    series, is_optional = cell.series, cell.is_optional or is_partial
    limits = {"low": format_city_number(series.low), "high": format_city_number(series.high)}
    hint = t("submissions.range_whole" if cell.is_integer else "submissions.range", lang, **limits)
    name = cell.row.get(lang) if is_only_column else cell.column.get(lang)
    unit = unit_label(series.unit, lang)
    return text_field(
        figure_field_id(page, series.key),
        f"{name} ({unit})" if unit else name,
        texts.get(series.key, ""),
        hint=f"{hint} · {t('submissions.may_be_empty', lang)}" if is_optional else hint,
        is_required=not is_optional, keyboard="decimal", max_length=_MAX_TEXT,
    )  # fmt: skip


def fault_texts(faults: Sequence[FormFault], lang: str) -> dict[str, str]:
    """What is wrong, by the key of the series or the address in the file."""
    return {fault.cell: describe(fault.failure, lang) for fault in faults}


def difference_texts(differing: Mapping[str, float | None], lang: str) -> dict[str, str]:
    """By series key: which figure there is now instead."""
    return {
        key: t("submissions.differs_from", lang, value=figure_text(value) or NO_VALUE)
        for key, value in differing.items()
    }


def fault_list(faults: Sequence[FormFault], name: str, lang: str) -> str:
    """The markup of all faults of the file of that name, each with the address of its cell; nothing was saved."""
    texts = [(fault.cell, describe(fault.failure, lang)) for fault in faults[:_MAX_FAULTS]]
    items = [h.li[h.b[cell], ": ", text] for cell, text in texts]
    more = [h.li["…"]] if len(faults) > _MAX_FAULTS else []
    return str(
        h.div(".alert.alert-danger", role="alert")[
            h.p[t("submissions.nothing_kept", lang, n=len(faults), name=name)], h.ul[items, more]
        ]
    )
