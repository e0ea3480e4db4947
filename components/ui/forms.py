"""Fields of forms of working pages: label, input, hint and the reason why the input was refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

Option = tuple[str, str]  # value, label
NONE = "-"  # the value of the option for none: the browser takes "" for a hint
_MAX_LENGTH = 200


def error_id(field: str) -> str:
    """The id of the text that says why the field was refused."""
    return f"{field}-error"


def _field(field: str, label: str, control: Component, hint: str) -> Component:
    describes: Mapping[str, Any] = {"data-describes": field}  # assets/working/40-descriptions.js
    return html.Div(
        [
            dbc.Label(label, html_for=field),
            control,
            html.Div(hint, id=f"{field}-hint", className="field-hint", **describes),
            html.Div(id=error_id(field), className="field-error", **describes),
        ],
        className="field",
    )


def text_field(
    field: str, label: str, value: str = "", *, hint: str = "", kind: str = "text", is_required: bool = True,
    max_length: int = _MAX_LENGTH, autocomplete: str = "off", placeholder: str = "", pattern: str | None = None,
    is_debounced: bool = False,
) -> Component:  # fmt: skip
    """One line of text. `kind`: type of the input, such as password. `field`: the id of the input.

    `is_debounced`: callbacks hear of it when it is left or Enter is pressed, not with each key.
    """
    control = dbc.Input(
        id=field, type=kind, value=value, required=is_required, maxlength=max_length, autocomplete=autocomplete,
        placeholder=placeholder, pattern=pattern, debounce=is_debounced,
    )  # fmt: skip
    return _field(field, label, control, hint)


def date_field(field: str, label: str, value: str = "", *, hint: str = "", is_debounced: bool = False) -> Component:
    """A day as dd/MM/yyyy, in both languages. `parse_day` of ioc/domain/base/times.py reads it."""
    return text_field(
        field, label, value, hint=hint, is_required=False, max_length=10, placeholder="24/11/2026",
        is_debounced=is_debounced,
    )  # fmt: skip


def text_area(field: str, label: str, value: str = "", *, hint: str = "", max_length: int = 2000) -> Component:
    """Several lines of text."""
    return _field(field, label, dbc.Textarea(id=field, value=value, maxlength=max_length, rows=3), hint)


def options_of(options: Iterable[Option]) -> list[dict[str, str]]:
    """Options as the components take them."""
    return [{"value": value, "label": label} for value, label in options]


def select_field(
    field: str, label: str, options: list[dict[str, str]], value: str = NONE, *, hint: str = ""
) -> Component:
    """One of `options`."""
    return _field(field, label, dbc.Select(id=field, options=options, value=value), hint)


def check_field(
    field: str, label: str, options: list[dict[str, str]], values: Iterable[str] = (), *, hint: str = ""
) -> Component:
    """Any of `options`."""
    return html.Fieldset(
        [
            html.Legend(label),
            dbc.Checklist(id=field, options=options, value=list(values)),
            html.Div(hint, className="field-hint"),
            html.Div(id=error_id(field), className="field-error", role="alert"),
        ],
        className="field",
    )


def field_group(*fields: Component, is_compact: bool = False) -> Component:
    """Fields beside each other, as many as have room. `is_compact`: two beside each other even on a phone."""
    return html.Div(list(fields), className="field-group is-compact" if is_compact else "field-group")


def error_outputs(fields: Sequence[str], *, allow_duplicate: bool = False) -> list[Output]:
    """The outputs that say why fields were refused; a callback fills them with `error_texts`."""
    return [Output(error_id(field), "children", allow_duplicate=allow_duplicate) for field in fields]


def error_texts(fields: Sequence[str], texts: Mapping[str, str]) -> list[Any]:
    """The text of each field, "" for one that is right."""
    return [texts.get(field, "") for field in fields]


def chosen(value: str | None) -> str:
    """The value of a select_field, "" for none."""
    return "" if value in (None, NONE) else str(value)
