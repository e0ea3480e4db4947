"""Files of drafts: with the draft from its writer to who sends it, then with the act; gone with the draft."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select

from ioc.domain.base.times import from_ms
from ioc.domain.directives.acts import Act
from ioc.domain.directives.evidence import DraftEvidence, EvidenceFile, EvidenceType
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.directives.schema import directive_draft_evidence, directive_task

_F = directive_draft_evidence.c
DraftKey = tuple[int, Act, int]  # numbers of task and request, with the act between them


def replace_files(conn: Connection, key: DraftKey, files: Sequence[EvidenceFile], actor: str, at_ms: int) -> None:
    """The draft has these files from now on; those that it had before keep their numbers."""
    wanted = [file.sha256 for file in files]
    conn.execute(delete(directive_draft_evidence).where(_is(key), _F.sha256.not_in(wanted)))
    kept = set(conn.execute(select(_F.sha256).where(_is(key))).scalars())
    task_id, act, refers_to = key
    rows = [
        {
            "task_id": task_id, "act": act.value, "refers_to": refers_to, "name": file.name,
            "file_type": file.file_type.value, "size_bytes": file.size_bytes, "sha256": file.sha256, "actor": actor,
            "known_ms": at_ms,
        }
        for file in files if file.sha256 not in kept
    ]  # fmt: skip
    if rows:
        conn.execute(directive_draft_evidence.insert(), rows)


def remove_files(conn: Connection, key: DraftKey) -> None:
    """The draft was sent or withdrawn."""
    conn.execute(delete(directive_draft_evidence).where(_is(key)))


def of_tasks(conn: Connection, task_ids: Collection[int]) -> dict[DraftKey, tuple[DraftEvidence, ...]]:
    """The files of all drafts on these tasks."""
    found = dict[DraftKey, tuple[DraftEvidence, ...]]()
    query = select(directive_draft_evidence).where(_F.task_id.in_(task_ids)).order_by(_F.id)
    for row in conn.execute(query) if task_ids else ():
        key = (row.task_id, Act(row.act), row.refers_to)
        found[key] = (*found.get(key, ()), _read(row))
    return found


def find(conn: Connection, number: int) -> tuple[str, DraftEvidence] | None:
    """The file of that number, with the key of its task."""
    query = select(directive_draft_evidence, directive_task.c.key.label("task")).join_from(
        directive_draft_evidence, directive_task, directive_task.c.id == _F.task_id
    )
    row = conn.execute(query.where(_F.id == number)).first()
    return (row.task, _read(row)) if row else None


def _is(key: DraftKey) -> ColumnElement[bool]:
    task_id, act, refers_to = key
    return and_(_F.task_id == task_id, _F.act == act.value, _F.refers_to == refers_to)


@reads_records
def _read(row: Row[Any]) -> DraftEvidence:
    file = EvidenceFile(row.name, EvidenceType(row.file_type), row.size_bytes, row.sha256)
    return DraftEvidence(row.id, file, row.actor, from_ms(row.known_ms))
