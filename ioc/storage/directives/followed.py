"""Tasks that people act on in the program, counted for the pages that everybody sees."""

from collections.abc import Iterator
from datetime import date, datetime, time

from sqlalchemy import Connection, func, select

from ioc.domain.base.times import CITY_ZONE, city_date, to_ms
from ioc.domain.directives.directive import Register, Visibility
from ioc.domain.directives.followed import FollowedPart, FollowedTasks, NewlyOverdue
from ioc.domain.directives.statistics import AgencyView, collect_statistics
from ioc.domain.directives.task_status import WorkState
from ioc.storage.directives.instructions import late_instructions
from ioc.storage.directives.schema import (
    WORK_CODES,
    TaskKind,
    directive_document,
    directive_interval,
    directive_task,
)
from ioc.storage.directives.statistics import at_moment, open_groups

_I, _D = directive_interval.c, directive_document.c
_SEEN_BY_ALL = (Visibility.PUBLIC.value, Visibility.INTERNAL.value)
_RUNNING = (WORK_CODES[WorkState.NOT_STARTED], WORK_CODES[WorkState.ACTIVE])  # states in which the clock runs


def followed_tasks(conn: Connection, register: Register, at: datetime | None, now: datetime) -> FollowedTasks:
    """The tasks at `at` (aware; None: by all acts, judged at `now`).

    `register`: of the configuration, which may name documents that are followed, and has the limits.
    Documents have the visibility that they have today, also at a past moment.
    """
    moment = at or now
    day = city_date(moment)

    def parts(*visibilities: str) -> Iterator[FollowedPart]:
        for is_simulated, tasks in enumerate(open_groups(conn, at, day, visibilities, register.due_soon_days)):
            if tasks.groups:
                found = collect_statistics(tasks, moment, day, AgencyView.HELD, register.agencies)
                yield FollowedPart(found, bool(is_simulated))

    configured = [document.key for document in register.documents]
    is_entered = _D.number != "" if at is None else _D.entered_ms <= to_ms(at)
    keys = select(_D.key).where(_D.key.in_(configured), is_entered)
    return FollowedTasks(
        tuple(parts(*_SEEN_BY_ALL)), tuple(parts(Visibility.PUBLIC)), frozenset(conn.execute(keys).scalars()),
        tuple(_newly_overdue(conn, at, day, register.newly_overdue_days)),
        tuple(late_instructions(conn, at, day, register.instruction_days)), day,
    )  # fmt: skip


def _newly_overdue(conn: Connection, at: datetime | None, day: date, days: int) -> Iterator[NewlyOverdue]:
    document = directive_task.join(directive_document, directive_document.c.id == directive_task.c.document_id)
    query = select(_D.is_simulated, func.count().label("size"), func.min(_I.due).label("first")).where(
        _I.work_state.in_(_RUNNING), _I.kind != TaskKind.ORDER, _I.due < day.toordinal(),
        _I.due >= day.toordinal() - days, _D.visibility.in_(_SEEN_BY_ALL),
    )  # fmt: skip
    query = query.select_from(directive_interval.join(document, directive_task.c.id == _I.task_id))
    for row in conn.execute(at_moment(conn, query, at).group_by(_D.is_simulated).order_by(_D.is_simulated)):
        since = datetime.combine(date.fromordinal(row.first + 1), time(), CITY_ZONE)
        yield NewlyOverdue(row.size, since, days, row.is_simulated)
