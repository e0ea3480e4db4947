"""Drafts of acts: one for each task and act, by who leads the task; the next one takes its place."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, literal, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.dialect import upsert
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    directive_act_draft,
    directive_interval,
)

_A, _I = directive_act_draft.c, directive_interval.c


@dataclass(frozen=True, slots=True)
class ActDraft:
    """What an officer wrote for the leader to send. `at` (aware): when. `agency`: which led the task then."""

    task_id: int
    act: Act
    agency: str
    at: datetime
    actor: str
    position: str
    stated: ActFields


def put_draft(conn: Connection, draft: ActDraft) -> ActDraft:
    """Stores the draft in place of an earlier one of the same act on the task; returns it as stored.

    It is always later than the one that it replaces, also while the clock stands: `remove_draft` tells them apart.
    """
    own = select(_A.known_ms).where(_A.task_id == draft.task_id, _A.act == draft.act.value)
    earlier = conn.execute(own).scalar()
    known = to_ms(draft.at) if earlier is None else max(to_ms(draft.at), earlier + 1)
    row = {
        "task_id": draft.task_id, "act": draft.act.value, "agency": draft.agency, "known_ms": known,
        "actor": draft.actor, "position": draft.position, "body": json.dumps(draft.stated.to_json()),
    }  # fmt: skip
    upsert(conn, directive_act_draft, [row])
    return replace(draft, at=from_ms(known))


def find_draft(conn: Connection, task_id: int, act: Act) -> ActDraft | None:
    """The draft of the act on a task, whoever wrote it; None for none."""
    row = conn.execute(select(directive_act_draft).where(_A.task_id == task_id, _A.act == act.value)).one_or_none()
    return _draft(row) if row else None


def remove_draft(conn: Connection, task_id: int, act: Act, until: datetime) -> None:
    """The act was done from the draft that was written at `until` (aware): a later one was not read, and stays."""
    is_read = _A.known_ms <= to_ms(until)
    conn.execute(delete(directive_act_draft).where(_A.task_id == task_id, _A.act == act.value, is_read))


def drafts_of_task(conn: Connection, task_id: int, agencies: Sequence[str]) -> dict[Act, ActDraft]:
    """The drafts on a task that people of `agencies` wrote, by act."""
    query = select(directive_act_draft).where(_A.task_id == task_id, _A.agency.in_(agencies))
    return {draft.act: draft for draft in map(_draft, conn.execute(query))}


def drafts_of_tasks(conn: Connection, task_ids: Sequence[int], agencies: Sequence[str]) -> dict[int, ActDraft]:
    """The newest draft of each of these tasks that people of `agencies` wrote, by number of the task."""
    query = select(directive_act_draft).where(_A.task_id.in_(task_ids), _A.agency.in_(agencies))
    return {draft.task_id: draft for draft in map(_draft, conn.execute(query.order_by(_A.known_ms)))}


def drafts_to_send(conn: Connection, agencies: Sequence[str], limit: int) -> tuple[list[ActDraft], int]:
    """At most `limit` drafts on tasks that `agencies` hold and work on, the oldest first, and how many there are."""
    condition = _to_send(agencies)
    count = select(func.count()).select_from(directive_act_draft).join(directive_interval, _on()).where(condition)
    total = conn.execute(count).scalar_one()
    query = select(directive_act_draft).join(directive_interval, _on()).where(condition)
    rows: Iterable[Row[tuple[object, ...]]] = (
        conn.execute(query.order_by(_A.known_ms, _A.task_id).limit(limit)) if limit and total else ()
    )
    return [_draft(row) for row in rows], total


def draft_identities(agencies: Sequence[str]) -> Select[tuple[str, int, int]]:
    """Section, task and a number of each draft of `drafts_to_send`, for counts over several lists."""
    columns = (literal("draft").label("section"), _A.task_id, _A.known_ms.label("event_id"))
    return select(*columns).join(directive_interval, _on()).where(_to_send(agencies))


def _on() -> ColumnElement[bool]:
    return and_(_I.task_id == _A.task_id, _I.valid_to_ms == OPEN_END_MS)


def _to_send(agencies: Sequence[str]) -> ColumnElement[bool]:
    in_hand = [WORK_CODES[WorkState.NOT_STARTED], WORK_CODES[WorkState.ACTIVE]]
    return and_(_A.agency.in_(agencies), _I.holder.in_(agencies), _I.work_state.in_(in_hand))


def _draft(row: Row[tuple[object, ...]]) -> ActDraft:
    stated = ActFields.from_json(json.loads(row.body))
    return ActDraft(row.task_id, Act(row.act), row.agency, from_ms(row.known_ms), row.actor, row.position, stated)
