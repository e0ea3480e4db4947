"""What waits for a person: the work list of each position, own or by a mandate, and how much it is in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ioc.directives.context import DirectiveContext, load_positions, valid_positions
from ioc.directives.external import system_titles
from ioc.directives.visibility import ADVISED_KINDS, ISSUING_KINDS
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import ACT_RULES, Act, ItemKind, PositionKind
from ioc.domain.directives.agency import Agencies, present_holder, represented
from ioc.domain.directives.positions import (
    DOCUMENT_GRANTS,
    DRAFTED_ACTS,
    DocumentAct,
    Position,
    Positions,
    StandIn,
    permitted_kinds,
)
from ioc.storage.db.store import Conn
from ioc.storage.directives.briefings import count_awaiting_notice
from ioc.storage.directives.instructions import count_draft_instructions, count_returned
from ioc.storage.directives.proposals import open_proposals
from ioc.storage.directives.unassigned import count_waiting_documents
from ioc.storage.directives.work_list import WorkEntry, WorkList, WorkScope, WorkSection, count_work_items, work_list

_AGENCY_KINDS = frozenset({PositionKind.AGENCY_LEADER, PositionKind.AGENCY_OFFICER})
# What is done in the sections that are not of open items, whose acts are those that answer them.
_TASK_ACTS: Mapping[WorkSection, frozenset[Act]] = {
    WorkSection.COMPLETION: frozenset({Act.CONFIRM_COMPLETION, Act.RETURN_COMPLETION}),
    WorkSection.STARRED_OVERDUE: frozenset({Act.REMIND, Act.REQUEST_EXPLANATION}),
    WorkSection.PAUSE_ENDED: frozenset({Act.RESUME}),
    WorkSection.EFFECT: frozenset({Act.RECORD_EFFECT}),
    WorkSection.DRAFT: DRAFTED_ACTS,
    WorkSection.PROPOSAL: frozenset(Act),  # whatever is proposed
    WorkSection.OWN_TASKS: frozenset({Act.RECEIVE, Act.REQUEST_ADJUSTMENT, Act.REPORT, Act.SUBMIT_COMPLETION}),
}
# Whose rows name what is proposed, which has no row of its own beside them.
_ADVISED_SECTIONS = (WorkSection.COMPLETION, WorkSection.EXTENSION, WorkSection.ADJUSTMENT)
# What leaders do and the Office does not: proposals of it go to them.
_LEADERS_ACTS = frozenset(
    act for act in Act
    if PositionKind.CHAIRMAN in permitted_kinds(act) and PositionKind.OFFICE_LEADER not in permitted_kinds(act)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PositionWork:
    """What waits for a position of the principal, or for `acting`, for which it stands in.

    `acts`: those that the mandate covers, empty for all; the list has what they do alone.
    `systems`: titles of the systems that keep documents, by `master` of a row. `titles`: of positions, by key.
    """

    position: Position
    acting: Position
    acts: frozenset[Act]
    work: WorkList
    systems: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def on_behalf_of(self) -> str:
        """Key of the position that it stands in for, "" for none."""
        return self.acting.key if self.acting != self.position else ""


@dataclass(frozen=True, slots=True)
class ListSize:
    """How much waits for a position of the principal, or for `acting`, for which it stands in."""

    position: Position
    acting: Position
    count: int


def stand_ins(context: DirectiveContext, principal: Principal) -> tuple[StandIn, ...]:
    """The positions for which the principal acts today by a mandate. PermissionDeniedError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        stored = load_positions(conn)
    return stored.stand_ins(stored.of_holder(principal, day), day)


def my_work(
    context: DirectiveContext, position: str, principal: Principal, limit: int = 50, *, on_behalf_of: str = ""
) -> PositionWork:  # fmt: skip
    """What waits for a position of the principal, or for the one that it stands in for.

    PermissionDeniedError; ActError (POSITION_NOT_VALID, MANDATE_MISSING …).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        stored = load_positions(conn)
        own = stored.require(position, principal, day)
        work = _work(conn, context, stored.stand_in(own, on_behalf_of, day), limit)
        titles = {each.key: each.title for each in stored.by_key.values()}
        return replace(work, systems=system_titles(stored, day), titles=titles)


def all_work(
    context: DirectiveContext, principal: Principal, shown: tuple[str, str] | None = None
) -> tuple[ListSize, ...]:  # fmt: skip
    """How much waits for each position of the principal, and then for those for which it stands in.

    `shown`: a list (position, the one it stands in for or ""), which is left out with all that stands in it.
    PermissionDeniedError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        pairs = _pairs(load_positions(conn), principal, day)
        left_out = [each for each in pairs if shown == _keys(each)]
        known = _count(conn, context, left_out, day)
        return tuple(
            ListSize(each.deputy, each.acting, _count(conn, context, [*left_out, each], day) - known)
            for each in pairs
            if each not in left_out
        )


def count_work(context: DirectiveContext, principal: Principal) -> int:
    """How much waits for all positions of the principal, and those for which they stand in. PermissionDeniedError.

    What waits for several of them counts once; so do documents with tasks to assign, instructions to issue or that
    were given back, and notices of briefings to enter.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    with context.store.read() as conn:
        return _count(conn, context, _pairs(load_positions(conn), principal, day), day)


def _count(conn: Conn, context: DirectiveContext, pairs: Sequence[StandIn], day: date) -> int:
    parts = [(_work_scope(each, context), _sections(each.acts) if each.acts else None) for each in pairs]
    return count_work_items(conn, parts, day) + _count_documents(conn, pairs, day)


def _keys(pair: StandIn) -> tuple[str, str]:
    return pair.deputy.key, "" if pair.deputy == pair.acting else pair.acting.key


def _count_documents(conn: Conn, pairs: Sequence[StandIn], day: date) -> int:
    """Documents with tasks to assign, instructions to issue or that were given back, and notices to enter, of several
    lists each once.
    """
    whole = [each.acting for each in pairs if not each.acts]
    kinds = {each.kind for each in whole}
    issuing = kinds & DOCUMENT_GRANTS[DocumentAct.ISSUE]
    assigning = {each.acting.kind for each in pairs if not each.acts or Act.ASSIGN in each.acts}
    count = count_waiting_documents(conn) if assigning.intersection(permitted_kinds(Act.ASSIGN)) else 0
    count += count_draft_instructions(conn, valid_positions(load_positions(conn), day)) if issuing else 0
    count += count_returned(conn, {each.key for each in whole if each.kind in DOCUMENT_GRANTS[DocumentAct.INSTRUCT]})
    return count + (count_awaiting_notice(conn) if kinds & ISSUING_KINDS else 0)


def _pairs(stored: Positions, principal: Principal, day: date) -> tuple[StandIn, ...]:
    """The positions of the principal as themselves, then as they act for others."""
    own = stored.of_holder(principal, day)
    return (*(StandIn(each, each) for each in own), *stored.stand_ins(own, day))


def _sections(acts: frozenset[Act]) -> frozenset[WorkSection]:
    """The sections in which something waits that one of `acts` does."""
    return frozenset(section for section in WorkSection if _section_acts(section) & acts)


def _work(conn: Conn, context: DirectiveContext, who: StandIn, limit: int) -> PositionWork:
    scope = _work_scope(who, context)
    found = listed_work(conn, context, scope, limit)
    if who.acts:
        sections = _sections(who.acts)
        entries = tuple(entry for entry in found.entries if entry.section in sections)
        counts = {section: size for section, size in found.counts.items() if section in sections}
        found = replace(found, entries=entries, counts=counts)
    if who.acting.kind in ADVISED_KINDS:
        found = replace(found, entries=_marked(conn, found.entries, who.acting))
    return PositionWork(who.deputy, who.acting, who.acts, found)


def listed_work(conn: Conn, context: DirectiveContext, scope: WorkScope, limit: int) -> WorkList:
    """The list of a scope, each row with the agency that holds its task today."""
    found = work_list(conn, scope, context.today(), limit, context.due_soon_days)
    rows = context.held_today(entry.row for entry in found.entries)
    entries = (replace(entry, row=row) for entry, row in zip(found.entries, rows, strict=True))
    return replace(found, entries=tuple(entries))


def _marked(conn: Conn, entries: Sequence[WorkEntry], reader: Position) -> tuple[WorkEntry, ...]:
    """The entries, with the acts of their section that were proposed, or of a follower declined, since they wait."""
    is_follower = reader.kind is PositionKind.FOLLOWER
    found = open_proposals(conn, {entry.row.key for entry in entries})

    def mark(entry: WorkEntry) -> WorkEntry:
        if not is_follower and entry.section not in _ADVISED_SECTIONS:
            return entry
        task = entry.row.key
        since = entry.item.event if entry.item else found.waits.get(task, 0)
        acts = _section_acts(entry.section)
        open_ones = found.proposed.get(task, ())
        if given := tuple(each for each in open_ones if each.stated.proposed in acts and each.id > since):
            own = [each.id for each in given if (each.on_behalf_of or each.position) == reader.key]
            return replace(entry, proposals=given, own_proposal=max(own, default=0))
        if not is_follower:
            return entry
        declined = [event for act, event in found.declined.get(task, {}).items() if act in acts and event.id > since]
        return replace(entry, sent_back=max(declined, key=lambda event: event.id, default=None))

    return tuple(map(mark, entries))


def _section_acts(section: WorkSection) -> frozenset[Act]:
    """The acts by which what waits in a section is done."""
    return _TASK_ACTS.get(section) or frozenset(
        act for act, rule in ACT_RULES.items() if rule.answers and rule.answers.value == section.value
    )


def _work_scope(who: StandIn, context: DirectiveContext) -> WorkScope:
    """What is decided, answered, confirmed and done; of proposals only those that the mandate does, or declines, and
    that no row of the list names.
    """
    scope = _position_scope(who.acting, context.agencies, context)
    is_limited = who.acts and Act.DECLINE_PROPOSAL not in who.acts
    proposals = scope.proposals & who.acts if is_limited else scope.proposals
    listed = {*scope.sections, *(WorkSection(kind.value) for kind in scope.decides)}
    for section in listed.intersection(_ADVISED_SECTIONS):
        if not who.acts or _section_acts(section) & who.acts:
            proposals -= _section_acts(section)
    return replace(scope, proposals=proposals)


def _position_scope(position: Position, agencies: Agencies, context: DirectiveContext) -> WorkScope:
    """What a position decides, answers, confirms and does."""
    section, item = WorkSection, ItemKind
    if position.kind in _AGENCY_KINDS:
        own = represented(agencies, position.agency, context.today())
        led = (section.COMPLETION, section.DRAFT) if position.kind is PositionKind.AGENCY_LEADER else ()
        return WorkScope((section.OWN_TASKS, *led), addressees=own, agencies=own)
    addressees = (position.key, position.kind.value)
    match position.kind:
        case PositionKind.CHAIRMAN | PositionKind.VICE_CHAIRMAN:
            scope = WorkScope(
                (section.COMPLETION, section.STARRED_OVERDUE),
                (item.EXTENSION, item.EXPLANATION_ANSWER, item.PROPOSAL), addressees, confirms_starred=True,
                proposals=_LEADERS_ACTS | _TASK_ACTS[section.COMPLETION],
            )  # fmt: skip
            if position.kind is PositionKind.VICE_CHAIRMAN:
                return replace(scope, portfolio=context.portfolio([position]))
            answering = (key for key in agencies if present_holder(agencies, key, context.today()))
            return replace(scope, addressees=(), answering=tuple(answering))
        case PositionKind.OFFICE_LEADER:
            return WorkScope(
                (section.COMPLETION, section.PAUSE_ENDED, section.EFFECT), (item.ADJUSTMENT, item.PROPOSAL), addressees,
                confirms_starred=False, proposals=frozenset(Act) - _LEADERS_ACTS,
            )  # fmt: skip
        case PositionKind.FOLLOWER:
            return WorkScope(
                (section.COMPLETION, section.PAUSE_ENDED), (item.EXTENSION, item.ADJUSTMENT), confirms_starred=False
            )
    return WorkScope(())
