"""The command behind a draft: an agency's officer writes an act that the leader of the agency sends."""

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
from ioc.storage.db.store import Conn
from ioc.storage.directives import act_drafts
from ioc.storage.directives.act_drafts import ActDraft


class DraftChangedError(ActError):
    """Somebody handed over a draft that the sender has not seen: `draft`."""

    def __init__(self, draft: ActDraft) -> None:
        super().__init__(ActCode.DRAFT_CHANGED, at=draft.at)
        self.draft = draft


def save_draft(context: DirectiveContext, command: ActCommand, principal: Principal) -> ActDraft:
    """Stores the act of `command` as a draft, in place of an earlier one of the same act on the task.

    It is checked as if the leader did it now. It changes nothing of the task, and is gone once the act is done.
    PermissionDeniedError; TaskChangedError; DraftChangedError: the present draft is later than `draft_at`, and another
    one; ActError; StoreError.
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
        _check_seen(conn, context, draft, command.draft_at)
        stored = act_drafts.put_draft(conn, draft)
        values = json.dumps({"act": event.act.value} | event.stated.to_json(), ensure_ascii=False, sort_keys=True)
        context.write_entry(conn, principal, "directive-draft", cleaned.task, values, actor.on_behalf_of, now)
    return stored


def _check_seen(conn: Conn, context: DirectiveContext, draft: ActDraft, seen: datetime | None) -> None:
    """Raises DraftChangedError where the draft that `draft` replaces is later than the one written at `seen`."""
    agencies = predecessors(context.agencies, draft.agency, context.today())
    earlier = act_drafts.drafts_of_task(conn, draft.task_id, agencies).get(draft.act)
    if earlier and (seen is None or earlier.at > seen) and earlier.stated != draft.stated:
        raise DraftChangedError(earlier)
