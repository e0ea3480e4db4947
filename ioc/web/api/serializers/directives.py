"""Directives, their tasks, and administrative units, from a snapshot."""

from collections.abc import Mapping

from ioc.domain.directives.progress import DocumentView, assess_register
from ioc.domain.directives.rollup import TaskView
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas import directives as schemas
from ioc.web.api.serializers.base import Attributes, agency_name


def directives(snapshot: Snapshot) -> schemas.Directives:
    """The register of directives at the moment of the snapshot."""
    rows = [_header(snapshot, view) for view in assess_register(snapshot.register, snapshot.at).documents]
    return schemas.Directives.model_validate(Attributes(snapshot, directives=rows))


def directive(snapshot: Snapshot, key: str) -> schemas.DirectiveDetail | None:
    """The directive `key` with its tasks; None for one that is unknown, or was not issued at that moment."""
    views = assess_register(snapshot.register, snapshot.at).documents
    found = next((view for view in views if view.document.key == key), None)
    return None if found is None else _detail(snapshot, found, {})


def followed_directive(snapshot: Snapshot, view: DocumentView) -> schemas.DirectiveDetail:
    """A document that is followed here, with its assigned tasks as they are now."""
    return _detail(snapshot, view, {"is_simulated": view.document.is_simulated})


def _detail(snapshot: Snapshot, view: DocumentView, more: Mapping[str, object]) -> schemas.DirectiveDetail:
    tasks = [_task(snapshot, each) for each in view.tasks]
    return schemas.DirectiveDetail.model_validate(
        Attributes(view.document, snapshot, directive=_header(snapshot, view), tasks=tasks, **more)
    )


def _header(snapshot: Snapshot, view: DocumentView) -> Attributes:
    return Attributes(
        view.document,
        issuer_name=agency_name(snapshot, view.document.issuer),
        task_count=view.numbers.tasks,
        open_task_count=view.counts.open,
        overdue_task_count=view.counts.overdue,
    )


def _task(snapshot: Snapshot, view: TaskView) -> Attributes:
    current = view.assignment.holder
    return Attributes(
        view.status,
        view.task,
        assigned_agency_name=agency_name(snapshot, view.task.lead),
        current_agency=current or "",
        current_agency_name=agency_name(snapshot, current) if current else None,
        deadline_state=view.status.deadline_state or "",
    )


def units(snapshot: Snapshot) -> schemas.AdminUnits:
    """All commune-level units."""
    return schemas.AdminUnits.model_validate(Attributes(snapshot, units=list(snapshot.units.values())))
