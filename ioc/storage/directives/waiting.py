"""Who waits for whom: open items, and completion reports that nobody has decided, as pairs of parties.

A party is an agency, by its key, or LEADERS or OFFICE, which are no keys of agencies. Proposals are advice within the
Office: nobody waits for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)  # fmt: skip

from ioc.domain.base.times import from_ms
from ioc.domain.directives.acts import ItemKind
from ioc.domain.directives.task_status import WorkState
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    WORK_CODES,
    directive_document,
    directive_interval,
    directive_open_item,
    directive_task,
)
from ioc.storage.directives.statistics import is_current
from ioc.storage.directives.visibility import ReadAccess

LEADERS, OFFICE = "_leaders", "_office"
_I, _T, _D, _O = directive_interval.c, directive_task.c, directive_document.c, directive_open_item.c
_DAY_MS, _ZONE_MS = 86_400_000, 7 * 3_600_000  # Asia/Ho_Chi_Minh has no other offset since 1975
_DECIDED_BY_LEADERS = (ItemKind.EXTENSION.value, ItemKind.EXPLANATION_ANSWER.value)


@dataclass(frozen=True, slots=True)
class Parties:
    """How names become parties. `successors`: of agencies that ended, by key.

    `leader_positions`, `office_positions`: keys and kinds of the positions of the leaders and of the Office.
    """

    successors: Mapping[str, str] = field(default_factory=dict)
    leader_positions: tuple[str, ...] = ()
    office_positions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitFilter:
    """The tasks on which `waiting` waits for `waited_for`."""

    parties: Parties
    waiting: str
    waited_for: str


@dataclass(frozen=True, slots=True)
class WaitingPair:
    """`waiting` waits for `waited_for` on `count` tasks, on one of them since `since`."""

    waiting: str
    waited_for: str
    count: int
    since: datetime
    is_simulated: bool


def list_pairs(conn: Connection, parties: Parties, access: ReadAccess, limit: int) -> list[WaitingPair]:
    """The pairs, the one that waits longest first."""
    waits = _waits(parties)
    query = (
        select(
            waits.c.waiting, waits.c.waited_for, func.count(waits.c.task_id.distinct()).label("size"),
            func.min(waits.c.since_ms).label("since_ms"), func.max(case((_D.is_simulated, 1), else_=0)).label("marked"),
        )
        .select_from(waits)
        .join(directive_task, _T.id == waits.c.task_id)
        .join(directive_document, _D.id == _T.document_id)
        .where(waits.c.waiting != waits.c.waited_for)
        .group_by(waits.c.waiting, waits.c.waited_for)
    )  # fmt: skip
    if access.visibilities:
        query = query.where(or_(access.of_documents(), access.of_asked(waits.c.task_id)))
    rows = conn.execute(query.order_by("since_ms", waits.c.waiting, waits.c.waited_for).limit(limit))
    return [
        WaitingPair(row.waiting, row.waited_for, int(row.size), from_ms(int(row.since_ms)), bool(row.marked))
        for row in rows
    ]


def waits_on(asked: WaitFilter) -> Select[Any]:
    """The numbers of the tasks on which the one waits for the other."""
    waits = _waits(asked.parties)
    return select(waits.c.task_id).where(
        waits.c.waiting == asked.waiting, waits.c.waited_for == asked.waited_for, waits.c.waiting != waits.c.waited_for
    )


def _waits(parties: Parties) -> Subquery:
    """A row for each wait: task_id, waiting, waited_for, since_ms."""
    return union_all(_items(parties), _completions(parties)).subquery("waits")


def _is_present(interval: Any) -> ColumnElement[bool]:
    """The present interval of a task that is known: found by the task, not among all that are present."""
    is_open: ColumnElement[bool] = interval.valid_to_ms + 0 == OPEN_END_MS
    return is_open


def _present(parties: Parties, agency: Any) -> ColumnElement[str]:
    """The agency that stands for `agency` today."""
    return case(dict(parties.successors), value=agency, else_=agency) if parties.successors else agency


def _items(parties: Parties) -> Select[Any]:
    waiting = case((_O.kind == ItemKind.EXPLANATION.value, LEADERS), else_=_present(parties, _I.holder))
    waited_for = case(
        (_O.kind.in_(_DECIDED_BY_LEADERS), LEADERS),
        (or_(_O.kind == ItemKind.ADJUSTMENT.value, _O.agency == "", _O.agency.in_(parties.office_positions)), OFFICE),
        (_O.agency.in_(parties.leader_positions), LEADERS),
        else_=_present(parties, _O.agency),
    )
    joined = directive_open_item.join(directive_interval, and_(_I.task_id == _O.task_id, _is_present(_I)))
    query = select(_O.task_id, waiting.label("waiting"), waited_for.label("waited_for"), _O.since_ms)
    return query.select_from(joined).where(_O.kind != ItemKind.PROPOSAL.value)


def _completions(parties: Parties) -> Select[Any]:
    """Reports that wait: of a part of an order for who leads the order, of a starred task for the leaders."""
    order = directive_interval.alias("order_interval").c
    waited_for = case(
        (order.holder.is_not(None), _present(parties, order.holder)), (_I.is_starred, LEADERS), else_=OFFICE
    )
    epoch = date(1970, 1, 1).toordinal()
    since = cast(_I.stopped_on - epoch, BigInteger) * literal(_DAY_MS, BigInteger) - _ZONE_MS
    joined = directive_interval.join(directive_task, _T.id == _I.task_id).outerjoin(
        order.holder.table, and_(_T.order_id != 0, order.task_id == _T.order_id, _is_present(order))
    )
    query = select(
        _I.task_id, _present(parties, _I.holder).label("waiting"), waited_for.label("waited_for"),
        since.label("since_ms"),
    )  # fmt: skip
    return query.select_from(joined).where(
        is_current(), _I.work_state == WORK_CODES[WorkState.AWAITING_ACCEPTANCE], _I.stopped_on.is_not(None)
    )
