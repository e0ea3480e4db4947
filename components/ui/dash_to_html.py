"""A Dash layout as HTML, for the first paint before any script runs."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from dash.development.base_component import Component

from components.ui.panel import Panel

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
# Components that render nothing.
_INVISIBLE = frozenset({"Location", "Store", "Interval", "Download", "ConfirmDialog", "Geolocation"})
_TAGS = {"ObjectEl": "object", "MapEl": "map"}
_ATTRIBUTES = {"className": "class", "htmlFor": "for", "tabIndex": "tabindex", "srcSet": "srcset"}
_HTML_ATTRIBUTES = frozenset({
    "id", "title", "role", "lang", "dir", "href", "src", "alt", "type", "name", "value", "open", "width", "height",
    "colSpan", "rowSpan", "hidden", "disabled", "target", "rel", "placeholder",
})  # fmt: skip

Props = Mapping[str, Any]


def to_html(component: Any, frame: Mapping[str, Props]) -> str:
    """The HTML of `component` and its children, each id with the props that `frame` has for it.

    A Panel becomes its markup, a Graph an empty box of its size; invisible components are left out.
    """
    if component is None or isinstance(component, bool):
        return ""
    if isinstance(component, str | int | float):
        return escape(str(component), quote=False)
    if isinstance(component, Iterable) and not isinstance(component, Component):
        return "".join(to_html(child, frame) for child in component)
    props: dict[str, Any] = {**component.to_plotly_json()["props"]}
    props.update(frame.get(str(props.get("id", "")), {}))
    if component._type in _INVISIBLE:
        return ""
    return _element(component, props, frame)


def _element(component: Component, props: dict[str, Any], frame: Mapping[str, Props]) -> str:
    if isinstance(component, Panel):
        tag, inner = props.get("tag") or "div", str(props.get("markup") or "")
    elif component._type == "Graph":
        tag, inner = "div", ""
        props["className"] = f"dash-graph {props.get('className') or ''}".strip()
    else:
        tag, inner = _tag(component), to_html(props.get("children"), frame)
    opening = f"<{tag}{''.join(_attributes(props))}>"
    return opening if tag in _VOID else f"{opening}{inner}</{tag}>"


def _tag(component: Component) -> str:
    if component._namespace == "dash_html_components":
        return _TAGS.get(component._type, component._type.lower())
    return "a" if component._type == "Link" else "div"


def _attributes(props: Props) -> Iterable[str]:
    for key, value in props.items():
        if value is None or value is False:
            continue
        if key == "style" and isinstance(value, Mapping):
            yield f' style="{escape(_style(value))}"'
        elif key in _ATTRIBUTES or key in _HTML_ATTRIBUTES or key.startswith(("data-", "aria-")):
            name = _ATTRIBUTES.get(key, key.lower())
            yield f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _style(style: Mapping[str, Any]) -> str:
    return ";".join(f"{_css_name(key)}:{_css_value(key, value)}" for key, value in style.items() if value is not None)


def _css_name(key: str) -> str:
    return key if key.startswith("--") else re.sub(r"[A-Z]", lambda match: f"-{match.group().lower()}", key)


_UNITLESS = frozenset({"opacity", "zIndex", "flex", "flexGrow", "flexShrink", "order", "fontWeight", "lineHeight"})


def _css_value(key: str, value: Any) -> str:
    number = isinstance(value, int | float) and value != 0 and key not in _UNITLESS and not key.startswith("--")
    return f"{value}px" if number else str(value)
