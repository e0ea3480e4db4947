"""Jobs: slow and outgoing work, each done by one worker. Changing a job bumps no counter: bump "jobs" beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, text, update

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import from_ms, from_optional_ms, to_ms
from ioc.storage.db.damaged_rows import readable, reads_records
from ioc.storage.db.dialect import insert_statement, is_postgres
from ioc.storage.db.errors import StoreCode, StoreError
from ioc.storage.db.schema import job

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
_QUEUE_LOCK_KEY = 0x10C_0B  # the advisory lock under which the queue is counted on PostgreSQL


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `key`: of the open jobs no two have the same one, "" for no key. `failure`: of the newest attempt.

    `owner`: who asked for it first, "" for the program itself.
    """

    id: int
    kind: str
    params: Mapping[str, Any]
    key: str
    state: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: Mapping[str, Any]
    failure: Failure | None
    attempts: int
    owner: str


def lock_queue(conn: Connection) -> None:
    """Until the end of this write no other that asks for the lock counts or queues jobs. StoreError.

    SQLite has one writer anyway.
    """
    if is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK_KEY})


def enqueue(
    conn: Connection, kind: str, params: Mapping[str, Any], now: datetime, key: str = "", owner: str = ""
) -> Job:
    """Queues a job; returns the open job with the same `key` instead when there is one. StoreError."""
    row = {
        "kind": kind, "params": _json(params), "key": key, "state": QUEUED, "created_ms": to_ms(now),
        "result": "{}", "error": "", "attempts": 0, "owner": owner,
    }  # fmt: skip
    job_id = conn.execute(insert_statement(conn, job).values(row).on_conflict_do_nothing().returning(job.c.id)).scalar()
    if job_id is not None:
        return _get_existing(conn, job_id)
    existing = conn.execute(select(job).where(job.c.key == key, job.c.state.in_((QUEUED, RUNNING)))).first()
    if existing is None:
        raise StoreError(StoreCode.JOB_ENDED, key=key)
    return _job(existing)


def has_due(conn: Connection, kinds: Sequence[str], now: datetime, abandoned_after: timedelta) -> bool:
    """Whether `claim` would take a job; reads only."""
    return bool(conn.execute(select(exists().where(_is_due(kinds, now, abandoned_after)))).scalar())


def claim(
    conn: Connection, kinds: Sequence[str], now: datetime, abandoned_after: timedelta = timedelta(minutes=10)
) -> Job | None:
    """Takes the oldest queued job of `kinds`; None when there is none.

    A job that runs for longer than `abandoned_after`, or since a moment that lies ahead, counts as queued: its worker
    has died.
    """
    while (job_id := _next_due(conn, kinds, now, abandoned_after)) is not None:
        running = {"state": RUNNING, "started_ms": to_ms(now), "attempts": job.c.attempts + 1}
        conn.execute(update(job).where(job.c.id == job_id).values(running))
        try:
            return _get_existing(conn, job_id)
        except StoreError as error:  # its row was damaged: those behind it do not wait for it
            failed = {"state": FAILED, "error": error.failure.to_text(), "finished_ms": to_ms(now)}
            conn.execute(update(job).where(job.c.id == job_id).values(failed))
    return None


def _next_due(conn: Connection, kinds: Sequence[str], now: datetime, abandoned_after: timedelta) -> int | None:
    """The id of the oldest job that is due, locked."""
    # SKIP LOCKED: two workers on PostgreSQL never take the same one; on SQLite there is one writer anyway.
    query = select(job.c.id).where(_is_due(kinds, now, abandoned_after)).order_by(job.c.id).limit(1)
    return conn.execute(query.with_for_update(skip_locked=True)).scalar()


def _is_due(kinds: Sequence[str], now: datetime, abandoned_after: timedelta) -> ColumnElement[bool]:
    was_set_back = job.c.started_ms > to_ms(now + CLOCK_TOLERANCE)
    is_abandoned = and_(job.c.state == RUNNING, or_(job.c.started_ms < to_ms(now - abandoned_after), was_set_back))
    return and_(job.c.kind.in_(list(kinds)), or_(job.c.state == QUEUED, is_abandoned))


def finish(conn: Connection, job_id: int, result: Mapping[str, Any], now: datetime) -> Job:
    """Marks the job as done. StoreError (JOB_NOT_RUNNING)."""
    return _update_running(
        conn, job_id, {"state": DONE, "result": _json(result), "error": "", "finished_ms": to_ms(now)}
    )


def fail(conn: Connection, job_id: int, failure: Failure, now: datetime, *, retry: bool = False) -> Job:
    """Marks the job as failed, or as queued again with `retry`. StoreError (JOB_NOT_RUNNING)."""
    if retry:
        return _update_running(conn, job_id, {"state": QUEUED, "error": failure.to_text()})
    return _update_running(conn, job_id, {"state": FAILED, "error": failure.to_text(), "finished_ms": to_ms(now)})


def get(conn: Connection, job_id: int) -> Job | None:
    """The job of that id."""
    row = conn.execute(select(job).where(job.c.id == job_id)).first()
    return None if row is None else _job(row)


def newest(conn: Connection, limit: int, kind: str = "") -> list[Job]:
    """The newest jobs, newest first; of one `kind`, of all for ""."""
    query = select(job).order_by(job.c.id.desc()).limit(limit)
    return list(readable("job", _job, conn.execute(query.where(job.c.kind == kind) if kind else query)))


def _update_running(conn: Connection, job_id: int, values: dict[str, Any]) -> Job:
    updated = conn.execute(update(job).where(job.c.id == job_id, job.c.state == RUNNING).values(values))
    if not updated.rowcount:
        raise StoreError(StoreCode.JOB_NOT_RUNNING, job_id=str(job_id))
    return _get_existing(conn, job_id)


def _get_existing(conn: Connection, job_id: int) -> Job:
    return _job(conn.execute(select(job).where(job.c.id == job_id)).one())


@reads_records
def _job(row: Row[Any]) -> Job:
    return Job(
        row.id,
        row.kind,
        json.loads(row.params),
        row.key,
        row.state,
        from_ms(row.created_ms),
        from_optional_ms(row.started_ms),
        from_optional_ms(row.finished_ms),
        json.loads(row.result),
        Failure.from_text(row.error) if row.error else None,
        row.attempts,
        row.owner,
    )


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(dict(body), ensure_ascii=False, sort_keys=True)
