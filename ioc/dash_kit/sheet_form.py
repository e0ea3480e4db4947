"""What the form of an import of tasks sends: file, position, table, what its columns hold, what is common to all."""

from components.directives.document_entry import kinds
from components.directives.positions import actor_value
from components.directives.sheet_import import DEFAULTS, NEEDED, PAGE, failure_text, shown_columns
from components.ui.forms import chosen
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.files import SentFiles, TaskSheets
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors
from ioc.directives.sheet_import import SheetImport
from ioc.directives.staging import StagedFile
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import parse_day
from ioc.domain.directives.directive import OrderSource, Visibility
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, missing_fields

NOT_READ = (SheetCode.BUSY, SheetCode.TOO_SLOW)  # codes of a file that can be read again


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


def chosen_table(staged: StagedFile, number: str | None) -> TaskTable:
    """The table of that number. InputError."""
    tables = {str(index): table for index, table in enumerate(staged.tables)}
    if number not in tables:
        raise InputError("unknown table")
    return tables[number]


def read_form(
    token: str | None, number: str | None, columns: list[str | None], defaults: list[str | None], position: str | None
) -> SheetImport:
    """What is to be imported. InputError for what was never offered; SheetError (STAGING_ENDED)."""
    actor, staged = chosen_actor(position), service(TaskSheets).staging.load(token or "", principal())
    table = chosen_table(staged, number)
    shown = shown_columns(table)
    if len(columns) != len(shown) or not {chosen(name) for name in columns} <= {"", *SheetField}:
        raise InputError("not among what was offered")
    fields = {column: SheetField(chosen(name)) for column, name in zip(shown, columns, strict=True) if chosen(name)}
    return SheetImport(
        staged.name, table, fields, _defaults(defaults), actor.position.key, actor.on_behalf_of, key=token or ""
    )  # fmt: skip


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
        typed_text(number, 80), parse_day(issued), typed_text(abstract, 1000), issuer, kind, source,
        typed_text(sphere, 120).casefold(), visibility,
    )  # fmt: skip
