"""Files of acts: an append-only table, written in the transaction of the act."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, literal, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.acts import TaskEvent
from ioc.domain.directives.evidence import EvidenceFile, EvidenceType, StoredEvidence
from ioc.storage.directives.schema import directive_draft_evidence, directive_evidence, directive_task

_FILES = select(directive_evidence, directive_task.c.key.label("task")).join_from(
    directive_evidence, directive_task, directive_task.c.id == directive_evidence.c.task_id
)
_TABLES = (directive_evidence, directive_draft_evidence)  # whose rows keep a content
_BATCH = 500  # values of a query


def append(conn: Connection, task_id: int, event: TaskEvent, files: Sequence[EvidenceFile]) -> None:
    """Appends the files of an act that was stored."""
    rows = [
        {
            "task_id": task_id, "event_id": event.id, "name": file.name, "file_type": file.file_type.value,
            "size_bytes": file.size_bytes, "sha256": file.sha256, "actor": event.actor, "known_ms": to_ms(event.at),
        }
        for file in files
    ]  # fmt: skip
    if rows:
        conn.execute(directive_evidence.insert(), rows)


def of_task(conn: Connection, task_id: int) -> dict[int, tuple[StoredEvidence, ...]]:
    """The files of all acts on a task, by the number of the act."""
    return _by_act(conn, directive_evidence.c.task_id == task_id)


def of_events(conn: Connection, first: int, last: int) -> dict[int, tuple[StoredEvidence, ...]]:
    """The files of the acts with the numbers `first` to `last`, by that number."""
    return _by_act(conn, directive_evidence.c.event_id.between(first, last))


def _by_act(conn: Connection, condition: ColumnElement[bool]) -> dict[int, tuple[StoredEvidence, ...]]:
    by_act = dict[int, tuple[StoredEvidence, ...]]()
    for row in conn.execute(_FILES.where(condition).order_by(directive_evidence.c.id)):
        by_act[row.event_id] = (*by_act.get(row.event_id, ()), _read(row))
    return by_act


def find(conn: Connection, number: int) -> StoredEvidence | None:
    """The file of that number."""
    row = conn.execute(_FILES.where(directive_evidence.c.id == number)).first()
    return _read(row) if row else None


def sizes_of_actor(conn: Connection, actor: str) -> dict[str, int]:
    """The bytes of the contents that acts and drafts of a person carry, by SHA-256."""
    found = dict[str, int]()
    for table in _TABLES:
        query = select(table.c.sha256, table.c.size_bytes).where(table.c.actor == actor).distinct()
        found |= {row.sha256: row.size_bytes for row in conn.execute(query)}
    return found


def used_contents(conn: Connection, names: Collection[str]) -> set[str]:
    """Those of these SHA-256 that belong to an act or a draft."""
    used, ordered = set[str](), sorted(names)
    for part in (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH)):
        for content in (table.c.sha256 for table in _TABLES):
            used.update(conn.execute(select(content).where(content.in_(part)).distinct()).scalars())
    return used


def has_contents(conn: Connection) -> bool:
    """Whether an act or a draft has a content."""
    return any(conn.execute(select(literal(1)).select_from(table).limit(1)).first() for table in _TABLES)


def all_contents(conn: Connection) -> set[str]:
    """The SHA-256 of every content that belongs to an act or a draft."""
    return {content for table in _TABLES for content in conn.execute(select(table.c.sha256).distinct()).scalars()}


def _read(row: Row[Any]) -> StoredEvidence:
    file = EvidenceFile(row.name, EvidenceType(row.file_type), row.size_bytes, row.sha256)
    return StoredEvidence(row.id, row.task, row.event_id, file, row.actor, from_ms(row.known_ms))
