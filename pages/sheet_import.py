"""Nhập bảng nhiệm vụ: an office's own spreadsheet is read, its columns are named, and all of it is imported at once."""

from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.directives.document_entry import MARKED
from components.directives.positions import actor_options, existing_agencies, nobody_may_enter
from components.directives.sheet_check import WAITING_TASKS, checked_markup, done_markup, done_text, failure_text
from components.directives.sheet_import import (
    ABSTRACT,
    ASK,
    FILE,
    ISSUED,
    NEEDED,
    POSITION,
    SECRECY,
    TABLE,
    columns_section,
    file_section,
    result_section,
    table_options,
)
from components.ui.error_messages import describe
from components.ui.forms import chosen, day_errors, error_id, error_outputs, error_texts
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit import sheet_form
from ioc.dash_kit.bulk_acts import assigners
from ioc.dash_kit.callbacks import disabled_by, page_callback, scrolls_to
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.files import SentFiles, TaskSheets
from ioc.dash_kit.pages import register_working_page
from ioc.dash_kit.sheet_form import (
    FORM,
    NO_NAMES,
    NOT_READ,
    OF_NAMES,
    asks_before_assignment,
    check_answer,
    check_form,
    chosen_actor,
    chosen_table,
    columns_of,
    importing_actors,
    read_form,
    withdraws_check,
)
from ioc.dash_kit.typed import InputError
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.sheet_import import check_sheet, import_sheet, imported, require_import
from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act
from ioc.domain.directives.positions import permitted_kinds
from ioc.domain.directives.sheet_errors import SheetCode, SheetError


def layout(**params: str) -> Component:
    """The form, for who holds a position that enters documents; who does not reads who may."""
    now = lang()
    actors = importing_actors() if may(Action.ACT_ON_DIRECTIVES) else ()
    return html.Div(_form(actors, now) if actors else [nobody_may_enter(now)], className="working")


def _form(actors: tuple[Actor, ...], now: str) -> list[Component]:
    context = service(DirectiveContext)
    agencies = existing_agencies(context.agencies, context.today(), now)
    may_assign = any(actor.acting.kind in permitted_kinds(Act.ASSIGN) for actor in actors)
    return [
        file_section(actor_options(actors, now), now),
        columns_section(agencies, now),
        result_section(now, may_assign=may_assign),
        *(dcc.Store(id=f"sheet-import-{name}") for name in ("token", "proposed")),
        dcc.Interval(id="sheet-import-tick", interval=1000, disabled=True),
    ]


register_working_page(
    __name__, path="/nhap-bang", name="sheet-import", title="Nhập bảng nhiệm vụ", label_key="sheet_import.page",
    rail="register", action=Action.ACT_ON_DIRECTIVES,
)  # fmt: skip

withdraws_check()
asks_before_assignment()
scrolls_to("sheet-import-mapping")
scrolls_to("sheet-import-checked")


@page_callback(
    {
        "token": Output("sheet-import-token", "data"),
        "handle": Output(FILE, "handle"),
        "error": Output(FILE, "error"),
        "secrecy_error": Output(error_id(SECRECY), "children"),
        "file": Output("sheet-import-file-read", "children"),
        "tables": Output(TABLE, "options"),
        "table": Output(TABLE, "value"),
        "columns": Output("sheet-import-columns", "children"),
        "mapping": Output("sheet-import-mapping", "hidden"),
        "checked": Output("sheet-import-checked", "hidden"),
        "alert": Output("sheet-import-alert", "children"),
        "names": OF_NAMES,
        "abstract": Output(ABSTRACT, "value"),
        "proposed": Output("sheet-import-proposed", "data"),
    },
    inputs={"_clicks": Input("sheet-import-read", "n_clicks")},
    state={
        "handle": State(FILE, "handle"),
        "position": State(POSITION, "value"),
        "old": FORM["token"],
        "secrecy": State(SECRECY, "value"),
        "abstract": State(ABSTRACT, "value"),
        "proposed": State("sheet-import-proposed", "data"),
    },
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[*disabled_by("sheet-import", "read", "check"), (Output("sheet-import-reading", "hidden"), False, True)],
)
def read(
    _clicks: int, handle: str | None, position: str | None, old: str | None, secrecy: str | None, abstract: str | None,
    proposed: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Reads the file, which is not kept once it was read, and shows the columns of its largest table."""
    if chosen(secrecy) not in ("", MARKED):
        raise InputError("not among what was offered")
    now, by, sheets, actor = lang(), principal(), service(TaskSheets), chosen_actor(position)
    require_import(service(DirectiveContext), actor.position.key, actor.on_behalf_of, by)
    unchanged: dict[str, Any] = dict.fromkeys(
        ("token", "file", "tables", "table", "columns", "mapping", "checked", "alert", "abstract", "proposed"),
        no_update,
    )
    unchanged["names"] = (no_update,) * len(OF_NAMES)
    refused = {**unchanged, "handle": None, "error": "", "secrecy_error": ""}
    if chosen(secrecy):
        service(SentFiles).drop(handle or "", by)
        return refused | {"secrecy_error": describe(Failure(ActCode.SECRET_DOCUMENT), now)}
    try:
        staged = sheet_form.read_sent(handle)
    except SheetError as error:
        kept = {"handle": no_update} if error.failure.code in NOT_READ else {}
        return refused | kept | {"error": describe(error.failure, now)}
    if old:
        sheets.staging.drop(old, by)
    number = max(range(len(staged.tables)), key=lambda each: len(staged.tables[each].rows))
    proposal = sheet_form.proposed_abstract(staged.name, staged.tables[number])
    return refused | {
        "token": sheets.staging.keep(staged, by),
        "file": t("sheet_import.file_read", now, file=staged.name),
        "tables": table_options(staged.name, staged.tables, now),
        "table": str(number),
        "columns": columns_of(staged.tables[number]),
        "mapping": False,
        "checked": True,
        "alert": None,
        "names": NO_NAMES,
        "abstract": proposal if abstract in (None, "", proposed) else no_update,
        "proposed": proposal,
    }


@page_callback(
    {
        "columns": Output("sheet-import-columns", "children", allow_duplicate=True),
        "checked": Output("sheet-import-checked", "hidden", allow_duplicate=True),
        "names": OF_NAMES,
    },
    inputs={"number": Input(TABLE, "value")},
    state={"token": FORM["token"]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def choose_table(number: str | None, token: str | None) -> dict[str, Any]:
    """Shows the columns of another table."""
    staged = service(TaskSheets).staging.load(token or "", principal())
    return {"columns": columns_of(chosen_table(staged, number)), "checked": True, "names": NO_NAMES}


@page_callback(
    {
        "result": Output("sheet-import-result", "markup"),
        "checked": Output("sheet-import-checked", "hidden", allow_duplicate=True),
        "import": Output("sheet-import-import", "disabled"),
        "assign": Output("sheet-import-assign", "disabled"),
        "alert": Output("sheet-import-alert", "children", allow_duplicate=True),
        "ask": Output(f"{ASK}-body", "children"),
        "buttons": Output("sheet-import-buttons", "hidden", allow_duplicate=True),
        "names": OF_NAMES,
        "errors": error_outputs(NEEDED),
    },
    inputs={"_clicks": [Input("sheet-import-check", "n_clicks"), Input("sheet-import-recheck", "n_clicks")]},
    state=FORM,
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=disabled_by("sheet-import", "check", "recheck"),
)
def check(
    _clicks: list[int | None], token: str | None, number: str | None, columns: list[str | None],
    defaults: list[str | None], position: str | None, asked: list[str], choices: list[str | None],
) -> dict[str, Any]:  # fmt: skip
    """Says what the import would do, or what is wrong cell by cell. What was chosen for the columns is remembered."""
    now = lang()
    shown: dict[str, Any] = {"result": "", "checked": True, "import": True, "assign": True, "alert": None}
    shown |= {"buttons": False, "ask": None, "names": (no_update,) * len(OF_NAMES)}
    shown["errors"] = error_texts(NEEDED, wrong := day_errors({ISSUED: chosen(defaults[1])}, now))
    if wrong:
        return shown
    try:
        sheet = read_form(token, number, columns, defaults, position, asked, choices)
        if missing := sheet_form.missing_texts(sheet, now):
            return shown | {"errors": error_texts(NEEDED, missing)}
        sheet, parsed = check_form(sheet, asked)
    except SheetError as error:
        return shown | {"alert": dbc.Alert(failure_text(error.failure, now), color="danger")}
    kept = token or "" if sheet_form.note_checked(token or "", sheet, parsed) else ""
    return shown | check_answer(parsed, kept) | {"names": sheet_form.asked_names(sheet, parsed)}


@page_callback(
    {
        "result": Output("sheet-import-result", "markup", allow_duplicate=True),
        "buttons": Output("sheet-import-buttons", "hidden"),
        "progress": Output("sheet-import-progress", "children"),
        "mapping": Output("sheet-import-mapping", "hidden", allow_duplicate=True),
        "names": OF_NAMES[-1],
    },
    inputs={"_clicks": [Input("sheet-import-import", "n_clicks"), Input(f"{ASK}-go", "n_clicks")]},
    state=FORM,
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
    running=[
        *disabled_by("sheet-import", "import", "assign", "ask-go", "check", "recheck", "read"),
        (Output("sheet-import-cancel", "disabled"), False, True),
        (Output("sheet-import-tick", "disabled"), False, True),
    ],
)
def run(
    _clicks: list[int | None], token: str | None, number: str | None, columns: list[str | None],
    defaults: list[str | None], position: str | None, asked: list[str], choices: list[str | None],
) -> dict[str, Any]:  # fmt: skip
    """Imports the sheet as it was checked. Pressed twice, or sent again, it is done once."""
    now, by, context, staging = lang(), principal(), service(DirectiveContext), service(TaskSheets).staging
    shown = {"result": no_update, "buttons": False, "progress": "", "mapping": no_update, "names": no_update}
    is_done = {"buttons": True, "mapping": True, "names": True}
    try:
        sheet = read_form(token, number, columns, defaults, position, asked, choices)
        staging.require_checked(token or "", by, sheet.mapping)
        sheet = replace(sheet, assign=ctx.triggered_id == f"{ASK}-go")
        result = import_sheet(context, sheet, by, lambda done, total: staging.report(token or "", by, done, total))
    except SheetError as error:
        if (done := imported(context, token or "", by)) is not None:  # the sheet is gone since
            return shown | {"result": done_markup(done, now, assigners(WAITING_TASKS))} | is_done
        if error.failure.code == SheetCode.HAS_FAULTS:
            parsed = check_sheet(context, sheet, by)
            return shown | {"result": checked_markup(parsed, context.agencies, context.units, now)}
        if error.failure.code != SheetCode.CANCELLED:
            raise
        return shown | {"progress": describe(error.failure, now)}
    staging.drop(token or "", by)
    show_toast(done_text(result, now))
    return shown | {"result": done_markup(result, now, assigners(WAITING_TASKS))} | is_done


@page_callback(
    Output("sheet-import-progress", "children", allow_duplicate=True),
    inputs={"_ticks": Input("sheet-import-tick", "n_intervals")},
    state={"token": FORM["token"]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def show_progress(_ticks: int, token: str | None) -> str:
    """How far the import is; nothing once it is over."""
    try:
        done, total = service(TaskSheets).staging.progress(token or "", principal())
    except SheetError:
        return ""
    return t("sheet_import.progress", lang(), done=done, total=total) if total else t("sheet_import.starting", lang())


@page_callback(
    Output("sheet-import-progress", "children", allow_duplicate=True),
    inputs={"_clicks": Input("sheet-import-cancel", "n_clicks")},
    state={"token": FORM["token"]},
    action=Action.ACT_ON_DIRECTIVES,
    prevent_initial_call=True,
)
def cancel(_clicks: int, token: str | None) -> str:
    """Ends the import that runs: nothing of it stays."""
    service(TaskSheets).staging.cancel(token or "", principal())
    return t("sheet_import.cancelling", lang())
