"""Documents with tasks that wait for assignment: a group of the work list of who assigns."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from components.directives.document_page import NamedDocumentView
from components.directives.task_numbers import counted
from components.directives.task_view import document_path
from components.directives.work_list import open_button, work_row
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.directives.task_numbers import TaskNumbers

_REGISTER = "/so-nhiem-vu?trang-thai=cho-giao"  # the register with the tasks that wait


class ToAssignView(NamedDocumentView, Protocol):
    """What is shown of a document. `tasks`: how many of its tasks wait; `inferred`: with an inferred due date."""

    @property
    def issued_on(self) -> date | None: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def tasks(self) -> TaskNumbers: ...
    @property
    def inferred(self) -> TaskNumbers: ...


def to_assign_group(
    documents: Sequence[ToAssignView], total: int, lang: str, behalf: str = ""
) -> list[Component]:  # fmt: skip
    """The group, of `total` documents in all; none where nothing waits. Its link leads to the tasks themselves.

    `behalf`: title of the position for which they are assigned, if any.
    """
    if not documents:
        return []
    title = html.H2([t("tasks.group_assign", lang), html.Small(str(total))], className="box-title")
    many = html.A(t("tasks.to_assign_all", lang), href=_REGISTER, className="link")
    rows = html.Ul([html.Li(_row(each, behalf, lang)) for each in documents], className="plain-list")
    more = total - len(documents)
    last = html.P(html.A(t("tasks.work_more", lang, n=more), href=_REGISTER, className="link"), className="work-row")
    head = html.Div([title, many], className="group-head")
    return [html.Section([head, rows, *([last] if more > 0 else [])], className="box group-assign")]


def _row(document: ToAssignView, behalf: str, lang: str) -> Component:
    """Its page assigns all its tasks."""
    name, path = document.title.get(lang), document_path(document.key)
    facts = [t("tasks.for_whom", lang, who=behalf)] if behalf else []
    facts += [document.number, *([format_date(document.issued_on)] if document.issued_on else [])]
    facts.append(counted("tasks.to_assign_count", document.tasks, lang))
    facts += [counted("tasks.to_assign_inferred", document.inferred, lang)] if document.inferred.tasks else []
    button = open_button("tasks.to_assign_open", path, document.number, lang)
    title = html.A(name, href=path, className="work-title")
    return work_row("▲", [title], " · ".join(facts), (), [button], is_simulated=document.is_simulated, lang=lang)
