"""Quản trị, Nhật ký: the audit log is filtered, sorted, opened entry by entry, verified and exported."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.access.audit_log import (
    DAYS,
    FILTER_FIELDS,
    columns,
    entry_facts,
    filter_form,
    objects_in_words,
    row,
    verification_notice,
)
from components.ui.dialogs import side_panel
from components.ui.export_table import export_links
from components.ui.format import format_number
from components.ui.forms import error_outputs, error_texts
from components.ui.i18n import t
from components.ui.page_bar import page_bar
from ioc.auth.audit_log import failure_of
from ioc.auth.audit_review import FILTER_PARAMS, RESULTS, AuditReview, filter_values, order_by, parse_filter
from ioc.dash_kit.callbacks import page_callback
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.directory import AuditNames
from ioc.dash_kit.filtered_list import field_values, list_query, list_table, reads_again, row_block
from ioc.dash_kit.pages import ADMIN, register_working_page, section_tabs
from ioc.dash_kit.typed import Clicked, RowsRequest
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import parse_day

PATH = "/quan-tri/nhat-ky"
_COLUMNS = {"number": "id"}  # field of the table -> column of the log, where they differ


def layout(**params: str) -> Component:
    """The page, empty. `params`: the filter, by FILTER_PARAMS."""
    now, values = lang(), filter_values(params)
    buttons = [
        html.A(t("audit_log.clear", now), href=PATH, className="btn btn-link"),
        dbc.Button(t("audit_log.refresh", now), id="audit-refresh", color="secondary"),
        dbc.Button(t("audit_log.verify", now), id="audit-verify", color="secondary"),
        *export_links("audit-log", now, ("csv", "xlsx", "jsonl")),
    ]
    return html.Div(
        [
            section_tabs(ADMIN, "audit", now),
            page_bar("audit", now, more=buttons, filters=filter_form(values, RESULTS, now)),
            html.Div(id="audit-verified", role="status"),
            list_table("audit", t("audit_log.title", now), columns(now), lang=now),
            side_panel("audit-one", html.Div(id="audit-facts")),
            list_query("audit", values),
            dcc.Store(id="audit-head"),
        ],
        className="working",
    )  # fmt: skip


register_working_page(
    __name__, path=PATH, name="audit", title="Nhật ký", label_key="audit_log.title", section=ADMIN, order=6,
    action=Action.READ_AUDIT_LOG, has_grid=True,
)  # fmt: skip

reads_again("audit", "audit-refresh", follows_data=False)


@page_callback(
    {
        "query": Output("audit-query", "data"),
        "errors": error_outputs(DAYS),
    },
    inputs={"fields": [Input(field, "value") for field in FILTER_FIELDS]},
    action=Action.READ_AUDIT_LOG,
    prevent_initial_call=True,
)
def narrow(fields: list[str | None]) -> dict[str, Any]:
    """Filters by the fields; with a day that is none the list stays as it was."""
    values = filter_values(field_values(FILTER_PARAMS, fields))
    errors = _day_errors(values["tu"], values["den"])
    if errors:
        return {"query": no_update, "errors": error_texts(DAYS, errors)}
    return {"query": values, "errors": error_texts(DAYS, {})}


def _day_errors(since: str, until: str) -> dict[str, str]:
    texts = dict(zip(DAYS, (since, until), strict=True))
    errors = {
        field: t("audit_log.day_bad", lang(), text=text)
        for field, text in texts.items()
        if text and parse_day(text) is None
    }
    first, last = parse_day(since), parse_day(until)
    if first and last and last < first:
        errors[DAYS[1]] = t("audit_log.days_swapped", lang())
    return errors


@page_callback(
    {
        "rows": Output("audit-table", "getRowsResponse"),
        "total": Output("audit-total", "children"),
        "head": Output("audit-head", "data"),
    },
    inputs={"wanted": Input("audit-table", "getRowsRequest")},
    state={"query": State("audit-query", "data"), "head": State("audit-head", "data")},
    action=Action.READ_AUDIT_LOG,
    prevent_initial_call=True,
)
def list_entries(wanted: RowsRequest | None, query: dict[str, str], head: int | None) -> dict[str, Any]:
    """A block of rows. Until the table is read again from its top, newer entries are left out: they would shift it."""
    if not wanted:
        return {"rows": no_update, "total": no_update, "head": no_update}
    now, block = lang(), row_block(wanted)
    column = _COLUMNS.get(block.sort, block.sort)
    filters = order_by(parse_filter(query), column, is_descending=block.is_descending)
    page = service(AuditReview).page(filters, block.start, block.limit, principal(), head if block.start else None)
    objects = objects_in_words(page.entries, service(AuditNames).names, now)
    rows = [row(entry, failure_of(entry), objects[entry.id], now) for entry in page.entries]
    total = t("audit_log.total", now, n=format_number(page.total)) if page.total else t("audit_log.none", now)
    return {"rows": {"rowData": rows, "rowCount": page.total}, "total": total, "head": page.head}


@page_callback(
    {
        "is_open": Output("audit-one", "is_open"),
        "title": Output("audit-one-title", "children"),
        "facts": Output("audit-facts", "children"),
    },
    inputs={"clicked": Input("audit-table", "cellRendererData")},
    action=Action.READ_AUDIT_LOG,
    prevent_initial_call=True,
)
def open_entry(clicked: Clicked) -> dict[str, Any]:
    """Opens the panel of one entry."""
    number, now = clicked.value, lang()
    is_number = number.isascii() and number.isdigit() and len(number) < 18
    entry = service(AuditReview).entry(int(number), principal()) if is_number else None
    facts: str | Component = t("audit_log.none", now)
    if entry:
        about = objects_in_words([entry], service(AuditNames).names, now)
        facts = entry_facts(entry, failure_of(entry), about[entry.id], now)
    return {"is_open": True, "title": t("audit_log.entry_n", now, n=number[:18]), "facts": facts}


@page_callback(
    Output("audit-verified", "children"),
    inputs={"_clicks": Input("audit-verify", "n_clicks")},
    action=Action.READ_AUDIT_LOG,
    prevent_initial_call=True,
    running=[(Output("audit-verify", "disabled"), True, False)],
)
def verify(_clicks: int) -> dbc.Alert:
    """Verifies the hash chain of the whole log."""
    result, now = service(AuditReview).verify(principal()), lang()
    if result.first_bad_id is None:
        head = result.head
        text = t("audit_log.intact", now, rows=result.row_count, head=head.hash[:16], id=head.id)
        return verification_notice(text, is_intact=True)
    fault = t(f"audit_log.fault_{result.fault}", now)
    text = t("audit_log.tampered", now, row=result.first_bad_id, fault=fault)
    return verification_notice(text, is_intact=False)
