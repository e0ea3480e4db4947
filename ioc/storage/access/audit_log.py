"""The audit log: who did what when, each entry hashed over the one before. What that proves: docs/security.md."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, text

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access.schema import audit_chain_end, audit_detail, audit_entry
from ioc.storage.db.dialect import is_postgres, upsert

_LOCK_KEY = 0x10C_7A  # the advisory lock under which entries are appended on PostgreSQL
_HASHED_FIELDS = (
    "id", "at_ms", "actor", "actor_kind", "action", "target", "before", "after", "address", "result", "reason",
    "detail_hash",
)  # fmt: skip
_ChainEnd = tuple[int, str]
_CHAIN_START: _ChainEnd = (0, "")
SWEEP_ACTION = "audit-purged"
_SWEEP_BATCH = 20_000
_READ_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class StoredAuditEntry:
    """An entry of the audit log. `detail`: personal data, which is not exported; None when there is none."""

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
    """The newest entry: noted outside the store it proves later that no entry was taken away."""

    id: int
    hash: str


class ChainFault(StrEnum):
    """What is wrong with an entry of the audit log. Texts: components/messages/audit_log.toml and commands.toml."""

    NONE = ""
    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    DETAIL = "detail"  # its detail was changed or removed
    SWEPT = "swept"  # the chain does not begin where the newest purge says
    HEAD_MISMATCH = "head_mismatch"  # it is not the entry that was noted outside


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """Result of `verify`. `first_bad_id`: the first wrong entry, None for none; `fault`: what is wrong with it."""

    row_count: int
    head: ChainHead
    first_bad_id: int | None = None
    fault: ChainFault = ChainFault.NONE


def append(conn: Connection, fields: dict[str, str], detail: str, now: datetime) -> int:
    """Appends an entry; returns its id. In a transaction that bumps a change counter, bump first: writers take turns
    in that order.
    """
    if is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    last_id, last_hash = _chain_end(conn, "last")
    row: dict[str, Any] = {**fields, "id": last_id + 1, "at_ms": to_ms(now), "detail_hash": ""}
    if detail:
        salt = secrets.token_hex(16)
        row["detail_hash"] = _detail_hash(salt, detail)
        conn.execute(audit_detail.insert(), {"id": row["id"], "salt": salt, "body": detail})
    row["hash"] = _entry_hash(last_hash, row)
    conn.execute(audit_entry.insert(), row)
    upsert(conn, audit_chain_end, [{"position": "last", "id": row["id"], "hash": row["hash"]}])
    return last_id + 1


def _chain_end(conn: Connection, position: str) -> _ChainEnd:
    row = conn.execute(
        select(audit_chain_end.c.id, audit_chain_end.c.hash).where(audit_chain_end.c.position == position)
    ).first()
    return (row.id, row.hash) if row else _CHAIN_START


def _entry_hash(previous_hash: str, row: dict[str, Any]) -> str:
    fields = {name: row[name] for name in _HASHED_FIELDS}
    body = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(f"{previous_hash}\n{body}".encode()).hexdigest()


def _detail_hash(salt: str, body: str) -> str:
    return sha256(f"{salt}\n{body}".encode()).hexdigest()


def head(conn: Connection) -> ChainHead:
    """The newest entry; (0, "") of an empty log."""
    return ChainHead(*_chain_end(conn, "last"))


def sweep_boundary(conn: Connection) -> ChainHead:
    """The newest purged entry; (0, "") when none was purged."""
    return ChainHead(*_chain_end(conn, "first"))


def verify(conn: Connection, expected_head: ChainHead | None = None) -> ChainVerification:
    """Checks every entry. `expected_head`: a head noted outside the store, which must still be an entry."""
    first, last = _chain_end(conn, "first"), _chain_end(conn, "last")
    previous, announced, row_count = first, _CHAIN_START, 0
    for row, detail in _rows_with_details(conn):
        fault = _row_fault(row, detail, previous, last[0])
        if not fault and expected_head and row.id == expected_head.id and row.hash != expected_head.hash:
            fault = ChainFault.HEAD_MISMATCH
        if fault:
            bad_id = row.id if fault is not ChainFault.MISSING else previous[0] + 1
            return ChainVerification(row_count, ChainHead(*last), bad_id, fault)
        if row.action == SWEEP_ACTION:
            announced = tuple(json.loads(row.after))
        row_count, previous = row_count + 1, (row.id, row.hash)
    faults = _end_faults(conn, (first, announced), (previous, last), expected_head)
    return ChainVerification(row_count, ChainHead(*last), *faults)


def _rows_with_details(conn: Connection) -> Iterator[tuple[Row[Any], tuple[str, str] | None]]:
    """Every entry with salt and body of its detail, by id."""
    after = -(2**62)
    query = select(audit_entry, audit_detail.c.salt, audit_detail.c.body).join(
        audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True
    )
    while True:
        batch = conn.execute(query.where(audit_entry.c.id > after).order_by(audit_entry.c.id).limit(_READ_BATCH)).all()
        for row in batch:
            yield row, None if row.salt is None else (row.salt, row.body)
        if len(batch) < _READ_BATCH:
            return
        after = batch[-1].id


def _row_fault(row: Row[Any], detail: tuple[str, str] | None, previous: _ChainEnd, last_id: int) -> ChainFault:
    if row.id <= previous[0] or row.id > last_id:
        return ChainFault.INSERTED
    if row.id != previous[0] + 1:
        return ChainFault.MISSING
    if row.hash != _entry_hash(previous[1], dict(row._mapping)):
        return ChainFault.CHANGED
    detail_hash = _detail_hash(*detail) if detail else ""
    return ChainFault.DETAIL if detail_hash != row.detail_hash else ChainFault.NONE


def _end_faults(
    conn: Connection,
    begins: tuple[_ChainEnd, _ChainEnd],
    ends: tuple[_ChainEnd, _ChainEnd],
    expected_head: ChainHead | None,
) -> tuple[int | None, ChainFault]:
    """Whether the chain begins where the newest purge says, and ends with the newest entry."""
    (first, announced), (newest, last) = begins, ends
    if first != announced:
        return first[0] + 1, ChainFault.SWEPT
    if last[0] > newest[0] or (expected_head and expected_head.id > newest[0]):
        return newest[0] + 1, ChainFault.MISSING
    if last != newest:
        return newest[0], ChainFault.CHANGED
    orphan = conn.execute(
        select(func.min(audit_detail.c.id)).where(audit_detail.c.id.not_in(select(audit_entry.c.id)))
    ).scalar()
    return (None, ChainFault.NONE) if orphan is None else (orphan, ChainFault.DETAIL)


def sweep(conn: Connection, before: datetime) -> ChainHead | None:
    """Deletes entries from before that moment, the oldest first; returns the last one deleted, None for none.

    Append an entry with `SWEEP_ACTION` and `after=encode_head(head)` in the same transaction: `verify` compares it,
    so that nobody else can cut off the beginning.
    """
    begin = sweep_boundary(conn).id
    first_kept = conn.execute(select(func.min(audit_entry.c.id)).where(audit_entry.c.at_ms >= to_ms(before))).scalar()
    until = min(begin + _SWEEP_BATCH, _chain_end(conn, "last")[0] if first_kept is None else first_kept - 1)
    newest = conn.execute(select(audit_entry.c.id, audit_entry.c.hash).where(audit_entry.c.id == until)).first()
    if newest is None or until <= begin:
        return None
    for table in (audit_detail, audit_entry):
        conn.execute(delete(table).where(table.c.id <= until))
    upsert(conn, audit_chain_end, [{"position": "first", "id": newest.id, "hash": newest.hash}])
    return ChainHead(newest.id, newest.hash)


def encode_head(head: ChainHead) -> str:
    """A head as text: JSON of [id, hash]."""
    return json.dumps([head.id, head.hash])


class AuditOrder(StrEnum):
    """Columns by which entries are sorted; then by their number, so that the order is always the same."""

    NUMBER = "id"
    ACTOR = "actor"
    ACTION = "action"
    TARGET = "target"
    ADDRESS = "address"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries, and in which order: "" and None for any. `actor`, `target`: contained, in any case.

    `until`, `before_id`, `after_id`: exclusive.
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None
    after_id: int | None = None
    order: AuditOrder = AuditOrder.NUMBER
    is_descending: bool = True


def newest(conn: Connection, filters: AuditFilter, limit: int) -> list[StoredAuditEntry]:
    """The newest matching entries, newest first."""
    return page(conn, replace(filters, order=AuditOrder.NUMBER, is_descending=True), 0, limit)


def oldest(conn: Connection, filters: AuditFilter, limit: int) -> list[StoredAuditEntry]:
    """The oldest matching entries, oldest first."""
    return page(conn, replace(filters, order=AuditOrder.NUMBER, is_descending=False), 0, limit)


def page(conn: Connection, filters: AuditFilter, offset: int, limit: int) -> list[StoredAuditEntry]:
    """The matching entries in the order of `filters`, `limit` at most, from the place `offset` on."""
    columns = dict.fromkeys((filters.order, AuditOrder.NUMBER))
    order = [
        column.desc() if filters.is_descending else column.asc() for column in map(audit_entry.c.__getitem__, columns)
    ]
    numbers = select(audit_entry.c.id).where(*_conditions(conn, filters)).order_by(*order).offset(offset).limit(limit)
    query = (
        select(audit_entry, audit_detail.c.body)
        .join(audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True)
        .where(audit_entry.c.id.in_(numbers))  # whole rows are read of this page only
        .order_by(*order)
    )
    return [_stored_entry(row) for row in conn.execute(query)]


def count(conn: Connection, filters: AuditFilter) -> int:
    """How many entries match."""
    return conn.execute(select(func.count()).select_from(audit_entry).where(*_conditions(conn, filters))).scalar_one()


def _conditions(conn: Connection, filters: AuditFilter) -> list[ColumnElement[bool]]:
    entry = audit_entry.c
    exact = [(entry.action, filters.action), (entry.result, filters.result)]
    contained = [(entry.actor, filters.actor), (entry.target, filters.target)]
    conditions = [column == value for column, value in exact if value]
    conditions += [_contains(conn, column, value) for column, value in contained if value]
    if filters.since:
        conditions.append(entry.at_ms >= to_ms(filters.since))
    if filters.until:
        conditions.append(entry.at_ms < to_ms(filters.until))
    if filters.before_id is not None:
        conditions.append(entry.id < filters.before_id)
    if filters.after_id is not None:
        conditions.append(entry.id > filters.after_id)
    return conditions


def _contains(conn: Connection, column: ColumnElement[str], value: str) -> ColumnElement[bool]:
    """In any case: LIKE of SQLite ignores it for ASCII by itself, and lower() of each row costs half of the scan."""
    contains = column.icontains if is_postgres(conn) else column.contains
    return contains(value, autoescape=True)


def _stored_entry(row: Row[Any]) -> StoredAuditEntry:
    return StoredAuditEntry(
        row.id, from_ms(row.at_ms), row.actor, row.actor_kind, row.action, row.target, row.before, row.after,
        row.address, row.result, row.reason, row.hash, row.body,
    )  # fmt: skip
