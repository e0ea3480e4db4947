"""Directives, their tasks, and administrative units, from a snapshot."""

from collections.abc import Iterable

from ioc.domain.base.times import city_date
from ioc.domain.directives.assignment import task_assignment
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, task_status
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas import directives as schemas
from ioc.web.api.schemas.base import TranslatedText
from ioc.web.api.serializers.base import agency_name, envelope


def directives(snapshot: Snapshot) -> schemas.Directives:
    """The register of directives."""
    rows = [_directive(snapshot, document) for document in snapshot.register.documents]
    return schemas.Directives(**envelope(snapshot), directives=rows)


def directive(snapshot: Snapshot, key: str) -> schemas.DirectiveDetail | None:
    """The directive `key` with its tasks; None for an unknown one."""
    document = next((document for document in snapshot.register.documents if document.key == key), None)
    if document is None:
        return None
    return schemas.DirectiveDetail(
        **{**envelope(snapshot), "is_simulated": document.is_simulated},
        directive=_directive(snapshot, document),
        summary=TranslatedText.from_text(document.summary),
        parents=list(document.parents),
        tasks=[_task(snapshot, task) for task in document.tasks],
    )


def _statuses(snapshot: Snapshot, tasks: Iterable[Task]) -> list[TaskStatus]:
    return [task_status(task, snapshot.at, snapshot.register.due_soon_days) for task in tasks]


def _directive(snapshot: Snapshot, document: Document) -> schemas.Directive:
    statuses = [status for status in _statuses(snapshot, document.tasks) if status.deadline_state is not None]
    return schemas.Directive(
        key=document.key,
        number=document.number,
        title=TranslatedText.from_text(document.title),
        kind=document.kind,
        issuer=document.issuer,
        issuer_name=agency_name(snapshot, document.issuer),
        issued_on=document.issued_on,
        published_on=document.published_on,
        is_simulated=document.is_simulated,
        task_count=len(statuses),
        open_task_count=sum(status.is_open for status in statuses),
        overdue_task_count=sum(status.deadline_state is DeadlineState.OVERDUE for status in statuses),
    )


def _task(snapshot: Snapshot, task: Task) -> schemas.Task:
    (status,) = _statuses(snapshot, [task])
    current = task_assignment(task, snapshot.register.agencies, city_date(snapshot.at)).holder
    return schemas.Task(
        key=task.key,
        title=TranslatedText.from_text(task.title),
        assigned_agency=task.lead,
        assigned_agency_name=agency_name(snapshot, task.lead),
        current_agency=current or "",
        current_agency_name=agency_name(snapshot, current) if current else None,
        assigned_on=task.assigned_on,
        due_on=status.due,
        original_due_on=status.original_due,
        work_state=status.work_state,
        deadline_state=status.deadline_state or "",
        days_overdue=status.days_overdue,
        progress_percent=status.percent,
        last_report_at=status.last_reported,
    )


def units(snapshot: Snapshot) -> schemas.AdminUnits:
    """All commune-level units."""
    rows = [
        schemas.AdminUnit(
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            area_km2=unit.area_km2,
            lon=unit.lon,
            lat=unit.lat,
            former_province=unit.former_province,
        )
        for unit in snapshot.units.values()
    ]
    return schemas.AdminUnits(**envelope(snapshot), units=rows)
