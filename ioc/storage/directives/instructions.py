"""Issued instructions (ý kiến chỉ đạo) by the page on which they were given, as they stood at a moment."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from ioc.domain.base.times import to_ms
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.correction import as_of
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.directives.task_fold import fold
from ioc.storage.directives.document_body import read_header
from ioc.storage.directives.events import EVENTS, read_event
from ioc.storage.directives.schema import directive_document, directive_event, directive_task

_MAX_SHOWN = 100


def issued_instructions(
    conn: Connection, pages: Collection[str], at: datetime | None, now: datetime, soon_days: int
) -> tuple[IssuedInstruction, ...]:  # fmt: skip
    """The newest instructions given on `pages` that everybody may see, one for each task, by the acts up to `at`.

    `at` (aware) None: by all acts, judged at `now`. One that had no number then is left out: it is seen by the Office
    and who gave it alone.
    """
    document, task = directive_document.c, directive_task.c
    query = select(document.key.label("document"), document.is_simulated, document.body, task.id, task.key).join_from(
        directive_document, directive_task, task.document_id == document.id
    )
    query = query.where(
        document.origin_page.in_(pages), document.number != "",
        document.visibility.in_([Visibility.PUBLIC.value, Visibility.INTERNAL.value]),
    )  # fmt: skip
    if at is not None:
        query = query.where(document.origin_given_ms <= to_ms(at))
    rows = conn.execute(query.order_by(document.origin_given_ms.desc(), task.id).limit(_MAX_SHOWN)).all()
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
