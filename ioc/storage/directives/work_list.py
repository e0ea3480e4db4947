"""What waits for a position: open items that it decides or answers, completion reports, its agency's tasks by date."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, literal, or_, select, true, union

from ioc.domain.base.times import from_ms
from ioc.domain.directives.acts import Act, ItemKind, TaskEvent
from ioc.domain.directives.decisions import NEWS_OF_AGENCY, news_of_agency
from ioc.domain.directives.task_state import EXPLAINING
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.act_drafts import (
    ActDraft,
    draft_identities,
    drafts_of_tasks,
    drafts_to_send,
    is_drafted,
    waiting_for_leader,
)
from ioc.storage.directives.events import last_acts
from ioc.storage.directives.proposals import is_proposed_to
from ioc.storage.directives.register import RegisterRow, in_documents, in_tasks, register_row, row_query
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    TaskKind,
    directive_document,
    directive_event,
    directive_interval,
    directive_open_item,
    directive_task,
)
from ioc.storage.directives.statistics import is_current

_I, _T, _D, _O = directive_interval.c, directive_task.c, directive_document.c, directive_open_item.c
_E = directive_event.c
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
    DRAFT = "draft"  # acts that an officer of the agency wrote for its leader to send
    OWN_TASKS = "own_tasks"  # of the agency, not received or in hand, by due date


@dataclass(frozen=True, slots=True)
class WorkScope:
    """Whose work it is. `decides`: kinds of open items, of proposals those of `proposals`. `addressees`: of items.

    `agencies`: own agency with its predecessors. `confirms_starred`: True starred ones, False the others, None none.
    `portfolio`: agencies and spheres that limit it, None for no limit. `sections`: what the list has.
    `answering`: agencies; of petitions it has all that are addressed to none of them, None for those of `addressees`.
    """

    sections: tuple[WorkSection, ...]
    decides: tuple[ItemKind, ...] = ()
    addressees: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    confirms_starred: bool | None = None
    portfolio: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    proposals: frozenset[Act] = frozenset(Act)
    answering: tuple[str, ...] | None = None


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
    """A row of the list, with the open item that waits, or the draft that is to be sent, if any.

    Of a starred task, `is_explaining`: an explanation is asked for or waits for a decision; `news`: the last reminder
    by somebody; of an own task the last reminder, or refusal of what was asked for, since its agency's last act.
    `proposals`: what is proposed since it waits, and not decided, the oldest first; `own_proposal`: of a follower,
    the number of its own, 0 for none.
    `sent_back`: of an own task, the last act that returned its completion or asked to continue; for a follower, the
    act that declined what was proposed since it waits. `is_adjusting`, `is_extending`: of an own task, an adjustment,
    an extension is asked for. `submitted`: of a completion that waits, its report.
    """

    section: WorkSection
    row: RegisterRow
    item: WorkItem | None = None
    draft: ActDraft | None = None
    is_explaining: bool = False
    news: TaskEvent | None = None
    sent_back: TaskEvent | None = None
    is_adjusting: bool = False
    submitted: TaskEvent | None = None
    proposals: tuple[TaskEvent, ...] = ()
    own_proposal: int = 0
    is_extending: bool = False


@dataclass(frozen=True, slots=True)
class WorkList:
    """At most `limit` entries of each section, and how many each has on which something can be done here.

    Entries of documents that another system keeps are listed after those, and not counted.
    """

    entries: tuple[WorkEntry, ...]
    counts: dict[WorkSection, int]


def work_list(conn: Connection, scope: WorkScope, day: date, limit: int = 50, soon_days: int = 7) -> WorkList:
    """What waits on `day`, which is today: items the oldest first, tasks by due date. `limit` 0: counts alone."""
    entries, counts = _items(conn, scope, day, limit, soon_days)
    for section, condition in _task_conditions(scope, day).items():
        if section not in scope.sections:
            continue
        counting = select(func.count()).where(is_current(), condition, ~_is_elsewhere(_I.task_id))
        counts[section] = conn.execute(counting).scalar_one()
        if not limit:
            continue
        order = (_is_elsewhere(_I.task_id), _I.due.is_(None), _I.due, _I.task_id)
        found = select(_I.task_id).where(is_current(), condition).order_by(*order)
        ids = list(conn.execute(found.limit(limit)).scalars())
        rows = _rows(conn, ids, day, soon_days)
        drafts = drafts_of_tasks(conn, ids, scope.agencies) if section is WorkSection.OWN_TASKS else {}
        starred = ids if section is WorkSection.STARRED_OVERDUE else []
        explaining = _with_items(conn, starred, EXPLAINING)
        own, reported = (ids if section is each else [] for each in (WorkSection.OWN_TASKS, WorkSection.COMPLETION))
        submitted = last_acts(conn, reported, Act.SUBMIT_COMPLETION)
        sent_back = last_acts(conn, own, Act.RETURN_COMPLETION, Act.CONTINUE)
        news = last_acts(conn, starred, Act.REMIND) | news_of_agency(last_acts(conn, own, *NEWS_OF_AGENCY))
        adjusting, extending = (_with_items(conn, own, {each}) for each in (ItemKind.ADJUSTMENT, ItemKind.EXTENSION))
        entries += [
            WorkEntry(
                section, rows[each], None, drafts.get((each, 0)), each in explaining, news.get(rows[each].key),
                sent_back.get(rows[each].key), each in adjusting, submitted.get(rows[each].key),
                is_extending=each in extending,
            )
            for each in ids
        ]  # fmt: skip
    if WorkSection.DRAFT in scope.sections:
        to_send, counts[WorkSection.DRAFT] = drafts_to_send(conn, scope.agencies, limit)
        rows = _rows(conn, [draft.task_id for draft in to_send], day, soon_days)
        entries += [WorkEntry(WorkSection.DRAFT, rows[draft.task_id], draft=draft) for draft in to_send]
    return WorkList(tuple(entries), counts)


def _with_items(conn: Connection, task_ids: Sequence[int], kinds: Collection[ItemKind]) -> set[int]:
    found = select(_O.task_id).where(_O.task_id.in_(task_ids), _O.kind.in_([kind.value for kind in kinds]))
    return set(conn.execute(found).scalars())


def _is_elsewhere(task_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Tasks of documents that another system keeps: nothing is done to them here."""
    task, document = directive_task.alias(), directive_document.alias()
    joined = select(literal(1)).join_from(task, document, document.c.id == task.c.document_id)
    return joined.where(task.c.id == task_id, document.c.master > "").exists()  # by the task, not among all of them


def _rows(conn: Connection, ids: Sequence[int], day: date, soon_days: int) -> dict[int, RegisterRow]:
    found = conn.execute(row_query(day, soon_days).where(_I.task_id.in_(ids)))
    return {row.task_id: register_row(row, day) for row in found}


def count_work_items(
    conn: Connection, parts: Sequence[tuple[WorkScope, Collection[WorkSection] | None]], day: date
) -> int:  # fmt: skip
    """How much waits in several lists, each with some of its sections (None: all); what stands in two counts once."""
    found = [query for scope, sections in parts for query in _identities(scope, sections, day)]
    return int(conn.execute(select(func.count()).select_from(union(*found).subquery())).scalar_one()) if found else 0


def _identities(scope: WorkScope, sections: Collection[WorkSection] | None, day: date) -> Iterator[Select[Any]]:
    """Section, task and event (0 for a task itself) of what waits."""

    def is_wanted(section: WorkSection) -> bool:
        return sections is None or section in sections

    kinds = [kind.value for kind in ItemKind if is_wanted(WorkSection(kind.value))]
    items = _open(select(_O.kind.label("section"), _O.task_id, _O.event_id), _is_for(scope), scope)
    yield items.where(_O.kind.in_(kinds), ~_is_elsewhere(_O.task_id))
    for section, condition in _task_conditions(scope, day).items():
        if section in scope.sections and is_wanted(section):
            task = select(literal(section.value).label("section"), _I.task_id, literal(0).label("event_id"))
            yield task.where(is_current(), condition, ~_is_elsewhere(_I.task_id))
    if WorkSection.DRAFT in scope.sections and is_wanted(WorkSection.DRAFT):
        yield draft_identities(scope.agencies)


def _task_conditions(scope: WorkScope, day: date) -> dict[WorkSection, ColumnElement[bool]]:
    """All on intervals; what is known of tasks comes as sets of their ids."""
    today, work = day.toordinal(), _I.work_state
    waiting = work == WORK_CODES[WorkState.AWAITING_ACCEPTANCE]
    in_hand = work.in_([WORK_CODES[WorkState.NOT_STARTED], WORK_CODES[WorkState.ACTIVE]])
    return {
        WorkSection.COMPLETION: and_(waiting, _may_confirm(scope)),
        WorkSection.STARRED_OVERDUE: and_(in_hand, _I.is_starred, _I.due < today, _in_portfolio(scope)),
        WorkSection.PAUSE_ENDED: and_(work == WORK_CODES[WorkState.PAUSED], in_tasks(_T.paused_until < today)),
        WorkSection.EFFECT: and_(work == WORK_CODES[WorkState.DONE], in_tasks(_T.effect_on <= today)),
        WorkSection.OWN_TASKS: and_(
            in_hand, _I.holder.in_(scope.agencies), _I.kind != int(TaskKind.ORDER), _is_with_officer(scope)
        ),
    }


def _is_with_officer(scope: WorkScope) -> ColumnElement[bool]:
    """What an officer handed over waits for the leader; a task that is not received waits for both."""
    if WorkSection.DRAFT in scope.sections:
        return true()
    is_new = _I.work_state == WORK_CODES[WorkState.NOT_STARTED]
    return or_(is_new, _I.task_id.not_in(waiting_for_leader(scope.agencies)))


def _may_confirm(scope: WorkScope) -> ColumnElement[bool]:
    """Tasks that the leader or the Office confirms; of an agency the parts of orders that it leads."""
    if scope.confirms_starred is not None:
        return and_(_I.is_starred.is_(scope.confirms_starred), _in_portfolio(scope))
    order = directive_interval.alias()
    own_orders = select(order.c.task_id).where(
        order.c.valid_to_ms == OPEN_END_MS, order.c.holder.in_(scope.agencies), order.c.kind == int(TaskKind.ORDER)
    )
    return in_tasks(_T.order_id.in_(own_orders))


def _in_portfolio(scope: WorkScope) -> ColumnElement[bool]:
    if scope.portfolio is None:
        return true()
    agencies, spheres = scope.portfolio
    return or_(_I.holder.in_(agencies), in_tasks(in_documents(_D.sphere.in_(spheres))))


def _items(
    conn: Connection, scope: WorkScope, day: date, limit: int, soon_days: int
) -> tuple[list[WorkEntry], dict[WorkSection, int]]:
    """The open items that the position decides or answers: counted by kind, the oldest of each kind read."""
    elsewhere = _is_elsewhere(_O.task_id).label("elsewhere")  # a group: in a sum PostgreSQL looks each row up
    counting = _open(select(_O.kind, elsewhere, func.count()), _is_for(scope), scope)
    counts, entries = dict[WorkSection, int](), list[WorkEntry]()
    for kind, is_elsewhere, size in conn.execute(counting.group_by(_O.kind, elsewhere)):
        counts[WorkSection(kind)] = counts.get(WorkSection(kind), 0) + (0 if is_elsewhere else size)
    for section in counts if limit else ():
        found = _open(select(*_ITEM_COLUMNS), and_(_O.kind == section.value, _is_for(scope)), scope)
        items = conn.execute(found.order_by(_is_elsewhere(_O.task_id), _O.since_ms, _O.event_id).limit(limit)).all()
        rows = _rows(conn, [one.task_id for one in items], day, soon_days)
        drafts = drafts_of_tasks(conn, [one.task_id for one in items], scope.agencies)
        keys = ((one, (one.task_id, one.event_id)) for one in items)
        entries += (WorkEntry(section, rows[key[0]], _item(one), drafts.get(key)) for one, key in keys)
    return entries, counts


def _is_for(scope: WorkScope) -> ColumnElement[bool]:
    """Open items that the position decides, or that are addressed to it."""
    proposed = is_proposed_to(scope.proposals, is_starred=scope.confirms_starred)
    decided = and_(_O.kind.in_([kind.value for kind in scope.decides]), proposed)
    addressed = and_(_O.kind.in_([kind.value for kind in _ANSWERED_BY_ADDRESSEE]), _O.agency.in_(scope.addressees))
    if scope.agencies:  # its draft waits for the leader in its place
        addressed = and_(addressed, ~is_drafted(_O.task_id, _O.event_id, scope.agencies))
    if scope.answering is not None:
        addressed = and_(_O.kind == ItemKind.PETITION.value, _O.agency.not_in(scope.answering))
    return and_(_in_portfolio(scope), or_(decided, addressed))


_ITEM_COLUMNS = (_O.task_id, _O.event_id, _O.kind, _O.since_ms, _O.due, _O.is_late, _O.actor, _O.agency)


def _open(query: Select[Any], condition: ColumnElement[bool], scope: WorkScope) -> Select[Any]:
    """Items alone; with the present intervals of their tasks where the portfolio asks for them."""
    query = query.select_from(directive_open_item)
    if scope.portfolio is not None:
        query = query.join(directive_interval, and_(_I.task_id == _O.task_id, is_current()))
    return query.where(condition)


@reads_records
def _item(row: Row[Any]) -> WorkItem:
    due = date.fromordinal(row.due) if row.due is not None else None
    return WorkItem(ItemKind(row.kind), row.event_id, from_ms(row.since_ms), due, row.is_late, row.actor, row.agency)
