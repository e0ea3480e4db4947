"""The commands behind a draft: an officer of an agency hands an act over or withdraws it, the leader returns it."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from ioc.directives.act_command import ActCommand, clean_command
from ioc.directives.acts import check_files, check_master, check_version, visible_task
from ioc.directives.context import (
    Actor,
    DirectiveContext,
    LoadedTask,
    StoredTexts,
    load_positions,
    require_actor,
)
from ioc.directives.sent_drafts import DraftChangedError, carried_files, split_ended
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.directives.act_bounds import check_bounds
from ioc.domain.directives.act_checks import check_act
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind, TaskEvent
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.evidence import EvidenceFile, logged_files
from ioc.domain.directives.positions import StandIn, is_permitted, may_draft, permitted_kinds
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.directives import act_drafts, events
from ioc.storage.directives.act_drafts import ActDraft, DraftReturn, request_of

_AGENCY_KINDS = frozenset({PositionKind.AGENCY_LEADER, PositionKind.AGENCY_OFFICER})


def save_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> ActDraft:
    """Stores the act of `command` as a draft, in place of an earlier one of the same act and request on the task.

    It is checked as if the leader did it now. It changes nothing of the task, and is gone once the act is done.
    PermissionDeniedError; TaskChangedError; DraftChangedError for a draft other than that of
    `command.draft_at`; ActError; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    cleaned = clean_command(command, StoredTexts())
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        held = load_positions(conn)
        loaded = visible_task(conn, context, held, cleaned, principal)
        actor = require_actor(held, principal, cleaned.position, cleaned.on_behalf_of, cleaned.act, context.today())
        check_master(loaded.document, actor)
        check_version(loaded, cleaned)
        event = TaskEvent(
            0, cleaned.task, cleaned.act, now, principal.name, actor.position.key, actor.on_behalf_of, cleaned.stated,
            behind(context.clock(), now),
        )  # fmt: skip
        subject = loaded.subject(context.agencies, event.day)
        if not may_draft(actor.acting, event.act, subject, request := event.stated.refers_to):
            if request and (loaded.state is None or loaded.state.find_item(request) is None):
                raise ActError(ActCode.NOT_OPEN)  # it was answered meanwhile
            raise ActError(ActCode.NOT_PERMITTED, act=event.act.value, permitted=PositionKind.AGENCY_OFFICER.value)
        check_act(loaded.state, event, loaded.act_context(context, actor, held))
        check_bounds(loaded.state, event, loaded.history)
        draft = ActDraft(
            loaded.stored.id, event.act, actor.acting.agency, now, principal.name, actor.acting.key, event.stated
        )
        stood = act_drafts.find_draft(conn, draft.task_id, draft.act, draft.refers_to)
        if stood and stood.agency not in predecessors(context.agencies, draft.agency, event.day):
            stood = None  # of an agency from which the task was transferred: nobody's
        files = carried_files(stood, cleaned)
        check_files(conn, context, event.act, principal.name, files)
        _check_unread(stood, draft, files, command.draft_at)
        stored = act_drafts.put_draft(conn, draft, files)
        values = json.dumps(_values(event, files), ensure_ascii=False, sort_keys=True)
        context.write_entry(conn, principal, "directive-draft", cleaned.task, values, actor.on_behalf_of)
    return stored


def _values(event: TaskEvent, files: Sequence[EvidenceFile]) -> dict[str, object]:
    """What the audit log keeps of a draft."""
    return {"act": event.act.value} | event.stated.to_json() | logged_files(files)


def _check_unread(
    stood: ActDraft | None, draft: ActDraft, files: Sequence[EvidenceFile], read_at: datetime | None
) -> None:  # fmt: skip
    """Who writes over another draft has read it, that of `read_at`; also an own one, of another tab."""
    if stood is None or stood.at == read_at:
        return
    contents = {file.sha256 for file in files}
    if stood.returned or stood.stated != draft.stated or contents != {each.file.sha256 for each in stood.files}:
        raise DraftChangedError(stood)


def withdraw_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> ActDraft:
    """Takes the draft of `command.draft_at` back: what was handed over in its writer's position, and nobody has sent.

    Returns it as it stood. PermissionDeniedError; ActError: DRAFT_GONE where it is no more; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        change_counter.bump(conn, {"directives"}, context.clock())
        _loaded, actor, stored = _read_draft(conn, context, command, principal)
        if stored.position != actor.acting.key:
            raise ActError(ActCode.DRAFT_GONE)
        act_drafts.remove_draft(conn, stored.task_id, stored.act, stored.refers_to, stored.at)
        values = json.dumps({"act": command.act.value})
        context.write_entry(conn, principal, "directive-draft-withdrawn", command.task, values, actor.on_behalf_of)
    return stored


def return_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> None:
    """Gives the draft of `command.draft_at` back to its writer with the remark `command.stated.text`, by who may send.

    The task does not change, and the draft keeps what it states and its files. PermissionDeniedError; ActError:
    FIELD_MISSING without a remark, DRAFT_GONE where the draft is no more, has ended or was returned;
    StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    cleaned = clean_command(command, StoredTexts())
    if not cleaned.stated.text:
        raise ActError(ActCode.FIELD_MISSING, field="text")
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        loaded, actor, stored = _read_draft(conn, context, cleaned, principal)
        day, acting = context.today(), actor.acting
        subject = loaded.subject(context.agencies, day)
        if not is_permitted(acting, stored.act, subject, stored.refers_to):
            kinds = ", ".join(kind.value for kind in permitted_kinds(stored.act))
            raise ActError(ActCode.NOT_PERMITTED, act=stored.act.value, permitted=kinds)
        is_ended = bool(split_ended([stored], subject, context.agencies, day)[1])
        if is_ended or stored.returned or stored.agency not in predecessors(context.agencies, acting.agency, day):
            raise ActError(ActCode.DRAFT_GONE)
        act_drafts.return_draft(conn, stored, DraftReturn(acting.key, cleaned.stated.text), now)
        values = json.dumps({"act": stored.act.value, "text": cleaned.stated.text}, ensure_ascii=False)
        context.write_entry(conn, principal, "directive-draft-returned", command.task, values, actor.on_behalf_of)


def _read_draft(
    conn: Conn, context: DirectiveContext, command: ActCommand, principal: Principal
) -> tuple[LoadedTask, Actor, ActDraft]:  # fmt: skip
    """The draft of `command.draft_at`, its task, and who acts on it. ActError: DRAFT_GONE where it is no more."""
    held = load_positions(conn)
    loaded = visible_task(conn, context, held, command, principal)
    actor = require_actor(held, principal, command.position, command.on_behalf_of, command.act, context.today())
    refers_to = request_of(command.act, command.stated)
    stored = act_drafts.find_draft(conn, loaded.stored.id, command.act, refers_to)
    if stored is None or stored.at != command.draft_at:
        raise ActError(ActCode.DRAFT_GONE)
    return loaded, actor, stored


def seen_drafts(conn: Conn, context: DirectiveContext, task_id: int, who: Iterable[StandIn]) -> tuple[ActDraft, ...]:
    """The drafts on a task for people of the agencies that wrote or succeeded to them; for who stands in, by acts."""
    seen_by = [each for each in who if each.acting.kind in _AGENCY_KINDS]
    present = {each.acting.agency for each in seen_by}
    written = {agency: predecessors(context.agencies, agency, context.today()) for agency in present}
    drafts = act_drafts.drafts_of_task(conn, task_id, sorted({key for keys in written.values() for key in keys}))

    def is_seen(draft: ActDraft, by: StandIn) -> bool:
        return draft.agency in written[by.acting.agency] and (not by.acts or draft.act in by.acts)

    return tuple(draft for draft in drafts if any(is_seen(draft, each) for each in seen_by))


def drafts_of_principal(
    conn: Conn, context: DirectiveContext, task: str, principal: Principal
) -> tuple[ActDraft, ...]:  # fmt: skip
    """The drafts on a task that the principal sees in one of the positions of today, own or by a mandate."""
    day, stored, found = context.today(), load_positions(conn), events.find_task(conn, task)
    if found is None:
        return ()
    own = stored.of_holder(principal, day)
    return seen_drafts(conn, context, found.id, (*(StandIn(each, each) for each in own), *stored.stand_ins(own, day)))
