"""A panel: markup rendered on the server, patched in place by the client (assets/10-panel.js)."""

from typing import Any

from dash.development.base_component import Component


class Panel(Component):
    """A Dash component with `id`, `className`, `markup` (HTML escaped by htpy) and `tag` (name of its element).

    The client morphs its DOM towards each new `markup`, so that unchanged nodes are never re-created.
    """

    _namespace = "ioc_panel"
    _type = "Panel"
    _children_props: list[str] = []  # noqa: RUF012 (Dash reads them from the class)
    _base_nodes: list[str] = []  # noqa: RUF012 (Dash reads them from the class)
    _prop_names: list[str] = ["id", "markup", "className", "tag"]  # noqa: RUF012 (Dash reads them from the class)
    _valid_wildcard_attributes: list[str] = ["data-", "aria-"]  # noqa: RUF012 (Dash reads them from the class)
    available_properties: list[str] = _prop_names
    available_wildcard_properties: list[str] = _valid_wildcard_attributes

    def __init__(self, id: str, markup: str = "", className: str = "", tag: str = "div", **wildcards: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            id=id, markup=markup, className=className, tag=tag, **wildcards
        )
