"""The rows of directives.yaml, and what must hold between them and the agencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.schema.task import EMPTY_TEXT, TaskRow
from ioc.config.unreadable import FOLLOW_UP, SECRET, SKIP_UNREADABLE, UNREAD, value_or
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document

NOT_SECRET = ("", "thường")  # everything else is a degree of secrecy


class DocumentRow(Row):
    """A row of directives.yaml. A document marked secret is refused with nothing of it told."""

    model_config = ConfigDict(hide_input_in_errors=True)

    key: Id
    number: Word
    title: TextRow
    kind: Word
    issuer: Id
    issued: date | None = None
    published: date | None = None
    tasks: tuple[TaskRow, ...] = ()
    parents: tuple[Id, ...] = ()
    simulated: bool = False
    secrecy: Annotated[str, Field(max_length=40)] = ""
    summary: TextRow = EMPTY_TEXT
    short: TextRow = EMPTY_TEXT

    @model_validator(mode="before")
    @classmethod
    def _refuse_secret(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and str(given.get("secrecy") or "").strip().casefold() not in NOT_SECRET:
            if given.get("secrecy") is UNREAD:
                raise PydanticCustomError(FOLLOW_UP, "the degree of secrecy cannot be read")
            said = "a document of a degree of secrecy (Mật, Tối mật, Tuyệt mật) is never kept here: remove it"
            raise PydanticCustomError(SECRET, said)
        return given

    def to_domain(self) -> Document:
        """As the domain has it."""
        return Document(
            self.key, self.number, self.title.text(), self.kind, self.issuer, self.issued, self.published,
            tuple(one.to_domain() for one in self.tasks), self.parents, self.simulated, self.summary.text(),
            self.short.text(),
        )  # fmt: skip


def check_rows(rows: RowList[DocumentRow], agencies: Mapping[str, Agency], names: KnownNames) -> list[ConfigFault]:
    """Everything named exists, histories run forward, nothing simulated hangs on a real agency."""
    documents, found = rows.names(), cross_checks.check_unique(rows)
    for at in rows:
        with SKIP_UNREADABLE:
            for n, key in enumerate(at.row.parents):
                found += cross_checks.check_exists(at, "document", key, documents, "parents", n)
        with SKIP_UNREADABLE:
            found += cross_checks.check_exists(at, "agency", at.row.issuer, names, "issuer")
        with SKIP_UNREADABLE:
            siblings = _task_keys(at)
            for n, task in enumerate(at.row.tasks):
                found += _check_task(at, n, task, _TaskReferences(agencies, names, documents, siblings))
    return found


@dataclass(frozen=True, slots=True)
class _TaskReferences:
    """What a task may name."""

    agencies: Mapping[str, Agency]
    names: KnownNames
    documents: KnownNames
    siblings: Sequence[str]


def _task_keys(at: LocatedRow[DocumentRow]) -> list[str]:
    def key(task: TaskRow) -> str:
        found: str = value_or(lambda: task.key, UNREAD)
        return found

    return [key(one) for one in at.row.tasks]


def _check_task(at: LocatedRow[DocumentRow], n: int, task: TaskRow, references: _TaskReferences) -> list[ConfigFault]:
    found: list[ConfigFault] = []
    with SKIP_UNREADABLE:
        if task.key in references.siblings[:n]:
            what = f"task {task.key!r} stands twice in its document"
            found.append(at.fault(what, "choose another key", "tasks", n))
    for key in _agency_keys(task):
        found += _check_agency(at, n, key, references)
    with SKIP_UNREADABLE:
        for key in task.parents:
            found += cross_checks.check_exists(at, "document", key, references.documents, "tasks", n)
    with SKIP_UNREADABLE:
        if task.part_of:
            found += cross_checks.check_exists(at, "task", task.part_of, KnownNames.of(references.siblings), "tasks", n)
    with SKIP_UNREADABLE:
        found += [at.fault(f"task {task.key!r}: {what}", right, "tasks", n) for what, right in _check_history(task)]
    return found


def _agency_keys(task: TaskRow) -> list[str]:
    """Every agency that the task names."""
    named: list[str] = []
    with SKIP_UNREADABLE:
        named.append(task.lead)
    with SKIP_UNREADABLE:
        named += task.coordinating
    with SKIP_UNREADABLE:
        named += [one.to for one in task.transfers]
    return named


def _check_agency(at: LocatedRow[DocumentRow], n: int, key: str, references: _TaskReferences) -> list[ConfigFault]:
    found = cross_checks.check_exists(at, "agency", key, references.names, "tasks", n)
    with SKIP_UNREADABLE:
        if at.row.simulated and key in references.agencies and not references.agencies[key].is_simulated:
            found.append(at.fault(f"agency {key!r} is real, its task is simulated", "a simulated agency", "tasks", n))
    return found


def _check_history(task: TaskRow) -> list[tuple[str, str]]:
    """What is wrong with a task's own history, and what would be right."""
    found: list[tuple[str, str]] = []
    for judged in (_check_dates, _check_submissions):
        with SKIP_UNREADABLE:
            found += judged(task)
    return found


def _check_dates(task: TaskRow) -> list[tuple[str, str]]:
    found = []
    if task.due is not None and task.due < task.assigned:
        found.append(("due lies before assigned", "a later due date"))
    if task.extensions and task.due is None:
        found.append(("an extension, but there is no due date to move", "remove it, or give due"))
    dues = [task.due, *(one.new for one in task.extensions)]
    if any(one.old != due for one, due in zip(task.extensions, dues, strict=False)):
        found.append(("an extension starts from another date than the one in force", "old: the due date before it"))
    return found


def _check_submissions(task: TaskRow) -> list[tuple[str, str]]:
    found = []
    if any((one.decided or one.at) < one.at or (one.accepted and one.decided is None) for one in task.submissions):
        found.append(("a submission is decided before it was made", "decided on or after at"))
    if any(one.accepted or one.decided is None or other.at < one.decided for one, other in pairwise(task.submissions)):
        found.append(("a submission follows one that was not sent back before", "oldest first, one at a time"))
    return found
