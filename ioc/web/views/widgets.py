"""Widgets of forms: fields, buttons, notices."""

from collections.abc import Mapping
from types import MappingProxyType

import htpy as h
from flask import request

from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.web.views.layout import PageContext

MAX_LENGTH = 200  # characters of a field, where it sets no other


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
