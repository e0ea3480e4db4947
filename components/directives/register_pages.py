"""The links between the registers of directives: tasks, documents, reminders, and the ways to enter new ones."""

from dash import html
from dash.development.base_component import Component

from components.ui.i18n import t

_REGISTERS = {
    "/so-nhiem-vu": "register.page", "/so-van-ban": "document_list.page", "/so-don-doc": "reminders.page",
    "/ai-cho-ai": "waiting.page",
}  # fmt: skip
_ENTRY = {"/nhap-bang": ("sheet_import.link", "secondary"), "/nhap-van-ban": ("register.new_document", "primary")}


def register_links(current: str, lang: str, *, with_entry: bool = True) -> list[Component]:
    """Links to the other registers than that at the path `current`, and to the pages where something is entered."""
    links = [(path, label, "secondary") for path, label in _REGISTERS.items() if path != current]
    links += [(path, label, look) for path, (label, look) in _ENTRY.items() if with_entry]
    return [html.A(t(label, lang), href=path, className=f"btn btn-{look}") for path, label, look in links]
