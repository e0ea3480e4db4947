"""What waits for a position: open items that it decides or answers, completion reports, its agency's tasks by date."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, func, or_, select, true

from ioc.domain.base.times import from_ms
from ioc.domain.directives.acts import ItemKind
from ioc.domain.directives.task_status import WorkState
from ioc.storage.directives.register import RegisterRow, register_row, row_query
from ioc.storage.directives.schema import (
    WORK_CODES,
    TaskKind,
    directive_document,
    directive_interval,
    directive_open_item,
    directive_task,
)
from ioc.storage.directives.statistics import is_current

_I, _T, _D, _O = directive_interval.c, directive_task.c, directive_document.c, directive_open_item.c
_ANSWERED_BY_ADDRESSEE = (ItemKind.COORDINATION, ItemKind.EXPLANATION, ItemKind.PETITION)


class WorkSection(StrEnum):
    """A part of a work list; those of open items have the names of their kinds."""

    PETITION = "petition"
    EXTENSION = "extension"
    ADJUSTMENT = "adjustment"
    EXPLANATION = "explanation"
    EXPLANATION_ANSWER = "explanation_answer"
    COORDINATION = "coordination"
    PROPOSAL = "proposal"
    COMPLETION = "completion"  # reports that wait for confirmation
    STARRED_OVERDUE = "starred_overdue"
    PAUSE_ENDED = "pause_ended"  # paused until a day that is past
    EFFECT = "effect"  # its effect is to be judged
    OWN_TASKS = "own_tasks"  # of the agency, not received or in hand, by due date


@dataclass(frozen=True, slots=True)
class WorkScope:
    """Whose work it is. `decides`: kinds of open items. `addressees`: to whom items may be addressed.

    `agencies`: own agency with its predecessors. `confirms_starred`: True starred ones, False the others, None none.
    `portfolio`: agencies and spheres that limit what is decided, None for no limit. `sections`: what the list has.
    """

    sections: tuple[WorkSection, ...]
    decides: tuple[ItemKind, ...] = ()
    addressees: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    confirms_starred: bool | None = None
    portfolio: tuple[tuple[str, ...], tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An open item. `event`: what an answer refers to. `due`: the date that is asked for. `is_late`: asked too late."""

    kind: ItemKind
    event: int
    since: datetime
    due: date | None
    is_late: bool
    actor: str
    agency: str


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """A row of the list, with the open item that waits, if any."""

    section: WorkSection
    row: RegisterRow
    item: WorkItem | None = None


@dataclass(frozen=True, slots=True)
class WorkList:
    """At most `limit` entries of each section, and how many each has."""

    entries: tuple[WorkEntry, ...]
    counts: dict[WorkSection, int]


def work_list(conn: Connection, scope: WorkScope, day: date, limit: int = 50, soon_days: int = 7) -> WorkList:
    """What waits on `day`, which is today: items the oldest first, tasks by due date."""
    entries, counts = _items(conn, scope, day, limit, soon_days)
    for section, condition in _task_conditions(scope, day).items():
        if section not in scope.sections:
            continue
        counting = _counted(select(func.count()), condition)
        counts[section] = conn.execute(counting).scalar_one()
        ids = list(
            conn.execute(
                _counted(select(_I.task_id), condition).order_by(_I.due.is_(None), _I.due, _I.task_id).limit(limit)
            ).scalars()
        )
        rows = {row.task_id: row for row in conn.execute(row_query(day, soon_days).where(_I.task_id.in_(ids)))}
        entries += [WorkEntry(section, register_row(rows[task_id], day)) for task_id in ids]
    return WorkList(tuple(entries), counts)


def _counted(query: Select[Any], condition: ColumnElement[bool]) -> Select[Any]:
    joined = query.select_from(directive_interval).join(directive_task, _T.id == _I.task_id)
    return joined.join(directive_document, _D.id == _T.document_id).where(is_current(), condition)


def _task_conditions(scope: WorkScope, day: date) -> dict[WorkSection, ColumnElement[bool]]:
    today, work = day.toordinal(), _I.work_state
    waiting = work == WORK_CODES[WorkState.AWAITING_ACCEPTANCE]
    in_hand = work.in_([WORK_CODES[WorkState.NOT_STARTED], WORK_CODES[WorkState.ACTIVE]])
    return {
        WorkSection.COMPLETION: and_(waiting, _may_confirm(scope)),
        WorkSection.STARRED_OVERDUE: and_(in_hand, _I.is_starred, _I.due < today, _in_portfolio(scope)),
        WorkSection.PAUSE_ENDED: and_(work == WORK_CODES[WorkState.PAUSED], _T.paused_until < today),
        WorkSection.EFFECT: and_(work == WORK_CODES[WorkState.DONE], _T.effect_on <= today),
        WorkSection.OWN_TASKS: and_(in_hand, _I.holder.in_(scope.agencies), _I.kind != int(TaskKind.ORDER)),
    }


def _may_confirm(scope: WorkScope) -> ColumnElement[bool]:
    own_order = directive_interval.alias()
    leads = exists().where(
        own_order.c.task_id == _T.order_id, own_order.c.valid_to_ms == _I.valid_to_ms,
        own_order.c.holder.in_(scope.agencies),
    )  # fmt: skip
    starred = false() if scope.confirms_starred is None else _I.is_starred.is_(scope.confirms_starred)
    own: ColumnElement[bool] = leads if scope.agencies else false()
    return or_(and_(starred, _in_portfolio(scope)), own)


def _in_portfolio(scope: WorkScope) -> ColumnElement[bool]:
    if scope.portfolio is None:
        return true()
    agencies, spheres = scope.portfolio
    return or_(_I.holder.in_(agencies), _D.sphere.in_(spheres))


def _items(
    conn: Connection, scope: WorkScope, day: date, limit: int, soon_days: int
) -> tuple[list[WorkEntry], dict[WorkSection, int]]:
    decided = and_(_O.kind.in_([kind.value for kind in scope.decides]), _in_portfolio(scope))
    addressed = and_(_O.kind.in_([kind.value for kind in _ANSWERED_BY_ADDRESSEE]), _O.agency.in_(scope.addressees))
    items = (_O.event_id, _O.kind.label("item_kind"), _O.since_ms, _O.due.label("item_due"), _O.is_late, _O.actor)
    query = row_query(day, soon_days).add_columns(*items, _O.agency.label("item_agency"))
    query = query.join(directive_open_item, _O.task_id == _I.task_id).where(or_(decided, addressed))
    entries, counts = list[WorkEntry](), dict[WorkSection, int]()
    for row in conn.execute(query.order_by(_O.since_ms, _O.event_id)):
        section = WorkSection(row.item_kind)
        counts[section] = counts.get(section, 0) + 1
        if counts[section] <= limit:
            entries.append(WorkEntry(section, register_row(row, day), _item(row)))
    return entries, counts


def _item(row: Row[Any]) -> WorkItem:
    due = date.fromordinal(row.item_due) if row.item_due is not None else None
    return WorkItem(
        ItemKind(row.item_kind), row.event_id, from_ms(row.since_ms), due, row.is_late, row.actor, row.item_agency
    )
