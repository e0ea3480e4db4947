"""The audit log: who did what when, each entry hashed over the one before. What that proves: docs/security.md."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, delete, exists, func, select, text

from ioc.domain.base.times import from_ms, to_ms
from ioc.storage.access import audit_search as search
from ioc.storage.access.audit_chain import ChainFault, ChainHead, ChainVerification, decode_head
from ioc.storage.access.schema import audit_chain_end, audit_detail, audit_entry, audit_search
from ioc.storage.db.dialect import bulk_write, is_postgres, upsert

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
class NewRow:
    """An entry to be appended. `fields`: its columns but for number, time and hashes; `detail`: as of an entry."""

    fields: dict[str, str]
    detail: str = ""


def take_turn(conn: Connection) -> None:
    """Waits until nobody else appends, which holds until the end of the transaction."""
    if is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def append(conn: Connection, new: Sequence[NewRow], now: datetime) -> int:
    """Appends entries, at least one, with a few statements for all; returns the number of the last.

    In a transaction that bumps a change counter, bump first: writers take turns in that order.
    """
    take_turn(conn)
    last_id, last_hash = _chain_end(conn, "last")
    rows, details = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, each in enumerate(new, last_id + 1):
        row: dict[str, Any] = {**each.fields, "id": number, "at_ms": to_ms(now), "detail_hash": ""}
        if each.detail:
            salt = secrets.token_hex(16)
            row["detail_hash"] = _detail_hash(salt, each.detail)
            details.append({"id": number, "salt": salt, "body": each.detail})
        row["hash"] = last_hash = _entry_hash(last_hash, row)
        rows.append(row)
    if details:
        conn.execute(audit_detail.insert(), details)
    bulk_write(conn, audit_entry, [tuple(row[column.name] for column in audit_entry.c) for row in rows])
    search.add(conn, [(row["id"], row["actor"], row["target"]) for row in rows])
    upsert(conn, audit_chain_end, [{"position": "last", "id": rows[-1]["id"], "hash": last_hash}])
    return last_id + len(rows)


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
    previous, row_count = first, 0
    announced: ChainHead | None = ChainHead(*_CHAIN_START)
    for row, detail in _rows_with_details(conn):
        fault = _row_fault(row, detail, previous, last[0])
        if not fault and expected_head and row.id == expected_head.id and row.hash != expected_head.hash:
            fault = ChainFault.HEAD_MISMATCH
        if fault:
            bad_id = row.id if fault is not ChainFault.MISSING else previous[0] + 1
            return ChainVerification(row_count, ChainHead(*last), bad_id, fault)
        if row.action == SWEEP_ACTION:
            announced = decode_head(row.after)
        row_count, previous = row_count + 1, (row.id, row.hash)
    faults = _end_faults(conn, (ChainHead(*first), announced), (previous, last), expected_head)
    return ChainVerification(row_count, ChainHead(*last), *faults)


def _rows_with_details(conn: Connection) -> Iterator[tuple[Row[Any], tuple[str, str] | None]]:
    """Every entry with salt and body of its detail, by id."""
    after = -(2**62)
    query = (
        select(audit_entry, audit_detail.c.salt, audit_detail.c.body, *search.COLUMNS)
        .join(audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True)
        .join(audit_search, audit_search.c.id == audit_entry.c.id, isouter=True)
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
    if row.hash != _entry_hash(previous[1], dict(row._mapping)) or not search.is_true_to(row):
        return ChainFault.CHANGED
    detail_hash = _detail_hash(*detail) if detail else ""
    return ChainFault.DETAIL if detail_hash != row.detail_hash else ChainFault.NONE


def _end_faults(
    conn: Connection,
    begins: tuple[ChainHead, ChainHead | None],
    ends: tuple[_ChainEnd, _ChainEnd],
    expected_head: ChainHead | None,
) -> tuple[int | None, ChainFault]:
    """Whether the chain begins where the newest purge says, and ends with the newest entry."""
    (first, announced), (newest, last) = begins, ends
    if first != announced:
        return first.id + 1, ChainFault.SWEPT
    if last[0] > newest[0] or (expected_head and expected_head.id > newest[0]):
        return newest[0] + 1, ChainFault.MISSING
    if last != newest:
        return newest[0], ChainFault.CHANGED
    # Not NOT IN: PostgreSQL reads a list that is too large for its memory once for each row.
    orphan = conn.execute(
        select(func.min(audit_detail.c.id)).where(~exists().where(audit_entry.c.id == audit_detail.c.id))
    ).scalar()
    return (None, ChainFault.NONE) if orphan is None else (orphan, ChainFault.DETAIL)


def sweep(conn: Connection, before: datetime) -> ChainHead | None:
    """Deletes entries from before that moment, the oldest first; returns the last one deleted, None for none.

    Append an entry with `SWEEP_ACTION` and `after=encode_head(head)`, of audit_chain.py, in the same transaction:
    `verify` compares it, so that nobody else can cut off the beginning.
    """
    begin = sweep_boundary(conn).id
    first_kept = conn.execute(select(func.min(audit_entry.c.id)).where(audit_entry.c.at_ms >= to_ms(before))).scalar()
    until = min(begin + _SWEEP_BATCH, _chain_end(conn, "last")[0] if first_kept is None else first_kept - 1)
    newest = conn.execute(select(audit_entry.c.id, audit_entry.c.hash).where(audit_entry.c.id == until)).first()
    if newest is None or until <= begin:
        return None
    search.remove(conn, until)
    for table in (audit_detail, audit_entry):
        conn.execute(delete(table).where(table.c.id <= until))
    upsert(conn, audit_chain_end, [{"position": "first", "id": newest.id, "hash": newest.hash}])
    return ChainHead(newest.id, newest.hash)


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
    """Which entries, and in which order: "" and None for any. `actor`, `target`: contained, without case and accents.

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
    numbers = list(conn.execute(_numbers(filters, filters.order).offset(offset).limit(limit)).scalars())
    query = (
        select(audit_entry, audit_detail.c.body)
        .join(audit_detail, audit_detail.c.id == audit_entry.c.id, isouter=True)
        .where(audit_entry.c.id.in_(numbers))  # whole rows are read of this page only
    )
    entries = {row.id: _stored_entry(row) for row in conn.execute(query)}
    return [entries[number] for number in numbers]


def count(conn: Connection, filters: AuditFilter) -> int:
    """How many entries match."""
    numbers = _numbers(filters, None).subquery()
    return conn.execute(select(func.count()).select_from(numbers)).scalar_one()


def _numbers(filters: AuditFilter, order: AuditOrder | None) -> Select[tuple[int]]:
    """The numbers of the matching entries, in an order; only the tables are read that are needed for it."""
    exact, words = _exact_conditions(filters), search.containing(filters.actor, filters.target)
    is_entry_column = order not in (None, AuditOrder.NUMBER, AuditOrder.TARGET)
    has_search = bool(words) or order is AuditOrder.TARGET
    source: FromClause = audit_search if has_search else audit_entry
    number = source.c.id
    if has_search and (exact or is_entry_column):
        source = audit_search.join(audit_entry, audit_entry.c.id == audit_search.c.id)
    bounds = [(filters.before_id, number.__lt__), (filters.after_id, number.__gt__)]
    conditions = [*exact, *words, *(compare(bound) for bound, compare in bounds if bound is not None)]
    query = select(number).select_from(source).where(*conditions)
    if order is None:
        return query
    first = audit_search.c.target_order if order is AuditOrder.TARGET else audit_entry.c[order]
    by = [number] if order is AuditOrder.NUMBER else [first.concat("") if words else first, number]
    return query.order_by(*(column.desc() if filters.is_descending else column.asc() for column in by))


def _exact_conditions(filters: AuditFilter) -> list[ColumnElement[bool]]:
    entry = audit_entry.c
    conditions = [
        column == value for column, value in ((entry.action, filters.action), (entry.result, filters.result)) if value
    ]
    if filters.since:
        conditions.append(entry.at_ms >= to_ms(filters.since))
    if filters.until:
        conditions.append(entry.at_ms < to_ms(filters.until))
    return conditions


def _stored_entry(row: Row[Any]) -> StoredAuditEntry:
    return StoredAuditEntry(
        row.id, from_ms(row.at_ms), row.actor, row.actor_kind, row.action, row.target, row.before, row.after,
        row.address, row.result, row.reason, row.hash, row.body,
    )  # fmt: skip
