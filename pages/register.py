"""Sổ nhiệm vụ: tasks that are followed in the program are filtered, sorted, exported, and acted on many at once."""

from typing import Any

from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from components.directives.act_answers import ACT_BUTTONS, SentAct, act_outputs, act_presses, act_state
from components.directives.act_buttons import ORDERED_ACTS, button_id, clicked_act
from components.directives.act_form import OpenedAct, opened_outputs
from components.directives.bulk_acts import (
    ACTS,
    FIELDS,
    POSITION,
    bulk_bar,
    bulk_buttons,
    bulk_form,
)
from components.directives.positions import existing_agencies
from components.directives.register_counters import counter_inputs, counter_outputs, counter_row, counters
from components.directives.register_pages import register_bar
from components.directives.task_panel import side_task, task_outputs, task_stores
from components.directives.task_register import (
    DUE_FROM,
    DUE_TO,
    FILTER_FIELDS,
    STATE,
    FilterOptions,
    columns,
    filter_form,
    place_options,
    row,
    total_text,
)
from components.screens.shell import RailPlace
from components.ui.dialogs import dialog
from components.ui.forms import chosen, day_errors, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import DATA_VERSION
from ioc.dash_kit.acts import acting_options, handles_act_dialogs, may_enter, open_act_form, send_act_form, shown_task
from ioc.dash_kit.bulk_acts import (
    BulkAct,
    SelectedTask,
    assigners,
    max_selected,
    offered_bulk_acts,
    open_bulk_act,
    perform_bulk_act,
    selected_rows,
    shown_selection,
)  # fmt: skip
from ioc.dash_kit.callbacks import clientside_callback, closes_dialog, disabled_by, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.filtered_list import (
    ListedRows,
    RowBlock,
    field_values,
    list_query,
    list_table,
    lists_rows,
    reads_again,
    shows_columns,
)
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.register_filter import FILTER_PARAMS, OFFERED, count_states, filter_values, offered_states, rows_of
from ioc.domain.access.permissions import Action
from ioc.domain.directives.acts import Act
from ioc.domain.directives.rollup import assess_progress
from ioc.domain.directives.task_numbers import number_of_tasks

PATH = "/so-nhiem-vu"
SIDE = "register-task"  # the panel of a task beside the table
OPENED = "mo"  # parameter of the address: the task of the panel
_DAYS = (DUE_FROM, DUE_TO)


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values, context = lang(), filter_values(params), service(DirectiveContext)
    agencies, states = existing_agencies(context.agencies, context.today(), now), offered_states(context, principal())
    places = place_options(context.units.values())
    offered = FilterOptions(agencies, places, states, *OFFERED)
    bulk = offered_bulk_acts()
    table = list_table(
        "register", t("register.page", now), columns(now), lang=now, selects_rows=bool(bulk), chooses_columns=True
    )
    filters = filter_form(values, offered, now)
    main = [
        register_bar("register", PATH, "tasks", now, filters=filters, with_entry=may_enter()),
        counter_row(states, now), table, bulk_bar(bulk, assigners(values), now),
    ]  # fmt: skip
    positions, task = acting_options(now), params.get(OPENED, "")[:250]
    side = side_task(SIDE, positions=positions, task=task, table="register-table", lang=now)
    return html.Div(
        [
            html.Div([html.Div(main, className="working"), side], className="register-split"),
            dialog("register-bulk", "", bulk_form(agencies, now), bulk_buttons(now), now),
            *task_stores(SIDE, task, principal().name, now),
            list_query("register", values), dcc.Store(id="register-all", data=False),
            dcc.Store(id="register-opened"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="register", title="Sổ nhiệm vụ", label_key="register.page",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
    rail=RailPlace("register.short", "tasks", 15),
)  # fmt: skip

reads_again("register")
shows_columns("register")
clientside_callback(
    "pressedCounter", Output(STATE, "value"), counter_inputs(),
    State(STATE, "value"), prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "trueWhenChanged", Output("register-go", "disabled", allow_duplicate=True),
    [Input(field, "value") for field in FIELDS], prevent_initial_call=True,
)  # fmt: skip
closes_dialog("register-bulk")


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
    values = filter_values(field_values(FILTER_PARAMS, fields))
    errors = day_errors({DUE_FROM: values["tu"], DUE_TO: values["den"]}, lang())
    same = {"query": no_update, "is_all": no_update, "selected": no_update}
    changed = {"query": values, "is_all": False, "selected": []}
    return (same if errors else changed) | {"errors": error_texts(_DAYS, errors)}


@page_callback(
    counter_outputs(),
    inputs={"_version": DATA_VERSION, "query": Input("register-query", "data")},
    action=Action.ACT_ON_DIRECTIVES,
)
def count(_version: object, query: dict[str, str]) -> dict[str, Any]:
    """How many tasks the filter leaves in each state."""
    found = count_states(service(DirectiveContext), query, principal())
    return counters(found, query.get("trang-thai", ""), lang())


@lists_rows("register", Action.ACT_ON_DIRECTIVES)
def list_rows(block: RowBlock, query: dict[str, str]) -> ListedRows:
    """A block of rows, and how many there are."""
    context, now = service(DirectiveContext), lang()
    page = rows_of(
        context, query, principal(), start=block.start, limit=block.limit, sort=block.sort,
        is_descending=block.is_descending,
    )  # fmt: skip
    today = context.today()
    rows = [
        row(each, assess_progress(each.task, each.status, context.limits, today), context.agencies, now)
        for each in page.rows
    ]
    return ListedRows(rows, page.total, total_text(page.total, page.numbers, now))


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
    return shown_selection(len(selected or ()), query, is_all=bool(is_all))


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
        "close": Output("register-bulk-close", "children"),
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
    act, tasks = Act(str(ctx.triggered_id).removeprefix("register-do-")), selected or []
    if not is_all:
        return open_bulk_act(act, tasks, len(tasks), number_of_tasks(tasks))
    found = rows_of(service(DirectiveContext), query, principal(), limit=max_selected(act))
    return open_bulk_act(act, selected_rows(found.rows), found.total, found.numbers)


@page_callback(
    {
        "errors": error_outputs(FIELDS, allow_duplicate=True),
        "results": Output("register-results", "children", allow_duplicate=True),
        "go": Output("register-go", "disabled", allow_duplicate=True),
        "close": Output("register-bulk-close", "children", allow_duplicate=True),
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
    return perform_bulk_act(opened, fields, is_preview=ctx.triggered_id == "register-preview")


clientside_callback(
    "showSide", Output(f"{SIDE}-side", "hidden"), Output(f"{SIDE}-page", "href"), Input(f"{SIDE}-shown", "data")
)
handles_act_dialogs(SIDE)


@page_callback(
    task_outputs(SIDE),
    inputs={
        "_version": DATA_VERSION, "position": Input(f"{SIDE}-position", "value"),
        "task": Input(f"{SIDE}-shown", "data"), "_saved": Input(f"{SIDE}-form", "data-saved"),
    },
    action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip
def show_task(_version: object, position: str | None, task: str | None, _saved: object) -> dict[str, Any]:
    """The task of the panel as it is now, and what the position may do."""
    if not task or not chosen(position):
        raise PreventUpdate
    return shown_task(task, position or "")


@page_callback(
    opened_outputs(SIDE),
    inputs={"_clicks": [Input(button_id(SIDE, act), "n_clicks") for act in ORDERED_ACTS]},
    state={"task": State(f"{SIDE}-shown", "data"), "position": State(f"{SIDE}-position", "value")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def open_task_act(_clicks: list[object], task: str, position: str | None) -> dict[str, Any]:
    """Opens the form of an act on the task of the panel."""
    return open_act_form(SIDE, task, clicked_act(SIDE, ctx.triggered_id), position or "")


@page_callback(
    act_outputs(SIDE),
    inputs={"_clicks": act_presses(SIDE)},
    state={"opened": State(f"{SIDE}-opened-act", "data"), "form": act_state(SIDE)},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=disabled_by(SIDE, *ACT_BUTTONS),
)
def do_task_act(_clicks: list[int | None], opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """Does the act; an act that is refused leaves the dialog open with what was typed."""
    return send_act_form(opened, form, str(ctx.triggered_id))
