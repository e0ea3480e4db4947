"""Fields of forms of working pages: label, input, hint and the reason why the input was refused."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from components.ui.i18n import t
from ioc.domain.base.times import day_fault, parse_day

Option = tuple[str, str]  # value, label
Field = str | Mapping[str, str]  # the id of an input; {"type": …, "key": …} for one of many
NONE = "-"  # the value of the option for none: the browser takes "" for a hint
_MAX_LENGTH = 200
_PAUSE_MS = 400  # of typing, after which a list is searched


def error_id(field: Field) -> Any:
    """The id of the text that says why the field was refused."""
    return f"{field}-error" if isinstance(field, str) else {**field, "type": f"{field['type']}-error"}


def _element_id(field: Field) -> str:
    """The id of the element in the browser."""
    return field if isinstance(field, str) else json.dumps(field, sort_keys=True, separators=(",", ":"))


def _field(field: Field, label: str, control: Component, hint: str, error: str = "") -> Component:
    describes: Mapping[str, Any] = {"data-describes": _element_id(field)}  # assets/working/40-descriptions.js
    hint_id = f"{field}-hint" if isinstance(field, str) else f"{field['type']}-{field['key']}-hint"
    return html.Div(
        [
            dbc.Label(label, html_for=_element_id(field)),
            control,
            html.Div(hint, id=hint_id, className="field-hint", **describes),
            html.Div(error, id=error_id(field), className="field-error", **describes),
        ],
        className="field",
    )


def draft_form(form: str, children: Sequence[Any], *, draft: str, person: str, version: str = "") -> Component:
    """A form, with the id `form`, whose texts survive an ended session: assets/working/50-drafts.js.

    `draft`: what the form is about; with `person` the key of what is kept. `version`: of what the form shows; a
    callback takes it as State(form, "data-version"). A callback that has sent the form sets `data-saved` to a new text.
    The script says above the fields that they hold what was not sent.
    """
    marks: Mapping[str, Any] = {
        "data-draft": draft, "data-person": person, "data-version": version, "data-saved": "",
    }  # fmt: skip
    notice = html.Div(className="draft-notice", role="status")
    return html.Div([notice, *children], id=form, className="form-stack", **marks)


def text_field(
    field: Field, label: str, value: str = "", *, hint: str = "", kind: str = "text", is_required: bool = True,
    max_length: int = _MAX_LENGTH, autocomplete: str = "off", placeholder: str = "", pattern: str | None = None,
    is_debounced: bool = False, is_search: bool = False, keyboard: str | None = None, choices: str | None = None,
) -> Component:  # fmt: skip
    """One line of text. `kind`: type of the input, such as password. `field`: the id of the input.

    `is_debounced`: callbacks hear of it when it is left or Enter is pressed, not with each key; with `is_search` also
    when the typing pauses. `keyboard`: of a touch screen. `choices`: id of a Datalist whose texts are proposed.
    """
    control = dbc.Input(
        id=field, type=kind, value=value, required=is_required, maxlength=max_length, autocomplete=autocomplete,
        placeholder=placeholder, pattern=pattern, debounce=_PAUSE_MS if is_search else is_debounced,
        inputmode=keyboard, list=choices,
    )  # fmt: skip
    return _field(field, label, control, hint)


def date_field(
    field: Field, label: str, lang: str, value: str = "", *, hint: str = "", is_debounced: bool = False
) -> Component:
    """A day as dd/MM/yyyy, in both languages. `parse_day` of ioc/domain/base/times.py reads it.

    An example of a day in the empty field would look like a value: of a filter that is set.
    """
    return text_field(
        field, label, value, hint=hint, is_required=False, max_length=10,
        placeholder=t("common.day_format", lang), is_debounced=is_debounced,
    )  # fmt: skip


def text_area(
    field: Field, label: str, value: str = "", *, hint: str = "", max_length: int = 2000, rows: int = 3,
    placeholder: str = "",
) -> Component:  # fmt: skip
    """Several lines of text."""
    control = dbc.Textarea(id=field, value=value, maxlength=max_length, rows=rows, placeholder=placeholder)
    return _field(field, label, control, hint)


def options_of(options: Iterable[Option]) -> list[dict[str, str]]:
    """Options as the components take them."""
    return [{"value": value, "label": label} for value, label in options]


def select_field(
    field: Field, label: str, options: list[dict[str, str]], value: str = NONE, *, hint: str = ""
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


def field_group(*fields: Component) -> Component:
    """Fields beside each other, as many as have room."""
    return html.Div(list(fields), className="field-group")


def error_outputs(fields: Sequence[str], *, allow_duplicate: bool = False) -> list[Output]:
    """The outputs that say why fields were refused; a callback fills them with `error_texts`."""
    return [Output(error_id(field), "children", allow_duplicate=allow_duplicate) for field in fields]


def error_texts(fields: Sequence[str], texts: Mapping[str, str]) -> list[Any]:
    """The text of each field, "" for one that is right."""
    return [texts.get(field, "") for field in fields]


def day_fault_key(text: str) -> str:
    """The key of the text for what is no day."""
    return f"common.{day_fault(text)}"


def fault_text(key: str, text: str, lang: str) -> str:
    """What is wrong with a field that holds `text`, with its beginning where the words of `key` quote it."""
    return t(key, lang, text=text.strip()[:20])


def day_errors(texts: Mapping[str, str], lang: str, required: Collection[str] = ()) -> dict[str, str]:
    """What is wrong with fields for days, by field. `texts`: what they hold; those of `required` must hold a day."""
    return {
        field: fault_text(day_fault_key(text), text, lang) if text.strip() else t("common.missing", lang)
        for field, text in texts.items()
        if parse_day(text) is None and (text.strip() or field in required)
    }


def first_of(options: Sequence[Option]) -> str:
    """The value of the first option, NONE for none."""
    return options[0][0] if options else NONE


def chosen(value: str | None) -> str:
    """The value of a select_field, "" for none."""
    return "" if value in (None, NONE) else str(value)


USED_FILE = ""


class FileField(Component):
    """A field for files, which are sent as soon as they are chosen: assets/working/60-file-field.js.

    `handle`: of the file that was sent, None without one, with blanks between those of several (`limit`); a callback
    that has used it sets USED_FILE, or None where nothing came of it. `error`: why the file was refused. `address`:
    where it is sent. `accept`: endings of names. `words`: texts by key. `sender`: id of the button that takes the file,
    disabled while it is on its way; "" for none. `clears`: id of a Panel about an earlier file, emptied when one is
    chosen. `checking`: whether the callback of `sender` runs, by its `running`; the field then names what is checked.
    """

    _namespace = "ioc_working"
    _type = "FileField"
    _children_props: list[str] = []  # noqa: RUF012 (Dash reads them from the class)
    _base_nodes: list[str] = []  # noqa: RUF012 (Dash reads them from the class)
    _prop_names: list[str] = [  # noqa: RUF012 (Dash reads them from the class)
        "id", "label", "hint", "error", "address", "accept", "words", "handle", "sender",
        "limit", "clears", "checking",
    ]  # fmt: skip
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012 (Dash reads them from the class)
    available_properties: list[str] = _prop_names
    available_wildcard_properties: list[str] = _valid_wildcard_attributes

    def __init__(self, id: str, **properties: Any) -> None:
        super().__init__(id=id, **properties)  # type: ignore[no-untyped-call]


def file_field(
    field: str, label: str, address: str, lang: str, *, accept: str = "", hint: str = "", sender: str = "",
    limit: int = 1, clears: str = "",
) -> FileField:  # fmt: skip
    """A field with the id `field`; the callback's state is its `handle`. `sender`, `clears`: of FileField."""
    keys = ("choose", "sending", "ready", "checking", "failed", "remove")
    words = {key: t(f"common.file_{key}", lang) for key in keys}
    words["full"] = t("common.file_full", lang, n=limit)
    if limit > 1:
        words["choose"] = t("common.files_choose", lang)
    return FileField(
        field, label=label, hint=hint, error="", address=address, accept=accept, words=words, handle=None,
        sender=sender, limit=limit, clears=clears,
    )  # fmt: skip
