"""The cells of a duty's form as fields, and what is wrong with them."""

from collections.abc import Mapping, Sequence

import htpy as h

from components.kpi.units import unit_word
from components.ui.format import NONE
from components.ui.icons import mark
from ioc.domain.submissions.form_workbook import Wrong, grid, written
from ioc.domain.submissions.obligation import Cell, Duty
from ioc.domain.submissions.submission import Standing
from ioc.web.views.layout import Words

_MOST = 30  # faults that are told; beyond, how many there are


def name(cell: Cell, lang: str) -> str:
    """What the figure is called on its form."""
    row, column = cell.row.said(lang), cell.column.said(lang)
    return f"{row} – {column}" if column not in ("Giá trị", "Value") else row


def number(values: Mapping[str, float | None], cell: Cell) -> str:
    """The figure as it is read, a dash for none."""
    value = values.get(cell.series.key)
    return NONE if value is None else written(value)


def shown(
    values: Mapping[int, Mapping[str, float | None]], how: Standing, typed: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """What stands in the fields: what was just typed, else what was sent last."""
    last = values.get(how.newest.id, {}) if how.newest else {}
    held = {key: "" if value is None else written(value) for key, value in last.items()}
    return held | {key.removeprefix("v-"): text[:60] for key, text in typed.items() if key.startswith("v-")}


def fields(
    said: Words, duty: Duty, given: Mapping[str, str], wrong: Sequence[Wrong], *, partly: bool = False
) -> h.Element:  # fmt: skip
    """A field for every figure, by rows."""
    made = grid(duty)
    bad = {one.cell for one in wrong}
    rows = []
    for r in range(len(made.rows)):
        line = [made.cells[r, c] for c in range(len(made.columns)) if (r, c) in made.cells]
        title = line[0].row.said(said.lang)
        inside = (_field(said, one, given, bad, alone=len(made.columns) == 1, partly=partly) for one in line)
        rows.append(h.fieldset(".field.figure-row")[h.legend[title], h.div(".form-fields")[inside]])
    return h.div(".figure-rows")[rows, h.p(".quiet")[said.say("handed.write_so")]]


def _field(
    said: Words, cell: Cell, given: Mapping[str, str], bad: set[str], *, alone: bool, partly: bool
) -> h.Element:  # fmt: skip
    series = cell.series
    limits = {"low": written(series.low), "high": written(series.high)}
    hint = said.say("handed.range_whole" if cell.whole else "handed.range", **limits)
    optional = cell.optional or partly
    column, word = "" if alone else cell.column.said(said.lang), unit_word(series.unit, said.lang)
    return h.label(".field")[
        h.span[f"{column} ({word})" if column and word else column or word or name(cell, said.lang)],
        h.input(
            name=f"v-{series.key}", value=given.get(series.key, ""), inputmode="decimal", autocomplete="off",
            maxlength="40", required=not optional, aria_invalid="true" if series.key in bad else None,
            aria_label=name(cell, said.lang),
        ),
        h.small[hint, optional and f" · {said.say('handed.may_be_empty')}"],
    ]  # fmt: skip


def faults(said: Words, duty: Duty, wrong: Sequence[Wrong]) -> h.Element | None:
    """Everything that is wrong, each with its cell; said that nothing was kept."""
    if not wrong:
        return None
    names = {one.series.key: name(one, said.lang) for one in duty.cells}
    return h.div(".said.said-wrong.figure-faults", role="alert")[
        mark("attention"),
        h.div[
            h.p[said.say("handed.nothing_kept", n=len(wrong))],
            h.ul[(h.li[h.b[names.get(one.cell, one.cell)], ": ", _fault(said, one)] for one in wrong[:_MOST])],
            len(wrong) > _MOST and h.p["…"],
        ],
    ]


def _fault(said: Words, one: Wrong) -> str:
    return said.say(f"handed.{one.key}", **dict(one.parts))
