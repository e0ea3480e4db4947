"""The trail: who did what when, each row sealed by a hash over the one before. What it proves: docs/security.md."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access.schema import audit_chain_end, audit_detail, audit_entry
from ioc.storage.db.dialect import is_postgres, upsert

_LOCK = 0x10C_7A  # names the turn to append among the advisory locks of a PostgreSQL database
_HASHED_FIELDS = (
    "id",
    "at_ms",
    "actor",
    "actor_kind",
    "action",
    "target",
    "before",
    "after",
    "address",
    "result",
    "reason",
    "detail_hash",
)
_ChainEnd = tuple[int, str]
_CHAIN_START: _ChainEnd = (0, "")
SWEEP_ACTION = "audit-purged"
_SWEEP_BATCH = 20_000
_READ_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class StoredAuditEntry:
    """A row of the trail. `detail`: what may be erased from it; None: nothing was told, or it is erased."""

    id: int
    at: datetime
    actor: str
    actor_kind: str
    action: str
    target: str
    before: str
    after: str
    address: str
    result: str
    reason: str
    hash: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest row: what a copy outside the store needs to prove later that none was taken away."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """`rows` were looked at. `broken`: the first that is wrong, None for none; `fault`: changed, missing, inserted,
    detail (what stands outside was changed), swept (the beginning is not where the trail tells that it was cut),
    head_mismatch (the row is not the one that was noted).
    """

    row_count: int
    head: ChainHead
    first_bad_id: int | None = None
    fault: str = ""


def append(conn: Connection, fields: dict[str, str], detail: str, now: datetime) -> int:
    """Adds a row; its number. In a transaction that bumps a version, bump first: writers take turns in that order."""
    if is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    number, before = _chain_end(conn, "last")
    row: dict[str, Any] = {**fields, "id": number + 1, "at_ms": to_ms(now), "detail_hash": ""}
    if detail:
        salt = secrets.token_hex(16)
        row["detail_hash"] = _detail_hash(salt, detail)
        conn.execute(audit_detail.insert(), {"id": row["id"], "salt": salt, "body": detail})
    row["hash"] = _entry_hash(before, row)
    conn.execute(audit_entry.insert(), row)
    upsert(conn, audit_chain_end, [{"position": "last", "id": row["id"], "hash": row["hash"]}])
    return number + 1


def _chain_end(conn: Connection, which: str) -> _ChainEnd:
    found = conn.execute(
        select(audit_chain_end.c.id, audit_chain_end.c.hash).where(audit_chain_end.c.position == which)
    ).first()
    return (found.id, found.hash) if found else _CHAIN_START


def _entry_hash(before: str, row: dict[str, Any]) -> str:
    body = json.dumps(
        {one: row[one] for one in _HASHED_FIELDS}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return sha256(f"{before}\n{body}".encode()).hexdigest()


def _detail_hash(salt: str, body: str) -> str:
    return sha256(f"{salt}\n{body}".encode()).hexdigest()


def head(conn: Connection) -> ChainHead:
    """The newest row, (0, "") of an empty trail."""
    return ChainHead(*_chain_end(conn, "last"))


def sweep_boundary(conn: Connection) -> ChainHead:
    """The newest row of those that were swept away, (0, "") when none was."""
    return ChainHead(*_chain_end(conn, "first"))


def verify(conn: Connection, expected_head: ChainHead | None = None) -> ChainVerification:
    """Looks at every row; `noted`: a head that was written down elsewhere, which must still be a row of the trail."""
    first, last = _chain_end(conn, "first"), _chain_end(conn, "last")
    number, before, told, rows = *first, _CHAIN_START, 0
    for row, kept in _rows_with_details(conn):
        fault = _row_fault(row, kept, number, before, last[0])
        if not fault and expected_head and row.id == expected_head.id and row.hash != expected_head.hash:
            fault = "head_mismatch"
        if fault:
            return ChainVerification(rows, ChainHead(*last), row.id if fault != "missing" else number + 1, fault)
        if row.action == SWEEP_ACTION:
            told = tuple(json.loads(row.after))
        rows, number, before = rows + 1, row.id, row.hash
    return ChainVerification(
        rows, ChainHead(*last), *_end_faults(conn, (first, told), ((number, before), last), expected_head)
    )


def _rows_with_details(conn: Connection) -> Iterator[tuple[Row[Any], tuple[str, str] | None]]:
    """Every row with its salt and detail, by number."""
    at = -(2**62)
    both = select(audit_entry, audit_detail.c.salt, audit_detail.c.body).join(
        audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True
    )
    while True:
        some = conn.execute(both.where(audit_entry.c.id > at).order_by(audit_entry.c.id).limit(_READ_BATCH)).all()
        for row in some:
            yield row, None if row.salt is None else (row.salt, row.body)
        if len(some) < _READ_BATCH:
            return
        at = some[-1].id


def _row_fault(row: Row[Any], detail: tuple[str, str] | None, number: int, before: str, last: int) -> str:
    if row.id <= number or row.id > last:
        return "inserted"
    if row.id != number + 1:
        return "missing"
    if row.hash != _entry_hash(before, dict(row._mapping)):
        return "changed"
    return "detail" if detail and _detail_hash(*detail) != row.detail_hash else ""


def _end_faults(
    conn: Connection,
    begins: tuple[_ChainEnd, _ChainEnd],
    ends: tuple[_ChainEnd, _ChainEnd],
    expected_head: ChainHead | None,
) -> tuple[int | None, str]:
    """Whether the rows begin where the newest sweep says, and end where the newest row was noted."""
    (first, told), ((number, before), last) = begins, ends
    if first != told:
        return first[0] + 1, "swept"
    if last[0] > number or (expected_head and expected_head.id > number):
        return number + 1, "missing"
    if last != (number, before):
        return number, "changed"
    orphan = conn.execute(select(func.min(audit_detail.c.id)).where(audit_detail.c.id.not_in(select(audit_entry.c.id))))
    found = orphan.scalar()
    return (None, "") if found is None else (found, "detail")


def sweep(conn: Connection, before: datetime) -> ChainHead | None:
    """Takes away rows from before that moment, from the oldest on; the last one of them, None for nothing to do.

    Tell it in a row of its own (`SWEPT`, after: `told(head)`): so that the beginning can be cut off by nobody else.
    """
    begin = sweep_boundary(conn).id
    stays = conn.execute(select(func.min(audit_entry.c.id)).where(audit_entry.c.at_ms >= to_ms(before))).scalar()
    until = min(begin + _SWEEP_BATCH, _chain_end(conn, "last")[0] if stays is None else stays - 1)
    newest = conn.execute(select(audit_entry.c.id, audit_entry.c.hash).where(audit_entry.c.id == until)).first()
    if newest is None or until <= begin:
        return None
    for table in (audit_detail, audit_entry):
        conn.execute(delete(table).where(table.c.id <= until))
    upsert(conn, audit_chain_end, [{"position": "first", "id": newest.id, "hash": newest.hash}])
    return ChainHead(newest.id, newest.hash)


def encode_head(head: ChainHead) -> str:
    """A head as the row about a sweep tells it."""
    return json.dumps([head.id, head.hash])


def erase_detail(conn: Connection, entry_id: int) -> bool:
    """Forgets what may be erased of a row; whether there was anything."""
    return conn.execute(delete(audit_detail).where(audit_detail.c.id == entry_id)).rowcount > 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows: "" and None for any. `below`, `above`: numbers, to go on from."""

    actor: str = ""
    action: str = ""
    target: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None
    after_id: int | None = None


def newest(conn: Connection, filters: AuditFilter, limit: int) -> list[StoredAuditEntry]:
    """The newest rows that are wanted, newest first."""
    return _select_entries(conn, filters, audit_entry.c.id.desc(), limit)


def oldest(conn: Connection, filters: AuditFilter, limit: int) -> list[StoredAuditEntry]:
    """The oldest rows that are wanted, oldest first."""
    return _select_entries(conn, filters, audit_entry.c.id.asc(), limit)


def _select_entries(conn: Connection, filters: AuditFilter, order: Any, limit: int) -> list[StoredAuditEntry]:
    asked = select(audit_entry, audit_detail.c.body).join(
        audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True
    )
    for name in ("actor", "action", "target", "result"):
        if value := getattr(filters, name):
            asked = asked.where(audit_entry.c[name] == value)
    bounds = (
        (filters.since, lambda one: audit_entry.c.at_ms >= to_ms(one)),
        (filters.until, lambda one: audit_entry.c.at_ms < to_ms(one)),
        (filters.before_id, lambda one: audit_entry.c.id < one),
        (filters.after_id, lambda one: audit_entry.c.id > one),
    )
    for value, condition in bounds:
        if value is not None:
            asked = asked.where(condition(value))
    return [_stored_entry(row) for row in conn.execute(asked.order_by(order).limit(limit))]


def _stored_entry(row: Row[Any]) -> StoredAuditEntry:
    return StoredAuditEntry(
        row.id, from_ms(row.at_ms), row.actor, row.actor_kind, row.action, row.target, row.before, row.after,
        row.address, row.result, row.reason, row.hash, row.body,
    )  # fmt: skip
