"""A table of current rows beside an append-only log: the pattern of KPI values, source health, events, host health."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, select

from ioc.storage.db.damaged_rows import sound_rows
from ioc.storage.db.dialect import KEYS_PER_QUERY, upsert

LogRow = dict[str, Any]


def current_rows(
    conn: Connection, current: Table, first_keys: Iterable[str] | None = None
) -> dict[tuple[Any, ...], LogRow]:
    """The current rows by primary key; all of them, or those whose first key column is among `first_keys`.

    A row with a damaged number is left out: it is written again as if there were none.
    """
    keys = [column.name for column in current.primary_key]
    if first_keys is None:
        rows = list(conn.execute(select(current)))
    else:
        wanted = sorted(set(first_keys))
        parts = (wanted[n : n + KEYS_PER_QUERY] for n in range(0, len(wanted), KEYS_PER_QUERY))
        rows = [row for part in parts for row in conn.execute(select(current).where(current.c[keys[0]].in_(part)))]
    names, size = list(current.c.keys()), len(keys)  # the key's columns come first
    return {tuple(row[:size]): dict(zip(names, row, strict=True)) for row in sound_rows(current, rows)}


def append(conn: Connection, current: Table, log: Table, rows: Sequence[LogRow]) -> None:
    """Appends rows to the log; the last one of each key becomes the current one."""
    if rows:
        conn.execute(log.insert(), list(rows))
        keys = [column.name for column in current.primary_key]
        upsert(conn, current, list({tuple(row[key] for key in keys): row for row in rows}.values()))


def rows_known_at(
    conn: Connection, current: Table, log: Table, at_ms: int, where: ColumnElement[bool] | None = None
) -> list[LogRow]:  # fmt: skip
    """The row of each key that was the newest by `at_ms`: one index look-up per key.

    `where`: only of the keys whose current rows meet it.
    """
    keys = [column.name for column in current.primary_key]
    inner = log.alias()
    newest = (
        select(inner.c.id)
        .where(and_(*(inner.c[key] == current.c[key] for key in keys)), inner.c.known_ms <= at_ms)
        .order_by(inner.c.known_ms.desc(), inner.c.id.desc())
        .limit(1)
        .correlate(current)
        .scalar_subquery()
    )
    query = select(log).join_from(current, log, log.c.id == newest)
    return [dict(row) for row in conn.execute(query if where is None else query.where(where)).mappings()]
