"""The form of a reporting obligation as input fields: read, and shown with the errors of what was entered."""

from collections.abc import Mapping, Sequence

import htpy as h
from flask import request

from components.kpi.measurement_units import unit_label
from components.ui.error_messages import describe
from components.ui.format import NO_VALUE
from components.ui.icons import mark
from ioc.domain.submissions.form_workbook import FormFault, ParsedForm, form_grid, format_city_number, parse_figure
from ioc.domain.submissions.obligation import FormCell, Obligation
from ioc.domain.submissions.submission import SubmissionStatus
from ioc.web.views.layout import PageContext

_MAX_ERRORS = 30  # shown; their number is stated


def cell_label(cell: FormCell, lang: str) -> str:
    """The label of a cell: its row, and its column where that has a name."""
    row, column = cell.row.get(lang), cell.column.get(lang)
    return f"{row} – {column}" if column not in ("Giá trị", "Value") else row


def cell_value(values: Mapping[str, float | None], cell: FormCell) -> str:
    """The figure formatted, a dash for none."""
    value = values.get(cell.series.key)
    return NO_VALUE if value is None else format_city_number(value)


def read_fields(obligation: Obligation, *, is_partial: bool = False) -> ParsedForm:
    """The typed figures; with `is_partial` empty fields are left out."""
    values, faults = dict[str, float | None](), list[FormFault]()
    for cell in obligation.cells:
        text = request.form.get(f"v-{cell.series.key}", "")[:60]
        if is_partial and not text.strip():
            continue
        figure = parse_figure(text, cell)
        if isinstance(figure, FormFault):
            faults.append(figure)
        else:
            values[cell.series.key] = figure
    return ParsedForm(values, tuple(faults))


def figure_text(value: float | None) -> str:
    """The figure as a field holds it, "" for none."""
    return "" if value is None else format_city_number(value)


def differing_figures(
    obligation: Obligation, texts: Mapping[str, str], figures: Mapping[str, float | None]
) -> dict[str, str]:  # fmt: skip
    """The cells whose text is another figure than the one in `figures`, by series key: that figure, formatted."""
    return {
        cell.series.key: cell_value(figures, cell)
        for cell in obligation.cells
        if parse_figure(texts.get(cell.series.key, ""), cell) != figures.get(cell.series.key)
    }


def field_values(
    values: Mapping[int, Mapping[str, float | None]], submission_status: SubmissionStatus, typed: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """Texts of the fields by series key: what was just typed, else what was submitted last."""
    last = values.get(submission_status.latest.id, {}) if submission_status.latest else {}
    submitted = {key: figure_text(value) for key, value in last.items()}
    return submitted | {key.removeprefix("v-"): text[:60] for key, text in typed.items() if key.startswith("v-")}


def cell_fields(
    context: PageContext,
    obligation: Obligation,
    texts: Mapping[str, str],
    errors: Sequence[FormFault],
    differing: Mapping[str, str],
    *,
    is_partial: bool = False,
) -> h.Element:
    """A field for each cell, in rows. `differing`: see `differing_figures`; these fields are marked."""
    grid = form_grid(obligation)
    invalid_keys = {error.cell for error in errors}
    rows = []
    for r in range(len(grid.rows)):
        line = [grid.cells[r, c] for c in range(len(grid.columns)) if (r, c) in grid.cells]
        title = line[0].row.get(context.lang)
        inside = (
            _cell_field(
                context,
                cell,
                texts,
                invalid_keys,
                differing,
                is_only_column=len(grid.columns) == 1,
                is_partial=is_partial,
            )
            for cell in line
        )
        rows.append(h.fieldset(".field.figure-row")[h.legend[title], h.div(".form-fields")[inside]])
    return h.div(".figure-rows")[rows, h.p(".quiet")[context.t("submissions.write_so")]]


def _cell_field(
    context: PageContext,
    cell: FormCell,
    texts: Mapping[str, str],
    invalid_keys: set[str],
    differing: Mapping[str, str],
    *,
    is_only_column: bool,
    is_partial: bool,
) -> h.Element:
    series = cell.series
    limits = {"low": format_city_number(series.low), "high": format_city_number(series.high)}
    hint = context.t("submissions.range_whole" if cell.is_integer else "submissions.range", **limits)
    optional = cell.is_optional or is_partial
    is_marked = series.key in invalid_keys or series.key in differing
    column, unit = "" if is_only_column else cell.column.get(context.lang), unit_label(series.unit, context.lang)
    return h.label(".field")[
        h.span[f"{column} ({unit})" if column and unit else column or unit or cell_label(cell, context.lang)],
        h.input(
            name=f"v-{series.key}", value=texts.get(series.key, ""), inputmode="decimal", autocomplete="off",
            maxlength="40", required=not optional, aria_invalid="true" if is_marked else None,
            aria_label=cell_label(cell, context.lang),
        ),
        series.key in differing
        and h.small(".disagreement")[
            mark("attention"), " ", context.t("submissions.differs_from", value=differing[series.key])
        ],
        h.small[hint, optional and f" · {context.t('submissions.may_be_empty')}"],
    ]  # fmt: skip


def error_list(context: PageContext, obligation: Obligation, errors: Sequence[FormFault]) -> h.Element | None:
    """All errors, each with the label of its cell, and that nothing was saved."""
    if not errors:
        return None
    labels = {cell.series.key: cell_label(cell, context.lang) for cell in obligation.cells}
    return h.div(".said.said-wrong.figure-faults", role="alert")[
        mark("attention"),
        h.div[
            h.p[context.t("submissions.nothing_kept", n=len(errors))],
            h.ul[
                (
                    h.li[h.b[labels.get(error.cell, error.cell)], ": ", describe(error.failure, context.lang)]
                    for error in errors[:_MAX_ERRORS]
                )
            ],
            len(errors) > _MAX_ERRORS and h.p["…"],
        ],
    ]
