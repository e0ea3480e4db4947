"""Issued instructions (ý kiến chỉ đạo) by the page on which they were given, as they stood at a moment."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from ioc.domain.base.times import to_ms
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.correction import as_of
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.instruction import MAX_OF_PAGE, IssuedInstruction
from ioc.domain.directives.task_fold import fold
from ioc.storage.directives.document_body import read_header
from ioc.storage.directives.events import EVENTS, read_event
from ioc.storage.directives.schema import directive_document, directive_event, directive_task


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
