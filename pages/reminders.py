"""Sổ đôn đốc: the reminders of tasks, by the ladder, in the program and in writing, are filtered and exported."""

from typing import Any

from dash import Input, Output, html, no_update
from dash.development.base_component import Component

from components.directives.positions import existing_agencies
from components.directives.register_pages import register_bar
from components.directives.reminder_ledger import FILTER_FIELDS, SINCE, UNTIL, columns, filter_form, row, total_text
from components.ui.forms import day_errors, error_outputs, error_texts
from components.ui.i18n import t
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.filtered_list import (
    ListedRows,
    RowBlock,
    field_values,
    list_query,
    list_table,
    lists_rows,
    reads_again,
)
from ioc.dash_kit.pages import register_working_page
from ioc.directives.context import DirectiveContext
from ioc.directives.reminders import FILTER_PARAMS, KINDS, filter_values, list_reminders
from ioc.domain.access.permissions import Action

PATH = "/so-don-doc"
_DAYS = (SINCE, UNTIL)


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values, context = lang(), filter_values(params), service(DirectiveContext)
    agencies = existing_agencies(context.agencies, context.today(), now)
    table = list_table("reminders", t("reminders.page", now), columns(now), lang=now)
    form = filter_form(values, agencies, KINDS, now)
    bar = register_bar("reminders", PATH, "reminders", now, filters=form)
    return html.Div([bar, table, list_query("reminders", values)], className="working")


register_working_page(
    __name__, path=PATH, name="reminders", title="Sổ đôn đốc", label_key="reminders.page", rail="register",
    action=Action.ACT_ON_DIRECTIVES, topics=("directives",), has_grid=True,
)  # fmt: skip

reads_again("reminders")


@page_callback(
    {"query": Output("reminders-query", "data"), "errors": error_outputs(_DAYS)},
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, Any]:
    """Filters by the fields; with a day that is none the list stays as it was."""
    values = filter_values(field_values(FILTER_PARAMS, fields))
    errors = day_errors({SINCE: values["tu"], UNTIL: values["den"]}, lang())
    return {"query": no_update if errors else values, "errors": error_texts(_DAYS, errors)}


@lists_rows("reminders", Action.ACT_ON_DIRECTIVES)
def list_rows(block: RowBlock, query: dict[str, str]) -> ListedRows:
    """A block of rows."""
    context, now = service(DirectiveContext), lang()
    page = list_reminders(context, query, principal(), start=block.start, limit=block.limit)
    rows = [row(each, page.titles, context.agencies, now) for each in page.rows]
    return ListedRows(rows, page.total, total_text({kind.value: n for kind, n in page.counts.items()}, now))
