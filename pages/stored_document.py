"""Một văn bản được theo dõi: its facts, its place among the documents, its tasks as a tree; its tasks are assigned."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.directives.correction_log import corrections_markup
from components.directives.directive_card import document_counters
from components.directives.document_page import document_about, document_tree, tasks_tree
from components.directives.instruction import origin_markup, origin_name
from components.directives.instruction_steps import (
    issue_dialog,
    issue_outputs,
    issue_state,
    state_notice,
    step_buttons,
    step_dialog,
    steps_markup,
)
from components.directives.task_numbers import counted
from components.directives.task_view import correction_path
from components.ui.dialogs import confirm_dialog
from components.ui.error_messages import describe
from components.ui.failure_words import kind_names
from components.ui.i18n import t
from components.ui.live_table import page_number
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION, loading_list, show_toast
from ioc.dash_kit.callbacks import closes_dialog, opens_dialog, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.instruction_steps import draft_offer, handles_instructions, issue_draft, open_draft
from ioc.dash_kit.pages import register_working_page
from ioc.directives.assignment import assigned_numbers
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import (
    DocumentLinks,
    act_actors,
    document_actors,
    document_links,
    instruction_actors,
)
from ioc.directives.documents import assign_document
from ioc.directives.due_dates import confirm_dues, inferred_dues
from ioc.directives.queries import find_document
from ioc.domain.access.permissions import Action
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Document, InstructionAct, Task
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct, permitted_kinds
from ioc.domain.directives.progress import DocumentView
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers, number_of_tasks
from ioc.snapshot.cache import SnapshotCache

_HIDDEN = {"display": "none"}
_PARTS = ("counters", "about", "origin", "tree", "tasks", "corrections")


def layout(key: str = "", **params: str) -> Component:
    """The page of the document `key`, empty."""
    now = lang()
    assign, issue, confirm = (
        dbc.Button(id=f"stored-document-{name}", color="primary", style={"display": "none"})
        for name in ("assign", "issue", "confirm")
    )
    correct = html.A(
        t("correction.page", now), id="stored-document-correct", href=correction_path(key),
        className="btn btn-secondary", style=_HIDDEN,
    )  # fmt: skip
    who = html.P(id="stored-document-who", className="quiet mb-0")
    steps = html.Div(id="stored-document-steps", className="work-acts")
    facts = html.Div(
        [
            Panel(id=f"stored-document-{part}", className="box", tag="section") for part in ("about", "origin", "tree")
        ],
        className="document-facts",
    )  # fmt: skip
    return html.Div(
        [
            html.P(_register_links(now), className="mb-0"),
            html.Div(loading_list(now), id="stored-document-notice"),
            Panel(id="stored-document-counters"),
            facts,
            html.Div([who, steps, correct, confirm, assign, issue], className="page-bar"),
            Panel(id="stored-document-tasks", className="box", tag="section"),
            Panel(id="stored-document-corrections", className="box task-history", tag="section"),
            confirm_dialog(
                "stored-document-confirming",
                t("documents.due_confirm_ask", now),
                t("documents.due_confirm_go", now),
                now,
            ),
            confirm_dialog("stored-document-ask", t("documents.assign_ask", now), t("documents.assign_go", now), now),
            issue_dialog(service(DirectiveContext).today(), now),
            step_dialog("stored-document", principal().name, now),
            dcc.Store(id="stored-document-opened", data=key),
            dcc.Store(id="stored-document-page", data=page_number(params)),
            dcc.Store(id="stored-document-dues"),
        ],
        className="working",
    )


def _register_links(now: str) -> list[Component | str]:
    """The ways to the registers of documents and of tasks."""
    documents = html.A(t("document_list.page", now), href="/so-van-ban", className="cell-link")
    tasks = html.A(t("register.page", now), href="/so-nhiem-vu", id="stored-document-back", className="cell-link")
    return [documents, " · ", tasks]


register_working_page(
    __name__, path="/van-ban/<key>", name="stored-document", title="Văn bản", label_key="documents.document",
    rail="register", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip

opens_dialog("stored-document-assign", "stored-document-ask")
closes_dialog("stored-document-issuing")
handles_instructions("stored-document", __name__)
opens_dialog("stored-document-confirm", "stored-document-confirming")


@page_callback(
    {
        "parts": [Output(f"stored-document-{part}", "markup") for part in _PARTS],
        "notice": Output("stored-document-notice", "children"),
        "assign": Output("stored-document-assign", "children"),
        "style": Output("stored-document-assign", "style"),
        "issue": Output("stored-document-issue", "children"),
        "issue_style": Output("stored-document-issue", "style"),
        "who": Output("stored-document-who", "children"),
        "ask": Output("stored-document-ask-body", "children"),
        "confirm": Output("stored-document-confirm", "children"),
        "confirm_style": Output("stored-document-confirm", "style"),
        "confirm_ask": Output("stored-document-confirming-body", "children"),
        "dues": Output("stored-document-dues", "data"),
        "correct": Output("stored-document-correct", "style"),
        "steps": Output("stored-document-steps", "children"),
    },
    inputs={"_version": DATA_VERSION, "_saved": Input("stored-document-step-form", "data-saved")},
    state={"opened": State("stored-document-opened", "data"), "page": State("stored-document-page", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def show(_version: object, _saved: object, opened: str, page: int | None) -> dict[str, Any]:
    """The document as it is now, and what may be done with it."""
    context, now, by = service(DirectiveContext), lang(), principal()
    try:
        view = find_document(context, opened, by)
    except ActError as error:
        if error.failure.code != ActCode.UNKNOWN_DOCUMENT:
            raise
        return _answer([""] * len(_PARTS), dbc.Alert(describe(error.failure, now), color="warning"))
    document, waiting = view.document, unassigned_tasks(view)
    links = document_links(context, document, by)
    parts = [
        str(document_counters(view, now)) if view.tasks else "",
        document_about(document, links.systems, context.agencies, now),
        _origin(document),
        document_tree(links.parents, links.children, links.child_count, now),
        "" if document.is_withdrawn else tasks_tree(view, waiting, context.agencies, now, page or 1),
        steps_markup(document, links.titles, context.units, context.agencies, now)
        + corrections_markup(document, links.titles, context.units, context.agencies, now),
    ]
    may_change = _may_change(document)
    inferred = number_of_tasks(task for task in document.tasks if task.is_due_inferred) if may_change else NO_TASKS
    notice = state_notice(document, links.titles, now)
    acts = instruction_actors(context, document, by) if document.origin else {}
    offers = _offers(document, number_of_tasks(waiting), links, acts)
    answer = _answer(parts, notice, **offers, inferred=inferred)
    may_correct = may_change and document.is_issued
    shown = {"dues": inferred_dues(document), "correct": None if may_correct else _HIDDEN}
    return answer | shown | {"steps": step_buttons("stored-document", document, acts, now)}


def _origin(document: Document) -> str:
    if document.origin is None:
        return ""
    name = origin_name(document.origin, service(SnapshotCache).snapshot(), lang())
    return origin_markup(document.origin, name, document.source, service(DirectiveContext).agencies, lang())


def _may_change(document: Document) -> bool:
    return not document.master and bool(document_actors(service(DirectiveContext), DocumentAct.ENTER, principal()))


def _offers(
    document: Document, waiting: TaskNumbers, links: DocumentLinks, acts: Mapping[InstructionAct, Actor]
) -> dict[str, Any]:  # fmt: skip
    """The act that the document waits for, if any, and who may do it. A draft that is carried out waits for none."""
    context, now, by = service(DirectiveContext), lang(), principal()
    if not document.is_issued:
        return draft_offer(document, links.carrying, acts)
    if not any(waiting):
        return {}
    may_assign, kinds = bool(act_actors(context, Act.ASSIGN, by)), kind_names(permitted_kinds(Act.ASSIGN), now)
    who = "" if may_assign else t("documents.assign_who", now, kinds=kinds)
    return {"may_assign": may_assign, "who": who, "waiting": waiting}


def unassigned_tasks(view: DocumentView) -> list[Task]:
    """The tasks of the document that no agency has been given yet."""
    assigned = {task.task.key for task in view.tasks} | {order.task.key for order in view.orders}
    return [task for task in view.document.tasks if task.key not in assigned]


def _answer(
    parts: list[str], notice: Component | None, *, may_assign: bool = False, may_issue: bool = False, who: str = "",
    waiting: TaskNumbers = NO_TASKS, inferred: TaskNumbers = NO_TASKS,
) -> dict[str, Any]:  # fmt: skip
    now = lang()
    tasks, dues = counted("directives.tasks", waiting, now), counted("documents.dues_n", inferred, now)
    ask = [t("documents.assign_what", now, tasks=tasks, n=waiting.tasks)]
    ask += [t("documents.assign_inferred", now, dues=dues)] if any(inferred) else []
    return {
        "parts": parts,
        "notice": notice,
        "assign": t("documents.assign", now, tasks=tasks),
        "style": None if may_assign else _HIDDEN,
        "issue": t("instruction.issue", now),
        "issue_style": None if may_issue else _HIDDEN,
        "who": who,
        "ask": " ".join(ask),
        "confirm": t("documents.due_confirm", now, dues=dues),
        "confirm_style": None if any(inferred) else _HIDDEN,
        "confirm_ask": t("documents.due_confirm_what", now, dues=dues),
        "dues": "",
        "correct": _HIDDEN,
        "steps": None,
    }


@page_callback(
    Output("stored-document-ask", "is_open", allow_duplicate=True),
    inputs={"_clicks": Input("stored-document-ask-go", "n_clicks")},
    state={"opened": State("stored-document-opened", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("stored-document-ask-go", "disabled"), True, False)],
)
def assign(_clicks: int, opened: str) -> bool:
    """Assigns the tasks, once the question was answered."""
    context, by = service(DirectiveContext), principal()
    actor = next(iter(act_actors(context, Act.ASSIGN, by)), None)
    if actor is None:
        kinds = ", ".join(kind.value for kind in permitted_kinds(Act.ASSIGN))
        raise ActError(ActCode.NOT_PERMITTED, act=Act.ASSIGN.value, permitted=kinds)
    done = assign_document(context, opened, actor.position.key, by, on_behalf_of=actor.on_behalf_of)
    if done:  # somebody else may have assigned them meanwhile
        tasks = assigned_numbers(find_document(context, opened, by).document, done)
        show_toast(t("documents.done_assigned", lang(), tasks=counted("directives.tasks", tasks, lang())))
    return False


@page_callback(
    issue_outputs(),
    inputs={"_clicks": Input("stored-document-issue", "n_clicks")},
    state={"opened": State("stored-document-opened", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_issue(_clicks: int, opened: str) -> dict[str, Any]:
    """Opens the form that issues the instruction as it stands."""
    return open_draft(opened)


@page_callback(
    issue_outputs(),
    inputs={"_clicks": Input("stored-document-issue-go", "n_clicks")},
    state={"opened": State("stored-document-opened", "data"), **issue_state()},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("stored-document-issue-go", "disabled"), True, False)],
)
def issue(
    _clicks: int, opened: str, number: str | None, issued: str | None, version: int | None, asked: str | None
) -> dict[str, Any]:
    """Gives an instruction its number and date, and assigns its task."""
    return issue_draft(opened, number, issued, version, asked)


@page_callback(
    Output("stored-document-confirming", "is_open", allow_duplicate=True),
    inputs={"_clicks": Input("stored-document-confirming-go", "n_clicks")},
    state={"opened": State("stored-document-opened", "data"), "dues": State("stored-document-dues", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("stored-document-confirming-go", "disabled"), True, False)],
)
def confirm(_clicks: int, opened: str, dues: str | None) -> bool:
    """Confirms the inferred due dates, once the question was answered."""
    context, by = service(DirectiveContext), principal()
    actor = next(iter(document_actors(context, DocumentAct.ENTER, by)), None)
    if actor is None:
        kinds = ", ".join(sorted(DOCUMENT_GRANTS[DocumentAct.ENTER]))
        raise ActError(ActCode.NOT_PERMITTED, act=DocumentAct.ENTER.value, permitted=kinds)
    confirmed = confirm_dues(context, opened, dues or "", actor.position.key, by, on_behalf_of=actor.on_behalf_of)
    show_toast(t("documents.done_confirmed", lang(), dues=counted("documents.dues_n", confirmed, lang())))
    return False
