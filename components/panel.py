"""A panel: markup drawn on the server, patched in place on the screen (assets/panel.js)."""

from typing import Any, ClassVar

from dash.development.base_component import Component


class Panel(Component):
    """A Dash component with `id`, `className` and `markup`; `markup` is HTML that htpy has escaped.

    The screen morphs its DOM towards each new `markup`, so nothing is re-created that did not change.
    `tag` is the element that holds it.
    """

    _namespace = "ioc_panel"
    _type = "Panel"
    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = []
    _prop_names: ClassVar[list[str]] = ["id", "markup", "className", "tag"]
    _valid_wildcard_attributes: ClassVar[list[str]] = ["data-", "aria-"]
    available_properties: ClassVar[list[str]] = _prop_names
    available_wildcard_properties: ClassVar[list[str]] = _valid_wildcard_attributes

    def __init__(self, id: str, markup: str = "", className: str = "", tag: str = "div", **wildcards: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            id=id, markup=markup, className=className, tag=tag, **wildcards
        )
