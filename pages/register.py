"""Sổ nhiệm vụ: tasks that are followed in the program are filtered, sorted, exported, and acted on many at once."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.act_form import act_label
from components.directives.bulk_acts import (
    ACTS,
    FIELDS,
    POSITION,
    TaskResult,
    bulk_bar,
    bulk_buttons,
    bulk_form,
    field_styles,
    read_fields,
    result_list,
    selection_text,
)
from components.directives.positions import actor_options, actor_value, existing_agencies, kind_name
from components.directives.register_pages import register_links
from components.directives.task_register import DUE_FROM, DUE_TO, FILTER_FIELDS, columns, filter_form, row, total_text
from components.screens.shell import RailPlace
from components.ui.dialogs import dialog
from components.ui.export_table import export_links
from components.ui.forms import NONE, chosen, day_errors, error_outputs, error_texts, first_of, options_of
from components.ui.i18n import t
from components.ui.table import paged_table
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import InputError, RowsRequest, SortOrder
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_all
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import act_actors
from ioc.directives.register_filter import FILTER_PARAMS, MAX_SELECTED, STATES, filter_values, rows_of
from ioc.domain.access.permissions import Action
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.positions import permitted_kinds

PATH = "/so-nhiem-vu"
_DAYS = (DUE_FROM, DUE_TO)


@dataclass(frozen=True, slots=True)
class SelectedTask:
    """A selected row. `version`: of the task as the row showed it."""

    id: str
    version: int
    name: str


@dataclass(frozen=True, slots=True)
class BulkAct:
    """The act of the dialog, on tasks by key and version. `token`: of this opening, so that it is done once."""

    act: Act
    tasks: tuple[SelectedTask, ...]
    token: str


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values, context = lang(), filter_values(params), service(DirectiveContext)
    agencies = existing_agencies(context.agencies, context.today(), now)
    clear = html.A(t("register.clear", now), href=PATH, className="btn btn-link")
    buttons = [clear, *export_links("tasks", now), *register_links(PATH, now)]
    table = paged_table(
        "register-table", t("register.page", now), columns(now), lang=now, row_total="register-total", selects_rows=True
    )
    return html.Div(
        [
            html.Div(html.Div(buttons, className="end"), className="page-bar"),
            filter_form(values, agencies, STATES, now),
            table,
            bulk_bar(now),
            dialog("register-bulk", "", bulk_form(agencies, now), bulk_buttons(now), now),
            dcc.Store(id="register-query", data=values), dcc.Store(id="register-all", data=False),
            dcc.Store(id="register-opened"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="register", title="Sổ nhiệm vụ", label_key="register.page",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
    rail=RailPlace("register.short", "directives", 15),
)  # fmt: skip

clientside_callback(
    "reloadTable", Output("register-table", "scrollTo"), Input("register-query", "data"), State("register-table", "id"),
    prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "refreshTable", Output("register-table", "scrollTo", allow_duplicate=True), DATA_VERSION,
    State("register-table", "id"), prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "trueWhenChanged", Output("register-go", "disabled", allow_duplicate=True),
    [Input(field, "value") for field in FIELDS], prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "closeWhenClicked", Output("register-bulk", "is_open", allow_duplicate=True),
    Input("register-bulk-close", "n_clicks"), prevent_initial_call=True,
)  # fmt: skip


@page_callback(
    {
        "query": Output("register-query", "data"),
        "errors": error_outputs(_DAYS),
        "is_all": Output("register-all", "data"),
        "selected": Output("register-table", "selectedRows"),
    },
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, Any]:
    """Filters by the fields, and selects nothing; with a day that is none the list stays as it was."""
    values = filter_values(dict(zip(FILTER_PARAMS, map(chosen, fields), strict=True)))
    errors = day_errors({DUE_FROM: values["tu"], DUE_TO: values["den"]}, lang())
    same = {"query": no_update, "is_all": no_update, "selected": no_update}
    changed = {"query": values, "is_all": False, "selected": []}
    return (same if errors else changed) | {"errors": error_texts(_DAYS, errors)}


@page_callback(
    {"rows": Output("register-table", "getRowsResponse"), "total": Output("register-total", "children")},
    inputs={"wanted": Input("register-table", "getRowsRequest")},
    state={"query": State("register-query", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def list_rows(wanted: RowsRequest | None, query: dict[str, str]) -> dict[str, Any]:
    """A block of rows, and how many there are."""
    if not wanted:
        return {"rows": no_update, "total": no_update}
    context, now = service(DirectiveContext), lang()
    sort = next(iter(wanted.sorting), SortOrder("", ""))
    limit = max(0, min(wanted.end - wanted.start, 500))
    page = rows_of(
        context, query, principal(), start=wanted.start, limit=limit, sort=sort.column,
        is_descending=sort.direction == "desc",
    )  # fmt: skip
    rows = [row(each, context.agencies, now) for each in page.rows]
    return {"rows": {"rowData": rows, "rowCount": page.total}, "total": total_text(page.total, now)}


@page_callback(
    {
        "text": Output("register-selected", "children"),
        "disabled": [Output(f"register-do-{act.value}", "disabled") for act in ACTS],
    },
    inputs={"selected": Input("register-table", "selectedRows"), "is_all": Input("register-all", "data")},
    state={"query": State("register-query", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def count_selected(selected: list[SelectedTask] | None, is_all: bool | None, query: dict[str, str]) -> dict[str, Any]:
    """How many tasks are selected."""
    count = len(selected or ())
    total = rows_of(service(DirectiveContext), query, principal(), limit=0).total if is_all else None
    return {"text": selection_text(count, total, lang()), "disabled": [not (count or total)] * len(ACTS)}


@page_callback(
    {
        "is_all": Output("register-all", "data", allow_duplicate=True),
        "selected": Output("register-table", "selectedRows", allow_duplicate=True),
    },
    inputs={"_all": Input("register-select-all", "n_clicks"), "_clear": Input("register-select-clear", "n_clicks")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def select(_all: int | None, _clear: int | None) -> dict[str, Any]:
    """Selects all tasks of the filter, or none."""
    return {"is_all": ctx.triggered_id == "register-select-all", "selected": []}


@page_callback(
    {
        "is_open": Output("register-bulk", "is_open"),
        "title": Output("register-bulk-title", "children"),
        "opened": Output("register-opened", "data"),
        "positions": Output(POSITION, "options"),
        "fields": [Output(field, "value") for field in FIELDS],
        "styles": [Output(f"{field}-box", "style") for field in FIELDS],
        "errors": error_outputs(FIELDS),
        "results": Output("register-results", "children"),
        "go": Output("register-go", "disabled"),
    },
    inputs={"_clicks": [Input(f"register-do-{act.value}", "n_clicks") for act in ACTS]},
    state={
        "selected": State("register-table", "selectedRows"),
        "is_all": State("register-all", "data"),
        "query": State("register-query", "data"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_act(
    _clicks: list[int | None], selected: list[SelectedTask] | None, is_all: bool | None, query: dict[str, str]
) -> dict[str, Any]:
    """Opens the dialog of the act whose button was pressed, for the selected tasks."""
    context, by, now = service(DirectiveContext), principal(), lang()
    act, tasks = Act(str(ctx.triggered_id).removeprefix("register-do-")), selected or []
    if is_all:
        found = rows_of(context, query, by, limit=MAX_SELECTED + 1).rows
        tasks = [SelectedTask(each.key, each.version, each.task.title.get(now)) for each in found]
    actors = act_actors(context, act, by)
    fault = _selection_fault(act, len(tasks), is_permitted=bool(actors))
    positions = actor_options(actors, now)
    return {
        "is_open": True,
        "title": t("register.bulk_title", now, act=act_label(act, now), n=len(tasks)),
        "opened": None if fault else {
            "act": act, "tasks": [asdict(each) for each in tasks], "token": secrets.token_hex(16)
        },
        "positions": options_of(positions),
        "fields": [first_of(positions), "", NONE, "", ""],
        "styles": field_styles(act),
        "errors": error_texts(FIELDS, {}),
        "results": dbc.Alert(fault, color="warning") if fault else None,
        "go": True,
    }  # fmt: skip


def _selection_fault(act: Act, count: int, *, is_permitted: bool) -> str:
    """Why the act cannot be done to what is selected, "" where it can be tried."""
    now = lang()
    if not is_permitted:
        kinds = ", ".join(kind_name(kind, now) for kind in permitted_kinds(act))
        return t("register.bulk_who", now, kinds=kinds)
    if count > MAX_SELECTED:
        return t("register.bulk_too_many", now, n=MAX_SELECTED)
    return "" if count else t("register.bulk_nothing", now)


@page_callback(
    {
        "errors": error_outputs(FIELDS, allow_duplicate=True),
        "results": Output("register-results", "children", allow_duplicate=True),
        "go": Output("register-go", "disabled", allow_duplicate=True),
        "is_all": Output("register-all", "data", allow_duplicate=True),
        "selected": Output("register-table", "selectedRows", allow_duplicate=True),
    },
    inputs={"_clicks": [Input("register-preview", "n_clicks"), Input("register-go", "n_clicks")]},
    state={"opened": State("register-opened", "data"), "fields": [State(field, "value") for field in FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[(Output("register-preview", "disabled"), True, False)],
)
def perform(_clicks: list[int | None], opened: BulkAct | None, fields: list[str | None]) -> dict[str, Any]:
    """Shows what the act would do to each task, or does it: each task with its result."""
    same = {"is_all": no_update, "selected": no_update}
    if opened is None or opened.act not in ACTS:
        raise InputError("no act is open")
    texts, is_preview = dict(zip(FIELDS, map(chosen, fields), strict=True)), ctx.triggered_id == "register-preview"
    stated, errors = read_fields(opened.act, texts, lang())
    if errors:
        return {"errors": error_texts(FIELDS, errors), "results": None, "go": True, **same}
    actor = _actor(opened.act, texts[POSITION])
    commands = tuple(
        ActCommand(
            task.id, opened.act, stated, actor.position.key, actor.on_behalf_of, task.version,
            idempotency_key="" if is_preview else f"{opened.token}-{number}",
        )
        for number, task in enumerate(opened.tasks[:MAX_SELECTED])
    )  # fmt: skip
    done_acts = perform_all(service(DirectiveContext), commands, principal(), preview=is_preview)
    results = [
        TaskResult(task.name, each.failure if isinstance(each, ActError) else None)
        for task, each in zip(opened.tasks, done_acts, strict=False)
    ]
    done = sum(result.failure is None for result in results)
    shown = result_list(results, lang(), is_preview=is_preview)
    answer = {"errors": error_texts(FIELDS, {}), "results": shown, "go": not (is_preview and done)}
    return answer | (same if is_preview else {"is_all": False, "selected": []})


def _actor(act: Act, choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in act_actors(service(DirectiveContext), act, principal()):
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")
