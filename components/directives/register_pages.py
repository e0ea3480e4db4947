"""The bar of the registers of directives: tasks, documents, reminders, who waits for whom."""

from dash import html
from dash.development.base_component import Component

from components.ui.export_table import export_links
from components.ui.i18n import t
from components.ui.page_bar import page_bar

_REGISTERS = {
    "/so-nhiem-vu": "register.page", "/so-van-ban": "document_list.page", "/so-don-doc": "reminders.page",
    "/ai-cho-ai": "waiting.page",
}  # fmt: skip


def register_bar(
    page: str, path: str, files: str, lang: str, *, filters: Component | None = None,
    with_entry: bool = False, with_instructions: bool = False,
) -> Component:  # fmt: skip
    """The bar of the register at `path`: no filter, the files of the list `files`, the other registers.

    `with_entry`: the ways to enter new ones too. `with_instructions`: the way to those without a number.
    """
    clear = [html.A(t("register.clear", lang), href=path, className="btn btn-link")] if filters is not None else []
    others = [_link(other, label, "secondary", lang) for other, label in _REGISTERS.items() if other != path]
    more, main = [*clear, *export_links(files, lang), *others], list[Component]()
    if with_instructions:
        more.append(_link("/y-kien-chi-dao", "instruction.unissued", "secondary", lang))
    if with_entry:
        more.append(_link("/nhap-bang", "sheet_import.link", "secondary", lang))
        main.append(_link("/nhap-van-ban", "register.new_document", "primary", lang))
    return page_bar(page, lang, more=more, main=main, filters=filters)


def _link(path: str, label: str, look: str, lang: str) -> Component:
    return html.A(t(label, lang), href=path, className=f"btn btn-{look}")
