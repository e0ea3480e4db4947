"""Numbers of tasks in SQL, as ioc/domain/directives/task_numbers.py counts them."""

from typing import Any

from sqlalchemy import ColumnElement, Row, case, func

from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.storage.directives.schema import TaskKind, directive_task

_T = directive_task.c


def number_columns(condition: ColumnElement[bool] | None = None, prefix: str = "") -> list[ColumnElement[Any]]:
    """The columns that count rows of `directive_task`, or those that fulfil `condition`; see `read_numbers`."""
    task, is_part = case((_T.order_id != 0, _T.order_id), else_=_T.id), _T.kind == int(TaskKind.PART)
    if condition is not None:
        task, is_part = case((condition, task)), is_part & condition
    parts = func.sum(case((is_part, 1), else_=0))
    return [func.count(task.distinct()).label(f"{prefix}tasks"), parts.label(f"{prefix}parts")]


def read_numbers(row: Row[Any], prefix: str = "") -> TaskNumbers:
    """What `number_columns` of the same prefix have counted."""
    found = row._mapping
    return TaskNumbers(int(found[f"{prefix}tasks"]), int(found[f"{prefix}parts"] or 0))
