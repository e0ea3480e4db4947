"""The rows of directives.yaml, and what must hold between them and the agencies."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from config import checks
from config.faults import Fault
from config.folder import At
from config.rows import Id, Row, TextRow, Word
from config.task_rows import NOTHING, TaskRow
from domain.agency import Agency
from domain.directive import Document

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
            raise ValueError(
                "a document of a degree of secrecy (Mật, Tối mật, Tuyệt mật) is never kept here: remove it"
            )
        return given

    def to_domain(self) -> Document:
        """As the domain has it."""
        return Document(
            self.key, self.number, self.title.text(), self.kind, self.issuer, self.issued, self.published,
            tuple(one.to_domain() for one in self.tasks), self.parents, self.simulated, self.summary.text(),
            self.short.text(),
        )  # fmt: skip


def faults(rows: Sequence[At[DocumentRow]], agencies: Mapping[str, Agency], more: Collection[str] = ()) -> list[Fault]:
    """Everything named exists, histories run forward, nothing simulated hangs on a real agency.

    `more`: keys of documents that stand elsewhere (the simulated ones).
    """
    found = checks.unique(rows)
    documents = {at.row.key for at in rows}
    for at in rows:
        for n, key in enumerate(at.row.parents):
            found += checks.named(at, "document", key, documents, "parents", n)
        found += checks.named(at, "agency", at.row.issuer, agencies, "issuer")
        for n, task in enumerate(at.row.tasks):
            found += _task(at, n, task, agencies, documents)
    return found


def _task(
    at: At[DocumentRow], n: int, task: TaskRow, agencies: Mapping[str, Agency], documents: Collection[str]
) -> list[Fault]:
    found = []
    siblings = [one.key for one in at.row.tasks]
    if task.key in siblings[:n]:
        found.append(at.fault(f"task {task.key!r} stands twice in its document", "choose another key", "tasks", n))
    for key in (task.lead, *task.coordinating, *(one.to for one in task.transfers)):
        found += checks.named(at, "agency", key, agencies, "tasks", n)
        real = key in agencies and not agencies[key].simulated
        if at.row.simulated and real:
            found.append(at.fault(f"agency {key!r} is real, its task is simulated", "a simulated agency", "tasks", n))
    for key in task.parents:
        found += checks.named(at, "document", key, documents, "tasks", n)
    if task.part_of:
        found += checks.named(at, "task", task.part_of, siblings, "tasks", n)
    return found + [at.fault(f"task {task.key!r}: {what}", right, "tasks", n) for what, right in _history(task)]


def _history(task: TaskRow) -> list[tuple[str, str]]:
    """What is wrong with a task's own history, and what would be right."""
    found = []
    if task.due is not None and task.due < task.assigned:
        found.append(("due lies before assigned", "a later due date"))
    if task.extensions and task.due is None:
        found.append(("an extension, but there is no due date to move", "remove it, or give due"))
    dues = [task.due, *(one.new for one in task.extensions)]
    if any(one.old != due for one, due in zip(task.extensions, dues, strict=False)):
        found.append(("an extension starts from another date than the one in force", "old: the due date before it"))
    if any((one.decided or one.at) < one.at or (one.accepted and one.decided is None) for one in task.submissions):
        found.append(("a submission is decided before it was made", "decided on or after at"))
    if any(one.accepted or one.decided is None or other.at < one.decided for one, other in pairwise(task.submissions)):
        found.append(("a submission follows one that was not sent back before", "oldest first, one at a time"))
    return found
