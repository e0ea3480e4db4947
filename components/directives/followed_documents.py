"""The documents that are followed in the program, as the watching page of directives lists them."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from components.directives.document_list import DocumentRowView, issued_text, tasks_text
from components.directives.task_view import document_path
from components.ui.i18n import t

REGISTER = "/so-van-ban?loai=theo-doi"  # the register with these documents alone


def followed_section(rows: Sequence[DocumentRowView], total: int, lang: str) -> Component:
    """The first rows of the tree of `total` rows, with the way to all of them."""
    more = html.A(t("document_list.followed_all", lang, n=total), href=REGISTER, className="link")
    shown = html.Ul([html.Li(_row(each, lang)) for each in rows], className="followed-documents")
    title = html.H2(t("document_list.followed_title", lang), className="box-title")
    why = html.P(t("document_list.followed_why", lang), className="quiet")
    return html.Section([title, why, shown, html.P(more)], className="box")


def _row(item: DocumentRowView, lang: str) -> list[Component]:
    document = item.document
    mark = f" · {t('common.simulated_short', lang)}" if document.is_simulated else ""
    number = document.number or t("instruction.draft", lang)
    link = html.A(number, href=document_path(document.key), className="link")
    branch = "└ " if item.depth else ""
    facts = f"{issued_text(document, lang)} · {tasks_text(item, lang)}"
    return [
        html.Span([branch, link, mark]), html.Span(document.title.get(lang)), html.Span(facts, className="quiet")
    ]  # fmt: skip
