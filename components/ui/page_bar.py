"""The bar of a working page above its list: search, files, links, acts and filter; on a phone one row of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.ui.i18n import t

_BUTTON = "btn btn-secondary filter-fold"


def page_bar(
    page: str, lang: str, *, search: Component | None = None, more: Iterable[Component] = (),
    main: Iterable[Component] = (), filters: Component | None = None,
) -> Component:  # fmt: skip
    """`search`, then `more` and `main` at the end of the row; `filters`, of `filter_group`, below it.

    On a phone `more` is behind a button, of the register also on a tablet upright: the row has the search, what the
    page is for (`main`) and the filter's button.
    """
    links, acts = list(more), list(main)
    behind = _folded(f"{page}-more", t("common.bar_more", lang), links, "bar-links", "bar-more") if links else None
    parts = (search, behind, html.Div(acts, className="bar-main") if acts else None, filters)
    return html.Div([part for part in parts if part is not None], className="page-bar")


def filter_group(page: str, *fields: Component, lang: str) -> Component:
    """The filter of the page: fields beside each other; behind a button that says how many are set on a phone.

    That of the register of tasks, which has the most, also on a tablet (assets/working/65-directives.css).
    """
    return _folded(f"{page}-filter", t("directives.filters", lang), fields, "field-group is-compact", "bar-filter")


def _folded(name: str, label: str, inside: Iterable[Component], look: str, place: str) -> Component:
    """What a phone shows when its button is pressed: assets/working/27-filter-fold.js."""
    fold: Mapping[str, Any] = {"aria-expanded": "false", "aria-controls": name}
    button = html.Button(label, id=f"{name}-fold", type="button", className=_BUTTON, **fold)
    return html.Div([button, html.Div(list(inside), id=name, className=f"{look} is-folded")], className=place)
