"""The commands behind a draft: an officer of an agency hands an act over, or withdraws it; the leader sends it."""

import json
from datetime import datetime

from ioc.directives.act_command import ActCommand, clean_command
from ioc.directives.acts import check_master, check_version, visible_task
from ioc.directives.context import DirectiveContext, StoredTexts, load_positions, require_actor
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.clock_set_back import behind
from ioc.domain.directives.act_checks import check_act, check_bounds
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind, TaskEvent
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.positions import drafted_acts
from ioc.storage.db import change_counter
from ioc.storage.directives import act_drafts
from ioc.storage.directives.act_drafts import ActDraft


class DraftChangedError(ActError):
    """`draft` was handed over since the sender looked."""

    def __init__(self, draft: ActDraft) -> None:
        super().__init__(ActCode.DRAFT_CHANGED, at=draft.at)
        self.draft = draft


def save_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> ActDraft:
    """Stores the act of `command` as a draft, in place of an earlier one of the same act on the task.

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
        if event.act not in drafted_acts(actor.acting, subject):
            raise ActError(ActCode.NOT_PERMITTED, act=event.act.value, permitted=PositionKind.AGENCY_OFFICER.value)
        check_act(loaded.state, event, loaded.act_context(context, actor, held))
        check_bounds(loaded.state, event, loaded.history)
        draft = ActDraft(loaded.stored.id, event.act, subject.holder, now, principal.name, event.position, event.stated)
        stood = act_drafts.find_draft(conn, draft.task_id, draft.act)
        _check_unread(stood, draft, command.draft_at, predecessors(context.agencies, draft.agency, event.day))
        stored = act_drafts.put_draft(conn, draft)
        values = json.dumps({"act": event.act.value} | event.stated.to_json(), ensure_ascii=False, sort_keys=True)
        context.write_entry(conn, principal, "directive-draft", cleaned.task, values, actor.on_behalf_of, now)
    return stored


def _check_unread(
    stored: ActDraft | None, draft: ActDraft, read_at: datetime | None, agencies: tuple[str, ...]
) -> None:
    """Who writes over another draft has read it, that of `read_at`; also an own one, of another tab.

    `agencies`: the agency of the draft and those that it succeeded. One of an agency from which the task was
    transferred is nobody's.
    """
    if stored and stored.agency in agencies and stored.at != read_at and stored.stated != draft.stated:
        raise DraftChangedError(stored)


def withdraw_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> None:
    """Takes the draft of `command.draft_at` back: what its writer handed over, and nobody has sent.

    PermissionDeniedError; ActError: DRAFT_GONE where it is no more; StoreError.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        held = load_positions(conn)
        loaded = visible_task(conn, context, held, command, principal)
        actor = require_actor(held, principal, command.position, command.on_behalf_of, command.act, context.today())
        stored = act_drafts.find_draft(conn, loaded.stored.id, command.act)
        if stored is None or stored.at != command.draft_at or stored.position != actor.acting.key:
            raise ActError(ActCode.DRAFT_GONE)
        act_drafts.remove_draft(conn, loaded.stored.id, command.act, stored.at)
        values = json.dumps({"act": command.act.value})
        context.write_entry(conn, principal, "directive-draft-withdrawn", command.task, values, actor.on_behalf_of, now)
