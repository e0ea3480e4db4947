"""Sổ đôn đốc: the reminders of tasks, by the ladder, in the program and in writing, are filtered and exported."""

from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.positions import existing_agencies
from components.directives.register_pages import register_links
from components.directives.reminder_ledger import FILTER_FIELDS, SINCE, UNTIL, columns, filter_form, row, total_text
from components.ui.export_table import export_links
from components.ui.forms import chosen, day_errors, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.table import paged_table
from components.ui.working import DATA_VERSION
from ioc.dash_kit.callbacks import clientside_callback, page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.typed import RowsRequest
from ioc.directives.context import DirectiveContext
from ioc.directives.reminders import FILTER_PARAMS, KINDS, filter_values, list_reminders
from ioc.domain.access.permissions import Action

PATH = "/so-don-doc"
_DAYS = (SINCE, UNTIL)


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values, context = lang(), filter_values(params), service(DirectiveContext)
    agencies = existing_agencies(context.agencies, context.today(), now)
    buttons = [
        html.A(t("register.clear", now), href=PATH, className="btn btn-link"),
        *export_links("reminders", now),
        *register_links(PATH, now, with_entry=False),
    ]
    table = paged_table(
        "reminders-table", t("reminders.page", now), columns(now), lang=now, row_total="reminders-total"
    )
    return html.Div(
        [
            html.Div(html.Div(buttons, className="end"), className="page-bar"),
            filter_form(values, agencies, KINDS, now),
            table,
            dcc.Store(id="reminders-query", data=values),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="reminders", title="Sổ đôn đốc", label_key="reminders.page", rail="register",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
)  # fmt: skip

clientside_callback(
    "reloadTable", Output("reminders-table", "scrollTo"), Input("reminders-query", "data"),
    State("reminders-table", "id"), prevent_initial_call=True,
)  # fmt: skip
clientside_callback(
    "refreshTable", Output("reminders-table", "scrollTo", allow_duplicate=True), DATA_VERSION,
    State("reminders-table", "id"), prevent_initial_call=True,
)  # fmt: skip


@page_callback(
    {"query": Output("reminders-query", "data"), "errors": error_outputs(_DAYS)},
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, Any]:
    """Filters by the fields; with a day that is none the list stays as it was."""
    values = filter_values(dict(zip(FILTER_PARAMS, map(chosen, fields), strict=True)))
    errors = day_errors({SINCE: values["tu"], UNTIL: values["den"]}, lang())
    return {"query": no_update if errors else values, "errors": error_texts(_DAYS, errors)}


@page_callback(
    {"rows": Output("reminders-table", "getRowsResponse"), "total": Output("reminders-total", "children")},
    inputs={"wanted": Input("reminders-table", "getRowsRequest")},
    state={"query": State("reminders-query", "data")},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def list_rows(wanted: RowsRequest | None, query: dict[str, str]) -> dict[str, Any]:
    """A block of rows."""
    if not wanted:
        return {"rows": no_update, "total": no_update}
    context, now = service(DirectiveContext), lang()
    limit = max(0, min(wanted.end - wanted.start, 500))
    page = list_reminders(context, query, principal(), start=wanted.start, limit=limit)
    rows = [row(each, page.titles, context.agencies, now) for each in page.rows]
    return {
        "rows": {"rowData": rows, "rowCount": page.total},
        "total": total_text({kind.value: n for kind, n in page.counts.items()}, now),
    }
