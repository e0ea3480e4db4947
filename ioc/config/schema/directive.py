"""directives.yaml checked and turned into Documents."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.rows import LocatedRow, Rows, check_exists, check_unique, keys_of
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Day, Id, Word
from ioc.config.schema.task import EMPTY_TEXT, TaskRow
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document
from ioc.domain.directives.document_checks import is_secret

# The rows of the simulated documents as of a day.
DocumentGenerator = Callable[[date], list[dict[str, Any]]]
GENERATOR = "directives"  # the only one


class DocumentRow(Row):
    """A row of directives.yaml. A document marked secret is refused, and nothing of it is shown."""

    model_config = ConfigDict(hide_input_in_errors=True)

    key: Id
    number: Word
    title: TextRow
    kind: Word
    issuer: Id
    issued: Day | None = None
    published: Day | None = None
    tasks: tuple[TaskRow, ...] = ()
    parents: tuple[Id, ...] = ()
    simulated: bool = False
    secrecy: Annotated[str, Field(max_length=40)] = ""
    summary: TextRow = EMPTY_TEXT
    short: TextRow = EMPTY_TEXT

    @model_validator(mode="before")
    @classmethod
    def _refuse_secret(cls, value: Any) -> Any:
        secrecy = value.get("secrecy") if isinstance(value, Mapping) else ""
        if is_secret(str(secrecy or "")):
            raise ConfigValueError(DirectiveCode.SECRET_DOCUMENT)
        return value

    def to_domain(self) -> Document:
        """The document that the row describes."""
        return Document(
            self.key, self.number, self.title.text(), self.kind, self.issuer, self.issued, self.published,
            tuple(task.to_domain() for task in self.tasks), self.parents, self.simulated, self.summary.text(),
            self.short.text(),
        )  # fmt: skip


def check(located: LocatedRow[DocumentRow]) -> list[ConfigFault]:
    """Keys of tasks are unique and parts belong to one of them; histories run forward."""
    tasks, faults = located.row.tasks, list[ConfigFault]()
    keys = [task.key for task in tasks]
    for n, task in enumerate(tasks):
        path = ("tasks", n)
        if task.key in keys[:n]:
            failure = Failure(DirectiveCode.TASK_TWICE, {"task": task.key})
            faults.append(located.fault(failure, Failure(ConfigCode.CHOOSE_ANOTHER_KEY), *path))
        if task.part_of:
            faults += check_exists(located, RowCode.UNKNOWN_TASK, task.part_of, keys, *path)
        faults += [
            located.fault(Failure(code, {"task": task.key}), Failure(suggestion), *path)
            for code, suggestion in (*_check_dates(task), *_check_submissions(task))
        ]
    return faults


_CodePair = tuple[DirectiveCode, DirectiveCode]


def _check_dates(task: TaskRow) -> list[_CodePair]:
    """What is wrong with a task's due dates, and what would be right."""
    pairs = []
    if task.due is not None and task.due < task.assigned:
        pairs.append((DirectiveCode.DUE_BEFORE_ASSIGNED, DirectiveCode.LATER_DUE))
    if task.extensions and task.due is None:
        pairs.append((DirectiveCode.EXTENSION_WITHOUT_DUE, DirectiveCode.REMOVE_OR_GIVE_DUE))
    dues_in_force = [task.due, *(extension.new for extension in task.extensions)]
    if any(extension.old != due for extension, due in zip(task.extensions, dues_in_force, strict=False)):
        pairs.append((DirectiveCode.EXTENSION_FROM_OTHER_DATE, DirectiveCode.OLD_IS_DUE_BEFORE))
    return pairs


def _check_submissions(task: TaskRow) -> list[_CodePair]:
    pairs = []
    if any(
        (submission.decided or submission.at) < submission.at or (submission.accepted and submission.decided is None)
        for submission in task.submissions
    ):
        pairs.append((DirectiveCode.DECIDED_BEFORE_SUBMITTED, DirectiveCode.DECIDED_AFTER_SUBMITTED))
    if any(
        previous.accepted or previous.decided is None or submission.at < previous.decided
        for previous, submission in pairwise(task.submissions)
    ):
        pairs.append((DirectiveCode.SUBMISSIONS_OVERLAP, DirectiveCode.OLDEST_FIRST))
    return pairs


def check_references(
    rows: Rows[DocumentRow], agencies: Mapping[str, Agency], kpis: Collection[str], *, has_real_sources: bool
) -> list[ConfigFault]:
    """Everything named exists; nothing simulated hangs on a real agency or stands beside real sources."""
    documents, faults = keys_of(rows), check_unique(rows)
    for located in rows:
        row = located.row
        for n, key in enumerate(row.parents):
            faults += check_exists(located, RowCode.UNKNOWN_DOCUMENT, key, documents, "parents", n)
        faults += check_exists(located, RowCode.UNKNOWN_AGENCY, row.issuer, agencies, "issuer")
        for n, task in enumerate(row.tasks):
            faults += _check_task_agencies(located, n, task, agencies)
            for key in task.parents:
                faults += check_exists(located, RowCode.UNKNOWN_DOCUMENT, key, documents, "tasks", n)
            for key in task.kpis:
                faults += check_exists(located, RowCode.UNKNOWN_KPI, key, kpis, "tasks", n)
        if row.simulated and has_real_sources:
            failure = Failure(DirectiveCode.SIMULATED_WITH_REAL_SOURCES)
            faults.append(located.fault(failure, Failure(DirectiveCode.SIMULATED_FOLDER), "simulated"))
    return faults


def _check_task_agencies(
    located: LocatedRow[DocumentRow], n: int, task: TaskRow, agencies: Mapping[str, Agency]
) -> list[ConfigFault]:
    faults = []
    for key in (task.lead, *task.coordinating, *(transfer.to for transfer in task.transfers)):
        faults += check_exists(located, RowCode.UNKNOWN_AGENCY, key, agencies, "tasks", n)
        if located.row.simulated and key in agencies and not agencies[key].is_simulated:
            failure = Failure(DirectiveCode.REAL_AGENCY_OF_SIMULATED, {"agency": key})
            faults.append(located.fault(failure, Failure(DirectiveCode.USE_SIMULATED_AGENCY), "tasks", n))
    return faults
