"""What forms are made of: fields, buttons, sentences about what came of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import htpy as h
from flask import request

from components.ui.format import day
from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.auth.errors import MISTAKES, Refused
from ioc.domain.base.times import CITY
from ioc.web.errors.audit import note_form
from ioc.web.middleware.csrf import FIELD, token
from ioc.web.views.layout import Words

LONGEST = 200  # characters of a field, unless it says otherwise
_STATUS = {"busy": 429, "screen_many": 429, "last_administrator": 409, "openid_away": 503}  # all others 403, 400
_NETWORKS = 2000  # more than is kept


def networks() -> str:
    """Networks that were typed, whole: what is too long for the store is refused there."""
    return given("dai", _NETWORKS)


def networks_field(label: str, value: str, hint: str) -> h.Element:
    """Where they are typed."""
    return field(label, "dai", value, hint=hint, need=False, longest=_NETWORKS)


def given(name: str, longest: int = LONGEST) -> str:
    """What was typed into a field, without spaces around it."""
    return text(request.form.get(name, ""), longest)


def text(typed: str, longest: int) -> str:
    """What every store can be asked for."""
    return typed.replace("\0", "").encode("utf-8", "replace").decode().strip()[:longest]


def form(action: str, *inside: h.Node, kind: str = "form") -> h.Element:
    """A form that writes: it carries the token of our own pages."""
    return h.form(class_=kind, method="post", action=action, autocomplete="off")[
        h.input(type="hidden", name=FIELD, value=token()), list(inside)
    ]


def field(
    label: str, name: str, value: str = "", *, kind: str = "text", hint: str = "", auto: str = "off",
    need: bool = True, focus: bool = False, longest: int = LONGEST, **more: str,
) -> h.Element:  # fmt: skip
    """A line to type in, its name above it. `auto`: what a keeper of passwords may fill in."""
    return h.label(".field")[
        h.span[label],
        h.input(
            type=kind, name=name, value=value, required=need, autofocus=focus, maxlength=longest, autocomplete=auto,
            autocapitalize="none", spellcheck="false", **more,
        ),
        hint and h.small[hint],
    ]  # fmt: skip


def choice(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str = "", *, hint: str = "") -> h.Element:
    """One of several."""
    return h.label(".field")[
        h.span[label],
        h.select(name=name)[(h.option(value=key, selected=key == chosen)[word] for key, word in options)],
        hint and h.small[hint],
    ]


def checks(
    label: str, name: str, options: Iterable[tuple[str, str]], chosen: Iterable[str] = (), *, hint: str = ""
) -> h.Element:
    """Any of several."""
    on = frozenset(chosen)
    boxes = (
        h.label(".check")[h.input(type="checkbox", name=name, value=key, checked=key in on), h.span[word]]
        for key, word in options
    )
    return h.fieldset(".field")[h.legend[label], h.div(".checks")[boxes], hint and h.small[hint]]


def button(word: str, *, main: bool = False, danger: bool = False, name: str = "", value: str = "") -> h.Element:
    """What sends the form."""
    look = ["tool", "tool-main" if main else "", "tool-danger" if danger else ""]
    return h.button(class_=look, type="submit", name=name or None, value=value or None)[word]


def act(action: str, word: str, *, danger: bool = False, hidden: Mapping[str, str] = MappingProxyType({})) -> h.Element:
    """A form of one button."""
    fields = (h.input(type="hidden", name=key, value=value) for key, value in hidden.items())
    return form(action, fields, button(word, danger=danger), kind="act")


def wrong(said: Words, refused: Refused | None) -> h.Element | None:
    """Why it was refused; it is noted for the trail."""
    if refused is None:
        return None
    note_form(refused)
    parts = {"seconds": 0, **refused.parts}
    wait = parts["seconds"] if isinstance(parts["seconds"], int) else 0
    more = said.say("forms.wait", wait=spell(said, wait)) if wait and refused.key != "busy" else ""
    text = f"{said.say(f'access.{refused.key}', **parts)} {more}".strip()
    return h.div(".said.said-wrong", role="alert")[mark("attention"), h.p[text]]


def status(refused: Refused | None) -> int:
    """Of a form that comes back."""
    if refused is None:
        return 200
    return 400 if refused.key in MISTAKES else _STATUS.get(refused.key, 403)


def spell(said: Words, seconds: int) -> str:
    """40 giây, 4 phút."""
    minutes = -(-seconds // 60)
    return said.say("forms.seconds", n=seconds) if seconds < 90 else said.say("forms.minutes", n=minutes)


def done(said: Words) -> h.Element | None:
    """What the form before this page has done, as its address tells: `xong`, one of our own words."""
    key = f"forms.done_{request.args.get('xong', '')}"
    if key not in catalogue():
        return None
    return h.div(".said.said-done", role="status")[mark("done"), h.p[said.say(key)]]


def once(said: Words, label: str, secret: str) -> h.Element:
    """What is shown this one time."""
    return h.div(".field")[h.span[label], h.output(".secret")[secret], h.small[said.say("forms.shown_once")]]


def when(moment: datetime | None) -> str:
    """14:32 24/11/2026, "–" for never."""
    return f"{moment.astimezone(CITY):%H:%M} {day(moment)}" if moment and moment.timestamp() > 0 else "–"


def table(heads: Iterable[str], rows: Iterable[Iterable[h.Node]], *, last_acts: bool = True) -> h.Element:
    """Rows that become cards on a phone; the last column holds buttons."""
    names = list(heads)

    def cell(n: int, node: h.Node) -> h.Element:
        acts = last_acts and n == len(names) - 1
        return h.td(class_="acts" if acts else None, data_label=None if acts or not names[n] else names[n])[node]

    body = (h.tr[(cell(n, node) for n, node in enumerate(row))] for row in rows)
    return h.div(".wide")[h.table(".rows")[h.thead[h.tr[(h.th[one] for one in names)]], h.tbody[body]]]
