"""Widgets of forms: fields, buttons, notices and tables."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import htpy as h
from flask import request

from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.web.views.layout import PageContext

MAX_LENGTH = 200  # characters of a field, where it sets no other
VERSION_FIELD = "ban"
_NETWORKS_MAX_LENGTH = 2000  # more than is stored


def version_field(version: str) -> h.VoidElement:
    """The version of what a form shows: a form over what somebody else has changed meanwhile changes nothing."""
    return h.input(type="hidden", name=VERSION_FIELD, value=version)


def submitted_version() -> str | None:
    """The version that the form had."""
    return request.form.get(VERSION_FIELD)


def submitted_networks() -> str:
    """The networks as typed, not cut to the length of the store: too long a list is an error there."""
    return form_value("dai", _NETWORKS_MAX_LENGTH)


def networks_field(label: str, value: str, hint: str) -> h.Element:
    """The field for networks."""
    return field(label, "dai", value, hint=hint, is_required=False, max_length=_NETWORKS_MAX_LENGTH)


def form_value(name: str, max_length: int = MAX_LENGTH) -> str:
    """The submitted value of a field, stripped."""
    return clean_text(request.form.get(name, ""), max_length)


def clean_text(typed: str, max_length: int) -> str:
    """Text that every database accepts as a value, stripped and cut."""
    return typed.replace("\0", "").encode("utf-8", "replace").decode().strip()[:max_length]


def form(action: str, *inside: h.Node, kind: str = "form") -> h.Element:
    """A POST form."""
    return h.form(class_=kind, method="post", action=action, autocomplete="off")[list(inside)]


def field(
    label: str, name: str, value: str = "", *, kind: str = "text", hint: str = "", autocomplete: str = "off",
    is_required: bool = True, has_focus: bool = False, max_length: int = MAX_LENGTH, **attributes: str,
) -> h.Element:  # fmt: skip
    """A text input with its label. `autocomplete`: for password managers."""
    return h.label(".field")[
        h.span[label],
        h.input(
            type=kind,
            name=name,
            value=value,
            required=is_required,
            autofocus=has_focus,
            maxlength=max_length,
            autocomplete=autocomplete,
            autocapitalize="none",
            spellcheck="false",
            **attributes,
        ),
        hint and h.small[hint],
    ]


def choice(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str = "", *, hint: str = "") -> h.Element:
    """A select; `options`: (value, label)."""
    return h.label(".field")[
        h.span[label],
        h.select(name=name)[(h.option(value=value, selected=value == chosen)[text] for value, text in options)],
        hint and h.small[hint],
    ]


def checkboxes(
    label: str, name: str, options: Iterable[tuple[str, str]], chosen: Iterable[str] = (), *, hint: str = ""
) -> h.Element:
    """Checkboxes; `options`: (value, label)."""
    checked = frozenset(chosen)
    boxes = (
        h.label(".check")[h.input(type="checkbox", name=name, value=value, checked=value in checked), h.span[text]]
        for value, text in options
    )
    return h.fieldset(".field")[h.legend[label], h.div(".checks")[boxes], hint and h.small[hint]]


def button(
    label: str, *, is_primary: bool = False, is_danger: bool = False, name: str = "", value: str = ""
) -> h.Element:
    """A submit button."""
    classes = ["tool", "tool-main" if is_primary else "", "tool-danger" if is_danger else ""]
    return h.button(class_=classes, type="submit", name=name or None, value=value or None)[label]


def action_button(
    action: str, label: str, *, is_danger: bool = False, hidden: Mapping[str, str] = MappingProxyType({})
) -> h.Element:
    """A form of one button with hidden fields."""
    fields = (h.input(type="hidden", name=key, value=value) for key, value in hidden.items())
    return form(action, fields, button(label, is_danger=is_danger), kind="act")


def done_notice(context: PageContext) -> h.Element | None:
    """What the form before has done: the message done_<xong> of the address's parameter `xong`."""
    key = f"views.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t(key)]]


def credential_badge(context: PageContext, *, is_revoked: bool) -> h.Element:
    """Whether a display or an API key is in use or revoked."""
    sign, key = ("power", "screen_off") if is_revoked else ("normal", "screen_on")
    return h.span(class_=["state", "is-off" if is_revoked else ""])[mark(sign), context.t(f"views.{key}")]


def one_time_secret(context: PageContext, label: str, secret: str) -> h.Element:
    """A secret that is shown only once."""
    return h.div(".field")[h.span[label], h.output(".secret")[secret], h.small[context.t("views.shown_once")]]


def table(heads: Iterable[str], rows: Iterable[Iterable[h.Node]], *, has_actions: bool = True) -> h.Element:
    """A table whose rows become cards on a phone; with `has_actions` the last column holds buttons."""
    names = list(heads)

    def cell(n: int, node: h.Node) -> h.Element:
        is_action = has_actions and n == len(names) - 1
        label = None if is_action or not names[n] else names[n]
        return h.td(class_="acts" if is_action else None, data_label=label)[node]

    body = (h.tr[(cell(n, node) for n, node in enumerate(row))] for row in rows)
    return h.div(".wide")[h.table(".rows")[h.thead[h.tr[(h.th[name] for name in names)]], h.tbody[body]]]
