"""What others did to somebody's tasks since the last visit, and what waits for positions they stand in for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from dash import html
from dash.development.base_component import Component

from components.directives.act_form import done_label
from components.directives.task_view import task_path
from components.directives.task_widgets import holder_name
from components.ui.format import format_moment
from components.ui.i18n import t
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Task


class ChangeView(Protocol):
    """What is shown of an act."""

    @property
    def event(self) -> TaskEvent: ...
    @property
    def task(self) -> Task: ...
    @property
    def document_number(self) -> str: ...
    @property
    def is_simulated(self) -> bool: ...
    @property
    def holder(self) -> str: ...


class OtherWork(NamedTuple):
    """A list of work beside the one that is shown: its address, its name, how much waits."""

    href: str
    name: str
    size: int


def changes_box(
    changes: Sequence[ChangeView], titles: Mapping[str, str], agencies: Agencies, lang: str, *, has_more: bool
) -> list[Component]:
    """The acts, the newest first, each with the way to its task; nothing where there is none.

    `titles`: of positions, by key.
    """
    if not changes:
        return []
    rows = [html.Li(_change(each, titles, agencies, lang)) for each in changes]
    count = f"{len(changes)}+" if has_more else str(len(changes))
    more = [html.P(t("tasks.changes_more", lang, n=len(changes)), className="quiet")] if has_more else []
    title = html.H2([t("tasks.changes", lang), html.Small(count)], className="box-title")
    parts: list[Any] = [title, html.Ul(rows, className="plain-list change-list"), *more]
    return [html.Section(parts, className="box recent-changes")]


def _change(item: ChangeView, titles: Mapping[str, str], agencies: Agencies, lang: str) -> list[Any]:
    event = item.event
    badge: list[Any] = [" ", html.Span(t("common.simulated_short", lang), className="badge")]
    number = t("tasks.number_line", lang, number=item.document_number, task=item.task.key.removeprefix("nv-"))
    who = titles.get(event.position, event.position) or t("reminders.by_program", lang)
    behalf = titles.get(event.on_behalf_of, event.on_behalf_of)
    parts = [
        format_moment(event.at), who, behalf and t("tasks.for_whom", lang, who=behalf),
        holder_name(item.holder, agencies, lang), number,
    ]  # fmt: skip
    is_declined = event.act is Act.DECLINE_PROPOSAL and event.stated.text
    reason = [html.Blockquote(f"“{event.stated.text}”")] if is_declined else []
    return [
        html.P([
            html.B(done_label(event, lang)), ": ",
            html.A(item.task.title.get(lang), href=task_path(event.task), className="work-title"),
        ]),
        html.P([" · ".join(filter(None, parts)), *(badge if item.is_simulated else [])], className="quiet"),
        *reason,
    ]  # fmt: skip


def other_lists(lists: Sequence[OtherWork], lang: str) -> list[Component]:
    """The ways to the other lists in which something waits."""
    waiting = [each for each in lists if each.size]
    if not waiting:
        return []
    words = {each.href: t("tasks.other_list", lang, name=each.name, n=each.size) for each in waiting}
    links = [html.Li(html.A(text, href=href, className="cell-link")) for href, text in words.items()]
    return [html.P(t("tasks.other_lists", lang), className="quiet"), html.Ul(links, className="plain-list")]
