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
from ioc.storage.access.schema import trail, trail_detail, trail_end
from ioc.storage.db.dialect import is_postgres, put

_LOCK = 0x10C_7A  # names the turn to append among the advisory locks of a PostgreSQL database
_FIELDS = ("id", "at_ms", "who", "kind", "action", "about", "before", "after", "address", "result", "why", "detail")
_End = tuple[int, str]
_START: _End = (0, "")
SWEPT = "trail-swept"
_SWEPT_AT_ONCE = 20_000
_READ_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the trail. `detail`: what may be erased from it; None: nothing was told, or it is erased."""

    id: int
    at: datetime
    who: str
    kind: str
    action: str
    about: str
    before: str
    after: str
    address: str
    result: str
    why: str
    hash: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row: what a copy outside the store needs to prove later that none was taken away."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """`rows` were looked at. `broken`: the first that is wrong, None for none; `fault`: changed, missing, inserted,
    detail (what stands outside was changed), swept (the beginning is not where the trail tells that it was cut),
    noted (the row is not the one that was noted).
    """

    rows: int
    head: Head
    broken: int | None = None
    fault: str = ""


def append(conn: Connection, fields: dict[str, str], detail: str, now: datetime) -> int:
    """Adds a row; its number. In a transaction that bumps a version, bump first: writers take turns in that order."""
    if is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    number, before = _end(conn, "last")
    row: dict[str, Any] = {**fields, "id": number + 1, "at_ms": to_ms(now), "detail": ""}
    if detail:
        salt = secrets.token_hex(16)
        row["detail"] = _detail_hash(salt, detail)
        conn.execute(trail_detail.insert(), {"id": row["id"], "salt": salt, "body": detail})
    row["hash"] = _sealed(before, row)
    conn.execute(trail.insert(), row)
    put(conn, trail_end, [{"which": "last", "id": row["id"], "hash": row["hash"]}])
    return number + 1


def _end(conn: Connection, which: str) -> _End:
    found = conn.execute(select(trail_end.c.id, trail_end.c.hash).where(trail_end.c.which == which)).first()
    return (found.id, found.hash) if found else _START


def _sealed(before: str, row: dict[str, Any]) -> str:
    body = json.dumps({one: row[one] for one in _FIELDS}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(f"{before}\n{body}".encode()).hexdigest()


def _detail_hash(salt: str, body: str) -> str:
    return sha256(f"{salt}\n{body}".encode()).hexdigest()


def head(conn: Connection) -> Head:
    """The newest row, (0, "") of an empty trail."""
    return Head(*_end(conn, "last"))


def first(conn: Connection) -> Head:
    """The newest row of those that were swept away, (0, "") when none was."""
    return Head(*_end(conn, "first"))


def verify(conn: Connection, noted: Head | None = None) -> Verified:
    """Looks at every row; `noted`: a head that was written down elsewhere, which must still be a row of the trail."""
    first, last = _end(conn, "first"), _end(conn, "last")
    number, before, told, rows = *first, _START, 0
    for row, kept in _rows(conn):
        fault = _wrong(row, kept, number, before, last[0])
        if not fault and noted and row.id == noted.id and row.hash != noted.hash:
            fault = "noted"
        if fault:
            return Verified(rows, Head(*last), row.id if fault != "missing" else number + 1, fault)
        if row.action == SWEPT:
            told = tuple(json.loads(row.after))
        rows, number, before = rows + 1, row.id, row.hash
    return Verified(rows, Head(*last), *_ends(conn, (first, told), ((number, before), last), noted))


def _rows(conn: Connection) -> Iterator[tuple[Row[Any], tuple[str, str] | None]]:
    """Every row with its salt and detail, by number."""
    at = -(2**62)
    both = select(trail, trail_detail.c.salt, trail_detail.c.body).join(
        trail_detail, trail_detail.c.id == trail.c.id, isouter=True
    )
    while True:
        some = conn.execute(both.where(trail.c.id > at).order_by(trail.c.id).limit(_READ_AT_ONCE)).all()
        for row in some:
            yield row, None if row.salt is None else (row.salt, row.body)
        if len(some) < _READ_AT_ONCE:
            return
        at = some[-1].id


def _wrong(row: Row[Any], kept: tuple[str, str] | None, number: int, before: str, last: int) -> str:
    if row.id <= number or row.id > last:
        return "inserted"
    if row.id != number + 1:
        return "missing"
    if row.hash != _sealed(before, dict(row._mapping)):
        return "changed"
    return "detail" if kept and _detail_hash(*kept) != row.detail else ""


def _ends(
    conn: Connection, begins: tuple[_End, _End], ends: tuple[_End, _End], noted: Head | None
) -> tuple[int | None, str]:
    """Whether the rows begin where the newest sweep says, and end where the newest row was noted."""
    (first, told), ((number, before), last) = begins, ends
    if first != told:
        return first[0] + 1, "swept"
    if last[0] > number or (noted and noted.id > number):
        return number + 1, "missing"
    if last != (number, before):
        return number, "changed"
    orphan = conn.execute(select(func.min(trail_detail.c.id)).where(trail_detail.c.id.not_in(select(trail.c.id))))
    found = orphan.scalar()
    return (None, "") if found is None else (found, "detail")


def sweep(conn: Connection, before: datetime) -> Head | None:
    """Takes away rows from before that moment, from the oldest on; the last one of them, None for nothing to do.

    Tell it in a row of its own (`SWEPT`, after: `told(head)`): so that the beginning can be cut off by nobody else.
    """
    begin = first(conn).id
    stays = conn.execute(select(func.min(trail.c.id)).where(trail.c.at_ms >= to_ms(before))).scalar()
    until = min(begin + _SWEPT_AT_ONCE, _end(conn, "last")[0] if stays is None else stays - 1)
    newest = conn.execute(select(trail.c.id, trail.c.hash).where(trail.c.id == until)).first()
    if newest is None or until <= begin:
        return None
    for table in (trail_detail, trail):
        conn.execute(delete(table).where(table.c.id <= until))
    put(conn, trail_end, [{"which": "first", "id": newest.id, "hash": newest.hash}])
    return Head(newest.id, newest.hash)


def told(head: Head) -> str:
    """A head as the row about a sweep tells it."""
    return json.dumps([head.id, head.hash])


def erase(conn: Connection, number: int) -> bool:
    """Forgets what may be erased of a row; whether there was anything."""
    return conn.execute(delete(trail_detail).where(trail_detail.c.id == number)).rowcount > 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: "" and None for any. `below`, `above`: numbers, to go on from."""

    who: str = ""
    action: str = ""
    about: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None
    below: int | None = None
    above: int | None = None


def newest(conn: Connection, wanted: Wanted, limit: int) -> list[Line]:
    """The newest rows that are wanted, newest first."""
    return _lines(conn, wanted, trail.c.id.desc(), limit)


def oldest(conn: Connection, wanted: Wanted, limit: int) -> list[Line]:
    """The oldest rows that are wanted, oldest first."""
    return _lines(conn, wanted, trail.c.id.asc(), limit)


def _lines(conn: Connection, wanted: Wanted, order: Any, limit: int) -> list[Line]:
    asked = select(trail, trail_detail.c.body).join(trail_detail, trail_detail.c.id == trail.c.id, isouter=True)
    for name in ("who", "action", "about", "result"):
        if value := getattr(wanted, name):
            asked = asked.where(trail.c[name] == value)
    bounds = (
        (wanted.since, lambda one: trail.c.at_ms >= to_ms(one)), (wanted.until, lambda one: trail.c.at_ms < to_ms(one)),
        (wanted.below, lambda one: trail.c.id < one), (wanted.above, lambda one: trail.c.id > one),
    )  # fmt: skip
    for value, condition in bounds:
        if value is not None:
            asked = asked.where(condition(value))
    return [_line(row) for row in conn.execute(asked.order_by(order).limit(limit))]


def _line(row: Row[Any]) -> Line:
    return Line(
        row.id, from_ms(row.at_ms), row.who, row.kind, row.action, row.about, row.before, row.after, row.address,
        row.result, row.why, row.hash, row.body,
    )  # fmt: skip
