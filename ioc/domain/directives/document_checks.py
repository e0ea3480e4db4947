"""What a document and its tasks must fulfil before they are stored."""

from collections import Counter
from collections.abc import Iterable, Mapping

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document, Task

_NOT_SECRET = frozenset({"", "thường"})  # everything else is a degree of secrecy


def is_secret(secrecy: str) -> bool:
    """Whether a document so marked must be refused, before anything of it is kept."""
    return secrecy.strip().casefold() not in _NOT_SECRET


def check_document(document: Document, parents_of: Mapping[str, Iterable[str]]) -> None:
    """Raises ActError. `parents_of`: the parents of every stored document."""
    if document.key in document.revokes:
        raise ActError(ActCode.DOCUMENT_REVOKES_ITSELF)
    check_no_cycle(document.key, document.parents, parents_of)
    tasks = {task.key: task for task in document.tasks}
    for key, count in Counter(task.key for task in document.tasks).items():
        if count > 1:
            raise ActError(ActCode.KEY_TAKEN, key=key)
    orders = {task.key: (task.part_of,) if task.part_of else () for task in document.tasks}
    for task in document.tasks:
        check_no_cycle(task.key, orders[task.key], orders)
        _check_task(task, tasks.get(task.part_of))


def _check_task(task: Task, order: Task | None) -> None:
    if not task.weight > 0 or any(not milestone.weight > 0 for milestone in task.milestones):
        raise ActError(ActCode.WEIGHT_NOT_POSITIVE)
    if task.lead in task.coordinating:
        raise ActError(ActCode.LEAD_COORDINATES, agency=task.lead)
    if task.due is not None and task.due < task.assigned_on:
        raise ActError(ActCode.DUE_BEFORE_ASSIGNED)
    if task.part_of and order is None:
        raise ActError(ActCode.UNKNOWN_TASK, key=task.part_of)
    if order is not None and order.due is not None and task.due is not None and task.due > order.due:
        raise ActError(ActCode.CHILD_AFTER_PARENT, due=order.due.isoformat())


def check_no_cycle(key: str, parents: Iterable[str], parents_of: Mapping[str, Iterable[str]]) -> None:
    """Raises ActError (PARENT_CYCLE) when `key` would stand above itself with these `parents`."""
    waiting, visited = list(parents), set[str]()
    while waiting:
        parent = waiting.pop()
        if parent == key:
            raise ActError(ActCode.PARENT_CYCLE, key=key)
        if parent not in visited:
            visited.add(parent)
            waiting.extend(parents_of.get(parent, ()))
