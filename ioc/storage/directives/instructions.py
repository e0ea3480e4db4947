"""Instructions (ý kiến chỉ đạo): those without a number by whom they wait for; issued ones by the page on which they
were given, as they stood at a moment.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select

from ioc.domain.base.times import CITY_ZONE, city_date, from_ms, to_ms
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.correction import as_of
from ioc.domain.directives.directive import Document, InstructionAct, Visibility
from ioc.domain.directives.instruction import MAX_OF_PAGE, IssuedInstruction, LateInstructions
from ioc.domain.directives.task_fold import fold
from ioc.storage.directives.document_body import read_header
from ioc.storage.directives.documents import read_documents
from ioc.storage.directives.events import EVENTS, read_event
from ioc.storage.directives.schema import directive_document, directive_event, directive_parent, directive_task

_D = directive_document.c
_RETURNED = _D.last_step == InstructionAct.RETURN.value
_IS_SENT = _D.last_step.not_in([InstructionAct.RETURN.value, InstructionAct.WITHDRAW.value])


def draft_instructions(conn: Connection, positions: Collection[str]) -> list[Document]:
    """Instructions without number and date, the oldest first: the Office's queue.

    One that an issued document carries out waits no more; one that was given back, only where the position that gave
    it has ended. `positions`: keys of those that are valid.
    """
    query = select(directive_document).where(_waits_for_office(positions))
    return read_documents(conn, query.order_by(_D.origin_given_ms, _D.id))


def count_draft_instructions(conn: Connection, positions: Collection[str]) -> int:
    """How many instructions `draft_instructions` has."""
    return _count(conn, _waits_for_office(positions))


def returned_instructions(conn: Connection, position: str) -> list[Document]:
    """Instructions that `position` gave and the Office gave back, the oldest first: they wait for that position."""
    query = select(directive_document).where(_waits_for([position]))
    return read_documents(conn, query.order_by(_D.origin_given_ms, _D.id))


def count_returned(conn: Connection, positions: Collection[str]) -> int:
    """How many instructions wait for one of these positions."""
    return _count(conn, _waits_for(positions)) if positions else 0


def unissued_instructions(conn: Connection, positions: Collection[str] | None, limit: int) -> list[Document]:
    """The newest instructions without a number, withdrawn ones too, of these positions; None: of all."""
    given_by = () if positions is None else (_D.origin_position.in_(positions),)
    query = select(directive_document).where(_is_unissued(), *given_by)
    return read_documents(conn, query.order_by(_D.origin_given_ms.desc(), _D.id.desc()).limit(limit))


def _count(conn: Connection, condition: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(directive_document).where(condition)).scalar_one())


def _waits_for_office(positions: Collection[str]) -> ColumnElement[bool]:
    return and_(_is_unissued(), or_(_IS_SENT, and_(_RETURNED, _D.origin_position.not_in(positions))))


def _waits_for(positions: Collection[str]) -> ColumnElement[bool]:
    return and_(_is_unissued(), _RETURNED, _D.origin_position.in_(positions))


def _is_unissued() -> ColumnElement[bool]:
    """Instructions without a number that no issued document carries out."""
    carried = _issued_children().with_only_columns(directive_parent.c.parent)
    return and_(_D.origin_page.is_not(None), _D.number == "", _D.key.not_in(carried))


class IssuedChild(NamedTuple):
    """A document of the Office that carries out another one."""

    key: str
    number: str


def issued_child(conn: Connection, key: str) -> IssuedChild | None:
    """An issued document that carries out the document of that key; None for none."""
    row = conn.execute(_issued_children().where(directive_parent.c.parent == key).limit(1)).one_or_none()
    return IssuedChild(*row) if row else None


def _issued_children() -> Select[Any]:
    """Key and number of issued documents that carry out another one; of the Office: a system may name any key."""
    child = directive_document.alias()
    joined = directive_parent.join(child, child.c.key == directive_parent.c.document)
    return select(child.c.key, child.c.number).select_from(joined).where(child.c.number != "", child.c.master == "")


def late_instructions(conn: Connection, at: datetime | None, day: date, days: int) -> Iterator[LateInstructions]:
    """Public and internal instructions that had no number at `at` (aware; None: by all acts), `days` after their day.

    `day`: that of the moment. One that an issued document carries out waits until the first act on the tasks of that
    document, or its last change where that came before.
    """
    columns = _D.is_simulated, _D.origin_given_ms, _D.last_step, _D.body
    query = select(*columns).where(
        _D.origin_page.is_not(None), _D.origin_given_ms < to_ms(_begin(day - timedelta(days=days))),
        _D.visibility.in_([Visibility.PUBLIC.value, Visibility.INTERNAL.value]),
        _is_unissued() if at is None else not_(_had_number(to_ms(at))),
    ).order_by(_D.origin_given_ms)  # fmt: skip
    found: dict[bool, list[int]] = {False: [], True: []}
    for row in conn.execute(query):
        if row.last_step != InstructionAct.WITHDRAW.value or _is_sent_at(row.body, at):
            found[row.is_simulated].append(row.origin_given_ms)
    for is_simulated, given in found.items():
        if given:
            late_from = _begin(city_date(from_ms(given[0])) + timedelta(days=days + 1))
            yield LateInstructions(len(given), late_from, is_simulated)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE)


def _is_sent_at(body: str, at: datetime | None) -> bool:
    """Whether an instruction that was withdrawn was so only after `at`."""
    return at is not None and read_header(body).steps[-1].at > at


def _had_number(at_ms: int) -> ColumnElement[bool]:
    """Whether the tasks of a document were assigned by then, or an issued document of the Office carried it out."""
    child = directive_document.alias()
    acted = directive_task.join(directive_event, directive_event.c.task_id == directive_task.c.id)
    first = select(1).select_from(acted).where(directive_event.c.known_ms <= at_ms)
    carried = select(1).select_from(directive_parent.join(child, child.c.key == directive_parent.c.document)).where(
        directive_parent.c.parent == _D.key, child.c.number != "", child.c.master == "",
        or_(child.c.changed_ms <= at_ms, first.where(directive_task.c.document_id == child.c.id).exists()),
    )  # fmt: skip
    return or_(first.where(directive_task.c.document_id == _D.id).exists(), carried.exists())


def issued_instructions(
    conn: Connection, pages: Collection[str], at: datetime | None, now: datetime, soon_days: int
) -> tuple[IssuedInstruction, ...]:  # fmt: skip
    """The newest instructions given on each of `pages` that everybody may see, one for each task.

    They are as the acts up to `at` left them. `at` (aware) None: by all acts, judged at `now`.
    One that had no number then is left out: it is seen by the Office and who gave it alone.
    """
    document, task = directive_document.c, directive_task.c
    newest = (document.origin_given_ms.desc(), task.id)
    place = func.row_number().over(partition_by=document.origin_page, order_by=newest).label("place")
    query = select(
        document.key.label("document"), document.is_simulated, document.body, document.origin_given_ms, task.id,
        task.key, place,
    ).join_from(directive_document, directive_task, task.document_id == document.id)  # fmt: skip
    query = query.where(
        document.origin_page.in_(pages), document.number != "",
        document.visibility.in_([Visibility.PUBLIC.value, Visibility.INTERNAL.value]),
    )  # fmt: skip
    if at is not None:
        query = query.where(document.origin_given_ms <= to_ms(at))
    given = query.subquery()
    shown = select(given).where(given.c.place <= MAX_OF_PAGE).order_by(given.c.origin_given_ms.desc(), given.c.id)
    rows = conn.execute(shown).all()
    acts, found = _acts(conn, [row.id for row in rows]), list[IssuedInstruction]()
    for row in rows:
        header, state = read_header(row.body), fold(acts[row.id], at)
        number, origin = header.number if at is None else as_of(header, at).number, header.origin
        if state is None or origin is None:
            continue
        found.append(
            IssuedInstruction(
                row.document, row.key, number, origin, state.holder, state.status(at or now, soon_days),
                row.is_simulated,
            )
        )  # fmt: skip
    return tuple(found)


def _acts(conn: Connection, task_ids: list[int]) -> dict[int, list[TaskEvent]]:
    acts = defaultdict[int, list[TaskEvent]](list)
    query = EVENTS.where(directive_event.c.task_id.in_(task_ids)).order_by(directive_event.c.id)
    for row in conn.execute(query) if task_ids else ():
        acts[row.task_id].append(read_event(row))
    return acts
