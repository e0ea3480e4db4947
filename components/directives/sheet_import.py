"""The form in which a sheet of tasks is imported: file, columns and what they hold, what is common to all rows."""

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.document_entry import kinds, secrecy_field
from components.directives.positions import city_committee
from components.directives.sheet_names import names_section
from components.ui.dialogs import confirm_dialog
from components.ui.forms import NONE, Option, date_field, field_group, file_field, options_of, select_field, text_field
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.base.cell_address import cell_address
from ioc.domain.base.text import shorten
from ioc.domain.directives.directive import OrderSource, Visibility
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import TaskTable

PAGE = "sheet-import"
FILE, POSITION, TABLE = f"{PAGE}-file", f"{PAGE}-position", f"{PAGE}-table"
SECRECY = f"{PAGE}-secrecy"
NUMBER, ISSUED, ABSTRACT, ISSUER = f"{PAGE}-number", f"{PAGE}-issued", f"{PAGE}-abstract", f"{PAGE}-issuer"
KIND, SOURCE, SPHERE, VISIBILITY = f"{PAGE}-kind", f"{PAGE}-source", f"{PAGE}-sphere", f"{PAGE}-visibility"
NEEDED = (NUMBER, ISSUED, ABSTRACT, ISSUER)  # said by a column, or here
DEFAULTS = (NUMBER, ISSUED, ABSTRACT, ISSUER, KIND, SOURCE, SPHERE, VISIBILITY)
COLUMN = f"{PAGE}-column"
ASK = f"{PAGE}-ask"  # before tasks are assigned
_SAMPLES, _SAMPLE_LENGTH = 3, 40


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
            html.P(id=f"{PAGE}-file-read", className="quiet"),
            html.P(t("sheet_import.reading", lang), id=f"{PAGE}-reading", role="status", hidden=True),
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
            date_field(ISSUED, t("documents.issued", lang), lang),
            text_field(
                ABSTRACT,
                t("documents.abstract", lang),
                hint=t("sheet_import.abstract_why", lang),
                is_required=False,
                max_length=1000,
            ),
        ),
        field_group(
            select_field(
                ISSUER, t("documents.issuer", lang), options_of([(NONE, none), *agencies]), city_committee(agencies)
            ),
            select_field(
                KIND,
                t("documents.kind", lang),
                options_of(kinds(lang)),
                "công văn",
                hint=t("sheet_import.kind_why", lang),
            ),
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
            names_section(lang),
            Panel(id=f"{PAGE}-result"),
            html.Output(id=f"{PAGE}-progress"),
            html.P(t("sheet_import.why_disabled", lang), className="quiet import-why"),
            html.Div(buttons, className="page-bar", id=f"{PAGE}-buttons"),
            confirm_dialog(
                ASK, t("sheet_import.ask", lang), t("sheet_import.ask_go", lang), lang,
                close=t("sheet_import.ask_back", lang),
            ),
        ],
        className="box form-stack", id=f"{PAGE}-checked", hidden=True,
    )  # fmt: skip


def table_options(file: str, tables: Sequence[TaskTable], lang: str) -> list[dict[str, str]]:
    """The tables of a file, by their number, with its name."""
    unnamed = t("sheet_import.only_table", lang)
    return options_of(
        (str(number), t("sheet_import.table_name", lang, file=file, name=table.name or unnamed, n=len(table.rows)))
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
