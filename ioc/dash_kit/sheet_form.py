"""What the form of an import of tasks sends: file, position, table, what its columns hold, what is common to all."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from dash import ALL, Input, Output, State
from dash.development.base_component import Component

from components.directives.document_entry import kinds
from components.directives.positions import actor_value, assignable_agencies
from components.directives.sheet_check import checked_markup, failure_text
from components.directives.sheet_import import (
    ASK,
    COLUMN,
    DEFAULTS,
    NEEDED,
    PAGE,
    POSITION,
    TABLE,
    column_fields,
    shown_columns,
)
from components.directives.sheet_names import (
    ASKED,
    CHECKED_CHOICES,
    CHOICES,
    MAX_ASKED,
    NAME,
    NAMES,
    choices_of,
    name_fields,
    value_of,
)
from components.directives.sheet_question import assignment_question
from components.ui.forms import Option, chosen
from ioc.dash_kit.callbacks import clientside_callback, closes_dialog, opens_dialog
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.files import SentFiles, TaskSheets
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.assignment import unassigned_documents
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors
from ioc.directives.sheet_import import SheetImport, check_sheet
from ioc.directives.staging import StagedFile
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import MAX_NAMES_LENGTH, assignable, folded_name
from ioc.domain.directives.directive import OrderSource, Visibility
from ioc.domain.directives.nearest_agencies import NearestAgencies
from ioc.domain.directives.parsed_sheet import ParsedSheet
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField, guess_fields
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, missing_fields

_MAX_ABSTRACT = 1_000
NOT_READ = (SheetCode.BUSY, SheetCode.TOO_SLOW)  # codes of a file that can be read again
FORM = {
    "token": State("sheet-import-token", "data"),
    "number": State(TABLE, "value"),
    "columns": State({"type": COLUMN, "key": ALL}, "value"),
    "defaults": [State(field, "value") for field in DEFAULTS],
    "position": State(POSITION, "value"),
    "asked": State(ASKED, "data"),
    "choices": State(CHOICES, "data"),
}
OF_NAMES = (  # what the section of unknown names shows
    Output(ASKED, "data", allow_duplicate=True),
    Output(CHOICES, "data", allow_duplicate=True),
    Output(CHECKED_CHOICES, "data", allow_duplicate=True),
    Output(NAMES, "children", allow_duplicate=True),
    Output(f"{NAMES}-part", "hidden", allow_duplicate=True),
)
NO_NAMES: tuple[Any, ...] = ([], [], [], [], True)


def withdraws_check() -> None:
    """What the page says differs from what was checked: it is not imported before it is checked again."""
    clientside_callback(
        "withdrawChoices",
        Output(CHOICES, "data", allow_duplicate=True),
        Output("sheet-import-import", "disabled", allow_duplicate=True),
        Output("sheet-import-assign", "disabled", allow_duplicate=True),
        Input({"type": NAME, "key": ALL}, "value"),
        State(CHECKED_CHOICES, "data"),
        prevent_initial_call=True,
    )
    clientside_callback(
        "withdrawCheck",
        Output("sheet-import-import", "disabled", allow_duplicate=True),
        Output("sheet-import-assign", "disabled", allow_duplicate=True),
        Output("sheet-import-result", "markup", allow_duplicate=True),
        [Input({"type": COLUMN, "key": ALL}, "value"), *(Input(field, "value") for field in (*DEFAULTS, POSITION))],
        prevent_initial_call=True,
    )  # fmt: skip


def asks_before_assignment() -> None:
    """The button that imports and assigns asks first; the dialog closes with the answer, and the import can be stopped.

    Its body is of the check (`check_answer`), and its button `<ASK>-go` imports.
    """
    opens_dialog(f"{PAGE}-assign", ASK)
    closes_dialog(ASK, "go")


def importing_actors() -> tuple[Actor, ...]:
    """In which positions the principal may import sheets."""
    return document_actors(service(DirectiveContext), DocumentAct.ENTER, principal())


def chosen_actor(choice: str | None) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in importing_actors():
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")


def read_sent(handle: str | None) -> StagedFile:
    """The tables of a file, which goes once it was read, whatever is in it. SheetError: it stays for NOT_READ."""
    sent, by = service(SentFiles), principal()
    file = sent.read(handle or "", by)
    if file is None:
        raise SheetError(SheetCode.FILE_MISSING)
    try:
        tables = service(TaskSheets).read(file, by.name)
    except SheetError as error:
        if error.failure.code not in NOT_READ:
            sent.drop(handle or "", by)
        raise
    sent.drop(handle or "", by)
    return StagedFile(file.name, tables)


def proposed_abstract(file: str, table: TaskTable) -> str:
    """What the documents of a table without a column of abstracts are about: its title, else the name of its file."""
    if SheetField.ABSTRACT in guess_fields(table.headings).values():
        return ""
    return " ".join((table.title or PurePath(file).stem).split())[:_MAX_ABSTRACT]


def chosen_table(staged: StagedFile, number: str | None) -> TaskTable:
    """The table of that number. InputError."""
    tables = {str(index): table for index, table in enumerate(staged.tables)}
    if number not in tables:
        raise InputError("unknown table")
    return tables[number]


def columns_of(table: TaskTable) -> list[Component]:
    """The fields of the columns of a table: as the person chose them the last time, else as they are guessed."""
    remembered = service(TaskSheets).staging.remembered(table.headings, principal())
    return column_fields(table, remembered or guess_fields(table.headings), lang())


def read_form(
    token: str | None, number: str | None, columns: list[str | None], defaults: list[str | None], position: str | None,
    asked: list[str], choices: list[str | None],
) -> SheetImport:  # fmt: skip
    """What is to be imported. InputError for what was never offered; SheetError (STAGING_ENDED)."""
    actor, staged = chosen_actor(position), service(TaskSheets).staging.load(token or "", principal())
    table = chosen_table(staged, number)
    shown = shown_columns(table)
    if len(columns) != len(shown) or not {chosen(name) for name in columns} <= {"", *SheetField}:
        raise InputError("not among what was offered")
    are_names = isinstance(asked, list) and all(
        isinstance(name, str) and len(name) <= MAX_NAMES_LENGTH for name in asked
    )
    chosen_names = choices_of(asked, choices, service(DirectiveContext).agencies) if are_names else None
    if chosen_names is None or len(asked) > MAX_ASKED:
        raise InputError("not among what was offered")
    fields = {column: SheetField(chosen(name)) for column, name in zip(shown, columns, strict=True) if chosen(name)}
    return SheetImport(
        staged.name, table, fields, _defaults(defaults), actor.position.key, actor.on_behalf_of, key=token or "",
        chosen=chosen_names,
    )  # fmt: skip


def check_form(sheet: SheetImport, asked: Sequence[str]) -> tuple[SheetImport, ParsedSheet]:
    """The sheet with what was chosen for unknown names, now or for an earlier sheet, and what its import would do.

    `asked`: the names that the form has asked for; what was chosen for them is remembered.
    """
    context, staging, by = service(DirectiveContext), service(TaskSheets).staging, principal()
    staging.remember_names({name: sheet.chosen.get(name) for name in map(folded_name, asked)}, by)
    parsed = check_sheet(context, sheet, by)
    names = [folded_name(name.text) for name in parsed.unknown[:MAX_ASKED]]
    existing = {key for key, _ in _agencies()}
    remembered = {name: key for name, key in staging.remembered_names(names, by).items() if key in {"", *existing}}
    if remembered == sheet.chosen:
        return sheet, parsed
    sheet = replace(sheet, chosen=remembered)
    return sheet, check_sheet(context, sheet, by)


def note_checked(token: str, sheet: SheetImport, parsed: ParsedSheet) -> bool:
    """Remembers the columns, and that the sheet may be imported, or what is wrong with it. SheetError.

    False where a row is marked with a degree of secrecy: nothing of the sheet is kept.
    """
    staging, by = service(TaskSheets).staging, principal()
    staging.remember(sheet.table.headings, sheet.fields, by)
    if any(fault.failure.code == ActCode.SECRET_DOCUMENT for fault in parsed.faults):
        staging.drop(token, by)
        return False
    staging.note_faults(token, by, parsed.faults)
    if parsed.tasks and not parsed.faults:
        staging.note_checked(token, by, sheet.mapping)
    return True


def check_answer(parsed: ParsedSheet, token: str) -> dict[str, Any]:
    """What the page shows of a check: what was found, which buttons it leaves, and what is asked before assignment."""
    is_ready, context, now = bool(parsed.tasks) and not parsed.faults, service(DirectiveContext), lang()
    markup = checked_markup(parsed, context.agencies, context.units, now, token)
    waiting = unassigned_documents(context, parsed.documents, principal()) if is_ready else ()
    question = assignment_question(waiting, context.today(), now)
    return {"result": markup, "checked": False, "import": not is_ready, "assign": not is_ready, "ask": question}


def asked_names(sheet: SheetImport, parsed: ParsedSheet) -> tuple[Any, ...]:
    """What OF_NAMES show: the unknown names that are asked for, with what was chosen for them."""
    context, names = service(DirectiveContext), parsed.unknown[:MAX_ASKED]
    day = context.today()
    nearest = NearestAgencies(assignable(context.agencies, day), day)
    fields = name_fields(names, sheet.chosen, _agencies(), nearest, lang())
    values = [value_of(name.text, sheet.chosen) for name in names]
    return [name.text for name in names], values, values, fields, not names


def _agencies() -> list[Option]:
    context = service(DirectiveContext)
    return assignable_agencies(context.agencies, context.today(), lang())


def missing_texts(sheet: SheetImport, lang: str) -> dict[str, str]:
    """What neither a column nor the form says, by field of the form; empty where that of a task has no column."""
    missing = missing_fields(sheet.fields, sheet.defaults, sheet.table)
    texts = {
        f"{PAGE}-{each}": failure_text(Failure(SheetCode.FIELD_WITHOUT_COLUMN, {"field": each.value}), lang)
        for each in missing
    }
    return texts if set(texts) <= set(NEEDED) else {}


def _defaults(values: list[str | None]) -> SheetDefaults:
    if len(values) != len(DEFAULTS):
        raise InputError("not among what was offered")
    number, issued, abstract, issuer, kind, source, sphere, visibility = map(chosen, values)
    agencies = service(DirectiveContext).agencies
    if (
        kind not in dict(kinds(lang())) or issuer not in {"", *agencies} or source not in {"", *OrderSource}
        or visibility not in set(Visibility)
    ):  # fmt: skip
        raise InputError("not among what was offered")
    return SheetDefaults(
        typed_text(number, 80), parse_day(issued), typed_text(abstract, _MAX_ABSTRACT), issuer, kind, source,
        typed_text(sphere, 120).casefold(), visibility,
    )  # fmt: skip
