"""Drafts of acts: one for each task, act and request that it answers; the next one takes its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, literal, or_, select, update

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, possible_acts
from ioc.domain.directives.evidence import DraftEvidence, EvidenceFile
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import upsert
from ioc.storage.directives import draft_evidence
from ioc.storage.directives.document_body import read_stated, stated_text
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    directive_act_draft,
    directive_draft_evidence,
    directive_interval,
    directive_open_item,
)

_A, _I, _O = directive_act_draft.c, directive_interval.c, directive_open_item.c
_F = directive_draft_evidence.c
_IN_HAND = (WorkState.NOT_STARTED, WorkState.ACTIVE)
_IS_RETURNED = _A.returned_by.is_not(None)


@dataclass(frozen=True, slots=True)
class DraftReturn:
    """The leader gave a draft back to its writer. `position`: of the leader. `text`: the remark."""

    position: str
    text: str


@dataclass(frozen=True, slots=True)
class ActDraft:
    """What an officer wrote for the leader to send. `agency`: which led the task, or was asked.

    `at` (aware): when it was handed over, or `returned`: then it waits for the officer, not for the leader.
    """

    task_id: int
    act: Act
    agency: str
    at: datetime
    actor: str
    position: str
    stated: ActFields
    files: tuple[DraftEvidence, ...] = ()
    returned: DraftReturn | None = None

    @property
    def refers_to(self) -> int:
        """Number of the act that it answers, 0 for none."""
        return request_of(self.act, self.stated)


def request_of(act: Act, stated: ActFields) -> int:
    """Number of the act that is answered, 0 where `act` answers none."""
    return (stated.refers_to or 0) if ACT_RULES[act].answers else 0


def put_draft(conn: Connection, draft: ActDraft, files: Sequence[EvidenceFile] = ()) -> ActDraft:
    """Stores the draft in place of an earlier one of the same act and request on the task; returns it as stored.

    It is always later than the one that it replaces, also while the clock stands: `remove_draft` tells them apart.
    """
    earlier = conn.execute(select(_A.known_ms).where(_is(draft.task_id, draft.act, draft.refers_to))).scalar()
    known = to_ms(draft.at) if earlier is None else max(to_ms(draft.at), earlier + 1)
    row = {
        "task_id": draft.task_id, "act": draft.act.value, "refers_to": draft.refers_to, "agency": draft.agency,
        "known_ms": known, "actor": draft.actor, "position": draft.position,
        "body": stated_text(draft.stated), "returned_by": None, "returned_text": None,
    }  # fmt: skip
    upsert(conn, directive_act_draft, [row])
    draft_evidence.replace_files(conn, _key(draft), files, draft.actor, known)
    (stored,) = _with_files(conn, [replace(draft, at=from_ms(known))])
    return stored


def return_draft(conn: Connection, draft: ActDraft, returned: DraftReturn, at: datetime) -> None:
    """The draft waits for its writer again, with its files; it is another one than that which the leader read."""
    known = max(to_ms(at), to_ms(draft.at) + 1)
    values = {"known_ms": known, "returned_by": returned.position, "returned_text": returned.text}
    conn.execute(update(directive_act_draft).where(_is(draft.task_id, draft.act, draft.refers_to)).values(values))


def find_draft(conn: Connection, task_id: int, act: Act, refers_to: int) -> ActDraft | None:
    """The draft of the act on a task for that request (0: none), whoever wrote it; None for none."""
    rows = conn.execute(select(directive_act_draft).where(_is(task_id, act, refers_to)))
    return next(iter(_with_files(conn, [_draft(row) for row in rows])), None)


def remove_draft(conn: Connection, task_id: int, act: Act, refers_to: int, until: datetime) -> None:
    """The act was done from the draft that was written at `until` (aware): a later one was not read, and stays."""
    own = _is(task_id, act, refers_to)
    if conn.execute(delete(directive_act_draft).where(own, _A.known_ms <= to_ms(until))).rowcount:
        draft_evidence.remove_files(conn, (task_id, act, refers_to))


def drafts_of_task(conn: Connection, task_id: int, agencies: Sequence[str]) -> tuple[ActDraft, ...]:
    """The drafts on a task that people of `agencies` wrote, the oldest first."""
    query = select(directive_act_draft).where(_A.task_id == task_id, _A.agency.in_(agencies))
    return tuple(_with_files(conn, list(map(_draft, conn.execute(query.order_by(_A.known_ms, _A.act, _A.refers_to))))))


def drafts_with_files(conn: Connection, task_id: int) -> list[ActDraft]:
    """The drafts on a task that have files, without these, whoever wrote them."""
    has_files = exists().where(_F.task_id == _A.task_id, _F.act == _A.act, _F.refers_to == _A.refers_to)
    rows = conn.execute(select(directive_act_draft).where(_A.task_id == task_id, has_files))
    return [_draft(row) for row in rows]


def drafts_of_tasks(
    conn: Connection, task_ids: Sequence[int], agencies: Sequence[str]
) -> dict[tuple[int, int], ActDraft]:
    """The newest draft of each of these tasks that people of `agencies` wrote, by numbers of task and request.

    Before those that wait for the leader, one that was returned.
    """
    if not (task_ids and agencies):
        return {}
    query = select(directive_act_draft).where(_A.task_id.in_(task_ids), _A.agency.in_(agencies))
    found = sorted(map(_draft, conn.execute(query.order_by(_A.known_ms))), key=lambda draft: bool(draft.returned))
    return {(draft.task_id, draft.refers_to): draft for draft in found}


def drafts_to_send(conn: Connection, agencies: Sequence[str], limit: int) -> tuple[list[ActDraft], int]:
    """At most `limit` drafts that `agencies` can send, the oldest first, and how many there are.

    Of reports and requests those on tasks that they hold and work on, of answers those to what they are still asked;
    none that was returned.
    """
    condition = _to_send(agencies)
    total = conn.execute(select(func.count()).select_from(directive_act_draft).where(condition)).scalar_one()
    query = select(directive_act_draft).where(condition).order_by(_A.known_ms, _A.task_id, _A.act, _A.refers_to)
    rows: Iterable[Row[tuple[object, ...]]] = conn.execute(query.limit(limit)) if limit and total else ()
    return [_draft(row) for row in rows], total


def is_drafted(
    task_id: ColumnElement[int], request: ColumnElement[int], agencies: Sequence[str]
) -> ColumnElement[bool]:  # fmt: skip
    """Whether a draft of `agencies` that answers the request of that number waits for the leader."""
    return exists().where(_A.task_id == task_id, _A.refers_to == request, _A.agency.in_(agencies), ~_IS_RETURNED)


def waiting_for_leader(agencies: Sequence[str]) -> Select[tuple[int]]:
    """Tasks in hand on which drafts of `agencies` that answer no request wait for the leader, none for its writer."""
    own = select(_A.task_id).where(_A.agency.in_(agencies), _A.refers_to == 0, _is_of(WorkState.ACTIVE))
    return own.where(_A.task_id.not_in(own.where(_IS_RETURNED)))


def draft_identities(agencies: Sequence[str]) -> Select[tuple[str, int, int]]:
    """Section, task and a number of each draft of `drafts_to_send`, for counts over several lists."""
    return select(literal("draft").label("section"), _A.task_id, _A.known_ms.label("event_id")).where(
        _to_send(agencies)
    )


def _key(draft: ActDraft) -> draft_evidence.DraftKey:
    return draft.task_id, draft.act, draft.refers_to


def _with_files(conn: Connection, drafts: Sequence[ActDraft]) -> list[ActDraft]:
    files = draft_evidence.of_tasks(conn, {draft.task_id for draft in drafts})
    return [replace(draft, files=files.get(_key(draft), ())) for draft in drafts]


def _is(task_id: int, act: Act, refers_to: int) -> ColumnElement[bool]:
    return and_(_A.task_id == task_id, _A.act == act.value, _A.refers_to == refers_to)


def _to_send(agencies: Sequence[str]) -> ColumnElement[bool]:
    in_hand = (and_(_I.work_state == WORK_CODES[each], _is_of(each)) for each in _IN_HAND)
    is_led = exists().where(
        _I.task_id == _A.task_id, _I.valid_to_ms == OPEN_END_MS, _I.holder.in_(agencies), or_(*in_hand)
    )
    is_asked = exists().where(_O.task_id == _A.task_id, _O.event_id == _A.refers_to, _O.agency.in_(agencies))
    return and_(_A.agency.in_(agencies), ~_IS_RETURNED, or_(and_(_A.refers_to == 0, is_led), is_asked))


def _is_of(state: WorkState) -> ColumnElement[bool]:
    """Drafts of acts that are possible in that state of the task."""
    return _A.act.in_([act.value for act in possible_acts(state)])


@reads_records
def _draft(row: Row[tuple[object, ...]]) -> ActDraft:
    stated = read_stated(row.body)
    returned = DraftReturn(row.returned_by, row.returned_text or "") if row.returned_by else None
    return ActDraft(
        row.task_id, Act(row.act), row.agency, from_ms(row.known_ms), row.actor, row.position, stated, (), returned
    )
