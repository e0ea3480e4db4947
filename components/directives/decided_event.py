"""What an act decides on, shown in its form: the report or the request with all that it states and its files."""

from dash import html
from dash.development.base_component import Component

from components.directives.draft_files import file_size
from components.directives.task_history import stated_lines
from components.directives.task_view import TaskDetailView
from components.ui.format import format_moment
from components.ui.i18n import t
from ioc.domain.directives.acts import ACT_RULES, Act, TaskEvent
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.evidence import StoredEvidence

_ON_COMPLETION = (Act.CONFIRM_COMPLETION, Act.RETURN_COMPLETION)


def decided_event(act: Act, detail: TaskDetailView, request: int | None, proposed: Act | None) -> TaskEvent | None:
    """The report or request on which `act`, or the `proposed` act, decides; None where it is about none, or several.

    `request`: number of the act that is answered, None where the form asks for it.
    """
    decision, state = proposed or act, detail.state
    if state is None:
        return None
    if decision in _ON_COMPLETION or (act is Act.PROPOSE and proposed is None):
        return state.submission
    items = [item.event for item in state.items if item.kind is ACT_RULES[decision].answers]
    number = request if request in items else items[0] if len(items) == 1 else None
    return next((event for event in detail.history if event.id == number), None)


def shown_event(event: TaskEvent, detail: TaskDetailView, agencies: Agencies, lang: str) -> Component:
    """Who stated it and when, all that it states, and its files as links."""
    who = detail.titles.get(event.position, event.position)
    lines = stated_lines(event.act, event.stated, detail.titles, agencies, lang)
    files = [html.Li(_file(each, lang)) for each in detail.evidence.get(event.id, ())]
    head = f"{t(f'tasks.act_{event.act.value}', lang)} · {who}, {format_moment(event.at)}"
    words = [html.P(head, className="quiet"), *(html.P(line) for line in lines)]
    return html.Blockquote([*words, *([html.Ul(files, className="plain-list")] if files else [])], className="decided")


def _file(stored: StoredEvidence, lang: str) -> list[Component]:
    facts = f" · {t(f'tasks.file_{stored.file.file_type.value}', lang)} · {file_size(stored.file, lang)}"
    link = html.A(stored.file.name, href=f"/files/evidence/{stored.id}", className="link")
    return [link, html.Span(facts, className="quiet")]
