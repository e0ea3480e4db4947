"""Names of agencies in a sheet that are not known: each once, with what somebody chooses for it."""

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components.ui.forms import NONE, Option, options_of, select_field
from components.ui.i18n import t
from ioc.domain.directives.agency import Agencies, folded_name
from ioc.domain.directives.nearest_agencies import NearestAgencies
from ioc.domain.directives.sheet_rows import UnknownName

NAME, NAMES, ASKED, CHOICES, CHECKED_CHOICES = (
    f"sheet-import-{part}" for part in ("name", "names", "asked", "choices", "checked-choices")
)
LEFT_OUT = "="  # the value for a name that stands for no agency: no key of one
MAX_ASKED = 100  # names that are asked for at once; beyond them the cells are faults alone


def names_section(lang: str) -> Component:
    """The place of the names, and the button that checks again with what was chosen."""
    return html.Div(
        [
            html.H3(t("sheet_import.names_title", lang), className="box-title"),
            html.P(t("sheet_import.names_why", lang), className="quiet"),
            html.Div(id=NAMES, className="field-group"),
            html.Div(dbc.Button(t("sheet_import.recheck", lang), id="sheet-import-recheck", color="primary")),
            dcc.Store(id=ASKED, data=[]),
            dcc.Store(id=CHOICES, data=[]),  # the values of the fields: a callback sends one list of fields alone
            dcc.Store(id=CHECKED_CHOICES, data=[]),
        ],
        id=f"{NAMES}-part", className="form-stack", hidden=True,
    )  # fmt: skip


def name_fields(
    names: Sequence[UnknownName], chosen: Mapping[str, str], options: Sequence[Option], nearest: NearestAgencies,
    lang: str,
) -> list[Component]:  # fmt: skip
    """A field for each name. `chosen`: by folded name, "" for none. `options`: the agencies."""
    return [_name_field(number, name, chosen, options, nearest, lang) for number, name in enumerate(names)]


def _name_field(
    number: int, name: UnknownName, chosen: Mapping[str, str], options: Sequence[Option], nearest: NearestAgencies,
    lang: str,
) -> Component:  # fmt: skip
    titles = dict(options)
    near = [key for key in nearest.of(name.text) if key in titles]
    others = [option for option in options if option[0] not in near]
    choices = [
        (NONE, t("sheet_import.name_open", lang)), *((key, titles[key]) for key in near),
        (LEFT_OUT, t("sheet_import.name_left_out", lang)), *others,
    ]  # fmt: skip
    label = t("sheet_import.name", lang, name=name.text, n=name.n)
    hint = t("sheet_import.names_near", lang, names="; ".join(titles[key] for key in near)) if near else ""
    return select_field(
        {"type": NAME, "key": str(number)}, label, options_of(choices), value_of(name.text, chosen), hint=hint
    )


def value_of(name: str, chosen: Mapping[str, str]) -> str:
    """The value of the field of a name."""
    key = chosen.get(folded_name(name))
    return NONE if key is None else key or LEFT_OUT


def choices_of(names: Sequence[str], values: Sequence[str | None], agencies: Agencies) -> dict[str, str] | None:
    """What was chosen for the names, by folded name; None for what was never offered."""
    if len(names) != len(values) or not {value or NONE for value in values} <= {NONE, LEFT_OUT, *agencies}:
        return None
    pairs = zip(names, values, strict=True)
    return {folded_name(name): "" if value == LEFT_OUT else value for name, value in pairs if value not in (None, NONE)}
