"""The command that imports an office's sheet of tasks: all of it in one transaction, or nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from ioc.directives.assignment import assign_tasks
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_in, prepared, require_document_actor
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.sheet_documents import Change, ParsedSheet, StoredDocument, parse_sheet
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events

_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class SheetOrder:
    """A table, what its columns hold, and the position that imports it. `assign`: its tasks are assigned at once."""

    file: str
    table: TaskTable
    fields: Mapping[int, SheetField]
    defaults: SheetDefaults
    position: str
    on_behalf_of: str = ""
    assign: bool = False


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import has done. `documents`: keys and numbers of those it entered or changed; the rest counts tasks."""

    documents: tuple[tuple[str, str], ...]
    new: int
    changed: int
    unchanged: int
    assigned: int


def require_import(context: DirectiveContext, position: str, on_behalf_of: str, principal: Principal) -> Actor:
    """Who imports sheets: a position that enters documents. PermissionDeniedError; ActError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        return require_document_actor(conn, principal, position, on_behalf_of, DocumentAct.ENTER, context.today())


def check_sheet(context: DirectiveContext, order: SheetOrder, principal: Principal) -> ParsedSheet:
    """What the import would do, and all that is wrong with the sheet; nothing is stored. SheetError; see above."""
    require_import(context, order.position, order.on_behalf_of, principal)
    with context.store.read() as conn:
        return _parse(conn, context, order)


def import_sheet(
    context: DirectiveContext, order: SheetOrder, principal: Principal, report: Callable[[int, int], object]
) -> ImportResult:
    """Stores the documents and tasks of a sheet, and assigns them where asked.

    `report(done, total)`: called with numbers of tasks; an error that it raises ends the import. On any error nothing
    is stored: SheetError (HAS_FAULTS: see `check_sheet`), PermissionDeniedError, ActError, StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = require_document_actor(
            conn, principal, order.position, order.on_behalf_of, DocumentAct.ENTER, context.today()
        )
        parsed = _parse(conn, context, order)
        if parsed.faults:
            raise SheetError(SheetCode.HAS_FAULTS, n=len(parsed.faults))
        if not parsed.tasks:
            raise SheetError(SheetCode.NO_TASKS)
        assigned = _store(conn, context, order, parsed, principal, now, report)
        numbers = tuple((document.key, document.number) for document in parsed.documents)
        new, changed, unchanged = map(parsed.number_of, (Change.NEW, Change.CHANGED, Change.UNCHANGED))
        result = ImportResult(numbers, new, changed, unchanged, assigned)
        counts = json.dumps({name: value for name, value in asdict(result).items() if name != "documents"})
        file = order.file[:_MAX_NAME]
        context.write_entry(conn, principal, "directive-sheet-imported", file, counts, actor.on_behalf_of, now)
    return result


def _parse(conn: Conn, context: DirectiveContext, order: SheetOrder) -> ParsedSheet:
    def find(key: str) -> StoredDocument | None:
        document = documents.find_document(conn, key)
        if document is None:
            return None
        assigned = {task.key for task in events.tasks_of(conn, key) if task.version}
        keys = (task.key for task in document.tasks if documents.task_key(key, task.key) in assigned)
        return StoredDocument(document, frozenset(keys))

    return parse_sheet(order.table, order.fields, order.defaults, context.agencies, find)


def _store(
    conn: Conn, context: DirectiveContext, order: SheetOrder, parsed: ParsedSheet, principal: Principal, now: datetime,
    report: Callable[[int, int], object],
) -> int:  # fmt: skip
    """Stores all documents; returns how many tasks were assigned."""
    done, assigned, total = 0, 0, sum(len(document.tasks) for document in parsed.documents)
    report(done, total)
    for document in parsed.documents:
        assigned += _store_document(conn, context, order, parsed, document, principal, now)
        done += len(document.tasks)
        report(done, total)
    return assigned


def _store_document(
    conn: Conn, context: DirectiveContext, order: SheetOrder, parsed: ParsedSheet, document: Document,
    principal: Principal, now: datetime,
) -> int:  # fmt: skip
    is_stored = document.key in parsed.stored
    if is_stored and document.key not in parsed.changed:
        if not order.assign:
            return 0
        return len(assign_tasks(conn, context, document, order.position, order.on_behalf_of, principal, now))
    entry = DocumentEntry(document, order.position, order.on_behalf_of, "", order.assign, is_new=not is_stored)
    return len(enter_in(conn, context, prepared(entry), principal, now))
