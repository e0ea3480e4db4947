"""The command that imports an office's sheet of tasks: all of it in one transaction, or nothing."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc.directives.assignment import Acts, CheckedAssignments, append_assignments, check_assignments
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_numbers import NumberedLater, is_left, key_not_left
from ioc.directives.documents import DocumentEntry, prepared, require_document_actor, store_in
from ioc.directives.staging import MAX_AGE_SECONDS
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.directive import Document
from ioc.domain.directives.parsed_sheet import Change, ParsedSheet, StoredDocument
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.sheet_documents import parse_sheet
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers, add_numbers, number_of_tasks
from ioc.domain.directives.task_sheet import SheetDefaults, SheetGroup, TaskTable, document_key
from ioc.domain.events.file_names import mask_file_name
from ioc.storage.db import change_counter, commands
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents, events

_MAX_NAME, _TASKS_AT_ONCE = 180, 500
_COMMAND, _KNOWN_FOR = "sheet import", timedelta(seconds=MAX_AGE_SECONDS)  # of the key of a sheet


@dataclass(frozen=True, slots=True)
class SheetImport:
    """A table, what its columns hold, and the position that imports it. `assign`: its tasks are assigned at once.

    `key`: of the sheet, which is imported once; "": each time. `chosen`: what somebody chose for unknown names of
    agencies, see AgencyNames.
    """

    file: str
    table: TaskTable
    fields: Mapping[int, SheetField]
    defaults: SheetDefaults
    position: str
    on_behalf_of: str = ""
    assign: bool = False
    key: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def mapping(self) -> str:
        """The same while table, columns, common values, position and chosen names are: what was checked is imported."""
        fields = sorted((column, each.value) for column, each in self.fields.items())
        by = (self.position, self.on_behalf_of, sorted(self.chosen.items()))
        return repr((self.table.name, self.table.first_row, fields, self.defaults, *by))


NumbersOfDocument = tuple[str, str, int, int]  # key and number of a document, tasks and parts of it


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import has done. `documents`: keys and numbers of those it entered or changed; the rest counts tasks.

    `parts`: of the orders among its tasks. `inferred`: how many tasks and parts of documents have inferred due dates
    that wait to be confirmed. `waiting`: so of new tasks that wait for assignment.
    """

    documents: tuple[tuple[str, str], ...]
    new: int
    changed: int
    unchanged: int
    assigned: TaskNumbers = NO_TASKS
    inferred: tuple[NumbersOfDocument, ...] = ()
    waiting: tuple[NumbersOfDocument, ...] = ()
    parts: int = 0


def require_import(context: DirectiveContext, position: str, on_behalf_of: str, principal: Principal) -> Actor:
    """Who imports sheets: a position that enters documents. PermissionDeniedError; ActError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        return require_document_actor(conn, principal, position, on_behalf_of, DocumentAct.ENTER, context.today())


def check_sheet(context: DirectiveContext, sheet: SheetImport, principal: Principal) -> ParsedSheet:
    """What the import would do, and all that is wrong with the sheet; nothing is stored. SheetError; see above."""
    require_import(context, sheet.position, sheet.on_behalf_of, principal)
    with context.store.read() as conn:
        return _parse(context, sheet, _StoredDocuments(conn))


def import_sheet(
    context: DirectiveContext, sheet: SheetImport, principal: Principal, report: Callable[[int, int], object]
) -> ImportResult:
    """Stores the documents and tasks of a sheet, and assigns them where asked.

    `report(done, total)`: called with numbers of tasks; an error that it raises ends the import. On any error nothing
    is stored: SheetError (HAS_FAULTS: see `check_sheet`), PermissionDeniedError, ActError, CommandError, StoreError.
    """
    require_import(context, sheet.position, sheet.on_behalf_of, principal)
    with context.store.read() as conn:
        if (answer := commands.find_answer(conn, principal.name, sheet.key, _COMMAND)) is not None:
            return _result(answer)
        before = _StoredDocuments(conn)
        parsed = _parse(context, sheet, before)
    if parsed.faults:
        raise SheetError(SheetCode.HAS_FAULTS, n=len(parsed.faults))
    if not parsed.tasks:
        raise SheetError(SheetCode.NO_TASKS)
    entries = _prepared(sheet, parsed, report)
    with context.store.write() as conn:
        began = change_counter.take_turn(conn, context.clock())
        answer = commands.find_answer(conn, principal.name, sheet.key, _COMMAND)
        if answer is not None:
            return _result(answer)
        actor = require_document_actor(
            conn, principal, sheet.position, sheet.on_behalf_of, DocumentAct.ENTER, context.today()
        )
        present = _StoredDocuments(conn, (document.key for document in parsed.documents))
        if any(present[document.key] != before[document.key] for document in parsed.documents):
            raise SheetError(SheetCode.STORED_CHANGED)
        stored = _store(conn, context, entries, principal, began, report, present.instructions)
        now = change_counter.bump(conn, {"directives"}, context.clock())  # from here on everybody waits
        commands.claim(conn, principal.name, sheet.key, _COMMAND, now, _KNOWN_FOR)
        result = _finish(conn, context, sheet, parsed, stored, actor, now)
        commands.keep_answer(conn, principal.name, sheet.key, json.dumps(asdict(result)))
    return result


def imported(context: DirectiveContext, key: str, principal: Principal) -> ImportResult | None:
    """What the import of the sheet of that key has done; None before it was stored.

    PermissionDeniedError; CommandError; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        answer = commands.find_answer(conn, principal.name, key, _COMMAND)
    return None if answer is None else _result(answer)


def _result(answer: str) -> ImportResult:
    body = json.loads(answer)
    lists = {name: tuple(map(tuple, body.get(name, ()))) for name in ("documents", "inferred", "waiting")}
    return ImportResult(**body | lists | {"assigned": TaskNumbers(*body["assigned"])})


class _StoredDocuments(dict[str, StoredDocument | None]):
    """Documents as one transaction reads them, by key, each of them once; None for those that there are not."""

    def __init__(self, conn: Conn, keys: Iterable[str] = ()) -> None:
        """`keys`: of documents that are read at once."""
        self._conn, self.instructions = conn, NumberedLater(conn)
        super().__init__(self._read(list(keys)))

    def of_group(self, group: SheetGroup) -> StoredDocument | None:
        """The document of the rows of `group`: also an instruction that was issued with its number.

        The group gets another key where its own one is that of a document whose number was corrected. A document that
        was imported with the whole cell of number and day as its number is found by that.
        """
        group.key = key_not_left(self._document, group.key, group.issuer, group.number, group.issued)
        found = self[group.key] or self[self.instructions.find(group.issuer, group.number, group.issued) or group.key]
        return found if found or not group.cell else self._of_cell(group)

    def _of_cell(self, group: SheetGroup) -> StoredDocument | None:
        key = document_key(group.issuer, group.cell, group.issued)
        return None if is_left(self._document(key), group.issuer, group.cell, group.issued) else self[key]

    def _document(self, key: str) -> Document | None:
        holder = self[key]
        return None if holder is None else holder.document

    def __missing__(self, key: str) -> StoredDocument | None:
        self |= self._read([key])
        return self[key]

    def _read(self, keys: Sequence[str]) -> dict[str, StoredDocument | None]:
        found = documents.find_documents(self._conn, keys)
        assigned = {task.key for task in events.tasks_of(self._conn, *found) if task.version}

        def assigned_of(document: Document) -> frozenset[str]:
            keys = (task.key for task in document.tasks)
            return frozenset(key for key in keys if documents.task_key(document.key, key) in assigned)

        stored = {key: StoredDocument(each, assigned_of(each)) for key, each in found.items()}
        return {key: stored.get(key) for key in keys}


def _parse(context: DirectiveContext, sheet: SheetImport, stored: _StoredDocuments) -> ParsedSheet:
    return parse_sheet(
        sheet.table, sheet.fields, sheet.defaults, context.agencies, stored.of_group, context.places, sheet.chosen
    )


class _Entry(NamedTuple):
    """A document of the sheet, ready to be stored. `is_same`: it is stored already, and at most assigned."""

    entry: DocumentEntry
    is_same: bool


def _prepared(sheet: SheetImport, parsed: ParsedSheet, report: Callable[[int, int], object]) -> list[_Entry]:
    """What is stored, with its texts cleaned: that takes its time, so it is done before the transaction."""
    entries, total = list[_Entry](), _size(parsed.documents)
    for document in parsed.documents:
        report(0, total)
        is_stored = document.key in parsed.stored
        is_same = is_stored and document.key not in parsed.changed
        entry = DocumentEntry(
            document, sheet.position, sheet.on_behalf_of, assign=sheet.assign, is_new=not is_stored
        )  # fmt: skip
        entries.append(_Entry(entry if is_same else prepared(entry), is_same))
    return entries


def _size(stored: Iterable[Document]) -> int:
    return sum(len(document.tasks) for document in stored)


class _Stored(NamedTuple):
    """What is stored before the logs are written: their entries, and the assignments, which are checked."""

    entered: list[AuditedAct]
    assignments: dict[str, Acts]


def _store(
    conn: Conn, context: DirectiveContext, entries: Sequence[_Entry], principal: Principal, began: datetime,
    report: Callable[[int, int], object], instructions: NumberedLater,
) -> _Stored:  # fmt: skip
    """Stores all documents and tasks, and checks the assignments. `began`: when it began, not before what is known."""
    done, total = 0, _size(each.entry.document for each in entries)
    result = _Stored([], {})
    for part in _parts(entries):
        report(done, total)
        changed = [entry for entry, is_same in part if not is_same]
        assigned = [entry.document for entry, is_same in part if is_same and entry.assign]
        if changed:
            stored = store_in(conn, context, changed, principal, began, instructions)
            result.entered.extend(stored.audited)
            assigned += stored.to_assign
        by = (part[0].entry.position, part[0].entry.on_behalf_of)
        checked = check_assignments(conn, context, assigned, *by, principal, began)
        result.assignments.update(checked.acts if checked else {})
        done += _size(entry.document for entry, _ in part)
    report(done, total)
    return result


def _finish(
    conn: Conn, context: DirectiveContext, sheet: SheetImport, parsed: ParsedSheet, stored: _Stored, actor: Actor,
    now: datetime,
) -> ImportResult:  # fmt: skip
    """Assigns the tasks, and writes what was done into the logs."""
    if stored.entered:
        context.write_entries(conn, actor.principal, stored.entered, context.clock())
    assignments = CheckedAssignments(actor, stored.assignments)
    assigned = append_assignments(conn, context, assignments, now) if stored.assignments else ()
    numbers = tuple((document.key, document.number) for document in parsed.documents)
    new, changed, unchanged = map(parsed.number_of, (Change.NEW, Change.CHANGED, Change.UNCHANGED))
    waiting = () if sheet.assign else _waiting(parsed)
    keys = {event.task for event in assigned}
    found = ([task for task in of.tasks if documents.task_key(of.key, task.key) in keys] for of in parsed.documents)
    done = add_numbers(map(number_of_tasks, found))
    parts = sum(task.parts for task in parsed.tasks)
    result = ImportResult(numbers, new, changed, unchanged, done, _inferred(parsed.documents), waiting, parts)
    counts = json.dumps({"new": new, "changed": changed, "unchanged": unchanged, "assigned": len(assigned)})
    file = mask_file_name(sheet.file, _MAX_NAME)
    context.write_entry(conn, actor.principal, "directive-sheet-imported", file, counts, actor.on_behalf_of)
    return result


def _inferred(stored: Iterable[Document]) -> tuple[NumbersOfDocument, ...]:
    sizes = ((each, number_of_tasks(task for task in each.tasks if task.is_due_inferred)) for each in stored)
    return tuple((document.key, document.number, *size) for document, size in sizes if size.tasks)


def _waiting(parsed: ParsedSheet) -> tuple[NumbersOfDocument, ...]:
    sizes, parts = Counter[tuple[str, str]](), Counter[str]()
    for task in (each for each in parsed.tasks if each.change is Change.NEW):
        sizes[task.key, task.number] += 1
        parts[task.key] += task.parts
    return tuple((key, number, size, parts[key]) for (key, number), size in sizes.items())


def _parts(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """Entries that are stored at once: statements for many cost less; between two of them an import can be stopped."""
    part, tasks = list[_Entry](), 0
    for each in entries:
        part.append(each)
        tasks += len(each.entry.document.tasks)
        if tasks >= _TASKS_AT_ONCE:
            yield part
            part, tasks = [], 0
    if part:
        yield part
