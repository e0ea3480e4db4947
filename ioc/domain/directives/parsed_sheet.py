"""What a sheet of tasks says, and what its import would do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.sheet_cells import kind_of_number
from ioc.domain.directives.sheet_rows import SerialDay, UnknownName, WidenedName
from ioc.domain.directives.task_sheet import CellFault


class Change(StrEnum):
    """What an import does to a task."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class SheetTask(NamedTuple):
    """A row that is a task. `row`: in the sheet, from 0. `key`, `number`: of its document. `parts`: of an order.

    `stored`: the task as it stands, where it is there already.
    """

    row: int
    key: str
    number: str
    task: Task
    parts: int
    change: Change
    stored: Task | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that is there already. `assigned`: keys of its tasks that are assigned."""

    document: Document
    assigned: frozenset[str]


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """`documents`: with the tasks that the sheet has, to be stored only where there are no faults. `stored`: keys of
    those that there were, `changed`: of those among them that the sheet changes. `skipped`: rows that are no tasks;
    `continued`: that have the document of the row above; both from 0.
    `unknown`: names of agencies that are not known by themselves. `serials`: days that cells hold as numbers.
    `widened`: names that stand for several agencies. `absent`: tasks of stored documents that no row is; they stay.
    """

    documents: tuple[Document, ...]
    stored: frozenset[str]
    changed: frozenset[str]
    tasks: tuple[SheetTask, ...]
    faults: tuple[CellFault, ...]
    skipped: tuple[int, ...]
    unknown: tuple[UnknownName, ...] = ()
    serials: tuple[SerialDay, ...] = ()
    widened: tuple[WidenedName, ...] = ()
    absent: tuple[Task, ...] = ()
    continued: tuple[int, ...] = ()

    @property
    def number_of_documents(self) -> int:
        """How many documents have a task of the sheet."""
        return sum(bool(document.tasks) for document in self.documents)

    def number_of(self, change: Change) -> int:
        """How many rows are a task that changes so."""
        return sum(task.change is change for task in self.tasks)

    @property
    def without_kind(self) -> tuple[Document, ...]:
        """The new documents whose number states no kind: they get the one common to all."""
        new = (document for document in self.documents if document.key not in self.stored)
        return tuple(document for document in new if not kind_of_number(document.number))

    @property
    def number_of_unknown(self) -> int:
        """How many names of agencies are still to be chosen for."""
        return sum(not name.is_chosen for name in self.unknown)

    @property
    def inferred(self) -> tuple[SheetTask, ...]:
        """The tasks whose due date follows from words, and is not confirmed."""
        return tuple(task for task in self.tasks if task.task.is_due_inferred)
