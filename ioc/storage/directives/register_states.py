"""The states of the register's rows, counted."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.directives.register import RegisterQuery, register_conditions
from ioc.storage.directives.schema import WORK_STATES, TaskKind, directive_interval
from ioc.storage.directives.statistics import deadline_code, deadline_of

_I = directive_interval.c


class StateSize(NamedTuple):
    """How many tasks are in a state. `is_order`: they are orders, which are counted by their parts."""

    work_state: WorkState
    deadline_state: DeadlineState | None
    is_order: bool
    size: int


def state_sizes(conn: Connection, query: RegisterQuery, day: date, soon_days: int = 7) -> tuple[StateSize, ...]:
    """The tasks of `query` on `day`, which is today, counted by state."""
    is_order = (_I.kind == int(TaskKind.ORDER)).label("is_order")
    columns = (_I.work_state, deadline_code(_I.due, day, soon_days).label("deadline"), is_order)
    counting = select(*columns, func.count().label("size")).where(*register_conditions(query, day, soon_days))
    return tuple(
        StateSize(WORK_STATES[row.work_state], deadline_of(row.deadline), bool(row.is_order), row.size)
        for row in conn.execute(counting.group_by(_I.work_state, "deadline", "is_order"))
    )
