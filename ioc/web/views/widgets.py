"""What forms are made of: fields, buttons, sentences about what came of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import htpy as h
from flask import request

from components.ui.format import format_date
from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.auth.errors import INPUT_ERROR_KEYS, AuthError
from ioc.domain.base.times import CITY_ZONE
from ioc.web.errors.denials import mark_form_denied
from ioc.web.middleware.csrf import FIELD, token
from ioc.web.views.layout import PageContext

MAX_LENGTH = 200  # characters of a field, unless it says otherwise
_HTTP_STATUS = {"busy": 429, "screen_many": 429, "last_administrator": 409, "openid_away": 503}  # all others 403, 400
_NETWORKS_MAX_LENGTH = 2000  # more than is kept


def submitted_networks() -> str:
    """Networks that were typed, whole: what is too long for the store is refused there."""
    return form_value("dai", _NETWORKS_MAX_LENGTH)


def networks_field(label: str, value: str, hint: str) -> h.Element:
    """Where they are typed."""
    return field(label, "dai", value, hint=hint, is_required=False, max_length=_NETWORKS_MAX_LENGTH)


def form_value(name: str, max_length: int = MAX_LENGTH) -> str:
    """What was typed into a field, without spaces around it."""
    return clean_text(request.form.get(name, ""), max_length)


def clean_text(typed: str, max_length: int) -> str:
    """What every store can be asked for."""
    return typed.replace("\0", "").encode("utf-8", "replace").decode().strip()[:max_length]


def form(action: str, *inside: h.Node, kind: str = "form") -> h.Element:
    """A form that writes: it carries the token of our own pages."""
    return h.form(class_=kind, method="post", action=action, autocomplete="off")[
        h.input(type="hidden", name=FIELD, value=token()), list(inside)
    ]


def field(
    label: str, name: str, value: str = "", *, kind: str = "text", hint: str = "", autocomplete: str = "off",
    is_required: bool = True, has_focus: bool = False, max_length: int = MAX_LENGTH, **attributes: str,
) -> h.Element:  # fmt: skip
    """A line to type in, its name above it. `auto`: what a keeper of passwords may fill in."""
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
    """One of several."""
    return h.label(".field")[
        h.span[label],
        h.select(name=name)[(h.option(value=key, selected=key == chosen)[word] for key, word in options)],
        hint and h.small[hint],
    ]


def checkboxes(
    label: str, name: str, options: Iterable[tuple[str, str]], chosen: Iterable[str] = (), *, hint: str = ""
) -> h.Element:
    """Any of several."""
    on = frozenset(chosen)
    boxes = (
        h.label(".check")[h.input(type="checkbox", name=name, value=key, checked=key in on), h.span[word]]
        for key, word in options
    )
    return h.fieldset(".field")[h.legend[label], h.div(".checks")[boxes], hint and h.small[hint]]


def button(
    word: str, *, is_primary: bool = False, is_danger: bool = False, name: str = "", value: str = ""
) -> h.Element:
    """What sends the form."""
    look = ["tool", "tool-main" if is_primary else "", "tool-danger" if is_danger else ""]
    return h.button(class_=look, type="submit", name=name or None, value=value or None)[word]


def action_button(
    action: str, word: str, *, is_danger: bool = False, hidden: Mapping[str, str] = MappingProxyType({})
) -> h.Element:
    """A form of one button."""
    fields = (h.input(type="hidden", name=key, value=value) for key, value in hidden.items())
    return form(action, fields, button(word, is_danger=is_danger), kind="act")


def error_notice(context: PageContext, error: AuthError | None) -> h.Element | None:
    """Why it was refused; it is noted for the trail."""
    if error is None:
        return None
    mark_form_denied(error)
    parts = {"seconds": 0, **error.parts}
    wait = parts["seconds"] if isinstance(parts["seconds"], int) else 0
    more = context.t("forms.wait", wait=duration_text(context, wait)) if wait and error.key != "busy" else ""
    text = f"{context.t(f'access.{error.key}', **parts)} {more}".strip()
    return h.div(".said.said-wrong", role="alert")[mark("attention"), h.p[text]]


def http_status(error: AuthError | None) -> int:
    """Of a form that comes back."""
    if error is None:
        return 200
    return 400 if error.key in INPUT_ERROR_KEYS else _HTTP_STATUS.get(error.key, 403)


def duration_text(context: PageContext, seconds: int) -> str:
    """40 giây, 4 phút."""
    minutes = -(-seconds // 60)
    return context.t("forms.seconds", n=seconds) if seconds < 90 else context.t("forms.minutes", n=minutes)


def done_notice(context: PageContext) -> h.Element | None:
    """What the form before this page has done, as its address tells: `xong`, one of our own words."""
    key = f"forms.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t(key)]]


def one_time_secret(context: PageContext, label: str, secret: str) -> h.Element:
    """What is shown this one time."""
    return h.div(".field")[h.span[label], h.output(".secret")[secret], h.small[context.t("forms.shown_once")]]


def format_moment(moment: datetime | None) -> str:
    """14:32 24/11/2026, "–" for never."""
    return f"{moment.astimezone(CITY_ZONE):%H:%M} {format_date(moment)}" if moment and moment.timestamp() > 0 else "–"


def table(heads: Iterable[str], rows: Iterable[Iterable[h.Node]], *, has_actions: bool = True) -> h.Element:
    """Rows that become cards on a phone; the last column holds buttons."""
    names = list(heads)

    def cell(n: int, node: h.Node) -> h.Element:
        acts = has_actions and n == len(names) - 1
        return h.td(class_="acts" if acts else None, data_label=None if acts or not names[n] else names[n])[node]

    body = (h.tr[(cell(n, node) for n, node in enumerate(row))] for row in rows)
    return h.div(".wide")[h.table(".rows")[h.thead[h.tr[(h.th[one] for one in names)]], h.tbody[body]]]
