"""The documents and tasks that a sheet becomes: new ones, and those that an earlier import has left."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count

from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.correction import keep_corrected
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import MAX_TASKS
from ioc.domain.directives.document_form import TypedTask, parse_row
from ioc.domain.directives.parsed_sheet import Change, ParsedSheet, SheetTask, StoredDocument
from ioc.domain.directives.sheet_cells import kind_of_document
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.sheet_matching import SheetTaskRow, match_rows, parts_by_lead
from ioc.domain.directives.sheet_rows import SheetRows
from ioc.domain.directives.task_sheet import (
    MAX_LABEL,
    SheetDefaults,
    SheetGroup,
    TaskTable,
    check_fields,
    is_same_number,
)
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.geo.unit_names import NO_UNIT_NAMES, UnitNames

# The fields of a task that each column fills in.
_FILLS: Mapping[SheetField, tuple[str, ...]] = {
    SheetField.TITLE: ("title",), SheetField.LEAD: ("lead", "is_order"), SheetField.COORDINATING: ("coordinating",),
    SheetField.DUE: ("due", "due_words"), SheetField.PRODUCT: ("product",), SheetField.NOTE: ("note",),
    SheetField.PLACE: ("place",), SheetField.HORIZON: ("horizon",),
}  # fmt: skip
_OF_ORDER = ("title", "due", "due_words", "place", "horizon")  # what parts have from their order
_BY_ACT = (SheetField.LEAD, SheetField.DUE)  # change by acts alone once the task is assigned
# Of a sheet, parts of orders are tasks too: one transaction stores them all, and nobody else writes meanwhile.
MAX_SHEET_DOCUMENTS, MAX_SHEET_TASKS = 500, 5_000


def parse_sheet(
    table: TaskTable, fields: Mapping[int, SheetField], defaults: SheetDefaults, agencies: Agencies,
    find: Callable[[SheetGroup], StoredDocument | None], places: UnitNames = NO_UNIT_NAMES,
    chosen: Mapping[str, str] | None = None,
) -> ParsedSheet:  # fmt: skip
    """What the table says, by the fields of its columns. `find`: the stored document of the rows of a group.

    `chosen`: what somebody chose for unknown names of agencies, see AgencyNames.

    SheetError for columns that do not suffice, and for more documents or tasks than an import may have.
    """
    check_fields(fields, defaults, table)
    rows = SheetRows(table, fields, agencies, places, chosen or {})
    documents, tasks, ids = list[Document](), list[SheetTask](), set[tuple[str, str]]()
    absent = list[Task]()
    before, changed, left = set[str](), set[str](), MAX_SHEET_TASKS
    groups = rows.groups(defaults)
    if len(groups) > MAX_SHEET_DOCUMENTS:
        raise SheetError(SheetCode.TOO_MANY_DOCUMENTS, limit=MAX_SHEET_DOCUMENTS)
    for group in groups:
        stored = find(group)
        if stored is not None:
            group.key = stored.document.key
            if group.key in before:  # an instruction, whose number rows of two issuers have
                rows.fault(group.rows[0], SheetField.NUMBER, Failure(ActCode.KEY_TAKEN, {"key": group.number}))
                continue
        builder = _DocumentBuilder(rows, group, stored, ids, table.first_row)
        builder.read(left)
        left -= len(builder.tasks)
        tasks += builder.rows
        absent += builder.absent
        if stored is not None:
            before.add(group.key)
            changed |= {group.key for row in builder.rows if row.change is not Change.UNCHANGED}
        if len(builder.tasks) > MAX_TASKS:
            rows.fault(group.rows[0], SheetField.NUMBER, Failure(ActCode.TOO_MANY_TASKS, {"limit": MAX_TASKS}))
        documents.append(builder.document(defaults))
    faults = sorted(rows.faults, key=lambda fault: (fault.row, fault.column))
    return ParsedSheet(
        tuple(documents), frozenset(before), frozenset(changed), tuple(tasks), tuple(faults), tuple(rows.skipped),
        rows.unknown, tuple(rows.serials.values()), rows.widened, tuple(absent), tuple(rows.continued),
    )  # fmt: skip


class _DocumentBuilder:
    """The tasks of one document. `ids`: external ids of the sheet so far, by document."""

    def __init__(
        self, rows: SheetRows, group: SheetGroup, stored: StoredDocument | None, ids: set[tuple[str, str]], first: int
    ) -> None:
        self._cells, self._group, self._stored, self._ids, self._first = rows, group, stored, ids, first
        self._known: dict[str, Task] = {task.key: task for task in stored.document.tasks} if stored else {}
        self._matches = match_rows(map(self._task_row, group.rows), stored.document if stored else None)
        self.absent = self._matches.absent
        self._numbers = (key for n in count(1) if (key := f"nv-{n}") not in self._known)
        self.tasks, self._read = dict(self._known), dict[str, Task]()
        self.rows = list[SheetTask]()

    def document(self, defaults: SheetDefaults) -> Document:
        """The document with the tasks that the sheet has; of one that is stored nothing else changes.

        An instruction of a position without an agency gets its issuer: number and day of issue agree.
        """
        tasks, group = tuple(self._read.values()), self._group
        if self._stored is not None:
            stored = self._stored.document
            return replace(stored, tasks=tasks, issuer=stored.issuer or group.issuer)
        return Document(
            group.key, group.number, LocalizedText(group.abstract), kind_of_document(group.number, defaults.kind),
            group.issuer, group.issued, None, tasks, source=defaults.source, sphere=defaults.sphere,
            visibility=defaults.visibility,
        )  # fmt: skip

    def read(self, max_tasks: int) -> None:
        """Reads all rows. SheetError where the document has more than `max_tasks`, as soon as it has."""
        for row in self._group.rows:
            external_id = self._cells.text(row, SheetField.EXTERNAL_ID)
            if refusal := self._refusal(row, external_id):
                self._cells.fault(row, *refusal)
                continue
            self._read_task(row, external_id, self._matches.tasks.get(row))
            if len(self.tasks) > max_tasks:
                raise SheetError(SheetCode.TOO_MANY_TASKS, limit=MAX_SHEET_TASKS)

    def _refusal(self, row: int, external_id: str) -> tuple[SheetField, Failure] | None:
        """Why a row is not read: of a stored document it must be clear which task it is; each id names one task."""
        stored, number = self._stored.document if self._stored else None, self._group.number
        if stored is not None and stored.master:
            return SheetField.NUMBER, Failure(ActCode.EXTERNAL_MASTER, {"master": stored.master})
        if stored is not None and self._is_other(stored):
            return SheetField.NUMBER, Failure(ActCode.KEY_TAKEN, {"key": number})
        # Without an id it may be a task with another text, as long as some have no row.
        may_be_changed = not external_id and row not in self._matches.tasks and bool(self.absent)
        if may_be_changed or row in self._matches.unclear:
            return SheetField.TITLE, Failure(SheetCode.STORED_BEFORE, {"number": number})
        if external_id and (self._group.key, external_id) in self._ids:
            return SheetField.EXTERNAL_ID, Failure(SheetCode.ID_REPEATED, {"id": external_id[:80]})
        self._ids.add((self._group.key, external_id))
        return None

    def _task_row(self, row: int) -> SheetTaskRow:
        external_id, title = (self._cells.text(row, name) for name in (SheetField.EXTERNAL_ID, SheetField.TITLE))
        return SheetTaskRow(row, external_id, title, partial(self._cells.leads, row, self._group.issued))

    def _is_other(self, stored: Document) -> bool:
        """Whether the rows are of another document: one without an issuer is known by its day of issue too."""
        is_same_day = bool(stored.issuer) or stored.issued_on == self._group.issued
        numbers = (mask_start(each, MAX_LABEL) for each in (self._group.number, self._group.cell) if each)
        return not is_same_day or not any(is_same_number(each, stored.number) for each in numbers)

    def _read_task(self, row: int, external_id: str, stored: Task | None) -> None:
        names = self._cells.names(self._group.issued)
        typed = TypedTask(*(self._cells.text(row, SheetField(name)) for name in TypedTask.__slots__))
        typed = replace(typed, due=self._cells.due(row))
        key = stored.key if stored else next(self._numbers)
        parsed, faults = parse_row(typed, key, names, self._group.issuer, self._group.issued, self._cells.places)
        for name, failure in faults.items():
            number = self._cells.due_failure(row) if failure.code == ActCode.DUE_UNCLEAR else None
            self._cells.fault(row, SheetField(name), number or failure)
        if not parsed:
            return
        first, *parts = parsed
        first = replace(first, external_id=external_id or (stored.external_id if stored else ""))
        if stored is not None:
            read = {name: getattr(first, name) for name in (*self._filled(), "external_id")}
            first = self._corrected(stored, replace(stored, **read))
            first = replace(first, is_due_confirmed=stored.is_due_confirmed and first.due == stored.due)
        parts = self._parts(row, first, parts, stored)
        if stored is not None and self._changes_by_act(row, first, stored):
            return
        self._keep(row, first, parts, stored)

    def _corrected(self, stored: Task, read: Task) -> Task:
        return keep_corrected(self._stored.document, stored, read) if self._stored else read

    def _filled(self) -> list[str]:
        return [name for column in self._cells.columns for name in _FILLS.get(column, ())]

    def _parts(self, row: int, order: Task, parts: list[Task], stored: Task | None) -> list[Task]:
        """The parts of an order under the keys that they have already, by their agencies."""
        known_parts = [task for task in self._known.values() if stored and task.part_of == stored.key]
        leads = {part.lead for part in parts}
        before = parts_by_lead(self._stored.document, known_parts, leads) if self._stored else {}
        named = {task.key for task in before.values()}
        names = self._cells.names(self._group.issued)
        if missing := {task.lead for task in known_parts if task.key not in named}:
            self._cells.fault(
                row, SheetField.LEAD, Failure(SheetCode.PART_MISSING, {"agency": names.short_name(min(missing))})
            )
        free = (key for n in count(1) if (key := f"{order.key}-{n}") not in self._known)
        found = list[Task]()
        for part in parts:
            known = before.get(part.lead)
            if known is None:
                found.append(replace(part, key=next(free), due=order.due, due_words=order.due_words))
            else:
                of_order = {name: getattr(order, name) for name in _OF_ORDER}
                part = self._corrected(known, replace(known, **of_order))
                is_confirmed = known.is_due_confirmed and known.due == part.due
                found.append(replace(part, is_due_confirmed=is_confirmed))
        return found

    def _changes_by_act(self, row: int, task: Task, stored: Task) -> bool:
        """Notes what the sheet would change of an assigned task although only acts may."""
        assert self._stored is not None
        if stored.key not in self._stored.assigned:
            return False
        differing = [
            name for name in _BY_ACT if any(getattr(task, each) != getattr(stored, each) for each in _FILLS[name][:1])
        ]
        for name in differing:
            self._cells.fault(row, name, Failure(SheetCode.TASK_ASSIGNED))
        return bool(differing)

    def _keep(self, row: int, task: Task, parts: list[Task], stored: Task | None) -> None:
        is_same = all(self._known.get(each.key) == each for each in (task, *parts))
        change = Change.NEW if stored is None else Change.UNCHANGED if is_same else Change.CHANGED
        read = {each.key: each for each in (task, *parts)}
        self.tasks |= read
        self._read |= read
        self.rows.append(
            SheetTask(self._first + row, self._group.key, self._group.number, task, len(parts), change, stored)
        )
