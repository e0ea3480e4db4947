"""Directives, their tasks, and administrative units, from a snapshot."""

from collections.abc import Iterable, Sequence

from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import task_assignment
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.progress import DocumentView
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, task_status
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas import directives as schemas
from ioc.web.api.serializers.base import Attributes, agency_name


def directives(snapshot: Snapshot) -> schemas.Directives:
    """The register of directives."""
    rows = [_directive(snapshot, document) for document in snapshot.register.documents]
    return schemas.Directives.model_validate(Attributes(snapshot, directives=rows))


def directive(snapshot: Snapshot, key: str) -> schemas.DirectiveDetail | None:
    """The directive `key` with its tasks; None for an unknown one."""
    document = next((document for document in snapshot.register.documents if document.key == key), None)
    if document is None:
        return None
    tasks = [_task(snapshot, task) for task in document.tasks]
    return schemas.DirectiveDetail.model_validate(
        Attributes(document, snapshot, directive=_directive(snapshot, document), tasks=tasks)
    )


def followed_directive(snapshot: Snapshot, view: DocumentView) -> schemas.DirectiveDetail:
    """A document that is followed here, with its assigned tasks as they are now."""
    document, counted = view.document, [task.status for task in view.tasks if task.status.deadline_state is not None]
    header = _header(snapshot, document, counted)
    tasks = [_task_row(snapshot, each.task, each.status, each.assignment.holder) for each in view.tasks]
    return schemas.DirectiveDetail.model_validate(
        Attributes(document, snapshot, directive=header, tasks=tasks, is_simulated=document.is_simulated)
    )


def _statuses(snapshot: Snapshot, tasks: Iterable[Task]) -> list[TaskStatus]:
    return [task_status(task, snapshot.at, snapshot.register.due_soon_days) for task in tasks]


def _directive(snapshot: Snapshot, document: Document) -> Attributes:
    statuses = [status for status in _statuses(snapshot, document.tasks) if status.deadline_state is not None]
    return _header(snapshot, document, statuses)


def _header(snapshot: Snapshot, document: Document, statuses: Sequence[TaskStatus]) -> Attributes:
    """`statuses`: of its tasks, without those that were withdrawn."""
    return Attributes(
        document,
        issuer_name=agency_name(snapshot, document.issuer),
        task_count=len(statuses),
        open_task_count=sum(status.is_open for status in statuses),
        overdue_task_count=sum(status.deadline_state is DeadlineState.OVERDUE for status in statuses),
    )


def _task(snapshot: Snapshot, task: Task) -> Attributes:
    (status,) = _statuses(snapshot, [task])
    current = task_assignment(task, snapshot.register.agencies, city_date(snapshot.at)).holder
    return _task_row(snapshot, task, status, current)


def _task_row(snapshot: Snapshot, task: Task, status: TaskStatus, current: str | None) -> Attributes:
    return Attributes(
        status,
        task,
        assigned_agency_name=agency_name(snapshot, task.lead),
        current_agency=current or "",
        current_agency_name=agency_name(snapshot, current) if current else None,
        deadline_state=status.deadline_state or "",
    )


def units(snapshot: Snapshot) -> schemas.AdminUnits:
    """All commune-level units."""
    return schemas.AdminUnits.model_validate(Attributes(snapshot, units=list(snapshot.units.values())))
