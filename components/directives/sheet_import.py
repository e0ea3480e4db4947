"""The form in which a sheet of tasks is imported: columns and what they hold, what is wrong, what was done."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import dash_bootstrap_components as dbc
import htpy as h
from dash import html
from dash.development.base_component import Component

from components.directives.document_entry import kinds, secrecy_field
from components.directives.task_register import place_name
from components.ui.error_messages import describe
from components.ui.format import format_date
from components.ui.forms import NONE, Option, date_field, field_group, file_field, options_of, select_field, text_field
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import OrderSource, Visibility
from ioc.domain.directives.sheet_documents import Change, ParsedSheet, SheetTask
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import CellFault, TaskTable
from ioc.domain.geo.place import AdminUnit

PAGE = "sheet-import"
FILE, POSITION, TABLE = f"{PAGE}-file", f"{PAGE}-position", f"{PAGE}-table"
SECRECY = f"{PAGE}-secrecy"
NUMBER, ISSUED, ABSTRACT, ISSUER = f"{PAGE}-number", f"{PAGE}-issued", f"{PAGE}-abstract", f"{PAGE}-issuer"
KIND, SOURCE, SPHERE, VISIBILITY = f"{PAGE}-kind", f"{PAGE}-source", f"{PAGE}-sphere", f"{PAGE}-visibility"
NEEDED = (NUMBER, ISSUED, ABSTRACT, ISSUER)  # said by a column, or here
DEFAULTS = (NUMBER, ISSUED, ABSTRACT, ISSUER, KIND, SOURCE, SPHERE, VISIBILITY)
COLUMN = f"{PAGE}-column"
_MAX_FAULTS, _MAX_SHOWN, _MAX_ROW_NUMBERS, _MAX_LINKS = 200, 20, 15, 50
_SAMPLES, _SAMPLE_LENGTH = 3, 40


class ImportResultView(Protocol):
    """What an import has done; see ioc/directives/sheet_import.py."""

    @property
    def documents(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def new(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def assigned(self) -> int: ...


def file_section(positions: Sequence[Option], lang: str) -> Component:
    """The field for the file, the position, and the button that reads it."""
    return html.Section(
        [
            html.H2(t("sheet_import.file_title", lang), className="box-title"),
            html.P(t("sheet_import.file_why", lang), className="quiet"),
            field_group(
                file_field(
                    FILE, t("sheet_import.file", lang), "/files/tasks", lang, accept=".xlsx,.xls,.ods,.csv",
                    sender=f"{PAGE}-read",
                ),
                secrecy_field(SECRECY, lang),
                select_field(POSITION, t("documents.position", lang), options_of(positions), positions[0][0]),
            ),
            html.Div(dbc.Button(t("sheet_import.read", lang), id=f"{PAGE}-read", color="primary")),
        ],
        className="box form-stack",
    )  # fmt: skip


def columns_section(agencies: Sequence[Option], lang: str) -> Component:
    """The tables of the file, the columns of the chosen one, and what is common to all rows."""
    return html.Section(
        [
            html.H2(t("sheet_import.columns_title", lang), className="box-title"),
            html.P(t("sheet_import.columns_why", lang), className="quiet"),
            select_field(TABLE, t("sheet_import.table", lang), []),
            html.Div(id=f"{PAGE}-columns", className="field-group"),
            html.H3(t("sheet_import.common_title", lang), className="box-title"),
            html.P(t("sheet_import.common_why", lang), className="quiet"),
            *_common_fields(agencies, lang),
            html.Div(
                [
                    html.Div(id=f"{PAGE}-alert", role="alert"),
                    dbc.Button(t("sheet_import.check", lang), id=f"{PAGE}-check", color="primary"),
                ]
            ),
        ],
        className="box form-stack", id=f"{PAGE}-mapping", hidden=True,
    )  # fmt: skip


def _common_fields(agencies: Sequence[Option], lang: str) -> list[Component]:
    none = t("documents.source_none", lang)
    sources = ((source.value, t(f"documents.source_{source}", lang)) for source in OrderSource)
    visibilities = ((each.value, t(f"documents.visibility_{each}", lang)) for each in Visibility)
    return [
        field_group(
            text_field(NUMBER, t("documents.number", lang), is_required=False, max_length=80),
            date_field(ISSUED, t("documents.issued", lang)),
            text_field(ABSTRACT, t("documents.abstract", lang), is_required=False, max_length=1000),
        ),
        field_group(
            select_field(ISSUER, t("documents.issuer", lang), options_of([(NONE, none), *agencies])),
            select_field(KIND, t("documents.kind", lang), options_of(kinds(lang)), "công văn"),
            select_field(SOURCE, t("documents.source", lang), options_of([(NONE, none), *sources])),
        ),
        field_group(
            text_field(SPHERE, t("documents.sphere", lang), is_required=False, max_length=120),
            select_field(VISIBILITY, t("documents.visibility", lang), options_of(visibilities), Visibility.INTERNAL),
        ),
    ]


def result_section(lang: str, *, may_assign: bool) -> Component:
    """What the check has found, the buttons that import, and how far it is."""
    plain = "secondary" if may_assign else "primary"
    buttons = [
        dbc.Button(t("sheet_import.import", lang), id=f"{PAGE}-import", color=plain, disabled=True),
        dbc.Button(
            t("sheet_import.import_and_assign", lang), id=f"{PAGE}-assign", color="primary", disabled=True,
            style=None if may_assign else {"display": "none"},
        ),
        dbc.Button(t("sheet_import.cancel", lang), id=f"{PAGE}-cancel", color="danger", disabled=True),
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(t("sheet_import.result_title", lang), className="box-title"),
            Panel(id=f"{PAGE}-result"),
            html.Output(id=f"{PAGE}-progress"),
            html.Div(buttons, className="page-bar", id=f"{PAGE}-buttons"),
        ],
        className="box form-stack", id=f"{PAGE}-checked", hidden=True,
    )  # fmt: skip


def table_options(tables: Sequence[TaskTable], lang: str) -> list[dict[str, str]]:
    """The tables of a file, by their number."""
    unnamed = t("sheet_import.only_table", lang)
    return options_of(
        (str(number), t("sheet_import.table_name", lang, name=table.name or unnamed, n=len(table.rows)))
        for number, table in enumerate(tables)
    )


def column_fields(table: TaskTable, fields: Mapping[int, SheetField], lang: str) -> list[Component]:
    """A field for each column that has a heading or content. `fields`: as they are guessed or remembered."""
    names = [(each.value, t(f"sheet_import.field_{each}", lang)) for each in SheetField]
    options = options_of([(NONE, t("sheet_import.field_none", lang)), *names])
    return [
        select_field(
            {"type": COLUMN, "key": str(column)}, column_name(table, column, lang), options,
            fields[column].value if column in fields else NONE, hint=_samples(table, column, lang),
        )
        for column in shown_columns(table)
    ]  # fmt: skip


def shown_columns(table: TaskTable) -> list[int]:
    """The columns that have a heading or content."""
    width = max([len(table.headings), *map(len, table.rows)], default=0)
    filled = {column for row in table.rows for column, text in enumerate(row) if text}
    filled |= {column for column, heading in enumerate(table.headings) if heading}
    return [column for column in range(width) if column in filled]


def column_name(table: TaskTable, column: int, lang: str) -> str:
    """The letter of a column and its heading."""
    letter = cell_address(0, column)[:-1]
    heading = table.headings[column] if column < len(table.headings) else ""
    if not heading:
        return t("sheet_import.column_bare", lang, letter=letter)
    return t("sheet_import.column", lang, letter=letter, heading=shorten(heading, 60))


def _samples(table: TaskTable, column: int, lang: str) -> str:
    texts = dict.fromkeys(row[column] for row in table.rows if column < len(row) and row[column])
    shown = [f"“{shorten(text, _SAMPLE_LENGTH)}”" for text in list(texts)[:_SAMPLES]]
    return t("sheet_import.samples", lang, samples=", ".join(shown)) if shown else t("sheet_import.no_samples", lang)


def checked_markup(parsed: ParsedSheet, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> str:
    """What the import would do, or all that is wrong."""
    counts = {change.value: parsed.number_of(change) for change in Change}
    summary = t(
        "sheet_import.summary", lang, tasks=len(parsed.tasks), documents=len(parsed.documents), **counts
    )  # fmt: skip
    parts = [h.p[summary], *_notes(parsed, lang)]
    if parsed.faults:
        parts = [_faults(parsed.faults, lang), *parts]
    elif parsed.tasks:
        parts.append(_preview(parsed.tasks[:_MAX_SHOWN], agencies, units, lang))
    return str(h.div(".form-stack")[parts])


def _notes(parsed: ParsedSheet, lang: str) -> list[h.Element]:
    notes = []
    if parsed.inferred:
        notes.append(h.p(".quiet")[t("sheet_import.inferred", lang, n=len(parsed.inferred))])
    if parsed.skipped:
        numbers = [str(row + 1) for row in parsed.skipped[:_MAX_ROW_NUMBERS]]
        rows = ", ".join([*numbers, *(["…"] if len(parsed.skipped) > len(numbers) else [])])
        notes.append(h.p(".quiet")[t("sheet_import.skipped", lang, n=len(parsed.skipped), rows=rows)])
    return notes


def _faults(faults: Sequence[CellFault], lang: str) -> h.Element:
    rows = (
        (
            cell_address(fault.row, fault.column),
            fault.text or t("sheet_import.empty_cell", lang),
            failure_text(fault.failure, lang),
        )
        for fault in faults[:_MAX_FAULTS]
    )
    more = len(faults) - _MAX_FAULTS
    return h.div[
        h.p(".alert.alert-danger", role="alert")[t("sheet_import.faults", lang, n=len(faults))],
        _table("bulk-results", [t(f"sheet_import.{key}", lang) for key in ("cell", "content", "reason")], rows),
        h.p(".quiet")[t("sheet_import.faults_more", lang, n=more)] if more > 0 else None,
    ]


def failure_text(failure: Failure, lang: str) -> str:
    """The text of a failure that may name a field of the sheet."""
    params = dict(failure.params)
    if params.get("field") in set(SheetField):
        params["field"] = t(f"sheet_import.field_{params['field']}", lang)
    return describe(Failure(failure.code, params, failure.external), lang)


def _preview(tasks: Sequence[SheetTask], agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> h.Element:
    keys = (
        "sheet_import.change",
        "documents.document",
        "documents.row_title",
        "documents.row_lead",
        "documents.row_due",
        "documents.row_place",
        "documents.row_horizon",
    )
    heads = [t(key, lang) for key in keys]
    rows = (
        (
            t(f"sheet_import.change_{task.change}", lang), task.number, shorten(task.task.title.get(lang), 160),
            _leads(task, agencies, lang), due_text(task, lang), place_name(task.task.place, units),
            t(f"documents.horizon_{task.task.horizon}", lang) if task.task.horizon else "",
        )
        for task in tasks
    )  # fmt: skip
    return h.div[h.h3(".box-title")[t("sheet_import.preview", lang)], _table("sheet-tasks", heads, rows)]


def _leads(task: SheetTask, agencies: Agencies, lang: str) -> str:
    if task.parts:
        return t("documents.parts", lang, n=task.parts)
    agency = agencies.get(task.task.lead)
    return agency.short_name.get(lang) if agency else task.task.lead


def due_text(task: SheetTask, lang: str) -> str:
    """The due date, marked where it is inferred."""
    due, words = task.task.due, task.task.due_words
    if due is None:
        return words or t("documents.no_due", lang)
    day = format_date(due)
    return t("documents.due_inferred", lang, day=day, words=words) if task.task.is_due_inferred else day


def _table(kind: str, heads: Sequence[str], rows: Any) -> h.Element:
    return h.div(".bulk-results-host", tabindex="0")[
        h.table(class_=f"plain {kind}")[
            h.thead[h.tr[(h.th(scope="col")[head] for head in heads)]],
            h.tbody[(h.tr[(h.td[text] for text in row)] for row in rows)],
        ]
    ]


def done_text(result: ImportResultView, lang: str) -> str:
    """How many tasks were imported, and what became of them."""
    counts = {"new": result.new, "changed": result.changed, "unchanged": result.unchanged, "assigned": result.assigned}
    return t("sheet_import.done", lang, tasks=result.new + result.changed + result.unchanged, **counts)


def done_markup(result: ImportResultView, lang: str) -> str:
    """What was imported, with links to the documents."""
    links = [h.li[h.a(".link", href=f"/van-ban/{key}")[number or key]] for key, number in result.documents[:_MAX_LINKS]]
    more = [h.li["…"]] if len(result.documents) > _MAX_LINKS else []
    return str(
        h.div(".form-stack")[
            h.p(".alert.alert-success", role="status")[done_text(result, lang)],
            h.h3(".box-title")[t("sheet_import.documents", lang)],
            h.ul(".tree")[links, more],
        ]
    )
