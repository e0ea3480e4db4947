"""The rows of directives.yaml, and what must hold between them and the agencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ioc.config import cross_checks
from ioc.config.errors import Fault
from ioc.config.located_rows import At, Names, Rows
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.schema.task import NOTHING, TaskRow
from ioc.config.unreadable import READABLE, SECRET, UNREAD, UNTOLD, otherwise
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document

OPEN = ("", "thường")  # everything else is a degree of secrecy


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
    summary: TextRow = NOTHING
    short: TextRow = NOTHING

    @model_validator(mode="before")
    @classmethod
    def _no_secrets(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and str(given.get("secrecy") or "").strip().casefold() not in OPEN:
            if given.get("secrecy") is UNREAD:
                raise PydanticCustomError(UNTOLD, "the degree of secrecy cannot be read")
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


def faults(rows: Rows[DocumentRow], agencies: Mapping[str, Agency], names: Names) -> list[Fault]:
    """Everything named exists, histories run forward, nothing simulated hangs on a real agency."""
    documents, found = rows.names(), cross_checks.unique(rows)
    for at in rows:
        with READABLE:
            for n, key in enumerate(at.row.parents):
                found += cross_checks.named(at, "document", key, documents, "parents", n)
        with READABLE:
            found += cross_checks.named(at, "agency", at.row.issuer, names, "issuer")
        with READABLE:
            siblings = _siblings(at)
            for n, task in enumerate(at.row.tasks):
                found += _task(at, n, task, _There(agencies, names, documents, siblings))
    return found


@dataclass(frozen=True, slots=True)
class _There:
    """What a task may name."""

    agencies: Mapping[str, Agency]
    names: Names
    documents: Names
    siblings: Sequence[str]


def _siblings(at: At[DocumentRow]) -> list[str]:
    def key(task: TaskRow) -> str:
        found: str = otherwise(lambda: task.key, UNREAD)
        return found

    return [key(one) for one in at.row.tasks]


def _task(at: At[DocumentRow], n: int, task: TaskRow, there: _There) -> list[Fault]:
    found: list[Fault] = []
    with READABLE:
        if task.key in there.siblings[:n]:
            what = f"task {task.key!r} stands twice in its document"
            found.append(at.fault(what, "choose another key", "tasks", n))
    for key in _agencies(task):
        found += _agency(at, n, key, there)
    with READABLE:
        for key in task.parents:
            found += cross_checks.named(at, "document", key, there.documents, "tasks", n)
    with READABLE:
        if task.part_of:
            found += cross_checks.named(at, "task", task.part_of, Names.of(there.siblings), "tasks", n)
    with READABLE:
        found += [at.fault(f"task {task.key!r}: {what}", right, "tasks", n) for what, right in _history(task)]
    return found


def _agencies(task: TaskRow) -> list[str]:
    """Every agency that the task names."""
    named: list[str] = []
    with READABLE:
        named.append(task.lead)
    with READABLE:
        named += task.coordinating
    with READABLE:
        named += [one.to for one in task.transfers]
    return named


def _agency(at: At[DocumentRow], n: int, key: str, there: _There) -> list[Fault]:
    found = cross_checks.named(at, "agency", key, there.names, "tasks", n)
    with READABLE:
        if at.row.simulated and key in there.agencies and not there.agencies[key].simulated:
            found.append(at.fault(f"agency {key!r} is real, its task is simulated", "a simulated agency", "tasks", n))
    return found


def _history(task: TaskRow) -> list[tuple[str, str]]:
    """What is wrong with a task's own history, and what would be right."""
    found: list[tuple[str, str]] = []
    for judged in (_dates, _submissions):
        with READABLE:
            found += judged(task)
    return found


def _dates(task: TaskRow) -> list[tuple[str, str]]:
    found = []
    if task.due is not None and task.due < task.assigned:
        found.append(("due lies before assigned", "a later due date"))
    if task.extensions and task.due is None:
        found.append(("an extension, but there is no due date to move", "remove it, or give due"))
    dues = [task.due, *(one.new for one in task.extensions)]
    if any(one.old != due for one, due in zip(task.extensions, dues, strict=False)):
        found.append(("an extension starts from another date than the one in force", "old: the due date before it"))
    return found


def _submissions(task: TaskRow) -> list[tuple[str, str]]:
    found = []
    if any((one.decided or one.at) < one.at or (one.accepted and one.decided is None) for one in task.submissions):
        found.append(("a submission is decided before it was made", "decided on or after at"))
    if any(one.accepted or one.decided is None or other.at < one.decided for one, other in pairwise(task.submissions)):
        found.append(("a submission follows one that was not sent back before", "oldest first, one at a time"))
    return found
