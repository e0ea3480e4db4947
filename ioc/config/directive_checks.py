"""The rows of directives.yaml, and what must hold between them and the agencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from ioc.config import cross_checks
from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.schema.base import Row, TextRow
from ioc.config.schema.field_types import Id, Word
from ioc.config.schema.task import EMPTY_TEXT, TaskRow
from ioc.config.unreadable import SKIP_UNREADABLE, UNREAD, FollowUpError, WholeRowError, value_or
from ioc.domain.base.failure import Failure
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document

NOT_SECRET = ("", "thường")  # everything else is a degree of secrecy


class DocumentRow(Row):
    """A row of directives.yaml. A document marked secret is refused, and nothing of it is shown."""

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
    def _refuse_secret(cls, value: Any) -> Any:
        secrecy = value.get("secrecy") if isinstance(value, Mapping) else ""
        if secrecy is UNREAD:
            raise FollowUpError(DirectiveCode.SECRECY_UNREADABLE)
        if str(secrecy or "").strip().casefold() not in NOT_SECRET:
            raise WholeRowError(DirectiveCode.SECRET_DOCUMENT)
        return value

    def to_domain(self) -> Document:
        """The document that the row describes."""
        return Document(
            self.key, self.number, self.title.text(), self.kind, self.issuer, self.issued, self.published,
            tuple(task.to_domain() for task in self.tasks), self.parents, self.simulated, self.summary.text(),
            self.short.text(),
        )  # fmt: skip


def check_rows(rows: RowList[DocumentRow], agencies: Mapping[str, Agency], names: KnownNames) -> list[ConfigFault]:
    """Everything named exists, histories run forward, nothing simulated hangs on a real agency."""
    documents, faults = rows.names(), cross_checks.check_unique(rows)
    for located in rows:
        with SKIP_UNREADABLE:
            for n, key in enumerate(located.row.parents):
                faults += cross_checks.check_exists(located, RowCode.UNKNOWN_DOCUMENT, key, documents, "parents", n)
        with SKIP_UNREADABLE:
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, located.row.issuer, names, "issuer")
        with SKIP_UNREADABLE:
            references = _TaskReferences(agencies, names, documents, _task_keys(located))
            for n, task in enumerate(located.row.tasks):
                faults += _check_task(located, n, task, references)
    return faults


@dataclass(frozen=True, slots=True)
class _TaskReferences:
    """What a task may name."""

    agencies: Mapping[str, Agency]
    agency_names: KnownNames
    documents: KnownNames
    siblings: Sequence[str]


def _task_keys(located: LocatedRow[DocumentRow]) -> list[str]:
    def key(task: TaskRow) -> str:
        readable_key: str = value_or(lambda: task.key, UNREAD)
        return readable_key

    return [key(task) for task in located.row.tasks]


def _check_task(
    located: LocatedRow[DocumentRow], n: int, task: TaskRow, references: _TaskReferences
) -> list[ConfigFault]:
    faults: list[ConfigFault] = []
    path = ("tasks", n)
    with SKIP_UNREADABLE:
        if task.key in references.siblings[:n]:
            failure = Failure(DirectiveCode.TASK_TWICE, {"task": task.key})
            faults.append(located.fault(failure, Failure(ConfigCode.CHOOSE_ANOTHER_KEY), *path))
    for key in _agency_keys(task):
        faults += _check_agency(located, n, key, references)
    with SKIP_UNREADABLE:
        for key in task.parents:
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_DOCUMENT, key, references.documents, *path)
    with SKIP_UNREADABLE:
        if task.part_of:
            siblings = KnownNames.of(references.siblings)
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_TASK, task.part_of, siblings, *path)
    with SKIP_UNREADABLE:
        faults += [
            located.fault(Failure(code, {"task": task.key}), Failure(suggestion), *path)
            for code, suggestion in _check_history(task)
        ]
    return faults


def _agency_keys(task: TaskRow) -> list[str]:
    """Every agency that the task names."""
    keys: list[str] = []
    with SKIP_UNREADABLE:
        keys.append(task.lead)
    with SKIP_UNREADABLE:
        keys += task.coordinating
    with SKIP_UNREADABLE:
        keys += [transfer.to for transfer in task.transfers]
    return keys


def _check_agency(located: LocatedRow[DocumentRow], n: int, key: str, references: _TaskReferences) -> list[ConfigFault]:
    faults = cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, key, references.agency_names, "tasks", n)
    with SKIP_UNREADABLE:
        if located.row.simulated and key in references.agencies and not references.agencies[key].is_simulated:
            failure = Failure(DirectiveCode.REAL_AGENCY_OF_SIMULATED, {"agency": key})
            faults.append(located.fault(failure, Failure(DirectiveCode.USE_SIMULATED_AGENCY), "tasks", n))
    return faults


_CodePair = tuple[DirectiveCode, DirectiveCode]


def _check_history(task: TaskRow) -> list[_CodePair]:
    """What is wrong with a task's own history, and what would be right."""
    pairs: list[_CodePair] = []
    for check in (_check_dates, _check_submissions):
        with SKIP_UNREADABLE:
            pairs += check(task)
    return pairs


def _check_dates(task: TaskRow) -> list[_CodePair]:
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
