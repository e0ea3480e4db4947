"""Instructions (ý kiến chỉ đạo): those without a number by whom they wait for; issued ones by the page on which they
were given, as they stood at a moment.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from ioc.domain.base.times import to_ms
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.correction import as_of
from ioc.domain.directives.directive import Document, InstructionAct, Visibility
from ioc.domain.directives.instruction import MAX_OF_PAGE, IssuedInstruction
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


def issued_child(conn: Connection, key: str) -> str | None:
    """The number of an issued document that carries out the document of that key; None for none."""
    number: str | None = conn.execute(_issued_children().where(directive_parent.c.parent == key).limit(1)).scalar()
    return number


def _issued_children() -> Select[Any]:
    """Numbers of the issued documents that carry out another one."""
    child = directive_document.alias()
    joined = directive_parent.join(child, child.c.key == directive_parent.c.document)
    return select(child.c.number).select_from(joined).where(child.c.number != "")


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
