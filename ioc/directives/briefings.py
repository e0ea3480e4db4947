"""Commands and queries on briefings (giao ban): open, collect, conclude, end; what may be collected."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from ioc.directives.briefing_log import append_act
from ioc.directives.context import Actor, DirectiveContext, load_positions, stored_text, valid_positions
from ioc.directives.documents import require_document_actor
from ioc.directives.instructions import require_open
from ioc.directives.visibility import ISSUING_KINDS, OFFICE_KINDS
from ioc.directives.work_list import listed_work
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ActFields, ItemKind, PositionKind
from ioc.domain.directives.briefing import (
    MAX_ITEMS,
    Briefing,
    BriefingAct,
    BriefingFields,
    BriefingSubject,
    Conclusion,
    SubjectKind,
    conclusion_faults,
)
from ioc.domain.directives.directive import Document
from ioc.domain.directives.document_checks import check_day
from ioc.domain.directives.instruction import check_sent
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.task_status import DeadlineState
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import briefings, documents, events, instructions
from ioc.storage.directives.register import RegisterPage, RegisterQuery, RegisterRow, register_page, tasks_of_document
from ioc.storage.directives.work_list import WorkList, WorkScope

_MAX_NAME, _MAX_TEXT, _MAX_DUE = 500, 2_000, 60
_SHOWN = 20  # of each kind of what may be collected; the others are found by words


@dataclass(frozen=True, slots=True)
class Secretary:
    """In which position somebody keeps a briefing, and for whom."""

    position: str
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be collected. `statements`: of the petitions, by event. `starred`, `overdue`: open tasks."""

    petitions: WorkList
    statements: Mapping[int, ActFields]
    instructions: tuple[Document, ...]
    starred: RegisterPage
    overdue: RegisterPage


def open_briefing(
    context: DirectiveContext, day: date, secretary: Secretary, principal: Principal, form_key: str = ""
) -> str:
    """Opens the briefing of `day`; returns its key. One is open on a day at a time.

    PermissionDeniedError; ActError (DAY_PAST, BRIEFING_OPEN …); CommandError; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    shown = f"{day:%d/%m/%Y}"
    check_day(shown, day)
    if day < context.today():
        raise ActError(ActCode.DAY_PAST, field=shown)
    with context.store.write() as conn:
        now, actor = _begin(conn, context, secretary, principal)
        done = commands.claim(conn, principal.name, form_key, f"briefing {day}", now, FORM_LIFETIME)
        if done:
            return done
        if any(each.day == day for each in briefings.open_briefings(conn)):
            raise ActError(ActCode.BRIEFING_OPEN, day=shown)
        key = f"gb-{briefings.count_briefings(conn) + 1}-{day.year}"
        append_act(conn, actor, key, BriefingAct.OPEN, now, BriefingFields(day=day))
        commands.keep_answer(conn, principal.name, form_key, key)
        context.write_entry(
            conn, principal, "directive-briefing-opened", key, day.isoformat(), actor.on_behalf_of
        )  # fmt: skip
    return key


def collect_item(
    context: DirectiveContext, key: str, subject: BriefingSubject, secretary: Secretary, principal: Principal
) -> Briefing:
    """Collects `subject`, as it was shown; what is there already stays as it is. Errors: see `_act_on`."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    name, value = (stored_text(text, _MAX_NAME) for text in (subject.name, subject.value))
    subject = replace(subject, name=name, value=value, proposed=_cleaned(subject.proposed))
    with _act_on(context, key, secretary, principal, "collected") as act:
        if act.briefing.find_subject(subject.kind, subject.key) is None:
            if len(act.briefing.items) >= MAX_ITEMS:
                raise ActError(ActCode.BRIEFING_FULL, limit=MAX_ITEMS)
            act.append(BriefingAct.COLLECT, BriefingFields(subject=subject))
        return act.current()


def remove_item(
    context: DirectiveContext, key: str, item: int, secretary: Secretary, principal: Principal
) -> Briefing:  # fmt: skip
    """Takes an item off the list; the log keeps it. Errors: see `_act_on`."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with _act_on(context, key, secretary, principal, "removed") as act:
        act.briefing.find_item(item)
        act.append(BriefingAct.REMOVE, BriefingFields(), item)
        return act.current()


def conclude_item(
    context: DirectiveContext, key: str, item: int, conclusion: Conclusion, version: int, secretary: Secretary,
    principal: Principal,
) -> Briefing:  # fmt: skip
    """Writes the conclusion of an item, an empty one for none. `version`: of the item as it was shown.

    Errors: see `_act_on`; ActError for a field that is wrong.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    conclusion = _cleaned(conclusion)
    for failure in conclusion_faults(conclusion, context.agencies, context.today()).values():
        raise ActError(failure)
    with _act_on(context, key, secretary, principal, "concluded") as act:
        found = act.briefing.find_item(item)
        if found.version != version:
            raise ActError(ActCode.BRIEFING_CHANGED)
        if found.subject.kind is SubjectKind.INSTRUCTION:
            _check_draft(act.conn, found.subject.key)
        if found.conclusion != conclusion:
            act.append(BriefingAct.CONCLUDE, BriefingFields(conclusion=conclusion), item)
        return act.current()


def end_briefing(
    context: DirectiveContext, key: str, version: int, secretary: Secretary, principal: Principal
) -> Briefing:  # fmt: skip
    """Ends it: with conclusions it stands for one draft notice. `version`: as it was shown. Errors: see `_act_on`."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with _act_on(context, key, secretary, principal, "ended") as act:
        if act.briefing.version != version:
            raise ActError(ActCode.BRIEFING_CHANGED)
        act.append(BriefingAct.END, BriefingFields())
        return act.current()


def find_briefing(context: DirectiveContext, key: str, principal: Principal) -> Briefing:
    """The briefing as it is now, for the Office and leaders. PermissionDeniedError; ActError."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        _require_kind(conn, context, principal, OFFICE_KINDS)
        return _require_briefing(conn, key)


def newest_briefings(context: DirectiveContext, principal: Principal, limit: int = 30) -> tuple[Briefing, ...]:
    """The newest briefings, for the Office and leaders. PermissionDeniedError; ActError (POSITION_NOT_VALID)."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        _require_kind(conn, context, principal, OFFICE_KINDS)
        return tuple(briefings.newest_briefings(conn, limit))


def waiting_notices(
    context: DirectiveContext, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> tuple[Briefing, ...]:
    """Briefings that ended in a draft notice which a position of the Office enters; none for other positions.

    `on_behalf_of`: the position that it stands in for. PermissionDeniedError; ActError (POSITION_NOT_VALID,
    MANDATE_MISSING).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        stored, day = load_positions(conn), context.today()
        who = stored.stand_in(stored.require(position, principal, day), on_behalf_of, day)
        enters = not who.acts and who.acting.kind in ISSUING_KINDS
        return tuple(briefings.awaiting_notice(conn)) if enters else ()


def briefing_candidates(context: DirectiveContext, words: str, principal: Principal) -> Candidates:
    """What waits and may be collected; with `words` all open tasks that have them stand for the overdue ones.

    PermissionDeniedError; ActError (POSITION_NOT_VALID).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    day = context.today()
    starred = RegisterQuery(is_open=True, is_starred=True, limit=_SHOWN)
    overdue = RegisterQuery(
        search=words, is_open=True, deadline_states=() if words else (DeadlineState.OVERDUE,), limit=_SHOWN,
        with_parts=bool(words),  # an order stands for its parts, which words find
    )  # fmt: skip
    with context.store.read() as conn:
        _require_kind(conn, context, principal, OFFICE_KINDS)
        drafts = instructions.draft_instructions(conn, valid_positions(load_positions(conn), day))
        petitions = listed_work(conn, context, WorkScope((), decides=(ItemKind.PETITION,)), _SHOWN)
        asked = events.find_events(conn, [each.item.event for each in petitions.entries if each.item])
        pages = (register_page(conn, query, day, context.due_soon_days) for query in (starred, overdue))
        found = (replace(page, rows=context.held_today(page.rows)) for page in pages)
        return Candidates(petitions, {event.id: event.stated for event in asked}, tuple(drafts), *found)


def next_briefing(context: DirectiveContext, principal: Principal) -> Briefing | None:
    """The open briefing with the earliest day, None for none. PermissionDeniedError; ActError (POSITION_NOT_VALID)."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        _require_kind(conn, context, principal, OFFICE_KINDS)
        return min(briefings.open_briefings(conn), key=lambda each: each.day, default=None)


def briefing_task(context: DirectiveContext, key: str, principal: Principal) -> RegisterRow:
    """An assigned task as it stands now. PermissionDeniedError; ActError (UNKNOWN_TASK, POSITION_NOT_VALID)."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        _require_kind(conn, context, principal, OFFICE_KINDS)
        rows = tasks_of_document(conn, key.rpartition("/")[0], context.today(), context.due_soon_days)
    found = context.held_today(row for row in rows if row.key == key)
    if not found:
        raise ActError(ActCode.UNKNOWN_TASK, key=key[:120])
    return found[0]


class _OpenBriefing:
    """A briefing within the transaction of a command, and what is done to it."""

    def __init__(self, conn: Conn, briefing: Briefing, actor: Actor, now: datetime) -> None:
        self.conn, self.briefing, self._actor, self._now = conn, briefing, actor, now

    def append(self, act: BriefingAct, stated: BriefingFields, item: int = 0) -> None:
        append_act(self.conn, self._actor, self.briefing.key, act, self._now, stated, item)

    def current(self) -> Briefing:
        return _require_briefing(self.conn, self.briefing.key)


@contextmanager
def _act_on(
    context: DirectiveContext, key: str, secretary: Secretary, principal: Principal, word: str
) -> Iterator[_OpenBriefing]:
    """A command on a briefing that has not ended, in one transaction and with its entry in the audit log.

    ActError (NOT_PERMITTED, POSITION_NOT_VALID, UNKNOWN_BRIEFING, BRIEFING_ENDED, NOT_OPEN …); StoreError.
    """
    with context.store.write() as conn:
        now, actor = _begin(conn, context, secretary, principal)
        briefing = _require_briefing(conn, key)
        if briefing.ended_at is not None:
            raise ActError(ActCode.BRIEFING_ENDED)
        yield _OpenBriefing(conn, briefing, actor, now)
        context.write_entry(conn, principal, f"directive-briefing-{word}", key, "", actor.on_behalf_of)


def _begin(
    conn: Conn, context: DirectiveContext, secretary: Secretary, principal: Principal
) -> tuple[datetime, Actor]:  # fmt: skip
    """The time of the transaction, and who keeps the briefing."""
    now = change_counter.bump(conn, {"directives"}, context.clock())
    position, behalf = secretary.position, secretary.on_behalf_of
    return now, require_document_actor(conn, principal, position, behalf, DocumentAct.BRIEF, context.today())


def _require_briefing(conn: Conn, key: str) -> Briefing:
    briefing = briefings.find_briefing(conn, key)
    if briefing is None:
        raise ActError(ActCode.UNKNOWN_BRIEFING)
    return briefing


def _check_draft(conn: Conn, key: str) -> None:
    """Raises ActError where the instruction waits no more for the Office: issued, given back or withdrawn."""
    header = documents.find_header(conn, key)
    if header is not None:
        require_open(conn, header)
        check_sent(header)


def _cleaned(conclusion: Conclusion) -> Conclusion:
    text, lead = (stored_text(each, _MAX_TEXT) for each in (conclusion.text, conclusion.lead))
    return Conclusion(text, lead, stored_text(conclusion.due, _MAX_DUE))


def _require_kind(
    conn: Conn, context: DirectiveContext, principal: Principal, kinds: frozenset[PositionKind]
) -> None:  # fmt: skip
    own = load_positions(conn).of_holder(principal, context.today())
    if not any(position.kind in kinds for position in own):
        raise ActError(ActCode.POSITION_NOT_VALID, position=principal.name)
