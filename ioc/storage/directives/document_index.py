"""The documents of the store as a register of documents needs them: keys and numbers of all, the rest of some."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, case, func, not_, or_, select

from ioc.domain.base.slug import fold, search_words
from ioc.domain.directives.directive import Document
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers
from ioc.domain.directives.task_status import DeadlineState
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.document_body import read_header
from ioc.storage.directives.numbers import number_columns, read_numbers
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    TaskKind,
    directive_document,
    directive_interval,
    directive_parent,
    directive_task,
)
from ioc.storage.directives.statistics import STOPPED, code_of, deadline_code
from ioc.storage.directives.visibility import ReadAccess

_D, _T, _I = directive_document.c, directive_task.c, directive_interval.c
_KEYS = 500  # of one query


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What places a document in the register. `text`: number and title as they are searched, "" where not asked for."""

    key: str
    number: str
    issued_on: date | None
    is_simulated: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class TaskTotals:
    """The assigned tasks of a document, and those that wait for assignment. `overdue`: an order by its parts.

    `beside`: tasks and parts that are paused or withdrawn; as everywhere `assigned` has none of them.
    """

    assigned: TaskNumbers = NO_TASKS
    overdue: int = 0
    beside: int = 0
    waiting: TaskNumbers = NO_TASKS


def index_documents(conn: Connection, access: ReadAccess, *, with_text: bool = False) -> list[IndexedDocument]:
    """The documents with a number that are seen."""
    columns = [_D.key, _D.number, _D.issued_on, _D.is_simulated, *([_D.body] if with_text else [])]
    query = select(*columns).where(_D.number != "")
    if access.visibilities:
        query = query.where(access.of_documents())
    return [_indexed(row, with_text=with_text) for row in conn.execute(query)]


@reads_records
def _indexed(row: Row[Any], *, with_text: bool) -> IndexedDocument:
    issued = date.fromordinal(row.issued_on) if row.issued_on is not None else None
    text = ""
    if with_text:
        title = orjson.loads(row.body)["title"]
        text = fold(f"{row.number} {title['vi']} {title['en']}")
    return IndexedDocument(row.key, row.number, issued, row.is_simulated, text)


def match_numbers(conn: Connection, text: str) -> tuple[int, ...] | None:
    """The rows of the documents whose numbers have every word of `text`; None where it is a key or a whole number."""
    if conn.execute(select(_D.id).where(or_(_D.key == text, _D.number == text)).limit(1)).first():
        return None
    words = search_words(text)
    rows = conn.execute(select(_D.id, _D.number).where(_D.number != ""))
    return tuple(row.id for row in rows if all(word in fold(row.number) for word in words))


def all_parents(conn: Connection) -> Mapping[str, list[str]]:
    """The keys of the documents that each document carries out."""
    parents = defaultdict[str, list[str]](list)
    for row in conn.execute(select(directive_parent).order_by(directive_parent.c.document, directive_parent.c.parent)):
        parents[row.document].append(row.parent)
    return parents


def find_headers(conn: Connection, keys: Iterable[str]) -> dict[str, Document]:
    """The documents of these keys without their tasks."""
    found = dict[str, Document]()
    for part in _parts(keys):
        rows = conn.execute(select(_D.key, _D.body).where(_D.key.in_(part)))
        found |= {row.key: read_header(row.body) for row in rows}
    return found


def count_tasks(conn: Connection, keys: Iterable[str], day: date, soon_days: int) -> dict[str, TaskTotals]:
    """The tasks of the documents of these keys on `day`, which is today."""
    is_overdue = deadline_code(_I.due, day, soon_days) == code_of(DeadlineState.OVERDUE)
    overdue = func.sum(case((and_(is_overdue, _T.kind != int(TaskKind.ORDER)), 1), else_=0)).label("overdue")
    stopped, counts_itself = _I.work_state.in_(STOPPED), _T.kind != int(TaskKind.ORDER)
    beside = func.sum(case((and_(stopped, counts_itself), 1), else_=0)).label("beside")
    columns: list[Any] = [_D.key, *number_columns(and_(not_(stopped), counts_itself))]
    found = dict[str, TaskTotals]()
    for part in _parts(keys):
        query = (
            select(*[*columns, overdue, beside])
            .select_from(directive_document)
            .join(directive_task, _T.document_id == _D.id)
            .join(directive_interval, and_(_I.task_id == _T.id, _I.valid_to_ms + 0 == OPEN_END_MS))  # by the task
            .where(_D.key.in_(part))
            .group_by(_D.key)
        )
        found |= {
            row.key: TaskTotals(read_numbers(row), int(row.overdue), int(row.beside)) for row in conn.execute(query)
        }
        unassigned = (
            select(_D.key, *number_columns())
            .select_from(directive_document)
            .join(directive_task, _T.document_id == _D.id)
            .where(_D.key.in_(part), _T.version == 0)
            .group_by(_D.key)
        )
        for row in conn.execute(unassigned):
            found[row.key] = replace(found.get(row.key, TaskTotals()), waiting=read_numbers(row))
    return found


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    ordered = list(dict.fromkeys(keys))
    return (ordered[start : start + _KEYS] for start in range(0, len(ordered), _KEYS))
