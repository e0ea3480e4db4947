"""What pages and the API ask for: a position's work list, the register, one task, statistics, acts since a number."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.config.configuration import Configuration
from ioc.directives.act_drafts import seen_drafts
from ioc.directives.context import Actor, DirectiveContext, load_positions, load_task, valid_positions
from ioc.directives.external import system_titles
from ioc.directives.sent_drafts import split_ended
from ioc.directives.visibility import ISSUING_KINDS, OFFICE_KINDS, is_visible, read_access, readable_acts, seen_document
from ioc.directives.waiting import parties
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import city_date
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, PositionKind, TaskEvent
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.assignment import resolve_assignment
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.evidence import StoredEvidence
from ioc.domain.directives.plan import ProgressTolerance
from ioc.domain.directives.positions import (
    MandatedAct,
    Position,
    Positions,
    StandIn,
    TaskSubject,
    drafted_acts,
    mandated_acts,
    offered_acts,
)
from ioc.domain.directives.progress import DocumentView, MultiAgencyOrder, count_tasks
from ioc.domain.directives.rollup import roll_up, view_task, weights
from ioc.domain.directives.statistics import AgencyView, DirectiveStatistics, collect_statistics
from ioc.domain.directives.task_state import TaskState
from ioc.domain.geo.place import AdminUnit
from ioc.storage.db.store import Conn, StoreError
from ioc.storage.directives import documents, events, evidence, instructions
from ioc.storage.directives.act_drafts import ActDraft
from ioc.storage.directives.document_index import match_numbers
from ioc.storage.directives.events import EventPage
from ioc.storage.directives.register import RegisterPage, RegisterQuery, RegisterRow, register_page, tasks_of_document
from ioc.storage.directives.statistics import task_groups
from ioc.storage.directives.unassigned import waiting_page
from ioc.storage.directives.work_list import WorkEntry

MAX_EVENTS = 1_000  # of one answer
_MAX_IDLE_SECONDS = 120  # between two blocks of an export


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task as its own page shows it. `acts`: what the position may do now; `mandated`: what else for others.

    `version`: for the next command. `holder`: after successions. `parts`: of an order. `titles`: of positions, by key.
    `evidence`: files, by the number of their act. `unit`: where it is to be done, None for no commune or ward.
    `drafted`: what the position drafts for its leader. `drafts`: what waits to be sent, the oldest first, for people
    of the agency that wrote it; `ended_drafts`: what nobody can send any more. `is_read_only`: another system keeps
    the document; `system`: its title.
    """

    document: Document
    task: Task
    state: TaskState | None
    history: tuple[TaskEvent, ...]
    version: int
    acts: tuple[Act, ...]
    mandated: tuple[MandatedAct, ...]
    holder: str
    parts: tuple[RegisterRow, ...]
    titles: Mapping[str, str]
    evidence: Mapping[int, tuple[StoredEvidence, ...]]
    unit: AdminUnit | None = None
    drafted: tuple[Act, ...] = ()
    drafts: tuple[ActDraft, ...] = ()
    ended_drafts: tuple[ActDraft, ...] = ()
    is_read_only: bool = False
    system: str = ""

    def draft_of(self, act: Act, refers_to: int | None = None) -> ActDraft | None:
        """The draft with which the form of `act` begins: of the request `refers_to`; None: the first one."""
        return next((each for each in self.drafts if each.act is act and refers_to in (None, each.refers_to)), None)


def own_positions(context: DirectiveContext, principal: Principal) -> tuple[Position, ...]:
    """The positions that the principal holds today."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        return load_positions(conn).of_holder(principal, context.today())


def register(context: DirectiveContext, query: RegisterQuery, principal: Principal) -> RegisterPage:
    """Rows of the register that the principal may see. PermissionDeniedError; ValueError for an unknown order.

    A row has the agency that holds its task today. As held, the agencies of the query stand for those whose successors
    they are, too.
    """
    require(principal, Action.VIEW)
    with context.store.read() as conn:
        return _page(conn, context, visible_query(conn, context, query, principal), context.today())


def register_rows(context: DirectiveContext, query: RegisterQuery, principal: Principal) -> Iterator[RegisterRow]:
    """All rows of `register`, by blocks of its limit, as they were at one moment: each once, whatever others do.

    Who writes them to a file may take long over a block.
    """
    require(principal, Action.VIEW)
    day = context.today()
    with context.store.read(idle_seconds=_MAX_IDLE_SECONDS) as conn:
        query = replace(visible_query(conn, context, query, principal), offset=0)
        while rows := _page(conn, context, query, day).rows:
            yield from rows
            query = replace(query, offset=query.offset + query.limit)


def _page(conn: Conn, context: DirectiveContext, query: RegisterQuery, day: date) -> RegisterPage:
    """The rows of a query that was limited to what the asker sees; what waits for assignment is the Office's."""
    if not query.is_waiting:
        page = register_page(conn, query, day, context.due_soon_days)
        return replace(page, rows=context.held_today(page.rows))
    return RegisterPage((), 0) if query.access.visibilities else waiting_page(conn, query, day, context.due_soon_days)


def visible_query(conn: Conn, context: DirectiveContext, query: RegisterQuery, principal: Principal) -> RegisterQuery:
    """`query`, limited to what the principal sees, with the agencies and documents that its words stand for."""
    agencies = query.agencies
    if query.view is AgencyView.HELD:
        agencies = tuple(key for agency in agencies for key in predecessors(context.agencies, agency, context.today()))
    stored = load_positions(conn)
    access = read_access(conn, context, stored, principal)
    waits = replace(query.waits, parties=parties(context, stored)) if query.waits else None
    if query.document and (found := match_numbers(conn, query.document)) is not None:
        query = replace(query, document="", documents=found)
    return replace(query, agencies=agencies, access=access, waits=waits)


def find_task(
    context: DirectiveContext, key: str, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> TaskDetail:
    """A task with its history and the acts that the position may do, or that it may do for `on_behalf_of`.

    ActError (UNKNOWN_TASK, POSITION_NOT_VALID, MANDATE_MISSING …).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        stored = load_positions(conn)
        own = stored.require(position, principal, day)
        loaded = load_task(conn, key)
        document = documents.find_document(conn, loaded.document.key) if loaded else None
        subject = loaded.subject(context.agencies, day) if loaded else None
        acting = stored.stand_in(own, on_behalf_of, day)
        covered = stored.stand_ins((own,), day)
        seeing = (own, *(each.acting for each in covered))
        if loaded is None or subject is None or document is None:
            raise ActError(ActCode.UNKNOWN_TASK, key=key[:120])
        if not is_visible(conn, context, seeing, document, subject.asked_agencies):
            raise ActError(ActCode.UNKNOWN_TASK, key=key[:120])
        # Who is asked on an order of a document that they do not see, sees none of its parts either.
        has_parts = loaded.task.is_order and is_visible(conn, context, seeing, document)
        rows = tasks_of_document(conn, document.key, day, context.due_soon_days) if has_parts else ()
        files = evidence.of_task(conn, loaded.stored.id)
        seen = seen_drafts(conn, context, loaded.stored.id, (StandIn(own, own), *covered))
    drafts, ended = split_ended(seen, subject, context.agencies, day)
    is_read_only = bool(document.master) and own.master != document.master
    acts, drafted, mandated = ((), (), ()) if is_read_only else _offered(stored, acting, subject, day)
    return TaskDetail(
        document, loaded.task, loaded.state, readable_acts(loaded.history, seeing), loaded.stored.version, acts,
        mandated, subject.holder,
        context.held_today(row for row in rows if row.task.part_of == loaded.task.key),
        {each.key: each.title for each in stored.by_key.values()}, files, context.units.get(loaded.task.place),
        drafted, drafts, ended, is_read_only, system_titles(stored, day).get(document.master, document.master),
    )  # fmt: skip


def find_task_if_readable(context: DirectiveContext, key: str, actor: Actor, principal: Principal) -> TaskDetail | None:
    """What `find_task` returns; None where it fails: for what only adds to the answer of an act that is done."""
    with suppress(ActError, StoreError):
        return find_task(context, key, actor.position.key, principal, on_behalf_of=actor.on_behalf_of)
    return None


def _offered(
    stored: Positions, who: StandIn, subject: TaskSubject, day: date
) -> tuple[tuple[Act, ...], tuple[Act, ...], tuple[MandatedAct, ...]]:
    """What `who` may do, drafts, and may do for others; for another position what its mandate covers alone."""
    acts, drafted = offered_acts(who.acting, subject), drafted_acts(who.acting, subject)
    if who.acting != who.deputy:
        covered = who.acts or frozenset(Act)
        return tuple(act for act in acts if act in covered), tuple(act for act in drafted if act in covered), ()
    return acts, drafted, mandated_acts(stored, who.deputy, subject, acts, day)


def find_document(
    context: DirectiveContext, key: str, principal: Principal, action: Action = Action.VIEW
) -> DocumentView:  # fmt: skip
    """A document with its assigned tasks as they are now: counts, roll-up, orders. ActError (UNKNOWN_DOCUMENT).

    Who may see none of its tasks is told that there is no such document. `action`: by which the principal reads.
    """
    require(principal, action)
    now, day = context.clock(), context.today()
    with context.store.read() as conn:
        seeing = load_positions(conn).seeing(principal, day)
        document = seen_document(conn, context, seeing, key)
        if document is None:
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        rows = tasks_of_document(conn, key, day, context.due_soon_days)
    return _document_view(context, document, rows, now)


def _document_view(
    context: DirectiveContext, document: Document, rows: tuple[RegisterRow, ...], now: datetime
) -> DocumentView:
    day = city_date(now)
    uncounted = {row.task.key for row in rows if not row.status.is_counted}
    tasks = [replace(row.task, withdrawn_at=now if row.task.key in uncounted else None) for row in rows]
    shares, limits = weights(tasks, now), replace(context.limits, agencies=context.agencies)
    all_views = {
        row.task.key: view_task(
            document, row.task, row.status, resolve_assignment(row.holder, (), context.agencies, day),
            shares.get(row.task.key, 0.0), limits, day,
        )
        for row in rows
    }  # fmt: skip
    views, tolerance = tuple(all_views[key] for key in shares), ProgressTolerance.from_register(limits)
    orders = tuple(
        MultiAgencyOrder(task, roll_up(parts, tolerance), parts)
        for task in tasks
        if task.key not in shares
        for parts in [tuple(view for view in views if view.task.part_of == task.key)]
    )
    return DocumentView(document, views, count_tasks(views), roll_up(views, tolerance), orders)


def statistics(
    context: DirectiveContext, at: datetime | None, view: AgencyView, principal: Principal,
    configuration: Configuration | None = None,
) -> DirectiveStatistics:  # fmt: skip
    """The statistics at `at` (aware), as they were known then; None: now, by all acts. PermissionDeniedError.

    Of the tasks that the principal may see today: a count tells of no other one. `configuration`: in force at `at`,
    by whose agencies, public holidays and limits they count; None: by those of today.
    """
    require(principal, Action.READ_API)
    moment, then = at or context.clock(), context.under(configuration) if configuration else context
    with context.store.read() as conn:
        access = read_access(conn, context, load_positions(conn), principal)
        tasks = task_groups(conn, at, city_date(moment), view, then.calendar, then.due_soon_days, access)
    return collect_statistics(tasks, moment, city_date(moment), view, then.agencies)


def events_after(context: DirectiveContext, after: int, limit: int, principal: Principal) -> EventPage:
    """What the principal may see of the next `limit` acts with a number above `after`: the Office all of it, a system
    the acts on its own documents and on those that every agency sees.

    PermissionDeniedError; ActError (POSITION_NOT_VALID) for others.
    """
    own = _require_kind(context, principal, OFFICE_KINDS | {PositionKind.SYSTEM})
    sees_all = any(position.kind in OFFICE_KINDS for position in own)
    masters = None if sees_all else tuple(position.master for position in own if position.master)
    with context.store.read() as conn:
        page = events.events_after(conn, after, min(limit, MAX_EVENTS), masters)
    acts = readable_acts([each.event for each in page.events], own)
    return replace(page, events=tuple(replace(each, event=act) for each, act in zip(page.events, acts, strict=True)))


def draft_instructions(context: DirectiveContext, principal: Principal) -> tuple[Document, ...]:
    """Instructions without number and date, the oldest first: the Office's queue. Errors: see `events_after`."""
    _require_kind(context, principal, ISSUING_KINDS)
    with context.store.read() as conn:
        return tuple(instructions.draft_instructions(conn, valid_positions(load_positions(conn), context.today())))


def asked_fields(
    context: DirectiveContext, entries: Sequence[WorkEntry], principal: Principal
) -> Mapping[int, ActFields]:
    """What the open items of a work list state, by event. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        found = events.find_events(conn, [entry.item.event for entry in entries if entry.item])
    return {event.id: event.stated for event in found}


def _require_kind(context: DirectiveContext, principal: Principal, kinds: Set[PositionKind]) -> tuple[Position, ...]:
    own = own_positions(context, principal)
    if not any(position.kind in kinds for position in own):
        raise ActError(ActCode.POSITION_NOT_VALID, position=principal.name)
    return own
