"""Một văn bản được theo dõi: its facts, its place among the documents, its tasks as a tree; its tasks are assigned."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.directives.directive_card import document_counters
from components.directives.document_page import document_about, document_tree, tasks_tree
from components.directives.positions import kind_name
from components.ui.dialogs import confirm_dialog
from components.ui.error_messages import describe
from components.ui.i18n import t
from components.ui.panel import Panel
from components.ui.working import DATA_VERSION, show_toast
from ioc.dash_kit.callbacks import opens_dialog, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import act_actors, document_links
from ioc.directives.documents import assign_document
from ioc.directives.queries import find_document
from ioc.domain.access.permissions import Action
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Task
from ioc.domain.directives.positions import permitted_kinds
from ioc.domain.directives.progress import DocumentView

_PARTS = ("counters", "about", "tree", "tasks")


def layout(key: str = "", **params: str) -> Component:
    """The page of the document `key`, empty."""
    now = lang()
    assign = dbc.Button(id="stored-document-assign", color="primary", style={"display": "none"})
    return html.Div(
        [
            html.P(
                html.A(t("register.page", now), href="/so-nhiem-vu", id="stored-document-back", className="cell-link")
            ),
            html.Div(id="stored-document-notice"),
            Panel(id="stored-document-counters"),
            html.Div(
                [
                    Panel(id="stored-document-about", className="box", tag="section"),
                    Panel(id="stored-document-tree", className="box", tag="section"),
                ],
                className="document-facts",
            ),
            html.Div([html.P(id="stored-document-who", className="quiet mb-0"), assign], className="page-bar"),
            Panel(id="stored-document-tasks", className="box", tag="section"),
            confirm_dialog("stored-document-ask", t("documents.assign_ask", now), t("documents.assign_go", now), now),
            dcc.Store(id="stored-document-opened", data=key),
        ],
        className="working",
    )


register_working_page(
    __name__, path="/van-ban/<key>", name="stored-document", title="Văn bản", label_key="documents.document",
    rail="register", action=Action.ACT_ON_DIRECTIVES, topics=("directives",),
)  # fmt: skip

opens_dialog("stored-document-assign", "stored-document-ask")


@page_callback(
    {
        "parts": [Output(f"stored-document-{part}", "markup") for part in _PARTS],
        "notice": Output("stored-document-notice", "children"),
        "assign": Output("stored-document-assign", "children"),
        "style": Output("stored-document-assign", "style"),
        "who": Output("stored-document-who", "children"),
        "ask": Output("stored-document-ask-body", "children"),
    },
    inputs={"_version": DATA_VERSION},
    state={"opened": State("stored-document-opened", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def show(_version: object, opened: str) -> dict[str, Any]:
    """The document as it is now, and what may be done with it."""
    context, now, by = service(DirectiveContext), lang(), principal()
    try:
        view = find_document(context, opened, by)
    except ActError as error:
        if error.failure.code != ActCode.UNKNOWN_DOCUMENT:
            raise
        return _answer([""] * len(_PARTS), dbc.Alert(describe(error.failure, now), color="warning"), 0, False)
    links, waiting = document_links(context, view.document, by), unassigned_tasks(view)
    parts = [
        str(document_counters(view, now)) if view.tasks else "",
        document_about(view.document, context.agencies, now),
        document_tree(links.parents, links.children, now),
        tasks_tree(view, waiting, context.agencies, now),
    ]
    return _answer(parts, None, len(waiting), bool(act_actors(context, Act.ASSIGN, by)))


def unassigned_tasks(view: DocumentView) -> list[Task]:
    """The tasks of the document that no agency has been given yet."""
    assigned = {task.task.key for task in view.tasks} | {order.task.key for order in view.orders}
    return [task for task in view.document.tasks if task.key not in assigned]


def _answer(parts: list[str], notice: Component | None, waiting: int, may_assign: bool) -> dict[str, Any]:
    now = lang()
    kinds = ", ".join(kind_name(kind, now) for kind in permitted_kinds(Act.ASSIGN))
    return {
        "parts": parts,
        "notice": notice,
        "assign": t("documents.assign", now, n=waiting),
        "style": None if waiting and may_assign else {"display": "none"},
        "who": t("documents.assign_who", now, kinds=kinds) if waiting and not may_assign else "",
        "ask": t("documents.assign_what", now, n=waiting),
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
    show_toast(t("documents.done_assigned", lang(), n=len(done)))
    return False
