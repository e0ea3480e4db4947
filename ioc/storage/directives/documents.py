"""Documents and their tasks, as they were entered: what happened to a task stands in its events alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, delete, func, or_, select

from ioc.domain.base.slug import without_accents
from ioc.domain.base.times import to_ms
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.document_checks import orders_first
from ioc.storage.db.dialect import KEYS_PER_QUERY, bulk_write, upsert
from ioc.storage.directives.document_body import read_header, read_task, to_json
from ioc.storage.directives.schema import (
    TaskKind,
    directive_document,
    directive_parent,
    directive_task,
    directive_task_body,
)

_NOT_ASSIGNED = {"version": 0, "last_act": "", "extensions": 0}  # what an insertion derives from no event
_IS_CORRECTED = '"corrections":[{'  # in the body of a document, as to_json writes it
_HISTORY = ("reports", "extensions", "completion_requests", "transfers", "withdrawn_at")


def task_key(document: str, task: str) -> str:
    """The key of a task among all: "document/task"."""
    return f"{document}/{task}"


def put_document(conn: Connection, document: Document, now: datetime, *, is_synchronized: bool = False) -> None:
    """`put_documents` of one."""
    put_documents(conn, [document], now, is_synchronized=is_synchronized)


def put_documents(
    conn: Connection, documents: Sequence[Document], now: datetime, *, is_synchronized: bool = False
) -> None:  # fmt: skip
    """Stores documents, no two of one key, and their tasks; those that they had before stay unless given anew.

    `is_synchronized`: they came from their master.
    """
    if not documents:
        return
    synchronized = {"synchronized_ms": to_ms(now) if is_synchronized else None}
    rows = [_document_row(document, now) | synchronized for document in documents]
    before = _ids(conn, directive_document.c.key, [document.key for document in documents])
    ids = before | _insert(conn, directive_document, [row for row in rows if row["key"] not in before])
    if changed := [row | {"stored": before[row["key"]]} for row in rows if row["key"] in before]:
        first = func.coalesce(directive_document.c.entered_ms, bindparam("entered"))
        these = directive_document.update().where(directive_document.c.id == bindparam("stored"))
        for row in changed:
            row["entered"] = row.pop("entered_ms")
        conn.execute(these.values(entered_ms=first), changed)
    had_parents = delete(directive_parent).where(directive_parent.c.document == bindparam("stored"))
    conn.execute(had_parents, [{"stored": each.key} for each in documents])
    parents = [(each.key, parent) for each in documents for parent in dict.fromkeys(each.parents)]
    bulk_write(conn, directive_parent, parents)
    _put_tasks(conn, documents, ids, _ids(conn, directive_task.c.document_id, list(before.values())))


def _put_tasks(
    conn: Connection, documents: Sequence[Document], ids: Mapping[str, int], before: Mapping[str, int]
) -> None:  # fmt: skip
    """`ids`: of the documents, `before`: of the tasks that there are, by key."""
    known, waiting, changed, bodies = dict(before), list[_NewTask](), list[dict[str, Any]](), dict[str, str]()
    for document in documents:
        positions = {task.key: position for position, task in enumerate(document.tasks)}
        for task in orders_first(document.tasks):
            row = _task_row(document, task) | {"document_id": ids[document.key], "position": positions[task.key]}
            order = task_key(document.key, task.part_of) if task.part_of else ""
            if row["key"] in before:
                changed.append(row | {"order": order, "stored": before[row["key"]]})
            else:
                waiting.append(_NewTask(row, order))
            bodies[row["key"]] = to_json(replace(task, **_NO_HISTORY))
    while waiting:  # orders first: a part is stored with the number of its order
        keys = {task.row["key"] for task in waiting}
        ready = [task for task in waiting if task.order not in keys]
        rows = [task.row | _NOT_ASSIGNED | {"order_id": known[task.order] if task.order else 0} for task in ready]
        known |= _insert(conn, directive_task, rows)
        waiting = [task for task in waiting if task.order in keys]
    if changed:
        for row in changed:
            row["order_id"] = known[order] if (order := row.pop("order")) else 0
        conn.execute(directive_task.update().where(directive_task.c.id == bindparam("stored")), changed)
    upsert(conn, directive_task_body, [{"task_id": known[key], "body": body} for key, body in bodies.items()])


class _NewTask(NamedTuple):
    """The row of a task, without the number of its order. `order`: the key of that one, "" for none."""

    row: dict[str, Any]
    order: str


def _insert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Inserts rows; their numbers by key, read after all of them: SQLite would give them row by row."""
    if not rows:
        return {}
    conn.execute(table.insert(), rows)
    return _ids(conn, table.c.key, [row["key"] for row in rows])


def _ids(conn: Connection, column: Column[Any], values: Sequence[Any]) -> dict[str, int]:
    """The numbers of the rows of a table by key, of those whose `column` has one of these values."""
    table, found = column.table, dict[str, int]()
    for start in range(0, len(values), KEYS_PER_QUERY):
        query = select(table.c.key, table.c.id).where(column.in_(values[start : start + KEYS_PER_QUERY]))
        found |= {row.key: row.id for row in conn.execute(query)}
    return found


def find_document(conn: Connection, key: str) -> Document | None:
    """The document of that key with its tasks, without their history."""
    return find_documents(conn, [key]).get(key)


def find_documents(conn: Connection, keys: Sequence[str]) -> dict[str, Document]:
    """Those of these documents that there are, by key, with their tasks, without their history."""
    found = dict[str, Document]()
    for start in range(0, len(keys), KEYS_PER_QUERY):
        of_these = directive_document.c.key.in_(keys[start : start + KEYS_PER_QUERY])
        found |= {each.key: each for each in read_documents(conn, select(directive_document).where(of_these))}
    return found


def find_external(conn: Connection, master: str, external_id: str) -> Document | None:
    """The document by its id in another system."""
    stored = directive_document.c
    query = select(directive_document).where(stored.master == master, stored.external_id == external_id)
    return next(iter(read_documents(conn, query)), None) if external_id else None


def keys_by_name(conn: Connection, names: Collection[str]) -> dict[str, str]:
    """The keys of documents by their numbers and keys, of those among `names`."""
    stored = directive_document.c
    query = select(stored.key, stored.number).where(or_(stored.key.in_(names), stored.number.in_(names)))
    rows = conn.execute(query).all() if names else []
    return {row.number: row.key for row in rows} | {row.key: row.key for row in rows}


def numbers_of(conn: Connection, keys: Collection[str]) -> dict[str, str]:
    """The numbers of the documents of these keys, "" for one that has none yet."""
    query = select(directive_document.c.key, directive_document.c.number).where(directive_document.c.key.in_(keys))
    return {row.key: row.number for row in conn.execute(query)}


def find_header(conn: Connection, key: str) -> Document | None:
    """The document of that key without its tasks."""
    row = conn.execute(select(directive_document).where(directive_document.c.key == key)).mappings().first()
    return read_header(row["body"]) if row else None


def find_task_body(conn: Connection, task_id: int) -> Task:
    """The task of that number as it was entered."""
    body = select(directive_task_body.c.body).where(directive_task_body.c.task_id == task_id)
    return read_task(conn.execute(body).scalar_one())


def external_task_key(conn: Connection, master: str, document: str, task: str) -> str | None:
    """The key of a task by its id and that of its document in another system."""
    stored = directive_document.c
    query = select(directive_task.c.key).join_from(
        directive_document, directive_task, directive_task.c.document_id == stored.id
    )
    query = query.where(stored.master == master, stored.external_id == document, directive_task.c.external_id == task)
    key: str | None = conn.execute(query).scalar()
    return key


def ancestors_of(conn: Connection, documents: Iterable[str]) -> dict[str, list[str]]:
    """The parents of `documents` and of all documents above them that have some."""
    parents, keys = defaultdict[str, dict[str, None]](dict), sorted(set(documents))
    for start in range(0, len(keys), KEYS_PER_QUERY):
        own = directive_parent.c.document.in_(keys[start : start + KEYS_PER_QUERY])
        above = select(directive_parent).where(own).cte("above", recursive=True)
        # UNION leaves out what was found before, so that a circle ends.
        above = above.union(
            select(directive_parent).join_from(directive_parent, above, directive_parent.c.document == above.c.parent)
        )
        for row in conn.execute(select(above.c.document, above.c.parent).order_by(above.c.document, above.c.parent)):
            parents[row.document][row.parent] = None
    return {key: list(found) for key, found in parents.items()}


def numbered_later(conn: Connection, year: int) -> list[Document]:
    """Instructions issued in that year, and documents of it that were corrected, without their tasks."""
    return _issued(conn, year, _is_numbered_later())


def _is_numbered_later() -> ColumnElement[bool]:
    """Of documents whose key may be that of another number."""
    stored = directive_document.c
    return or_(stored.origin_given_ms.is_not(None), stored.body.contains(_IS_CORRECTED, autoescape=True))


def issued_with(conn: Connection, year: int, number: str, ending: str) -> list[Document]:
    """Documents of that year, without their tasks, with that number or a key of that ending, and `numbered_later`."""
    stored = directive_document.c
    has_key = stored.key.endswith(f"-{ending}", autoescape=True)
    return _issued(conn, year, or_(stored.number == number, has_key, _is_numbered_later()))


def _issued(conn: Connection, year: int, condition: ColumnElement[bool]) -> list[Document]:
    days = (date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())
    query = select(directive_document.c.body).where(directive_document.c.issued_on.between(*days), condition)
    return [read_header(body) for body in conn.execute(query).scalars()]


def count_documents(conn: Connection) -> int:
    """How many documents are stored."""
    return int(conn.execute(select(func.count()).select_from(directive_document)).scalar_one())


def _document_row(document: Document, now: datetime) -> dict[str, Any]:
    origin = document.origin
    return {
        "key": document.key, "number": document.number,
        "issued_on": document.issued_on.toordinal() if document.issued_on else None, "source": document.source,
        "sphere": document.sphere, "visibility": document.visibility, "is_simulated": document.is_simulated,
        "master": document.master, "external_id": document.external_id, "changed_ms": to_ms(now),
        "entered_ms": to_ms(now) if document.number else None,
        "origin_given_ms": to_ms(origin.given_at) if origin else None,
        "origin_position": origin.given_by if origin else "", "origin_page": origin.page if origin else None,
        "last_step": document.last_step.value if document.last_step else "",
        "body": to_json(replace(document, tasks=())),
    }  # fmt: skip


def _task_row(document: Document, task: Task) -> dict[str, Any]:
    kind = TaskKind.ORDER if task.is_order else TaskKind.PART if task.part_of else TaskKind.PLAIN
    words = (task.title.vi, task.title.en, document.number, document.title.vi, task.product.vi)
    return {
        "key": task_key(document.key, task.key), "kind": int(kind), "external_id": task.external_id,
        "horizon": task.horizon, "place": task.place, "search_text": fold_text(" ".join(words)),
        "is_due_inferred": task.is_due_inferred,
    }  # fmt: skip


def fold_text(text: str) -> str:
    """Text as it is searched: small letters without accents, single spaces."""
    return " ".join(without_accents(text.casefold()).split())


_NO_HISTORY: Mapping[str, Any] = MappingProxyType({name: None if name == "withdrawn_at" else () for name in _HISTORY})


def read_documents(conn: Connection, query: Select[Any]) -> list[Document]:
    """The documents of the rows of `query`, with their tasks."""
    rows, tasks = conn.execute(query).all(), defaultdict[int, list[Task]](list)
    bodies = select(directive_task.c.document_id, directive_task_body.c.body).join_from(
        directive_task_body, directive_task, directive_task.c.id == directive_task_body.c.task_id
    )
    bodies = bodies.order_by(directive_task.c.document_id, directive_task.c.position, directive_task.c.id)
    for start in range(0, len(rows), KEYS_PER_QUERY):
        of_these = directive_task.c.document_id.in_([row.id for row in rows[start : start + KEYS_PER_QUERY]])
        for row in conn.execute(bodies.where(of_these)):
            tasks[row.document_id].append(read_task(row.body))
    return [replace(read_header(row.body), tasks=tuple(tasks[row.id])) for row in rows]
